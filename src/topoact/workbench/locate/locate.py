"""Locating inputs of the user's in the graphs of a study: `locate`, `locate_many`, `locate_uploaded`."""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal

from topoact.analysis.location.locate import Located
from topoact.errors import InvalidInput
from topoact.extract.predictions import Outputs
from topoact.interpret.query import (
    LayerVectors,
    QueryResult,
    query_images,
    query_texts,
    usable_layers,
)
from topoact.mapper import (
    MapperGraph,
    Progress,
    no_progress,
)
from topoact.study import Layer
from topoact.study.files import digest
from topoact.study.thumbnails import Thumbnail
from topoact.workbench.bench import Workbench
from topoact.workbench.locate.location_report import LayerLocation, layer_location, no_location
from topoact.workbench.locate.vector_location import locator, vector_lens
from topoact.workbench.settings import MapSettings

InputKind = Literal["image", "text"]
MAX_PREDICTIONS: Final = 3
"""Predictions that are listed."""
LOCATION_VERSION: Final = 1
"""Raised by a change that gives other locations, so that stored ones are left aside."""


@dataclass(frozen=True, slots=True)
class LocatedInput:
    """An input and its locations."""

    kind: InputKind
    text: str | None
    predictions: list[tuple[str, float]]
    """The likeliest classes with their shares; none where the network is no classifier."""
    notices: list[str]
    """How the input was prepared, where that is not what one expects."""
    locations: list[LayerLocation] = field(default_factory=list)
    n_layers: int = 0
    """How many locations there will be."""
    thumbnail: Thumbnail | None = None


def input_kind(content: str | bytes) -> InputKind:
    """Return what an input is."""
    return "text" if isinstance(content, str) else "image"


def input_name(bench: Workbench, content: str | bytes, settings: MapSettings) -> str:
    """Return the name under which the locations of an input are stored, without running anything."""
    data = content.encode() if isinstance(content, str) else content
    what = {
        "placing": LOCATION_VERSION,
        "input": hashlib.sha256(data).hexdigest(),
        "kind": input_kind(content),
        "study": bench.study.digest,
    }
    return digest(
        {**what, "network": asdict(bench.network_choice) if bench.network_choice else None, "settings": settings.used}
    )


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
        Where to look; in all layers of the network at hand by default.
    first
        The layer to begin with, by its place in the study.
    on_location
        Called when the network has answered, and after each layer, with what is known by then.
    progress
        Told of each stage; may raise `topoact.errors.Cancelled`.

    Raises
    ------
    InvalidInput
        If the input cannot be used, or a layer is none of this network.
    ModelError
        If the network cannot be loaded, or fails.
    """
    progress("loading the network", 0, 1)
    chosen = sorted(_chosen(bench, layers), key=lambda layer: layer.name != bench.layers[first])
    progress("running the network", 0, 1)
    answers = _answers(bench, chosen, [content])
    text = content if isinstance(content, str) else None
    located = LocatedInput(
        input_kind(content), text, answers.predictions[0][:MAX_PREDICTIONS], answers.notices, n_layers=len(chosen)
    )
    located = replace(located, thumbnail=answers.thumbnails[0])
    on_location(located)
    for layer in chosen:
        located = replace(
            located,
            locations=[*located.locations, _place(bench, layer, settings, answers.layers[layer.name], progress)],
        )
        on_location(located)
    return located


def locate_many(
    bench: Workbench,
    contents: Sequence[str] | Sequence[bytes],
    settings: MapSettings,
    layer: str | int,
    progress: Progress = no_progress,
) -> tuple[QueryResult, Located]:
    """Locate many inputs of one kind in the graph of one layer; parameters and errors are those of `locate`."""
    (chosen,) = _chosen(bench, [layer])
    answers = _answers(bench, [chosen], contents)
    _, located = _located(bench, chosen, settings, answers.layers[chosen.name], progress)
    return answers, located


def locate_uploaded(
    bench: Workbench, name: str, kind: InputKind, settings: MapSettings, *, first: int, progress: Progress = no_progress
) -> None:
    """Locate an uploaded input, and store its locations layer by layer, beginning with one layer.

    Raises
    ------
    InvalidInput
        As `locate`, and if the input is not there any more.
    """
    waiting = bench.located_inputs.take(name)
    if waiting is None:
        raise InvalidInput("the input is not there any more: bring it again")
    content = waiting.decode() if kind == "text" else waiting
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


def _chosen(bench: Workbench, layers: Sequence[str | int] | None) -> list[Layer]:
    at_hand = bench.network
    if layers is None:
        found = usable_layers(at_hand, [bench.study.layer(name) for name in bench.layers])
        if not found:
            raise InvalidInput(f"no layer of the study {bench.study.name} has vectors of this network")
        return found
    for layer in (chosen := [bench.study.layer(name) for name in layers]):
        at_hand.check_layer(layer)
        if not layer.has_vectors:
            raise InvalidInput(f"layer {layer.name} is a graph that was imported without its vectors")
    return chosen


def _answers(bench: Workbench, layers: Sequence[Layer], contents: Sequence[Any]) -> QueryResult:
    answer: Any = query_texts if isinstance(contents[0], str) else query_images
    found: QueryResult = answer(bench.network, Outputs.noted(bench.study.manifest.notes), layers, contents)
    return found


def _located(
    bench: Workbench, layer: Layer, settings: MapSettings, answer: LayerVectors, progress: Progress
) -> tuple[MapperGraph, Located]:
    graph = bench.map(layer.name, settings, progress)
    progress("locating", 0, 1)
    one = vector_lens(bench, layer, settings)
    values = None if one is None else one(answer.vectors)
    return graph, locator(bench, layer, graph, settings).locate(answer.vectors, values)


def _place(
    bench: Workbench, layer: Layer, settings: MapSettings, answer: LayerVectors, progress: Progress
) -> LayerLocation:
    number, key = bench.layers.index(layer.name), bench.key(layer, settings)
    if not len(answer.vectors):
        return no_location(layer, number, key, "the input has no vector here")
    try:
        graph, located = _located(bench, layer, settings, answer, progress)
    except InvalidInput as error:
        return no_location(layer, number, key, str(error))
    return layer_location(layer, number, graph=graph, key=key, vectors=answer, located=located)
