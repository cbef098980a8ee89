"""Activation images of a study: made for targets of a graph, batch by batch, kept in the study, found again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np

from topoact.errors import Cancelled, InvalidInput, UnknownName
from topoact.extract.provenance import Provenance
from topoact.interpret.inversion import Bounds, Recipe, inputs_of
from topoact.mapper import Progress, no_progress
from topoact.study import Layer
from topoact.study.cache.inversions import Inversion, Inversions, Prediction
from topoact.study.files import digest
from topoact.study.thumbnails import pixels
from topoact.workbench.bench import Workbench
from topoact.workbench.images.batch import ImageBatch, TargetGraph
from topoact.workbench.images.targets import (
    NodesTarget,
    Target,
    answered,
    check,
    has_length,
    identity,
)
from topoact.workbench.output_names import display_name
from topoact.workbench.settings import from_stored
from topoact.workbench.texts import unit

VERSION: Final = 5
"""Of the way in which images are made; raised by a change that gives others, so that stored ones are left aside."""
LOOKED_AT: Final = 512
"""Images of the study that tell what a picture may be."""
BATCH_PIXELS: Final = 2**17
"""Of all images that are made at once: what is lost when the work is stopped. More at once are hardly faster."""
MOST_AT_ONCE: Final = 16


class Named(NamedTuple):
    """An image under its name."""

    digest: str
    found: Inversion


class ActivationImages:
    """What the layers of an opened study stand for, in pictures.

    Attributes
    ----------
    store : Inversions
        Where they are kept.
    recipe : Recipe
        How they are made when nothing else is said.
    """

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self.store, self.recipe = Inversions(bench.study.path), Recipe()
        self._bounds = cache(self._seen)

    def check(self, layer: str | int) -> Layer:
        """Return a layer if there can be activation images of it.

        Raises
        ------
        UnknownName
            If there is no such layer.
        InvalidInput
            If it has no vectors, or the study is of texts or names no network.
        """
        study = self._bench.study
        opened = study.layer(layer)
        if unit(study) is not None:
            raise InvalidInput(f"the study {study.name} is of texts: activation images need a network that sees images")
        if not opened.has_vectors:
            raise InvalidInput(f"layer {opened.name} is a graph without vectors: an activation image answers to one")
        if study.manifest.model is None:
            raise InvalidInput(f"the study {study.name} was imported: it names no network that could make images")
        return opened

    def names(
        self, layer: str | int, graph: str, targets: Sequence[Target], recipe: Recipe | None = None
    ) -> tuple[str, ...]:
        """Return the names under which `make` stores its images, without making any.

        Raises
        ------
        UnknownName
            If there is no such graph of that layer, or no such node, point or channel.
        InvalidInput
            As `check`.
        """
        place = self._place(layer, graph)
        return tuple(self._name(place, target, recipe or self.recipe) for target in targets)

    def make(
        self,
        layer: str | int,
        graph: str,
        targets: Sequence[Target],
        recipe: Recipe | None = None,
        progress: Progress = no_progress,
    ) -> list[Named]:
        """Return an activation image for each target, making and storing those that are not in the study yet.

        What is finished stays when the work is stopped, and the same call goes on from there. Memory: what the network
        computes of a batch of images.

        Parameters
        ----------
        layer
            Name or number of the layer.
        graph
            Name of a stored graph of that layer.
        targets
            What the layer is to answer. Of a difference or a channel only the direction is aimed at.
        recipe
            How they are made.
        progress
            Told of each step; may raise `topoact.errors.Cancelled`.

        Raises
        ------
        InvalidInput
            As `names`, and if the network's inputs are no images, or it is not that of the study.
        ModelError
            If the network cannot be loaded, or fails.
        StudyError
            If there is no room for an image.
        """
        place, recipe = self._place(layer, graph), recipe or self.recipe
        names = [self._name(place, target, recipe) for target in targets]
        missing = {name: target for name, target in zip(names, targets, strict=True) if not self.store.load(name)}
        if missing:
            self._make(place, missing, recipe, progress)
        return [Named(name, found) for name in names if (found := self.load(name))]

    def load(self, name: str) -> Inversion | None:
        """Return what is known of a finished image; the classes in it are called what people call them."""
        found = self.store.load(name)
        if found is None:
            return None
        seen = (Prediction(display_name(self._bench.study, one.name), one.share) for one in found.predictions)
        return replace(found, predictions=tuple(seen))

    def of_nodes(self, graph: str) -> dict[int, Named]:
        """Return the finished images of single nodes of a graph, whichever graph they were made for.

        Of several images of a node that of the usual recipe counts, else the one of the greatest cosine.

        Raises
        ------
        UnknownName
            If there is no such graph.
        """
        about = self._about(graph)
        stored = self.store.of_layer(self._bench.study.layer(about["layer"]).key)
        if not stored:
            return {}
        place, found = self._place(about["layer"], graph), dict[int, Named]()
        best = sorted(stored.items(), key=lambda one: one[1].cosine or -1.0)
        known = {image.identity: Named(name, image) for name, image in best}
        for node in range(place.graph.n_nodes):
            usual = self._name(place, NodesTarget((node,)), self.recipe)
            named = Named(usual, stored[usual]) if usual in stored else known.get(_identity(place, node))
            if named:
                found[node] = named
        return found

    def _about(self, graph: str) -> dict[str, Any]:
        about = self._bench.derived.about_graph(graph)
        if about is None:
            raise UnknownName(f"there is no graph {graph}: ask for it anew")
        return about

    def _place(self, layer: str | int, graph: str) -> TargetGraph:
        opened = self.check(layer)
        about, found = self._about(graph), self._bench.derived.load_graph(graph)
        if found is None or about["layer"] != opened.name:
            raise UnknownName(f"there is no graph {graph} of layer {opened.name}: ask for it anew")
        return TargetGraph(self._bench, opened, graph, found, from_stored(about["settings"]))

    def _name(self, place: TargetGraph, target: Target, recipe: Recipe) -> str:
        check(target, place.graph, place.layer)
        layer = place.layer
        made_of = [VERSION, self._network_digest(layer), layer.digest, layer.module, answered(target, layer)]
        return digest([*made_of, identity(target, place.graph), _aimed(recipe, target).record()])

    def _seen(self, n_channels: int, size: tuple[int, int]) -> Bounds:
        """Return between what values the study's images are, pixel by pixel: around a digit all is black."""
        study = self._bench.study
        rows = np.linspace(0, study.n_examples - 1, min(LOOKED_AT, study.n_examples)).round().astype(int)
        thumbnails = [image for row in rows.tolist() if (image := study.thumbnail(row))]
        try:
            return Bounds.of([pixels(image, n_channels, *size) for image in thumbnails])
        except OSError as error:
            raise study.damaged("thumbnails", error) from None

    def _network_digest(self, layer: Layer) -> str:
        return str(Provenance(self._bench.study).checkpoints[layer.checkpoint]["digest"])

    def _make(self, place: TargetGraph, missing: Mapping[str, Target], recipe: Recipe, progress: Progress) -> None:
        done = 0
        try:
            batches = list(self._batches(place, missing, recipe))
            self.store.prepare(place.layer.key)
            for number, batch in enumerate(batches):
                batch.make(self.store, _part(progress, number, len(batches)))
                done += len(batch.targets)
        except KeyboardInterrupt:
            kept = f"{done} of {len(missing)} images are made, and kept"
            raise Cancelled(f"interrupted: {kept}; the same command goes on from there") from None

    def _batches(self, place: TargetGraph, missing: Mapping[str, Target], recipe: Recipe) -> Iterator[ImageBatch]:
        """Share out the images: those that are aimed at in one way, as many as are made at once."""
        at_hand = self._bench.network
        at_hand.check_layer(place.layer)
        inputs = inputs_of(at_hand.network, at_hand.preprocessing, at_hand.shape)
        height, width = (recipe.size, recipe.size) if recipe.size else inputs.size
        inputs = replace(inputs, bounds=self._bounds(inputs.n_colours, (height, width)))
        n_at_once = max(1, min(MOST_AT_ONCE, BATCH_PIXELS // (height * width)))
        ways = {name: (_aimed(recipe, target), answered(target, place.layer)) for name, target in missing.items()}
        for way in dict.fromkeys(ways.values()):
            names = [name for name in missing if ways[name] == way]
            for start in range(0, len(names), n_at_once):
                some = {name: missing[name] for name in names[start : start + n_at_once]}
                yield ImageBatch(place, inputs, *way, some)


def _identity(place: TargetGraph, node: int) -> str:
    return identity(NodesTarget((node,)), place.graph)


def _aimed(recipe: Recipe, target: Target) -> Recipe:
    """Return the recipe with which a target is made: what has no length cannot be reached, only its direction."""
    return recipe if has_length(target) else replace(recipe, aim="direction")


def _part(progress: Progress, number: int, n_parts: int) -> Progress:
    """Return the progress of one of several equal parts of some work."""
    return lambda stage, done, total: progress(stage, number * total + done, n_parts * total)
