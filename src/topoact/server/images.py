"""Routes of activation images, below ``/api/inversions``."""

from fastapi import APIRouter, Response

from topoact.errors import UnknownName
from topoact.server.dependencies import CACHE_NEVER, CACHE_SESSION, SANDBOXED, Bench, Digest, Images, Jobs
from topoact.wire import images
from topoact.workbench.jobs.tasks import InvertTask

router = APIRouter()


@router.post("/inversions")
def ask_for_images(
    request: images.InversionRequest, bench: Bench, activation_images: Images, jobs: Jobs
) -> images.InversionTicket:
    """Ask for activation images; each has a name below ``inversions/``."""
    targets = images.targets_of(request)
    names = activation_images.names(request.layer, request.graph, targets)
    if all(activation_images.store.load(name) for name in names):
        return images.InversionTicket(results=list(names), job=None)
    bench.check_network()
    job = jobs.submit(InvertTask(request.layer, request.graph, targets, activation_images.recipe, names))
    return images.InversionTicket(results=list(names), job=job)


@router.get("/inversions/{digest}")
def activation_image(digest: Digest, activation_images: Images, jobs: Jobs) -> images.ActivationImage:
    """The facts of an activation image, or its progress."""
    inversion = activation_images.load(digest)
    if inversion is not None:
        return images.finished_image(digest, inversion)
    for task in jobs.live_tasks():
        if isinstance(task, InvertTask) and digest in task.names:
            return images.unfinished_image(digest, task.target(digest), activation_images.store.preview(digest))
    raise UnknownName(f"there is no activation image {digest}: ask for it anew")


@router.get("/inversions/{digest}/image")
def picture(digest: Digest, activation_images: Images) -> Response:
    """The image itself, or its last preview."""
    png = activation_images.store.png(digest)
    if png is not None:
        return Response(png, media_type="image/png", headers=CACHE_SESSION | SANDBOXED)
    preview = activation_images.store.preview(digest)
    if preview is None:
        raise UnknownName(f"there is nothing to see of the activation image {digest} yet")
    return Response(preview.png, media_type="image/png", headers=CACHE_NEVER | SANDBOXED)


@router.get("/graphs/{digest}/images")
def images_of_nodes(digest: Digest, activation_images: Images) -> list[images.NodeImage]:
    """The finished images of single nodes of a graph."""
    return images.node_images(activation_images.of_nodes(digest))
