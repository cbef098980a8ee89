"""`named`: components, loops and arms are named by the classes that tell them from the rest, or by their lens."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import inf
from typing import Any, Final
from unicodedata import bidirectional, combining

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from topoact.analysis.labels.classes import class_counts
from topoact.analysis.shape.report import Feature, ShapeReport
from topoact.mapper import MapperGraph

Floats = npt.NDArray[np.float64]

MIN_LIFT: Final = 1.5
"""How many times as large as in the whole graph the share of a class is."""
LEVEL: Final = 0.01
"""Probability that chance names any node or set at all: that of a class in a node is a share of it."""
MAJORITY: Final = 0.5
"""Share of a set that the classes of its name hold together, if so few do."""
MAX_CLASSES: Final = 3
"""Classes that name a set."""
MAX_STOPS: Final = 6
"""Classes along a rim."""
MAX_LETTERS: Final = 40
"""Letters of a class."""
EMPTY: Final = "‹empty›"


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """A column of classes of the points.

    Examples
    --------
    >>> import numpy as np
    >>> from topoact.analysis.shape.naming import Classes
    >>> Classes(np.array([0, 1, -1]), ["cat", "dog"]).names
    ['cat', 'dog']
    """

    codes: npt.NDArray[np.integer[Any]]
    """Class of each point, shape (n_points,), from 0; −1 where it is not known."""
    names: Sequence[str]
    """Name of each class."""
    independent: float = 1.0
    """Independent observations a point: below 1 where an example has several."""


def named(report: ShapeReport, graph: MapperGraph, classes: Classes | None = None) -> ShapeReport:
    """Return a report whose features and arms have names.

    A loop is named by the classes around its rim, in order, a branch by its arms. These, and components, are named by
    up to three classes that together are half of their points, or as near to that as three come. A class counts where
    it is 1.5 times as frequent as in the whole graph and a binomial test, corrected for all nodes and classes, finds
    that this is not chance. Where none is, the range of the lens is the name.

    Parameters
    ----------
    report
        Features of `graph`.
    graph
        A mapper graph.
    classes
        The column whose values are the names; none by default.

    Returns
    -------
    ShapeReport
        The report with `Feature.name` and `Feature.arm_names`.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> from topoact.analysis.shape.naming import Classes, named
    >>> from topoact.analysis.shape.topology import shape_report
    >>> angle = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    >>> ring = np.c_[np.cos(angle), np.sin(angle)] + np.random.default_rng(0).normal(0, 0.02, (3000, 2))
    >>> graph = topoact.Mapper(lens=ring[:, 0], n_intervals=8, clusterer=topoact.Modes(15, 1.0)).fit(ring).graph_
    >>> found = named(shape_report(graph), graph, Classes((angle > np.pi).astype(int), ["upper", "lower"]))
    >>> [feature.name for feature in found.features if feature.kind == "loop"]
    ['upper – lower']
    """
    namer = _Namer(graph, classes)

    def name(feature: Feature) -> Feature:
        arms = namer.apart(feature.arms if feature.paths else ())
        own = namer.around(feature.rim) if feature.rim else namer.of(feature.nodes)
        return replace(feature, name=" / ".join(arms) or own, arm_names=arms)

    return replace(report, features=tuple(map(name, report.features)))


class _Namer:
    def __init__(self, graph: MapperGraph, classes: Classes | None) -> None:
        self._lens = _lens_ranges(graph)
        self._sizes = graph.memberships.sizes
        self._names: list[str] = []
        if classes is None or len(classes.codes) != graph.n_points or not len(classes.names):
            return
        self._names = [shown(name) for name in classes.names]
        self._counts = class_counts(graph, classes.codes, len(self._names))
        known = np.bincount(classes.codes[classes.codes >= 0], minlength=len(self._names))
        self._usual = known / max(1, known.sum())
        self._independent = classes.independent

    def of(self, nodes: Sequence[int]) -> str:
        """Return the name of a set of nodes."""
        return self._by_class(self._telling(nodes)) or self._by_lens(nodes)

    def around(self, rim: Sequence[int]) -> str:
        """Return the classes around a rim, those of neighbours of one class once."""
        tops = [(next(iter(self._telling([node])), -1), int(self._sizes[node])) for node in rim]
        runs = [
            (code, sum(size for _, size in run))
            for code, run in groupby([top for top in tops if top[0] >= 0], key=lambda top: top[0])
        ]
        if len(runs) > 1 and runs[0][0] == runs[-1][0]:
            runs[0] = runs[0][0], runs[0][1] + runs.pop()[1]
        least = sorted((size for _, size in runs), reverse=True)[:MAX_STOPS][-1:]
        stops = [code for code, _ in groupby(code for code, size in runs if size >= least[0])] if least else []
        more = " – …" if len(runs) > len(stops) else ""
        return " – ".join(self._names[code] for code in stops) + more if stops else self._by_lens(rim)

    def apart(self, arms: Sequence[Sequence[int]]) -> tuple[str, ...]:
        """Return names of arms; of arms of the same classes each with its range of the lens."""
        names = [self.of(arm) for arm in arms]
        return tuple(
            name if names.count(name) == 1 else f"{name}, {self._by_lens(arm)}"
            for name, arm in zip(names, arms, strict=True)
        )

    def _telling(self, nodes: Sequence[int]) -> list[int]:
        """Return the classes that tell nodes from the rest, the most frequent first."""
        if not self._names:
            return []
        counts = np.asarray(self._counts[list(nodes)].sum(axis=0), dtype=np.float64).ravel()
        total = counts.sum()
        if not total:
            return []
        share, usual = counts / total, self._usual
        more = np.flatnonzero((counts > 0) & (share >= MIN_LIFT * usual))
        n = total * self._independent
        chance = betainc(share[more] * n, (1 - share[more]) * n + 1, usual[more])
        telling = more[chance * self._counts.shape[0] * len(self._names) <= LEVEL]
        order: list[int] = telling[np.argsort(-share[telling], kind="stable")].tolist()
        enough = int(np.searchsorted(np.cumsum(share[order]), MAJORITY)) + 1
        return order[:enough]

    def _by_class(self, codes: Sequence[int]) -> str:
        more = ", …" if len(codes) > MAX_CLASSES else ""
        return ", ".join(self._names[code] for code in codes[:MAX_CLASSES]) + more

    def _by_lens(self, nodes: Sequence[int]) -> str:
        low, high = (values[list(nodes)] for values in self._lens)
        if not len(low) or not np.isfinite([low.min(), high.max()]).all():
            return f"{len(nodes)} nodes" if len(nodes) != 1 else "1 node"
        return f"lens {number_text(low.min())} to {number_text(high.max())}".replace("-", "−")


def number_text(value: float) -> str:
    """Return a number to three digits, as a scale shows it."""
    if not np.isfinite(value):
        return "–"
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if 1000 <= abs(rounded) < 1e6 else f"{rounded:g}"


def _lens_ranges(graph: MapperGraph) -> tuple[Floats, Floats]:
    """Return the least and the largest value of the lens in each node; of several lenses those of the first."""
    lens = graph.lens if graph.lens.ndim == 1 else graph.lens[:, 0]
    starts, sizes = graph.memberships.indptr[:-1], graph.memberships.sizes
    if not len(starts) or not sizes.all():
        return np.full(len(starts), inf), np.full(len(starts), inf)
    values = lens[graph.memberships.indices]
    return np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)


def shown(name: str) -> str:
    """Return a class as it can stand in a line with others: short, not empty, and in its own direction of writing."""
    text = " ".join(str(name).split()) or EMPTY
    if len(text) > MAX_LETTERS:
        text = _without_torn_end(text[:MAX_LETTERS], text[MAX_LETTERS]) + "…"
    return f"\u2068{text}\u2069" if _is_right_to_left(text) else text


def _without_torn_end(start: str, following: str) -> str:
    """Return the start of a text without a last letter whose marks, or whose other half, were cut off."""
    while start and (combining(following) or following in JOINERS or start[-1] in JOINERS):
        start, following = start[:-1], start[-1]
    return start.rstrip()


JOINERS: Final = frozenset("\u200d\ufe0f\u20e3") | {chr(code) for code in range(0x1F3FB, 0x1F400)}
"""What joins itself to the sign before it, or the signs around it to one."""


def _is_right_to_left(text: Iterable[str]) -> bool:
    return any(bidirectional(letter) in {"R", "AL", "RLE", "RLO", "RLI"} for letter in text)
