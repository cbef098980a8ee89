"""Files that somebody uploads: each becomes an input of the network, or is refused in a sentence."""

import io
import random
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image, features

from topoact.errors import InvalidInput
from topoact.interpret.query_images import MAX_PIXELS, prepare_image
from topoact.interpret.study_network import StudyNetwork
from topoact.networks.preprocessing import Preprocessing
from topoact.testing.networks import Pictures

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", *(["WEBP"] if features.check("webp") else []))
N_FILES = 40
"""Damaged files of each format; ``-m slow`` takes fifty times as many."""


@pytest.fixture(scope="module")
def network() -> StudyNetwork:
    """What is known of a study's network, as far as it prepares images."""
    return StudyNetwork(None, None, "", Preprocessing(size=8), (3, 8, 8), None)  # type: ignore[arg-type]


def saved(kind: str, size: tuple[int, int] = (16, 16)) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(Pictures(1)[0]["image"]) if size == (16, 16) else Image.new("1", size)
    image.save(file, kind)
    return file.getvalue()


def damaged(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 2, 8, 40))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    if rng.random() < 0.3:
        del changed[rng.randrange(len(changed)) :]
    return bytes(changed)


def check(content: bytes, network: StudyNetwork) -> None:
    with suppress(InvalidInput):
        assert np.asarray(prepare_image(content, network).prepared).shape == (8, 8, 3)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of what it mends
@pytest.mark.parametrize("kind", FORMATS)
def test_damaged_images(kind: str, network: StudyNetwork) -> None:
    rng, content = random.Random(0), saved(kind)
    for _ in range(N_FILES):
        check(damaged(content, rng), network)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FORMATS)
def test_many_damaged_images(kind: str, network: StudyNetwork) -> None:
    rng, content = random.Random(1), saved(kind)
    for _ in range(50 * N_FILES):
        check(damaged(content, rng), network)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n(x) run\n",
        b"%PDF-1.4\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xd7\xcd\xc6\x9a" + bytes(60),
        b"\x89HDF\r\n\x1a\n" + bytes(60),
        b"GRIB" + bytes(60),
        b"SIMPLE  =                    T" + bytes(60),
        bytes(range(256)),
    ],
)
def test_what_is_no_image_of_pixels(content: bytes, network: StudyNetwork) -> None:
    with pytest.raises(InvalidInput):
        prepare_image(content, network)


def test_a_small_file_with_an_image_that_fills_the_memory(network: StudyNetwork) -> None:
    content = saved("PNG", (10_000, MAX_PIXELS // 10_000 + 1))
    assert len(content) < 100_000
    with pytest.raises(InvalidInput, match="an image may have 80 megapixels"):
        prepare_image(content, network)
