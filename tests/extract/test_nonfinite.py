"""Vectors that are not finite are refused with their number, or left out on request, and the rest stays matched."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from topoact.errors import Cancelled, InvalidInput, StudyError
from topoact.extract import extract
from topoact.extract.summary import sentences, summarise
from topoact.importers import import_files
from topoact.inputs.opening import open_source
from topoact.networks.preprocessing import Preprocessing
from topoact.study import Study

from .conftest import picture, plan, same

BAD = (0, 7, 8, 9, 10, 11, 12, 13, 14, 15, 29)
GOOD = [row for row in range(30) if row not in BAD]
VECTORS = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float64)
VECTORS[BAD[:4], 1] = np.nan
VECTORS[BAD[4:-1], 2] = np.inf
LARGE = VECTORS.copy()
LARGE[BAD[-1], 0] = 1e300


def npz(path: Path) -> None:
    np.savez_compressed(path, X=LARGE, fine=np.eye(30))


def parquet(path: Path) -> None:
    pq.write_table(pa.table({"X": LARGE.tolist(), "fine": np.eye(30).tolist()}), path)


@pytest.fixture
def metadata(tmp_path: Path) -> Path:
    for row in range(30):
        (tmp_path / f"{row}.png").write_bytes(picture(row))
    frame = pd.DataFrame({"id": [f"r{i}" for i in range(30)], "label": [f"c{i % 3}" for i in range(30)]})
    frame.assign(image=[f"{i}.png" for i in range(30)], number=range(30)).to_csv(tmp_path / "m.csv", index=False)
    return tmp_path / "m.csv"


@pytest.mark.parametrize(
    ("save", "name", "rows_at_once"), [(npz, "f.npz", 4), (parquet, "f.parquet", 7), (npz, "f.npz", 1024)]
)
def test_rows_are_left_out_on_request(
    save: Callable[[Path], None], name: str, rows_at_once: int, metadata: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topoact.importers.writing.MAX_PORTION_ROWS", rows_at_once)
    monkeypatch.setattr("topoact.study.segments.MAX_SEGMENT_EXAMPLES", 8)
    folder = metadata.parent
    save(folder / name)
    sentence = "row 0 of 'X' holds NaN, infinity or .* and there are 11 rows that do, of 30: --skip-nonfinite leaves"
    with pytest.raises(InvalidInput, match=sentence):
        import_files(folder / name, folder / "s", metadata=metadata)
    options: dict[str, Any] = {"metadata": metadata, "skip_nonfinite": True}
    study = import_files(folder / name, folder / "s", **options)
    np.testing.assert_array_equal(study.layer("X").vectors(), VECTORS[GOOD].astype(np.float32))
    np.testing.assert_array_equal(study.layer("fine").vectors(), np.eye(30)[GOOD])
    assert study.examples["number"].tolist() == GOOD
    assert study.examples["id"].tolist() == [f"r{row}" for row in GOOD]
    assert study.examples["label"].tolist() == [f"c{row % 3}" for row in GOOD]
    assert [study.thumbnail(i) for i in range(len(GOOD))] == [(picture(row), "image/png") for row in GOOD]
    assert study.manifest.config["skip_nonfinite"]
    assert "left out 11 whose vectors hold NaN or infinity" in sentences(summarise(study))

    def stop(stage: str, done: int, total: int) -> None:
        if done >= 21:
            raise KeyboardInterrupt

    with pytest.raises(Cancelled):
        import_files(folder / name, folder / "t", **options, on_progress=stop)
    resumed = import_files(folder / name, folder / "t", **options)
    assert resumed.digest == study.digest
    assert resumed.manifest.notes == study.manifest.notes


def test_nothing_is_left_or_rows_belong_to_a_graph(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.full((5, 2), np.nan))
    with pytest.raises(InvalidInput, match="no row is left: each holds NaN"):
        import_files(tmp_path / "f.npy", tmp_path / "s", skip_nonfinite=True)
    (tmp_path / "g.json").write_text('{"nodes": {"cube0_cluster0": [0, 1], "cube1_cluster0": [2, 3, 4]}, "links": {}}')
    with pytest.raises(InvalidInput, match="a graph has a point for each: import them apart"):
        import_files([tmp_path / "f.npy", tmp_path / "g.json"], tmp_path / "s", skip_nonfinite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.npy", "g.json"]


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint64])
@pytest.mark.parametrize("name", ["f.npy", "f.parquet"])
def test_whole_numbers_that_change_are_refused(tmp_path: Path, dtype: type, name: str) -> None:
    values = np.array([[1, 2**24], [3, 2**24 + 1]], dtype)
    (np.save if name == "f.npy" else _as_parquet)(tmp_path / name, values)
    with pytest.raises(InvalidInput, match=r"row 1 of .* holds 16777217, which float32 cannot hold exactly"):
        import_files(tmp_path / name, tmp_path / "s")
    (np.save if name == "f.npy" else _as_parquet)(tmp_path / name, values - values % 2)
    assert import_files(tmp_path / name, tmp_path / "s").layer("vectors" if name == "f.npy" else "v").n_points == 2


def _as_parquet(path: Path, values: Any) -> None:
    pq.write_table(pa.table({"v": pa.array(values.tolist(), pa.list_(pa.from_numpy_dtype(values.dtype)))}), path)


class Dividing(torch.nn.Module):
    """Gives infinity for images whose first pixel is black."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu = torch.nn.Conv2d(3, 4, 1), torch.nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.conv(x / x[:, :, :1, :1].amax((1, 2, 3), keepdim=True))).mean((2, 3))


DARK = (0, 3, 4, 5, 11, 12, 13, 14, 15, 22)


@pytest.fixture
def dark_photos(tmp_path: Path) -> Any:
    """24 photos, of which some make the network divide by zero."""
    for row in range(24):
        pixels = np.asarray(Image.open(io.BytesIO(picture(row)))).copy()
        pixels[0, 0] = 0 if row in DARK else 255
        (tmp_path / "photos").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{row:02d}.png")
    return open_source(str(tmp_path / "photos"))


def extracted(source: Any, path: Path, **changes: Any) -> Study:
    torch.manual_seed(0)
    chosen = plan(layers=("conv", "relu"), policies=("mean",), preprocessing=Preprocessing(), **changes)
    return extract(Dividing(), source, path, chosen, on_progress=changes.pop("on_progress", None))


def test_examples_are_left_out_on_request(dark_photos: Any, tmp_path: Path, small_segments: None) -> None:
    with pytest.raises(InvalidInput, match=r"NaN or infinite activations for 00.png, one of 2 such .*--skip-nonfinite"):
        extracted(dark_photos, tmp_path / "s")
    study = extracted(dark_photos, tmp_path / "s", skip_nonfinite=True)
    good = [row for row in range(24) if row not in DARK]
    assert study.examples["id"].tolist() == [f"{row:02d}.png" for row in good]
    assert all(np.isfinite(study.layer(name).vectors()).all() for name in study.layers)
    assert "left out 10 whose vectors hold NaN or infinity" in sentences(summarise(study))
    kept = tmp_path / "kept"
    kept.mkdir()
    for row in good:
        (kept / f"{row:02d}.png").write_bytes((tmp_path / "photos" / f"{row:02d}.png").read_bytes())
    alone = extracted(open_source(str(kept)), tmp_path / "alone")
    for name in study.layers:
        np.testing.assert_allclose(study.layer(name).vectors(), alone.layer(name).vectors(), rtol=1e-5)


@pytest.mark.parametrize("after", [10, 20])
def test_an_interrupted_run_that_leaves_out_goes_on(
    dark_photos: Any, tmp_path: Path, small_segments: None, after: int
) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if done >= after:
            raise KeyboardInterrupt

    torch.manual_seed(0)
    network = Dividing()
    chosen = plan(layers=("conv",), policies=("mean", "random"), skip_nonfinite=True, batch_size=5)
    with pytest.raises(Cancelled):
        extract(network, dark_photos, tmp_path / "a", chosen, on_progress=stop)
    resumed, whole = (extract(network, dark_photos, tmp_path / name, chosen) for name in "ab")
    assert same(resumed, whole)
    assert resumed.manifest.notes == whole.manifest.notes
    assert resumed.digest == whole.digest
    with pytest.raises(StudyError, match=r"10 examples of .* were left out"):
        extract(network, dark_photos, tmp_path / "a", plan(layers=("relu",), policies=("mean",)), append=True)


def test_what_was_read_of_images_is_said(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for row in range(4):
        values = (np.arange(1, 65).reshape(8, 8) * (row + 1)).astype(np.uint16) * 10
        values[0, 0] = 512
        Image.fromarray(values).save(tmp_path / "photos" / f"{row}.png")
    source = open_source(str(tmp_path / "photos"))
    said = sentences(summarise(extracted(source, tmp_path / "s")))
    scale = "images of more than 8 bits: 4, white is 65,535; their brightest pixel is 2,560"
    assert f"{scale}: say --white if that is white" in said
    torch.manual_seed(0)
    chosen = plan(layers=("conv",), policies=("mean",), preprocessing=Preprocessing(white=1000.0))
    study = extract(Dividing(), source, tmp_path / "t", chosen)
    said = sentences(summarise(study))
    assert "images of more than 8 bits: 4, white is 1,000; their brightest pixel is 2,560" in said
    assert "images with pixels outside the scale, cut to it: 3; see --white" in said
    assert Preprocessing.from_record(study.manifest.config["preprocessing"]).white == 1000


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_example_without_a_label_is_no_error(tmp_path: Path, suffix: str) -> None:
    for row in range(8):
        (tmp_path / f"{row}.png").write_bytes(picture(row))
    frame = pd.DataFrame({"image": [f"{row}.png" for row in range(8)], "label": ["", "a", "b", "c"] * 2})
    path = tmp_path / f"t.{suffix}"
    frame.to_csv(path, index=False, sep=";") if suffix == "csv" else frame.to_parquet(path)
    study = extracted(open_source(str(path)), tmp_path / "s", classes=("a", "b", "c", "d"))
    examples = study.examples
    assert examples["label"].isna().tolist() == examples["correct"].isna().tolist() == [True, False, False, False] * 2
    known = examples[examples["label"].notna()]
    assert study.manifest.notes["accuracy"] == np.mean(known["label"].astype(str) == known["prediction"].astype(str))
    assert "" not in study.classes
