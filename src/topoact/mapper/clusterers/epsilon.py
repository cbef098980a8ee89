"""Choice of DBSCAN's ε: `parse_rule` reads a number or a rule, `distance_curve` measures what a rule is applied to.

A rule reads ε from the sorted distances to the k-th neighbour: at the knee of that curve (Ester et al. 1996, section
4.2; *adaptive* ε of Rathore et al. 2021), or at a quantile.
"""

import re
from dataclasses import dataclass
from numbers import Real
from typing import Final

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.distance_curve import DistanceCurve
from topoact.mapper.neighbors.metrics import Metric
from topoact.mapper.neighbors.nearest import k_nearest
from topoact.mapper.protocols import Progress, Vectors, no_progress

MAX_QUERIES: Final = 2_000
INTERVAL_QUERIES: Final = 500
"""Queries within one interval: they put its elbow within a few percent, at a fourth of the time."""
COSINE_ROUNDING: Final = 1e-12
"""Below this, cosine distances may be those of vectors of one direction."""
INTERVAL: Final = ":interval"
ACCEPTED: Final = "a positive number, 'elbow' or 'quantile:q' with q in (0, 1], the last two also with ':interval'"


@dataclass(frozen=True, slots=True)
class Rule:
    """How ε is chosen; `str` gives the text that `parse_rule` reads."""

    radius: float | None = None
    """ε itself."""
    share: float | None = None
    """The quantile of the distance curve; where both are None, ε is at its elbow."""
    per_interval: bool = False
    """Whether each interval has its own curve, and so its own ε."""

    def __str__(self) -> str:
        if self.radius is not None:
            return f"{self.radius:g}" if float(f"{self.radius:g}") == self.radius else repr(self.radius)
        name = "elbow" if self.share is None else f"quantile:{self.share!r}"
        return name + INTERVAL * self.per_interval

    def read(self, curve: DistanceCurve, metric: Metric = "euclidean") -> float:
        """Return the ε that the rule reads from a curve; 0 where the k-th neighbours are duplicates."""
        if self.radius is not None:
            return self.radius
        eps = curve.elbow if self.share is None else curve.quantile(self.share)
        return within_range(eps, metric)


def within_range(eps: float, metric: Metric) -> float:
    """Return ε, or the largest distance of the metric where that is smaller."""
    return min(eps, 2.0) if metric == "cosine" else eps


def parse_rule(rule: float | str) -> Rule:
    """Return the rule for ε that a number or a text stands for.

    Parameters
    ----------
    rule
        A number, as text or not; ``"elbow"``, the knee of the sorted distance to the k-th neighbour; or
        ``"quantile:0.8"``, the distance within which four fifths of the points have their k-th neighbour. With
        ``":interval"`` behind it, each interval's points have a curve, and an ε, of their own.

    Raises
    ------
    InvalidInput
        If it is none, with the rules that exist.

    Examples
    --------
    >>> parse_rule("quantile:0.8:interval")
    Rule(radius=None, share=0.8, per_interval=True)
    """
    if isinstance(rule, str):
        text = rule.removesuffix(INTERVAL)
        if text == "elbow":
            return Rule(per_interval=text != rule)
        number, quantile = _number(rule), re.fullmatch(r"quantile:(.+)", text)
        if quantile and 0 < _number(quantile[1]) <= 1:
            return Rule(share=_number(quantile[1]), per_interval=text != rule)
    else:
        number = float(rule) if isinstance(rule, Real) and not isinstance(rule, bool) else np.nan
    if not 0 < number < np.inf:
        raise InvalidInput(f"eps must be {ACCEPTED}: got {rule!r}")
    return Rule(radius=number)


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"[0-9]*\.?[0-9]+(e[+-]?[0-9]+)?", text) else np.nan


def distance_curve(
    vectors: Vectors,
    k: int,
    *,
    seed: int,
    metric: Metric = "euclidean",
    n_queries: int = MAX_QUERIES,
    progress: Progress = no_progress,
) -> DistanceCurve:
    """Measure the k-NN distance curve on a seeded sample of points.

    Neighbours are searched among all points, a point is not its own neighbour, and distances are exact (`k_nearest`).

    Parameters
    ----------
    vectors
        Shape (n_points, n_channels).
    k
        Which neighbour, from 1.
    seed
        Seed of the sample of queries.
    metric
        ``"euclidean"`` or ``"cosine"``.
    n_queries
        Points in the sample, at most.
    progress
        Called with (stage, done, total); may raise `topoact.errors.Cancelled`.

    Raises
    ------
    InvalidInput
        If there are not more than k points.
    """
    curves = distance_curves(vectors, k, seed=seed, metric=metric, n_queries=n_queries, progress=progress)
    return curves[-1]


def distance_curves(
    vectors: Vectors,
    k: int,
    *,
    seed: int,
    metric: Metric = "euclidean",
    n_queries: int = MAX_QUERIES,
    progress: Progress = no_progress,
) -> tuple[DistanceCurve, ...]:
    """Measure the curves of the first to the k-th neighbour in one search; otherwise as `distance_curve`."""
    n_points = len(vectors)
    if n_points <= k:
        raise InvalidInput(f"the distance to the {k}-th neighbour needs more than {k} points: got {n_points}")
    queries = _sample(n_points, n_queries, seed)
    distances = k_nearest(vectors, k, metric=metric, queries=queries, progress=progress).distances
    if metric == "cosine":
        distances[distances < COSINE_ROUNDING] = 0
    return tuple(DistanceCurve(number, curve) for number, curve in enumerate(np.sort(distances.T), start=1))


def _sample(n_points: int, n_queries: int, seed: int) -> npt.NDArray[np.int64]:
    if n_points <= n_queries:
        return np.arange(n_points)
    return np.sort(np.random.default_rng(seed).choice(n_points, n_queries, replace=False))
