"""``topoact clean``."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from topoact.cli.options import AsJson, StudyPath
from topoact.cli.printing import print_result

if TYPE_CHECKING:
    from topoact.study.cache.budget import Item


def clean(
    study: StudyPath,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what takes minutes: UMAP, stability, attributions, activation images.")
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(help="Only until 500MB, 4GB or another size is left; what takes minutes goes last."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove what was computed of a study and can be computed again, by default in seconds; the study itself stays."""
    from topoact.errors import InvalidInput
    from topoact.study import open_study
    from topoact.study.cache.budget import KINDS, parse_size
    from topoact.study.cache.clean import clean as clean_study

    if everything and to is not None:
        raise InvalidInput("--all removes everything, and --to leaves a size: leave out one of them")
    limit = 0 if to is None else parse_size(to, "--to")
    opened = open_study(study)
    cleaned = clean_study(opened.path, limit=limit, is_slow_kept=not everything and to is None, dry_run=dry_run)
    summary = {
        "study": str(study),
        "dry_run": dry_run,
        "freed": _bytes(cleaned.removed),
        "left": _bytes(cleaned.left),
        "in_use": cleaned.is_in_use,
        "removed": [_facts(kind, [item for item in cleaned.removed if item.kind == kind]) for kind in KINDS],
    }
    print_result(summary, _lines(summary), as_json=as_json)


def _lines(summary: dict[str, Any]) -> list[str]:
    done = "would free" if summary["dry_run"] else "freed"
    kinds = ", ".join(
        f"{one['count']:,} of {one['kind']} ({_size(one['bytes'])})" for one in summary["removed"] if one["count"]
    )
    lines = [f"{summary['study']}: {done} {_size(summary['freed'])}{kinds and ': '}{kinds}"]
    if summary["left"]:
        why = "a server has the study open" if summary["in_use"] else "--all removes it too"
        lines.append(f"left {_size(summary['left'])} of computed data: {why}")
    return lines


def _facts(kind: str, items: list["Item"]) -> dict[str, Any]:
    return {"kind": kind, "count": len(items), "bytes": _bytes(items)}


def _bytes(items: list["Item"]) -> int:
    return sum(item.n_bytes for item in items)


def _size(n_bytes: int) -> str:
    unit, factor = next(((name, size) for name, size in (("GB", 1e9), ("MB", 1e6)) if n_bytes >= size), ("kB", 1e3))
    return f"{n_bytes / factor:.1f} {unit}"
