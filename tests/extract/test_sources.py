"""Folders, tables and Datasets list the same inputs; what cannot be used is said in one sentence."""

import io
import json
import tarfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from topoact.errors import InvalidInput, ModelError, TopoActError, UnknownName
from topoact.extract import Plan, extract
from topoact.extract.loader import in_threads, load_batches
from topoact.inputs.opening import open_source
from topoact.inputs.records import Record
from topoact.inputs.sources import DatasetSource, ImageFolder
from topoact.networks.loading import load_network
from topoact.networks.preprocessing import Preprocessing

from .conftest import picture, write_photos


def photo_table(path: Path, n: int = 10, **columns: Any) -> Path:
    frame = {"id": [f"p{i}" for i in range(n)], "label": ["cat", "dog"] * (n // 2), "image": [*map(picture, range(n))]}
    pq.write_table(pa.table({k: v for k, v in (frame | columns).items() if v is not None}), path)
    return path


def records(path: str | Path, start: int = 0, **columns: str) -> list[Record]:
    return list(open_source(str(path), **columns).read(start))


def test_a_folder_of_class_folders(tmp_path: Path) -> None:
    write_photos(tmp_path / "photos", 5, ("b", "a"))
    (tmp_path / "photos" / "notes.txt").write_text("no image")
    found = records(tmp_path / "photos")
    assert [(r.id, r.label) for r in found][:3] == [("a/001.png", "a"), ("a/003.png", "a"), ("b/000.png", "b")]
    source = open_source(str(tmp_path / "photos"))
    assert (len(source), source.class_names(2), source.class_names(3)) == (5, ("a", "b"), None)
    assert [r.row for r in source.read(3)] == [3, 4]


def test_a_flat_folder_has_no_labels(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture(0))
    assert records(tmp_path)[0].label is None


def test_a_table_of_bytes(tmp_path: Path) -> None:
    found = records(photo_table(tmp_path / "t.parquet", shade=[i / 10 for i in range(10)], nested=[[1]] * 10))
    assert (found[3].id, found[3].label, found[3].image) == ("p3", "dog", picture(3))
    assert found[3].extra == {"shade": 0.3}


@pytest.mark.parametrize("start", [0, 4, 9, 10])
def test_a_table_is_read_from_any_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: int) -> None:
    monkeypatch.setattr("topoact.inputs.tables.BATCH_ROWS", 3)
    found = records(photo_table(tmp_path / "t.parquet"), start)
    assert [(r.row, r.id) for r in found] == [(i, f"p{i}") for i in range(start, 10)]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        pytest.param([{"bytes": picture(0), "path": "x"}], picture(0), id="Hugging Face bytes"),
        pytest.param([{"bytes": None, "path": "x.png"}], "x.png", id="Hugging Face path"),
        pytest.param(["x.png"], "x.png", id="path beside the table"),
    ],
)
def test_kinds_of_image_columns(tmp_path: Path, image: list[Any], expected: bytes | str) -> None:
    table = photo_table(tmp_path / "t.parquet", 1, image=image, id=None, label=None)
    found = records(table)[0].image
    assert found == (tmp_path / expected if isinstance(expected, str) else expected)


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_a_csv_of_paths(tmp_path: Path, suffix: str) -> None:
    write_photos(tmp_path / "photos", 4)
    names = [r.id for r in records(tmp_path / "photos")]
    frame = pd.DataFrame({"file": [f"photos/{name}" for name in names], "kind": [1, 0, 1, 0]})
    frame.to_csv(tmp_path / f"t.{suffix}", index=False, sep="\t" if suffix == "tsv" else ",")
    found = records(tmp_path / f"t.{suffix}", image="file", label="kind")
    assert [(r.id, r.label) for r in found] == [("0", 1), ("1", 0), ("2", 1), ("3", 0)]
    assert found[0].image.read_bytes().startswith(b"\x89PNG")


def test_columns_of_our_own_names_are_kept_apart(tmp_path: Path) -> None:
    table = photo_table(tmp_path / "t.parquet", prediction=["cat"] * 10, kind=[0, 1] * 5)
    found = records(table, label="kind")[0]
    assert found.label == 0
    assert found.extra == {"label_given": "cat", "prediction_given": "cat"}
    assert open_source(str(table), label="kind").class_names(3) == ("0", "1", "2")
    assert open_source(str(table)).class_names(2) is None


def test_datasets(models: Path) -> None:
    batch = next(load_batches(open_source(f"{models}:Squares"), Preprocessing(), batch_size=4, stop=10))
    assert [(r.id, r.label) for r in batch.records] == [("0", "red"), ("1", "green"), ("2", "red"), ("3", "green")]
    assert batch.inputs is not None
    assert batch.inputs.shape == (4, 3, 8, 8)
    assert batch.thumbnails[0] is not None
    batch = next(load_batches(open_source(f"{models}:Dicts"), Preprocessing(), batch_size=4, stop=10))
    assert (batch.records[3].id, batch.records[3].label, batch.records[3].extra) == ("square 3", 4, {"shade": 0.3})


def write_tar(file: Path, rows: range, **more: Callable[[int], bytes]) -> Path:
    with tarfile.open(file, "w") as archive:
        for i in rows:
            for suffix, data in {"png": picture(i), **{name: make(i) for name, make in more.items()}}.items():
                member = tarfile.TarInfo(f"./shots/{i:05d}.{suffix}")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    return file


FACTS = {
    "cls": lambda i: str(i % 3).encode(),
    "json": lambda i: json.dumps({"shade": i / 10, "nested": [1], "width": 8}).encode(),
    "txt": lambda i: f"photo {i}".encode(),
}


def test_tars_of_samples(tmp_path: Path) -> None:
    write_tar(tmp_path / "b-1.tar", range(4, 7), **FACTS)
    write_tar(tmp_path / "b-0.tar", range(4), **FACTS)
    for spec in (tmp_path, tmp_path / "b-*.tar"):
        source = open_source(str(spec))
        found = list(source.read(0))
        assert [(r.row, r.id, r.label) for r in found] == [(i, f"./shots/{i:05d}", i % 3) for i in range(7)]
        assert (len(source), found[5].image) == (7, picture(5))
        assert found[5].extra == {"shade": 0.5, "width": 8, "caption": "photo 5"}
        assert source.class_names(3) == ("0", "1", "2")
        for start in (2, 4, 6):
            assert list(source.read(start)) == found[start:]


def test_a_tar_of_images_alone(tmp_path: Path) -> None:
    found = records(write_tar(tmp_path / "a.tar", range(3)))
    assert [(r.label, dict(r.extra)) for r in found] == [(None, {})] * 3
    facts = {"json": lambda i: json.dumps({"label": "cat"}).encode()}
    assert records(write_tar(tmp_path / "a.tar", range(3), **facts))[2].label == "cat"


def test_samples_of_a_tar_may_each_have_other_columns(tmp_path: Path) -> None:
    facts = [{"shade": 0.5, "boxes": [1]}, {"label": 1, "loss": "l", "id": "x"}, {"shade": None, "caption": "c"}]
    makers = {"json": lambda i: json.dumps(facts[i]).encode(), "txt": lambda i: f"photo {i}".encode()}
    source = open_source(str(write_tar(tmp_path / "a.tar", range(3), **makers)))
    assert [(record.label, record.extra) for record in source.read(0)] == [
        (None, {"shade": 0.5, "caption": "photo 0"}),
        (1, {"loss_given": "l", "id_given": "x", "caption": "photo 1"}),
        (None, {"caption_given": "c", "caption": "photo 2"}),
    ]
    assert source.class_names(2) == ("0", "1")  # the first label that there is, is a number
    both = write_tar(tmp_path / "b.tar", range(1), cls=lambda _: b"3", json=lambda _: b'{"label": "cat"}')
    assert [(record.label, record.extra) for record in records(both)] == [(3, {"label_given": "cat"})]
    mixed = write_tar(tmp_path / "c.tar", range(2), json=lambda i: json.dumps({"shade": [1] if i else 1}).encode())
    with pytest.raises(
        InvalidInput, match=r"'shade' of sample ./shots/00001 holds a value of type list, and of others a number"
    ):
        records(mixed)


ITEM = {"input": np.zeros((3, 8, 8), np.float32)}


def test_items_of_a_dataset_may_each_have_other_columns() -> None:
    items = [
        {**ITEM, "id": None, "mask": np.zeros(4)},
        {**ITEM, "label": 4, "shade": np.float32(0.5), "y": 1, "taken": date(2026, 1, 2)},
        {**ITEM, "shade": None, "mask": None},
    ]
    source = DatasetSource(items, record={})
    found = [source.fetch(row) for row in range(3)]
    assert [(record.id, record.label, record.extra) for record in found] == [
        ("0", None, {}),
        ("1", 4, {"shade": 0.5, "y_given": 1, "taken": date(2026, 1, 2)}),
        ("2", None, {}),
    ]
    assert source.class_names(2) == ("0", "1")
    with pytest.raises(InvalidInput, match="'mask' of item 1 holds a value of type int, and of others none"):
        DatasetSource([items[0], {**ITEM, "mask": 1}], record={})
    both = DatasetSource([ITEM["input"], Image.new("RGB", (8, 8))], record={})
    with pytest.raises(ModelError, match="gives a tensor as item 0 and an image as item 1: give all alike"):
        both.fetch(1)


def test_columns_that_come_later_are_in_the_study(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topoact.study.segments.MAX_SEGMENT_EXAMPLES", 2)
    extras: list[dict[str, Any]] = [{"shade": 1}, {}, {"shade": 0.5}, {"place": "here"}, {}]
    items = [{**ITEM, **extra} for extra in extras]
    plan = Plan(layers=("0",), batch_size=1)
    study = extract(load_network(f"{models}:small"), DatasetSource(items, record={}), tmp_path / "s", plan)
    columns = study.examples[["shade", "place"]].astype(object)
    assert columns.where(columns.notna(), None).to_dict("list") == {
        "shade": [1.0, None, 0.5, None, None],
        "place": [None, None, None, "here", None],
    }


def _compressed(folder: Path) -> str:
    with tarfile.open(folder / "t.tar.gz", "w:gz") as archive:
        archive.add(__file__)
    return str(folder / "t.tar.gz")


def _empty_tar(folder: Path) -> str:
    return str(write_tar(folder / "t.tar", range(0)))


def _bad_json(folder: Path) -> str:
    return str(write_tar(folder / "t.tar", range(2), json=lambda i: b"{"))


@pytest.mark.usefixtures("torchvision_beside_cpu_torch")
def test_datasets_of_torchvision_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_source("torchvision-data:FakeData")
    assert (len(source), source.gives_tensors) == (1000, False)
    assert source.record["kind"] == "torchvision"
    first = next(source.read(0)).image()
    assert first.image["input"].size == (224, 224)
    from torchvision import datasets

    asked: list[dict[str, Any]] = []

    class Small(datasets.FakeData):
        classes = ("a", "b")

        def __init__(self, root: str, train: bool = True, download: bool = False) -> None:
            asked.append({"root": root, "train": train, "download": download})
            super().__init__(10, (3, 8, 8), 2)

    monkeypatch.setattr(datasets, "CIFAR10", Small)
    assert open_source("torchvision-data:CIFAR10/test").class_names(2) == ("a", "b")
    assert str(asked[0].pop("root")).endswith("CIFAR10")
    assert asked == [{"train": False, "download": True}]
    with pytest.raises(UnknownName, match="no dataset 'CIFAR11': did you mean CIFAR10"):
        open_source("torchvision-data:CIFAR11")
    with pytest.raises(InvalidInput, match="CIFAR10 has train and test: got 'val'"):
        open_source("torchvision-data:CIFAR10/val")
    with pytest.raises(ModelError, match=r"torchvision cannot make the dataset ImageFolder: FileNotFoundError"):
        open_source("torchvision-data:ImageFolder")


def _csv(text: str) -> Callable[[Path], str]:
    def write(folder: Path) -> str:
        (folder / "t.csv").write_text(text)
        return str(folder / "t.csv")

    return write


def _parquet(**columns: Any) -> Callable[[Path], str]:
    return lambda folder: str(photo_table(folder / "t.parquet", **columns))


def _garbage(folder: Path) -> str:
    (folder / "t.parquet").write_bytes(b"PAR1 no")
    return str(folder / "t.parquet")


@pytest.mark.parametrize(
    ("make", "columns", "error", "sentence"),
    [
        pytest.param(str, {}, InvalidInput, "no images found in .*: looked for .bmp", id="empty folder"),
        pytest.param(lambda f: f"{f}/gone", {}, InvalidInput, "there is no data at", id="nothing there"),
        pytest.param(lambda f: f"{f}/gone.csv", {}, InvalidInput, "there is no data at", id="no table"),
        pytest.param(lambda _: __file__, {}, InvalidInput, "neither a folder of images, nor", id="other file"),
        pytest.param(_garbage, {}, InvalidInput, "t.parquet cannot be read: ", id="no Parquet"),
        pytest.param(_csv(""), {}, InvalidInput, "t.csv cannot be read: Empty CSV file", id="empty CSV"),
        pytest.param(_csv("image\n"), {}, InvalidInput, "no images found: the table .* has no rows", id="no rows"),
        pytest.param(
            _csv("a,b\n1,2"),
            {},
            InvalidInput,
            "no column 'image', its columns are a, b: see --image-column",
            id="image",
        ),
        pytest.param(_csv("image\n1"), {}, InvalidInput, "holds int64, not image bytes or paths", id="numbers"),
        pytest.param(_parquet(), {"label": "kind"}, InvalidInput, "no column 'kind'.* --label-column", id="label"),
        pytest.param(_parquet(), {"identity": "key"}, InvalidInput, "no column 'key'.* --id-column", id="id"),
        pytest.param(_compressed, {}, InvalidInput, "cannot be read as a .tar file: unpack it", id="compressed"),
        pytest.param(_empty_tar, {}, InvalidInput, "no samples found in", id="empty tar"),
        pytest.param(_bad_json, {}, InvalidInput, "sample ./shots/00000 of .* has a .json .* cannot", id="bad JSON"),
        pytest.param(lambda f: f"{f}/gone.tar", {}, InvalidInput, "there is no data at", id="no tar"),
        pytest.param(lambda _: "{models}:empty", {}, InvalidInput, "the Dataset .* is empty", id="empty Dataset"),
        pytest.param(lambda _: "{models}:no_length", {}, ModelError, "list_iterator is not a Dataset", id="no length"),
        pytest.param(lambda _: "{models}:bad_item", {}, ModelError, "item 0 .* is a dict without 'input'", id="item"),
    ],
)
def test_bad_data(
    tmp_path: Path,
    models: Path,
    make: Callable[[Path], str],
    columns: dict[str, str],
    error: type[TopoActError],
    sentence: str,
) -> None:
    with pytest.raises(error, match=sentence):
        open_source(make(tmp_path).format(models=models), **columns)


def test_batches_are_full_whatever_is_skipped(tmp_path: Path) -> None:
    source = ImageFolder(write_photos(tmp_path, 12, ("a",), broken=(0, 5, 11)))
    batches = list(load_batches(source, Preprocessing(), batch_size=4, stop=12))
    assert [len(b.records) for b in batches] == [4, 4, 1]
    assert [b.next_input for b in batches] == [5, 10, 12]
    assert [list(b.skipped) for b in batches] == [["a/000.png"], ["a/005.png"], ["a/011.png"]]
    with pytest.raises(InvalidInput, match=r"a/005\.png cannot be read: cannot identify image file"):
        list(load_batches(source, Preprocessing(), batch_size=4, start=3, stop=12, strict=True))


def test_decoding_runs_only_a_few_items_ahead() -> None:
    seen: list[int] = []
    results = in_threads(lambda x: x * x, (seen.append(i) or i for i in range(1000)), n_threads=2)
    assert [next(results) for _ in range(3)] == [0, 1, 4]
    assert len(seen) <= 12
    results.close()
