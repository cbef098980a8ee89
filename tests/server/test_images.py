"""Activation images over HTTP, as the explorer asks for them."""

import io

import pytest
from PIL import Image
from served import finish, obtain

from topoact.extract.inversion import Recipe
from topoact.wire import images


@pytest.fixture(scope="module")
def graph(painter):
    painter.bench.images.recipe = Recipe(steps=20, attempts=1)
    usual = painter.get("/api/study").json()["defaults"]
    return obtain(painter, "/api/maps", {"layer": 0, "settings": usual}).split("/")[0]


def node(*nodes, minus=()):
    return {"kind": "nodes", "nodes": list(nodes), "minus": list(minus)}


def ask(client, graph, *targets, layer=0):
    return client.post("/api/inversions", json={"layer": layer, "graph": graph, "targets": list(targets)})


def test_from_the_request_to_the_images(painter, graph):
    targets = [node(1), node(0, 2, minus=[1]), {"kind": "point", "point": 7}, {"kind": "channel", "channel": 3}]
    ticket = images.InversionTicket.model_validate_json(ask(painter, graph, *targets).content)
    assert len(set(ticket.results)) == 4
    assert finish(painter, ticket.job)["state"] == "done"
    for name, target in zip(ticket.results, targets, strict=True):
        found = images.ActivationImage.model_validate_json(painter.get(f"/api/inversions/{name}").content)
        assert (found.digest, found.target.model_dump(), found.done) == (name, target, True)
        assert (found.step, found.width, found.height) == (found.steps, 16, 16)
        assert len(found.predictions) == 3
        answer = painter.get(f"/api/inversions/{name}/image")
        assert answer.headers["content-type"] == "image/png"
        assert "immutable" in answer.headers["cache-control"]
        assert Image.open(io.BytesIO(answer.content)).size == (16, 16)
    assert ask(painter, graph, *targets).json() == {"results": list(ticket.results), "job": None}
    (listed,) = painter.get(f"/api/graphs/{graph}/images").json()
    assert (listed["node"], listed["digest"]) == (1, ticket.results[0])
