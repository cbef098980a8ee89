"""The parts of the measurements: what is measured with which vectors, one method each."""

from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import data, exact
from benchmarks.extraction import measure
from benchmarks.extraction_runs import runs_with_data
from benchmarks.interleaved import Failed
from benchmarks.measure import product_rate
from benchmarks.side_by_side import Case, Limits, compare, measure_index, measure_modes
from topoact.study import open_study

SIZES = (12_250, 24_500, 49_000, 98_000, 196_000)
LADDER = (0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.825, 0.85, 0.875, 0.9, 0.95)
"""Quantiles of the 5-NN distance: 15 radii, four bits per pair."""


class Missing(Exception):
    """The data of a part do not exist; the message says where they come from."""


class Parts:
    """Each method measures one part and returns its results; its name is what ``--only`` takes."""

    def __init__(self, options: Namespace) -> None:
        self.options = options
        self.limits = Limits(options.memory * 1024, options.timeout)
        self.shrink, self.cases = (50, 1) if options.quick else (1, None)
        self.rounds = 1 if options.quick else options.rounds

    def exact(self) -> dict[str, Any]:
        vectors = self._sample(49_000)
        return {"checks": [exact.check(vectors, "euclidean"), exact.check(vectors, "cosine", **exact.SECOND_METRIC)]}

    def synthetic(self) -> dict[str, Any]:
        sizes = [20_000, 50_000, 100_000] + [300_000] * self.options.long
        return self._cases(
            Case("mixture", partial(data.mixture, n // self.shrink), rounds=1 if n > 100_000 else self.rounds)
            for n in sizes[: self.cases]
        )

    def features(self) -> dict[str, Any]:
        vectors = partial(self._sample, 49_000)
        return self._cases(
            Case(self.options.layer, vectors, self.options.eps, overlap=overlap, rounds=self.rounds)
            for overlap in (0.5, 0.3)[: self.cases]
        )

    def large(self) -> dict[str, Any]:
        vectors = partial(self._sample, 196_000)
        return self._cases([Case(self.options.layer, vectors, self.options.eps, overlap=0.5, rounds=1)])

    def resnet20(self) -> dict[str, Any]:
        study = open_study(_existing(self.options.resnet))
        return self._cases(
            Case(
                layer,
                partial(self._layer, layer),
                rounds=1,
                sides=("topoact", "scikit-learn", "kepler-mapper", "gudhi"),
            )
            for layer in study.layers[: self.cases]
        )

    def growth(self) -> dict[str, Any]:
        rate, rows = product_rate(), []
        for vectors, eps in self._growing():
            rows.append({"eps": eps} | measure_index(vectors, [eps], self.limits))
            print(f"  {rows[-1]}", flush=True)
        return {"product_rate": rate, "rows": rows}

    def ladder(self) -> dict[str, Any]:
        vectors = self._sample(49_000)
        queries = np.random.default_rng(0).choice(len(vectors), min(2_000, len(vectors)), replace=False)
        distances = data.fifth_neighbour_distance(vectors, queries)
        radii = [float(eps) for eps in np.unique(np.quantile(distances, LADDER))]
        return {"rows": [measure_index(vectors, eps, self.limits, restore=True) for eps in (radii[9:10], radii)]}

    def modes(self) -> dict[str, Any]:
        small = measure_modes(self._sample(49_000), ("index", "intervals", "gudhi"), self.limits)
        return {"rows": [small, measure_modes(self._sample(196_000), ("index", "intervals"), self.limits)]}

    def extraction(self) -> dict[str, Any]:
        rows = []
        for run in runs_with_data():
            few = run.smaller // 10
            arguments = [*run.arguments(), "--limit", few] if self.options.quick else run.arguments()
            try:
                rows.append({"name": run.name, **measure(arguments, few // 2 if self.options.quick else run.smaller)})
                print(f"  {rows[-1]}", flush=True)
            except Failed as error:
                print(f"  left out: {run.name}: {error}", flush=True)
        if not rows:
            raise Missing("none of the data of the examples exist: examples/README.md says where they come from")
        return {"rows": rows}

    def _cases(self, cases: Iterable[Case]) -> dict[str, Any]:
        sides = self.options.sides
        chosen = (replace(case, sides=tuple(side for side in case.sides if side in sides)) for case in cases)
        return {"cases": [compare(case, self.limits) for case in chosen]}

    def _sample(self, n_points: int) -> Any:
        vectors = data.layer_of(_existing(self.options.study), self.options.layer)
        return data.sample(vectors, n_points // self.shrink)

    def _layer(self, name: str) -> Any:
        vectors = data.layer_of(self.options.resnet, name)
        return vectors[:: self.shrink].copy()

    def _growing(self) -> Iterator[tuple[Any, float]]:
        for size in SIZES:
            yield self._sample(size), self.options.eps
        if self.options.wide_layer and self.options.study.suffix != ".npy":
            vectors = data.layer_of(self.options.study, self.options.wide_layer)
            yield vectors[:: self.shrink].copy(), self.options.wide_eps


def _existing(path: Path) -> Path:
    if not path.exists():
        raise Missing(f"{path} does not exist: examples/README.md says how to make it")
    return path


PARTS: dict[str, Callable[[Parts], dict[str, Any]]] = {
    "exact": Parts.exact,
    "synthetic": Parts.synthetic,
    "features": Parts.features,
    "large": Parts.large,
    "resnet20": Parts.resnet20,
    "growth": Parts.growth,
    "ladder": Parts.ladder,
    "modes": Parts.modes,
    "extraction": Parts.extraction,
}
