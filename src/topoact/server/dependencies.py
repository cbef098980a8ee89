"""Parameters of the routes: `Bench`, `Images` and `Jobs` of the application, and checked parts of a path."""

from typing import Annotated, Final, NamedTuple

from fastapi import Depends, Path, Request

from topoact.workbench import Workbench
from topoact.workbench.images.activation_images import ActivationImages
from topoact.workbench.jobs.runner import JobRunner
from topoact.workbench.jobs.tasks import Task

CACHE_SESSION: Final = {"cache-control": "private, max-age=86400, immutable", "vary": "cookie"}
"""Headers of what is constant while the server runs; the next start, perhaps of another study, has another cookie."""
PAGE_HEADER: Final = "x-topoact-page"
"""Header that tells the pages of one session apart."""
MAX_PAGE_CHARACTERS: Final = 64
CACHE_NEVER: Final = {"cache-control": "no-store"}
SANDBOXED: Final = {"content-security-policy": "default-src 'none'; sandbox", "x-content-type-options": "nosniff"}
"""Headers of images, which the study brings: opened on their own they run nothing and load nothing."""


def _bench(request: Request) -> Workbench:
    bench: Workbench = request.app.state.bench
    return bench


class ClientJobs(NamedTuple):
    """The jobs of the application, as one page sees them."""

    runner: JobRunner
    client: str

    def submit(self, task: Task) -> str:
        """Queue a task for this page; see `JobRunner.submit`."""
        return self.runner.submit(task, self.client)

    def cancel(self, job: str) -> bool:
        """Give up a job; see `JobRunner.cancel`."""
        return self.runner.cancel(job, self.client)

    def live_tasks(self) -> list[Task]:
        """Return the tasks that wait or run."""
        return self.runner.live_tasks()


def _jobs(request: Request) -> ClientJobs:
    return ClientJobs(request.app.state.jobs, request.headers.get(PAGE_HEADER, "")[:MAX_PAGE_CHARACTERS])


def _images(request: Request) -> ActivationImages:
    images: ActivationImages = request.app.state.images
    return images


Bench = Annotated[Workbench, Depends(_bench)]
Images = Annotated[ActivationImages, Depends(_images)]
Jobs = Annotated[ClientJobs, Depends(_jobs)]
Digest = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]
RowIndex = Annotated[int, Path(ge=0)]
