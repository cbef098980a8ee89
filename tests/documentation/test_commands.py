"""The commands that the pages show exist, with the options that they show."""

import re
import shlex
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from topoact.cli import app
from topoact.cli.former_names import OPTIONS

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])
CONSOLE: Final = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE: Final = re.compile(r"`([^`\n]+)`")
COMMAND: Final = re.compile(r"(?:\$ )?((?:[A-Z_]+=\S+ )*(?:topoact|make|pip|python|git|pre-commit|source|export)\b.*)")
ELSEWHERE: Final = ("--memory", "--timeout")
"""Options of the benchmarks."""
GROUP: Final[Any] = typer.main.get_command(app)


def commands(text: str) -> list[list[str]]:
    """Return the words of each command in the console blocks of a page."""
    lines = [line for block in CONSOLE.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(match[1], comments=True) for line in lines if (match := COMMAND.fullmatch(line))]


def inline(text: str) -> list[list[str]]:
    """Return the words of each command between backticks; it may be a part of one."""
    return [shlex.split(code) for code in INLINE.findall(text) if code.startswith(("topoact ", "make ", "python -m "))]


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def options_of(command: Any) -> set[str]:
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {
        "--help"
    }


SHOWN: Final = [
    pytest.param(words, id=f"{named(page)}: {shlex.join(words)[:60]}")
    for page in PAGES
    for words in commands(page.read_text("utf-8"))
]
OF_TOPOACT: Final = [param for param in SHOWN if param.values[0][0] == "topoact"]
OF_OTHERS: Final = [param for param in SHOWN if param.values[0][0] != "topoact"]


@pytest.mark.parametrize("words", OF_TOPOACT)
def test_topoact_takes_the_arguments(words: list[str]) -> None:
    _, name, *arguments = words
    context = GROUP.make_context("topoact", [name], resilient_parsing=True)
    GROUP.commands[name].make_context(name, arguments, parent=context)  # raises where an option does not exist


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_options_between_backticks_exist(page: Path) -> None:
    text, unknown = page.read_text("utf-8"), []
    known = set(ELSEWHERE).union(*map(options_of, (GROUP, *GROUP.commands.values())))
    known |= OPTIONS.keys() if page.name == "CHANGELOG.md" else set()
    unknown += [code for code in INLINE.findall(text) if code.startswith("--") and code.split()[0] not in known]
    for words in inline(text):
        if words[0] == "topoact" and words[1][0] not in "-…":
            shown = {word for word in words[2:] if word.startswith("--")}
            unknown += sorted(shown - options_of(GROUP.commands[words[1]]))
    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_between_backticks_exist(page: Path) -> None:
    for words in inline(page.read_text("utf-8")):
        if words[0] != "topoact":
            test_other_commands_name_what_exists(words)


@pytest.mark.parametrize("words", OF_OTHERS)
def test_other_commands_name_what_exists(words: list[str]) -> None:
    name, *rest = words
    if name == "make":
        targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        assert [word for word in rest if "=" not in word and word not in targets] == []
    elif name == "python" and rest[0] == "-m":
        assert find_spec(rest[1]) is not None
    elif name == "python":
        assert (ROOT / rest[0]).is_file()
    elif name == "pip" and (extras := re.search(r"\[(.*)\]", shlex.join(rest))):
        known = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
        assert set(extras[1].split(",")) <= known.keys()
    else:
        assert name in {"git", "pip", "pre-commit", "source", "export"}
