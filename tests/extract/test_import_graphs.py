"""Graphs that others made become layers that show them, or one sentence names the field that is wrong."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kmapper
import numpy as np
import pytest
from sklearn.cluster import DBSCAN as SklearnDBSCAN

from topoact import DBSCAN, Mapper
from topoact.errors import InvalidInput, StudyError
from topoact.importers.run import import_files
from topoact.mapper import ImportedGraph, to_kepler_mapper
from topoact.study import open_study
from topoact.testing.graphs import published_form
from topoact.testing.settings import dbscan
from topoact.workbench import open_workbench

X = np.random.default_rng(0).normal(size=(300, 3))
LABELS = [f"label{i % 4}" for i in range(300)]
GRAPH = Mapper(n_intervals=7, overlap=0.4, clusterer=DBSCAN(eps=0.7, min_samples=4)).fit(X).graph_
PUBLISHED = published_form(GRAPH, LABELS)


def kepler() -> dict[str, Any]:
    lens = np.linalg.norm(X, axis=1)[:, None]
    cover, clusterer = kmapper.Cover(n_cubes=7, perc_overlap=0.4), SklearnDBSCAN(eps=0.7, min_samples=4)
    return kmapper.KeplerMapper(verbose=0).map(lens, X, cover=cover, clusterer=clusterer)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Both forms, the published one where it was published, the vectors, and a table of their rows."""
    (tmp_path / "cifar10_40_4" / "bn1").mkdir(parents=True)
    (tmp_path / "cifar10_40_4" / "bn1" / "output.json").write_text(json.dumps(PUBLISHED))
    (tmp_path / "kepler.json").write_text(json.dumps(kepler()))
    np.save(tmp_path / "X.npy", X)
    (tmp_path / "rows.csv").write_text("\n".join(["label", *LABELS]))
    return tmp_path


def graph_of(path: Path, layer: str) -> ImportedGraph:
    graph = open_workbench(path).layer(layer).map()
    assert isinstance(graph, ImportedGraph)
    return graph


def same_members(graph: ImportedGraph) -> None:
    assert graph.memberships.indptr.tolist() == GRAPH.memberships.indptr.tolist()
    assert graph.memberships.indices.tolist() == GRAPH.memberships.indices.tolist()
    assert graph.edges.equals(GRAPH.edges)


def test_a_published_graph(files: Path) -> None:
    study = import_files(files / "cifar10_40_4/bn1/output.json", files / "s")
    layer = study.layer("bn1")
    assert (layer.policy, layer.has_vectors, layer.n_channels, layer.grid) == ("graph", False, 3, None)
    assert study.examples["id"].tolist() == [str(row) for row in range(GRAPH.memberships.indices.max() + 1)]
    graph = graph_of(files / "s", "bn1")
    same_members(graph)
    np.testing.assert_allclose(graph.nodes["lens_mean"], GRAPH.nodes["lens_mean"])
    np.testing.assert_allclose(graph.means, GRAPH.means)
    assert list(graph.nodes) == ["node", "name", "interval", "size", "lens_mean"]
    assert graph.names == tuple(to_kepler_mapper(GRAPH)["nodes"])
    assert [name for name, _ in graph.classes[0]] == PUBLISHED["nodes"][0]["top_classes"]
    assert set(graph.class_names) == set(LABELS)
    assert np.isnan(graph.coverage)
    assert graph.n_covered == len(np.unique(GRAPH.memberships.indices))


def test_a_graph_of_keplermapper(files: Path) -> None:
    import_files(files / "kepler.json", files / "s", metadata=files / "rows.csv")
    graph = graph_of(files / "s", "kepler")
    same_members(graph)
    assert (graph.means.shape[1], graph.classes) == (0, ())
    assert graph.nodes["lens_mean"].tolist() == graph.interval.tolist()
    assert graph.coverage == GRAPH.coverage
    bench = open_workbench(files / "s")
    assert bench.study.classes == ("label0", "label1", "label2", "label3")
    assert bench.layer("kepler").top_classes(graph)["share"].max() <= 1


def test_several_graphs_beside_their_vectors(files: Path) -> None:
    names = [files / "cifar10_40_4/bn1/output.json", files / "kepler.json", files / "X.npy"]
    study = import_files(names, files / "s", metadata=files / "rows.csv")
    assert study.layers == ("vectors", "bn1", "kepler")
    assert [study.layer(name).n_points for name in study.layers] == [300] * 3
    assert graph_of(files / "s", "bn1").coverage == GRAPH.coverage
    bench = open_workbench(files / "s")
    settings = dbscan(n_intervals=7, overlap=0.4, eps=0.7, min_samples=4)
    live = bench.map("vectors", settings)
    assert live.memberships.indices.tolist() == GRAPH.memberships.indices.tolist()
    bench.close()


def test_the_graph_is_the_same_whatever_the_settings_and_is_drawn_once(files: Path) -> None:
    import_files(files / "kepler.json", files / "s")
    bench = open_workbench(files / "s")
    first, second = dbscan(), dbscan(n_intervals=9, lens="l1")
    assert bench.drawn_name("kepler", first, None) == bench.drawn_name("kepler", second, None)
    drawing = bench.draw("kepler", second)
    assert len(drawing.positions) == GRAPH.n_nodes
    assert bench.cache.load_drawing(*bench.drawn_name("kepler", first, None)) is not None
    with pytest.raises(InvalidInput, match="'kepler' is a graph that was imported without its vectors"):
        bench.project("kepler", "pca")


def test_derived_files_are_safe_to_delete(files: Path) -> None:
    import_files(files / "kepler.json", files / "s")
    open_workbench(files / "s").draw("kepler", dbscan())
    assert [path.name for path in (files / "s" / "graphs").iterdir()]
    __import__("shutil").rmtree(files / "s" / "graphs")
    same_members(graph_of(files / "s", "kepler"))


@pytest.mark.parametrize("name", ["graph.json", "nodes.parquet", "edges.parquet", "members.parquet"])
def test_a_damaged_study_says_so(files: Path, name: str) -> None:
    import_files(files / "kepler.json", files / "s")
    file = files / "s" / "given" / "kepler" / name
    file.write_bytes(file.read_bytes()[:20])
    with pytest.raises(StudyError, match="given/kepler cannot be used"):
        open_workbench(files / "s").layer("kepler").map()
    file.unlink()
    with pytest.raises(StudyError, match=f"given/kepler/{name} cannot be used: it is missing"):
        open_study(files / "s")


def test_parts_and_other_forms_of_a_given_graph(files: Path) -> None:
    import_files(files / "cifar10_40_4/bn1/output.json", files / "s")
    graph = graph_of(files / "s", "bn1")
    part = graph.without_subsets()
    assert part.n_nodes == len(part.names) == len(part.node_lens) == len(part.classes)
    assert part.n_nodes == GRAPH.without_subsets().n_nodes
    assert graph.to_networkx().number_of_edges() == GRAPH.n_edges
    assert to_kepler_mapper(graph)["nodes"] == to_kepler_mapper(GRAPH)["nodes"]


def test_names_of_layers(files: Path) -> None:
    for folder in ("layer1", "layer2"):
        (files / folder).mkdir()
        (files / folder / "graph.json").write_text(json.dumps(PUBLISHED))
    graphs = [files / "layer1" / "graph.json", files / "layer2" / "graph.json"]
    assert import_files(graphs, files / "s").layers == ("layer1", "layer2")
    assert import_files(graphs, files / "t", layer_name=["a", "b"]).layers == ("a", "b")


def test_nodes_in_any_order(files: Path) -> None:
    turned = {**PUBLISHED, "nodes": PUBLISHED["nodes"][::-1]}
    (files / "turned.json").write_text(json.dumps(turned))
    import_files(files / "turned.json", files / "s")
    graph = graph_of(files / "s", "turned")
    assert (np.diff(graph.interval) >= 0).all()
    said = {node["id"]: node for node in PUBLISHED["nodes"]}
    for node, name in enumerate(graph.names):
        assert graph.members(node).tolist() == said[name]["membership"]
        assert graph.node_lens[node] == said[name]["l2NormAvg"]
        assert [name for name, _ in graph.classes[node]] == said[name]["top_classes"]


Edit = Callable[[dict[str, Any]], Any]


def without(field: str) -> Edit:
    return lambda found: found["nodes"][1].pop(field)


def with_(field: str, value: Any) -> Edit:
    return lambda found: found["nodes"][1].update({field: value})


def link(**changes: Any) -> Edit:
    return lambda found: found["links"][0].update(changes)


FIRST, SECOND = (node["id"] for node in PUBLISHED["nodes"][:2])


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        *[
            pytest.param(without(field), rf"nodes\[1\].{field}: field required", id=f"no-{field}")
            for field in PUBLISHED["nodes"][0]
        ],
        (lambda found: found.pop("nodes"), "nodes: missing, or neither a dictionary"),
        (lambda found: found.pop("links"), "links: field required"),
        (lambda found: found.update(nodes=[]), "nodes: list should have at least 1 item"),
        (lambda found: found["links"][0].pop("intersection"), r"links\[0\].intersection: field required"),
        (with_("id", 7), r"nodes\[1\].id: input should be a valid string, got 7"),
        (with_("id", "node7"), "nodes: 'node7' is no name that KeplerMapper gives, like 'cube3_cluster0'"),
        (with_("id", FIRST), rf"nodes\[1\].id: '{FIRST}' stands twice"),
        (with_("membership", []), r"nodes\[1\].membership: list should have at least 1 item"),
        (with_("membership", [1, 2.5]), r"nodes\[1\].membership\[1\]: input should be a valid integer, got 2.5"),
        (with_("membership", [3, -1]), r"nodes\[1\].membership holds row -1"),
        (with_("membership", [10**7]), r"nodes\[1\].membership holds row 10000000, but at most 10,000,000 points"),
        (with_("membership", [True]), r"nodes\[1\].membership\[0\]: input should be a valid integer, got True"),
        (with_("l2NormAvg", "2.4"), r"nodes\[1\].l2NormAvg: input should be a valid number, got '2.4'"),
        (with_("l2NormAvg", float("nan")), r"nodes\[1\].l2NormAvg: input should be a finite number, got nan"),
        (with_("top_classes", ["a"]), r"nodes\[1\].top_class_percents: \d shares of 1 classes"),
        (with_("top_class_percents", [85.7, 1, 1]), r"nodes\[1\].top_class_percents\[0\]: input should be less than"),
        (with_("top_class_percents", [0.9, 0.9, 0]), r"nodes\[1\].top_class_percents: they add up to more than 1"),
        (with_("average_activation", [1, 2]), r"nodes\[1\].average_activation: 2 numbers, and the first node has 3"),
        (link(source="cube9_cluster9"), "links: 'cube9_cluster9' is linked to .* there is no node 'cube9_cluster9'"),
        (link(target=PUBLISHED["links"][0]["source"]), "links: '.*' is linked to itself"),
        (link(intersection=999), "links: the intersection of '.*' and '.*' is 999, but .* points are in both"),
        (
            link(target=PUBLISHED["nodes"][-1]["id"], source=FIRST),
            rf"links: 1 of \d+ join nodes that share no point, '{FIRST}' and",
        ),
    ],
)
def test_a_malformed_published_graph(tmp_path: Path, edit: Edit, sentence: str) -> None:
    found = copy.deepcopy(PUBLISHED)
    edit(found)
    refused(tmp_path, json.dumps(found), sentence)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda found: found.update(edges=[]), "'edges' is no field of a graph of KeplerMapper"),
        (lambda found: found.pop("links"), "with the dictionaries 'nodes' and 'links'"),
        (lambda found: found.update(links=[]), "with the dictionaries 'nodes' and 'links'"),
        (lambda found: found.update(nodes={}, links={}), "nodes: there is none"),
        (lambda found: found["nodes"].update(cube0_cluster0=[]), "nodes: 'cube0_cluster0' must be a list of row"),
        (lambda found: found["nodes"].update(cube0_cluster0=[[1], [2, 3]]), "nodes: 'cube0_cluster0' must be a list"),
        (lambda found: found["nodes"].update(cube0_cluster0={"a": 1}), "nodes: 'cube0_cluster0' must be a list"),
        (lambda found: found["nodes"].update(cube0_cluster0=[-4]), "nodes: 'cube0_cluster0' holds row -4"),
        (lambda found: found["nodes"].update(mine=[1]), "nodes: 'mine' is no name that KeplerMapper gives"),
        (lambda found: found["links"].update(cube0_cluster0="cube1"), "links: 'cube0_cluster0' must be a list"),
        (lambda found: found["links"].update(cube0_cluster0=[["a"]]), r"links: 'cube0_cluster0' is linked to \['a'\]"),
        (lambda found: found["links"].update(cube0_cluster0=["cube0_cluster0"]), "is linked to itself"),
    ],
)
def test_a_malformed_graph_of_keplermapper(tmp_path: Path, edit: Edit, sentence: str) -> None:
    found = json.loads(json.dumps(kepler()))
    edit(found)
    refused(tmp_path, json.dumps(found), sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "cannot be read as JSON"),
        ("[" * 100_000, "cannot be read as JSON"),
        ("[1]", "nodes: missing, or neither"),
        ('{"nodes": 3}', "nodes: missing, or neither"),
        ('{"nodes": {"cube0_cluster0": [1], "cube0_cluster0": [2]}, "links": {}}', "'cube0_cluster0' stands twice"),
    ],
)
def test_no_graph_at_all(tmp_path: Path, text: str, sentence: str) -> None:
    refused(tmp_path, text, sentence)


def refused(folder: Path, text: str, sentence: str) -> None:
    """Import a file that is wrong: one sentence with its name, and nothing is left."""
    (folder / "g.json").write_text(text)
    with pytest.raises(InvalidInput, match=sentence) as caught:
        import_files(folder / "g.json", folder / "s")
    assert "g.json" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in folder.iterdir()] == ["g.json"]


def test_more_rows_than_there_are_points(files: Path) -> None:
    (files / "few.csv").write_text("\n".join(["label", *LABELS[:100]]))
    with pytest.raises(InvalidInput, match=r"holds row .* but there are 100 points, counted from 0"):
        import_files(files / "kepler.json", files / "s", metadata=files / "few.csv")
    with pytest.raises(InvalidInput, match=r"there is no file .*gone.json"):
        import_files(files / "gone.json", files / "s")
