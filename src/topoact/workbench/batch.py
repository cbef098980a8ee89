"""A batch of activation images: made at once, judged, and stored one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Final, cast

import numpy as np
from numpy.typing import NDArray

from topoact.analysis.landing import lands
from topoact.extract.inversion import Inputs, Inverted, Recipe, invert
from topoact.extract.networks import TorchNetwork
from topoact.extract.predictions import Outputs
from topoact.mapper import MapperGraph, Progress
from topoact.study import Layer
from topoact.study.inversions import Inversion, Inversions, Prediction
from topoact.workbench.targets import Target, described, has_length, identity, nodes_around, vector

if TYPE_CHECKING:
    from topoact.workbench.bench import Workbench

Vectors = NDArray[np.float32]

MOST_PREDICTIONS: Final = 3


@dataclass(frozen=True, eq=False)
class Place:
    """A graph of a layer, of which targets speak."""

    layer: Layer
    digest: str
    graph: MapperGraph
    lens: str
    metric: str


@dataclass(frozen=True, eq=False)
class Batch:
    """Images that are made at once."""

    bench: "Workbench"
    place: Place
    inputs: Inputs
    recipe: Recipe
    targets: Mapping[str, Target]

    def make(self, store: Inversions, progress: Progress) -> None:
        """Make the images and store them; previews while this lasts."""
        layer, key, at = self.place.layer, self.place.layer.key, (0, 1)

        def told(stage: str, done: int, total: int) -> None:
            nonlocal at
            at = (done, total)
            progress(stage, done, total)

        def preview(pictures: NDArray[np.uint8]) -> None:
            for name, picture in zip(self.targets, pictures, strict=True):
                store.save_preview(key, name, picture, *at)

        vectors = [vector(target, self.place.graph, self._vectors) for target in self.targets.values()]
        network = cast(TorchNetwork, self.bench.network.network)
        try:
            made = invert(
                network,
                layer.module,
                np.stack(vectors),
                self.inputs,
                self.recipe,
                policy=layer.policy,
                batch_size=len(vectors),
                progress=told,
                preview=preview,
            )
            for row, (name, target) in enumerate(self.targets.items()):
                store.save(key, name, made.pictures[row], self._judged(target, vectors[row], made, row))
        finally:
            store.drop_previews(key, self.targets)

    def _vectors(self) -> Vectors:
        return self.bench.vectors(self.place.layer)

    def _judged(self, target: Target, wanted: Vectors, made: Inverted, row: int) -> Inversion:
        place, reached, cosine = self.place, made.reached[row], float(made.cosine[row])
        length = float(np.linalg.norm(reached) / np.linalg.norm(wanted)) if has_length(target) else None
        around = nodes_around(target, place.graph)
        how = {"lens": place.lens, "metric": place.metric}
        height, width = made.pictures.shape[1:3]
        return Inversion(
            layer=place.layer.name,
            target=described(target),
            identity=identity(target, place.graph),
            graph=place.digest,
            recipe=self.recipe.record(),
            steps=self.recipe.steps * self.recipe.attempts,
            network=self.bench.network.digest,
            cosine=cosine if isfinite(cosine) else None,
            length=length,
            lands=lands(reached, place.graph, around, self._vectors(), **how) if around else None,
            predictions=self._predictions(None if made.scores is None else made.scores[row]),
            size=(width, height),
            reached=tuple(reached.tolist()),
        )

    def _predictions(self, scores: Vectors | None) -> tuple[Prediction, ...]:
        if scores is None or len(scores) < 2:
            return ()
        notes = self.bench.study.manifest.notes.get("outputs") or {}
        outputs = Outputs(len(scores), tuple(notes["names"]) if notes.get("names") else None)
        said = outputs.predict(scores[None], [None])
        names, shares = said["top5"][0], said["top5_confidence"][0]
        return tuple(map(Prediction, names[:MOST_PREDICTIONS], map(float, shares)))
