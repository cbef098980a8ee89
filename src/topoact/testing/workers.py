"""`WorkerThread`: a worker in this process, for tests that are about jobs and not about processes."""

import multiprocessing
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from topoact.interpret.study_network import NetworkChoice
from topoact.workbench.jobs.process import WorkerProcess
from topoact.workbench.jobs.worker import serve_tasks

END_SECONDS: Final = 30.0
"""How long a task may take to notice that its worker was closed."""


class WorkerThread(WorkerProcess):
    """A thread that runs tasks and exchanges the messages of a `WorkerProcess`.

    It costs nothing to start and shares what this process has imported. A task that does not report cannot be killed.
    """

    def __init__(
        self, study: Path, network: NetworkChoice | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(study, network)
        self._clock = clock
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread unless it runs."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._connection, theirs = multiprocessing.Pipe()
        self._thread = threading.Thread(target=self._serve, args=(theirs,), name="topoact worker", daemon=True)
        self._thread.start()

    def _serve(self, connection: Connection) -> None:
        with connection:
            serve_tasks(self._study, self._network, connection, self._clock)

    def close(self) -> None:
        """Stop what runs at its next report."""
        if self._thread is None:
            return
        self._connection.close()
        self._thread.join(END_SECONDS)
        assert not self._thread.is_alive(), "the task does not report: only a process can be killed"
        self._thread = None
