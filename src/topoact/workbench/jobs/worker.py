"""The process in which jobs run, and the messages it sends back. It ends when the connection does."""

import logging
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, Literal, NamedTuple

from topoact.errors import Cancelled, TopoActError
from topoact.interpret.inversion.warm_up import warm_up
from topoact.interpret.study_network import NetworkChoice
from topoact.mapper import Progress
from topoact.processes import end_with_parent
from topoact.workbench.bench import Workbench, open_workbench
from topoact.workbench.jobs.tasks import Task

REPORT_SECONDS: Final = 0.05
"""Least time between two reports of the same stage."""
LOOK_SECONDS: Final = 0.005
"""Least time between two looks whether the task was cancelled, in the same stage."""

CANCEL: Final = None
"""Sent in the place of a task: stop the current one."""

logger = logging.getLogger(__name__)


class TaskReport(NamedTuple):
    """What the worker reports of the current task."""

    state: Literal["running", "done", "failed", "cancelled"]
    stage: str = ""
    done: int = 0
    total: int = 0
    error: str | None = None


def run_process(study: Path, network: NetworkChoice | None, connection: Connection) -> None:
    """Run tasks as the only business of a process; Ctrl-C is left to the process that started it."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve_tasks(study, network, connection)


def serve_tasks(
    study: Path,
    network: NetworkChoice | None,
    connection: Connection,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Run tasks from `connection` one after the other until it closes; `clock` spaces the reports of a task."""
    bench: Workbench | None = None
    with suppress(TopoActError):  # a task that needs what cannot be opened says so
        bench = open_workbench(study, network)
        _load_network(bench)
    try:
        while True:
            task: Task | None = connection.recv()
            if task is CANCEL:
                continue  # came too late: its task has ended
            try:
                bench = bench or open_workbench(study, network)
                report = _run(bench, task, _reporter(connection, clock))
            except TopoActError as error:
                report = TaskReport("failed", error=str(error))
            connection.send(report)
    except (EOFError, ConnectionError):
        return


def _load_network(bench: Workbench) -> None:
    """Load the network, if there is to be one, before somebody waits for it."""
    if bench.network_choice is not None:
        _ = bench.network
        if bench.can_invert:
            warm_up()


def _run(bench: Workbench, task: Task, progress: Progress) -> TaskReport:
    try:
        task.run(bench, progress)
    except Cancelled:
        return TaskReport("cancelled")
    except TopoActError:
        raise
    except (EOFError, ConnectionError):
        raise
    except MemoryError:
        return TaskReport("failed", error="there is not enough memory for this graph: lower ε or the overlap")
    except OSError as error:
        return TaskReport("failed", error=f"the result could not be stored: {error}")
    except Exception as error:
        logger.exception("a job failed")
        return TaskReport("failed", error=f"internal error, please report it: {type(error).__name__}: {error}")
    return TaskReport("done")


def _reporter(connection: Connection, clock: Callable[[], float]) -> Progress:
    """Return a progress callback that reports now and then, and stops the task when it was cancelled."""
    last_stage, last_time, last_look = "", 0.0, 0.0

    def report(stage: str, done: int, total: int) -> None:
        nonlocal last_stage, last_time, last_look
        now = clock()
        if stage == last_stage and now - last_look < LOOK_SECONDS:
            return
        last_look = now
        if connection.poll():
            connection.recv()  # while a task runs nothing is sent but CANCEL, or the end
            raise Cancelled("the job was cancelled")
        if stage != last_stage or now - last_time >= REPORT_SECONDS:
            connection.send(TaskReport("running", stage, done, total))
            last_stage, last_time = stage, now

    return report
