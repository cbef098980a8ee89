"""A batch of activation images: made at once, judged, and stored one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, starmap
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from topoact.analysis.location.locate import Locator
from topoact.extract.predictions import Outputs
from topoact.interpret.inversion import (
    Inputs,
    Inverted,
    Recipe,
    invert,
    whitening,
)
from topoact.mapper import Lens, MapperGraph, Progress
from topoact.networks import TorchNetwork
from topoact.study import Layer
from topoact.study.cache.inversions import Inversion, Inversions, Prediction
from topoact.study.files import plain_number
from topoact.workbench.bench import Workbench
from topoact.workbench.images.targets import (
    Target,
    described,
    has_length,
    identity,
    nodes_around,
    vector,
)
from topoact.workbench.locate.vector_location import locator, vector_lens
from topoact.workbench.settings import MapSettings

Vectors = NDArray[np.float32]

MOST_PREDICTIONS: Final = 3


@dataclass(frozen=True, eq=False)
class TargetGraph:
    """A graph of a layer, of which targets speak."""

    bench: Workbench
    layer: Layer
    digest: str
    graph: MapperGraph
    settings: MapSettings

    def vectors(self) -> Vectors:
        """Return the vectors of the layer."""
        return self.bench.vectors(self.layer)

    def vector(self, target: Target) -> Vectors:
        """Return what the layer is to answer."""
        return vector(target, self.graph, self.vectors, lens=self.settings.lens)

    def matches(self, reached: Vectors) -> list[list[int]]:
        """Return the nodes in which each of some vectors lands."""
        lens = None if self._lens is None else self._lens(reached)
        indptr, node, _, _ = self._locator.locate(reached, lens).matches
        return [node[start:stop].tolist() for start, stop in pairwise(indptr.tolist())]

    @cached_property
    def whitening(self) -> NDArray[np.float64]:
        """What takes out of a target what is usual in the layer."""
        return whitening(self.vectors())

    @cached_property
    def _locator(self) -> Locator:
        return locator(self.bench, self.layer, self.graph, self.settings)

    @cached_property
    def _lens(self) -> Lens | None:
        return vector_lens(self.bench, self.layer, self.settings)


@dataclass(frozen=True, eq=False)
class ImageBatch:
    """Images that are made at once."""

    place: TargetGraph
    inputs: Inputs
    recipe: Recipe
    policy: str
    """How answers are read; see `answered`."""
    targets: Mapping[str, Target]
    """By the names of their images."""

    def make(self, store: Inversions, progress: Progress) -> None:
        """Make the images and store them; there are previews while this lasts."""
        try:
            vectors = [self.place.vector(target) for target in self.targets.values()]
            made = self._painted(np.stack(vectors), store, progress)
            progress("judging", self.steps, self.steps)
            for row, (name, found) in enumerate(zip(self.targets, self._judged(made, vectors), strict=True)):
                store.save(self.place.layer.key, name, made.pictures[row], found)
        finally:
            store.drop_previews(self.place.layer.key, self.targets)

    @property
    def steps(self) -> int:
        """Of all attempts."""
        return self.recipe.steps * self.recipe.attempts

    def _painted(self, wanted: Vectors, store: Inversions, progress: Progress) -> Inverted:
        layer, step = self.place.layer, 0

        def told(stage: str, done: int, total: int) -> None:
            nonlocal step
            step = done
            progress(stage, done, total)

        def preview(pictures: NDArray[np.uint8]) -> None:
            for name, picture in zip(self.targets, pictures, strict=True):
                store.save_preview(layer.key, name, picture, step, self.steps)

        return invert(
            cast(TorchNetwork, self.place.bench.network.network),
            layer.module,
            wanted,
            self.inputs,
            self.recipe,
            policy=self.policy,
            whitening=self.place.whitening if self.recipe.whitened else None,
            batch_size=len(wanted),
            progress=told,
            preview=preview,
        )

    def _judged(self, made: Inverted, wanted: list[Vectors]) -> list[Inversion]:
        """Return what is known of each image."""
        place, targets = self.place, list(self.targets.values())
        around = [nodes_around(target, place.graph) for target in targets]
        landed = place.matches(made.reached) if any(around) else [[]] * len(targets)
        height, width = made.pictures.shape[1:3]
        return [
            Inversion(
                layer=place.layer.name,
                target=described(target),
                identity=identity(target, place.graph),
                graph=place.digest,
                recipe=self.recipe.record(),
                steps=self.steps,
                network=place.bench.network.digest,
                cosine=plain_number(made.cosine[row]),
                length=plain_number(_length(made.reached[row], wanted[row])) if has_length(target) else None,
                lands=bool(set(around[row]) & set(landed[row])) if around[row] else None,
                predictions=self._predictions(None if made.scores is None else made.scores[row]),
                size=(width, height),
                reached=tuple(made.reached[row].tolist()),
            )
            for row, target in enumerate(targets)
        ]

    def _predictions(self, scores: Vectors | None) -> tuple[Prediction, ...]:
        if scores is None or len(scores) < 2:
            return ()
        outputs = Outputs.noted(self.place.bench.study.manifest.notes) or Outputs(len(scores), None)
        return tuple(starmap(Prediction, outputs.likeliest(scores[None])[0][:MOST_PREDICTIONS]))


def _length(reached: Vectors, wanted: Vectors) -> float:
    return float(np.linalg.norm(reached) / np.linalg.norm(wanted))
