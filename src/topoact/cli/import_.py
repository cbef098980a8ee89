"""``topoact import``."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from topoact.cli.options import (
    COLUMN_OPTIONS,
    TABLE_OPTIONS,
    AsJson,
    NoMap,
    Out,
    Overwrite,
    Restart,
    named_columns,
    table_options,
    with_options,
)
from topoact.cli.printing import print_first_graphs, print_study, progress


@with_options(COLUMN_OPTIONS, TABLE_OPTIONS, before="skip_nonfinite")
def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Vectors: .npy, .npz, .safetensors, .parquet, .h5ad or a folder of zarr. Or graphs: .json of"
            " KeplerMapper, or as published by TopoAct's authors."
        ),
    ],
    *,
    out: Out,
    metadata: Annotated[Path | None, typer.Option(help="A .csv, .parquet or .jsonl table with as many rows.")] = None,
    vectors: Annotated[
        list[Path] | None, typer.Option(help="Of graphs: a file of their vectors; may be repeated.")
    ] = None,
    layer_name: Annotated[
        list[str] | None, typer.Option(help="Name of a layer, once for each.", show_default="as in the file")
    ] = None,
    vector_column: Annotated[
        list[str] | None,
        typer.Option(help="Array or column that is a layer; may be repeated.", show_default="all that can be"),
    ] = None,
    skip_nonfinite: Annotated[
        bool, typer.Option("--skip-nonfinite", help="Leave out rows whose vectors hold NaN or infinity.")
    ] = False,
    no_map: NoMap = False,
    overwrite: Overwrite = False,
    restart: Restart = False,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Write vectors or graphs that exist already as a study."""
    from topoact.importers.run import import_files

    started = time.monotonic()
    with progress() as report:
        study = import_files(
            [*files, *(vectors or ())],
            out,
            metadata=metadata,
            layer_name=layer_name,
            vector_column=vector_column,
            **named_columns(options),
            tables=table_options(options),
            skip_nonfinite=skip_nonfinite,
            overwrite=overwrite,
            restart=restart,
            on_progress=report,
        )
    if not no_map:
        print_first_graphs(study, started)
    print_study(study, as_json=as_json)
