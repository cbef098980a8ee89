"""Tasks for the workers of the tests; a worker process finds them here by name."""

import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from topoact.errors import InvalidInput


@dataclass(frozen=True)
class Count:
    """Reports every step, and so listens to being cancelled."""

    kind: ClassVar[str] = "count"
    steps: int
    seconds: float = 0.0
    lane: str = "graphs"

    def run(self, bench, progress):
        for step in range(self.steps):
            progress("counting", step, self.steps)
            time.sleep(self.seconds)


GATES: dict[str, threading.Event] = defaultdict(threading.Event)


@dataclass(frozen=True)
class Held:
    """Runs until its gate is opened, in a worker of this process, and listens to being cancelled."""

    kind: ClassVar[str] = "held"
    gate: str
    lane: str = "graphs"

    def run(self, bench, progress):
        progress("waiting", 0, 1)
        while not GATES[self.gate].wait(0.005):
            progress("waiting", 0, 1)


@dataclass(frozen=True)
class Deaf:
    """Says where it runs, and then listens to nobody."""

    lane: ClassVar[str] = "graphs"
    kind: ClassVar[str] = "deaf"
    note: Path

    def run(self, bench, progress):
        progress("sleeping", 0, 1)
        self.note.write_text(str(os.getpid()))
        time.sleep(600)


@dataclass(frozen=True)
class Fail:
    """Fails in a way of one's choice."""

    lane: ClassVar[str] = "graphs"
    kind: ClassVar[str] = "fail"
    how: str

    def run(self, bench, progress):
        raise {
            "input": InvalidInput("the sentence for a person"),
            "memory": MemoryError(),
            "disk": OSError(28, "No space left on device"),
            "bug": ZeroDivisionError("division by zero"),
        }[self.how]
