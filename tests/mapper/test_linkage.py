"""Single linkage against SciPy's dendrogram, cut by the book."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from topoact import DBSCAN, Mapper, SingleLinkage
from topoact.errors import InvalidInput
from topoact.mapper.clusterers._spanning import spanning_tree
from topoact.mapper.clusterers.linkage import first_gap
from topoact.testing.strategies import STEADY, clouds

CLOUD = np.random.default_rng(0).normal(size=(120, 3))


def members_of(graph):
    return [graph.members(node).tolist() for node in range(graph.n_nodes)]


def by_the_book(cloud, n_bins):
    """Count the lengths in each bin one by one; join what is joined by steps before the first bin that is empty."""
    if len(cloud) == 1:
        return [[0]]
    tree, diameter = linkage(cloud, "single"), pdist(cloud).max()
    lengths = [*tree[:, 2].tolist(), diameter]
    low, width = min(lengths), (diameter - min(lengths)) / n_bins
    if width == 0:
        return [list(range(len(cloud)))]
    bins = {min(int((length - low) / width), n_bins - 1) for length in lengths}
    gap = next((number for number in range(n_bins) if number not in bins), None)
    cut = diameter if gap is None else low + gap * width
    labels = fcluster(tree, cut, "distance")
    return [np.flatnonzero(labels == label).tolist() for label in dict.fromkeys(labels.tolist())]


@STEADY
@given(clouds(max_points=60))
def test_the_tree_is_a_shortest_one(cloud):
    parent, child, height, diameter = spanning_tree(cloud)
    np.testing.assert_allclose(np.sort(height), linkage(cloud, "single")[:, 2])
    np.testing.assert_allclose(diameter, pdist(cloud).max())
    np.testing.assert_allclose(height, np.linalg.norm(cloud[parent] - cloud[child], axis=1))
    assert sorted(child.tolist()) == list(range(1, len(cloud)))


@pytest.mark.parametrize("n_bins", [1, 3, 10, 40])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_first_gap(n_bins, dtype):
    rng = np.random.default_rng(n_bins)
    for n_points in (2, 3, 10, 80):
        centres = rng.normal(size=(3, 4)) * 8
        cloud = (centres[rng.integers(0, 3, n_points)] + rng.normal(size=(n_points, 4))).astype(dtype)
        graph = Mapper(n_intervals=1, clusterer=SingleLinkage(n_bins=n_bins)).fit(cloud).graph_
        assert members_of(graph) == by_the_book(cloud.astype(np.float64), n_bins)
        assert graph.eps is None


def test_gaps():
    assert first_gap(np.array([1.0, 1.1, 1.2, 5.0]), 11.0, 10) == 2.0
    assert first_gap(np.array([1.0, 2.0, 3.0]), 4.0, 3) == np.inf
    assert first_gap(np.array([2.0, 2.0]), 2.0, 10) == np.inf
    assert first_gap(np.empty(0), 0.0, 10) == np.inf


@STEADY
@given(clouds(), st.sampled_from([0.5, 1.0, 2.0]), st.integers(1, 6))
def test_a_number_is_dbscan_with_one_sample(cloud, cut, n_intervals):
    lens = np.arange(len(cloud))
    graphs = [
        Mapper(lens=lens, n_intervals=n_intervals, clusterer=clusterer).fit(cloud).graph_
        for clusterer in (SingleLinkage(cut), DBSCAN(cut, min_samples=1))
    ]
    assert members_of(graphs[0]) == members_of(graphs[1])
    assert graphs[0].eps == cut
    assert graphs[0].coverage == 1


def test_every_point_is_in_a_cluster_also_alone():
    lens = np.r_[np.zeros(60), np.ones(59), 10]
    graph = Mapper(lens=lens, n_intervals=5, overlap=0.1, clusterer=SingleLinkage()).fit(CLOUD).graph_
    assert graph.coverage == 1
    assert [119] in members_of(graph)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cut": 0}, "cut must be a positive number or 'first-gap': got 0"),
        ({"cut": float("inf")}, "cut must be a positive number or 'first-gap': got inf"),
        ({"cut": "gap"}, "cut must be a positive number or 'first-gap': got 'gap'"),
        ({"n_bins": 0}, "n_bins must be a whole number, at least 1: got 0"),
    ],
)
def test_refused(options, words):
    with pytest.raises(InvalidInput) as caught:
        Mapper(clusterer=SingleLinkage(**options)).fit(CLOUD)
    assert str(caught.value) == words
