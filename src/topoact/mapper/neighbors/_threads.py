"""Threads for independent pieces of work, with progress and cancellation: `side_by_side`."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from topoact.mapper.protocols import Progress

T = TypeVar("T")
R = TypeVar("R")


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side(work: Callable[[T], R], items: Iterable[T], *, n_jobs: int, stage: str, progress: Progress) -> list[R]:
    """Return ``[work(item) for item in items]``, computed by `n_jobs` threads.

    `progress` is called in this thread before each result is awaited; when it raises, what has not begun is dropped.
    """
    pieces = list(items)
    if n_jobs == 1 or len(pieces) < 2:
        return [_reported(work, item, stage, done, len(pieces), progress) for done, item in enumerate(pieces)]
    with ThreadPoolExecutor(n_jobs, thread_name_prefix="topoact") as executor:
        futures = [executor.submit(work, item) for item in pieces]
        results = []
        try:
            for done, future in enumerate(futures):
                progress(stage, done, len(pieces))
                results.append(future.result())
        except BaseException:
            executor.shutdown(wait=True, cancel_futures=True)
            raise
    return results


def _reported(work: Callable[[T], R], item: T, stage: str, done: int, total: int, progress: Progress) -> R:
    progress(stage, done, total)
    return work(item)
