"""Studies that somebody made to do harm: what they say is checked, and nothing outside of them is touched."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from topoact.errors import InvalidInput, StudyError
from topoact.mapper import MapperGraph
from topoact.study import checked, open_study
from topoact.study.cache.graphs import read_graph
from topoact.study.cache.indexes import load_index, save_index
from topoact.study.cache.inversions import Inversions
from topoact.study.cache.located_inputs import LocatedInputs
from topoact.study.cache.place import Derived
from topoact.study.checked import Damaged, read_json, read_table
from topoact.study.files import inside, remove, replacing, replacing_folder
from topoact.testing.visits import LOCATED, SETTINGS
from topoact.testing.whole_studies import write_whole_studies
from topoact.workbench import open_workbench
from topoact.workbench.columns import coded_columns


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_whole_studies(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def study(whole: list[Path], tmp_path: Path) -> Path:
    """A copy of a study of images with all that is derived from it, beside a folder that must stay as it is."""
    (tmp_path / "canary" / "inner").mkdir(parents=True)
    (tmp_path / "canary" / "inner" / "treasure.txt").write_text("untouched")
    yield Path(shutil.copytree(whole[0], tmp_path / "study"))
    assert (tmp_path / "canary" / "inner" / "treasure.txt").read_text() == "untouched"
    assert [path.name for path in tmp_path.rglob("canary/**/*")] == ["inner", "treasure.txt"]


def edit(file: Path, change: Callable[[Any], object]) -> None:
    record = json.loads(file.read_text())
    change(record)
    file.write_text(json.dumps(record))


def set_column(file: Path, name: str, values: Any) -> None:
    table = pq.read_table(file)
    pq.write_table(table.set_column(table.column_names.index(name), name, pa.array(values)), file)


class TestManifest:
    @pytest.mark.parametrize("value", ["../../canary", "/etc", "a/b", "", "..", None, 5, "A" * 16, "0" * 17])
    def test_the_digest_of_a_layer(self, study: Path, value: object) -> None:
        edit(study / "study.json", lambda record: record["layers"][0].update(digest=value))
        with pytest.raises(StudyError, match=r"study.json is damaged: the field layers.0.digest is of the wrong kind"):
            open_workbench(study)

    @pytest.mark.parametrize("value", ["../../canary/x", "/etc/passwd", "a\x00b", ".hidden", "a" * 300, None])
    def test_the_key_of_a_layer(self, study: Path, value: object) -> None:
        edit(study / "study.json", lambda record: record["layers"][0].update(key=value))
        with pytest.raises(StudyError, match="is damaged"):
            open_study(study)

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda r: r.update(n_examples=10**12), id="examples"),
            pytest.param(lambda r: r.update(n_examples=10**400), id="more than any"),
            pytest.param(lambda r: r.update(segment=0), id="empty segments"),
            pytest.param(lambda r: r.update(segment=-1), id="negative segments"),
            pytest.param(lambda r: r.update(segment=1, n_examples=2**40), id="a trillion files"),
            pytest.param(lambda r: r.update(classes=["a", "a"]), id="classes twice"),
            pytest.param(lambda r: r.update(title="\x1b[2J"), id="a title that clears the screen"),
            pytest.param(lambda r: r.update(format=True), id="format"),
            pytest.param(lambda r: r["layers"][0].update(n_points=10**12), id="points"),
            pytest.param(lambda r: r["layers"][0].update(n_points=161), id="points that are not even"),
            pytest.param(lambda r: r["layers"][0].update(grid=[0, 2]), id="grid"),
            pytest.param(lambda r: r["layers"][0].update(checkpoint="unknown"), id="checkpoint"),
            pytest.param(lambda r: r["layers"].append(r["layers"][0]), id="layer twice"),
            pytest.param(lambda r: r["notes"].update(outputs={"n": 3, "names": ["a"]}), id="outputs"),
            pytest.param(lambda r: r["notes"].update(input=[3, 10**9, 10**9]), id="input"),
            pytest.param(lambda r: r["notes"].update(accuracy="high"), id="accuracy"),
            pytest.param(lambda r: r["config"]["model"].pop("digest"), id="model"),
            pytest.param(lambda r: r["config"].update(seed="x"), id="seed"),
            pytest.param(lambda r: r["config"]["preprocessing"].update(size=10**9), id="size"),
            pytest.param(lambda r: r["config"].update(appended=[1]), id="appended"),
        ],
    )
    def test_values_that_cannot_be(self, study: Path, change: Callable[[Any], object]) -> None:
        edit(study / "study.json", change)
        with pytest.raises(StudyError, match="is damaged: "):
            open_workbench(study).study.layer(0).vectors()  # of too many points the files tell

    @pytest.mark.parametrize("content", ["[" * 100_000, '{"format": NaN}', '{"format": 1e999}', "{", "", "\xff", "5"])
    def test_what_is_no_json(self, study: Path, content: str) -> None:
        (study / "study.json").write_text(content, "latin-1")
        with pytest.raises(StudyError, match=r"study.json (cannot be read|is damaged)"):
            open_study(study)


class TestPaths:
    @pytest.mark.parametrize("name", ["..", ".", "", "/etc", "a/b", "a\\b", "\x00", "x" * 300, ".hidden"])
    def test_names_that_are_none(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(StudyError, match="cannot be the name of a file in it"):
            inside(tmp_path, "graphs", name)

    @pytest.mark.parametrize("kind", ["points", "activations.zarr", "thumbnails"])
    def test_a_folder_that_leads_out(self, study: Path, kind: str) -> None:
        shutil.rmtree(study / kind)
        (study / kind).symlink_to(study.parent / "canary")
        with pytest.raises(StudyError, match="is a link that leads out of the study: put the files themselves there"):
            open_workbench(study)

    @pytest.mark.parametrize("kind", ["graphs", "indexes", "projections", "inversions", "located-inputs"])
    def test_a_derived_folder_that_leads_out(self, study: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Derived data are then kept in the user's cache, as those of a study that is read-only."""
        monkeypatch.setenv("TOPOACT_CACHE", str(study.parent / "cache"))
        shutil.rmtree(study / kind)
        (study / kind).symlink_to(study.parent / "canary")
        bench = open_workbench(study)
        assert bench.derived.root.is_relative_to(study.parent / "cache")
        assert bench.map(0, SETTINGS[0]).n_nodes
        bench.project(0, "pca")
        bench.located_inputs.put(LOCATED, b"x")
        Inversions(bench.derived).prepare("conv")
        with pytest.raises(StudyError, match="leads out of the study"):
            Derived(study).own(kind, "x")

    def test_a_graph_and_an_index_that_lead_out(self, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TOPOACT_CACHE", str(study.parent / "cache"))
        bench = open_workbench(study)
        layer, before = bench.study.layer(0), bench.map(0, SETTINGS[0])
        for folder in (study / "graphs" / bench.key(layer, SETTINGS[0]), study / "indexes" / layer.digest):
            shutil.rmtree(folder)
            folder.symlink_to(study.parent / "canary")
        assert load_index(study, layer.digest) is None
        with pytest.raises(StudyError, match="leads out of the study"):
            save_index(study, layer.digest, {}, {"a": np.zeros(3)})
        assert_same(open_workbench(study).map(0, SETTINGS[0]), before)

    def test_files_that_lead_out(self, study: Path) -> None:
        for name in ("examples.parquet", "study.json", "points/conv@all.parquet"):
            copy = Path(shutil.copytree(study, study.with_name("copy")))
            (copy / name).unlink()
            (copy / name).symlink_to(study / name)
            with pytest.raises(StudyError, match="leads out of the study"):
                open_study(copy)
            shutil.rmtree(copy)

    def test_what_is_written_replaces_links_and_never_follows_them(self, study: Path) -> None:
        treasure = study.parent / "canary" / "inner" / "treasure.txt"
        for name in ("new.json", f"new.json.{os.getpid()}.tmp", "new.json.tmp"):
            (study / name).unlink(missing_ok=True)
            (study / name).symlink_to(treasure)
            with replacing(study / "new.json", lasting=False) as file:
                file.write(b"new")
            assert (study / "new.json").read_text() == "new"
        (study / "made").symlink_to(treasure.parent)
        with replacing_folder(study / "made") as folder:
            (folder / "inner.txt").write_text("x")
        assert not (study / "made").is_symlink()
        (study / "link").symlink_to(treasure.parent)
        remove(study / "link")
        assert not os.path.lexists(study / "link")

    def test_files_in_the_place_of_folders_and_folders_in_that_of_files(self, study: Path) -> None:
        for kind in ("projections", "graphs"):
            shutil.rmtree(study / kind)
            (study / kind).write_text("a file")
        bench = open_workbench(study)
        for store in (lambda: bench.map(0, SETTINGS[0]), lambda: bench.project(0, "pca")):
            with pytest.raises(StudyError, match="a file is in the way where the folder"):
                store()
        (study / "new.json" / "inner").mkdir(parents=True)
        with replacing(study / "new.json", lasting=False) as file:
            file.write(b"new")
        assert (study / "new.json").read_text() == "new"

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
    def test_a_pipe_is_no_file(self, study: Path) -> None:
        (study / "study.json").unlink()
        os.mkfifo(study / "study.json")
        with pytest.raises(StudyError, match="it is no file"):
            open_study(study)


class TestVectors:
    @pytest.mark.parametrize(
        "change",
        [
            lambda r: r.update(shape=[10**12, 3]),
            lambda r: r.update(shape=[160, 10**12]),
            lambda r: r["chunk_grid"]["configuration"].update(chunk_shape=[10**12, 3]),
            lambda r: r.update(codecs=[*r["codecs"], {"name": "zstd", "configuration": {}}]),
            lambda r: r.update(codecs=[{"name": "os:abort"}]),
            lambda r: r.update(data_type="float64"),
            lambda r: r.update(storage_transformers=[{"name": "x"}]),
            lambda r: r.update(node_type="group"),
        ],
    )
    def test_another_array_is_refused_before_it_is_read(self, study: Path, change: Callable[[Any], object]) -> None:
        edit(study / "activations.zarr" / "conv@all" / "zarr.json", change)
        with pytest.raises(StudyError, match=r"is damaged: activations.zarr/conv@all cannot be used"):
            open_study(study).layer(0).vectors()

    def test_vectors_that_were_changed(self, study: Path) -> None:
        file = study / "activations.zarr" / "conv@all" / "c" / "1" / "0"
        content = bytearray(file.read_bytes())
        content[5] ^= 1
        file.write_bytes(content)
        with pytest.raises(StudyError, match="its vectors are not those that were written"):
            open_study(study).layer(0).vectors()

    def test_more_than_the_memory(self, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("topoact.study.reader.available_memory", lambda: 1_000)
        with pytest.raises(InvalidInput, match="of memory are free"):
            open_study(study).layer(0).vectors()


class TestTables:
    @pytest.mark.parametrize("example", [10**9, -1, 40])
    def test_examples_that_do_not_exist(self, study: Path, example: int) -> None:
        set_column(study / "points" / "conv@all.parquet", "example", [example] * 160)
        with pytest.raises(StudyError, match="which is out of range"):
            open_study(study).layer(0).points  # noqa: B018

    def test_a_table_that_fills_the_memory(self, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checked, "available_memory", lambda: 200)
        for name in ("points/conv@all.parquet", "examples.parquet"):
            with pytest.raises(Damaged, match="it holds more than the memory"):
                read_table(study / name)

    def test_columns_of_one_name(self, study: Path) -> None:
        file = study / "examples.parquet"
        table = pq.read_table(file)
        pq.write_table(table.rename_columns(["id"] * table.num_columns), file)
        with pytest.raises(StudyError, match="two columns of one name"):
            open_study(study).examples  # noqa: B018

    @pytest.mark.parametrize("pattern", ["projections/*.parquet", "examples.parquet", "points/*.parquet"])
    def test_a_flipped_bit(self, study: Path, pattern: str) -> None:
        file = next(study.glob(pattern))
        content = bytearray(file.read_bytes())
        content[40] ^= 1
        file.write_bytes(content)
        with pytest.raises(Damaged):
            read_table(file)

    def test_no_byte_of_a_footer_ends_the_process(self, tmp_path: Path) -> None:
        table = pa.table(
            {"x": pa.array([1.0, None, 3.0]), "top": [["a"], ["b", "c"], []], "mean": [[1.0], [2.0], [3.0]]}
        )
        pq.write_table(table, tmp_path / "whole.parquet", write_page_checksum=True)
        code = """
import sys
from pathlib import Path
from topoact.study.checked import Damaged, read_table

whole, file = Path(sys.argv[1]).read_bytes(), Path(sys.argv[1]).with_name("damaged.parquet")
start = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
for place in range(start, len(whole)):
    content = bytearray(whole)
    content[place] ^= 1 << place % 8
    file.write_bytes(content)
    try:
        read_table(file)
    except Damaged:
        pass
"""
        command = [sys.executable, "-c", code, str(tmp_path / "whole.parquet")]
        assert subprocess.run(command, capture_output=True, text=True, check=False).stderr == ""

    def test_labels_that_are_no_classes(self, study: Path) -> None:
        names = open_study(study).examples["label"].to_list()
        set_column(study / "examples.parquet", "label", ["/etc/passwd", *names[1:]])
        (column,) = [one for one in coded_columns(open_study(study)) if one.name == "label"]
        assert column.values[0] == -1
        assert (column.values[1:] >= 0).all()

    def test_a_large_json_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checked, "MAX_JSON_BYTES", 10)
        (tmp_path / "large.json").write_text("[1, 2, 3, 4, 5]")
        with pytest.raises(Damaged, match="it has more than"):
            read_json(tmp_path / "large.json")


GRAPHS = [
    pytest.param("members", "point", lambda v: [10**9, *v[1:]], id="points 10^9"),
    pytest.param("members", "point", lambda v: [-1, *v[1:]], id="points -1"),
    pytest.param("members", "node", lambda v: [*v[:-1], 10**9], id="members of no node"),
    pytest.param("members", "node", lambda v: v[::-1], id="members in another order"),
    pytest.param("edges", "target", lambda v: [10**9] * len(v), id="edges to no node"),
    pytest.param("edges", "source", lambda v: [-1] * len(v), id="edges from no node"),
    pytest.param("edges", "jaccard", lambda v: [float("nan")] * len(v), id="jaccard"),
    pytest.param("nodes", "medoid", lambda v: [10**9] * len(v), id="medoids"),
    pytest.param("nodes", "interval", lambda v: [99] * len(v), id="intervals"),
    pytest.param("nodes", "mode", lambda v: [-5] * len(v), id="modes"),
    pytest.param("nodes", "parent", lambda v: [*range(1, len(v)), 0], id="parents in a circle"),
    pytest.param("nodes", "prominence", lambda v: [float("nan")] * len(v), id="prominence"),
    pytest.param("lens", "lens", lambda v: [float("inf"), *v[1:]], id="an infinite lens"),
]


class TestGraphs:
    @pytest.mark.parametrize(("table", "column", "change"), GRAPHS)
    def test_is_made_anew(self, study: Path, table: str, column: str, change: Callable[[list[Any]], list[Any]]) -> None:
        bench = open_workbench(study)
        before, digest = bench.map(0, SETTINGS[0]), bench.key(bench.study.layer(0), SETTINGS[0])
        file = study / "graphs" / digest / f"{table}.parquet"
        set_column(file, column, change(pq.read_table(file).column(column).to_pylist()))
        with pytest.raises(Damaged):
            read_graph(file.parent)
        assert_same(open_workbench(study).map(0, SETTINGS[0]), before)
        assert_same(read_graph(file.parent), before)

    @pytest.mark.parametrize("name", ["nodes", "edges", "members", "lens"])
    def test_a_short_table(self, study: Path, name: str) -> None:
        bench = open_workbench(study)
        before, folder = bench.map(0, SETTINGS[0]), study / "graphs" / bench.key(bench.study.layer(0), SETTINGS[0])
        table = pq.read_table(folder / f"{name}.parquet")
        pq.write_table(table.slice(0, 1), folder / f"{name}.parquet")
        assert_same(open_workbench(study).map(0, SETTINGS[0]), before)

    @pytest.mark.parametrize(
        "change",
        [
            lambda r: r.update(n_points=10**12),
            lambda r: r.update(n_nodes=-1),
            lambda r: r.update(layer="conv@mean"),
            lambda r: r.update(layer="../../canary"),
            lambda r: r.update(settings=5),
            lambda r: r["settings"].update(n_intervals=7),
            lambda r: r["settings"].update(lens="os:abort"),
            lambda r: r["settings"].update(min_samples=0),
            lambda r: r["settings"].update(eps="<script>"),
            lambda r: r.update(stops=["x"]),
            lambda r: r.update(eps="large"),
            lambda r: r["intervals"].update(lower=[]),
            lambda r: r.update(given={"lens": "l2", "is_whole": True}),
        ],
    )
    def test_facts(self, study: Path, change: Callable[[Any], object]) -> None:
        bench = open_workbench(study)
        before, digest = bench.map(0, SETTINGS[0]), bench.key(bench.study.layer(0), SETTINGS[0])
        edit(study / "graphs" / digest / "graph.json", change)
        bench = open_workbench(study)
        assert bench.find_graph(digest) is None
        assert_same(bench.map(0, SETTINGS[0]), before)

    def test_points_that_the_layer_lacks_are_not_made(self, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        bench = open_workbench(study)
        digest = bench.key(bench.study.layer(0), SETTINGS[0])
        edit(study / "graphs" / digest / "graph.json", lambda r: r.update(n_points=2**31))
        monkeypatch.setattr("topoact.study.cache.results.read_graph", lambda _: pytest.fail("it is read"))
        assert open_workbench(study).find_graph(digest) is None

    def test_a_graph_under_the_name_of_another(self, study: Path) -> None:
        bench = open_workbench(study)
        layer = bench.study.layer(0)
        one, other = (study / "graphs" / bench.key(layer, settings) for settings in SETTINGS)
        before = bench.map(0, SETTINGS[0])
        shutil.rmtree(one)
        shutil.copytree(other, one)
        assert_same(open_workbench(study).map(0, SETTINGS[0]), before)

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("x", float("nan")),
            ("y", float("inf")),
            ("continues", -2),
            ("continues", 2**40),
            ("radius", -1.0),
            ("radius", float("nan")),
        ],
    )
    def test_a_drawing(self, study: Path, column: str, value: float) -> None:
        bench = open_workbench(study)
        name = bench.drawn_name(0, SETTINGS[0], None)
        before = bench.draw(0, SETTINGS[0])
        file = study / "graphs" / name.graph / "layouts" / f"{name.layout}.parquet"
        set_column(file, column, [value] * len(before.positions))
        bench = open_workbench(study)
        assert bench.cache.load_drawing(*name) is None
        np.testing.assert_array_equal(bench.draw(0, SETTINGS[0]).positions, before.positions)

    @pytest.mark.parametrize(
        ("table", "column", "value"), [("members", "point", 10**9), ("nodes", "lens_mean", float("nan"))]
    )
    def test_an_imported_graph_that_is_damaged_is_said(
        self, whole: list[Path], tmp_path: Path, table: str, column: str, value: float
    ) -> None:
        study = Path(shutil.copytree(whole[2], tmp_path / "study"))
        file = study / "given" / "given" / f"{table}.parquet"
        set_column(file, column, [value] * pq.read_metadata(file).num_rows)
        with pytest.raises(StudyError, match="given/given cannot be used"):
            open_workbench(study).map(0, SETTINGS[0])


def assert_same(graph: MapperGraph, other: MapperGraph) -> None:
    assert graph.nodes.equals(other.nodes)
    assert graph.edges.equals(other.edges)
    np.testing.assert_array_equal(graph.memberships.indices, other.memberships.indices)


class TestImages:
    def put(self, study: Path, content: bytes, kind: str) -> None:
        file = study / "thumbnails" / "00000.arrow"
        with pa.ipc.open_file(file) as reader:
            n_rows = reader.get_batch(0).num_rows
        batch = pa.record_batch([pa.array([content] * n_rows), pa.array([kind] * n_rows)], names=["image", "type"])
        with pa.ipc.new_file(file, batch.schema) as writer:
            writer.write_batch(batch)

    @pytest.mark.parametrize("content", [b"<svg/>", b"<!doctype html>", b"%!PS-Adobe-3.0 EPSF-3.0", b"", b"GIF89a"])
    def test_only_jpeg_and_png_are_thumbnails(self, study: Path, content: bytes) -> None:
        self.put(study, content, "image/png")
        with pytest.raises(StudyError, match="is neither a JPEG nor a PNG file"):
            open_study(study).thumbnail(0)

    def test_the_type_is_told_by_the_content(self, study: Path) -> None:
        file = io.BytesIO()
        Image.new("RGB", (4, 4)).save(file, "JPEG")
        self.put(study, file.getvalue(), "text/html")
        assert open_study(study).thumbnail(0) == (file.getvalue(), "image/jpeg")

    def test_a_damaged_file(self, study: Path) -> None:
        file = study / "thumbnails" / "00000.arrow"
        content = bytearray(file.read_bytes())
        content[200:260] = b"\xff" * 60
        file.write_bytes(content)
        with pytest.raises(StudyError, match="thumbnails cannot be used"):
            open_study(study).thumbnail(3)

    @pytest.mark.parametrize(
        "image", ["https://example.org/x.png", "data:image/svg+xml;base64,AA==", "javascript:1", 5]
    )
    def test_a_located_input_shows_an_image_of_its_own(self, study: Path, image: object) -> None:
        file = study / "located-inputs" / f"{LOCATED}.json"
        assert LocatedInputs(study).load(LOCATED) is not None
        edit(file, lambda record: record.update(thumbnail=image))
        assert LocatedInputs(study).load(LOCATED) is None

    @pytest.mark.parametrize(
        "change",
        [
            lambda r: r.update(target={"kind": "file", "label": "x"}),
            lambda r: r["target"].update(nodes=[-1]),
            lambda r: r["target"].update(point=3),
            lambda r: r.update(cosine="x"),
            lambda r: r.update(size=[8]),
            lambda r: r.update(reached=None),
        ],
    )
    def test_an_activation_image_that_is_none(self, study: Path, change: Callable[[Any], object]) -> None:
        file = next(study.glob("inversions/*/*.json"))
        assert Inversions(study).load(file.stem) is not None
        edit(file, change)
        assert Inversions(study).load(file.stem) is None
        assert Inversions(study).png(file.stem) is None
