"""Whatever stops a run over images, it goes on with the same bytes; workers write the same study."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import torch

from topoact.errors import Cancelled, InvalidInput, TopoActError
from topoact.extract import extract
from topoact.extract.forward import WorkerNetwork, load_in_worker
from topoact.inputs.opening import open_source
from topoact.inputs.records import Source
from topoact.networks.loading import load_network
from topoact.study import open_study

from .conftest import plan, same, write_photos

pytestmark = pytest.mark.usefixtures("small_segments")


@pytest.mark.parametrize(
    ("stop", "after"), [*product([KeyboardInterrupt], [0, 4, 8, 16, 24]), (Cancelled, 12), (MemoryError, 12)]
)
def test_an_interrupted_run_goes_on_with_the_same_bytes(
    model: torch.nn.Sequential, tmp_path: Path, stop: type[BaseException], after: int
) -> None:
    photos = open_source(str(write_photos(tmp_path / "photos", 26, broken=(2, 9, 25))))

    def progress(stage: str, done: int, total: int) -> None:
        assert (stage, total) == ("extract", 26)
        if done >= after:
            raise stop

    with pytest.raises(Cancelled if stop is KeyboardInterrupt else stop):
        extract(model, photos, tmp_path / "a", plan(), on_progress=progress)
    assert not (tmp_path / "a").exists()
    resumed, whole = extract(model, photos, tmp_path / "a", plan()), extract(model, photos, tmp_path / "b", plan())
    assert same(resumed, whole)
    assert resumed.digest == whole.digest
    assert resumed.manifest.skipped == whole.manifest.skipped
    assert resumed.manifest.notes == whole.manifest.notes
    assert resumed.n_examples == 23


def test_ctrl_c_says_how_far_it_came(model: torch.nn.Sequential, photos: Source, tmp_path: Path) -> None:
    def progress(stage: str, done: int, total: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(Cancelled, match="interrupted after 16 of 24 examples; the same command resumes"):
        extract(model, photos, tmp_path / "a", plan(), on_progress=progress)


KILLED = """
import sys, time
from topoact.extract import Plan, Preprocessing, extract, load_model, open_source
import topoact.study.segments as segments
segments.MAX_SEGMENT_EXAMPLES = 8
model = load_model(sys.argv[1])
plan = Plan(("0", "2", "4"), ("random", "mean", "all"), Preprocessing(), batch_size=4)
extract(model, open_source(sys.argv[2]), sys.argv[3], plan, on_progress=lambda *_: time.sleep(0.05))
"""


def test_kill_9_half_way(model: torch.nn.Sequential, models: Path, photos: Source, tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, f"{models}:small", str(tmp_path / "photos"), str(tmp_path / "a")]
    process = subprocess.Popen(command)
    chunk = tmp_path / "a.partial" / "activations.zarr" / "0@all" / "c" / "1" / "0"
    for _ in range(600):
        if chunk.exists() or process.poll() is not None:
            break
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert (tmp_path / "a.partial").exists()
    assert same(extract(model, photos, tmp_path / "a", plan()), extract(model, photos, tmp_path / "b", plan()))


def test_workers_write_the_same_study_and_one_that_dies_leaves_it_to_be_resumed(models: Path, tmp_path: Path) -> None:
    photos = open_source(str(write_photos(tmp_path / "photos", 40, broken=(2, 9, 39))))
    network = load_network(f"{models}:dying")
    with pytest.raises(TopoActError, match="a worker process ended: the same command goes on"):
        extract(network, photos, tmp_path / "a", plan(workers=2))
    (models.parent / "alive").touch()

    def progress(stage: str, done: int, total: int) -> None:
        if done >= 20:
            raise Cancelled

    with pytest.raises(Cancelled):
        extract(network, photos, tmp_path / "a", plan(), on_progress=progress)
    ours = extract(network, photos, tmp_path / "a", plan(workers=2))
    alone = extract(network, photos, tmp_path / "b", plan())
    assert same(ours, alone)
    assert ours.digest == alone.digest
    assert ours.manifest.notes == alone.manifest.notes


def test_workers_need_a_network_that_they_can_load(
    model: torch.nn.Sequential, models: Path, photos: Source, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="--workers need a network that each can load by its specification"):
        extract(model, photos, tmp_path / "a", plan(workers=2))
    place = WorkerNetwork(load_network(f"{models}:Twice", seed=5).record, 5, "cpu", "float32", 1)
    assert load_in_worker(place).record == place.record
    with pytest.raises(TopoActError, match="has other weights when it is loaded once more: give them with --weights"):
        load_in_worker(replace(place, seed=0))
    with pytest.raises(InvalidInput, match="--workers must be 1 or more: got 0"):
        plan(workers=0)


def test_other_weights_are_another_study(model: torch.nn.Sequential, photos: Source, tmp_path: Path) -> None:
    def progress(stage: str, done: int, total: int) -> None:
        if done == 16:
            raise Cancelled

    with pytest.raises(Cancelled):
        extract(model, photos, tmp_path / "a", plan(), on_progress=progress)
    model[0].bias += 1
    with pytest.raises(TopoActError, match=r"begun with another model.digest"):
        extract(model, photos, tmp_path / "a", plan())
    extract(model, photos, tmp_path / "a", plan(), restart=True)
    assert open_study(tmp_path / "a").n_examples == 24
