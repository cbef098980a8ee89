"""Names of findings: by classes that tell, in the order of the rim; never by chance; whatever the labels are."""

import numpy as np
import pytest
from graphs import graph_of

from topoact import Mapper, Modes
from topoact.analysis.shape.naming import Classes, named, shown
from topoact.analysis.shape.summary import summary
from topoact.analysis.shape.topology import shape_report
from topoact.testing.shapes import planted


@pytest.fixture(scope="module")
def ring():
    cloud = planted("ring", 3000, 8, noise=0.03, seed=1).astype(np.float32)
    return cloud, Mapper(lens="pca:0", n_intervals=12, overlap=0.35, clusterer=Modes(15, 1.0)).fit(cloud).graph_


def quarters(cloud):
    """Four classes, one after the other round the ring."""
    plane = np.linalg.svd(cloud - cloud.mean(axis=0), full_matrices=False)[0][:, :2]
    return (np.floor((np.arctan2(*plane.T) / np.pi + 1) * 2).astype(int)) % 4


def loop_of(report):
    (loop,) = (one for one in report.features if one.kind == "loop")
    return loop


def turned(names):
    """Return names from the first of the alphabet on, in the direction in which the second comes first."""
    at = names.index(min(names))
    ahead = names[at:] + names[:at]
    return ahead if ahead[1] < ahead[-1] else [ahead[0], *ahead[:0:-1]]


def test_a_loop_is_named_by_its_classes_in_order(ring):
    cloud, graph = ring
    name = loop_of(named(shape_report(graph), graph, Classes(quarters(cloud), ["a", "b", "c", "d"]))).name
    assert turned(name.split(" – ")) == ["a", "b", "c", "d"]


def test_without_classes_a_loop_has_its_range_of_the_lens(ring):
    graph = ring[1]
    low, high = f"{graph.lens.min():.3g}".replace("-", "−"), f"{graph.lens.max():.3g}"
    assert loop_of(named(shape_report(graph), graph)).name == f"lens {low} to {high}"


@pytest.mark.parametrize("n_classes", [1, 2, 10, 300])
def test_chance_gives_no_names(ring, n_classes):
    graph = ring[1]
    codes = np.random.default_rng(0).integers(0, n_classes, graph.n_points)
    name = loop_of(named(shape_report(graph), graph, Classes(codes, list(map(str, range(n_classes)))))).name
    assert name.startswith("lens ")


def test_several_positions_of_an_example_are_no_further_evidence(ring):
    cloud, graph = ring
    codes = np.random.default_rng(3).integers(0, 4, graph.n_points)
    codes[quarters(cloud) == 0] = np.where(np.arange(np.sum(quarters(cloud) == 0)) % 2, 0, codes[quarters(cloud) == 0])
    names = [
        loop_of(named(shape_report(graph), graph, Classes(codes, ["a", "b", "c", "d"], share))).name
        for share in (1.0, 0.05)
    ]
    assert names[0] == "a"
    assert names[1].startswith("lens ")


def test_codes_of_no_class_are_not_counted(ring):
    graph = ring[1]
    nothing = named(shape_report(graph), graph, Classes(np.full(graph.n_points, -1), ["a"]))
    assert loop_of(nothing).name.startswith("lens ")


def fork():
    arms = [[0, 1], [1, 2], [2, 3, 13], [3, 4], [4, 5], [13, 14], [14, 15]]
    return graph_of(arms, n_points=16, interval=[0, 1, 2, 3, 4, 3, 4])


def test_arms_have_names_and_the_sentence_has_them():
    graph = fork()
    report = named(shape_report(graph), graph)
    (branch,) = (one for one in report.features if one.kind == "branch")
    assert len(branch.arm_names) == len(set(branch.arm_names)) == 3
    assert branch.name == " / ".join(branch.arm_names)
    told = "As drawn: one piece, arms that meet at 1 place, no loop. What of this is chance, such a graph does not tell"
    assert summary(report).startswith(told)


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("", "‹empty›"),
        (" \n\t ", "‹empty›"),
        ("two\nlines", "two lines"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("חתול", "\u2068חתול\u2069"),
        ("x" * 3000, "x" * 40 + "…"),
        ("e\u0301" * 30, "e\u0301" * 20 + "…"),
        ("y" * 39 + "e\u0301z", "y" * 39 + "…"),
        ("y" * 38 + "👩\u200d🚀 and more", "y" * 38 + "…"),
    ],
    ids=["empty", "blank", "lines", "html", "hebrew", "long", "marks", "torn mark", "torn emoji"],
)
def test_whatever_a_class_is_called_its_name_fits_a_line(label, text):
    assert shown(label) == text
