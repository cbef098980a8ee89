"""Processes take turns at the machine, a stretch each, so that whatever else it does falls on all of them.

While one works the others are stopped with all their threads: nothing of theirs goes on in its time.
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
STRETCH = 1.0
"""Seconds of a turn."""


class Ended(NamedTuple):
    """What a process needed and said."""

    seconds: float
    said: str


class Failed(Exception):
    """A process ended without its result; it has said why."""


class Racer:
    """A process that says ``ready``, waits for a line, works, and says its result in one line."""

    def __init__(self, arguments: Sequence[Any]) -> None:
        self.seconds, self.said = 0.0, ""
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
        """Wait until it is ready, and let it wait."""
        self._listen()
        self._signal(signal.SIGSTOP)
        print("go", file=self._stdin, flush=True)

    def turn(self) -> None:
        """Let it work for a stretch, or until it is done."""
        start = time.perf_counter()
        self._signal(signal.SIGCONT)
        is_done, _, _ = select.select([self._stdout], [], [], STRETCH)
        self.seconds += time.perf_counter() - start
        if is_done:
            self.said = self._listen()
        else:
            self._signal(signal.SIGSTOP)

    def _listen(self) -> str:
        line = str(self._stdout.readline()).strip()
        if not line:
            raise Failed(f"{' '.join(map(str, self._process.args))} ended with {self._process.wait()}")
        return line

    def _signal(self, number: signal.Signals) -> None:
        os.killpg(self._process.pid, number)


def race(commands: Mapping[str, Sequence[Any]]) -> dict[str, Ended]:
    """Return the seconds that each command of Python took from ``go`` on, and what it said.

    Raises
    ------
    Failed
        If one of them ends without a result.
    """
    with ExitStack() as stack:
        racers = {name: stack.enter_context(Racer(command)) for name, command in commands.items()}
        for racer in racers.values():
            racer.get_ready()
        while left := [racer for racer in racers.values() if not racer.said]:
            for racer in left:
                racer.turn()
        return {name: Ended(racer.seconds, racer.said) for name, racer in racers.items()}
