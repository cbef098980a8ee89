"""What points see of their photos: on what the network saw, whatever was cropped or turned, whatever a study says."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from topoact.errors import InvalidInput, StudyError, UnknownName
from topoact.interpret.study_network import NetworkChoice
from topoact.study import open_study
from topoact.study.cache.sights import load_sights
from topoact.study.sight import Frame, Sight, Span, Tokens
from topoact.workbench import Workbench, open_workbench
from topoact.workbench.patch_views import CELLS, Line, PatchView, view_of

SIDE = 32
TURNS = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
"""How a photo is stored that a viewer turns upright, by its orientation in EXIF."""


def photo(path: Path, size: tuple[int, int], spot: tuple[int, int], orientation: int) -> None:
    """Write a black photo with a red spot of 6 x 6 pixels, stored turned as its EXIF says."""
    pixels = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    x, y = spot
    pixels[y : y + 6, x : x + 6] = (255, 0, 0)
    image, exif = Image.fromarray(pixels), Image.Exif()
    exif[0x0112] = orientation
    turn = TURNS[orientation]
    (image.transpose(turn) if turn is not None else image).save(path, exif=exif.tobytes())


PREPARED = {
    "cropped": {"size": SIDE, "resize": 40},
    "whole short side": {"size": SIDE},
    "squashed": {"size": SIDE, "resize": 40, "squash": True},
}
PHOTOS = [((60, 40), (30, 16), 1), ((40, 60), (14, 30), 6), ((64, 64), (20, 40), 3), ((48, 120), (26, 50), 8)]


@pytest.fixture(scope="module", params=PREPARED)
def spotted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """A study of a network whose positions see 4 x 4 pixels, and are strong where these are red."""
    import torch

    from topoact.extract import Plan, extract
    from topoact.inputs.opening import open_source
    from topoact.networks import TorchNetwork
    from topoact.networks.preprocessing import Preprocessing

    folder = tmp_path_factory.mktemp("spotted")
    (folder / "photos").mkdir()
    for number, (size, spot, orientation) in enumerate(PHOTOS):
        photo(folder / "photos" / f"{number}.png", size, spot, orientation)
    conv = torch.nn.Conv2d(3, 2, 4, 4)
    with torch.no_grad():
        conv.weight[:] = torch.tensor([1.0, 0, 0])[:, None, None] / 16
        conv.bias[:] = 0
    network = TorchNetwork(torch.nn.Sequential(conv, torch.nn.Flatten()))
    plan = Plan(("0",), ("all",), Preprocessing(**PREPARED[request.param]))
    return open_workbench(extract(network, open_source(str(folder / "photos")), folder / "s", plan).path)


def redness(picture: bytes) -> float:
    """Return the mean of the red of a picture, from 0 to 1."""
    return float(np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))[..., 0].mean() / 255)


def test_patches_are_as_red_as_the_network_found_them(spotted: Workbench) -> None:
    layer = spotted.study.layer(0)
    assert layer.sight == Sight((Span(0, 4, 4),) * 2)
    assert spotted.patches.view(0).kind == "receptive field"
    pictures = spotted.patches.pictures(0, range(layer.n_points), 16)
    seen = [redness(patch.image[0]) for patch in pictures if patch.image]
    found = layer.vectors()[:, 0]
    np.testing.assert_allclose(seen, found, atol=0.2)
    for example in range(len(PHOTOS)):
        of_photo = (layer.points["example"] == example).to_numpy()
        assert found[of_photo].max() > 0.3
        assert np.corrcoef(np.array(seen)[of_photo], found[of_photo])[0, 1] > 0.95


def test_pictures_have_the_side_that_is_asked_for(spotted: Workbench) -> None:
    for side in (8, 15):
        (image,) = (patch.image for patch in spotted.patches.pictures(0, [30], side))
        assert image is not None
        assert max(Image.open(io.BytesIO(image[0])).size) == side
    with pytest.raises(InvalidInput, match="from 8 to 512 pixels: got 9000"):
        spotted.patches.picture(0, 0, 9000)
    with pytest.raises(UnknownName, match="there is no point 99999"):
        spotted.patches.picture("0", 99_999)
    with pytest.raises(UnknownName, match="there is no point -1"):
        spotted.patches.picture("0", -1)


FIELD = Sight((Span(-2, 4, 8),) * 2)


@pytest.mark.parametrize(
    ("sight", "grid", "kind", "words"),
    [
        (FIELD, (8, 8), "receptive field", "8 × 8 of the 32 × 32 pixels"),
        (Sight((Span(-8, 4, 20),) * 2), (8, 8), "region", "20 × 20 pixels, is more than half"),
        (Sight(), (8, 8), "region", "takes most of the photo"),
        (None, (8, 8), "region", "is not known"),
        (Sight(None, Tokens(1, (4, 4))), (1, 17), "region", "4 × 4 map and those around it: every position depends"),
        (Sight(), (1, 17), "photo", "in a row"),
    ],
)
def test_which_part_it_is_is_said(sight: Sight | None, grid: tuple[int, int], kind: str, words: str) -> None:
    view = view_of(grid, sight, (32, 32))
    assert view.kind == kind
    assert words in view.sentence


def test_regions_are_cells_with_those_around_them() -> None:
    view = view_of((10, 10), None, (32, 32))
    assert view.region(5, 3, 1.0) == pytest.approx((0.2, 0.4, 0.5, 0.7))
    assert view.region(0, 9, 1.0) == pytest.approx((0.8, 0.0, 1.0, 0.2))
    assert view.region(-1, -1, 1.0) == (0, 0, 1, 1)
    assert CELLS == 3


def test_tokens_have_the_regions_of_their_places() -> None:
    view = view_of((1, 37), Sight(None, Tokens(1, (6, 6))), (24, 24))
    assert view.region(0, 0, 1.0) == (0, 0, 1, 1)
    assert view.region(0, 1 + 6 * 2 + 4, 1.0) == pytest.approx((0.5, 1 / 6, 1.0, 4 / 6))


def test_a_large_field_gives_the_region_around_its_middle() -> None:
    view = view_of((8, 8), Sight((Span(-16, 4, 36),) * 2), (32, 32))
    left, top, right, bottom = view.region(4, 4, 1.0)
    middle = (-16 + 4 * 4 + 18) / 32
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((middle, middle))
    assert right - left == pytest.approx(3 * 4 / 32)


@pytest.mark.parametrize(
    ("frame", "aspect", "region"),
    [
        (Frame(), 2.0, (0.0, 0.0, 0.5, 0.5)),
        (Frame((1, 1), squash=False), 2.0, (0.25, 0.0, 0.5, 0.5)),
        (Frame((1, 1), squash=False), 0.5, (0.0, 0.25, 0.5, 0.5)),
        (Frame((0.5, 0.5), squash=False), 1.0, (0.25, 0.25, 0.5, 0.5)),
        (Frame((2, 2), squash=True), 1.0, (0.0, 0.0, 0.5, 0.5)),
    ],
)
def test_frames_place_the_input_on_the_photo(frame: Frame, aspect: float, region: tuple[float, ...]) -> None:
    half = Line(0.0, 0.5, 0.5)
    view = PatchView("receptive field", "", (half, half), frame=frame)
    assert view.region(0, 0, aspect) == pytest.approx(region)


EXTREMES: dict[str, tuple[Any, bool]] = {
    "far left": ({"field": [{"start": -(2**20), "stride": 1, "size": 1}] * 2}, True),
    "far right": ({"field": [{"start": 2**20, "stride": 2**20, "size": 1}] * 2}, True),
    "huge": ({"field": [{"start": -5, "stride": 2**20, "size": 2**20}] * 2}, True),
    "many tokens": ({"tokens": {"first": 64, "grid": [2**20, 2**20]}}, True),
    "no stride": ({"field": [{"start": 0, "stride": 0, "size": 1}] * 2}, False),
    "a number beyond": ({"field": [{"start": 2**40, "stride": 1, "size": 1}] * 2}, False),
    "one axis": ({"field": [{"start": 0, "stride": 1, "size": 1}]}, False),
    "a text": ({"field": "everything"}, False),
    "no size": ({"field": [{"start": 0, "stride": 1}] * 2}, False),
    "not finite": ({"field": [{"start": 0, "stride": 1, "size": 1e999}] * 2}, False),
}


def edited(path: Path, into: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    shutil.copytree(path, into)
    record = json.loads((into / "study.json").read_text())
    change(record)
    (into / "study.json").write_text(json.dumps(record))
    return into


@pytest.mark.parametrize("name", EXTREMES)
def test_what_a_study_says_is_checked(name: str, network_path: Path, tmp_path: Path) -> None:
    sight, is_usable = EXTREMES[name]
    study = edited(network_path, tmp_path / "s", lambda record: record["layers"][0].update(sight=sight))
    if not is_usable:
        with pytest.raises(StudyError, match="damaged"):
            open_workbench(study)
        return
    for image, region in open_workbench(study).patches.pictures(0, [0, 1, 2], 48):
        assert image is not None
        assert all(0 <= end <= 1 for end in region)


@pytest.mark.parametrize("frame", [{"kept": [0, 1], "squash": True}, {"kept": [1e9, 1]}, {"kept": [1]}, 7])
def test_a_frame_is_checked(frame: Any, network_path: Path, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"study\.json is damaged"):
        open_study(edited(network_path, tmp_path / "s", lambda record: record["notes"].update(frame=frame)))


def forget(record: dict[str, Any]) -> None:
    for layer in record["layers"]:
        layer.pop("sight")


def test_a_study_that_does_not_say_it_is_told_by_its_network(network_path: Path, tmp_path: Path) -> None:
    told = {layer.module: layer.sight for layer in map(open_study(network_path).layer, (0, 2))}
    path = edited(network_path, tmp_path / "s", forget)
    shutil.copy(network_path.with_name("network.py"), tmp_path / "network.py")
    assert "is not known" in open_workbench(path).patches.view(0).sentence
    bench = open_workbench(path, NetworkChoice(trust=True))
    assert bench.patches.view(0).kind == "region"
    assert bench.network
    assert bench.patches.view(0).kind == "receptive field"
    found = load_sights(bench.derived)
    assert found is not None
    assert found.sights == told
    assert open_workbench(path).patches.view(0).kind == "receptive field"
    (path / "sights" / "sights.json").write_text('{"sights": {"1": {"field": 3}}, "frame": null}')
    assert "is not known" in open_workbench(path).patches.view(0).sentence


def test_an_example_whose_photo_is_damaged_has_no_picture(network_path: Path, tmp_path: Path) -> None:
    path = shutil.copytree(network_path, tmp_path / "s")
    for file in (path / "thumbnails").glob("*.arrow"):
        file.write_bytes(b"ARROW1\0\0" + b"x" * 64)
    (patch,) = open_workbench(path).patches.pictures(0, [0])
    assert patch.image is None
