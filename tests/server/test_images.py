"""Activation images over HTTP, as the explorer asks for them."""

import io
import time

import pytest
from PIL import Image
from served import finish, obtain
from test_routes import DIGEST, error_of

from topoact.interpret.inversion import Recipe
from topoact.testing.serving import PATIENCE
from topoact.wire import images


@pytest.fixture(scope="module")
def graph(painter):
    painter.images.recipe = Recipe(steps=20, attempts=1)
    usual = painter.get("/api/study").json()["defaults"]
    return obtain(painter, "/api/maps", {"layer": 0, "settings": usual}).split("/")[0]


def node(*nodes, minus=()):
    return {"kind": "nodes", "nodes": list(nodes), "minus": list(minus)}


def ask(client, graph, *targets, layer=0):
    return client.post("/api/inversions", json={"layer": layer, "graph": graph, "targets": list(targets)})


def known(client, name):
    return images.ActivationImage.model_validate_json(client.get(f"/api/inversions/{name}").content)


def test_from_the_request_to_the_images(painter, graph):
    assert painter.get(f"/api/graphs/{graph}/images").json() == []
    targets = [node(1), node(0, 2, minus=[1]), {"kind": "point", "point": 7}, {"kind": "channel", "channel": 3}]
    ticket = images.InversionTicket.model_validate_json(ask(painter, graph, *targets).content)
    assert len(set(ticket.results)) == 4
    last = finish(painter, ticket.job)
    assert (last["kind"], last["state"]) == ("invert", "done")
    for name, target in zip(ticket.results, targets, strict=True):
        found = known(painter, name)
        assert (found.digest, found.target.model_dump(), found.done) == (name, target, True)
        assert (found.step, found.steps, found.width, found.height) == (20, 20, 16, 16)
        assert len(found.predictions) == 3
        assert -1 <= found.cosine <= 1
        answer = painter.get(f"/api/inversions/{name}/image")
        assert answer.headers["content-type"] == "image/png"
        assert "immutable" in answer.headers["cache-control"]
        assert Image.open(io.BytesIO(answer.content)).size == (16, 16)
    assert [known(painter, name).label for name in ticket.results] == [
        "node 1",
        "nodes 0, 2 minus 1",
        "point 7",
        "channel 3",
    ]
    assert ask(painter, graph, *targets).json() == {"results": list(ticket.results), "job": None}
    first = known(painter, ticket.results[0])
    assert painter.get(f"/api/graphs/{graph}/images").json() == [
        {"node": 1, "digest": first.digest, "cosine": first.cosine}
    ]


def test_while_it_runs(painter, graph, monkeypatch):
    monkeypatch.setattr(painter.images, "recipe", Recipe(steps=100_000, attempts=1))
    ticket = ask(painter, graph, node(0), node(1)).json()
    (name, other), store = ticket["results"], painter.images.store
    assert ask(painter, graph, node(0), node(1)).json() == ticket
    told = known(painter, other)
    assert (told.done, told.label, told.target.nodes, told.cosine, told.lands) == (False, "node 1", [1], None, None)
    deadline = time.monotonic() + PATIENCE
    while store.preview(name) is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    told = known(painter, name)
    assert (told.done, told.steps, told.width) == (False, 100_000, 16)
    assert 0 < told.step < 100_000
    answer = painter.get(f"/api/inversions/{name}/image")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/png", "no-store")
    assert Image.open(io.BytesIO(answer.content)).size == (16, 16)
    assert painter.delete(f"/api/jobs/{ticket['job']}").status_code == 204
    assert finish(painter, ticket["job"])["state"] == "cancelled"
    assert "ask for it anew" in error_of(painter.get(f"/api/inversions/{name}"), 404)


def test_what_was_not_asked_for(painter, graph):
    assert f"no activation image {DIGEST}" in error_of(painter.get(f"/api/inversions/{DIGEST}"), 404)
    assert "nothing to see" in error_of(painter.get(f"/api/inversions/{DIGEST}/image"), 404)
    assert f"no graph {DIGEST}" in error_of(painter.get(f"/api/graphs/{DIGEST}/images"), 404)
    for wrong in ("x", "../../study", "0123456789ABCDEF"):
        assert painter.get(f"/api/inversions/{wrong}").status_code in (404, 422)


@pytest.mark.parametrize(
    ("target", "status", "sentence"),
    [
        (node(9999), 404, "node 9999 does not exist: there are "),
        (node(), 400, "at least one node"),
        (node(1, minus=[1]), 400, "node 1 minus node 1 is nothing"),
        ({"kind": "point", "point": 240}, 404, "point 240 does not exist: there are 240"),
        ({"kind": "channel", "channel": 8}, 404, "channel 8 does not exist: there are 8"),
        (node(-1), 422, "greater than or equal to 0"),
        ({"kind": "weights"}, 422, "kind"),
        ({**node(1), "recipe": {}}, 422, "Extra inputs"),
    ],
)
def test_targets_that_are_none(painter, graph, target, status, sentence):
    assert sentence in error_of(ask(painter, graph, target), status)


def test_requests_that_are_none(painter, graph):
    assert "512" in error_of(ask(painter, graph, *[node(0)] * 513), 422)
    assert f"no graph {DIGEST}" in error_of(ask(painter, DIGEST, node(0)), 404)
    assert "no graph" in error_of(ask(painter, graph, node(0), layer=1), 404)
    assert "no layer number 99" in error_of(ask(painter, graph, node(0), layer=99), 404)
    assert ask(painter, graph).json() == {"results": [], "job": None}


def test_without_the_network_there_is_what_is_stored(painter, graph, monkeypatch):
    ticket = ask(painter, graph, node(2)).json()
    finish(painter, ticket["job"])
    monkeypatch.setattr(painter.bench, "network_choice", None)
    assert ask(painter, graph, node(2)).json() == {**ticket, "job": None}
    assert "start the explorer with --model study" in error_of(ask(painter, graph, node(3)), 400)


def test_a_study_that_was_imported(client):
    graph = obtain(client, "/api/maps", {"layer": 0, "settings": client.get("/api/study").json()["defaults"]})
    digest = graph.split("/")[0]
    assert client.get(f"/api/graphs/{digest}/images").json() == []
    assert "it names no network" in error_of(ask(client, digest, node(0)), 400)
