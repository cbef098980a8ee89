"""Pictures of points over HTTP: one, and many in one frame."""

import io

import numpy as np
import pytest
from PIL import Image
from served import decode_frame


def pictures(frame):
    start = 0
    for end in frame["end"]:
        yield bytes(frame["content"][start:end])
        start = end


def test_one_picture_is_sandboxed_and_kept(painter):
    answer = painter.get("/api/layers/0/points/5/patch", params={"side": 64})
    assert answer.status_code == 200
    assert answer.headers["content-type"] in {"image/png", "image/jpeg"}
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cache-control"].startswith("private, max-age")
    assert answer.content == painter.bench.patches.picture(0, 5, 64).image[0]
    assert max(Image.open(io.BytesIO(answer.content)).size) <= 64


def test_many_pictures_come_in_one_frame(painter):
    answer = painter.get("/api/layers/2/patches", params={"points": "7,3,7,200", "side": 32})
    assert "immutable" in answer.headers["cache-control"]
    frame, expected = decode_frame(answer.content), painter.bench.patches.pictures(2, [7, 3, 7, 200], 32)
    assert list(pictures(frame)) == [patch.image[0] for patch in expected]
    np.testing.assert_allclose(np.reshape(frame["region"], (4, 4)), [patch.region for patch in expected], atol=1e-6)


def test_the_page_is_told_what_they_show(painter):
    facts = [layer["patches"] for layer in painter.get("/api/study").json()["layers"]]
    assert [fact["kind"] for fact in facts] == ["receptive field", "photo", "receptive field", "photo"]
    assert "5 × 5 of the 16 × 16 pixels" in facts[0]["sentence"]


@pytest.mark.parametrize(
    ("address", "params", "status"),
    [
        ("/api/layers/0/patches", {"points": "1,2", "side": 4}, 400),
        ("/api/layers/0/patches", {"points": "1,2", "side": 5000}, 400),
        ("/api/layers/0/patches", {"points": "1,x", "side": 48}, 422),
        ("/api/layers/0/patches", {"points": "", "side": 48}, 422),
        ("/api/layers/0/patches", {"points": ",".join(["1"] * 300), "side": 48}, 400),
        ("/api/layers/0/patches", {"points": "1,99999999", "side": 48}, 404),
        ("/api/layers/9/patches", {"points": "1", "side": 48}, 404),
        ("/api/layers/0/points/99999999/patch", {"side": 48}, 404),
        ("/api/layers/0/points/-1/patch", {"side": 48}, 422),
    ],
)
def test_what_cannot_be_shown_is_refused_in_a_sentence(painter, address, params, status):
    answer = painter.get(address, params=params)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_points_without_a_position_show_the_photo(client):
    assert {layer["patches"]["kind"] for layer in client.get("/api/study").json()["layers"]} == {"photo"}
    frame = decode_frame(client.get("/api/layers/0/patches", params={"points": "0,1", "side": 48}).content)
    np.testing.assert_array_equal(np.reshape(frame["region"], (2, 4)), [[0, 0, 1, 1]] * 2)
