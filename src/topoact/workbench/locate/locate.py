"""Location of new inputs in the graphs of a study: `locate`, `locate_many`, `locate_uploaded`."""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from topoact.analysis.location.locate import Located
from topoact.errors import InvalidInput
from topoact.extract.predictions import Outputs
from topoact.interpret.query import LayerVectors, QueryResult, query_images, query_texts, usable_layers
from topoact.mapper import MapperGraph, Progress, no_progress
from topoact.networks.protocol import Modality
from topoact.study import Layer
from topoact.study.files import digest
from topoact.study.thumbnails import Thumbnail
from topoact.workbench.bench import Workbench
from topoact.workbench.locate.location_report import LayerLocation, layer_location, no_location
from topoact.workbench.locate.vector_location import locator, vector_lens
from topoact.workbench.settings import MapSettings

MAX_PREDICTIONS: Final = 3
"""Listed predictions."""
LOCATION_VERSION: Final = 1
"""Increased by a change of the locations, so that stored ones are not reused."""


@dataclass(frozen=True, slots=True)
class LocatedInput:
    """An input and its locations."""

    kind: Modality
    text: str | None
    predictions: list[tuple[str, float]]
    """The likeliest classes with their probabilities; empty if the network is no classifier."""
    notices: list[str]
    """How the input was prepared, where that may be unexpected."""
    locations: list[LayerLocation] = field(default_factory=list)
    n_layers: int = 0
    """Number of locations when all are known."""
    thumbnail: Thumbnail | None = None


def input_modality(content: str | bytes) -> Modality:
    """Return the kind of an input: text, or the bytes of an image file."""
    return "text" if isinstance(content, str) else "image"


def input_name(bench: Workbench, content: str | bytes, settings: MapSettings) -> str:
    """Return the name under which the locations of an input are stored, without running anything."""
    data = content.encode() if isinstance(content, str) else content
    facts = {
        "placing": LOCATION_VERSION,
        "input": hashlib.sha256(data).hexdigest(),
        "kind": input_modality(content),
        "study": bench.study.digest,
    }
    network = bench.network_choice.identity if bench.network_choice else None
    return digest({**facts, "network": network, "settings": settings.used})


def locate(
    bench: Workbench,
    content: str | bytes,
    settings: MapSettings,
    *,
    layers: Sequence[str | int] | None = None,
    first: int = 0,
    on_location: Callable[[LocatedInput], None] = lambda _: None,
    progress: Progress = no_progress,
) -> LocatedInput:
    """Locate an input in the graphs of the layers.

    Parameters
    ----------
    bench
        A workbench that was opened with the study's network.
    content
        A text, or the bytes of an image file.
    settings
        Of the graphs.
    layers
        Names or numbers of layers; by default all layers of the network.
    first
        Number of the layer to begin with.
    on_location
        Called after the network has run, and after each layer, with the locations so far.
    progress
        Called with each stage; may raise `topoact.errors.Cancelled`.

    Raises
    ------
    InvalidInput
        If the input cannot be used, or a layer is none of this network.
    ModelError
        If the network cannot be loaded, or fails.
    """
    progress("loading the network", 0, 1)
    selected = sorted(_selected(bench, layers), key=lambda layer: layer.name != bench.layers[first])
    progress("running the network", 0, 1)
    result = _query(bench, selected, [content])
    located = LocatedInput(
        kind=input_modality(content),
        text=content if isinstance(content, str) else None,
        predictions=result.predictions[0][:MAX_PREDICTIONS],
        notices=result.notices,
        n_layers=len(selected),
        thumbnail=result.thumbnails[0],
    )
    on_location(located)
    for layer in selected:
        location = _location(bench, layer, settings, result.layers[layer.name], progress)
        located = replace(located, locations=[*located.locations, location])
        on_location(located)
    return located


def locate_many(
    bench: Workbench,
    contents: Sequence[str] | Sequence[bytes],
    settings: MapSettings,
    layer: str | int,
    progress: Progress = no_progress,
) -> tuple[QueryResult, Located]:
    """Locate many inputs of one kind in the graph of one layer; parameters and errors are those of `locate`.

    Returns
    -------
    result : QueryResult
        What the network computed for the inputs.
    located : Located
        The locations of all their vectors.
    """
    (selected,) = _selected(bench, [layer])
    result = _query(bench, [selected], contents)
    _, located = _locate_vectors(bench, selected, settings, result.layers[selected.name], progress)
    return result, located


def locate_uploaded(
    bench: Workbench, name: str, kind: Modality, settings: MapSettings, *, first: int, progress: Progress = no_progress
) -> None:
    """Locate an uploaded input, and store its locations layer by layer.

    Parameters
    ----------
    bench, settings, first, progress
        As for `locate`.
    name
        Name under which the input was uploaded, and its locations are stored.
    kind
        Kind of the input.

    Raises
    ------
    InvalidInput
        As `locate`, and if the upload is not stored any more.
    """
    data = bench.located_inputs.take(name)
    if data is None:
        raise InvalidInput("the input is not there any more: bring it again")
    content = data.decode() if kind == "text" else data
    locate(
        bench,
        content,
        settings,
        first=first,
        on_location=lambda located: bench.located_inputs.save(name, plain(located)),
        progress=progress,
    )


def plain(located: LocatedInput) -> dict[str, Any]:
    """Return a located input as JSON."""
    record = asdict(located)
    if located.thumbnail is not None:
        content, media_type = located.thumbnail
        record["thumbnail"] = f"data:{media_type};base64,{b64encode(content).decode()}"
    return record


def _selected(bench: Workbench, layers: Sequence[str | int] | None) -> list[Layer]:
    """Return the layers to locate in; all layers of the network by default."""
    network = bench.network
    if layers is None:
        usable = usable_layers(network, [bench.study.layer(name) for name in bench.layers])
        if not usable:
            raise InvalidInput(f"no layer of the study {bench.study.name} has vectors of this network")
        return usable
    selected = [bench.study.layer(name) for name in layers]
    for layer in selected:
        network.check_layer(layer)
        if not layer.has_vectors:
            raise InvalidInput(f"layer {layer.name} is a graph that was imported without its vectors")
    return selected


def _query(bench: Workbench, layers: Sequence[Layer], contents: Sequence[Any]) -> QueryResult:
    query: Any = query_texts if isinstance(contents[0], str) else query_images
    result: QueryResult = query(bench.network, Outputs.noted(bench.study.manifest.notes), layers, contents)
    return result


def _locate_vectors(
    bench: Workbench, layer: Layer, settings: MapSettings, vectors: LayerVectors, progress: Progress
) -> tuple[MapperGraph, Located]:
    graph = bench.map(layer.name, settings, progress)
    progress("locating", 0, 1)
    lens = vector_lens(bench, layer, settings)
    values = None if lens is None else lens(vectors.vectors)
    return graph, locator(bench, layer, graph, settings).locate(vectors.vectors, values)


def _location(
    bench: Workbench, layer: Layer, settings: MapSettings, vectors: LayerVectors, progress: Progress
) -> LayerLocation:
    number, key = bench.layers.index(layer.name), bench.key(layer, settings)
    if not len(vectors.vectors):
        return no_location(layer, number, key, "the input has no vector here")
    try:
        graph, located = _locate_vectors(bench, layer, settings, vectors, progress)
    except InvalidInput as error:
        return no_location(layer, number, key, str(error))
    return layer_location(layer, number, graph=graph, key=key, vectors=vectors, located=located)
