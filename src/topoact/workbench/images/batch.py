"""`ImageBatch`: makes, evaluates and stores activation images together; `TargetGraph`: the graph of their targets."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, starmap
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from topoact.analysis.location.locate import Locator
from topoact.extract.predictions import Outputs
from topoact.interpret.inversion import Inputs, Inverted, Recipe, invert, whitening
from topoact.mapper import Lens, MapperGraph, Progress
from topoact.networks import TorchNetwork
from topoact.study import Layer
from topoact.study.cache.inversions import Inversion, Inversions, Prediction
from topoact.study.files import plain_number
from topoact.workbench.bench import Workbench
from topoact.workbench.images.targets import Target, has_length, identity, nodes_around, target_record, vector
from topoact.workbench.locate.vector_location import locator, vector_lens
from topoact.workbench.settings import MapSettings
from topoact.workbench.stored_graph import StoredGraph

Vectors = NDArray[np.float32]

MAX_PREDICTIONS: Final = 3
"""Predictions that are stored with an image."""


@dataclass(frozen=True, eq=False)
class TargetGraph:
    """The stored graph whose nodes, points and channels are targets.

    Parameters
    ----------
    bench
        The opened study.
    stored
        A graph of a layer that has vectors.
    """

    bench: Workbench
    stored: StoredGraph

    @property
    def layer(self) -> Layer:
        """The layer of the graph."""
        return self.stored.layer

    @property
    def graph(self) -> MapperGraph:
        """The graph itself."""
        return self.stored.graph

    @property
    def settings(self) -> MapSettings:
        """The settings of the graph."""
        assert self.stored.settings is not None, "graphs without settings have no vectors to invert"
        return self.stored.settings

    def vectors(self) -> Vectors:
        """Return the vectors of the layer."""
        return self.bench.vectors(self.layer)

    def vector(self, target: Target) -> Vectors:
        """Return the vector that the image of a target should have in the layer."""
        return vector(target, self.graph, self.vectors, lens=self.settings.lens)

    def nodes_of(self, reached: Vectors) -> list[list[int]]:
        """Return for each vector the nodes that contain it."""
        lens = None if self._lens is None else self._lens(reached)
        indptr, nodes, _, _ = self._locator.locate(reached, lens).matches
        return [nodes[start:stop].tolist() for start, stop in pairwise(indptr.tolist())]

    @cached_property
    def whitening(self) -> NDArray[np.float64]:
        """Inverse covariance of the layer: in a whitened direction, common variation of the layer has less weight."""
        return whitening(self.vectors())

    @cached_property
    def _locator(self) -> Locator:
        return locator(self.bench, self.layer, self.graph, self.settings)

    @cached_property
    def _lens(self) -> Lens | None:
        return vector_lens(self.bench, self.layer, self.settings)


@dataclass(frozen=True, eq=False)
class ImageBatch:
    """Images that are optimised together."""

    target_graph: TargetGraph
    inputs: Inputs
    recipe: Recipe
    policy: str
    """Sampling policy of their vectors; see `sampling_policy`."""
    targets: Mapping[str, Target]
    """Targets by the names of their images."""

    def make(self, store: Inversions, progress: Progress) -> None:
        """Make the images and store them; previews are stored meanwhile."""
        try:
            vectors = [self.target_graph.vector(target) for target in self.targets.values()]
            inverted = self._invert(np.stack(vectors), store, progress)
            progress("evaluating images", self.steps, self.steps)
            for row, (name, inversion) in enumerate(zip(self.targets, self._evaluate(inverted, vectors), strict=True)):
                store.save(self.target_graph.layer.key, name, inverted.pictures[row], inversion)
        finally:
            store.drop_previews(self.target_graph.layer.key, self.targets)

    @property
    def steps(self) -> int:
        """Number of steps of all attempts."""
        return self.recipe.steps * self.recipe.attempts

    def _invert(self, wanted: Vectors, store: Inversions, progress: Progress) -> Inverted:
        layer, step = self.target_graph.layer, 0

        def report(stage: str, done: int, total: int) -> None:
            nonlocal step
            step = done
            progress(stage, done, total)

        def preview(pictures: NDArray[np.uint8]) -> None:
            for name, picture in zip(self.targets, pictures, strict=True):
                store.save_preview(layer.key, name, picture, step, self.steps)

        return invert(
            cast(TorchNetwork, self.target_graph.bench.network.network),
            layer.module,
            wanted,
            self.inputs,
            self.recipe,
            policy=self.policy,
            whitening=self.target_graph.whitening if self.recipe.whitened else None,
            batch_size=len(wanted),
            progress=report,
            preview=preview,
        )

    def _evaluate(self, inverted: Inverted, wanted: list[Vectors]) -> list[Inversion]:
        """Return the facts of each image: its cosine to the target, its nodes and its predictions."""
        target_graph, targets = self.target_graph, list(self.targets.values())
        graph, scores = target_graph.graph, inverted.scores
        target_nodes = [nodes_around(target, graph) for target in targets]
        reached_nodes = target_graph.nodes_of(inverted.reached) if any(target_nodes) else [[]] * len(targets)
        height, width = inverted.pictures.shape[1:3]
        return [
            Inversion(
                layer=target_graph.layer.name,
                target=target_record(target),
                identity=identity(target, graph),
                graph=target_graph.stored.digest,
                recipe=self.recipe.record(),
                steps=self.steps,
                network=target_graph.bench.network.digest,
                cosine=plain_number(inverted.cosine[row]),
                length=_relative_length(inverted.reached[row], wanted[row]) if has_length(target) else None,
                lands=bool(set(target_nodes[row]) & set(reached_nodes[row])) if target_nodes[row] else None,
                predictions=self._predictions(None if scores is None else scores[row]),
                size=(width, height),
                reached=tuple(inverted.reached[row].tolist()),
            )
            for row, target in enumerate(targets)
        ]

    def _predictions(self, scores: Vectors | None) -> tuple[Prediction, ...]:
        if scores is None or len(scores) < 2:
            return ()
        outputs = Outputs.noted(self.target_graph.bench.study.manifest.notes) or Outputs(len(scores), None)
        return tuple(starmap(Prediction, outputs.likeliest(scores[None])[0][:MAX_PREDICTIONS]))


def _relative_length(reached: Vectors, wanted: Vectors) -> float | None:
    return plain_number(float(np.linalg.norm(reached) / np.linalg.norm(wanted)))
