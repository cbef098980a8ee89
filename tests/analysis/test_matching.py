"""Which node continues which."""

import pytest
from graphs import graph_of
from hypothesis import given
from hypothesis import strategies as st

from topoact.analysis.shape.matching import MIN_JACCARD, common_points, continued_nodes
from topoact.errors import InvalidInput
from topoact.testing.strategies import STEADY

FAMILIES = st.lists(st.sets(st.integers(0, 11), min_size=1).map(sorted), max_size=8)


def jaccard(a, b):
    return len(set(a) & set(b)) / len(set(a) | set(b))


def matched(members, others, n_points=12):
    return continued_nodes(graph_of(members, n_points=n_points), graph_of(others, n_points=n_points)).tolist()


@STEADY
@given(FAMILIES, FAMILIES)
def test_matches_are_one_to_one_and_similar_enough(members, others):
    found = matched(members, others)
    pairs = [(node, other) for node, other in enumerate(found) if other >= 0]
    assert len({other for _, other in pairs}) == len(pairs)
    assert all(jaccard(members[node], others[other]) >= MIN_JACCARD for node, other in pairs)
    lonely = set(range(len(others))) - {other for _, other in pairs}
    for node in (node for node, other in enumerate(found) if other < 0):
        assert all(jaccard(members[node], others[other]) < MIN_JACCARD for other in lonely)


@STEADY
@given(FAMILIES, FAMILIES)
def test_common_points_are_those_of_sets(members, others):
    common = common_points(graph_of(members, n_points=12), graph_of(others, n_points=12))
    assert common.toarray().tolist() == [[len(set(a) & set(b)) for b in others] for a in members]


@pytest.mark.parametrize(
    ("members", "others", "expected"),
    [
        pytest.param([[0, 1], [2, 3]], [[2, 3], [0, 1]], [1, 0], id="renumbered"),
        pytest.param([[0, 1, 2, 3]], [[0, 1]], [0], id="exactly-the-threshold"),
        pytest.param([[0, 1, 2, 3, 4]], [[0, 1]], [-1], id="just-below"),
        pytest.param([[0, 1, 2], [0, 1, 2, 3]], [[0, 1, 2, 3]], [-1, 0], id="the-better-match-wins"),
        pytest.param([[0, 1], [0, 1]], [[0, 1]], [0, -1], id="the-first-of-equals"),
        pytest.param([[0]], [[1]], [-1], id="nothing-in-common"),
    ],
)
def test_examples(members, others, expected):
    assert matched(members, others) == expected


def test_graphs_of_different_layers():
    with pytest.raises(InvalidInput, match="different layers cannot be matched: 3 and 4 points"):
        continued_nodes(graph_of([[0, 2]], n_points=3), graph_of([[0, 2]], n_points=4))
