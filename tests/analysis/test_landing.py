"""Whether a vector would lie in a node."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from graphs import graph_of

from topoact.analysis.landing import lands
from topoact.mapper import Intervals, MapperGraph

RNG = np.random.default_rng(0)
NEAR = np.column_stack([RNG.normal(5, 0.1, 50), RNG.normal(0, 0.1, 50)]).astype(np.float32)
POINTS = np.concatenate([NEAR, NEAR[:, ::-1]])
GRAPH = replace(
    graph_of([range(50), range(50, 100)], interval=[0, 1]), intervals=Intervals(np.array([4.0, 4]), np.array([6.0, 6]))
)
USUAL: dict[str, Any] = {"lens": "l2", "metric": "euclidean"}


def at(x: float, y: float, nodes: list[int], graph: MapperGraph = GRAPH, **how: Any) -> bool | None:
    return lands(np.array([x, y], np.float32), graph, nodes, POINTS, **{**USUAL, **how})


def test_a_vector_among_the_members_lands() -> None:
    assert at(5, 0, [0]) is True
    assert at(0, 5, [1]) is True
    assert at(0, 5, [0, 1]) is True


def test_a_vector_far_from_the_members_does_not() -> None:
    assert at(0, 5, [0]) is False
    assert at(3.6, 3.6, [0, 1]) is False


def test_a_vector_outside_the_interval_does_not() -> None:
    shifted = replace(GRAPH, intervals=Intervals(np.array([5.5, 4]), np.array([6.0, 6])))
    assert at(5, 0, [0], shifted) is False


def test_the_radius_of_the_graph_decides_where_there_is_one() -> None:
    assert at(4.2, 0, [0]) is False
    assert at(4.2, 0, [0], replace(GRAPH, eps=1.0)) is True
    assert at(4.2, 0, [0], replace(GRAPH, eps=np.array([1.0, 0.1]))) is True
    assert at(4.2, 0, [0], replace(GRAPH, eps=np.array([np.nan, 1.0]))) is False


def test_by_cosine_the_length_does_not_matter() -> None:
    wide = replace(GRAPH, intervals=Intervals(np.array([0.0, 0]), np.array([99.0, 99])))
    assert at(50, 0, [0], wide) is False
    assert at(50, 0, [0], wide, metric="cosine") is True


def test_in_a_node_of_one_point_lands_that_point_alone() -> None:
    lonely = replace(graph_of([[0]], n_points=100), intervals=Intervals(np.array([0.0]), np.array([99.0])))
    point: npt.NDArray[np.float32] = POINTS[0]
    assert lands(point, lonely, [0], POINTS, **USUAL) is True
    assert lands(point + np.float32(0.1), lonely, [0], POINTS, **USUAL) is False


@pytest.mark.parametrize("lens", ["pca:0", "knn:5", "eccentricity:2", "column:ink"])
def test_nothing_is_said_where_the_lens_depends_on_all_points(lens: str) -> None:
    assert at(5, 0, [0], lens=lens) is None


def test_nothing_is_said_without_a_node() -> None:
    assert at(5, 0, []) is None
