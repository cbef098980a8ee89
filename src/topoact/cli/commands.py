"""The command line: parse, call a use case, print. Rooms are imported when a command runs, so that help is quick."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from topoact.cli.arguing import argue
from topoact.cli.exploring import demo, map_, serve
from topoact.cli.imaging import invert
from topoact.cli.locating import locate
from topoact.cli.options import (
    Append,
    AsJson,
    Checkpoint,
    IdColumn,
    ImageColumn,
    LabelColumn,
    Model,
    Out,
    Overwrite,
    Restart,
    Version,
    Weights,
)
from topoact.cli.printing import (
    fail,
    progress,
    say_aside,
    say_study,
)
from topoact.errors import Cancelled, TopoActError

app = typer.Typer(
    help="See the shape of what a neural network has learnt: mapper graphs of its activations, live.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; a failure that was foreseen is one sentence on the standard error."""
    try:
        app()
    except Cancelled as error:
        fail(str(error), 130)
    except TopoActError as error:
        fail(f"error: {error}", 1)


@app.callback()
def _options(*, show_version: Version = False) -> None:  # asked and answered by its callback
    pass


@app.command()
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
    layers: Annotated[
        str | None, typer.Option(help="Names, globs or usual, comma-separated.", show_default="usual, or the outermost")
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            help="Which positions are kept: random, random:K, mean, maxnorm, all, or several; of texts cls, mean or"
            " both, or words, or tokens.",
            show_default="random; of texts mean, or words where they are marked",
        ),
    ] = None,
    weights: Weights = None,
    checkpoint: Checkpoint = None,
    size: Annotated[int | None, typer.Option(help="Short side to so many pixels, then the centre square.")] = None,
    mean: Annotated[str | None, typer.Option(help="Taken from the 0-1 RGB values: r,g,b.")] = None,
    std: Annotated[str | None, typer.Option(help="Divides what is left: r,g,b.")] = None,
    transform: Annotated[str | None, typer.Option(help="file.py:callable, PIL image to tensor, instead.")] = None,
    classes: Annotated[str | None, typer.Option(help="Names of the outputs: a,b,c or a file, one a line.")] = None,
    image_column: ImageColumn = None,
    text_column: Annotated[str | None, typer.Option(help="Column of texts.", show_default="text")] = None,
    label_column: LabelColumn = None,
    id_column: IdColumn = None,
    columns: Annotated[str | None, typer.Option(help="Comments of a .conllu file to keep: genre,s_type.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Keep these texts or words: upos=NOUN,VERB; may be repeated.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(help="Cut texts there.", show_default="what the network takes")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Take the first inputs only.")] = None,
    batch_size: Annotated[int, typer.Option(help="Inputs in one forward pass.")] = 64,
    seed: Annotated[int, typer.Option(help="Of random positions and random weights.")] = 0,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps.")] = "cpu",
    dtype: Annotated[str, typer.Option(help="Of the forward pass: float32 or bfloat16.")] = "float32",
    workers: Annotated[int, typer.Option(help="Processes that share the batches, one to a GPU.")] = 1,
    attribution: Annotated[
        bool, typer.Option("--attribution", help="Store how much each vector argues for the likeliest classes.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at an input that cannot be read.")] = False,
    append: Append = False,
    overwrite: Overwrite = False,
    restart: Restart = False,
    as_json: AsJson = False,
) -> None:
    """Write the activations of any torch network over your inputs as a study."""
    from topoact.extract import Plan, extract
    from topoact.extract.options import (
        parse_names,
        parse_policies,
        parse_preprocessing,
        split,
    )
    from topoact.inputs.opening import open_source
    from topoact.networks.loading import load_network
    from topoact.study.publish import check_target

    if not append:
        check_target(out, overwrite)
    said = parse_preprocessing(size, mean, std, transform)
    plan = Plan(
        layers=split(layers) if layers else None,
        policies=parse_policies(policy) if policy else (),
        classes=parse_names(classes),
        batch_size=batch_size,
        seed=seed,
        limit=limit,
        device=device,
        dtype=dtype,
        strict=strict,
        workers=workers,
        where=tuple(where or ()),
        max_tokens=max_tokens,
        attribution=attribution,
        checkpoint=checkpoint,
    )
    source = open_source(
        data,
        image=image_column,
        text=text_column,
        label=label_column,
        identity=id_column,
        columns=split(columns) if columns else None,
    )
    network = load_network(model, weights=weights, seed=seed)
    plan = replace(plan, preprocessing=said and said.completed(network.preprocessing))
    with progress() as report:
        study = extract(
            network,
            source,
            out,
            plan,
            overwrite=overwrite,
            restart=restart,
            append=append,
            on_progress=report,
            on_notice=say_aside,
        )
    say_study(study, as_json=as_json)


@app.command()
def layers(
    model: Model,
    *,
    weights: Weights = None,
    shape: Annotated[
        str | None, typer.Option(help="Shape of one input: 3,224,224.", show_default="the network's")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the layers of a network: type, shape of the output for one input, parameters; * marks the usual choice."""
    from topoact.extract.options import parse_shape
    from topoact.extract.summary import layer_lines
    from topoact.networks.loading import load_network

    wanted = parse_shape(shape)
    network = load_network(model, weights=weights)
    facts = network.survey(network.sample_input(wanted))
    typer.echo(json.dumps([asdict(fact) for fact in facts]) if as_json else "\n".join(layer_lines(facts)))


@app.command("import")
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
    metadata: Annotated[Path | None, typer.Option(help="A .csv or .parquet table with as many rows.")] = None,
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
    image_column: ImageColumn = None,
    label_column: LabelColumn = None,
    id_column: IdColumn = None,
    overwrite: Overwrite = False,
    restart: Restart = False,
    as_json: AsJson = False,
) -> None:
    """Write vectors or graphs that exist already as a study."""
    from topoact.importers.run import import_files

    columns = {"image": image_column, "label": label_column, "identity": id_column}
    with progress() as report:
        study = import_files(
            [*files, *(vectors or ())],
            out,
            metadata=metadata,
            layer_name=layer_name,
            vector_column=vector_column,
            **columns,
            overwrite=overwrite,
            restart=restart,
            on_progress=report,
        )
    say_study(study, as_json=as_json)


for name, command in (
    ("demo", demo),
    ("map", map_),
    ("invert", invert),
    ("argue", argue),
    ("locate", locate),
    ("serve", serve),
):
    app.command(name)(command)
