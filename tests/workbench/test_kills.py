"""``kill -9`` of a server at work: its workers end, nothing that is stored is lost, the next start makes the rest."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from topoact.interpret.study_network import NetworkChoice
from topoact.testing.settings import dbscan
from topoact.workbench import open_workbench
from topoact.workbench.images.activation_images import ActivationImages
from topoact.workbench.jobs.runner import JobRunner
from topoact.workbench.jobs.tasks import InvertTask, ProjectionTask, StabilityTask, Task

PATIENCE = 120.0
END_SECONDS = 2.0
SETTINGS = dbscan(n_intervals=6)

SCRIPT = """
import sys, threading
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[3])
    from test_kills import tasks
    from topoact.interpret.study_network import NetworkChoice
    from topoact.workbench.jobs.runner import JobRunner

    runner = JobRunner(Path(sys.argv[1]), NetworkChoice())
    runner.watch(lambda status: print(status.state, status.stage, status.error, flush=True))
    runner.submit(tasks(Path(sys.argv[1]))[sys.argv[2]])
    threading.Event().wait()
"""


def tasks(study: Path) -> dict[str, Task]:
    """Return work that takes a while, by name, and the stage at which it is well under way."""
    from dataclasses import replace

    from topoact.workbench.images.targets import PointTarget

    bench = open_workbench(study)
    images, targets = ActivationImages(bench), tuple(PointTarget(point) for point in range(48))
    graph = bench.key(bench.study.layer(1), SETTINGS)
    recipe = replace(images.recipe, steps=30, attempts=1)
    return {
        "umap": ProjectionTask(0, "umap"),
        "stability": StabilityTask(1, SETTINGS),
        "invert": InvertTask(1, graph, targets, recipe, images.names(1, graph, targets, recipe)),
    }


UNDER_WAY = {"umap": "running projecting", "stability": "running", "invert": "running evaluating"}
"""What is told when the work has begun, of images when a batch of them is nearly finished."""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, network_path: Path) -> Path:
    path = Path(shutil.copytree(network_path, tmp_path_factory.mktemp("kills") / "s"))
    open_workbench(path).draw(1, SETTINGS)
    return path


@pytest.fixture
def study(drawn: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(drawn, tmp_path / "s"))


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "run.py"
    path.write_text(SCRIPT)
    return path


def descendants(pid: int) -> Iterator[int]:
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, file.read_text().split()):
            yield child
            yield from descendants(child)


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", UNDER_WAY)
@pytest.mark.parametrize("seconds", [0.0, 1.5])
def test_kill_9_of_the_server(study: Path, script: Path, name: str, seconds: float) -> None:
    command = [sys.executable, script, study, name, Path(__file__).parent]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            wait_for(server, UNDER_WAY[name])
            time.sleep(seconds)
            children = list(descendants(server.pid))
            workers = [child for child in children if os.getpgid(child) == child]
            stored = {path: path.read_bytes() for path in (study / "inversions").glob("*/*.json")}
        finally:
            server.kill()
    assert len(workers) >= 2
    for pids, seconds in ((workers, END_SECONDS), (children, PATIENCE)):  # who forks them has nothing to do, but exits
        killed = time.monotonic()
        while any(map(runs, pids)):
            assert time.monotonic() < killed + seconds, "a process is left alone"
            time.sleep(0.02)
    assert {path: path.read_bytes() for path in stored} == stored
    finish(study, tasks(study)[name])
    bench = open_workbench(study)
    assert not list(study.rglob("*.tmp"))
    bench.close()


def wait_for(server: "subprocess.Popen[str]", stage: str) -> None:
    """Read what a server tells until its work is at a stage."""
    assert server.stdout
    while not (line := server.stdout.readline()).startswith(stage):
        assert line.startswith(("queued", "running")), line


def finish(study: Path, task: Task) -> None:
    """Run a task at the next start, to its end."""
    from queue import SimpleQueue

    runner, news = JobRunner(study, NetworkChoice()), SimpleQueue()
    runner.watch(news.put)
    job = runner.submit(task)
    while (status := news.get(timeout=PATIENCE)).job != job or status.live:
        pass
    runner.close()
    assert (status.state, status.error) == ("done", None)
