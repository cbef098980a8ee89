"""The parent's end of a worker process: start it, send it a task, receive its reports, and kill it when it hangs."""

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

from topoact.interpret.study_network import NetworkChoice
from topoact.processes import Watch, interrupts_blocked, kill_group, process_context
from topoact.workbench.jobs.tasks import Task
from topoact.workbench.jobs.worker import CANCEL, TaskReport, run_process

GRACE_SECONDS: Final = 1.0
"""How long a cancelled task may take to notice before its process is killed."""
POLL_SECONDS: Final = 0.1
JOIN_SECONDS: Final = 5.0
"""How long a process that has hung up may take to end."""


class Worker(Protocol):
    """Runs tasks one after the other, for one lane of a `JobRunner`."""

    def start(self) -> None:
        """Prepare for the first task."""

    def run(self, task: Task, cancelled: Callable[[], bool]) -> Iterator[TaskReport]:
        """Run a task and yield its reports; only the last one is not "running"."""

    def close(self) -> None:
        """Stop what runs."""


class WorkerProcess:
    """A process that runs tasks, started anew whenever it was killed or died."""

    def __init__(self, study: Path, network: NetworkChoice | None = None) -> None:
        self._study, self._network = study, network
        self._context = process_context(run_process.__module__, "numba")
        self._process: multiprocessing.process.BaseProcess | None = None

    def start(self) -> None:
        """Start the process unless it runs, so that the first task need not wait for its imports."""
        if self._process is not None and self._process.is_alive():
            return
        self._watch = Watch()
        self._connection, theirs = self._context.Pipe()
        arguments = (self._study, self._network, theirs)
        process = self._context.Process(target=run_process, args=arguments, name="topoact worker", daemon=True)  # type: ignore[attr-defined]
        with interrupts_blocked():
            process.start()
        self._process = process
        theirs.close()

    def run(self, task: Task, cancelled: Callable[[], bool]) -> Iterator[TaskReport]:
        """Run a task and yield its reports; only the last one is not "running"."""
        self.start()
        self._send(task)
        deadline: float | None = None
        while True:
            if cancelled() and deadline is None:
                self._send(CANCEL)
                deadline = time.monotonic() + GRACE_SECONDS
            if deadline is not None and time.monotonic() > deadline:
                self.close()
                yield TaskReport("cancelled")
                return
            try:
                if not self._connection.poll(POLL_SECONDS):
                    continue
                report: TaskReport = self._connection.recv()
            except (EOFError, ConnectionError):
                yield TaskReport("failed", error=self._death())
                return
            yield report
            if report.state != "running":
                return

    def _send(self, message: Task | None) -> None:
        with contextlib.suppress(ConnectionError):  # a process that has just died is noticed by who listens
            self._connection.send(message)

    def _death(self) -> str:
        """Return a sentence on the end of the process, after clearing up."""
        assert self._process is not None
        self._process.join(JOIN_SECONDS)
        exit_code = self._process.exitcode
        self.close()
        short = self._watch.killed_for_memory(exit_code)
        remedy = "lower ε or the overlap" if short else "ask again, and report it if it recurs"
        return f"the worker process {self._watch.death(exit_code)}: {remedy}"

    def close(self) -> None:
        """End the process at once, with all that it has started."""
        if self._process is not None:
            self._connection.close()
            kill_group(self._process)
            self._process = None
