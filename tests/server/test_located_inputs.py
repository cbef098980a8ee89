"""Inputs of one's own over HTTP, as the explorer sends them."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from served import finish

from topoact.server import located_inputs as route
from topoact.wire import located_inputs, messages

PNG = {"content-type": "image/png"}


def picture(seed=0, size=(16, 16)):
    content = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(60, 200, (*size, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


@pytest.fixture(scope="module")
def query(painter):
    return {"settings": json.dumps(painter.get("/api/study").json()["defaults"]), "layer": 1}


def ask(client, query, content, headers=PNG):
    return client.post("/api/located-inputs", params=query, content=content, headers=headers)


def error_of(answer, status):
    assert answer.status_code == status, answer.text
    return messages.Problem.model_validate_json(answer.content).error


def test_from_an_image_to_its_places(painter, query):
    ticket = messages.Ticket.model_validate_json(ask(painter, query, picture()).content)
    early = located_inputs.LocatedInput.model_validate_json(painter.get(f"/api/located-inputs/{ticket.result}").content)
    assert len(early.locations) <= early.n_layers <= 4
    assert finish(painter, ticket.job)["state"] == "done"
    found = located_inputs.LocatedInput.model_validate_json(painter.get(f"/api/located-inputs/{ticket.result}").content)
    assert (found.digest, found.kind, found.text, found.n_layers) == (ticket.result, "image", None, 4)
    assert [place.layer for place in found.locations] == [1, 0, 2, 3]
    assert sum(one.share for one in found.predictions) == pytest.approx(1)
    assert found.thumbnail.startswith("data:image/png;base64,")
    assert ask(painter, query, picture()).json() == {"result": ticket.result, "job": None}
    assert not list((painter.bench.study.path / "located-inputs").glob("*.input"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"no image", "this is no image, or of a kind that is not known", id="no-image"),
        pytest.param(picture(1)[:100], "the image cannot be read", id="half-an-image"),
    ],
)
def test_what_is_no_image_fails_in_the_worker(painter, query, content, said):
    ticket = ask(painter, query, content).json()
    last = finish(painter, ticket["job"])
    assert last["state"] == "failed"
    assert said in last["error"]
    assert error_of(painter.get(f"/api/located-inputs/{ticket['result']}"), 404)
    assert not list((painter.bench.study.path / "located-inputs").glob("*.input"))


def test_a_text_for_a_network_that_takes_images(painter, query):
    ticket = ask(painter, query, json.dumps({"text": "a sentence"}), {"content-type": "application/json"}).json()
    assert "takes images, and this is a text" in finish(painter, ticket["job"])["error"]


class TestRefused:
    def test_without_a_network(self, client, query):
        assert "was opened without its network" in error_of(ask(client, query, picture()), 400)

    @pytest.mark.parametrize(
        ("content", "headers"),
        [
            pytest.param(b"", PNG, id="empty-file"),
            pytest.param(b'{"text": "  "}', {"content-type": "application/json"}, id="blank"),
        ],
    )
    def test_nothing(self, painter, query, content, headers):
        assert "there is nothing in it" in error_of(ask(painter, query, content, headers), 400)

    def test_too_much_is_not_read_to_its_end(self, painter, query, monkeypatch):
        monkeypatch.setattr(route, "MAX_IMAGE_BYTES", 1_000_000)
        sent = []

        def parts():
            for _ in range(200):
                sent.append(1)
                yield bytes(100_000)

        assert "an input may have 1 MB" in error_of(ask(painter, query, parts()), 413)

    @pytest.mark.parametrize(
        ("headers", "content", "status"),
        [
            pytest.param({"content-type": "text/html"}, b"<p>", 415, id="page"),
            pytest.param({"content-type": "application/json"}, b"{", 422, id="no-json"),
            pytest.param({"content-type": "application/json"}, b'{"path": "/etc/passwd"}', 422, id="path"),
        ],
    )
    def test_other_bodies(self, painter, query, headers, content, status):
        assert error_of(ask(painter, query, content, headers), status)

    def test_settings_and_layers_that_are_none(self, painter, query):
        assert "settings" in error_of(ask(painter, {**query, "settings": "{}"}, picture()), 422)
        assert error_of(ask(painter, {"layer": 0}, picture()), 422)
        assert "there is no layer number 99" in error_of(ask(painter, {**query, "layer": 99}, picture()), 404)

    def test_an_unknown_probe(self, painter):
        assert error_of(painter.get(f"/api/located-inputs/{'0' * 16}"), 404)
