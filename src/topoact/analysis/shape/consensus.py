"""`consensus`: what a panel of graphs of one layer agrees on, wherever the cover is cut, and what its points show."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from topoact.analysis.shape.evidence import counts_of, signal_of, significant
from topoact.analysis.shape.report import PLURAL, SKELETON, Count, Kind, ShapeReport
from topoact.analysis.shape.topology import shape_report
from topoact.mapper import Intervals, Lens, MapperGraph, Progress, lens_values, mode_tree, no_progress
from topoact.mapper.build import assemble
from topoact.mapper.checks import check_differing, check_whole, checked_vectors
from topoact.mapper.clusterers.modes import nodes_of
from topoact.mapper.covers.even import UniformCover
from topoact.mapper.covers.pullback import pullback
from topoact.mapper.protocols import LensValues, Vectors

__all__ = ["consensus", "significant"]

PANEL: Final = ((1.0, 0.0, 1), (1.0, 0.5, 1), (0.8, 0.25, 1), (0.64, 0.5, 1), (0.64, 0.0, 1))
"""Its members: number of intervals as a share of `n_intervals`, shift of the cuts in intervals, multiple of k."""
MIN_AGREEING: Final = 3
"""Members that must agree on a count."""


def consensus(
    vectors: npt.ArrayLike,
    lens: str | Lens | npt.ArrayLike = "l2",
    *,
    n_intervals: int = 25,
    overlap: float = 0.35,
    k: int = 15,
    seed: int = 0,
    progress: Progress = no_progress,
) -> ShapeReport:
    """Count components and loops that a panel of five graphs agrees on, and branches that the points show.

    The graphs differ in the number of intervals (all, 80 and 64 %), in where the cuts fall, and in k. They are made of
    the principal components that stand out from noise (Marchenko, Pastur 1967; the level of the noise is read from the
    median of the spectrum, as Gavish and Donoho 2014 do): in many channels the distances are those of the noise. A
    passage of no more than k points, the lesser part of what one of its ends shares with the other's interval, is not
    walked: it may be the tip of an arm, too small to be a mode of its own.

    Loops are counted a second time by persistent homology of the points. It is followed where the graphs do not agree,
    unless three show more than it does, of which it may have missed some, and contradicts them where it has more.
    Branches are the places among the points at which three arms or more
    meet, whatever the lens; they are never 0 (`arms`).

    Parameters
    ----------
    vectors
        Shape (n_points, n_channels), finite.
    lens
        One lens, as for `Mapper`; of the vectors as they are.
    n_intervals, overlap
        Of the finest cover.
    k
        As for `Modes`.
    seed
        Seed of the sample that the principal axes are found from.
    progress
        Called as ``progress(stage, done, total)`` for each graph; may raise `Cancelled`.

    Returns
    -------
    ShapeReport
        Of counts alone: features are those of a graph (`shape_report`). A count is given where at least three of the
        five graphs have it, and no count where nothing stands out from noise or an interval holds few points.

    Raises
    ------
    InvalidInput
        If all points are equal, there is more than one lens, or a parameter is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from topoact.analysis.shape.consensus import consensus
    >>> rng = np.random.default_rng(0)
    >>> line = np.linspace(0, 30, 3000)[:, None] * np.eye(1, 8) + rng.normal(0, 0.3, (3000, 8))
    >>> consensus(line, "pca:0").verdict
    '1 component; 0 loops; branches: none seen; arms shorter than 3.07 (302 points) would be missed'
    """
    check_whole("k", k, 2)
    points = checked_vectors(vectors)
    check_differing(points)
    values = lens_values(lens, points)
    UniformCover(n_intervals, overlap).intervals(values)
    if len(points) < n_intervals * 2 * (k + 1):
        return _no_counts(f"{len(points):,} points are fewer than {2 * (k + 1)} for each of {n_intervals} intervals")
    signal = signal_of(points, seed)
    if not signal.points.shape[1]:
        return _no_counts("no principal component stands out from noise")
    reports = []
    for number, (share, shift, multiple) in enumerate(PANEL):
        progress("comparing covers", number, len(PANEL))
        intervals = _shifted(values, max(2, round(share * n_intervals)), overlap, shift)
        reports.append(shape_report(_graph(signal.points, values, intervals, multiple * k)))
    of_points = counts_of(signal, seed)
    return ShapeReport(
        components=_agreed("component", [one.components for one in reports]),
        loops=_confirmed([one.loops for one in reports], of_points.loops),
        branches=of_points.branches,
        persistence=of_points.loops,
        features=(),
    )


def _shifted(lens: LensValues, n_intervals: int, overlap: float, shift: float) -> Intervals:
    """Return a uniform cover whose cuts lie a share of an interval lower, with one interval more at the top."""
    low, step = lens.min(), np.ptp(lens) / n_intervals
    centres = low + (np.arange(n_intervals + (shift > 0)) + 0.5 - shift) * step
    lower, upper = centres - step / (1 - overlap) / 2, centres + step / (1 - overlap) / 2
    lower[0], upper[-1] = min(lower[0], low), max(upper[-1], lens.max())
    return Intervals(lower, upper)


def _graph(vectors: Vectors, lens: LensValues, intervals: Intervals, k: int) -> MapperGraph:
    tree = mode_tree(vectors, pullback(lens, intervals), k)
    nodes = nodes_of(tree, vectors, SKELETON)
    return without_tips(assemble(lens, intervals, nodes, **tree.facts(SKELETON)), k)


def without_tips(graph: MapperGraph, k: int) -> MapperGraph:
    """Return a graph without the passages that may be tips of arms.

    Fewer points than k + 1 in an interval are no mode of their own, however far they are from all others. So the tip of
    an arm joins a node that it does not belong to, and that node seems to be connected with the arm.
    """
    links, interval = graph.links, graph.interval
    ends = np.concatenate([links.source, links.target]), np.concatenate([links.target, links.source])
    passages, number = np.unique(np.stack([ends[0], interval[ends[1]]], axis=1), axis=0, return_inverse=True)
    total = np.bincount(number.ravel(), np.tile(links.shared, 2), len(passages))[number.ravel()]
    larger = total.reshape(2, -1).max(axis=0)
    return graph.with_links(links.of((links.shared > k) | (2 * links.shared >= larger)))


def _agreed(kind: Kind, counts: Sequence[Count]) -> Count:
    votes = Counter(one.value for one in counts)
    for value, times in votes.items():
        if value is not None and times >= MIN_AGREEING:
            return Count(value, value, value)
    shown = [f"{times} show {value}" for value, times in sorted((v, t) for v, t in votes.items() if v is not None)]
    doubtful = [f"{votes[None]} are in doubt themselves"] if None in votes else []
    reason = f"no {MIN_AGREEING} of {len(counts)} graphs agree on {PLURAL[kind]}: {', '.join(shown + doubtful)}"
    return Count(None, min(one.least for one in counts), min(one.seen for one in counts), reason)


def _confirmed(counts: Sequence[Count], persistence: Count) -> Count:
    """Return the loops that covers agree on unless persistence shows more; where they do not agree, what it shows.

    What it shows is no more than a least number where most graphs show more.
    """
    loops = _agreed("loop", counts)
    if loops.value is None:
        if persistence.value is None or persistence.value < loops.least:
            return loops
        if sum(one.seen > persistence.value for one in counts) < MIN_AGREEING:
            return persistence
        reason = f"{loops.reason}; persistence of the points shows {persistence.value} or more"
        return Count(None, persistence.value, max(loops.seen, persistence.seen), reason)
    if persistence.least <= loops.value:
        return loops
    reason = f"five other covers agree on {loops.value}, persistence of the points shows {persistence.least} or more"
    return Count(None, loops.value, persistence.seen, reason)


def _no_counts(reason: str) -> ShapeReport:
    count = Count(None, 0, 0, reason)
    return ShapeReport(count, count, count, (), count)
