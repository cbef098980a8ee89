"""Jobs: reported, joined and cancelled, in workers of this process; killed and cleaned up after, in processes."""

import itertools
import multiprocessing
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from chores import GATES, Count, Deaf, Fail, Held

from topoact.processes import process_context
from topoact.testing.settings import dbscan
from topoact.testing.studies import write_digits_study
from topoact.testing.workers import WorkerThread
from topoact.workbench import open_workbench
from topoact.workbench.jobs import process
from topoact.workbench.jobs.runner import JobRunner
from topoact.workbench.jobs.tasks import (
    AttributionTask,
    LocateTask,
    MapTask,
    ProjectionTask,
    StabilityTask,
    gives_way,
)
from topoact.workbench.jobs.worker import TaskReport

KILLED = "the worker process was ended by signal 9, SIGKILL: ask again, and report it if it recurs"
PATIENCE = 60
"""Seconds after which something that should happen counts as not happening; no test waits for it to pass."""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_digits_study(tmp_path_factory.mktemp("jobs") / "digits", n_examples=200)


class Observed:
    """A runner, and what it told."""

    def __init__(self, runner):
        self.runner, self.heard, self.news = runner, [], queue.Queue()
        self.end = runner.watch(self.news.put)

    def until(self, condition):
        """Return the first status from now on that meets the condition."""
        while True:
            status = self.news.get(timeout=PATIENCE)
            self.heard.append(status)
            if condition(status):
                return status

    def last(self, job):
        return self.until(lambda status: status.job == job and not status.live)

    def running(self, job):
        return self.until(lambda status: status.job == job and status.state == "running")

    def of(self, job):
        return [status for status in self.heard if status.job == job]


@pytest.fixture(scope="module")
def runner(path):
    """A runner with workers in this process, whose clock shows another second whenever it is looked at."""
    clock = itertools.count().__next__
    runner = JobRunner(path, make_worker=partial(WorkerThread, clock=clock), clock=clock)
    yield runner
    runner.close()


@pytest.fixture
def jobs(runner):
    GATES.clear()
    observed = Observed(runner)
    yield observed
    for gate in list(GATES.values()):
        gate.set()
    observed.end()


@pytest.fixture(scope="module")
def process_runner(path):
    runner = JobRunner(path)
    yield runner
    runner.close()


@pytest.fixture
def processes(process_runner):
    """Jobs in a worker process."""
    observed = Observed(process_runner)
    yield observed
    observed.end()


def appears(file):
    deadline = time.monotonic() + PATIENCE
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(file.read_text())


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_map_is_computed_elsewhere_and_found_here(processes, path):
    bench, settings = open_workbench(path), dbscan(n_intervals=6, eps=25.0)
    name = bench.drawn_name(0, settings, None)
    assert bench.cache.load_graph(name.graph) is None
    job = processes.runner.submit(MapTask(bench.plan_drawing(0, settings)))
    assert processes.last(job).state == "done"
    assert bench.cache.load_graph(name.graph).n_points == 200
    assert bench.cache.load_drawing(*name) is not None


def test_a_projection_is_computed_elsewhere_and_found_here(jobs, path):
    job = jobs.runner.submit(ProjectionTask(0, "pca"))
    assert jobs.last(job).state == "done"
    assert open_workbench(path).stored_projection(0, "pca").shape == (200, 2)


def test_statuses_come_in_order(jobs):
    job = jobs.runner.submit(Count(8))
    jobs.last(job)
    told = jobs.of(job)
    assert [status.state for status in told] == ["queued"] + ["running"] * (len(told) - 2) + ["done"]
    steps = [status.done for status in told if status.state == "running"]
    assert steps == sorted(steps)
    assert steps[0] == 0
    assert len(steps) >= 2
    assert {(status.kind, status.total) for status in told[1:-1]} == {("count", 8)}
    assert told[1].eta is None
    assert told[-2].eta > 0
    assert [status for status in jobs.runner.statuses() if status.job == job] == [told[-1]]


def test_jobs_run_one_after_the_other(jobs):
    first, second = jobs.runner.submit(Count(3)), jobs.runner.submit(Count(4))
    jobs.last(second)
    running = [status.job for status in jobs.heard if status.state == "running"]
    assert running == sorted(running, key=[first, second].index)
    assert set(running) == {first, second}


def test_a_live_job_of_an_equal_task_is_joined(jobs):
    job = jobs.runner.submit(Held("one"))
    assert jobs.runner.submit(Held("one")) == job
    assert jobs.runner.submit(Count(6)) != job
    jobs.running(job)
    assert jobs.runner.submit(Held("one")) == job
    GATES["one"].set()
    jobs.last(job)
    again = jobs.runner.submit(Held("one"))
    assert again != job
    jobs.last(again)


def test_a_cancelled_job_is_not_joined(jobs):
    job = jobs.runner.submit(Held("one"))
    jobs.running(job)
    assert jobs.runner.cancel(job)
    again = jobs.runner.submit(Held("one"))
    assert again != job
    assert jobs.last(job).state == "cancelled"
    jobs.runner.cancel(again)
    assert jobs.last(again).state == "cancelled"


def test_cancelling_a_job_that_listens_keeps_the_process(processes):
    job = processes.runner.submit(Count(1000, seconds=0.06))
    processes.running(job)
    (before,) = multiprocessing.active_children()
    assert processes.runner.cancel(job)
    assert processes.last(job).state == "cancelled"
    assert [child.pid for child in multiprocessing.active_children()] == [before.pid]


def test_cancelling_a_job_that_does_not_listen_kills_the_process(processes, tmp_path):
    job = processes.runner.submit(Deaf(tmp_path / "pid"))
    pid = appears(tmp_path / "pid")
    assert processes.runner.cancel(job)
    assert processes.last(job).state == "cancelled"
    assert not alive(pid)
    after = processes.runner.submit(Count(1))
    assert processes.last(after).state == "done"


def test_cancelling_a_job_that_waits(jobs):
    first, waiting = jobs.runner.submit(Held("one")), jobs.runner.submit(Count(11))
    assert jobs.runner.cancel(waiting)
    assert jobs.last(waiting).state == "cancelled"  # at once, before the first has ended
    GATES["one"].set()
    assert jobs.last(first).state == "done"
    assert [status.state for status in jobs.of(waiting)] == ["queued", "cancelled"]


def test_cancelling_what_does_not_run(jobs):
    job = jobs.runner.submit(Count(1))
    jobs.last(job)
    assert not jobs.runner.cancel(job)
    assert not jobs.runner.cancel("no such job")


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("input", "the sentence for a person"),
        ("memory", "there is not enough memory for this graph: lower ε or the overlap"),
        ("disk", "the result could not be stored: [Errno 28] No space left on device"),
        ("bug", "internal error, please report it: ZeroDivisionError: division by zero"),
    ],
)
def test_failures_are_told_in_one_sentence(jobs, how, sentence):
    status = jobs.last(jobs.runner.submit(Fail(how)))
    assert (status.state, status.error) == ("failed", sentence)


def test_settings_that_do_not_fit_are_told(jobs, path):
    status = jobs.last(jobs.runner.submit(MapTask(open_workbench(path).plan_drawing(0, dbscan(lens="nope")))))
    assert status.state == "failed"
    assert status.error.startswith("unknown lens 'nope': choose l2, l1, ")


def test_a_worker_killed_from_outside_at_work(processes, tmp_path):
    job = processes.runner.submit(Deaf(tmp_path / "pid"))
    os.kill(appears(tmp_path / "pid"), signal.SIGKILL)
    status = processes.last(job)
    assert (status.state, status.error) == ("failed", KILLED)
    assert processes.last(processes.runner.submit(Count(1))).state == "done"


def test_a_worker_killed_from_outside_at_rest(processes):
    processes.last(processes.runner.submit(Count(1)))
    (child,) = multiprocessing.active_children()
    os.kill(child.pid, signal.SIGKILL)
    status = processes.last(processes.runner.submit(Count(1)))
    assert status.state == "done" or status.error == KILLED
    assert processes.last(processes.runner.submit(Count(1))).state == "done"


def test_who_watches_late_hears_of_all_jobs_so_far(jobs):
    job = jobs.runner.submit(Count(1))
    jobs.last(job)
    late = []
    end = jobs.runner.watch(late.append)
    assert late == jobs.runner.statuses()
    end()
    jobs.last(jobs.runner.submit(Count(2)))
    assert late[-1].job == job


def test_close_ends_the_work_and_the_process(path, tmp_path):
    others = {child.pid for child in multiprocessing.active_children()}
    observed = Observed(JobRunner(path))
    job, waiting = observed.runner.submit(Deaf(tmp_path / "pid")), observed.runner.submit(Count(9))
    pid = appears(tmp_path / "pid")
    observed.runner.close()
    assert not alive(pid)
    assert {child.pid for child in multiprocessing.active_children()} == others
    last = {status.job: status.state for status in observed.runner.statuses()}
    assert last == {job: "cancelled", waiting: "cancelled"}


def test_where_a_process_cannot_be_forked_it_is_spawned(path, monkeypatch):
    monkeypatch.setattr(process, "process_context", lambda *_modules: multiprocessing.get_context("spawn"))
    observed = Observed(JobRunner(path))
    assert observed.last(observed.runner.submit(Count(1))).state == "done"
    observed.runner.close()


def test_how_processes_are_started(monkeypatch):
    assert process_context().get_start_method() == ("forkserver" if sys.platform == "linux" else "spawn")
    monkeypatch.setattr(tempfile, "tempdir", "/tmp/" + "deep/" * 20)
    assert process_context().get_start_method() == "spawn"


SCRIPT = """
import sys
import threading
from pathlib import Path
from chores import Count, Deaf
from topoact.workbench.jobs.runner import JobRunner

if __name__ == "__main__":
    runner = JobRunner(Path(sys.argv[1]))
    runner.watch(lambda status: print(status.state, flush=True))
    runner.submit({"listens": Count(2000, seconds=0.06), "deaf": Deaf(Path(sys.argv[1]) / "pid")}[sys.argv[2]])
    threading.Event().wait()
"""


@pytest.mark.parametrize("task", ["listens", "deaf"])
def test_when_the_server_is_killed_its_worker_ends_without_a_word(path, tmp_path, task):
    script = tmp_path / "run.py"
    script.write_text(SCRIPT)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}
    with subprocess.Popen([sys.executable, script, path, task], **pipes) as server:
        while server.stdout.readline() != "running\n":
            assert server.poll() is None
        server.kill()
        errors = server.communicate(timeout=PATIENCE)[1]  # returns when the worker has closed them as well
    assert errors == ""


def test_lanes_run_beside_each_other(jobs, tmp_path):
    """A picture that takes long keeps no graph waiting, and jobs of one lane wait for each other."""
    slow = jobs.runner.submit(Held("one", lane="images"))
    jobs.running(slow)
    behind = jobs.runner.submit(Count(1, lane="images"))
    assert jobs.last(jobs.runner.submit(Count(2))).state == "done"
    assert {status.job: status.state for status in jobs.runner.statuses()}[behind] == "queued"
    assert jobs.runner.cancel(slow)
    assert jobs.last(slow).state == "cancelled"
    assert jobs.last(behind).state == "done"


def test_a_job_that_two_clients_want_ends_when_both_give_it_up(jobs):
    job = jobs.runner.submit(Held("one"), "first page")
    jobs.running(job)
    assert jobs.runner.submit(Held("one"), "second page") == job
    assert jobs.runner.cancel(job, "first page")
    assert jobs.runner.cancel(job, "first page"), "it still runs, and who gave it up may say so twice"
    assert {one.job: one.state for one in jobs.runner.statuses()}[job] == "running"
    assert jobs.runner.cancel(job, "second page")
    assert jobs.last(job).state == "cancelled"


def test_a_worker_that_cannot_be_started_fails_its_task_and_not_its_lane(path):
    failures = iter([OSError(24, "Too many open files")] * 2)

    class Broken(WorkerThread):
        def start(self):
            if (error := next(failures, None)) is not None:
                raise error
            super().start()

    observed = Observed(JobRunner(path, make_worker=Broken))
    failed = observed.last(observed.runner.submit(Count(1)))
    assert failed.error == "the worker process cannot be started: [Errno 24] Too many open files"
    assert observed.last(observed.runner.submit(Count(1))).state == "done"
    observed.runner.close()


def test_what_has_ended_is_forgotten_in_the_end(path, monkeypatch):
    monkeypatch.setattr("topoact.workbench.jobs.runner.MAX_ENDED", 3)
    observed = Observed(JobRunner(path, make_worker=WorkerThread))
    last = [observed.runner.submit(Count(number)) for number in range(9)][-1]
    observed.last(last)
    observed.runner.submit(Count(100))
    assert len(observed.runner.statuses()) <= 3 + 2
    assert not observed.runner.cancel("1")
    observed.runner.close()


class Idle:
    """A worker whose tasks end when the test ends."""

    ended = threading.Event()

    def __init__(self, *_):
        pass

    start = close = lambda _: None

    def run(self, task, cancelled):
        while not (cancelled() or self.ended.wait(0.005)):
            pass
        yield TaskReport("done")


@pytest.fixture
def lanes(path):
    """A runner whose jobs go on, the graphs of two layers, and what is long."""
    Idle.ended.clear()
    runner, bench = JobRunner(path, make_worker=Idle), open_workbench(path)
    yield (
        runner,
        lambda layer, n: MapTask(bench.plan_drawing(layer, dbscan(n_intervals=n, eps=25.0))),
        StabilityTask(0, dbscan(n_intervals=5, eps=25.0)),
    )
    Idle.ended.set()
    runner.close()


def lane_of(runner, job):
    return next(name for name, lane in runner._lanes.items() if job in lane.jobs)


def test_what_takes_minutes_keeps_no_graph_waiting(lanes):
    runner, graph, stability = lanes
    assert lane_of(runner, runner.submit(stability)) == "long"
    assert lane_of(runner, runner.submit(ProjectionTask(0, "umap"))) == "long"
    assert lane_of(runner, runner.submit(ProjectionTask(0, "pca"))) == "graphs"
    for number in range(5, 9):
        assert lane_of(runner, runner.submit(graph(number % 2, number))) == "graphs", "the other lane is at long work"


def test_the_graphs_of_another_layer_go_to_the_process_that_is_free(lanes):
    runner, graph, stability = lanes
    assert [lane_of(runner, runner.submit(graph(layer, 5))) for layer in (0, 1)] == ["graphs", "long"]
    assert lane_of(runner, runner.submit(graph(1, 6))) == "long", "it has the index of that layer"
    assert lane_of(runner, runner.submit(graph(0, 6))) == "graphs"
    runner.submit(stability)
    assert lane_of(runner, runner.submit(graph(1, 7))) == "graphs", "the other has begun long work"


def test_where_several_graphs_wait_both_processes_make_them(lanes):
    runner, graph, _ = lanes
    names = [lane_of(runner, runner.submit(graph(0, number))) for number in range(5, 15)]
    assert names[:2] == ["graphs", "graphs"]
    assert 4 <= names.count("long") <= 5
    assert set(runner._lanes) == {"graphs", "long"}


def test_an_input_to_locate_goes_before_attributions():
    attributions, photo = AttributionTask(0, "a" * 16), LocateTask("b" * 16, "image", dbscan(), 0)
    assert gives_way(attributions, photo)
    assert not gives_way(photo, attributions)
    assert not gives_way(attributions, attributions)


def test_a_study_that_is_gone(tmp_path):
    path = write_digits_study(tmp_path / "digits", n_examples=50)
    (path / "study.json").unlink()
    observed = Observed(JobRunner(path, make_worker=WorkerThread))
    status = observed.last(observed.runner.submit(Count(1)))
    observed.runner.close()
    assert status.state == "failed"
    assert "is not a study: it has no study.json" in status.error
