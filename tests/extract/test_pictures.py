"""What is shown of an image is what the network saw: upright, the first frame, on white, with a scale that is said."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, features

from topoact.errors import InvalidInput
from topoact.extract.loader import decode
from topoact.importers import import_files
from topoact.inputs.opening import open_source
from topoact.inputs.records import Record
from topoact.interpret.query_images import prepare_image
from topoact.interpret.study_network import StudyNetwork
from topoact.networks.pixels import Picture, as_rgb
from topoact.networks.preprocessing import Preprocessing
from topoact.study.thumbnails import Thumbnail

T = Image.Transpose
STORED = {1: None, 2: T.FLIP_LEFT_RIGHT, 3: T.ROTATE_180, 4: T.FLIP_TOP_BOTTOM, 5: T.TRANSPOSE}
STORED |= {6: T.ROTATE_90, 7: T.TRANSVERSE, 8: T.ROTATE_270}
"""How a camera stores an upright scene, by the orientation that it writes: what the standard says, read backwards."""
PIXELS = np.zeros((40, 60, 3), np.uint8)
PIXELS[:20, :30], PIXELS[:20, 30:], PIXELS[20:, :30] = [255, 0, 0], [0, 255, 0], [0, 0, 255]
SCENE = Image.fromarray(PIXELS)


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def stored(orientation: int, kind: str = "JPEG", size: int = 1) -> bytes:
    """Return the scene as a camera stores it that was held so."""
    exif, turn = Image.Exif(), STORED[orientation]
    exif[0x112] = orientation
    scene = SCENE.resize((60 * size, 40 * size))
    return saved(scene if turn is None else scene.transpose(turn), kind, exif=exif)


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """Return the colours near the corners, each channel as 0 or 1, so that lossy formats agree."""
    seen = np.asarray(image.convert("RGB")) > 128
    height, width = seen.shape[:2]
    return [tuple(map(int, seen[y, x])) for y in (4, height - 5) for x in (4, width - 5)]


def shown(thumbnail: Thumbnail | None) -> Image.Image:
    """Return a thumbnail as a browser shows it, which obeys EXIF."""
    assert thumbnail is not None
    image = Picture.read(thumbnail[0]).image
    assert image.getexif().get(0x112, 1) == 1
    return image


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_orientation(kind: str, orientation: int) -> None:
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    decoded = decode(Record(0, "a", None, stored(orientation, kind)), Preprocessing())
    seen = Image.fromarray(decoded.prepared)
    assert seen.size == (60, 40)
    assert corners(seen) == corners(SCENE) == corners(shown(decoded.thumbnail))
    assert corners(Picture.of(seen).image) == corners(SCENE)


def test_a_large_photo_and_one_of_a_dataset_are_turned_as_well() -> None:
    decoded = decode(Record(0, "a", None, stored(6, size=5)), Preprocessing(size=20))
    assert decoded.prepared.shape == (20, 20, 3)
    assert shown(decoded.thumbnail).size == (96, 64)
    item = Record(0, "a", None, {"input": Image.open(io.BytesIO(stored(8))).convert("RGB")})
    decoded = decode(Record(0, "a", None, lambda: item), Preprocessing())
    assert corners(Image.fromarray(decoded.prepared)) == corners(SCENE) == corners(shown(decoded.thumbnail))


def test_a_transform_gets_the_upright_photo(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("import numpy as np\nto = lambda image: np.asarray(image.convert('RGB'))\n")
    decoded = decode(Record(0, "a", None, stored(6)), Preprocessing(transform=f"{tmp_path / 'own.py'}:to"))
    assert corners(Image.fromarray(decoded.prepared)) == corners(SCENE) == corners(shown(decoded.thumbnail))


def test_thumbnails_of_imports_are_upright(tmp_path: Path) -> None:
    for orientation in (1, 6, 8):
        (tmp_path / f"{orientation}.jpg").write_bytes(stored(orientation, size=4))
    np.save(tmp_path / "X.npy", np.eye(3))
    (tmp_path / "m.csv").write_text("image\n1.jpg\n6.jpg\n8.jpg\n")
    study = import_files(tmp_path / "X.npy", tmp_path / "s", metadata=tmp_path / "m.csv")
    for row in range(3):
        assert corners(shown(study.thumbnail(row))) == corners(SCENE)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # Pillow's own notice
@pytest.mark.parametrize("exif", [b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0nonsense", b"\x01\x12\0\x03"])
def test_broken_exif_leaves_the_photo_as_it_is(exif: bytes) -> None:
    decoded = decode(Record(0, "a", None, saved(SCENE, "JPEG", exif=exif)), Preprocessing())
    assert corners(Image.fromarray(decoded.prepared)) == corners(SCENE) == corners(shown(decoded.thumbnail))


def test_orientations_that_there_are_none() -> None:
    exif = Image.Exif()
    exif[0x112] = 99
    assert corners(Picture.read(saved(SCENE, "JPEG", exif=exif)).image) == corners(SCENE)


def _clear(mode: str) -> Image.Image:
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    return image.convert(mode) if mode != "P" else Image.new("P", (8, 8), 0)


@pytest.mark.parametrize(
    ("image", "options", "expected"),
    [
        pytest.param(_clear("RGBA"), {}, (255, 255, 255), id="RGBA"),
        pytest.param(_clear("LA"), {}, (255, 255, 255), id="LA"),
        pytest.param(_clear("P"), {"transparency": 0}, (255, 255, 255), id="P"),
        pytest.param(Image.new("1", (8, 8), 1), {}, (255, 255, 255), id="1"),
        pytest.param(Image.new("L", (8, 8), 7), {}, (7, 7, 7), id="L"),
        pytest.param(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), {"kind": "TIFF"}, (255, 0, 0), id="CMYK"),
    ],
)
def test_modes(image: Image.Image, options: dict[str, Any], expected: tuple[int, int, int]) -> None:
    decoded = decode(Record(0, "a", None, saved(image, **options)), Preprocessing())
    assert tuple(decoded.prepared[0, 0]) == expected
    thumbnail = shown(decoded.thumbnail)
    assert not thumbnail.has_transparency_data
    assert thumbnail.convert("RGB").getpixel((0, 0)) == expected
    assert as_rgb(Picture.read(saved(image, **options)).image).getpixel((0, 0)) == expected


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_several_frames_the_first_is_taken_and_counted(kind: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    decoded = decode(Record(0, "a", None, data), Preprocessing())
    assert decoded.has_frames
    assert decoded.prepared[0, 0, 0] > 250 > 5 > decoded.prepared[0, 0, 2]
    assert getattr(shown(decoded.thumbnail), "n_frames", 1) == 1
    assert not decode(Record(0, "a", None, saved(frames[0], kind)), Preprocessing()).has_frames


def _deep(kind: str, dtype: type = np.uint16, top: float = 4095) -> bytes:
    return saved(Image.fromarray((np.linspace(0, 1, 64).reshape(8, 8) * top).astype(dtype)), kind)


DEEP = [
    pytest.param(_deep("PNG"), 4095, id="png"),
    pytest.param(_deep("TIFF"), 4095, id="tiff"),
    pytest.param(_deep("JPEG2000"), 4095, id="jpeg2000"),
    pytest.param(_deep("PPM"), 4095, id="pgm"),
    pytest.param(_deep("TIFF", np.int32, 90_000), 90_000, id="32 bits"),
    pytest.param(_deep("TIFF", np.float32, 0.5), 0.5, id="floating-point"),
]


@pytest.mark.parametrize(("data", "top"), DEEP)
@pytest.mark.parametrize("is_auto", [False, True])
def test_the_scale_that_is_said(data: bytes, top: float, is_auto: bool) -> None:
    decoded = decode(Record(0, "a", None, data), Preprocessing(white="auto" if is_auto else top))
    expected = np.rint(np.linspace(0, 255, 64)).reshape(8, 8)
    assert abs(decoded.prepared[..., 0] - expected).max() <= 1
    assert abs(np.asarray(shown(decoded.thumbnail).convert("L")) - expected).max() <= 1
    assert decoded.shades is not None
    assert (decoded.shades.brightest, decoded.shades.is_clipped) == (pytest.approx(top), False)


def test_a_scale_that_nobody_says_is_that_of_the_format_or_refused() -> None:
    seen = [decode(Record(0, "a", None, _deep(kind)), Preprocessing()) for kind in ("PNG", "TIFF")]
    assert [(int(one.prepared.max()), one.shades.brightest if one.shades else 0) for one in seen] == [(15, 4095)] * 2
    for data in (_deep("TIFF", np.int32), _deep("TIFF", np.float32)):
        assert "of unknown scale: say which is white with --white" in decode(Record(0, "a", None, data), _PLAIN).reason
    nan = saved(Image.fromarray(np.full((8, 8), np.nan, np.float32)), "TIFF")
    assert "NaN" in decode(Record(0, "a", None, nan), Preprocessing(white=1.0)).reason


_PLAIN = Preprocessing()


def test_pixels_outside_the_scale_are_counted() -> None:
    decoded = decode(Record(0, "a", None, _deep("PNG")), Preprocessing(white=2000.0))
    assert decoded.shades is not None
    assert decoded.shades.is_clipped
    assert decoded.prepared.max() == 255


def test_the_scale_of_a_file_that_says_it_is_taken() -> None:
    data = b"P5 2 1 4095\n" + bytes([0, 255, 15, 255])
    for white in (None, 4095.0):
        decoded = decode(Record(0, "a", None, data), Preprocessing(white=white))
        assert (decoded.prepared[0, :, 0].tolist(), decoded.shades) == ([15, 255], None)


def test_negatives_of_16_bits_are_turned_round() -> None:
    dark = saved(Image.fromarray(np.full((8, 8), 60_000, np.uint16)), "TIFF", tiffinfo={262: 0})
    assert decode(Record(0, "a", None, dark), Preprocessing()).prepared.max() == 255 - (60_000 >> 8)


def test_colours_of_16_bits_are_cut_which_is_counted_and_cannot_be_scaled() -> None:
    data = b"P6 1 1 65535\n" + bytes([0, 255, 15, 255, 1, 1])
    assert decode(Record(0, "a", None, data), Preprocessing()).shades is not None
    assert "colours have 16 bits" in decode(Record(0, "a", None, data), Preprocessing(white=4095.0)).reason


def test_images_of_8_bits_have_their_own_scale() -> None:
    decoded = decode(Record(0, "a", None, saved(SCENE)), Preprocessing(white=4095.0))
    assert (decoded.prepared.max(), decoded.shades) == (255, None)


@pytest.mark.parametrize("white", [0.0, -1.0, float("nan"), float("inf"), "bright"])
def test_no_scale(white: Any) -> None:
    with pytest.raises(InvalidInput, match="--white must be a positive number, or auto"):
        Preprocessing(white=white)


def test_the_record_of_a_scale() -> None:
    assert "white" not in Preprocessing(size=8).record()
    chosen = Preprocessing(size=8, white=4095.0)
    assert Preprocessing.from_record(chosen.record()) == chosen
    assert chosen.describe().endswith("white 4095")
    network = Preprocessing(transform="hf:nowhere", code="x")
    assert Preprocessing(white="auto").completed(network).transform == "hf:nowhere"
    assert Preprocessing(white="auto").completed(network).white == "auto"


@pytest.mark.parametrize("name", ["X.JPG", "x.PnG", "x.avif", "x.jfif", "x.JP2"])
def test_suffixes_in_any_case(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(saved(SCENE))
    assert [record.id for record in open_source(str(tmp_path)).read(0)] == [name]


HIDDEN = (".ipynb_checkpoints/a.png", "._a.png", "__MACOSX/cat/._a.png", "cat/.thumbs/a.png", "cat/@eaDir/a.png")


def _folder(tmp_path: Path) -> list[str]:
    return [record.id for record in open_source(str(tmp_path)).read(0)]


def _texts(tmp_path: Path) -> list[str]:
    return [text.id.replace(".txt", ".png") for text in open_source(str(tmp_path)).texts(0)]


@pytest.mark.parametrize(("listed", "suffix"), [(_folder, ".png"), (_texts, ".txt")])
def test_hidden_files_are_no_data(tmp_path: Path, listed: Callable[[Path], list[str]], suffix: str) -> None:
    root = tmp_path / ".data"
    for name in (*HIDDEN, "cat/a.png"):
        file = root / name.replace(".png", suffix)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(saved(SCENE) if suffix == ".png" else b"text")
    (root / "cat" / "Thumbs.db").write_bytes(b"")
    assert listed(root) == ["cat/a.png"]


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.png").write_bytes(saved(SCENE))
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "photos" / "loop").symlink_to(tmp_path)
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "photos")
    assert _folder(tmp_path / "photos") == ["cat/a.png", "loop/elsewhere/a.png"]


@pytest.mark.parametrize("preprocessing", [Preprocessing(white=4095.0), Preprocessing(size=8, white=4095.0)])
def test_images_to_locate_are_read_as_those_of_the_study(preprocessing: Preprocessing) -> None:
    study_network = StudyNetwork(None, None, "", preprocessing, None, None)  # type: ignore[arg-type]  # it is not run
    image = prepare_image(_deep("PNG"), study_network)
    assert image.prepared.max() == 255
    own_size = StudyNetwork(None, None, "", Preprocessing(), None, None)  # type: ignore[arg-type]
    photo = prepare_image(stored(6), own_size)
    assert corners(Image.fromarray(photo.prepared)) == corners(SCENE) == corners(shown(photo.thumbnail))
