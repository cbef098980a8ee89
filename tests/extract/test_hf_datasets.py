"""Datasets of the `datasets` library, from folders and files: the Hub itself is not asked in tests."""

import gc
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from topoact.cli import app
from topoact.errors import Cancelled, InvalidInput, ModelError
from topoact.extract import Plan, extract
from topoact.inputs.csv_files import TableOptions
from topoact.inputs.hf_csv import check_metadata
from topoact.inputs.hf_datasets import HFImages, HFRows, HFTexts, Name
from topoact.inputs.opening import open_source
from topoact.inputs.records import Record
from topoact.networks.loading import load_network
from topoact.networks.preprocessing import Preprocessing
from topoact.study import open_study

from . import tiny
from .conftest import picture

datasets = pytest.importorskip("datasets", reason="datasets is not installed")
N = 23
NAMES = ["cat", "dog", "owl"]


@pytest.fixture(autouse=True)
def _away_from_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


def photos(n: int = N, **columns: str) -> Any:
    """Return a dataset of photos; columns may be called otherwise."""
    name = {"image": "image", "label": "label", **columns}
    features = {
        name["image"]: datasets.Image(),
        name["label"]: datasets.ClassLabel(names=NAMES),
        "weather": datasets.ClassLabel(names=["sun", "rain"]),
        "shade": datasets.Value("float32"),
        "boxes": datasets.Sequence(datasets.Value("int32")),
        "loss": datasets.Value("string"),
    }
    rows = {
        name["image"]: [{"bytes": picture(i), "path": None} for i in range(n)],
        name["label"]: [i % 3 if i != 5 else -1 for i in range(n)],
        "weather": [i % 2 for i in range(n)],
        "shade": [i / 10 for i in range(n)],
        "boxes": [[i, i] for i in range(n)],
        "loss": ["little"] * n,
    }
    return datasets.Dataset.from_dict(rows, datasets.Features(features))


def texts(**columns: str) -> Any:
    lines = [line for line in tiny.LINES if line]
    features = datasets.Features(
        {columns.get("text", "text"): datasets.Value("string"), "label": datasets.ClassLabel(names=NAMES)}
    )
    return datasets.Dataset.from_dict(
        {columns.get("text", "text"): lines, "label": [i % 3 for i in range(len(lines))]}, features
    )


def saved(dataset: Any, folder: Path) -> str:
    dataset.save_to_disk(str(folder))
    return f"hf-data:{folder}"


def records(source: Any, start: int = 0) -> list[Record]:
    return list(source.read(start))


def plan(**changes: Any) -> Plan:
    return Plan(**{"layers": ("0", "2"), "preprocessing": Preprocessing(), "batch_size": 4, **changes})


@pytest.mark.parametrize(
    ("spec", "place", "config", "split"),
    [
        ("mnist", "mnist", None, None),
        ("owner/name", "owner/name", None, None),
        ("owner/name@test", "owner/name", None, "test"),
        ("owner/name:en@test", "owner/name", "en", "test"),
        ("owner/name:20231101.en", "owner/name", "20231101.en", None),
    ],
)
def test_names(spec: str, place: str, config: str | None, split: str | None) -> None:
    assert Name.of(f"hf-data:{spec}") == (place, config, split)


def test_paths_may_hold_any_sign(tmp_path: Path) -> None:
    folder = tmp_path / "a:b@c"
    folder.mkdir()
    assert Name.of(f"hf-data:{folder}") == (str(folder), None, None)
    assert Name.of(f"hf-data:{folder}@test") == (str(folder), None, "test")
    assert Name.of(f"hf-data:{folder}:en@test") == (str(folder), "en", "test")


@pytest.mark.parametrize("spec", ["hf-data:", "hf-data:@test", "hf-data:name@"])
def test_no_names(spec: str) -> None:
    with pytest.raises(InvalidInput, match="data are hf-data:NAME, hf-data:NAME@SPLIT"):
        open_source(spec)


def test_images_are_taken_as_they_are_stored(tmp_path: Path) -> None:
    source = open_source(saved(photos(), tmp_path / "photos"))
    assert isinstance(source, HFImages)
    assert len(source) == N
    found = records(source)
    assert [record.image for record in found] == [picture(i) for i in range(N)]
    assert [record.label for record in found[:7]] == ["cat", "dog", "owl", "cat", "dog", None, "cat"]
    assert found[3].extra == {"weather": "rain", "shade": pytest.approx(0.3), "loss_given": "little"}
    assert records(source, 20) == found[20:]
    assert source.class_names(3) == tuple(NAMES)
    assert source.class_names(4) is None


def test_a_study_equals_that_of_a_table(models: Path, tmp_path: Path) -> None:
    photos().to_parquet(str(tmp_path / "photos.parquet"))
    network = load_network(f"{models}:small")
    spec = saved(photos(), tmp_path / "photos")
    by_library = extract(network, open_source(spec), tmp_path / "a", plan())
    by_table = extract(network, open_source(str(tmp_path / "photos.parquet")), tmp_path / "b", plan())
    for layer in by_table.layers:
        np.testing.assert_array_equal(by_library.layer(layer).vectors(), by_table.layer(layer).vectors())
    names = [NAMES[i % 3] if i != 5 else None for i in range(N)]
    for study in (by_library, by_table):
        found = study.examples["label"].astype(object)
        assert found.where(found.notna(), None).tolist() == names
    assert by_table.examples["weather"].tolist() == by_library.examples["weather"].tolist()
    assert by_library.has_thumbnails
    assert by_library.manifest.config["data"]["place"] == str(tmp_path / "photos")


def test_an_interrupted_run_goes_on_and_changed_data_are_noticed(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topoact.study.segments.MAX_SEGMENT_EXAMPLES", 8)
    network, spec = load_network(f"{models}:small"), saved(photos(), tmp_path / "photos")

    def stop(stage: str, done: int, total: int) -> None:
        if done >= 12:
            raise Cancelled

    with pytest.raises(Cancelled):
        extract(network, open_source(spec), tmp_path / "a", plan(), on_progress=stop)
    other = open_source(saved(photos().map(lambda row: {"shade": 1.0}), tmp_path / "other"))
    assert other.record["fingerprint"] != open_source(spec).record["fingerprint"]
    with pytest.raises(Exception, match=r"unfinished study begun with another data\."):
        extract(network, other, tmp_path / "a", plan())
    resumed = extract(network, open_source(spec), tmp_path / "a", plan())
    whole = extract(network, open_source(spec), tmp_path / "b", plan())
    assert resumed.digest == whole.digest
    assert resumed.examples.equals(whole.examples)


def test_a_folder_that_is_written_anew_is_another_one(tmp_path: Path) -> None:
    spec = saved(photos(), tmp_path / "photos")
    one, again = open_source(spec).record, open_source(spec).record
    assert one == again
    saved(photos(), tmp_path / "photos")
    (next((tmp_path / "photos").glob("*.arrow"))).touch()
    assert open_source(spec).record["files"] != one["files"]


def test_splits(tmp_path: Path) -> None:
    spec = saved(datasets.DatasetDict(train=photos(9), test=photos(4)), tmp_path / "photos")
    assert len(open_source(f"{spec}@test")) == 4
    with pytest.raises(InvalidInput, match=r"has the splits train, test: choose one, hf-data:.*@train"):
        open_source(spec)
    with pytest.raises(InvalidInput, match="has no split 'tset': did you mean test"):
        open_source(f"{spec}@tset")
    with pytest.raises(InvalidInput, match="is one dataset without splits: leave out @train"):
        open_source(f"{saved(photos(), tmp_path / 'one')}@train")


def test_columns_of_other_names(tmp_path: Path) -> None:
    source = open_source(saved(photos(image="img", label="fine").remove_columns("weather"), tmp_path / "photos"))
    assert source.record["columns"] == {"image": "img", "label": "fine", "id": None}
    two = saved(photos(image="img").add_column("mask", [b""] * N).cast_column("mask", datasets.Image()), tmp_path / "2")
    with pytest.raises(
        InvalidInput, match=r"several columns of images and none called image .* are img, .*image-column"
    ):
        open_source(two)
    assert open_source(two, image="mask", identity="shade").record["columns"]["image"] == "mask"
    none = saved(photos().remove_columns("image"), tmp_path / "none")
    with pytest.raises(InvalidInput, match="no column of images and none called image or text, its columns are label"):
        open_source(none)
    with pytest.raises(InvalidInput, match="has no column 'picture'"):
        open_source(none, image="picture")
    with pytest.raises(InvalidInput, match="holds float, not image bytes or paths"):
        open_source(none, image="shade")


def test_files_and_folders_that_the_library_reads(tmp_path: Path) -> None:
    photos().to_parquet(str(tmp_path / "photos.parquet"))
    source = open_source(f"hf-data:{tmp_path / 'photos.parquet'}")
    assert records(source)[1].label == "dog"
    assert records(source)[1].image == picture(1)
    (tmp_path / "parts").mkdir()
    for split, n in (("train", 6), ("test", 3)):
        photos(n).to_parquet(str(tmp_path / "parts" / f"{split}-0.parquet"))
    assert len(open_source(f"hf-data:{tmp_path / 'parts'}@test")) == 3
    for number, name in enumerate(("cat", "dog", "dog")):
        (tmp_path / "folder" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name / f"{number}.png").write_bytes(picture(number))
    folder = records(open_source(f"hf-data:{tmp_path / 'folder'}"))
    assert [record.label for record in folder] == ["cat", "dog", "dog"]
    assert [record.image.read_bytes() for record in folder] == [picture(i) for i in range(3)]


@pytest.mark.usefixtures("small_windows")
def test_texts(classifier: str, tmp_path: Path) -> None:
    spec = saved(texts(), tmp_path / "texts")
    source = open_source(spec)
    assert isinstance(source, HFTexts)
    assert source.class_names(3) == tuple(NAMES)
    study = extract(load_network(classifier), source, tmp_path / "s", Plan(policies=("cls",), batch_size=4))
    assert study.examples["text"].tolist() == [line for line in tiny.LINES if line]
    assert study.examples["label"].tolist()[:4] == ["cat", "dog", "owl", "cat"]
    assert [text.row for text in source.texts(19)] == list(range(19, len(source)))
    sentences = open_source(saved(texts(text="sentence"), tmp_path / "sentences"), text="sentence")
    assert [text.text for text in sentences.texts(0)] == study.examples["text"].tolist()
    with pytest.raises(InvalidInput, match="'label2'"):
        open_source(spec, label="label2")


def test_texts_in_json_lines(tmp_path: Path) -> None:
    rows = [{"text": f"text {i}", "stars": i, "label": i % 2, "id": f"n{i}"} for i in range(5)]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    source = open_source(f"hf-data:{tmp_path / 't.jsonl'}")
    found = list(source.texts(3))
    assert [(text.row, text.id, text.text) for text in found] == [(3, "n3", "text 3"), (4, "n4", "text 4")]
    assert found[1].columns == {"label": 0, "stars": 4}
    assert source.class_names(2) == ("0", "1")


CELLS = "id;text;label;size\n000;one;NA;1\n007;two;001;2\n"


@pytest.mark.parametrize(("name", "content"), [("t.csv", CELLS), ("t.tsv", CELLS.replace(";", "\t"))])
def test_a_table_in_a_file_is_read_as_without_the_prefix(tmp_path: Path, name: str, content: str) -> None:
    file = tmp_path / name
    file.write_text(content)
    for spec in (f"hf-data:{file}", f"hf-data:{file}@train"):
        source = open_source(spec)
        assert [(text.id, text.columns) for text in source.texts(0)] == [
            ("000", {"label": "NA", "size": 1}),
            ("007", {"label": "001", "size": 2}),
        ]
        assert source.record == open_source(str(file)).record
    with pytest.raises(InvalidInput, match="has no split 'test'"):
        open_source(f"hf-data:{file}@test")
    named = open_source(f"hf-data:{file}", tables=TableOptions(missing=frozenset({"NA"})))
    assert next(iter(named.texts(0))).columns["label"] is None


def test_csv_files_of_a_folder_keep_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "train-0.csv").write_text("id,text,label,size\n000,one,NA,1\n007,,001,2\n")
    (tmp_path / "train-1.csv").write_text("id,text,label,size\n010,three,None,1.5\n")
    (tmp_path / "test.csv").write_text("id,text,label,size\n1,one,1,\n")
    source = open_source(f"hf-data:{tmp_path}@train")
    found = list(source.texts(0))
    assert [(text.id, text.text, text.columns) for text in found] == [
        ("000", "one", {"label": "NA", "size": 1.0}),
        ("007", None, {"label": "001", "size": 2.0}),
        ("010", "three", {"label": "None", "size": 1.5}),
    ]
    assert list(source.texts(2)) == found[2:]
    assert [text.columns["label"] for text in open_source(f"hf-data:{tmp_path}@test").texts(0)] == [1]
    (tmp_path / "train-1.csv").write_text("id,text,label,size\n010,three,x\n")
    with pytest.raises(InvalidInput, match=r"line 2 of .*train-1.csv has fewer cells"):
        open_source(f"hf-data:{tmp_path}@train")
    (tmp_path / "train-1.csv").write_text("id,text,size,label\n010,three,1,x\n")
    with pytest.raises(InvalidInput, match=r"train-1.csv has other columns than .*train-0.csv"):
        open_source(f"hf-data:{tmp_path}@train")


def test_texts_beside_images_that_the_library_would_change(tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(picture(0))
    metadata = tmp_path / "metadata.csv"
    metadata.write_text("file_name,label\n0.png,007\n")
    with warnings.catch_warnings():  # the library leaves the file open
        warnings.simplefilter("ignore", ResourceWarning)
        with pytest.raises(InvalidInput, match=r"column 'label' of the metadata.csv of .* write them into a metadata"):
            open_source(f"hf-data:{tmp_path}")
        gc.collect()
    text, number = (pa.schema({"label": kind}) for kind in (pa.string(), pa.int64()))
    for label, schema in (("cat", text), ("7", number), ("007", text)):
        metadata.write_text(f"file_name,label\n0.png,{label}\n")
        check_metadata("hf-data:x", [str(tmp_path / "0.png"), str(metadata)], schema)
    metadata.write_text("file_name,label\n0.png,NA\n1.png,cat\n")
    with pytest.raises(InvalidInput, match="holds texts such as 007 or NA, which the library datasets takes for"):
        check_metadata("hf-data:x", [str(metadata)], text)


def test_what_cannot_be_loaded_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidInput, match=r"hf-data:nobody/nothing@train cannot be loaded: ConnectionError: .* on the Hub"
    ) as e:
        open_source("hf-data:nobody/nothing@train")
    assert "\n" not in str(e.value)
    with pytest.raises(InvalidInput, match="the Hub was asked: offline, name a folder that save_to_disk wrote"):
        open_source(f"hf-data:{tmp_path / 'missing'}")
    (tmp_path / "data.pkl").write_bytes(b"")
    with pytest.raises(InvalidInput, match=r"data.pkl is not a file that datasets are read from here: .arrow, .csv"):
        open_source(f"hf-data:{tmp_path / 'data.pkl'}")
    (tmp_path / "broken.parquet").write_bytes(b"nothing")
    with pytest.raises(InvalidInput, match=r"the table .*broken.parquet cannot be read: "):
        open_source(f"hf-data:{tmp_path / 'broken.parquet'}")
    (tmp_path / "broken.arrow").write_bytes(b"nothing")
    with pytest.raises(InvalidInput, match=r"broken.arrow cannot be loaded: "):
        open_source(f"hf-data:{tmp_path / 'broken.arrow'}")
    with pytest.raises(InvalidInput, match=r"no images found: the table hf-data:.* has no rows"):
        HFImages(HFRows("hf-data:empty", photos(0), {}), image=None, label=None, identity=None)


def test_code_in_a_dataset_is_not_run(tmp_path: Path) -> None:
    folder = tmp_path / "scripted"
    folder.mkdir()
    (folder / "scripted.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(InvalidInput, match="Dataset scripts are no longer supported"):
        open_source(f"hf-data:{folder}")
    assert not (tmp_path / "ran").exists()


def test_a_missing_library_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ModelError, match=r"datasets is needed for this data: pip install 'topoact\[datasets\]'"):
        open_source("hf-data:mnist")


def test_the_command(models: Path, tmp_path: Path) -> None:
    spec = saved(datasets.DatasetDict(train=photos(4), test=photos(4)), tmp_path / "photos")
    asked = ["extract", f"{models}:small", f"{spec}@test", "--layers", "2", "-o", str(tmp_path / "s")]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert open_study(tmp_path / "s").examples["label"].tolist() == ["cat", "dog", "owl", "cat"]
