"""The addresses of activation images."""

from fastapi import APIRouter, Response

from topoact.errors import UnknownName
from topoact.server.dependencies import NEVER, SESSION, Bench, Digest, Images, Jobs
from topoact.wire import images
from topoact.workbench.jobs.tasks import InvertTask

router = APIRouter()


@router.post("/inversions")
def ask_for_images(request: images.InversionRequest, bench: Bench, made: Images, jobs: Jobs) -> images.InversionTicket:
    """Ask for activation images; each has a name of its own below ``inversions/``."""
    targets = images.targets_of(request)
    names = made.names(request.layer, request.graph, targets)
    if all(made.store.load(name) for name in names):
        return images.InversionTicket(results=list(names), job=None)
    bench.check_network()
    job = jobs.submit(InvertTask(request.layer, request.graph, targets, made.recipe, names))
    return images.InversionTicket(results=list(names), job=job)


@router.get("/inversions/{digest}")
def activation_image(digest: Digest, made: Images, jobs: Jobs) -> images.ActivationImage:
    """What is known of an activation image, or how far it is."""
    found = made.load(digest)
    if found is not None:
        return images.finished_image(digest, found)
    for task in jobs.live_tasks():
        if isinstance(task, InvertTask) and digest in task.names:
            return images.unfinished_image(digest, task.target(digest), made.store.preview(digest))
    raise UnknownName(f"there is no activation image {digest}: ask for it anew")


@router.get("/inversions/{digest}/image")
def picture(digest: Digest, made: Images) -> Response:
    """The image itself, as far as it is."""
    png = made.store.png(digest)
    if png is not None:
        return Response(png, media_type="image/png", headers=SESSION)
    preview = made.store.preview(digest)
    if preview is None:
        raise UnknownName(f"there is nothing to see of the activation image {digest} yet")
    return Response(preview.png, media_type="image/png", headers=NEVER)


@router.get("/graphs/{digest}/images")
def images_of_nodes(digest: Digest, made: Images) -> list[images.NodeImage]:
    """The finished images of single nodes of a graph."""
    return images.node_images(made.of_nodes(digest))
