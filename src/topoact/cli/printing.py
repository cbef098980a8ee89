"""What the command line prints: results on standard output, progress and failures on standard error."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import typer

if TYPE_CHECKING:
    from topoact.mapper import Progress


TOLD: Final = 3
"""Classes or words of each kind."""


def graph_line(row: dict[str, Any]) -> str:
    """Return what the shell says of a graph."""
    counts = f"{row['layer']}: {row['nodes']} nodes, {row['edges']} edges"
    if row["eps"] is None and row["skeleton"] is None:
        return f"{counts}, imported"
    how = f"{row['skeleton']} in the skeleton" if row["eps"] is None else _radius(row["eps"])
    return f"{counts}, {row['coverage']:.1%} of the points, {how}"


def _radius(eps: Any) -> str:
    """Return the ε of a graph as people read it; where each interval has its own, the range."""
    if not isinstance(eps, list):
        return f"eps {eps:.4g}"
    known = [radius for radius in eps if radius is not None]
    return f"eps {min(known):.4g}–{max(known):.4g} by interval" if known else "no eps"


def image_line(row: dict[str, Any]) -> str:
    """Return what the shell says of an activation image."""
    cosine = "no cosine" if row["cosine"] is None else f"cosine {row['cosine']:.3f}"
    lands = {True: ", lands in it", False: ", lands outside", None: ""}[row["lands"]]
    seen = "" if row["prediction"] is None else f", looks like {row['prediction']} ({row['share']:.0%})"
    return f"{row['target']}: {cosine}{lands}{seen}  {row['file']}"


def images_line(rows: list[dict[str, Any]]) -> str:
    """Return what the shell says of all activation images."""
    cosines = sorted(row["cosine"] for row in rows if row["cosine"] is not None)
    told = [row["lands"] for row in rows if row["lands"] is not None]
    median = f", median cosine {cosines[len(cosines) // 2]:.3f}" if cosines else ""
    lands = f", {sum(told)} of {len(told)} land in their node" if told else ""
    return f"{len(rows)} {'image' if len(rows) == 1 else 'images'}{median}{lands}"


def argument_lines(row: dict[str, Any]) -> list[str]:
    """Return what the shell says of what a node argues for."""
    members = f"node {row['node']}, {row['size']} {'member' if row['size'] == 1 else 'members'}"
    if "says" in row:
        return [members, f"  says        {_shares(row['says'], 'word')}"]
    argued = ", ".join(f"{one['name']} ({one['attribution']:+.2f})" for one in row["argues_for"][:TOLD])
    differs = ": argues most for another class than is predicted most often" if row["agrees"] is False else ""
    told = {"predicted": _shares(row["predicted"]), "labels": _shares(row["labels"])}
    lines = [f"  {name:11} {shares}" for name, shares in told.items() if shares]
    return [members + differs, f"  argues for  {argued}", *lines]


def arguments_summary(rows: list[dict[str, Any]]) -> list[str]:
    """Return what the shell says of what all nodes argue for."""
    told = [row["agrees"] for row in rows if row.get("agrees") is not None]
    agree = f"{sum(told)} of {len(told)} nodes argue most for the class that is predicted most often for their members"
    past = "part of what the network sees flows past this layer; here it is that of a neutral input"
    return [*([agree] if told else []), *([past] if any(row.get("flows_past") for row in rows) else [])]


def _shares(found: list[dict[str, Any]], name: str = "name") -> str:
    return ", ".join(f"{one[name]} ({one['share']:.0%})" for one in found[:TOLD])


def say_study(study: Any, *, as_json: bool) -> None:
    """Print what a study holds, and how to look at it."""
    from topoact.extract.summary import sentences, summarise

    summary = summarise(study)
    say(summary, [*sentences(summary), f"explore it: topoact serve {study.path}"], as_json=as_json)


def say(summary: dict[str, Any] | list[Any], lines: list[str], *, as_json: bool) -> None:
    """Print a result, for people or for programs."""
    typer.echo(json.dumps(summary, ensure_ascii=False) if as_json else "\n".join(lines))


def say_aside(sentence: str) -> None:
    """Print a sentence that is no part of the result."""
    typer.echo(sentence, err=True)


def fail(sentence: str, code: int) -> None:
    """Print a sentence on standard error and end the process."""
    typer.echo(sentence, err=True)
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
