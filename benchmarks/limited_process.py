"""A process under limits of memory and time: exceeding one is an outcome, not an error of the measurement."""

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

POLL_SECONDS = 0.05
ROOT = Path(__file__).parents[1]


class Outcome(NamedTuple):
    """How a process ended."""

    status: str
    """``done``, ``memory``, ``time`` or ``failed``."""
    seconds: float
    peak_mib: float
    """Peak memory of the process and its children together."""
    said: str
    """The last line of its output, or of its errors if it failed."""


def run(command: list[Any], *, memory_mib: float, seconds: float) -> Outcome:
    """Run a command until it ends or exceeds a limit, without OPENBLAS_CORETYPE, which slows numpy."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start, peak = time.perf_counter(), 0.0
        streams = {"stdout": output, "stderr": errors, "env": environment, "cwd": ROOT}
        process = subprocess.Popen([str(part) for part in command], start_new_session=True, **streams)
        status = ""
        try:
            while not status and process.poll() is None:
                time.sleep(POLL_SECONDS)
                peak = max(peak, _resident(process.pid))
                status = "memory" if peak > memory_mib else "time" if time.perf_counter() - start > seconds else ""
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        failed = process.wait() != 0 and not status
        stream = errors if failed else output
        stream.seek(0)
        lines = stream.read().strip().splitlines() or [""]
    return Outcome("failed" if failed else status or "done", time.perf_counter() - start, peak, lines[-1])


def _resident(pid: int) -> float:
    """Return the resident memory of a process and its descendants, in MiB."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20 + sum(_resident(int(child)) for child in children)
