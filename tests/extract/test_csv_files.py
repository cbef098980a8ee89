"""A table of separated cells is read as it was written, whatever its delimiter, encoding, quotes and spaces."""

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from topoact.errors import InvalidInput
from topoact.extract.options import parse_names
from topoact.extract.summary import sentences, summarise
from topoact.importers import import_files
from topoact.inputs.csv_files import CsvFile, TableOptions
from topoact.inputs.opening import open_source
from topoact.inputs.texts.tables import TextTable
from topoact.study import Study

CELLS = st.text(st.characters(codec="latin-1", exclude_categories=("Cc",)) | st.sampled_from(',;\t|"\n'), max_size=6)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(st.tuples(CELLS, CELLS, st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(ENCODINGS),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    space=st.sampled_from(["", " ", "  "]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_is_read(
    folder: Path,
    cells: list[tuple[str, str, int]],
    delimiter: str,
    encoding: str,
    quoting: Any,
    space: str,
    end: str,
) -> None:
    rows = [(f"{name}€" if encoding != "latin-1" else f"{name}£", text, number) for name, text, number in cells]
    with (folder / "t.csv").open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=end)
        writer.writerow([f"{space}{name}{space}" for name in ("name", "note", "n")])
        writer.writerows(rows)
    table = CsvFile(folder / "t.csv")
    assert (table.names, table.delimiter) == (("name", "note", "n"), delimiter)
    read = table.table().to_pydict()
    assert read["n"] == [number for _, _, number in rows]
    assert read["name"] == [name for name, _, _ in rows]
    if all(not text.strip() or _is_text(text) for _, text, _ in rows):
        assert read["note"] == [text if text.strip() else None for _, text, _ in rows]


def _is_text(cell: str) -> bool:
    return not any(letter.isdecimal() for letter in cell)


def table(folder: Path, text: str | bytes, name: str = "t.csv", options: TableOptions | None = None) -> CsvFile:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return CsvFile(folder / name, options)


KINDS = [
    pytest.param(["000", "001"], ["000", "001"], id="leading zeros"),
    pytest.param(["0", "-7", ""], [0, -7, None], id="whole"),
    pytest.param(["1", "2.5", "NA", "1e5", "nan"], [1.0, 2.5, None, 100_000.0, None], id="numbers"),
    pytest.param(["TRUE", "FALSE"], ["TRUE", "FALSE"], id="truth values"),
    pytest.param(["NA", "cat", ""], ["NA", "cat", None], id="texts"),
    pytest.param(["None", "NaN"], ["None", "NaN"], id="only marks"),
    pytest.param(["1e5", "cat"], ["1e5", "cat"], id="one text"),
    pytest.param(["9223372036854775807"], [2**63 - 1], id="the largest"),
    pytest.param(["9223372036854775808"], ["9223372036854775808"], id="larger"),
    pytest.param(["9007199254740993", "0.5"], ["9007199254740993", "0.5"], id="not exact beside fractions"),
    pytest.param(["1_000", "2"], ["1_000", "2"], id="underscore"),
    pytest.param(["٣", "4"], ["٣", "4"], id="other digits"),
    pytest.param(["inf", "1"], [np.inf, 1.0], id="infinity"),
    pytest.param(["+5", "6"], [5.0, 6.0], id="plus"),
    pytest.param(["2024-05-01", "2024-05-02"], ["2024-05-01", "2024-05-02"], id="dates"),
]


@pytest.mark.parametrize(("cells", "expected"), KINDS)
def test_text_stays_text(tmp_path: Path, cells: list[str], expected: list[Any]) -> None:
    content = "a,b\n" + "".join(f"{cell},x\n" for cell in cells)
    assert table(tmp_path, content).table()["a"].to_pylist() == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["000", "001"], ["000", "001"]),
        (["1e5", "2e5"], ["1e5", "2e5"]),
        (["0.50", "1"], ["0.50", "1"]),
        (["1.0", "2.0", ""], [1, 2, None]),
        (["3", "NA", "4"], [3, None, 4]),
        (["TRUE", "FALSE"], ["TRUE", "FALSE"]),
        (["NaN", "NA", "None"], ["NaN", "NA", "None"]),
        ([" cat", "cat "], ["cat", "cat"]),
    ],
)
def test_labels_are_as_they_are_written(tmp_path: Path, cells: list[str], expected: list[Any]) -> None:
    (tmp_path / "t.csv").write_text("text,Label \n" + "".join(f"some words,{cell}\n" for cell in cells))
    found = TextTable(tmp_path / "t.csv", text=None, label=None, identity=None).texts(0)
    assert [text.columns["label"] for text in found] == expected


@pytest.mark.parametrize(
    ("content", "remarks", "values"),
    [
        pytest.param("a;b\n1,5;x\n2;y\n", ["semicolons", "decimal commas in a"], [1.5, 2.0], id="decimal commas"),
        pytest.param("a;b\n1,500;x\n2;y\n", ["semicolons", "a taken as text"], ["1,500", "2"], id="perhaps thousands"),
        pytest.param("a;b\n1,500;2,5\n2;3\n", ["semicolons", "in a, b"], [1.5, 2.0], id="another column tells"),
        pytest.param("a;b\n0,125;x\n", ["semicolons", "decimal commas in a"], [0.125], id="less than one"),
        pytest.param("a;b\n1,5;x\n2.5;y\n", ["semicolons"], ["1,5", "2.5"], id="both"),
        pytest.param('a,b\n"1,5",x\n', [], ["1,5"], id="between commas"),
        pytest.param("a|b\nx|y\n", ["vertical bars"], ["x"], id="bars"),
        pytest.param("a, b\n1, x\n2, y\n", [], [1, 2], id="spaces"),
    ],
)
def test_what_was_taken_is_said(tmp_path: Path, content: str, remarks: list[str], values: list[Any]) -> None:
    found = table(tmp_path, content)
    assert found.table()["a"].to_pylist() == values
    assert len(found.remarks) == len(remarks)
    assert all(part in sentence for part, sentence in zip(remarks, found.remarks, strict=True))


def test_what_spreadsheets_and_others_write(tmp_path: Path) -> None:
    said = table(tmp_path, "sep=|\na|b\n1|2\n3\n")
    assert (said.delimiter, said.names) == ("|", ("a", "b"))
    with pytest.raises(InvalidInput, match=r"line 4 of .* has fewer cells"):
        said.table()
    assert "one column, 'a b' (see --delimiter)" in table(tmp_path, "a b\n1 2\n").remarks[0]
    assert table(tmp_path, ",b\n0,x\n").names == ("column 1", "b")
    assert table(tmp_path, "a,b\n\n1,2\n\n").n_rows == 1
    assert table(tmp_path, "a,b\rx,y\r").table().to_pylist() == [{"a": "x", "b": "y"}]
    assert table(tmp_path, "a\tb\n1,5\t2\n").delimiter == "\t"


def test_a_column_of_a_role_that_cannot_be_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="'Label' and 'LABEL' may both be the column label: say --label-column"):
        imported(tmp_path, "Label,LABEL\na,b\nc,d\n")
    pq.write_table(pa.table({"label": [["a"], ["b"]]}), tmp_path / "m.parquet")
    with pytest.raises(InvalidInput, match=r"column 'label' of .* holds list<.*: a label is one text or whole number"):
        import_files(tmp_path / "X.npy", tmp_path / "s", metadata=tmp_path / "m.parquet")


def test_names_of_classes_in_any_encoding(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        (tmp_path / "classes.txt").write_text("café\nnaïve\n", encoding)
        assert parse_names(str(tmp_path / "classes.txt")) == ("café", "naïve")


def test_spaces_before_quotes(tmp_path: Path) -> None:
    assert table(tmp_path, 'a, b\n1, "x, y"\n2, "z"\n').table()["b"].to_pylist() == ["x, y", "z"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("label,x,label\n1,2,3\n", "columns 1 and 3 of .* are both called 'label': rename one"),
        ("a, a \n1,2\n", "columns 1 and 2 of .* are both called 'a'"),
        ("a,b\n1,2,3\n", "line 2 of .* has more cells than the table has columns, 3 and 2: see --delimiter"),
        ("a,b\n1,2\n3\n", "line 3 of .* has fewer cells"),
        ('a,b\n"x"y,2\n', "cannot be read: .*expected after"),
        ("", "cannot be read: Empty CSV file"),
        (b"a,b\n\xff\xfe,1\n", None),
    ],
)
def test_refused(tmp_path: Path, content: str | bytes, sentence: str | None) -> None:
    if sentence is None:
        assert table(tmp_path, content).encoding == "cp1252"
        return
    with pytest.raises(InvalidInput, match=sentence) as caught:
        table(tmp_path, content).table()
    assert "\n" not in str(caught.value)


def test_what_the_user_says(tmp_path: Path) -> None:
    content = "a b~c\nд~1\n".encode("koi8-r")
    found = table(tmp_path, content, options=TableOptions("~", "koi8-r"))
    assert found.table().to_pydict() == {"a b": ["д"], "c": [1]}
    assert found.record == {"delimiter": "~", "encoding": "koi8-r"}
    for options, sentence in (({"delimiter": ";;"}, "one character"), ({"encoding": "utf-99"}, "that Python knows")):
        with pytest.raises(InvalidInput, match=sentence):
            TableOptions(**options)
    with pytest.raises(InvalidInput, match=r"cannot be read: .* see --encoding"):
        table(tmp_path, content, options=TableOptions(encoding="ascii"))
    with pytest.raises(InvalidInput, match="--delimiter, --encoding and --missing are for tables"):
        open_source(str(tmp_path), tables=TableOptions(";"))


LABELS = ["cat", None, "dog", None, "cat", "dog"]
ROWS = {"label": LABELS, "prediction": ["cat", "dog", "dog", "cat", "cat", "cat"], "id": [*"abcd", None, "f"]}


def _csv(path: Path) -> None:
    pd.DataFrame(ROWS).to_csv(path, index=False)


def _quoted(path: Path) -> None:
    pd.DataFrame(ROWS).to_csv(path, index=False, quoting=csv.QUOTE_ALL, sep=";" if path.suffix == ".csv" else "\t")


def _parquet(path: Path) -> None:
    pq.write_table(pa.table(ROWS), path)


def _empty_texts(path: Path) -> None:
    pq.write_table(pa.table({**ROWS, "label": [label or "" for label in LABELS]}), path)


def _nan(path: Path) -> None:
    classes = pa.DictionaryArray.from_arrays(pa.array([0, None, 1, None, 0, 1], pa.int8()), pa.array(["cat", "dog"]))
    pq.write_table(pa.table({**ROWS, "label": classes}), path)


def _feather(path: Path) -> None:
    pyarrow.feather.write_feather(pa.table(ROWS), path)


def _json(path: Path) -> None:
    rows = [dict(zip(ROWS, values, strict=True)) for values in zip(*ROWS.values(), strict=True)]
    path.write_text("\n".join(json.dumps({k: v for k, v in row.items() if v is not None}) for row in rows))


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (_csv, "m.csv"),
        (_csv, "m.CSV"),
        (_csv, "m"),
        (_quoted, "m.csv"),
        (_quoted, "m.TSV"),
        (_parquet, "m.PARQUET"),
        (_empty_texts, "m.pq"),
        (_nan, "m.parquet"),
        (_feather, "m.feather"),
        (_json, "m.jsonl"),
    ],
)
def test_a_missing_label_is_no_class_and_no_error(tmp_path: Path, write: Any, name: str) -> None:
    with (tmp_path / "X.NPY").open("wb") as file:
        np.save(file, np.random.default_rng(0).normal(size=(6, 3)))
    write(tmp_path / name)
    study = import_files(tmp_path / "X.NPY", tmp_path / "s", metadata=tmp_path / name)
    assert study.classes == ("cat", "dog")
    assert study.examples["label"].isna().tolist() == [label is None for label in LABELS]
    assert study.manifest.notes["accuracy"] == 0.75
    assert study.examples["id"].tolist() == ["a", "b", "c", "d", "4", "f"]


def imported(tmp_path: Path, metadata: str, **options: Any) -> Study:
    (tmp_path / "m.csv").write_text(metadata)
    np.save(tmp_path / "X.npy", np.eye(len(metadata.splitlines()) - 1))
    return import_files(tmp_path / "X.npy", tmp_path / "s", metadata=tmp_path / "m.csv", **options)


def test_marks_among_labels_are_names_until_the_user_says_otherwise(tmp_path: Path) -> None:
    study = imported(tmp_path, "label\ncat\nNA\ndog\n")
    assert study.classes == ("NA", "cat", "dog")
    said = sentences(summarise(study))
    assert "labels that may mean that there is none: NA; if so, say --missing NA" in said
    options = {"tables": TableOptions(missing=frozenset({"NA"})), "overwrite": True}
    study = imported(tmp_path, "label\ncat\nNA\ndog\n", **options)
    assert study.classes == ("cat", "dog")
    assert study.manifest.config["data"]["missing"] == ["NA"]


def test_the_summary_says_how_a_table_was_read(tmp_path: Path) -> None:
    study = imported(tmp_path, "label;score\ncat;1,5\ndog;2\nowl;3\n")
    assert study.examples["score"].tolist() == [1.5, 2, 3]
    said = "\n".join(sentences(summarise(study)))
    assert "m.csv: cells between semicolons, encoding utf-8 (see --delimiter, --encoding)" in said
    assert "m.csv: numbers with decimal commas in score" in said
    assert study.manifest.config["data"]["metadata"]["delimiter"] == ";"


CLASSES = {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}, "note": {"dtype": "string", "_type": "Value"}}


def _named(path: Path, features: Any = CLASSES, label: str = "label") -> Path:
    metadata = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    columns = {
        label: [1, 0, -1, 9, None],
        "text": ["some words"] * 5,
        "image": [b"x"] * 5,
        "day": [dt.date(2024, 5, 1)] * 5,
        "at": pa.array([dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)] * 5, pa.timestamp("ns", "UTC")),
        "price": pa.array([1, 2, 3, 4, None], pa.decimal128(8, 2)),
    }
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), path)
    return path


NAMED = ["dog", "cat", None, None, None]


def test_classes_of_a_hugging_face_parquet_have_their_names(tmp_path: Path) -> None:
    path = _named(tmp_path / "t.parquet")
    images = open_source(str(path))
    assert [record.label for record in images.read(0)] == NAMED
    assert (images.class_names(2), images.class_names(3)) == (("cat", "dog"), None)
    texts = open_source(str(path), text="text")
    assert [text.columns["label"] for text in texts.texts(0)] == NAMED
    assert texts.class_names(2) == ("cat", "dog")
    other = _named(tmp_path / "other.parquet", {"kind": CLASSES["label"]}, "kind")
    assert [record.label for record in open_source(str(other)).read(0)] == NAMED
    np.save(tmp_path / "X.npy", np.eye(5))
    study = import_files(tmp_path / "X.npy", tmp_path / "s", metadata=path)
    assert study.classes == ("cat", "dog")


@pytest.mark.parametrize("features", [None, [], {"label": 3}, {"label": {"_type": "ClassLabel"}}, {"gone": {}}])
def test_features_that_cannot_be_read_are_none(tmp_path: Path, features: Any) -> None:
    path = _named(tmp_path / "t.parquet", features)
    assert [record.label for record in open_source(str(path)).read(0)] == [1, 0, -1, 9, None]


def test_dates_times_and_decimals_are_columns(tmp_path: Path) -> None:
    path = _named(tmp_path / "t.parquet")
    extra = next(open_source(str(path)).read(0)).extra
    assert (str(extra["day"]), str(extra["at"]), extra["price"]) == ("2024-05-01", "2024-05-01 12:00:00+00:00", 1.0)
    columns = next(iter(open_source(str(path), text="text").texts(0))).columns
    assert (columns["day"], columns["price"]) == (dt.date(2024, 5, 1), 1.0)
    np.save(tmp_path / "X.npy", np.eye(5))
    study = import_files(tmp_path / "X.npy", tmp_path / "s", metadata=path)
    assert [str(study.examples[name][0]) for name in ("day", "at")] == ["2024-05-01", "2024-05-01 12:00:00+00:00"]
    assert study.examples["price"].tolist()[:4] == [1.0, 2.0, 3.0, 4.0]


def test_arrays_of_times_and_other_kinds_are_columns(tmp_path: Path) -> None:
    days = np.array(["2024-05-01", "NaT", "2024-05-03"], "M8[D]")
    columns = {"day": days, "hour": days.astype("M8[h]"), "gap": days - days[0], "old": np.arange(3, dtype=">f4")}
    np.savez(tmp_path / "f.npz", X=np.eye(3), **columns)
    examples = import_files(tmp_path / "f.npz", tmp_path / "s").examples
    assert examples["day"].isna().tolist() == [False, True, False]
    assert str(examples["day"][2])[:10] == str(examples["hour"][2])[:10] == "2024-05-03"
    assert examples["gap"].dt.days.tolist()[::2] == [0, 2]
    assert examples["old"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
def test_two_columns_of_one_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        pq.write_table(pa.Table.from_arrays([pa.array(["a"])] * 2, ["text", "text"]), path)
    else:
        path.write_text('{"text": "a", "text": "b"}\n')
    with pytest.raises(InvalidInput, match=r"both called 'text'|'text' stands twice"):
        open_source(str(path), text="text")
