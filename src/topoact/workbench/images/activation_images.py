"""Activation images of a study: made for targets of a graph, batch by batch, kept in the study, found again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from topoact.errors import Cancelled, InvalidInput
from topoact.extract.provenance import Provenance
from topoact.interpret.inversion import Bounds, Recipe, inputs_of
from topoact.mapper import Progress, no_progress
from topoact.study import Layer, Study
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
from topoact.workbench.texts import unit

VERSION: Final = 5
"""Of the way in which images are made; raised by a change that gives others, so that stored ones are left aside."""
MAX_SAMPLED_IMAGES: Final = 512
"""Images of the study from which the range of each pixel is read."""
BATCH_PIXELS: Final = 2**17
"""Of all images that are made at once: what is lost when the work is stopped. More at once are hardly faster."""
MAX_BATCH_SIZE: Final = 16


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
        target_graph = self._target_graph(layer, graph)
        return tuple(self._name(target_graph, target, recipe or self.recipe) for target in targets)

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
        target_graph, recipe = self._target_graph(layer, graph), recipe or self.recipe
        names = [self._name(target_graph, target, recipe) for target in targets]
        missing = {name: target for name, target in zip(names, targets, strict=True) if not self.store.load(name)}
        if missing:
            self._make(target_graph, missing, recipe, progress)
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
        layer = self._bench.graph(graph).layer
        stored = self.store.of_layer(layer.key)
        if not stored:
            return {}
        target_graph, found = self._target_graph(layer.name, graph), dict[int, Named]()
        best = sorted(stored.items(), key=lambda one: one[1].cosine or -1.0)
        known = {image.identity: Named(name, image) for name, image in best}
        for node in range(target_graph.graph.n_nodes):
            usual = self._name(target_graph, NodesTarget((node,)), self.recipe)
            named = Named(usual, stored[usual]) if usual in stored else known.get(_identity(target_graph, node))
            if named:
                found[node] = named
        return found

    def _target_graph(self, layer: str | int, graph: str) -> TargetGraph:
        return TargetGraph(self._bench, self._bench.graph(graph, self.check(layer).name))

    def _name(self, target_graph: TargetGraph, target: Target, recipe: Recipe) -> str:
        check(target, target_graph.graph, target_graph.layer)
        layer = target_graph.layer
        made_of = [VERSION, self._network_digest(layer), layer.digest, layer.module, answered(target, layer)]
        return digest([*made_of, identity(target, target_graph.graph), _aimed(recipe, target).record()])

    def _network_digest(self, layer: Layer) -> str:
        return str(Provenance(self._bench.study).checkpoints[layer.checkpoint]["digest"])

    def _make(
        self, target_graph: TargetGraph, missing: Mapping[str, Target], recipe: Recipe, progress: Progress
    ) -> None:
        done = 0
        try:
            batches = list(self._batches(target_graph, missing, recipe))
            self.store.prepare(target_graph.layer.key)
            for number, batch in enumerate(batches):
                batch.make(self.store, _part(progress, number, len(batches)))
                done += len(batch.targets)
        except KeyboardInterrupt:
            kept = f"{done} of {len(missing)} images are made, and kept"
            raise Cancelled(f"interrupted: {kept}; the same command goes on from there") from None

    def _batches(
        self, target_graph: TargetGraph, missing: Mapping[str, Target], recipe: Recipe
    ) -> Iterator[ImageBatch]:
        """Share out the images: those that are aimed at in one way, as many as are made at once."""
        at_hand = self._bench.network
        at_hand.check_layer(target_graph.layer)
        inputs = inputs_of(at_hand.network, at_hand.preprocessing, at_hand.shape)
        height, width = (recipe.size, recipe.size) if recipe.size else inputs.size
        inputs = replace(inputs, bounds=_pixel_bounds(self._bench.study, inputs.n_colours, (height, width)))
        n_at_once = max(1, min(MAX_BATCH_SIZE, BATCH_PIXELS // (height * width)))
        ways = {
            name: (_aimed(recipe, target), answered(target, target_graph.layer)) for name, target in missing.items()
        }
        for way in dict.fromkeys(ways.values()):
            names = [name for name in missing if ways[name] == way]
            for start in range(0, len(names), n_at_once):
                some = {name: missing[name] for name in names[start : start + n_at_once]}
                yield ImageBatch(target_graph, inputs, *way, some)


@lru_cache(maxsize=4)
def _pixel_bounds(study: Study, n_channels: int, size: tuple[int, int]) -> Bounds:
    """Return the range of each pixel over a sample of the study's images: around a digit all is black."""
    rows = np.linspace(0, study.n_examples - 1, min(MAX_SAMPLED_IMAGES, study.n_examples)).round().astype(int)
    thumbnails = [image for row in rows.tolist() if (image := study.thumbnail(row))]
    try:
        return Bounds.of([pixels(image, n_channels, *size) for image in thumbnails])
    except OSError as error:
        raise study.damaged("thumbnails", error) from None


def _identity(target_graph: TargetGraph, node: int) -> str:
    return identity(NodesTarget((node,)), target_graph.graph)


def _aimed(recipe: Recipe, target: Target) -> Recipe:
    """Return the recipe with which a target is made: what has no length cannot be reached, only its direction."""
    return recipe if has_length(target) else replace(recipe, objective="direction")


def _part(progress: Progress, number: int, n_parts: int) -> Progress:
    """Return the progress of one of several equal parts of some work."""
    return lambda stage, done, total: progress(stage, number * total + done, n_parts * total)
