"""Jobs: tasks that run one after the other in the worker process of their lane, watched and cancelled from this one.

A process, not a thread, so that a computation that does not listen can be stopped for good, and one that runs out of
memory takes nothing with it. A lane for each kind of work, so that no graph waits for what takes minutes. Of two
processes that make graphs each has the index of the layer that it was at last. Results are left in the study; an event
says when they are there.
"""

import contextlib
import itertools
import queue
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, TypeAlias

from topoact.interpret.study_network import NetworkChoice
from topoact.workbench.jobs.process import Worker, WorkerProcess
from topoact.workbench.jobs.tasks import GRAPH_LANE, LONG_LANE, WITH_NETWORK, Lane, Task, gives_way, index_of
from topoact.workbench.jobs.worker import TaskReport

MakeWorker: TypeAlias = Callable[[Path, NetworkChoice | None], Worker]
"""Given the study and, in the lanes that need it, which network to load."""

MAX_WAITING: Final = 2
"""Graphs in one lane from which on another lane that is free makes some too."""
MAX_ENDED: Final = 500
"""Ended jobs whose status is kept."""

State = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class JobStatus:
    """How far a job is."""

    job: str
    kind: str
    state: State = "queued"
    stage: str = "waiting"
    done: int = 0
    total: int = 0
    eta: float | None = None
    """Seconds left, when they can be told."""
    error: str | None = None

    @property
    def live(self) -> bool:
        return self.state in ("queued", "running")


@dataclass(slots=True)
class _Lane:
    thread: threading.Thread
    queue: "queue.Queue[tuple[str, Task] | None]"
    jobs: set[str] = field(default_factory=set)
    """Jobs that wait or run in it."""
    index: Hashable | None = None
    """Index of the last graph that it was given."""


class JobRunner:
    """Runs the tasks of one study; `watch` to hear of them, `close` when done.

    Parameters
    ----------
    study
        Path of the study.
    network
        Which network the workers of the lanes that need it load; without it these lanes start with their first task.
    make_worker
        What runs the tasks of a lane.
    clock
        Seconds that pass, from which the time left is estimated.
    """

    def __init__(
        self,
        study: Path,
        network: NetworkChoice | None = None,
        *,
        make_worker: MakeWorker = WorkerProcess,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._study, self._network = study, network
        self._make_worker, self._clock = make_worker, clock
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._jobs: dict[str, tuple[Task, JobStatus]] = {}
        self._clients: dict[str, set[str]] = {}
        self._cancelled: set[str] = set()
        self._watchers: list[Callable[[JobStatus], None]] = []
        self._lanes: dict[Lane, _Lane] = {}
        for name in (GRAPH_LANE, *(WITH_NETWORK if network else ())):
            self._open(name)

    def submit(self, task: Task, client: str = "") -> str:
        """Queue a task for a client and return the name of its job; a live job of an equal task is joined."""
        with self._lock:
            for name, (known, status) in self._jobs.items():
                if known == task and status.live and name not in self._cancelled:
                    self._clients[name].add(client)
                    return name
            self._forget_ended()
            name = str(next(self._numbers))
            self._jobs[name], self._clients[name] = (task, JobStatus(name, task.kind)), {client}
            lane = self._lane_of(task)
            lane.jobs.add(name)
        self._tell(name, state="queued")  # before the worker's thread can tell more
        lane.queue.put((name, task))
        return name

    def cancel(self, job: str, client: str = "") -> bool:
        """Ask a job to stop, unless another client waits for it too; false when there is no such live job."""
        with self._lock:
            state = self._jobs[job][1].state if job in self._jobs else "done"
            if state not in ("queued", "running"):
                return False
            self._clients[job].discard(client)
            if self._clients[job]:
                return True
            self._cancelled.add(job)
        if state == "queued":
            self._tell(job, state="cancelled")
        return True

    def statuses(self) -> list[JobStatus]:
        """Return the last status of every job of this run."""
        with self._lock:
            return [status for _, status in self._jobs.values()]

    def live_tasks(self) -> list[Task]:
        """Return the tasks that wait or run."""
        with self._lock:
            return [task for task, status in self._jobs.values() if status.live]

    def watch(self, callback: Callable[[JobStatus], None]) -> Callable[[], None]:
        """Call `callback` with the status of every job so far, then at every change, from another thread.

        Returns
        -------
        callable
            Ends this.
        """
        with self._lock:
            self._watchers.append(callback)
            for _, status in self._jobs.values():
                callback(status)
        return lambda: self._watchers.remove(callback)

    def close(self) -> None:
        """Stop the current work and end the processes."""
        for job in [status.job for status in self.statuses()]:
            self._clients[job].clear()
            self.cancel(job)
        for lane in self._lanes.values():
            lane.queue.put(None)
        for lane in self._lanes.values():
            lane.thread.join()

    def _lane_of(self, task: Task) -> _Lane:
        """Return the lane of a task: of a graph the one that has its index, or the shorter one if several wait."""
        lane, index = self._open(task.lane), index_of(task)
        if index is None or task.lane != GRAPH_LANE:
            return lane
        other = self._lanes.get(LONG_LANE)
        if self._can_help(other, index):
            waiting = len(lane.jobs) if lane.index == index else MAX_WAITING
            if lane.index is not None and waiting >= MAX_WAITING and (other is None or len(other.jobs) < waiting):
                lane = self._open(LONG_LANE)
        lane.index = index
        return lane

    def _can_help(self, lane: _Lane | None, index: Hashable) -> bool:
        """Return whether the lane of long work is free to make graphs from an index."""
        if lane is None or not lane.jobs:
            return True
        return lane.index == index and not any(self._jobs[job][0].lane == LONG_LANE for job in lane.jobs)

    def _open(self, name: Lane) -> _Lane:
        """Return a lane; a new one starts its process at once: the first task need not wait for imports."""
        if name not in self._lanes:
            tasks: queue.Queue[tuple[str, Task] | None] = queue.Queue()
            thread = threading.Thread(target=self._work, args=(tasks, name), name=f"jobs: {name}", daemon=True)
            self._lanes[name] = _Lane(thread, tasks)
            thread.start()
        return self._lanes[name]

    def _forget_ended(self) -> None:
        """Forget the oldest of the jobs that have ended, so that their number is bounded."""
        in_lanes = set[str]().union(*(lane.jobs for lane in self._lanes.values()))
        ended = [name for name, (_, status) in self._jobs.items() if not status.live and name not in in_lanes]
        for name in ended[: max(0, len(ended) - MAX_ENDED)]:
            del self._jobs[name], self._clients[name]
            self._cancelled.discard(name)

    def _work(self, tasks: "queue.Queue[tuple[str, Task] | None]", lane: Lane) -> None:
        network = self._network if lane in WITH_NETWORK else None
        with contextlib.closing(self._make_worker(self._study, network)) as worker:
            with contextlib.suppress(OSError):  # the first task says so
                worker.start()
            while (item := tasks.get()) is not None:
                if self._run(worker, *item):
                    tasks.put(item)
                else:
                    with self._lock:
                        self._lanes[lane].jobs.discard(item[0])

    def _run(self, worker: Worker, job: str, task: Task) -> bool:
        """Run a task to its end; return whether it gave way to another and is to go on later."""
        if not self._begin(job):
            return False
        started = self._clock()
        for report in _run(worker, task, lambda: job in self._cancelled or self._gives_way(task)):
            if report.state == "cancelled" and job not in self._cancelled:
                self._tell(job, state="queued", stage="waiting", eta=None)
                return True
            elapsed = self._clock() - started
            eta = elapsed * (report.total - report.done) / report.done if report.done else None
            self._tell(
                job,
                state=report.state,
                stage=report.stage,
                done=report.done,
                total=report.total,
                eta=eta,
                error=report.error,
            )
        return False

    def _gives_way(self, task: Task) -> bool:
        with self._lock:
            waiting = [one for one, status in self._jobs.values() if status.state == "queued"]
        return any(gives_way(task, one) for one in waiting)

    def _begin(self, job: str) -> bool:
        """Take a job out of the queue, unless it was cancelled there."""
        with self._lock:
            task, status = self._jobs[job]
            if job not in self._cancelled:
                self._jobs[job] = (task, replace(status, state="running"))
            return job not in self._cancelled

    def _tell(self, job: str, **changes: object) -> None:
        with self._lock:
            task, status = self._jobs[job]
            status = replace(status, **changes)  # type: ignore[arg-type]
            self._jobs[job] = (task, status)
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher(status)


def _run(worker: Worker, task: Task, cancelled: Callable[[], bool]) -> Iterator[TaskReport]:
    """Run a task; a worker that cannot be started is a failure of the task, not the end of its lane."""
    try:
        yield from worker.run(task, cancelled)
    except OSError as error:
        yield TaskReport("failed", error=f"the worker process cannot be started: {error}")
