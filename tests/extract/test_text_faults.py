"""Whatever stops a run over texts, it goes on with the same bytes; what cannot be run is refused in one sentence."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from topoact.errors import Cancelled, InvalidInput, ModelError, TopoActError, UnknownName
from topoact.extract import Plan, extract
from topoact.inputs.opening import open_source
from topoact.networks.huggingface import fetch
from topoact.networks.loading import load_network
from topoact.networks.preprocessing import Preprocessing

from . import tiny
from .conftest import same, write_photos

pytestmark = pytest.mark.usefixtures("transformers", "small_windows")


@pytest.mark.parametrize(("policy", "after"), [("words", 0), ("words", 7), ("words", 14), ("mean", 7), ("mean", 21)])
def test_an_interrupted_run_goes_on_with_the_same_bytes(
    bert: str, lines: str, tmp_path: Path, policy: str, after: int
) -> None:
    plan = Plan(policies=(policy,), batch_size=3)

    def progress(stage: str, done: int, total: int) -> None:
        assert (stage, total) == ("extract", len(tiny.LINES))
        if done >= after:
            raise KeyboardInterrupt

    with pytest.raises(Cancelled, match=f"of {len(tiny.LINES)} texts; the same command resumes"):
        extract(load_network(bert), open_source(lines), tmp_path / "a", plan, on_progress=progress)
    resumed, whole = (extract(load_network(bert), open_source(lines), tmp_path / name, plan) for name in "ab")
    assert same(resumed, whole)
    assert resumed.digest == whole.digest
    assert resumed.manifest.notes == whole.manifest.notes
    assert resumed.manifest.skipped == whole.manifest.skipped


KILLED = """
import sys, time
import topoact.study.segments as segments, topoact.extract.texts.reading as reading
from topoact.extract import Plan, extract, load_network, open_source
segments.MAX_SEGMENT_EXAMPLES, reading.MAX_WINDOW_TEXTS = 8, 7
plan = Plan(layers=("cell",), policies=("words",), batch_size=3)
extract(load_network(sys.argv[1]), open_source(sys.argv[2]), sys.argv[3], plan, on_progress=lambda *_: time.sleep(0.3))
"""


def test_kill_9_half_way(code: Path, lines: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, f"{code}:pair", lines, str(tmp_path / "a")]
    paths = [str(Path(tiny.__file__).parent), os.environ.get("PYTHONPATH", "")]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)})
    chunk = tmp_path / "a.partial" / "activations.zarr" / "cell" / "c" / "1" / "0"
    for _ in range(900):
        if chunk.exists() or process.poll() is not None:
            break
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    plan = Plan(layers=("cell",), policies=("words",), batch_size=3)
    resumed, whole = (extract(load_network(f"{code}:pair"), open_source(lines), tmp_path / name, plan) for name in "ab")
    assert same(resumed, whole)
    assert resumed.manifest.notes == whole.manifest.notes


def test_workers_write_the_same_study_and_one_that_dies_leaves_it_to_be_resumed(code: Path, lines: str) -> None:
    network, source, folder = load_network(f"{code}:dying", seed=3), open_source(lines), code.parent
    plan = Plan(layers=("embed", "cell"), policies=("words",), batch_size=3, seed=3)
    with pytest.raises(TopoActError, match="a worker process ended: the same command goes on"):
        extract(network, source, folder / "a", replace(plan, workers=2))
    (folder / "alive").touch()

    def progress(stage: str, done: int, total: int) -> None:
        if done >= 14:
            raise Cancelled

    with pytest.raises(Cancelled):
        extract(network, source, folder / "a", plan, on_progress=progress)
    ours = extract(network, source, folder / "a", replace(plan, workers=2))
    alone = extract(network, source, folder / "b", plan)
    assert same(ours, alone)
    assert ours.digest == alone.digest
    assert ours.manifest.notes == alone.manifest.notes
    assert ours.manifest.skipped == alone.manifest.skipped
    assert "prediction" in ours.examples


def test_workers_need_a_network_that_they_can_load(code: Path, lines: str, tmp_path: Path) -> None:
    module = load_network(f"{code}:attribute").module
    with pytest.raises(InvalidInput, match="--workers need a network that each can load by its specification"):
        extract(module, open_source(lines), tmp_path / "a", Plan(workers=2))
    assert not (tmp_path / "a.partial").exists()


@pytest.mark.parametrize(
    ("plan", "error", "sentence"),
    [
        pytest.param(Plan(policies=("random",)), InvalidInput, "'random' is not one for texts", id="policy"),
        pytest.param(Plan(where=("upos",)), InvalidInput, "--where needs column=value.*: got 'upos'", id="condition"),
        pytest.param(Plan(where=("pos=X",)), UnknownName, "--where knows no column 'pos'", id="column"),
        pytest.param(Plan(where=("label=owl",)), InvalidInput, "no text or word is left", id="nothing left"),
        pytest.param(Plan(max_tokens=99), InvalidInput, "--max-tokens must be at most 24.*: got 99", id="tokens"),
        pytest.param(Plan(preprocessing=Preprocessing(8)), InvalidInput, "are for images, and the data are", id="size"),
        pytest.param(Plan(layers=("encoder.layer.9",)), UnknownName, "no layer 'encoder.layer.9'", id="layer"),
        pytest.param(Plan(strict=True), InvalidInput, "3 is empty or cannot be read", id="strict"),
    ],
)
def test_bad_plans(bert: str, lines: str, tmp_path: Path, plan: Plan, error: type[TopoActError], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        extract(load_network(bert), open_source(lines), tmp_path / "s", plan)
    assert not list(tmp_path.glob("s*"))


def test_networks_and_data_that_do_not_fit(bert: str, code: Path, lines: str, tmp_path: Path) -> None:
    photos = open_source(str(write_photos(tmp_path / "photos", 2)))
    with pytest.raises(InvalidInput, match="reads texts, and the data are none: see --text-column"):
        extract(load_network(bert), photos, tmp_path / "s")
    with pytest.raises(ModelError, match=r"bare has no tokenizer to read texts with: take hf:NAME"):
        extract(load_network(f"{code}:bare"), open_source(lines), tmp_path / "s")
    with pytest.raises(ModelError, match="the tokenizer str does not say where"):
        extract(load_network(f"{code}:slow"), open_source(lines), tmp_path / "s")


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("no-such-folder", {}, "there is no data at"),
        ("photos", {"text": "text"}, "--text-column is a column of a"),
        ("lines.csv", {"columns": ("genre",)}, r"--columns chooses comments of \.conllu files"),
        ("no.conllu", {}, "cannot be read"),
    ],
)
def test_bad_data(lines: str, tmp_path: Path, name: str, options: dict[str, Any], sentence: str) -> None:
    write_photos(tmp_path / "photos", 2)
    with pytest.raises(InvalidInput, match=sentence):
        open_source(str(tmp_path / name), **options)


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"hf:.*cannot be loaded"):
        load_network(f"hf:{tmp_path / 'nowhere'}")


def test_a_torchvision_that_does_not_import_is_named(transformers: Any) -> None:
    class Broken:
        @staticmethod
        def from_pretrained(name: str, **options: object) -> None:
            cause = RuntimeError("operator torchvision::nms does not exist")
            raise ModuleNotFoundError("Could not import module 'BertModel'") from cause

    with pytest.raises(ModelError, match=r"a torchvision that does not import .* install a matching one or none"):
        fetch(transformers, Broken, "any")
