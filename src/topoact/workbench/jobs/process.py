"""The parent's end of the worker process: start it, hand it a task, listen, and kill it when it does not."""

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from topoact.interpret.study_network import NetworkChoice
from topoact.workbench.jobs.tasks import Task
from topoact.workbench.jobs.worker import CANCEL, TaskReport, serve_tasks

GRACE_SECONDS: Final = 1.0
"""How long a cancelled task may take to notice before its process is killed."""
POLL_SECONDS: Final = 0.1
DIED: Final = "the worker process was ended from outside, most likely for lack of memory: lower ε or the overlap"


class WorkerProcess:
    """The process that works, started anew whenever it was killed or died."""

    def __init__(self, study: Path, network: NetworkChoice | None = None) -> None:
        self._study, self._network = study, network
        self._context = multiprocessing.get_context("spawn")
        self._process: multiprocessing.process.BaseProcess | None = None

    def start(self) -> None:
        """Start the process unless it runs, so that the first task need not wait for its imports."""
        if self._process is not None and self._process.is_alive():
            return
        self._connection, theirs = self._context.Pipe()
        self._process = self._context.Process(
            target=serve_tasks, args=(self._study, self._network, theirs), name="topoact worker", daemon=True
        )
        self._process.start()
        theirs.close()

    def run(self, task: Task, cancelled: Callable[[], bool]) -> Iterator[TaskReport]:
        """Run a task and yield what the process says of it; the last report is not "running"."""
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
                self.close()
                yield TaskReport("failed", error=DIED)
                return
            yield report
            if report.state != "running":
                return

    def _send(self, message: Task | None) -> None:
        with contextlib.suppress(ConnectionError):  # a process that has just died is noticed by who listens
            self._connection.send(message)

    def close(self) -> None:
        """End the process at once."""
        if self._process is not None:
            self._connection.close()
            self._process.kill()
            self._process.join()
            self._process = None
