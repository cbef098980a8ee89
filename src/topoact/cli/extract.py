"""``topoact extract``."""

import time
from dataclasses import replace
from typing import Annotated, Any

import typer

from topoact.cli.extract_options import (
    PLAN_OPTIONS,
    PREPROCESSING_OPTIONS,
    SOURCE_OPTIONS,
    extraction_plan,
    preprocessing,
    source_columns,
)
from topoact.cli.options import AsJson, Model, NoMap, Out, Overwrite, Restart, Weights, with_options
from topoact.cli.printing import print_first_graphs, print_notice, print_study, progress


@with_options(PLAN_OPTIONS, PREPROCESSING_OPTIONS, SOURCE_OPTIONS, before="append")
def extract(
    model: Model,
    data: Annotated[
        str,
        typer.Argument(
            help="Folder of class folders of images or .txt, .parquet or .csv table, .tar of samples,"
            " torchvision-data:NAME, hf-data:NAME@SPLIT, file.py:callable; texts: .jsonl, .conllu, tables."
        ),
    ],
    *,
    out: Out,
    weights: Weights = None,
    append: Annotated[
        bool, typer.Option("--append", help="Add to the study: more layers, more examples, or another checkpoint.")
    ] = False,
    no_map: NoMap = False,
    overwrite: Overwrite = False,
    restart: Restart = False,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Write the activations of any torch network over your inputs as a study."""
    from topoact.extract import extract as write_study
    from topoact.inputs.opening import open_source
    from topoact.networks.loading import load_network
    from topoact.study.publish import check_target

    if not append:
        check_target(out, overwrite)
    prepared, plan = preprocessing(options), extraction_plan(options)
    source = open_source(data, **source_columns(options))
    network = load_network(model, weights=weights, seed=plan.seed)
    if prepared:
        plan = replace(plan, preprocessing=prepared.completed(network.preprocessing))
    started = time.monotonic()
    with progress() as report:
        study = write_study(
            network,
            source,
            out,
            plan,
            overwrite=overwrite,
            restart=restart,
            append=append,
            on_progress=report,
            on_notice=print_notice,
        )
    if not no_map:
        print_first_graphs(study, started)
    print_study(study, as_json=as_json)
