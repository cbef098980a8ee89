"""Texts, words and ONNX files are appended as images are; the command line says what it does."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from topoact.cli import app
from topoact.errors import StudyError
from topoact.extract import Plan, extract
from topoact.inputs.opening import open_source
from topoact.inputs.sources import DatasetSource
from topoact.networks.loading import load_network
from topoact.networks.preprocessing import Preprocessing
from topoact.study import open_study

from . import tiny
from .conftest import picture, write_photos


def sentences(folder: Path, name: str, lines: list[str]) -> str:
    path = folder / f"{name}.csv"
    path.write_text("text,label\n" + "\n".join(f'"{line}",{["cat", "dog"][i % 2]}' for i, line in enumerate(lines)))
    return str(path)


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("policies", [("cls", "mean"), ("words",)])
def test_texts(bert: str, tmp_path: Path, policies: tuple[str, ...]) -> None:
    lines = [line for line in tiny.LINES if line]
    network, plan = load_network(bert), Plan(("embeddings",), policies, batch_size=3, max_tokens=20)
    a = open_source(sentences(tmp_path, "a", lines[:9]))
    extract(network, a, tmp_path / "s", plan)
    b = open_source(sentences(tmp_path, "b", lines[9:]))
    extract(network, a, tmp_path / "s", Plan(("encoder.layer.1",), batch_size=3), append=True)
    study = extract(network, b, tmp_path / "s", Plan(batch_size=3), append=True)
    plan = Plan(("embeddings", "encoder.layer.1"), policies, batch_size=3, max_tokens=20)
    whole = extract(network, open_source(sentences(tmp_path, "c", lines)), tmp_path / "t", plan)
    assert study.layers == whole.layers
    assert study.examples.drop(columns="label").equals(whole.examples.drop(columns="label"))
    assert study.manifest.notes["truncated"] == whole.manifest.notes["truncated"] > 0
    for name in study.layers:
        found, expected = study.layer(name).vectors(), whole.layer(name).vectors()
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    extract(network, a, tmp_path / "u", Plan(("embeddings",), policies, batch_size=3))
    other = ("mean",) if policies == ("words",) else ("words",)
    with pytest.raises(StudyError, match=r"words gives others|mean gives others"):
        extract(network, a, tmp_path / "u", Plan(policies=other, batch_size=3), append=True)


@pytest.mark.usefixtures("small_windows")
def test_sentences_whose_names_are_there(bert: str, sentences_of_words: str, tmp_path: Path) -> None:
    network = load_network(bert)
    extract(network, open_source(sentences_of_words), tmp_path / "s")
    other = tmp_path / "b.conllu"
    other.write_text("# sent_id = new\n" + tiny.line("1", "dog") + "\n\n" + tiny.CORPUS, "utf-8")
    with pytest.raises(StudyError, match=r"the names of 2 examples are in .* already, first 'art-1'"):
        extract(network, open_source(str(other)), tmp_path / "s", append=True)
    study = extract(network, open_source(str(other)), tmp_path / "s", Plan(limit=1), append=True)
    assert study.examples["id"].tolist()[-2:] == ["2:2", "new:1"]


def test_columns_that_one_part_lacks(tmp_path: Path, models: Path) -> None:
    tables = {}
    for name, rows, columns in (("a", range(5), {"size": [1, 2, 3, 4, 5]}), ("b", range(5, 8), {"note": ["x"] * 3})):
        table = pa.table({"image": [picture(row) for row in rows], "label": [["cat", "owl"][name == "b"]] * len(rows)})
        for column, values in columns.items():
            table = table.append_column(column, [values])
        pq.write_table(table, tmp_path / f"{name}.parquet")
        tables[name] = open_source(str(tmp_path / f"{name}.parquet"))
    network = load_network(f"{models}:small")
    extract(network, tables["a"], tmp_path / "s", Plan(("4",), preprocessing=Preprocessing(), batch_size=2))
    study = extract(network, tables["b"], tmp_path / "s", Plan(batch_size=2), append=True)
    examples = study.examples
    assert examples["id"].tolist() == [str(row) for row in range(8)]
    assert examples["size"].tolist()[:5] == [1, 2, 3, 4, 5]
    assert examples["size"].isna().tolist() == [False] * 5 + [True] * 3
    assert examples["note"].tolist()[5:] == ["x"] * 3
    assert examples["note"].isna().tolist() == [True] * 5 + [False] * 3
    assert study.classes[-1] == "owl"
    assert set(study.classes) >= {"cat", "owl"}


def test_names_that_only_reading_tells(models: Path, tmp_path: Path) -> None:
    network, squares = load_network(f"{models}:small"), open_source(f"{models}:Dicts")
    extract(network, squares, tmp_path / "s", Plan(("4",), batch_size=4))
    again = DatasetSource([squares.fetch(row).image for row in range(3)], record={"spec": "elsewhere"})
    study = extract(network, again, tmp_path / "s", Plan(batch_size=4), append=True)
    assert study.examples["id"].tolist()[-3:] == ["square 0", "square 1", "square 2"]


def test_onnx(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    for factor, name in ((1, "first"), (2, "second")):
        kernel = factor * np.arange(108, dtype=np.float32).reshape(4, 3, 3, 3) / 100
        nodes = [("Conv", ["image", "kernel"], ["conv"]), ("Relu", ["conv"], ["relu"])]
        ends = {"image": ("n", 3, 8, 8), "relu": ("n", 4, 6, 6)}
        image, relu = (onnx.helper.make_tensor_value_info(end, 1, shape) for end, shape in ends.items())
        made = [onnx.helper.make_node(*node) for node in nodes]
        graph = onnx.helper.make_graph(made, "net", [image], [relu], [onnx.numpy_helper.from_array(kernel, "kernel")])
        opset = [onnx.helper.make_opsetid("", 17)]
        onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=9), tmp_path / f"{name}.onnx")
    first, second = (load_network(f"onnx:{tmp_path / name}.onnx") for name in ("first", "second"))
    photos = open_source(str(write_photos(tmp_path / "photos", 6)))
    plan = Plan(("conv",), preprocessing=Preprocessing(std=(1, 1, 1)), batch_size=4)
    extract(first, photos, tmp_path / "s", plan)
    extract(first, photos, tmp_path / "s", Plan(("relu",), batch_size=4), append=True)
    study = extract(second, photos, tmp_path / "s", Plan(checkpoint="second", batch_size=4), append=True)
    assert study.layers == ("conv", "relu", "second/conv", "second/relu")
    np.testing.assert_allclose(study.layer(2).vectors(), 2 * study.layer(0).vectors(), rtol=1e-5)


def test_the_command_line(models: Path, tmp_path: Path) -> None:
    def run(*more: str) -> Any:
        command = ["extract", f"{models}:small", str(tmp_path / "photos"), "-o", str(tmp_path / "s"), "--json"]
        return CliRunner().invoke(app, [*command, *more])

    write_photos(tmp_path / "photos", 6)
    assert run("--layers", "0", "--checkpoint", "first").exit_code == 0
    added = run("--append", "--layers", "0,4")
    assert added.stderr == f"first/0 is in {tmp_path / 's'} already: it is not run again\n"
    assert [layer["name"] for layer in json.loads(added.stdout)["layers"]] == ["first/0", "first/4"]
    assert {layer["checkpoint"] for layer in json.loads(added.stdout)["layers"]} == {"first"}
    again = run("--append", "--layers", "0")
    assert again.stderr == f"first/0 is in {tmp_path / 's'} already: nothing is appended\n"
    assert open_study(tmp_path / "s").layers == ("first/0", "first/4")
