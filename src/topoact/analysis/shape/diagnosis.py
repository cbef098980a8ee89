"""Warnings about graphs that show no structure: `diagnose` returns a sentence for each."""

from typing import Final, Literal, NamedTuple

import numpy as np

from topoact.analysis.shape.skeleton import NOISE, SPLIT, roots
from topoact.mapper import ImportedGraph, MapperGraph

MIN_COVERAGE: Final = 0.6
"""Share of the points in the graph below which there is a warning."""
MAX_NODE_SHARE: Final = 0.5
"""Share of the points in one node above which there is a warning."""
MAX_ISOLATED_SHARE: Final = 0.5
"""Share of nodes without edges above which there is a warning."""

Code = Literal["low_coverage", "one_blob", "bare_path", "little_structure", "fragments", "empty"]


class Finding(NamedTuple):
    """A reason for caution."""

    code: Code
    text: str


def diagnose(graph: MapperGraph, prominence: float = NOISE) -> list[Finding]:
    """Return the reasons for which a graph should not be read as it stands, the gravest first.

    Parameters
    ----------
    graph
        A mapper graph. An imported one has no findings: every remedy is a setting.
    prominence
        At which a graph of modes was cut; above the noise it does not show how much structure there is.
    """
    if isinstance(graph, ImportedGraph):
        return []
    if graph.n_nodes == 0:
        return [Finding("empty", "No node: no point has enough neighbours within ε. Raise ε or lower minPts.")]
    path = _path(graph) if graph.prominence is None else _structure(graph) if prominence <= NOISE else None
    checks = (_coverage(graph), _blob(graph), path, _fragments(graph))
    return [finding for finding in checks if finding is not None]


def _coverage(graph: MapperGraph) -> Finding | None:
    if graph.coverage >= MIN_COVERAGE:
        return None
    text = (
        f"Only {graph.coverage:.0%} of the points are in the graph; {len(graph.uncovered):,} were dropped as noise. "
        "Raise ε or lower minPts."
    )
    return Finding("low_coverage", text)


def _blob(graph: MapperGraph) -> Finding | None:
    share = graph.memberships.sizes.max() / graph.n_points
    if share <= MAX_NODE_SHARE:
        return None
    remedy = f"Use more intervals{_or(graph, 'a smaller ε')}."
    return Finding("one_blob", f"One node holds {share:.0%} of all points. {remedy}")


def _path(graph: MapperGraph) -> Finding | None:
    """Look for one node in every interval, each joined with the next; with much overlap also with those beyond."""
    source, target = graph.links[:2]
    joined = np.count_nonzero(target - source == 1)
    if graph.n_nodes < 2 or joined < graph.n_nodes - 1 or np.bincount(graph.interval).max() > 1:
        return None
    text = "A bare path: one cluster in every interval, so the graph shows the lens and nothing else. Use a smaller ε."
    return Finding("bare_path", text)


def _fragments(graph: MapperGraph) -> Finding | None:
    degrees = np.bincount(np.concatenate(graph.links[:2]), minlength=graph.n_nodes)
    share = (degrees == 0).mean()
    if graph.n_nodes < 3 or share <= MAX_ISOLATED_SHARE:
        return None
    remedy = f"Use more overlap{_or(graph, 'a larger ε')}."
    return Finding("fragments", f"{share:.0%} of the nodes share no point with another. {remedy}")


def _or(graph: MapperGraph, remedy: str) -> str:
    """Return a further remedy where the graph has an ε."""
    return f" or {remedy}" if graph.prominence is None else ""


def _structure(graph: MapperGraph) -> Finding | None:
    """Look for intervals with several modes above the noise."""
    modes = np.bincount(graph.interval[roots(graph)])
    populated, several = np.count_nonzero(modes), np.count_nonzero(modes > 1)
    if populated < 2 or several >= SPLIT * populated:
        return None
    which = f"{several} of {populated} intervals have" if several else "No interval has"
    remedy = "Detail may be chance; more points or another lens may tell more."
    text = f"Little cluster structure: {which} a second mode above the noise. {remedy}"
    return Finding("little_structure", text)
