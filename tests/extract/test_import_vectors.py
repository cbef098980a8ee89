"""Vectors that exist already become a study, or one sentence says why not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from topoact.errors import Cancelled, InvalidInput
from topoact.importers.run import import_files

from .conftest import picture, write_photos

VECTORS = np.random.default_rng(0).normal(size=(30, 4))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A table with paths of images, one of which is missing."""
    write_photos(tmp_path / "photos", 30, ("cat",))
    (tmp_path / "photos/cat/007.png").unlink()
    frame = pd.DataFrame({"image": [f"photos/cat/{i:03d}.png" for i in range(30)], "label": ["a", "b", "c"] * 10})
    frame.assign(prediction="a", confidence=0.5, size=range(30), y=1.5).to_csv(tmp_path / "rows.csv", index=False)
    np.save(tmp_path / "X.npy", VECTORS)
    return tmp_path / "rows.csv"


def test_import(rows: Path) -> None:
    study = import_files(rows.parent / "X.npy", rows.parent / "s", metadata=rows, layer_name="clip")
    assert study.layers == ("clip",)
    assert (study.layer("clip").policy, study.layer("clip").grid) == ("given", None)
    np.testing.assert_array_equal(study.layer("clip").vectors(), VECTORS.astype(np.float32))
    assert list(study.examples.columns) == ["id", "label", "prediction", "confidence", "size", "y_given"]
    assert study.examples["label"].dtype == "category"
    assert study.classes == ("a", "b", "c")
    assert study.manifest.notes["accuracy"] == pytest.approx(1 / 3)
    assert study.thumbnail(3) == (picture(3), "image/png")
    assert study.thumbnail(7) is None
    assert study.manifest.model is None


def test_without_metadata(rows: Path) -> None:
    study = import_files(rows.parent / "X.npy", rows.parent / "s")
    assert study.examples["id"].tolist() == [str(i) for i in range(30)]
    assert not study.has_thumbnails


def test_whole_numbers_and_parquet(rows: Path) -> None:
    np.save(rows.parent / "I.npy", np.arange(6, dtype=np.uint8).reshape(3, 2))
    pd.DataFrame({"key": ["x", "y", "z"], "kind": [2, 10, 1]}).to_parquet(rows.parent / "m.parquet")
    study = import_files(
        rows.parent / "I.npy", rows.parent / "s", metadata=rows.parent / "m.parquet", label="kind", identity="key"
    )
    assert study.classes == ("1", "2", "10")
    assert study.examples["id"].tolist() == ["x", "y", "z"]


def test_an_interrupted_import_goes_on(rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topoact.importers.writing.ROWS", 8)
    monkeypatch.setattr("topoact.study.segments.SEGMENT_EXAMPLES", 8)

    def progress(stage: str, done: int, total: int) -> None:
        if done == 16:
            raise KeyboardInterrupt

    arguments = {"files": rows.parent / "X.npy", "metadata": rows}
    with pytest.raises(Cancelled, match="interrupted after 16 of 30 rows"):
        import_files(**arguments, out=rows.parent / "s", on_progress=progress)
    study = import_files(**arguments, out=rows.parent / "s")
    np.testing.assert_array_equal(study.layer(0).vectors(), VECTORS.astype(np.float32))
    assert study.thumbnail(29) == (picture(29), "image/png")


def _with(value: float) -> np.ndarray:
    array = VECTORS.copy()
    array[17, 2] = value
    return array


@pytest.mark.parametrize(
    ("save", "sentence"),
    [
        pytest.param(lambda p: None, "there is no file", id="missing"),
        pytest.param(lambda p: p.write_bytes(b"hello"), "not a .npy file, or a damaged one", id="garbage"),
        pytest.param(lambda p: np.save(p, np.array([[{}]])), "it holds Python objects", id="objects"),
        pytest.param(lambda p: np.save(p, np.ones(3)), r"has shape \(3,\): a matrix", id="1-D"),
        pytest.param(lambda p: np.save(p, np.ones((0, 3))), r"has shape \(0, 3\): a matrix", id="empty"),
        pytest.param(lambda p: np.save(p, np.array([["a"]])), "holds <U1: floating-point or whole", id="text"),
        pytest.param(lambda p: np.save(p, np.ones((2, 2), complex)), "holds complex128", id="complex"),
        pytest.param(lambda p: np.save(p, VECTORS[:5]), "rows.csv has 30 rows and there are 5 vectors", id="counts"),
        pytest.param(lambda p: np.save(p, _with(np.nan)), "row 17 of .vectors. holds NaN", id="NaN"),
        pytest.param(lambda p: np.save(p, _with(np.inf)), "row 17 of .vectors. holds NaN, infinity", id="infinity"),
        pytest.param(lambda p: np.save(p, _with(1e300)), "a number too large for float32", id="too large"),
    ],
)
def test_bad_vectors(rows: Path, save: Callable[[Path], Any], sentence: str) -> None:
    save(rows.parent / "bad.npy") if sentence != "there is no file" else None
    with pytest.raises(InvalidInput, match=sentence):
        import_files(rows.parent / "bad.npy", rows.parent / "s", metadata=rows)
    assert not list(rows.parent.glob("s*"))


def test_an_archive_is_refused(rows: Path) -> None:
    with (rows.parent / "bad.npy").open("wb") as file:
        np.savez(file, a=VECTORS)
    with pytest.raises(InvalidInput, match="is an archive of arrays"):
        import_files(rows.parent / "bad.npy", rows.parent / "s")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"metadata": "gone.csv"}, "there is no file .*gone.csv"),
        ({"metadata": "X.npy"}, "the table .*X.npy cannot be read"),
        ({"label": "kind"}, "has no column 'kind'.* --label-column"),
        ({"image": "photo"}, "has no column 'photo'.* --image-column"),
    ],
)
def test_bad_metadata(rows: Path, options: dict[str, str], sentence: str) -> None:
    options = {**options, "metadata": rows.parent / options.get("metadata", "rows.csv")}
    with pytest.raises(InvalidInput, match=sentence):
        import_files(rows.parent / "X.npy", rows.parent / "s", **options)
