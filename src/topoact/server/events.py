"""The stream of job events to a browser, as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from topoact.wire.serialize import job_event
from topoact.workbench.jobs.runner import JobRunner, JobStatus

HEARTBEAT_SECONDS: Final = 15.0
"""A comment is sent when nothing happens for so long, so that a closed browser is noticed."""


async def job_stream(jobs: JobRunner) -> AsyncIterator[str]:
    """Yield the status of every job so far, then each change."""
    loop = asyncio.get_running_loop()
    changes: asyncio.Queue[JobStatus] = asyncio.Queue()

    def heard(status: JobStatus) -> None:
        loop.call_soon_threadsafe(changes.put_nowait, status)

    end = jobs.watch(heard)
    try:
        yield ": hello\n\n"
        while True:
            try:
                yield _event(await asyncio.wait_for(changes.get(), HEARTBEAT_SECONDS))
            except TimeoutError:
                yield ": still here\n\n"
    finally:
        end()


def _event(status: JobStatus) -> str:
    return f"event: job\ndata: {job_event(status).model_dump_json()}\n\n"
