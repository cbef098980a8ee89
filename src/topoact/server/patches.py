"""Routes of the pictures of points, below ``/api/layers``: one, or many in one answer."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from topoact.errors import InvalidInput, UnknownName
from topoact.server.dependencies import CACHE_SESSION, SANDBOXED, Bench, RowIndex
from topoact.wire import serialize

MAX_POINTS: Final = 256
"""Points whose pictures are asked for at once."""

Points = Annotated[str, Query(pattern=r"^\d{1,12}(,\d{1,12})*$", max_length=13 * MAX_POINTS)]

router = APIRouter()


@router.get("/layers/{layer}/patches")
def patches(layer: RowIndex, points: Points, side: int, bench: Bench) -> Response:
    """The pictures of several points, ``points=3,7,9``, in one frame."""
    numbers = [int(point) for point in points.split(",")]
    if len(numbers) > MAX_POINTS:
        raise InvalidInput(f"at most {MAX_POINTS} pictures are made at once: {len(numbers)} were asked for")
    content = serialize.patches_frame(bench.patches.pictures(layer, numbers, side))
    return Response(content, media_type="application/octet-stream", headers=CACHE_SESSION)


@router.get("/layers/{layer}/points/{point}/patch")
def patch(layer: RowIndex, point: RowIndex, side: int, bench: Bench) -> Response:
    """What a point sees of its photo."""
    image = bench.patches.picture(layer, point, side).image
    if image is None:
        raise UnknownName(f"point {point} has no photo that can be shown")
    return Response(image[0], media_type=image[1], headers=CACHE_SESSION | SANDBOXED)
