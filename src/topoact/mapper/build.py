"""The mapper construction (Singh, Mémoli, Carlsson 2007): `build_graph`.

1. Give every vector a number (lens) and cover the range of the lens with overlapping intervals.
2. Cluster the vectors of each interval: every cluster is a node.
3. Join two nodes that share vectors: the nerve.
"""

from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed, effective_n_jobs

from topoact.mapper.checks import check_differing
from topoact.mapper.covers.pullback import pullback
from topoact.mapper.distance_curve import DistanceCurve
from topoact.mapper.graph import MapperGraph
from topoact.mapper.neighbors._threads import usable_cores
from topoact.mapper.nerve import Contacts, Members, Nodes, nerve
from topoact.mapper.protocols import (
    Clusterer,
    Cover,
    CoverClusterer,
    IntervalClusterer,
    Intervals,
    LensValues,
    Progress,
    Rows,
    Vectors,
    no_progress,
)


def build_graph(
    vectors: Vectors,
    lens: LensValues,
    *,
    cover: Cover,
    clusterer: Clusterer,
    seed: int = 0,
    n_jobs: int | None = None,
    progress: Progress,
) -> MapperGraph:
    """Build the mapper graph of `vectors`.

    Parameters
    ----------
    vectors
        Shape (n_points, n_channels), finite.
    lens
        Shape (n_points,), for several lenses (n_points, n_lenses), finite.
    cover, clusterer
        The cover of the lens range, and the clusterer of each interval.
    seed
        Seed of all samples (the queries of an elbow, the starts of k-means).
    n_jobs
        Intervals that are clustered side by side, where the clusterer works interval by interval; as joblib counts.
    progress
        Called for each interval; may raise `topoact.errors.Cancelled`.

    Raises
    ------
    InvalidInput
        If all points are equal, or a parameter does not fit the data.
    """
    check_differing(vectors)
    intervals = cover.intervals(lens)
    progress("measuring distances", 0, 1)
    bound = clusterer.bind(vectors, seed=seed)
    if isinstance(bound, CoverClusterer):
        nodes = bound.nodes(lens, intervals, progress=progress)
    else:
        nodes = cluster_intervals(vectors, lens, intervals, bound, n_jobs=n_jobs, progress=progress)
    progress("joining nodes", 0, 1)
    facts = {name: getattr(bound, name, None) for name in ("eps", "curve", "prominence", "parent", "modes", "contacts")}
    return assemble(lens, intervals, nodes, **facts)


def assemble(
    lens: LensValues,
    intervals: Intervals,
    nodes: Nodes,
    *,
    eps: float | npt.NDArray[np.float64] | None = None,
    curve: DistanceCurve | None = None,
    prominence: npt.NDArray[np.float64] | None = None,
    parent: npt.NDArray[np.int64] | None = None,
    modes: npt.NDArray[np.int64] | None = None,
    contacts: Contacts | None = None,
) -> MapperGraph:
    """Return the graph of nodes, with an edge between each two that share vectors: the third step."""
    return MapperGraph(
        lens=lens,
        intervals=intervals,
        interval=nodes.interval,
        memberships=nodes.members,
        links=nerve(nodes.members, len(lens)),
        means=nodes.means,
        medoids=nodes.medoids,
        eps=eps,
        curve=curve,
        prominence=prominence,
        parent=parent,
        modes=modes,
        contacts=contacts,
    )


def cluster_intervals(
    vectors: Vectors,
    lens: LensValues,
    intervals: Intervals,
    bound: IntervalClusterer,
    *,
    n_jobs: int | None = None,
    progress: Progress,
) -> Nodes:
    """Cluster one interval after the other, or several side by side; empty ones are skipped.

    Memory: 8 bytes for each point of each interval, and what the clusterer takes for `n_jobs` intervals.
    """
    populated = [(number, rows) for number, rows in enumerate(pullback(lens, intervals)) if len(rows)]
    jobs = effective_n_jobs(n_jobs)
    batch = 1 if jobs == 1 else 4 * jobs
    clusters: list[list[Rows]] = []
    with Parallel(n_jobs=n_jobs, prefer="threads") as parallel:
        for start in range(0, len(populated), batch):
            progress("clustering", start, len(populated))
            clusters += parallel(delayed(_clusters)(bound, rows) for _, rows in populated[start : start + batch])
    interval = np.repeat([number for number, _ in populated], [len(some) for some in clusters])
    members = ragged(list(chain.from_iterable(clusters)))
    return Nodes(interval.astype(np.int64), members, *centres(vectors, members, progress=progress))


def _clusters(bound: IntervalClusterer, rows: Rows) -> list[Rows]:
    """Return the rows of each cluster in an interval, in order of label."""
    labels = bound.labels(rows)
    order = np.argsort(labels, kind="stable")[np.count_nonzero(labels < 0) :]
    ordered = labels[order]
    ends = np.flatnonzero(np.diff(ordered, prepend=-1, append=-1))  # where one label gives way to the next
    return [rows[order[start:stop]] for start, stop in pairwise(ends)]


def ragged(clusters: list[Rows]) -> Members:
    """Return lists of rows in CSR form."""
    indptr = np.zeros(len(clusters) + 1, dtype=np.int64)
    np.cumsum([len(rows) for rows in clusters], out=indptr[1:])
    indices = np.concatenate(clusters) if clusters else np.empty(0, dtype=np.int64)
    return Members(indptr, indices)


def centres(
    vectors: Vectors, members: Members, *, progress: Progress = no_progress
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return the mean vector of each node and its medoid, the point nearest to the mean."""
    from topoact.mapper.neighbors._nodes import Gatherer

    return Gatherer(vectors, np.arange(len(vectors)), usable_cores()).centres(members, progress)
