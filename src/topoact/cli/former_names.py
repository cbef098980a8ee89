"""Commands and options under the names that they had in 0.1; they work until 0.3, with a notice on standard error."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from typer.core import TyperCommand

from topoact.cli.printing import print_notice

COMMANDS: Final = {"argue": "attribute"}
OPTIONS: Final = {
    "--painting": ("--parametrization",),
    "--aim": ("--objective",),
    "--as-in-paper": ("--recipe", "paper"),
}
"""What each option was replaced by."""


class CommandWithFormerNames(TyperCommand):
    """A command that may have been called by its former name, or with former names of its options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments after former names in them were replaced by present ones."""
        if self.name in COMMANDS:
            _print_renamed(f"topoact {self.name}", f"topoact {COMMANDS[self.name]}")
        return super().parse_args(ctx, list(_with_present_names(args)))


def _with_present_names(arguments: Iterable[str]) -> Iterator[str]:
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--":
            yield argument
            yield from remaining
            return
        name, equals, value = argument.partition("=")
        if name not in OPTIONS:
            yield argument
            continue
        *others, last = OPTIONS[name]
        _print_renamed(name, " ".join(OPTIONS[name]))
        yield from (*others, last + equals + value)


def _print_renamed(former: str, present: str) -> None:
    print_notice(f"{former} is now {present}; the old name goes away in 0.3")
