"""Where texts come from: tables and folders give the same texts in the same order, from any place on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from topoact.errors import InvalidInput
from topoact.inputs.texts.source import Text, TextFolder
from topoact.inputs.texts.tables import TextTable

ROWS: list[dict[str, Any]] = [
    {"text": 'The "cat"\nsat.', "label": "cat", "year": 1999, "score": 0.5, "id": "a"},
    {"text": "日本 😀", "label": "dog", "year": 2001, "score": 2, "id": "b"},
    {"text": "", "label": "dog", "year": None, "score": None, "id": "c"},
]


def write_json_lines(folder: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    path = folder / "t.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n", "utf-8")
    return path


def write_csv(folder: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    pd.DataFrame(rows).astype({"year": "Int64"}).to_csv(folder / "t.csv", index=False)
    return folder / "t.csv"


def write_tsv(folder: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    pd.DataFrame(rows).astype({"year": "Int64"}).to_csv(folder / "t.tsv", index=False, sep="\t")
    return folder / "t.tsv"


def write_parquet(folder: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    pd.DataFrame(rows).astype({"year": "Int64"}).to_parquet(folder / "t.parquet")
    return folder / "t.parquet"


def table(path: Path, **columns: str) -> TextTable:
    return TextTable(path, **{"text": None, "label": None, "identity": None, **columns})


@pytest.mark.parametrize("write", [write_json_lines, write_csv, write_tsv, write_parquet])
def test_tables(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    source = table(write(tmp_path))
    assert source.text_columns == ("label", "year", "score")
    found = list(source.texts(0))
    assert [(text.id, text.text or "") for text in found] == [(row["id"], row["text"]) for row in ROWS]
    assert [dict(text.columns) for text in found] == [
        {"label": "cat", "year": 1999, "score": 0.5},
        {"label": "dog", "year": 2001, "score": 2.0},
        {"label": "dog", "year": None, "score": None},
    ]
    for start in range(4):
        assert list(source.texts(start)) == found[start:]


def test_columns_by_another_name(tmp_path: Path) -> None:
    rows = [{"body": "a", "kind": 3, "text": "b"}, {"body": "c", "kind": 4, "text": "d"}]
    source = table(write_json_lines(tmp_path, rows), text="body", label="kind")
    assert list(source.texts(1)) == [Text(1, "1", "c", {"label": 4, "text_given": "d"})]
    assert source.class_names(5) == ("0", "1", "2", "3", "4")


def test_a_folder_of_class_folders(tmp_path: Path) -> None:
    files = {"b/2.txt": b"two", "a/1.txt": "één".encode(), "a/x/3.txt": "één".encode("utf-16"), "b/4.txt": b"\xa35"}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    source = TextFolder(tmp_path)
    assert [(t.id, t.text, t.columns["label"], t.is_latin) for t in source.texts(0)] == [
        ("a/1.txt", "één", "a", False),
        ("a/x/3.txt", None, "a", False),
        ("b/2.txt", "two", "b", False),
        ("b/4.txt", "£5", "b", True),
    ]
    assert source.class_names(2) == ("a", "b")


def _written(name: str, content: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_text(content, "utf-8")
        return folder / name

    return write


@pytest.mark.parametrize(
    ("write", "columns", "sentence"),
    [
        pytest.param(_written("t.csv", "body\na\n"), {}, "no column 'text', its columns are body: see --text-column"),
        pytest.param(_written("t.csv", "text\n1\n2\n"), {}, "column 'text' of .* does not hold texts", id="numbers"),
        pytest.param(_written("t.csv", "text,kind\n"), {}, "has no rows", id="no rows"),
        pytest.param(_written("t.csv", "text\na,b\n"), {}, "line 2 of .* has more cells", id="cells"),
        pytest.param(_written("t.jsonl", '{"text": "a"}\n{"te'), {}, "line 2 of .* is not JSON", id="JSON"),
        pytest.param(_written("t.jsonl", '["a"]\n'), {}, "line 1 of .* holds a list: an object", id="no object"),
        pytest.param(
            _written("t.jsonl", '{"text": "a", "label": 1}\n{"text": "b", "label": "x"}\n'),
            {},
            "column 'label' of .* mixes numbers and texts: write all labels as texts",
            id="mixed labels",
        ),
        pytest.param(write_parquet, {"label": "kind"}, "no column 'kind'.*see --label-column", id="label"),
        pytest.param(lambda folder: folder / "no.parquet", {}, "there is no data at", id="missing"),
        pytest.param(_written("t.parquet", "text"), {}, "cannot be read", id="no Parquet"),
    ],
)
def test_bad_tables(tmp_path: Path, write: Callable[[Path], Path], columns: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        table(write(tmp_path), **columns)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no texts found in .*: looked for \.txt files"):
        TextFolder(tmp_path)
