"""The same nodes and edges as KeplerMapper with scikit-learn's DBSCAN, exactly."""

from collections import Counter

import kmapper
import numpy as np
import pytest
from sklearn.cluster import DBSCAN as SklearnDBSCAN

from topoact.mapper import DBSCAN, Mapper, distance_curve

COVERS = [(5, 0.2), (23, 0.3), (15, 0.5)]


def nodes_of(graph):
    return Counter(frozenset(graph.members(node).tolist()) for node in range(graph.n_nodes))


def edges_of(graph):
    ends = [frozenset(graph.members(node).tolist()) for node in range(graph.n_nodes)]
    pairs = zip(graph.links.source, graph.links.target, strict=True)
    return Counter(frozenset({ends[source], ends[target]}) for source, target in pairs)


def each(value):
    return list(value) if isinstance(value, tuple) else value


def kepler(cloud, lens, n_intervals, overlap, eps, min_samples):
    found = kmapper.KeplerMapper(verbose=0).map(
        lens.reshape(len(lens), -1),
        cloud,
        cover=kmapper.Cover(n_cubes=each(n_intervals), perc_overlap=each(overlap)),
        clusterer=SklearnDBSCAN(eps=eps, min_samples=min_samples),
    )
    ends = {name: frozenset(int(row) for row in rows) for name, rows in found["nodes"].items()}
    pairs = [(source, target) for source, targets in found["links"].items() for target in targets]
    return Counter(ends.values()), Counter(frozenset({ends[source], ends[target]}) for source, target in pairs)


def assert_same(graph, cloud, lens, n_intervals, overlap, eps, min_samples):
    nodes, edges = kepler(cloud, lens, n_intervals, overlap, eps, min_samples)
    assert nodes_of(graph) == nodes
    assert edges_of(graph) == edges


@pytest.mark.parametrize("min_samples", [2, 5, 8])
@pytest.mark.parametrize(("n_intervals", "overlap"), COVERS)
def test_elbow(cloud, n_intervals, overlap, min_samples):
    clusterer = DBSCAN(min_samples=min_samples)
    graph = Mapper(n_intervals=n_intervals, overlap=overlap, clusterer=clusterer).fit(cloud).graph_
    assert graph.n_nodes > 0
    assert_same(graph, cloud, graph.lens, n_intervals, overlap, graph.eps, min_samples)


@pytest.mark.parametrize(("lens", "quantile"), [("l1", 0.9), ("pca:0", 0.3)])
@pytest.mark.parametrize(("n_intervals", "overlap"), [(8, 0.2), (12, 0.3), (6, 0.5)])
def test_given_radius(cloud, lens, n_intervals, overlap, quantile):
    distances = distance_curve(cloud, 5, seed=0).distances
    eps = float(np.quantile(distances[distances > 0], quantile))
    mapper = Mapper(lens=lens, n_intervals=n_intervals, overlap=overlap, clusterer=DBSCAN(eps=eps))
    graph = mapper.fit(cloud).graph_
    assert graph.n_nodes > 1
    assert_same(graph, cloud, graph.lens, n_intervals, overlap, eps, 5)
