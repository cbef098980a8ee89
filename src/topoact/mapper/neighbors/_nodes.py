"""Nodes of a cover: `Gatherer` clusters each interval by DBSCAN and finds members, mean vectors and medoids."""

from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from topoact.mapper.neighbors._kernels.bitplanes import Adjacency
from topoact.mapper.neighbors._kernels.dbscan import cluster_range
from topoact.mapper.neighbors._kernels.gather import dense_centre, gather_members, sparse_centre
from topoact.mapper.neighbors._kernels.tiles import Nonzeros, find_nonzeros
from topoact.mapper.neighbors._layout import Indices
from topoact.mapper.neighbors._threads import side_by_side
from topoact.mapper.neighbors.memory import is_sparse
from topoact.mapper.nerve import Members
from topoact.mapper.protocols import Progress, Rows, Vectors, no_progress

PIECES_PER_JOB: Final = 16
"""Pieces of the nodes that each thread averages, so that none waits long for another, nor to be cancelled."""


class Gatherer:
    """Makes the nodes of any cover; keeps the lens order of the points, and the nonzeros of sparse vectors."""

    def __init__(self, vectors: Vectors, order: Rows, n_jobs: int) -> None:
        self.vectors, self.order, self.n_jobs = vectors, order, n_jobs
        self.position = np.empty_like(order)
        self.position[order] = np.arange(len(order))

    @cached_property
    def nonzeros(self) -> Nonzeros | None:
        """Nonzeros of sparse float32 data, extracted when the first node is averaged. Memory: 6 bytes each."""
        if self.vectors.dtype != np.float32 or not is_sparse(self.vectors):
            return None
        return find_nonzeros(self.vectors, self.order, n_jobs=self.n_jobs, progress=no_progress)

    def clusters(
        self, starts: Indices, stops: Indices, min_samples: int, adjacency: Adjacency, progress: Progress
    ) -> tuple[Members, npt.NDArray[np.int64]]:
        """Return the members of each node, and the number of nodes in each range of sorted points."""
        begins = np.concatenate([[0], np.cumsum(stops - starts)])
        labels = np.empty(begins[-1], dtype=np.int32)
        counts = np.zeros(len(starts), dtype=np.int64)

        def cluster(number: int) -> None:
            own = labels[begins[number] : begins[number + 1]]
            counts[number] = cluster_range(starts[number], stops[number], min_samples, self.order, adjacency, own)

        side_by_side(cluster, range(len(starts)), n_jobs=self.n_jobs, stage="clustering", progress=progress)
        first_node = np.concatenate([[0], np.cumsum(counts)])
        return Members(*gather_members(self.position, starts, stops, begins, labels, first_node)), counts

    def centres(self, members: Members, progress: Progress) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Return the mean vector and the medoid of each node."""
        n_nodes, n_channels = len(members.indptr) - 1, self.vectors.shape[1]
        means = np.empty((n_nodes, n_channels), dtype=np.float32)
        medoids = np.empty(n_nodes, dtype=np.int64)
        nonzeros = self.nonzeros

        def centre_some(nodes: npt.NDArray[np.int64]) -> None:
            for node in nodes:
                rows, mean = members.indices[members.indptr[node] : members.indptr[node + 1]], np.empty(n_channels)
                if nonzeros is None:
                    medoids[node] = dense_centre(self.vectors, rows, mean)
                else:
                    medoids[node] = sparse_centre(*nonzeros, self.position, rows, mean)
                means[node] = mean

        pieces = _pieces(members.sizes, PIECES_PER_JOB * self.n_jobs)
        side_by_side(centre_some, pieces, n_jobs=self.n_jobs, stage="averaging nodes", progress=progress)
        return means, medoids


def _pieces(sizes: npt.NDArray[np.int64], n_pieces: int) -> list[npt.NDArray[np.int64]]:
    """Return the nodes, largest first, in about as many pieces of equally many points, unless a node has more."""
    order = np.argsort(-sizes, kind="stable")
    before = np.cumsum(sizes[order]) - sizes[order]
    piece = before * n_pieces // max(int(sizes.sum()), 1)
    return np.split(order, np.flatnonzero(np.diff(piece)) + 1) if len(order) else []
