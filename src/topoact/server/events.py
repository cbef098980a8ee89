"""`job_stream`: the status of jobs as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Final

from topoact.wire.serialize import job_event
from topoact.workbench.jobs.runner import JobRunner, JobStatus

MAX_WAITING: Final = 10_000
"""Events that wait for a browser that does not read; then its stream ends, and a new one begins with all jobs."""
HEARTBEAT_SECONDS: Final = 15.0
"""Time without an event after which a comment is sent, which detects a closed browser."""


async def job_stream(jobs: JobRunner) -> AsyncIterator[str]:
    """Yield the status of every job so far, then each change."""
    loop = asyncio.get_running_loop()
    changes: asyncio.Queue[JobStatus] = asyncio.Queue(MAX_WAITING)

    def put(status: JobStatus) -> None:
        if not changes.full():
            changes.put_nowait(status)

    def enqueue(status: JobStatus) -> None:
        loop.call_soon_threadsafe(put, status)

    unwatch = jobs.watch(enqueue)
    try:
        yield ": hello\n\n"
        while not changes.full():
            try:
                yield _event(await asyncio.wait_for(changes.get(), HEARTBEAT_SECONDS))
            except TimeoutError:
                yield ": still here\n\n"
    finally:
        unwatch()


@lru_cache(maxsize=64)
def _event(status: JobStatus) -> str:
    """Return a status as an event; every open page is sent the same one."""
    return f"event: job\ndata: {job_event(status).model_dump_json()}\n\n"
