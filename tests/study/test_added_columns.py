"""Columns that are added to a finished study: matched by id, label or another column, whole or not at all."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from topoact.errors import InvalidInput, StudyError, UnknownName, WriteError
from topoact.importers import AddedColumns, add_columns, import_files
from topoact.study import Study, open_study
from topoact.study.added_columns import added_columns, marked, store_columns
from topoact.study.publish import lock, unlock
from topoact.workbench import MapSettings, open_workbench
from topoact.workbench.columns import coded_columns, number_columns
from topoact.workbench.graphs.layer_graphs import LayerGraphs

SETTINGS = MapSettings(lens="column:weight", n_intervals=4)
IDS = ["007", "7", "a b", "é", "NA", "x,y"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    np.save(tmp_path / "vectors.npy", np.random.default_rng(0).normal(size=(len(IDS), 4)).astype(np.float32))
    table = pd.DataFrame({"id": IDS, "label": ["cat", "dog", "cat", None, "1", "dog"], "site": list("uvuvuv")})
    table.to_csv(tmp_path / "rows.csv", index=False)
    return import_files([tmp_path / "vectors.npy"], tmp_path / "study", metadata=tmp_path / "rows.csv").path


def write(path: Path, **columns: list[object]) -> Path:
    file = path.parent / "columns.csv"
    pd.DataFrame(columns).to_csv(file, index=False)
    return file


def column(path: Path, name: str) -> list[object]:
    return [None if pd.isna(value) else value for value in open_study(path).examples[name]]


def test_rows_are_matched_by_their_ids_as_they_are_written(path: Path) -> None:
    table = write(path, id=["7", "x,y", "007", "nobody"], colour=["red", "blue", None, "grey"], weight=[1.5, 2, 3, 4])
    before = open_study(path)
    added = add_columns(path, table)
    assert (added.names, added.by, added.n_matched, added.n_unused) == (("colour", "weight"), "id", 3, 1)
    assert column(path, "colour") == [None, "red", None, None, None, "blue"]
    assert column(path, "weight") == [3.0, 1.5, None, None, None, 2.0]
    assert added.study.digest == before.digest
    assert added.study.examples[list(before.examples)].equals(before.examples)


def test_classes_get_their_superclass(path: Path) -> None:
    added = add_columns(path, write(path, label=["dog", "cat", "1"], kind=["animal", "animal", "number"]))
    assert (added.by, added.n_matched) == ("label", 5)
    assert column(path, "kind") == ["animal", "animal", "animal", None, "number", "animal"]
    coded = next(one for one in coded_columns(open_study(path)) if one.name == "kind")
    assert (coded.kind, coded.categories, coded.values.tolist()) == (
        "category",
        ["animal", "number"],
        [0, 0, 0, -1, 1, 0],
    )


def test_rows_are_matched_by_a_column_that_the_user_names(path: Path) -> None:
    table = write(path, site=["v", "u"], height=[10, 20], id=["is", "left out"])
    added = add_columns(path, table, by="site")
    assert column(path, "height") == [20, 10, 20, 10, 20, 10]
    assert added.remarks == ("columns that TopoAct itself fills, left as they are: id",)


def test_only_the_columns_that_are_asked_for_are_added(path: Path) -> None:
    add_columns(path, write(path, id=IDS, one=range(6), two=range(6)), columns=["two"])
    assert "one" not in open_study(path).examples
    assert column(path, "two") == [*range(6)]


@pytest.mark.parametrize(
    ("columns", "options", "sentence"),
    [
        ({"name": ["a"], "z": [1]}, {}, "neither an id nor a label"),
        ({"id": ["a"], "z": [1]}, {"by": "wnid"}, "no column 'wnid' that both have"),
        ({"id": ["a"], "z": [1]}, {"by": "z"}, "no column 'z' that both have"),
        ({"id": ["a", "b"], "z": [1, 2]}, {}, "no example of .* by 'id' the study has '007' and the table 'a'"),
        ({"id": ["7", "7"], "z": [1, 2]}, {}, "rows 1 and 2 of .* are both for '7' and differ in 'z'"),
        ({"id": ["7"], "site": ["w"]}, {}, "the study has a column 'site' of its own"),
        ({"id": ["7"], "site": ["w"]}, {"overwrite": True}, "the study has a column 'site' of its own"),
        ({"id": ["7"], "prediction@x": ["w"]}, {"columns": ["prediction@x"]}, "a column that TopoAct itself fills"),
        ({"id": ["7"], "z": [1]}, {"columns": ["q"]}, "no column 'q', its columns are id, z"),
        ({"id": ["7"]}, {}, "has no column to add"),
        ({"id": ["7"], "label": ["cat"]}, {}, "has no column to add"),
    ],
)
def test_what_does_not_fit_is_one_sentence_and_changes_nothing(path: Path, columns, options, sentence) -> None:
    before = (path / "examples.parquet").read_bytes()
    with pytest.raises(InvalidInput, match=sentence):
        add_columns(path, write(path, **columns), **options)
    assert (path / "examples.parquet").read_bytes() == before


def test_two_rows_that_agree_are_one(path: Path) -> None:
    assert add_columns(path, write(path, id=["7", "7"], z=[None, None], w=["a", "a"])).n_matched == 1


def test_a_column_that_was_added_is_replaced_only_when_it_is_asked(path: Path) -> None:
    add_columns(path, write(path, id=IDS, weight=range(6)))
    again = write(path, id=IDS, weight=[5, 4, 3, 2, 1, 0])
    with pytest.raises(InvalidInput, match="the column 'weight' was added before: replace it with --overwrite"):
        add_columns(path, again)
    add_columns(path, again, overwrite=True)
    assert column(path, "weight") == [5, 4, 3, 2, 1, 0]


def test_a_graph_whose_lens_was_replaced_is_made_anew(path: Path) -> None:
    add_columns(path, write(path, id=IDS, weight=range(6)))
    old = open_workbench(path)
    first, label = old.map(0, SETTINGS).lens.tolist(), old.key(old.study.layer(0), MapSettings(n_intervals=4))
    name = old.key(old.study.layer(0), SETTINGS)
    add_columns(path, write(path, id=IDS, weight=[5, 4, 3, 2, 1, 0]), overwrite=True)
    new = open_workbench(path)
    assert new.find_graph(new.key(new.study.layer(0), SETTINGS)) is None
    assert new.map(0, SETTINGS).lens.tolist() == [5, 4, 3, 2, 1, 0] != first
    assert new.key(new.study.layer(0), MapSettings(n_intervals=4)) == label
    with pytest.raises(StudyError, match="has changed since it was opened"):
        LayerGraphs(new.study, new.cache, new.derived).make(0, SETTINGS, digest=name)


def test_a_column_with_gaps_is_no_lens(path: Path) -> None:
    add_columns(path, write(path, id=IDS[:4], weight=range(4)))
    assert "weight" not in number_columns(open_study(path))
    with pytest.raises(UnknownName, match="no numeric column of that name without gaps"):
        open_workbench(path).map(0, SETTINGS)


def test_a_study_that_another_process_writes_is_left_alone(path: Path) -> None:
    table, held = write(path, id=IDS, z=range(6)), lock(path)
    try:
        with pytest.raises(StudyError, match="another process is writing"):
            add_columns(path, table)
    finally:
        unlock(held)


def test_a_full_disk_leaves_the_study_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    before = (path / "examples.parquet").read_bytes()
    monkeypatch.setattr("topoact.study.added_columns.pq.write_table", full)
    with pytest.raises(WriteError, match="the disk is full"):
        add_columns(path, write(path, id=IDS, z=range(6)))
    assert (path / "examples.parquet").read_bytes() == before
    assert sorted(one.name for one in path.parent.glob("*")) == ["columns.csv", "rows.csv", "study", "vectors.npy"]
    assert not list(path.glob("*.tmp"))


def test_a_study_that_was_written_meanwhile_is_refused(path: Path) -> None:
    study = open_study(path)
    study.digest = "0" * 16
    with pytest.raises(StudyError, match="has been written in the meantime"):
        store_columns(study, pa.table({"z": pa.array(range(6))}))


CELLS = {
    "numbers": st.lists(st.none() | st.floats(-1e6, 1e6), min_size=6, max_size=6).map(
        lambda v: pa.array(v, pa.float64())
    ),
    "whole": st.lists(st.none() | st.integers(-9, 9), min_size=6, max_size=6).map(lambda v: pa.array(v, pa.int64())),
    "texts": st.lists(st.none() | st.text(max_size=5), min_size=6, max_size=6).map(lambda v: pa.array(v, pa.string())),
    "views": st.lists(st.none() | st.text(max_size=5), min_size=6, max_size=6).map(
        lambda v: pa.array(v, pa.string_view())
    ),
    "truth": st.lists(st.none() | st.booleans(), min_size=6, max_size=6).map(lambda v: pa.array(v, pa.bool_())),
    "coded": st.lists(st.none() | st.sampled_from("ab"), min_size=6, max_size=6).map(
        lambda v: pa.array(v, pa.string()).dictionary_encode()
    ),
}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(columns=st.fixed_dictionaries(CELLS), order=st.permutations(range(6)), n=st.integers(1, 6))
def test_every_kind_of_value_comes_to_its_example(path: Path, columns, order, n) -> None:
    rows = order[:n]
    table = pa.table(
        {"id": [IDS[row] for row in rows]}
        | {name: pa.array([values[row].as_py() for row in rows], values.type) for name, values in columns.items()}
    )
    pq.write_table(table, path.parent / "columns.parquet")
    added: AddedColumns = add_columns(path, path.parent / "columns.parquet", overwrite=True)
    found: Study = added.study
    assert added.n_matched == n
    assert set(added_columns(found)) == set(columns)
    for name, values in columns.items():
        expected = [value if row in rows else None for row, value in enumerate(values.to_pylist())]
        assert found.examples_table().column(name).to_pylist() == expected


def test_a_column_is_still_an_added_one_after_more_examples(path: Path) -> None:
    add_columns(path, write(path, id=IDS, weight=range(6)))
    study = open_study(path)
    longer = pa.concat_tables([study.examples_table(), study.examples_table().slice(0, 1)]).replace_schema_metadata()
    plain = pa.table({name: longer.column(name) for name in longer.column_names})
    again = marked(plain, added_columns(study))
    assert {field.name for field in again.schema if field.metadata} == {"weight"}
    assert again.schema.field("weight").metadata != study.examples_table().schema.field("weight").metadata
    assert again.equals(plain)
