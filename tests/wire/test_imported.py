"""An imported graph as it travels: what is not known is absent."""

import json

import numpy as np
import pytest

from topoact import DBSCAN, Mapper
from topoact.importers.run import import_files
from topoact.mapper import to_kepler_mapper
from topoact.testing.graphs import published_form
from topoact.wire import messages, serialize
from topoact.workbench import MapSettings, open_workbench
from topoact.workbench.graph_view import view_graph

X = np.random.default_rng(0).normal(size=(300, 3))
GRAPH = Mapper(n_intervals=7, overlap=0.4, clusterer=DBSCAN(eps=0.7, min_samples=4)).fit(X).graph_
FORMS = {"published": published_form(GRAPH, ["ant", "bee", "cat"] * 100), "kepler": to_kepler_mapper(GRAPH)}


@pytest.fixture(params=list(FORMS))
def bench(request, tmp_path):
    (tmp_path / "g.json").write_text(json.dumps(FORMS[request.param]))
    import_files(tmp_path / "g.json", tmp_path / request.param)
    return open_workbench(tmp_path / request.param)


def message(bench):
    name = bench.drawn_name(0, MapSettings(), None)
    bench.draw(0, MapSettings())
    return serialize.graph_message(view_graph(bench, name))


def test_the_graph(bench):
    found = message(bench)
    assert messages.Graph.model_validate_json(found.model_dump_json()) == found
    assert (found.settings, found.eps, found.curve, found.lens_range) == (None, None, None, None)
    assert (found.stops, found.intervals, found.warnings) == ([], [], [])
    nodes = found.nodes
    assert (nodes.lens_min, nodes.lens_max, nodes.medoid) == (None, None, None)
    assert nodes.size == GRAPH.memberships.sizes.tolist()
    assert found.edges.jaccard == GRAPH.links.jaccard.tolist()
    assert not found.imported.is_whole
    assert found.imported.names == list(FORMS["kepler"]["nodes"])
    assert found.n_covered == len(np.unique(GRAPH.memberships.indices))


def test_the_classes_that_the_file_tells(bench):
    facts, published = message(bench).imported, FORMS["published"]["nodes"]
    if bench.study.name == "kepler":
        assert (facts.lens, facts.classes, facts.shares) == ("cube", [], [])
        return
    assert facts.lens == "l2"
    for shares, node in zip(facts.shares, published, strict=True):
        assert [facts.classes[share.code] for share in shares] == node["top_classes"]
        assert [share.share for share in shares] == node["top_class_percents"]


def test_the_study_and_the_members(bench):
    (layer,) = serialize.study_summary(bench).layers
    assert (layer.has_vectors, layer.lenses) == (False, [])
    header = json.loads(serialize.members_frame(bench.map(0, MapSettings()))[8:].partition(b"}}")[0] + b"}}")
    assert header["lens"]["shape"] == [0]
    assert header["indices"]["shape"] == [len(GRAPH.memberships.indices)]
