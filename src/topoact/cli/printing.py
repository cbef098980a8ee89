"""What every command prints: results on standard output; notices, progress and failures on standard error."""

import json
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import typer

if TYPE_CHECKING:
    from topoact.mapper import Progress
    from topoact.study import Study
    from topoact.workbench import Workbench

CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that move a terminal's cursor or turn the direction of a text, but for tabs and the ends of lines."""


def print_result(summary: dict[str, Any] | list[Any], lines: list[str], *, as_json: bool) -> None:
    """Print a result, as JSON or as lines of text."""
    if as_json:
        typer.echo(CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(summary, ensure_ascii=False)))
    else:
        typer.echo(_shown("\n".join(lines)))


def print_study(study: "Study", *, as_json: bool) -> None:
    """Print what a study holds, and how to look at it."""
    from topoact.extract.summary import sentences, summarise

    summary = summarise(study)
    print_result(summary, [*sentences(summary), f"explore it: topoact serve {study.path}"], as_json=as_json)


def print_first_graphs(study: "Study", started: float) -> None:
    """Compute the graphs of a study that are seen first, within their time, and say what is left of them.

    Parameters
    ----------
    study
        The study, which is published.
    started
        When it was begun, by `time.monotonic`.
    """
    from topoact.workbench import open_workbench
    from topoact.workbench.first_graphs import draw_first_screens, seconds_for

    seconds = seconds_for(time.monotonic() - started)
    with progress() as report:
        found = draw_first_screens(open_workbench(study.path), seconds=seconds, progress=report)
    for sentence in found.sentences:
        print_notice(sentence)


def print_notice(sentence: str) -> None:
    """Print a sentence on standard error."""
    typer.echo(_shown(sentence), err=True)


def _shown(text: str) -> str:
    """Return a text that leaves the terminal as it is: names and labels in a study may hold anything."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def confirmed(question: str, items: Sequence[object]) -> bool:
    """Ask whether some items, which are printed, may be used; no is the default, and the answer without a terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    print_notice("\n".join([question, *(f"  {item}" for item in items)]))
    return typer.confirm("Run it, now and whenever it is unchanged?", default=False, err=True)


def print_results_folder(bench: "Workbench") -> None:
    """Say where results are kept, if that is not with the study."""
    from topoact.extract.summary import results_line

    if bench.derived.root != bench.study.path:
        print_notice(results_line(bench.derived.root))


def fail(sentence: str, code: int) -> None:
    """Print a sentence on standard error and end the process."""
    print_notice(sentence)
    sys.exit(code)


@contextmanager
def progress() -> Iterator["Progress"]:
    """Give a callback that draws one bar for each stage, on a terminal only."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, Any] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report
