"""Files of a graph over HTTP, as the page asks for them."""

import io
import json
import xml.etree.ElementTree as ET

import networkx as nx
import pandas as pd
import pytest
from served import MAP, obtain
from test_routes import DIGEST, error_of

from topoact.server import exports
from topoact.workbench import DrawingName
from topoact.workbench.graph_view import view_graph
from topoact.workbench.leaving.kinds import FILE_KINDS, Order, make_file
from topoact.workbench.look import Look


@pytest.fixture
def name(client):
    return DrawingName(*obtain(client, "/api/maps", MAP).split("/"))


def ask(client, name, kind, **options):
    return client.post("/api/exports", json={"graph": name.graph, "layout": name.layout, "kind": kind, **options})


@pytest.mark.parametrize("kind", [kind for kind in FILE_KINDS if kind != "png"])
def test_each_file_is_the_one_that_the_command_line_writes(client, server, name, kind):
    answer = ask(client, name, kind)
    assert answer.status_code == 200
    assert answer.content == make_file(kind, Order(server.bench, view_graph(server.bench, name))).content
    assert answer.headers["content-type"] == FILE_KINDS[kind].media_type
    assert answer.headers["content-disposition"] == f'attachment; filename="pixels-{name.graph}.{kind}"'
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_a_png_is_one(client, name):
    answer = ask(client, name, "png", width=60)
    assert answer.content.startswith(b"\x89PNG")
    assert answer.headers["content-type"] == "image/png"


def test_the_picture_is_the_view(client, server, name):
    view = view_graph(server.bench, name)
    smallest = sorted(view.graph.memberships.sizes)[1]
    chosen = {"colour": "ink", "weaker": 1, "min_jaccard": 0.01, "min_size": int(smallest), "width": 89}
    look = Look(colour="ink", weaker=1, min_jaccard=0.01, min_size=int(smallest), pins={2: (1.0, -2.5)})
    content = ask(client, name, "svg", pins=[[2, 1.0, -2.5]], **chosen).content
    assert content == make_file("svg", Order(server.bench, view, look, 89.0)).content
    assert ET.fromstring(content).get("width") == "89mm"
    hidden = {"pies": False, "labels": False, "fade": False, "images": False}
    assert ask(client, name, "svg", **hidden).content != ask(client, name, "svg").content


def test_files_are_read_by_others(client, name):
    table = pd.read_csv(io.BytesIO(ask(client, name, "nodes.csv").content))
    graph = nx.read_graphml(io.BytesIO(ask(client, name, "graphml").content), node_type=int)
    content = json.loads(ask(client, name, "json").content)
    assert table["size"].tolist() == [graph.nodes[node]["size"] for node in sorted(graph)]
    assert table["size"].tolist() == [node["size"] for node in content["nodes"]]


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"kind": "pdf"}, 422, "kind"),
        ({"kind": "../../etc/passwd"}, 422, "kind"),
        ({"graph": "../../../x"}, 422, "graph"),
        ({"graph": DIGEST}, 404, "ask for it anew"),
        ({"layout": DIGEST}, 404, "ask for it anew"),
        ({"colour": "sort"}, 404, "no column 'sort' that can be a colour"),
        ({"colour": "x" * 10_001}, 422, "colour"),
        ({"width": 1e9}, 422, "width"),
        ({"width": 0}, 422, "width"),
        ({"weaker": 1.5}, 422, "weaker"),
        ({"min_size": 0}, 422, "min_size"),
        ({"pins": [[9999, 0, 0]]}, 400, "node 9999 was moved, but the graph has"),
        ({"pins": [[0, 1e999, 0]]}, 422, "pins"),
        ({"pins": [[0, 0, 0]] * 10_001}, 422, "pins"),
        ({"path": "/etc/passwd"}, 422, "path"),
    ],
)
def test_what_does_not_fit_is_refused(client, name, changes, status, said):
    request = json.dumps({"graph": name.graph, "layout": name.layout, "kind": "svg", **changes})
    answer = client.post("/api/exports", content=request, headers={"content-type": "application/json"})
    assert said in error_of(answer, status)


def test_a_table_of_too_many_rows_is_left_to_the_command_line(client, name, monkeypatch):
    monkeypatch.setattr(exports, "MAX_ROWS", 10)
    for kind in ("members.csv", "members.parquet", "keplermapper.json"):
        assert "topoact export STUDY --layer pixels --members" in error_of(ask(client, name, kind), 400)
    assert ask(client, name, "nodes.csv").status_code == 200


def test_a_reader_takes_files_away_and_is_not_told_where_the_study_lies(client, reader, server, name):
    assert str(server.bench.study.path.resolve()) in ask(client, name, "py").text
    told = ask(reader, name, "py").text
    assert "topoact.open('digits')" in told
    assert str(server.bench.study.path.parent) not in told
    assert ask(reader, name, "svg").status_code == 200
