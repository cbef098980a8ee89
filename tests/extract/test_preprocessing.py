"""What is done to images before a network sees them."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from topoact.errors import InvalidInput, ModelError
from topoact.extract.loader import load_batches
from topoact.inputs.opening import open_source
from topoact.inputs.sources import ImageFolder
from topoact.networks.pixels import as_rgb
from topoact.networks.preprocessing import Preprocessing

from .conftest import picture, write_photos

MODES = {"grey": "L", "two colours": "1", "alpha": "RGBA", "grey and alpha": "LA", "palette": "P", "CMYK": "CMYK"}


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_images_of_every_kind(tmp_path: Path, mode: str) -> None:
    colours = Image.open(io.BytesIO(picture(3, (40, 30)))).convert("RGB").convert(mode)
    (tmp_path / "a").mkdir()
    colours.save(tmp_path / "a" / ("i.tif" if mode == "CMYK" else "i.png"))
    batch = next(load_batches(open_source(str(tmp_path)), Preprocessing(16), batch_size=2, stop=2))
    assert batch.skipped == []
    assert batch.inputs.shape == (1, 3, 16, 16)


def test_sixteen_bits_keep_their_upper_eight_and_transparency_is_white(tmp_path: Path) -> None:
    ramp = (np.arange(64, dtype=np.uint16) * 1000).reshape(8, 8)
    np.testing.assert_array_equal(np.asarray(as_rgb(Image.fromarray(ramp)))[..., 1], ramp >> 8)
    clear = Image.new("RGBA", (4, 4), (200, 0, 0, 0))
    assert as_rgb(clear).getpixel((0, 0)) == (255, 255, 255)
    Image.fromarray(ramp.astype(np.float32)).save(tmp_path / "f.tif")
    with pytest.raises(
        InvalidInput, match=r"f\.tif cannot be read: its pixels are floating-point numbers of unknown scale"
    ):
        list(load_batches(ImageFolder(tmp_path), Preprocessing(), batch_size=1, stop=1, strict=True))


@pytest.mark.usefixtures("torchvision_beside_cpu_torch")
@pytest.mark.parametrize("size", [(40, 30), (30, 41), (7, 9), (16, 16)])
def test_preprocessing_is_that_of_torchvision(size: tuple[int, int]) -> None:
    from torchvision.transforms import v2

    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8))
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.3, 0.4)
    ours = Preprocessing(16, mean, std)
    theirs = v2.Compose([v2.Resize(16), v2.CenterCrop(16), v2.PILToTensor()])(image) / 255
    expected = (theirs.numpy() - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1))
    np.testing.assert_allclose(ours.collate([ours.prepare(image)])[0], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        pytest.param({"size": 0}, "--size must be 1 or more: got 0", id="size"),
        pytest.param({"mean": (0.5,)}, "--mean needs 3 numbers.*: got 1", id="mean"),
        pytest.param({"std": (1.0, 0.0, 1.0)}, "--std must be positive: got 0", id="std"),
        pytest.param({"transform": "a.py:f", "size": 3}, "--transform prepares the whole input", id="both"),
    ],
)
def test_bad_preprocessing(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        Preprocessing(**options)


def test_preprocessing_is_rebuilt_from_its_record(models: Path) -> None:
    for given in (Preprocessing(8, (0.1, 0.2, 0.3)), Preprocessing(), Preprocessing(transform=f"{models}:to_tensor")):
        assert Preprocessing.from_record(given.record()) == given


def test_a_transform_that_has_changed_is_not_applied_again(tmp_path: Path) -> None:
    (tmp_path / "t.py").write_text("def f(image): return image")
    record = Preprocessing(transform=f"{tmp_path / 't.py'}:f").record()
    (tmp_path / "t.py").write_text("def f(image): return None")
    with pytest.raises(InvalidInput, match="its file has changed"):
        Preprocessing.from_record(record)


def test_a_transform_of_the_user(models: Path, tmp_path: Path) -> None:
    source = ImageFolder(write_photos(tmp_path, 2))
    batch = next(load_batches(source, Preprocessing(transform=f"{models}:to_tensor"), batch_size=2, stop=2))
    assert batch.inputs is not None
    assert batch.inputs.shape == (2, 8, 8, 8)
    with pytest.raises(ModelError, match=r"the transform .* failed: ZeroDivisionError: by design \(my_models.py"):
        next(load_batches(source, Preprocessing(transform=f"{models}:breaking"), batch_size=2, stop=2))
