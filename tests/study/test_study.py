"""What is written can be read, by us and by any other tool."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import zarr

from topoact.errors import UnknownName
from topoact.study import Study, open_study
from topoact.study.files import safe_key

from .conftest import N_EXAMPLES, PNG, VECTORS, write


def test_vectors_come_back_as_they_were(study: Study) -> None:
    for name, values in VECTORS.items():
        np.testing.assert_array_equal(study.layer(name).vectors(), values.reshape(-1, 3))


def test_layers_tell_their_shape(study: Study) -> None:
    layer = study.layer("conv@all")
    assert (layer.n_points, layer.n_channels, layer.grid, layer.policy) == (6 * N_EXAMPLES, 3, (2, 3), "all")
    assert study.layers == ("conv@random", "conv@all")
    assert study.layer(1).name == "conv@all"


def test_points_know_their_example_and_position(study: Study) -> None:
    points = study.layer("conv@all").points
    np.testing.assert_array_equal(points["example"], np.repeat(np.arange(N_EXAMPLES), 6))
    assert points.loc[6 * 20 + 4].tolist() == [20, 1, 1]


def test_metadata_is_given_for_each_point(study: Study) -> None:
    labels = study.layer("conv@all").metadata("label")
    assert labels[:12].tolist() == ["dog"] * 6 + ["cat"] * 6
    with pytest.raises(UnknownName, match="no column 'labl': did you mean label"):
        study.layer(0).metadata("labl")


def test_thumbnails_by_row(study: Study) -> None:
    assert study.has_thumbnails
    assert study.thumbnail(0) == (PNG + b"0", "image/png")
    assert study.thumbnail(N_EXAMPLES - 1) == (PNG + b"24", "image/png")
    assert study.thumbnail(3) is None
    with pytest.raises(UnknownName, match="no example in row 25"):
        study.thumbnail(N_EXAMPLES)


def test_unknown_layers_are_answered_with_the_nearest(study: Study) -> None:
    with pytest.raises(UnknownName, match="no layer 'conv@rand': did you mean conv@random"):
        study.layer("conv@rand")
    with pytest.raises(UnknownName, match="no layer number 2"):
        study.layer(2)


def test_any_tool_can_read_the_folder(study: Study) -> None:
    record = json.loads((study.path / "study.json").read_text())
    assert record["format"] == 1
    assert record["classes"] == ["cat", "dog"]
    assert pq.read_table(study.path / "examples.parquet").column_names == ["id", "label"]
    for layer in record["layers"]:
        array = zarr.open_array(study.path / "activations.zarr" / layer["key"], mode="r")
        assert array.shape == (layer["n_points"], layer["n_channels"])
        assert pq.read_metadata(study.path / "points" / f"{layer['key']}.parquet").num_rows == layer["n_points"]
    left = {path.name for path in study.path.parent.rglob("*")}
    assert not left & {"parts", "checkpoint.json", "study.partial", "study.lock", "study.old"}


def test_digests_stand_for_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = open_study(write(tmp_path / "a")), open_study(write(tmp_path / "b"))
    monkeypatch.setitem(VECTORS, "conv@all", VECTORS["conv@all"] + np.float32(1e-3))
    third = open_study(write(tmp_path / "c"))
    assert first.digest == second.digest != third.digest
    assert [first.layer(i).digest == third.layer(i).digest for i in (0, 1)] == [True, False]


@pytest.mark.parametrize(
    ("names", "keys"),
    [
        pytest.param(["layer1", "layer1.0"], ["layer1", "layer1.0"], id="dots stay"),
        pytest.param(["a/b", "a:b"], ["a_b", "a_b-2"], id="unsafe letters collide"),
        pytest.param(["Conv", "conv"], ["Conv", "conv-2"], id="case does not tell files apart"),
        pytest.param(["..", "x" * 200], ["layer", "x" * 80], id="no way out of the folder"),
    ],
)
def test_keys_are_safe_file_names(names: list[str], keys: list[str]) -> None:
    taken: set[str] = set()
    for name, key in zip(names, keys, strict=True):
        assert safe_key(name, taken) == key
        taken.add(key.lower())
