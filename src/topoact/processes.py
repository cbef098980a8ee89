"""How processes start, `process_context`, that none outlives its parent, `end_with_parent`, and how they died, `Watch`.

A process that calls `end_with_parent` leads a group of its own, so that those which it starts end with it.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

MAX_TEMPDIR_CHARACTERS: Final = 70
"""The fork server listens on a socket in the folder of temporary files, and the path of a socket has at most 107."""

_SIGKILL: Final = 9
_preloaded: set[str] = set()


def process_context(*modules: str) -> BaseContext:
    """Return a context that starts processes: quickly where that is safe.

    On Linux they are forked from a server process that has imported `modules` and does nothing else, so that a process
    starts in a few hundredths of a second. The server starts with the first process and ends with this one, even when
    it is killed. Elsewhere each process starts afresh, because libraries of other systems do not survive a fork.

    Parameters
    ----------
    modules
        What the processes need, in addition to what earlier calls named; asked for after the first process has started
        it is imported by each process alone. They may start no threads when they are imported, and touch no GPU.
    """
    if sys.platform != "linux" or len(tempfile.gettempdir()) > MAX_TEMPDIR_CHARACTERS:
        return multiprocessing.get_context("spawn")
    _preloaded.update(modules)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(sorted(_preloaded))
    return context


@contextlib.contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Start processes that ignore Ctrl-C from their first moment: the one that starts them hears it, and ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """End this process and those that it starts when its parent ends, even if that is killed.

    On Linux the system kills them at once, whatever is computed here. Elsewhere a thread does, which has to wait where
    compiled code runs that holds Python's global lock.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    with contextlib.suppress(OSError):
        _lead_group()
        _kill_group_when_closed(parent.sentinel)
    if wait([parent.sentinel], timeout=0):  # it ended before
        _end_after(parent.sentinel)
    threading.Thread(target=_end_after, args=(parent.sentinel,), name="end with parent", daemon=True).start()


def kill_group(process: BaseProcess) -> None:
    """Kill a process that has called `end_with_parent`, and those that it has started, and wait for its end."""
    if hasattr(os, "killpg") and process.pid is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def _lead_group() -> None:
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)


def _kill_group_when_closed(sentinel: int) -> None:
    """Let the system kill this process and its group when the parent's end of a pipe is closed."""
    if sys.platform != "linux":
        return
    import fcntl

    fcntl.fcntl(sentinel, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(sentinel, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(sentinel, fcntl.F_SETFL, fcntl.fcntl(sentinel, fcntl.F_GETFL) | os.O_ASYNC)


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


class Watch:
    """What can be known of the death of a process that is started after this was made."""

    def __init__(self) -> None:
        self._kills = _memory_kills()

    def killed_for_memory(self, exit_code: int | None = None) -> bool:
        """Return whether the process was killed while the system killed some for lack of memory.

        Parameters
        ----------
        exit_code
            That of the process, negative after a signal; None where it is not known.
        """
        return exit_code in (None, -_SIGKILL) and _memory_kills() > self._kills

    def death(self, exit_code: int | None) -> str:
        """Return in words how the process ended."""
        if self.killed_for_memory(exit_code):
            return "was killed when the system was short of memory"
        if exit_code is None:
            return "ended"
        return f"was ended by {_signal_name(-exit_code)}" if exit_code < 0 else f"ended with exit code {exit_code}"


def _signal_name(number: int) -> str:
    try:
        return f"signal {number}, {signal.Signals(number).name}"
    except ValueError:
        return f"signal {number}"


def _memory_kills() -> int:
    """Return how many processes were killed for lack of memory since the machine started; 0 where it does not say."""
    try:
        counts = dict(line.split() for line in Path("/proc/vmstat").read_text("ascii").splitlines())
        return int(counts.get("oom_kill", 0))
    except (OSError, ValueError):
        return 0
