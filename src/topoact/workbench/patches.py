"""`Patches`: what points see of their photos, as pictures; `PatchView` says which part of a photo that is."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from PIL import Image

from topoact.errors import InvalidInput, StudyError, UnknownName
from topoact.networks.pixels import UNREADABLE
from topoact.study import Study
from topoact.study.cache.place import Derived
from topoact.study.thumbnails import Thumbnail, encoded, opened
from topoact.workbench.patch_views import WHOLE, PatchView, Region, patch_view

SIDES: Final = (8, 512)
"""Least and greatest length of the longer side of a patch, in pixels."""
MAGNIFIED: Final = 4.0
"""Pixels along each side of a patch for one pixel of the photo that is kept, at most."""
MAX_PHOTOS: Final = 64
"""Decoded photos that are held while the patches of several points are cut out."""


class Patch(NamedTuple):
    """The picture of a point."""

    image: Thumbnail | None
    """The bytes of an image file and its media type; None where the example has no photo, or a damaged one."""
    region: Region
    """The part of the photo that it shows."""


class Patches:
    """What the points of a study's layers see of their photos; `patches` of an opened study.

    Parameters
    ----------
    study
        The study on disk.
    derived
        Where its derived data are.

    Examples
    --------
    >>> import topoact
    >>> patches = topoact.open("runs/r20").patches
    >>> patches.view("layer3@mean").kind
    'photo'
    """

    def __init__(self, study: Study, derived: Derived) -> None:
        self._study, self._derived = study, derived
        self._views: dict[str, PatchView] = {}

    def view(self, layer: str | int) -> PatchView:
        """Return what the points of a layer stand for.

        Parameters
        ----------
        layer
            Its name, or its place in `Workbench.layers`.

        Returns
        -------
        PatchView
            Its `kind`, its `sentence` for people, and the part of a photo that a position sees, `region`. It stays the
            same until the study's network is loaded.
        """
        name = self._study.layer(layer).name
        if name not in self._views:
            self._views[name] = patch_view(self._study, self._derived, name)
        return self._views[name]

    def forget(self) -> None:
        """Look anew for what is known, once the network was loaded."""
        self._views.clear()

    def picture(self, layer: str | int, point: int, side: int = 128) -> Patch:
        """Return what a point sees of its photo, as a picture.

        Parameters
        ----------
        layer
            Name of the layer, or its place in `Workbench.layers`.
        point
            Row of the layer's vectors.
        side
            Length of the picture's longer side in pixels, from 8 to 512. It is less where the photo that the study
            keeps has so few pixels there that each would be drawn as more than 4 × 4.

        Returns
        -------
        Patch
            A JPEG, or a PNG if it is tiny, and the part of the photo that it shows.

        Raises
        ------
        UnknownName
            If there is no such layer or point.
        InvalidInput
            If the side is out of range.
        """
        return self.pictures(layer, [point], side)[0]

    def pictures(self, layer: str | int, points: Sequence[int], side: int = 128) -> list[Patch]:
        """Return the pictures of several points; a photo is decoded once.

        Parameters
        ----------
        layer
            As for `picture`.
        points
            Rows of the layer's vectors.
        side
            As for `picture`.

        Returns
        -------
        list of Patch
            In the order of the points.

        Raises
        ------
        UnknownName
            If there is no such layer or point.
        InvalidInput
            If the side is out of range.
        """
        opened_layer, view = self._study.layer(layer), self.view(layer)
        if not SIDES[0] <= side <= SIDES[1]:
            raise InvalidInput(f"the side of a patch must be from {SIDES[0]} to {SIDES[1]} pixels: got {side}")
        for point in points:
            if not 0 <= point < opened_layer.n_points:
                raise UnknownName(f"there is no point {point}: layer {opened_layer.name} has {opened_layer.n_points:,}")
        rows, y, x = (opened_layer.points[name].to_numpy()[list(points)].tolist() for name in ("example", "y", "x"))
        photo = lru_cache(MAX_PHOTOS)(self._photo)
        return [_cut(photo(row), view, at, side) for row, *at in zip(rows, y, x, strict=True)]

    def _photo(self, row: int) -> Image.Image | None:
        try:
            thumbnail = self._study.thumbnail(row)
            image = opened(thumbnail) if thumbnail else None
            return image and image.convert("L" if image.mode in {"1", "L"} else "RGB")
        except (StudyError, *UNREADABLE):
            return None


def _cut(photo: Image.Image | None, view: PatchView, at: Sequence[int], side: int) -> Patch:
    if photo is None:
        return Patch(None, WHOLE)
    region = view.region(at[0], at[1], photo.width / photo.height)
    box = _box(region, photo.size)
    width, height = box[2] - box[0], box[3] - box[1]
    scale = min(side / max(width, height), MAGNIFIED)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return Patch(encoded(photo.resize(size, Image.Resampling.BICUBIC, box, reducing_gap=2.0)), region)


def _box(region: Region, size: tuple[int, int]) -> Region:
    """Return a part of a photo in its pixels, at least one wide and high."""
    left, top, right, bottom = (share * length for share, length in zip(region, (*size, *size), strict=True))
    left, top = min(left, size[0] - 1), min(top, size[1] - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)
