"""Jobs on a disk that is full: one sentence, nothing half-written, and the work goes on when there is room."""

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import pytest
from PIL import Image

from topoact.errors import StudyError
from topoact.importers.run import import_files
from topoact.interpret.study_network import NetworkChoice
from topoact.study.cache.located_inputs import LocatedInputs
from topoact.testing.settings import dbscan
from topoact.testing.workers import WorkerThread
from topoact.workbench import open_workbench
from topoact.workbench.images.activation_images import ActivationImages
from topoact.workbench.images.targets import NodesTarget
from topoact.workbench.jobs.runner import JobRunner, JobStatus
from topoact.workbench.jobs.tasks import (
    AttributionTask,
    InvertTask,
    LocateTask,
    MapTask,
    ProjectionTask,
    StabilityTask,
    Task,
)

PATIENCE = 60.0
Full = Callable[[], AbstractContextManager[None]]
SETTINGS = dbscan(n_intervals=4)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small disk where one can be mounted, else a folder."""
    folder = tmp_path_factory.mktemp("disk")
    with suppress(OSError, subprocess.CalledProcessError):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=True, capture_output=True)
    yield folder
    if folder.is_mount():
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def full(disk: Path) -> "Full":
    """Return a context in which the disk is full: really, or as far as anybody can tell who writes to the folder."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    @contextmanager
    def is_full() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            if disk.is_mount():
                with (disk / "ballast").open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free)
            else:
                patch.setattr("topoact.study.files.Path.replace", refuse)
                patch.setattr("topoact.study.files.Path.rename", refuse)
            yield
            (disk / "ballast").unlink(missing_ok=True)

    return is_full


@pytest.fixture(scope="module")
def study(disk: Path, network_path: Path) -> Path:
    path = Path(shutil.copytree(network_path, disk / "s", ignore=shutil.ignore_patterns("graphs", "inversions")))
    bench = open_workbench(path)
    bench.draw(1, SETTINGS)
    return path


@pytest.fixture(scope="module")
def runner(study: Path) -> Iterator[JobRunner]:
    runner = JobRunner(study, NetworkChoice(), make_worker=WorkerThread)
    yield runner
    runner.close()


def ended(runner: JobRunner, task: Task) -> JobStatus:
    news = SimpleQueue[JobStatus]()
    end = runner.watch(news.put)
    job = runner.submit(task)
    try:
        while True:
            status = news.get(timeout=PATIENCE)
            if status.job == job and not status.live:
                return status
    finally:
        end()


def map_task(study: Path) -> Task:
    return MapTask(open_workbench(study).plan_drawing(0, SETTINGS))


def graph_of(study: Path) -> str:
    bench = open_workbench(study)
    return bench.key(bench.study.layer(1), SETTINGS)


def invert_task(study: Path) -> Task:
    images, target = ActivationImages(open_workbench(study)), (NodesTarget((0,)),)
    recipe = replace(images.recipe, steps=2, attempts=1)
    return InvertTask(1, graph_of(study), target, recipe, images.names(1, graph_of(study), target, recipe))


def locate_task(study: Path) -> Task:
    content = BytesIO()
    Image.new("RGB", (16, 16), "red").save(content, "PNG")
    LocatedInputs(study).put("0123456789abcdef", content.getvalue())
    return LocateTask("0123456789abcdef", "image", SETTINGS, 1)


TASKS: dict[str, Callable[[Path], Task]] = {
    "graph and layout": map_task,
    "projection": lambda _: ProjectionTask(0, "pca"),
    "stability": lambda _: StabilityTask(1, SETTINGS),
    "activation image": invert_task,
    "attribution": lambda study: AttributionTask(1, graph_of(study)),
    "located input": locate_task,
}


@pytest.mark.parametrize("name", TASKS)
def test_a_job_on_a_full_disk(study: Path, runner: JobRunner, full: Full, name: str) -> None:
    task = TASKS[name](study)
    with full():
        failed = ended(runner, task)
    assert failed.state == "failed"
    assert str(failed.error).startswith("the disk is full: free some space and ask again")
    assert not list(study.rglob("*.tmp"))
    if name == "located input":
        locate_task(study)  # its file was taken by the first
    assert ended(runner, task).state == "done"


def test_an_import_on_a_full_disk(disk: Path, full: Full, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(500, 20)))
    said = "the disk is full: free some space and run the same command again"
    with full(), pytest.raises(StudyError, match=said):
        import_files([tmp_path / "x.npy"], disk / "imported")
    assert not (disk / "imported").exists()
    assert import_files([tmp_path / "x.npy"], disk / "imported").n_examples == 500


def test_an_index_that_finds_no_room_is_left_out(disk: Path, full: Full) -> None:
    from topoact.study.cache.indexes import load_index, save_index

    with full():
        assert not save_index(disk / "other", "layer", {}, {"band": np.zeros(10_000)})
    assert load_index(disk / "other", "layer") is None
    assert not list(disk.rglob("*.tmp"))
