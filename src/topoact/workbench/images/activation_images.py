"""`ActivationImages`: makes the activation images of targets in batches, and stores them in the study."""

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
from topoact.workbench.images.targets import NodesTarget, Target, check_target, has_length, identity, sampling_policy
from topoact.workbench.output_names import display_name
from topoact.workbench.texts import unit

IMAGE_VERSION: Final = 5
"""Increased by a change of the images, so that stored ones are not reused."""
MAX_SAMPLED_IMAGES: Final = 512
"""Images of the study from which the range of each pixel is estimated."""
MAX_BATCH_PIXELS: Final = 2**17
"""Pixels of a batch, which is lost when the work is stopped; larger batches are hardly faster."""
MAX_BATCH_SIZE: Final = 16


class NamedImage(NamedTuple):
    """A finished image and its name in the study."""

    digest: str
    inversion: Inversion


class ActivationImages:
    """The activation images of an opened study.

    Parameters
    ----------
    bench
        The opened study; making images needs its network.

    Attributes
    ----------
    store : Inversions
        The stored images.
    recipe : Recipe
        The recipe where none is given.
    """

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self.store, self.recipe = Inversions(bench.derived), Recipe()

    def check(self, layer: str | int) -> Layer:
        """Return a layer if it can have activation images.

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
    ) -> list[NamedImage]:
        """Return an activation image for each target; makes and stores those that are not in the study.

        Finished batches stay when the work is stopped, and the same call continues from there. Memory: what the network
        computes for a batch of images.

        Parameters
        ----------
        layer
            Name or number of the layer.
        graph
            Digest of a stored graph of that layer.
        targets
            What the images are made for. Of a difference or a channel only the direction is the objective.
        recipe
            How they are made; by default `recipe`.
        progress
            Called with each step; may raise `topoact.errors.Cancelled`.

        Raises
        ------
        InvalidInput
            As `names`, and if the network's inputs are no images, or it is not that of the study.
        ModelError
            If the network cannot be loaded, or fails.
        StudyError
            If the disk has no space for an image.
        """
        target_graph, recipe = self._target_graph(layer, graph), recipe or self.recipe
        names = [self._name(target_graph, target, recipe) for target in targets]
        missing = {name: target for name, target in zip(names, targets, strict=True) if not self.store.load(name)}
        if missing:
            self._make(target_graph, missing, recipe, progress)
        return [NamedImage(name, inversion) for name in names if (inversion := self.load(name))]

    def load(self, name: str) -> Inversion | None:
        """Return the facts of a finished image, its classes with their display names; None if it is not finished."""
        inversion = self.store.load(name)
        if inversion is None:
            return None
        study = self._bench.study
        predictions = (Prediction(display_name(study, seen.name), seen.share) for seen in inversion.predictions)
        return replace(inversion, predictions=tuple(predictions))

    def of_nodes(self, graph: str) -> dict[int, NamedImage]:
        """Return the finished images of single nodes of a graph by node, whichever graph they were made for.

        Of several images of a node it is that of the default recipe, else the one of the largest cosine.

        Raises
        ------
        UnknownName
            If there is no such graph.
        """
        layer = self._bench.graph(graph).layer
        stored = self.store.of_layer(layer.key)
        if not stored:
            return {}
        target_graph, images = self._target_graph(layer.name, graph), dict[int, NamedImage]()
        by_cosine = sorted(stored.items(), key=lambda item: item[1].cosine or -1.0)
        best = {inversion.identity: NamedImage(name, inversion) for name, inversion in by_cosine}
        for node in range(target_graph.graph.n_nodes):
            target = NodesTarget((node,))
            name = self._name(target_graph, target, self.recipe)
            image = NamedImage(name, stored[name]) if name in stored else best.get(identity(target, target_graph.graph))
            if image:
                images[node] = image
        return images

    def _target_graph(self, layer: str | int, graph: str) -> TargetGraph:
        return TargetGraph(self._bench, self._bench.graph(graph, self.check(layer).name))

    def _name(self, target_graph: TargetGraph, target: Target, recipe: Recipe) -> str:
        graph, layer = target_graph.graph, target_graph.layer
        check_target(target, graph, layer)
        facts = [IMAGE_VERSION, self._network_digest(layer), layer.digest, layer.module, sampling_policy(target, layer)]
        return digest([*facts, identity(target, graph), _target_recipe(recipe, target).record()])

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
                batch.make(self.store, _progress_of_part(progress, number, len(batches)))
                done += len(batch.targets)
        except KeyboardInterrupt:
            finished = f"{done} of {len(missing)} images are made, and kept"
            raise Cancelled(f"interrupted: {finished}; the same command goes on from there") from None

    def _batches(
        self, target_graph: TargetGraph, missing: Mapping[str, Target], recipe: Recipe
    ) -> Iterator[ImageBatch]:
        """Yield batches of images of the same recipe and sampling policy."""
        network = self._bench.network
        network.check_layer(target_graph.layer)
        inputs = inputs_of(network.network, network.preprocessing, network.shape)
        height, width = (recipe.size, recipe.size) if recipe.size else inputs.size
        inputs = replace(inputs, bounds=_pixel_bounds(self._bench.study, inputs.n_colours, (height, width)))
        batch_size = max(1, min(MAX_BATCH_SIZE, MAX_BATCH_PIXELS // (height * width)))
        names_by_kind: dict[tuple[Recipe, str], list[str]] = {}
        for name, target in missing.items():
            kind = (_target_recipe(recipe, target), sampling_policy(target, target_graph.layer))
            names_by_kind.setdefault(kind, []).append(name)
        for (batch_recipe, policy), names in names_by_kind.items():
            for start in range(0, len(names), batch_size):
                targets = {name: missing[name] for name in names[start : start + batch_size]}
                yield ImageBatch(target_graph, inputs, batch_recipe, policy, targets)


@lru_cache(maxsize=4)
def _pixel_bounds(study: Study, n_channels: int, size: tuple[int, int]) -> Bounds:
    """Return the range of each pixel over a sample of the study's images."""
    rows = np.linspace(0, study.n_examples - 1, min(MAX_SAMPLED_IMAGES, study.n_examples)).round().astype(int)
    thumbnails = [image for row in rows.tolist() if (image := study.thumbnail(row))]
    try:
        return Bounds.of([pixels(image, n_channels, *size) for image in thumbnails])
    except OSError as error:
        raise study.damaged("thumbnails", error) from None


def _target_recipe(recipe: Recipe, target: Target) -> Recipe:
    """Return the recipe for a target: one without a length has only its direction as the objective."""
    return recipe if has_length(target) else replace(recipe, objective="direction")


def _progress_of_part(progress: Progress, number: int, n_parts: int) -> Progress:
    """Return the progress of one of several equal parts of the work."""
    return lambda stage, done, total: progress(stage, number * total + done, n_parts * total)
