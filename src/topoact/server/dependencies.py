"""Parameters of the routes: `Bench`, `Images` and `Jobs` of the application, and checked parts of a path."""

from typing import Annotated, Final

from fastapi import Depends, Path, Request

from topoact.workbench import Workbench
from topoact.workbench.images.activation_images import ActivationImages
from topoact.workbench.jobs.runner import JobRunner

CACHE_SESSION: Final = {"cache-control": "private, max-age=86400, immutable", "vary": "cookie"}
"""Headers of what is constant while the server runs; the next start, perhaps of another study, has another cookie."""
CACHE_NEVER: Final = {"cache-control": "no-store"}
SANDBOXED: Final = {"content-security-policy": "default-src 'none'; sandbox", "x-content-type-options": "nosniff"}
"""Headers of images, which the study brings: opened on their own they run nothing and load nothing."""


def _bench(request: Request) -> Workbench:
    bench: Workbench = request.app.state.bench
    return bench


def _jobs(request: Request) -> JobRunner:
    jobs: JobRunner = request.app.state.jobs
    return jobs


def _images(request: Request) -> ActivationImages:
    images: ActivationImages = request.app.state.images
    return images


Bench = Annotated[Workbench, Depends(_bench)]
Images = Annotated[ActivationImages, Depends(_images)]
Jobs = Annotated[JobRunner, Depends(_jobs)]
Digest = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]
RowIndex = Annotated[int, Path(ge=0)]
