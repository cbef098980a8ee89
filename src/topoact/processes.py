"""How processes of this package start, `process_context`, and that none outlives its parent, `end_with_parent`."""

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
from typing import Final

MAX_TEMPDIR_CHARACTERS: Final = 70
"""The fork server listens on a socket in the folder of temporary files, and the path of a socket has at most 107."""

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
    """End this process when the one that started it has ended, even if that was killed, whatever is computed here."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), name="end with parent", daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
