"""Information of nodes about classes against scikit-learn's mutual information, interval by interval."""

import math

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from topoact import DBSCAN, Mapper, Modes
from topoact.analysis.labels.information import information
from topoact.errors import InvalidInput


def groups(n_points=600):
    """Three groups side by side along the first axis; the lens is the second."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, n_points)
    return rng.normal(size=(n_points, 2)) + np.stack([12.0 * codes, np.zeros(n_points)], axis=1), codes


def graph_of(cloud, clusterer):
    return Mapper(lens=cloud[:, 1], n_intervals=5, overlap=0.3, clusterer=clusterer).fit(cloud).graph_


def by_the_book(graph, codes):
    total, held = 0.0, 0
    for interval, (low, high) in enumerate(zip(*graph.intervals, strict=True)):
        inside = np.flatnonzero((graph.lens >= low) & (graph.lens <= high) & (codes >= 0))
        node = {row: one for one in np.flatnonzero(graph.interval == interval) for row in graph.members(one).tolist()}
        covered = [row for row in inside.tolist() if row in node]
        held += len(inside)
        total += len(covered) * mutual_info_score([node[row] for row in covered], codes[covered]) if covered else 0
    return total / held


@pytest.mark.parametrize("clusterer", [DBSCAN(eps=0.35), Modes(k=10, prominence=0.1)], ids=["DBSCAN", "Modes"])
def test_mutual_information_within_intervals(clusterer):
    cloud, codes = groups()
    codes[::7] = -1
    graph = graph_of(cloud, clusterer)
    assert information(graph, codes, 3, shuffles=0) == pytest.approx(by_the_book(graph, codes))


def test_nodes_that_are_the_classes_tell_all():
    cloud, codes = groups()
    graph = graph_of(cloud, Modes(k=20))
    assert information(graph, codes, 3) == pytest.approx(math.log(3), abs=0.1)


def test_nodes_that_have_nothing_to_do_with_classes_tell_nothing():
    cloud, codes = groups()
    graph = graph_of(cloud, Modes(k=5, prominence=0))
    shuffled = np.random.default_rng(1).permutation(codes)
    assert information(graph, shuffled, 3, shuffles=0) > 0.04
    assert abs(information(graph, shuffled, 3, shuffles=20)) < 0.02


def test_the_same_seed_gives_the_same_number():
    cloud, codes = groups()
    graph = graph_of(cloud, Modes(k=5, prominence=0))
    numbers = [information(graph, codes, 3, seed=seed) for seed in (1, 1, 2)]
    assert numbers[0] == numbers[1] != numbers[2]


def test_no_known_class_and_no_node():
    cloud, codes = groups()
    graph = graph_of(cloud, DBSCAN(eps=1e-6))
    assert math.isnan(information(graph, np.full(600, -1), 3))
    assert graph.n_nodes == 0
    assert information(graph, codes, 3) == 0


def test_codes_of_another_layer():
    cloud, codes = groups()
    with pytest.raises(InvalidInput, match="599 points have a class and the graph has 600"):
        information(graph_of(cloud, Modes(k=5)), codes[1:], 3)
