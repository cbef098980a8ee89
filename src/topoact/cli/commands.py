"""The command line: parse, call a use case, print. Rooms are imported when a command runs, so that help is quick."""

import json
from dataclasses import asdict, replace
from math import isnan
from pathlib import Path
from typing import Annotated

import typer

from topoact.cli.options import (
    Append,
    AsJson,
    Checkpoint,
    IdColumn,
    ImageColumn,
    LabelColumn,
    Model,
    NoBrowser,
    Out,
    Overwrite,
    Port,
    Restart,
    Version,
    Weights,
)
from topoact.cli.printing import fail, graph_line, progress, say, say_aside, say_study
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
def demo(
    *,
    port: Port = None,
    no_browser: NoBrowser = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Train the network and extract again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Explore a small network that reads digits: no set-up, made on the first run."""
    from topoact.extract.demo import build_demo, held_out_accuracy
    from topoact.extract.summary import summarise
    from topoact.server import serve as serve_study
    from topoact.workbench import MapSettings, open_workbench

    with progress() as report:
        path = build_demo(fresh=fresh, on_progress=report)
        bench = open_workbench(path)
        for layer in bench.layers:
            bench.draw(layer, MapSettings(), progress=report)
    accuracy = held_out_accuracy(bench.study)
    say(
        {**summarise(bench.study), "held_out_accuracy": accuracy},
        [f"{bench.study.name}: {accuracy:.1%} of 1,000 held-out digits are named correctly"],
        as_json=as_json,
    )
    serve_study(path, port=port, open_browser=not no_browser)


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
        str | None, typer.Option(help="Names, globs or usual, comma-separated.  [default: usual, or the outermost]")
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            help="Which positions are kept: random, random:K, mean, maxnorm, all, or several; of texts cls, mean or"
            " both, or words, or tokens.  [default: random; of texts mean, or words where they are marked]"
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
    text_column: Annotated[str | None, typer.Option(help="Column of texts.  [default: text]")] = None,
    label_column: LabelColumn = None,
    id_column: IdColumn = None,
    columns: Annotated[str | None, typer.Option(help="Comments of a .conllu file to keep: genre,s_type.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Keep these texts or words: upos=NOUN,VERB; may be repeated.")
    ] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Cut texts there.  [default: what the network takes]")] = None,
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
    from topoact.extract import Plan, extract, load_network, open_source
    from topoact.extract.options import parse_names, parse_policies, parse_preprocessing, split
    from topoact.study.placing import check_target

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
    shape: Annotated[str | None, typer.Option(help="Shape of one input: 3,224,224.  [default: the network's]")] = None,
    as_json: AsJson = False,
) -> None:
    """List the layers of a network: type, shape of the output for one input, parameters; * marks the usual choice."""
    from topoact.extract import load_network
    from topoact.extract.options import parse_shape
    from topoact.extract.summary import layer_lines

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
        list[str] | None, typer.Option(help="Name of a layer, once for each.  [default: as in the file]")
    ] = None,
    vector_column: Annotated[
        list[str] | None,
        typer.Option(help="Array or column that is a layer; may be repeated.  [default: all that can be]"),
    ] = None,
    image_column: ImageColumn = None,
    label_column: LabelColumn = None,
    id_column: IdColumn = None,
    overwrite: Overwrite = False,
    restart: Restart = False,
    as_json: AsJson = False,
) -> None:
    """Write vectors or graphs that exist already as a study."""
    from topoact.extract import import_files

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


@app.command("map")
def map_(
    study: Annotated[Path, typer.Argument(help="Folder of a study.")],
    *,
    layer: Annotated[str | None, typer.Option(help="Layer to map; all by default.")] = None,
    lens: Annotated[str, typer.Option(help="The number by which points are sorted into intervals.")] = "l2",
    cover: Annotated[
        str,
        typer.Option(
            help="uniform (equal intervals), balanced (equally many points in each), or equal intervals as placed by"
            " giotto-tda, tda-mapper, gudhi or zen-mapper."
        ),
    ] = "uniform",
    intervals: Annotated[int, typer.Option(help="How many intervals cover the range of the lens.")] = 30,
    overlap: Annotated[float, typer.Option(help="Share of an interval in common with the next.")] = 0.3,
    metric: Annotated[str, typer.Option(help="Distance between points: euclidean or cosine.")] = "euclidean",
    eps: Annotated[
        str,
        typer.Option(
            help="Radius of neighbours: a number, elbow, quantile:0.8 (of the distance to neighbour min-samples), or"
            " one for each interval: elbow:interval, quantile:0.8:interval."
        ),
    ] = "elbow",
    min_samples: Annotated[int, typer.Option(help="Points within eps that make a core point.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Compute mapper graphs and keep them in the study."""
    from topoact.study.graphs import plain_radius
    from topoact.workbench import MapSettings, open_workbench

    bench = open_workbench(study)
    settings = MapSettings(lens, cover, intervals, overlap, metric, eps, min_samples)
    rows = []
    with progress() as report:
        for name in [bench.study.layer(layer).name] if layer else bench.layers:
            graph = bench.map(name, settings, progress=report)
            coverage = None if isnan(graph.coverage) else float(graph.coverage)
            counts = {"nodes": graph.n_nodes, "edges": graph.n_edges, "coverage": coverage}
            rows.append({"layer": name, "eps": plain_radius(graph.eps), **counts})
    say({"study": str(study), "graphs": rows}, [graph_line(row) for row in rows], as_json=as_json)


@app.command()
def serve(
    study: Annotated[Path, typer.Argument(help="Folder of a study.")],
    *,
    port: Port = None,
    host: Annotated[str, typer.Option(help="Address to bind; one that others can reach needs --token.")] = "127.0.0.1",
    token: Annotated[str | None, typer.Option(help="Secret of the address; random by default.")] = None,
    no_browser: NoBrowser = False,
    as_json: AsJson = False,
) -> None:
    """Open the explorer on a study."""
    from topoact.extract.summary import summarise
    from topoact.server import serve as serve_study
    from topoact.study import open_study

    opened = open_study(study)
    if as_json:
        say(summarise(opened), [], as_json=True)
    serve_study(study, host=host, port=port, token=token, open_browser=not no_browser)
