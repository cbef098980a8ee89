"""Processes run in turns, a second each, so that other load on the machine affects all of them alike.

While one runs, the others are stopped with all their threads.
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

ROOT = Path(__file__).parents[1]
TURN_SECONDS = 1.0


class Result(NamedTuple):
    """How long a process ran, and the line it printed at its end."""

    seconds: float
    output: str


class Failed(Exception):
    """A process ended without a result; its errors say why."""


class Process:
    """A process that prints ``ready``, waits for a line, works, and prints its result in one line."""

    def __init__(self, arguments: Sequence[Any]) -> None:
        self.seconds, self.output = 0.0, ""
        environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        command = [sys.executable, *map(str, arguments)]
        self._process = subprocess.Popen(command, start_new_session=True, cwd=ROOT, env=environment, **pipes)
        self._stdin: Any = self._process.stdin
        self._stdout: Any = self._process.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._signal(signal.SIGKILL)
        self._process.communicate()

    def get_ready(self) -> None:
        """Wait until it is ready, then stop it."""
        self._read_line()
        self._signal(signal.SIGSTOP)
        print("go", file=self._stdin, flush=True)

    def turn(self) -> None:
        """Let it run for a turn, or until it is done."""
        start = time.perf_counter()
        self._signal(signal.SIGCONT)
        is_done, _, _ = select.select([self._stdout], [], [], TURN_SECONDS)
        self.seconds += time.perf_counter() - start
        if is_done:
            self.output = self._read_line()
        else:
            self._signal(signal.SIGSTOP)

    def _read_line(self) -> str:
        line = str(self._stdout.readline()).strip()
        if not line:
            raise Failed(f"{' '.join(map(str, self._process.args))} ended with {self._process.wait()}")
        return line

    def _signal(self, number: signal.Signals) -> None:
        os.killpg(self._process.pid, number)


def run_in_turns(commands: Mapping[str, Sequence[Any]]) -> dict[str, Result]:
    """Run each command of Python; return the seconds it took from ``go`` on, and its result.

    Raises
    ------
    Failed
        If one of them ends without a result.
    """
    with ExitStack() as stack:
        processes = {name: stack.enter_context(Process(command)) for name, command in commands.items()}
        for process in processes.values():
            process.get_ready()
        while left := [process for process in processes.values() if not process.output]:
            for process in left:
                process.turn()
        return {name: Result(process.seconds, process.output) for name, process in processes.items()}
