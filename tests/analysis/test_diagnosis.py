"""Every finding, where it is due and where it is not."""

import networkx as nx
import numpy as np
import pytest
from graphs import graph_of, of_modes, path_of, shaped

from topoact.analysis.shape.diagnosis import diagnose


def codes(graph):
    return [finding.code for finding in diagnose(graph)]


BRANCHED = shaped(nx.balanced_tree(3, 3))


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        pytest.param(BRANCHED, [], id="a-tree-is-fine"),
        pytest.param(graph_of([], n_points=9), ["empty"], id="empty"),
        pytest.param(path_of(9), ["bare_path"], id="bare-path"),
        pytest.param(graph_of([[n, n + 1, n + 2] for n in range(6)]), ["bare_path"], id="bare-path-of-much-overlap"),
        pytest.param(graph_of([[0, 1], [1, 2]], interval=[0, 0], n_points=3), ["one_blob"], id="one-blob"),
        pytest.param(graph_of([[0, 1, 2], [2, 3]], interval=[1, 1], n_points=6), [], id="half-is-not-a-blob"),
        pytest.param(graph_of([[0, 1], [1, 2]], interval=[1, 1], n_points=6), ["low_coverage"], id="low-coverage"),
        pytest.param(graph_of([[0, 1], [1, 2]], interval=[1, 1], n_points=5), [], id="just-covered"),
        pytest.param(graph_of([[0, 1], [2, 3], [4, 5]], interval=[0, 0, 1]), ["fragments"], id="fragments"),
        pytest.param(graph_of([[0], [1], [2], [3]]), ["fragments"], id="isolated-nodes-are-no-path"),
        pytest.param(graph_of([[0, 1, 2, 3]]), ["one_blob"], id="a-single-node-is-no-path"),
        pytest.param(
            graph_of([[0, 1, 2, 3, 4], [9]], interval=[0, 0], n_points=11), ["low_coverage"], id="a-big-one-under-half"
        ),
        pytest.param(
            graph_of([[0, 1, 2], [2, 3]], interval=[0, 1], n_points=5), ["one_blob", "bare_path"], id="two-findings"
        ),
    ],
)
def test_findings(graph, expected):
    assert codes(graph) == expected


def test_a_path_with_two_clusters_in_an_interval_is_not_bare():
    assert codes(graph_of([[0, 1], [1, 2], [2, 3], [3, 4]], interval=[0, 0, 1, 2])) == []


def test_sentences_say_how_much_and_what_to_do():
    graph = graph_of([[0, 1], [1, 2]], interval=[1, 1], n_points=2000)
    assert [finding.text for finding in diagnose(graph)] == [
        "Only 0% of the points are in the graph; 1,997 were dropped as noise. Raise ε or lower minPts."
    ]
    assert "One node holds 75% of all points" in diagnose(graph_of([[0, 1, 2], [3]], interval=[0, 0]))[0].text


class TestModes:
    """A graph of modes has no ε, and says when only chance parts its intervals."""

    def test_without_a_second_mode_above_the_noise_there_is_little_structure(self):
        graph = of_modes([[0, 1], [2, 3], [3, 4, 5]], [0, 0, 1], [np.inf, 0.5, np.inf], [0, 0, 2])
        (finding,) = diagnose(graph)
        assert finding.code == "little_structure"
        assert finding.text.startswith("Little cluster structure: No interval has a second mode above the noise.")
        assert diagnose(graph, prominence=2.5) == []

    def test_one_interval_of_many_is_little(self):
        n = 20
        members = [[0, 1], *([i, i + 1] for i in range(1, n + 1))]
        graph = of_modes(members, [0, *range(n)], [1.2, *[np.inf] * n], [1, *range(1, n + 1)])
        assert "1 of 20 intervals have a second mode" in diagnose(graph)[0].text

    def test_many_second_modes_are_structure(self):
        graph = of_modes([[0, 1], [2, 3], [1, 4], [3, 5]], [0, 0, 1, 1], [np.inf, 1.5, np.inf, 3.0], [0, 0, 2, 2])
        assert codes(graph) == []

    def test_no_remedy_is_an_epsilon(self):
        blob = of_modes([[0, 1, 2, 3, 4], [5], [6]], [0, 1, 2], [np.inf] * 3, [0, 1, 2])
        assert codes(blob) == ["one_blob", "little_structure", "fragments"]
        assert "ε" not in "".join(finding.text for finding in diagnose(blob))
