"""Labels by lift: what is planted is found, and shuffled classes have none."""

import numpy as np
import pytest
from graphs import graph_of
from hypothesis import given, settings
from hypothesis import strategies as st

from topoact import Mapper, Modes
from topoact.analysis.labels.lift import (
    ALPHA,
    MAX_FEW,
    MIN_LIFT,
    MIN_PURITY,
    _found,
    _log_bounds,
    _weights,
    node_labels,
)
from topoact.errors import InvalidInput
from topoact.testing.strategies import STEADY

SEEDS = range(12)


@pytest.fixture(scope="module")
def graph():
    """Graph of 120 examples with 25 points each: those of one example are near each other."""
    rng = np.random.default_rng(0)
    centres = np.repeat(rng.normal(size=(120, 3)) * [6, 2, 2], 25, axis=0)
    cloud = centres + rng.normal(scale=0.7, size=centres.shape)
    return Mapper(lens="pca:0", n_intervals=12, clusterer=Modes(k=6, prominence=0.2)).fit(cloud).graph_


EXAMPLES = np.repeat(np.arange(120), 25)


def names(n_classes):
    return [f"class {code}" for code in range(n_classes)]


class TestChance:
    @pytest.mark.parametrize("n_classes", [1, 2, 3, 10, 40, 120])
    def test_shuffled_classes_have_no_label(self, graph, n_classes):
        assert graph.n_nodes > 40
        for seed in SEEDS:
            codes = np.random.default_rng(seed).permutation(np.arange(120) % n_classes)[EXAMPLES]
            assert len(node_labels(graph, codes, names(n_classes), EXAMPLES).nodes) <= 2

    @pytest.mark.parametrize("rare", [0.5, 0.1, 0.02])
    def test_nor_do_rare_ones(self, graph, rare):
        for seed in SEEDS:
            codes = (np.random.default_rng(seed).random(120) < rare).astype(int)[EXAMPLES]
            assert len(node_labels(graph, codes, names(2), EXAMPLES).nodes) <= 2

    def test_points_of_one_example_are_no_evidence(self, graph):
        codes = np.random.default_rng(1).permutation(np.arange(120) % 40)
        found = node_labels(graph, codes[EXAMPLES], names(40), EXAMPLES)
        deceived = node_labels(graph, codes[EXAMPLES], names(40))
        assert len(found.nodes) == 0
        assert len(deceived.nodes) > 10

    @settings(STEADY, max_examples=20)
    @given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(1, 9), st.integers(1, 20))
    def test_the_bound_is_one(self, weights, twentieths, k):
        """Chernoff's bound is no smaller than the probability, which is counted over all outcomes."""
        rate, share = twentieths / 20, min(k, sum(weights)) / sum(weights)
        exact = 0.0
        for outcome in np.ndindex(*(2 for _ in weights)):
            if np.dot(outcome, weights) / sum(weights) >= share - 1e-12:
                exact += rate ** sum(outcome) * (1 - rate) ** (len(weights) - sum(outcome))
        members = np.arange(sum(weights))
        one = graph_of([members.tolist()])
        shape = _weights(one, np.zeros(len(members), dtype=int), np.repeat(np.arange(len(weights)), weights))
        bound = np.exp(_log_bounds(np.array([0]), np.array([share]), np.array([rate]), shape))[0]
        assert exact <= bound * (1 + 1e-9)
        assert bound <= 1 + 1e-9

    def test_no_more_are_found_than_allowed(self):
        assert _found(np.array([0.001, 0.2]), 10).tolist() == [True, False]
        assert _found(np.array([0.004, 0.009, 0.2]), 10).tolist() == [True, True, False]
        assert _found(np.array([ALPHA]), 2).tolist() == [False]
        assert _found(np.array([]), 0).tolist() == []


class TestPlanted:
    def test_a_class_of_an_arm_names_it_once(self):
        members = [list(range(60 * i, 60 * i + 90)) for i in range(8)]
        codes = np.arange(510) % 4
        codes[240:300] = 4
        found = node_labels(graph_of(members), codes, names(5))
        assert found.texts == ("class 4",)
        assert found.nodes[0] in {3, 4}
        assert found.shares[0] > MIN_PURITY
        assert found.lifts[0] == pytest.approx(found.shares[0] / (60 / 510))

    @pytest.mark.parametrize("n_classes", [MAX_FEW, MAX_FEW + 1, 60])
    def test_each_node_has_one_label_and_each_of_few_classes_one_node(self, n_classes):
        members = [list(range(50 * i, 50 * i + 60)) for i in range(n_classes)]
        codes = np.minimum(np.arange(50 * n_classes + 10) // 50, n_classes - 1)
        found = node_labels(graph_of(members), codes, names(n_classes))
        assert found.nodes.tolist() == list(range(n_classes))
        assert found.codes.tolist() == list(range(n_classes))
        assert (found.lifts >= MIN_LIFT).all()

    def test_of_many_classes_several_nodes_have_one_name(self):
        codes = np.arange(2930) % 30
        codes[1000:1400] = 7
        members = [list(range(100 * i, 100 * i + 130)) for i in range(29)]
        found = node_labels(graph_of(members), codes, names(30))
        assert set(found.texts) == {"class 7"}
        assert len(found.nodes) >= 4
        assert node_labels(graph_of(members), codes, names(30), once=True).texts == ("class 7",)

    def test_it_is_deterministic(self, graph):
        codes = (graph.lens > np.median(graph.lens)).astype(int)
        once, twice = (node_labels(graph, codes, names(2), EXAMPLES) for _ in range(2))
        assert once.texts == twice.texts == ("class 0", "class 1")
        assert once.nodes.tolist() == twice.nodes.tolist()


class TestDegenerate:
    @pytest.mark.parametrize("codes", [[-1] * 6, [0] * 6, [-1, 0, 0, 0, 0, 0]], ids=str)
    def test_nothing_to_compare(self, codes):
        graph = graph_of([[0, 1, 2], [2, 3], [4, 5]])
        assert node_labels(graph, np.array(codes), ["one"]).texts == ()

    def test_no_node_and_no_class(self):
        assert node_labels(graph_of([], n_points=3), np.array([0, 1, 0]), names(2)).texts == ()
        assert node_labels(graph_of([[0, 1, 2]]), np.array([-1, -1, -1]), []).texts == ()

    def test_of_another_layer(self):
        with pytest.raises(InvalidInput, match="is it another layer's"):
            node_labels(graph_of([[0, 1]]), np.array([0, 1, 1]), names(2))

    def test_a_node_without_known_members(self):
        codes = np.array([-1, -1, *[0] * 40, *[1] * 40])
        found = node_labels(graph_of([[0, 1], list(range(2, 42)), list(range(42, 82))]), codes, names(2))
        assert found.nodes.tolist() == [1, 2]
