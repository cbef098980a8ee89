"""Vectors come in many files: each is read in blocks, gives the same numbers, or is refused in one sentence."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zarr
from safetensors.numpy import save_file
from scipy import sparse

from topoact.errors import Cancelled, InvalidInput
from topoact.importers.opening import open_vectors
from topoact.importers.run import import_files

h5py = pytest.importorskip("h5py", reason="AnnData files need h5py")

ANNDATA = Path(__file__).parent / "files" / "anndata-0.12.h5ad"
"""Eight cells, written by anndata 0.12.19: X sparse by rows, a matrix and a table in obsm, obs of five kinds."""
A = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
B = np.arange(100, dtype=np.int16).reshape(50, 2)
LABELS = np.array(["a", "b"] * 25)


def npz(path: Path) -> None:
    np.savez(path, A=A, B=B, label=LABELS, version=np.array(1), names=np.array(["x"] * 3))


def compressed(path: Path) -> None:
    np.savez_compressed(path, A=A, B=np.asfortranarray(B), label=LABELS)


def tensors(path: Path) -> None:
    save_file({"A": A, "B": B, "label": (LABELS == "b").astype(np.int64)}, path, metadata={"by": "us"})


def embeddings(path: Path) -> None:
    width = pa.FixedSizeListArray.from_arrays(pa.array(A.ravel()), 4)
    columns = {"A": width, "B": pa.array(B.tolist(), pa.list_(pa.int16())), "label": LABELS.tolist()}
    pq.write_table(pa.table(columns), path, row_group_size=20)


def group(path: Path, zarr_format: int = 3) -> None:
    store = zarr.open_group(path, mode="w", zarr_format=zarr_format)
    for name, array in {"A": A, "B": B, "label": (LABELS == "b").astype(np.int8)}.items():
        store.create_array(name, data=array, chunks=tuple(min(7, n) for n in array.shape))


def group_2(path: Path) -> None:
    group(path, zarr_format=2)


FORMATS = [
    pytest.param(npz, "f.npz", id="npz"),
    pytest.param(compressed, "f.npz", id="npz-compressed"),
    pytest.param(tensors, "f.safetensors", id="safetensors"),
    pytest.param(embeddings, "f.parquet", id="parquet"),
    pytest.param(group, "f.zarr", id="zarr-3"),
    pytest.param(group_2, "store", id="zarr-2"),
]


@pytest.mark.parametrize(("save", "name"), FORMATS)
def test_several_layers_in_one_study(
    save: Callable[[Path], None], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topoact.importers.writing.ROWS", 8)
    save(tmp_path / name)
    study = import_files(tmp_path / name, tmp_path / "s")
    assert set(study.layers) == {"A", "B"}
    np.testing.assert_array_equal(study.layer("A").vectors(), A)
    np.testing.assert_array_equal(study.layer("B").vectors(), B)
    assert list(study.examples) == ["id", "label"]
    assert len(study.classes) == 2
    assert [study.classes.index(str(v)) for v in study.examples["label"]] == [0, 1] * 25


@pytest.mark.parametrize(("save", "name"), FORMATS)
def test_rows_in_any_order(save: Callable[[Path], None], name: str, tmp_path: Path) -> None:
    save(tmp_path / name)
    layers = open_vectors(tmp_path / name).layers
    for start, stop in ((0, 10), (30, 45), (45, 50), (3, 4), (18, 22), (0, 50)):
        np.testing.assert_array_equal(np.asarray(layers["A"][start:stop]), A[start:stop])
        np.testing.assert_array_equal(np.asarray(layers["B"][start:stop]), B[start:stop])


@pytest.mark.parametrize(("save", "name"), FORMATS)
def test_interrupted_and_resumed(
    save: Callable[[Path], None], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topoact.importers.writing.ROWS", 8)
    monkeypatch.setattr("topoact.study.segments.SEGMENT_EXAMPLES", 8)
    save(tmp_path / name)
    whole = import_files(tmp_path / name, tmp_path / "whole")

    def stop(stage: str, done: int, total: int) -> None:
        if done == 24:
            raise KeyboardInterrupt

    with pytest.raises(Cancelled, match="interrupted after 24 of 50 rows"):
        import_files(tmp_path / name, tmp_path / "s", on_progress=stop)
    assert import_files(tmp_path / name, tmp_path / "s").digest == whole.digest


def test_one_matrix_has_the_usual_name_or_the_one_that_is_said(tmp_path: Path) -> None:
    zarr.create_array(tmp_path / "one.zarr", data=A)
    assert import_files(tmp_path / "one.zarr", tmp_path / "s").layers == ("vectors",)
    assert import_files(tmp_path / "one.zarr", tmp_path / "t", layer_name="clip").layers == ("clip",)


def test_files_side_by_side(tmp_path: Path) -> None:
    np.save(tmp_path / "bn1.npy", A)
    np.save(tmp_path / "layer1.npy", B)
    study = import_files([tmp_path / "bn1.npy", tmp_path / "layer1.npy"], tmp_path / "s")
    assert study.layers == ("bn1", "layer1")
    np.save(tmp_path / "short.npy", A[:9])
    with pytest.raises(InvalidInput, match=r"bn1.npy has 50 rows and .*short.npy 9"):
        import_files([tmp_path / "bn1.npy", tmp_path / "short.npy"], tmp_path / "t")


def test_only_what_is_wanted(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", A=A, other=np.ones((3, 2)), deep=np.ones((50, 2, 2)))
    study = import_files(tmp_path / "f.npz", tmp_path / "s", vector_column=["A"], layer_name=["clip"])
    assert study.layers == ("clip",)


def test_metadata_beside_what_the_file_says(tmp_path: Path) -> None:
    npz(tmp_path / "f.npz")
    pd.DataFrame({"kind": ["u", "v"] * 25, "label": ["p", "q"] * 25}).to_csv(tmp_path / "m.csv", index=False)
    study = import_files(tmp_path / "f.npz", tmp_path / "s", metadata=tmp_path / "m.csv")
    assert study.classes == ("p", "q")
    assert study.examples["kind"].tolist() == ["u", "v"] * 25


def test_bfloat16_is_widened_exactly(tmp_path: Path) -> None:
    halves = (A.view(np.uint32) >> 16).astype(np.uint16)
    header = json.dumps({"x": {"dtype": "BF16", "shape": [50, 4], "data_offsets": [0, 400]}}).encode()
    (tmp_path / "f.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + halves.tobytes())
    study = import_files(tmp_path / "f.safetensors", tmp_path / "s")
    np.testing.assert_array_equal(study.layer("x").vectors(), (halves.astype(np.uint32) << 16).view(np.float32))


def test_anndata_as_it_is_written(tmp_path: Path) -> None:
    study = import_files(ANNDATA, tmp_path / "s", label="kind")
    assert study.layers == ("X", "X_pca")
    with h5py.File(ANNDATA) as file:
        parts = [file["X"][name][:] for name in ("data", "indices", "indptr")]
    np.testing.assert_array_equal(study.layer("X").vectors(), sparse.csr_array(tuple(parts), shape=(8, 5)).toarray())
    np.testing.assert_array_equal(study.layer("X_pca").vectors(), np.arange(16).reshape(8, 2))
    assert study.examples["id"].tolist() == [f"cell{i}" for i in range(8)]
    assert study.classes == ("B", "T")
    assert study.examples["label"].isna().tolist() == [False, False, True, *[False] * 5]
    assert study.examples["count"].isna().sum() == 1
    assert study.examples["batch"].tolist() == list("aabbccdd")
    assert study.examples["good"].tolist() == [True, False] * 4


def test_anndata_in_zarr_sparse_by_columns(tmp_path: Path) -> None:
    matrix = sparse.random_array((50, 6), density=0.3, rng=np.random.default_rng(0), dtype=np.float32).tocsc()
    store = zarr.open_group(tmp_path / "a.zarr", mode="w", attributes={"encoding-type": "anndata"})
    x = store.create_group("X", attributes={"encoding-type": "csc_matrix", "shape": [50, 6]})
    for name in ("data", "indices", "indptr"):
        x.create_array(name, data=getattr(matrix, name))
    obs = store.create_group("obs", attributes={"_index": "index", "column-order": ["n", "odd"]})
    index = obs.create_array("index", shape=(50,), dtype="str", attributes={"encoding-type": "string-array"})
    index[:] = np.array([f"c{i}" for i in range(50)], dtype=object)
    obs.create_array("n", data=np.arange(50))
    obs.create_group("odd", attributes={"encoding-type": "awkward-array"})
    study = import_files(tmp_path / "a.zarr", tmp_path / "s")
    np.testing.assert_array_equal(study.layer("X").vectors(), matrix.toarray())
    assert list(study.examples) == ["id", "n"]
    assert study.examples["id"].tolist()[7] == "c7"


def test_categories_of_anndata_0_7(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5ad", "w") as file:
        file["X"] = A
        obs = file.create_group("obs")
        obs.attrs.update({"_index": "index", "column-order": ["kind"]})
        obs["index"] = [f"c{i}" for i in range(50)]
        obs["kind"] = np.array([0, 1] * 25, dtype=np.int8)
        obs["__categories/kind"] = ["T", "B"]
    study = import_files(tmp_path / "a.h5ad", tmp_path / "s")
    assert study.examples["kind"].tolist() == ["T", "B"] * 25


def save_parquet(column: list[Any], kind: pa.DataType | None = None) -> Callable[[Path], None]:
    return lambda path: pq.write_table(pa.table({"v": pa.array(column, kind), "id": range(len(column))}), path)


def tensor_file(header: Any, size: int = 64) -> Callable[[Path], None]:
    text = json.dumps(header).encode()
    return lambda path: path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(size))


def empty_archive(path: Path) -> None:
    zipfile.ZipFile(path, "w").close()


def old_anndata(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["X"] = A
        file["obs"] = np.zeros(50, dtype=[("index", "S3")])


@pytest.mark.parametrize(
    ("name", "save", "sentence"),
    [
        ("f.txt", lambda p: p.write_text("1 2"), "is no file of vectors: there are .npy, .npz"),
        ("f.npz", lambda p: p.write_bytes(b"hello"), "cannot be read as a .npz archive"),
        ("f.npz", empty_archive, "holds no matrix of numbers, but nothing"),
        ("f.npz", lambda p: np.savez(p, A=A, o=np.array([{}])), "'o' in .* holds Python objects, which are not loaded"),
        ("f.npz", lambda p: np.savez(p, A=A, B=B[:7]), r"'A' has 50 rows and 'B' 7 in .* --vector-column"),
        ("f.npz", lambda p: np.savez(p, A=A, D=np.ones((50, 2, 2))), r"'D' in .* has shape \(50, 2, 2\): a matrix"),
        ("f.npz", lambda p: np.savez(p, a=LABELS, b=LABELS), r"holds no matrix of numbers, but a \(50,\)"),
        ("f.npz", lambda p: np.savez(p, A=np.where(A[9, 1] == A, np.nan, A)), "row 9 of 'A' holds NaN"),
        ("f.safetensors", lambda p: p.write_bytes(b"\xff" * 40), "is not a .safetensors file, or a damaged one"),
        ("f.safetensors", tensor_file([1]), "is not a .safetensors file, or a damaged one"),
        (
            "f.safetensors",
            tensor_file({"x": {"dtype": "F8_E4M3", "shape": [8, 8], "data_offsets": [0, 64]}}),
            "'x' in .* holds F8_E4M3: save it as one of F16, F32",
        ),
        (
            "f.safetensors",
            tensor_file({"x": {"dtype": "F32", "shape": [8, 8], "data_offsets": [0, 256]}}),
            "the tensor 'x' is cut off",
        ),
        ("f.parquet", lambda p: p.write_bytes(b"PAR1"), "the table .* cannot be read"),
        ("f.parquet", save_parquet(["a", "b"]), r"no column of lists of numbers with a row, but v \(string\)"),
        ("f.parquet", save_parquet([[1.0, 2.0], [1.0]]), "row 1 of column 'v' has 1 numbers and the first has 2"),
        ("f.parquet", save_parquet([[1.0], None, [2.0]]), "row 1 of column 'v' has no vector"),
        ("f.parquet", save_parquet([[], [1.0]], pa.list_(pa.float32())), "row 0 of column 'v' has no vector"),
        ("f.parquet", save_parquet([[1.0, None], [1.0, 2.0]]), "row 0 of 'v' holds NaN"),
        ("f.h5ad", lambda p: p.write_bytes(b"no"), "cannot be read as AnnData"),
        ("f.h5ad", old_anndata, "or one of before AnnData 0.7: open and save it"),
        ("f.zarr", lambda p: p.mkdir(), "cannot be read as zarr"),
        ("f.zarr", lambda p: zarr.create_array(p, data=np.ones(4)), r"has shape \(4,\): a matrix"),
        ("f.zarr", lambda p: zarr.open_group(p, mode="w"), "holds no matrix of numbers, but nothing"),
    ],
)
def test_refused(tmp_path: Path, name: str, save: Callable[[Path], Any], sentence: str) -> None:
    save(tmp_path / name)
    with pytest.raises(InvalidInput, match=sentence) as caught:
        import_files(tmp_path / name, tmp_path / "s")
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_names_that_do_not_fit(tmp_path: Path) -> None:
    npz(tmp_path / "f.npz")
    with pytest.raises(InvalidInput, match=r"has no 'C', it holds A \(50, 4\), B .*: see --vector-column"):
        import_files(tmp_path / "f.npz", tmp_path / "s", vector_column=["C"])
    with pytest.raises(InvalidInput, match="there are 2 layers and 1 names: say --layer-name once for each"):
        import_files(tmp_path / "f.npz", tmp_path / "s", layer_name="one")
    with pytest.raises(InvalidInput, match="two layers are called 'u': name each with --layer-name"):
        import_files(tmp_path / "f.npz", tmp_path / "s", layer_name=["u", "u"])
    embeddings(tmp_path / "f.parquet")
    with pytest.raises(InvalidInput, match=r"column .label. of .* should hold lists of numbers, there is string"):
        import_files(tmp_path / "f.parquet", tmp_path / "s", vector_column=["label"])


def test_without_h5py_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(InvalidInput, match=r"needs h5py: pip install 'topoact\[anndata\]'"):
        import_files(ANNDATA, tmp_path / "s")
