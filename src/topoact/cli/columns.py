"""``topoact columns``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topoact.cli.options import TABLE_OPTIONS, AsJson, StudyPath, table_options, with_options
from topoact.cli.printing import print_result

if TYPE_CHECKING:
    from topoact.importers import AddedColumns


@with_options(TABLE_OPTIONS)
def columns(
    study: StudyPath,
    table: Annotated[Path, typer.Argument(help="A .csv, .tsv, .parquet, .feather or .jsonl table.")],
    *,
    by: Annotated[
        str | None,
        typer.Option(help="Column of both by which rows are matched.", show_default="id, or label without an id"),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--column", help="Column to add; may be repeated.", show_default="all")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace columns that were added before.")] = False,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Add columns of a table to the examples of a finished study: colours, filters, lenses and labels of the graph."""
    from topoact.importers import add_columns

    added = add_columns(study, table, by=by, columns=only or (), overwrite=overwrite, options=table_options(options))
    print_result(_summary(added), _lines(added), as_json=as_json)


def _summary(added: "AddedColumns") -> dict[str, Any]:
    return {
        "study": str(added.study.path),
        "columns": list(added.names),
        "by": added.by,
        "n_examples": added.study.n_examples,
        "matched": added.n_matched,
        "unused": added.n_unused,
        "remarks": list(added.remarks),
    }


def _lines(added: "AddedColumns") -> list[str]:
    n_missing = added.study.n_examples - added.n_matched
    counts = f"by {added.by}, for {added.n_matched:,} of {added.study.n_examples:,} examples"
    lines = [f"{added.study.path}: added {', '.join(added.names)}, matched {counts}", *added.remarks]
    if n_missing:
        lines.append(f"{n_missing:,} examples have no row in the table: there the columns are missing")
    if added.n_unused:
        lines.append(f"{added.n_unused:,} rows of the table belong to no example")
    return [*lines, "an explorer that has the study open shows them when it is started again"]
