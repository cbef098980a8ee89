"""Activation images as a study keeps them, keyed by a digest of what they were made from and safe to delete.

``inversions/<layer>/<digest>.png`` is the picture and ``<digest>.json`` beside it, written last, says what it is of and
how well it was found. While it is being made, ``<digest>.preview.png`` shows how far it is. What is damaged counts as
absent and is made again.
"""

import contextlib
import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, PngImagePlugin

from topoact.errors import StudyError
from topoact.study.files import remove_leftovers, replacing, write_json

Picture = npt.NDArray[np.uint8]
"""Shape (height, width, colours), of one or three colours."""

FORMAT: Final = 1
UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError)
STEP: Final = "step"
"""Text in a preview that says after how many steps, of how many, it was taken."""


class Prediction(NamedTuple):
    """A class that a network sees in a picture, and how sure it is of it, 0 to 1."""

    name: str
    share: float


@dataclass(frozen=True, slots=True)
class Inversion:
    """What is known of an activation image."""

    layer: str
    """Name of the layer that was to answer."""
    target: dict[str, Any]
    """What it was to answer, as it was asked for first; with the `label` in words."""
    identity: str
    """What stands for that on the layer, whichever graph it is asked for in."""
    graph: str
    """Digest of the graph whose nodes the target speaks of."""
    recipe: dict[str, Any]
    """How the image was made."""
    steps: int
    """Of all attempts."""
    network: str
    """Digest of the network's weights."""
    cosine: float | None
    """Between the target and what the layer answers; None where either is zero."""
    length: float | None
    """Length of that answer over that of the target; None where the length of the target has no meaning."""
    lands: bool | None
    """Whether that answer would lie in the node; None where there is none, or that cannot be told."""
    predictions: tuple[Prediction, ...]
    """What a classifier sees in the image, the likeliest first."""
    size: tuple[int, int]
    """Width and height of the image."""
    reached: tuple[float, ...]
    """What the layer answers."""


class Preview(NamedTuple):
    """An image that is being made."""

    png: bytes
    size: tuple[int, int]
    """Width and height."""
    step: int
    steps: int


class Inversions:
    """The activation images in a study's folder."""

    def __init__(self, study: Path) -> None:
        self.root = study / "inversions"

    def prepare(self, layer: str) -> None:
        """Make the folder of a layer's images, and remove what killed processes left there.

        Raises
        ------
        StudyError
            If nothing can be written there.
        """
        folder = self.root / layer
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unstored(error) from None
        remove_leftovers(folder)
        for preview in folder.glob("*.preview.png"):
            preview.unlink(missing_ok=True)

    def save(self, layer: str, digest: str, picture: Picture, found: Inversion) -> None:
        """Store an image in the folder of a layer; it is there whole or not at all.

        Raises
        ------
        StudyError
            If there is no room for it.
        """
        png, place = _png(picture), self.root / layer
        record = {"format": FORMAT, "image": _digest(png), **asdict(found)}
        record["predictions"] = [one._asdict() for one in found.predictions]
        try:
            _write(place / f"{digest}.png", png)
            write_json(place / f"{digest}.json", record, lasting=False, shared=True)
        except OSError as error:
            raise _unstored(error) from None
        self.drop_previews(layer, [digest])

    def load(self, digest: str) -> Inversion | None:
        """Return what is known of a finished image, or None."""
        stored = self._whole(digest)
        return stored and stored[0]

    def png(self, digest: str) -> bytes | None:
        """Return the file of a finished image, or None."""
        stored = self._whole(digest)
        return stored and stored[1]

    def path(self, digest: str) -> Path:
        """Return where the picture of a finished image is."""
        return next(self.root.glob(f"*/{digest}.png"))

    def of_layer(self, layer: str) -> dict[str, Inversion]:
        """Return all finished images of a layer by their digests."""
        names = sorted(path.stem for path in (self.root / layer).glob("*.json"))
        return {name: found for name in names if (found := self.load(name))}

    def save_preview(self, layer: str, digest: str, picture: Picture, step: int, steps: int) -> None:
        """Store how far an image is; it does not matter if there is no room."""
        with contextlib.suppress(OSError):
            _write(self.root / layer / f"{digest}.preview.png", _png(picture, {STEP: f"{step}/{steps}"}))

    def preview(self, digest: str) -> Preview | None:
        """Return how far an image is that is being made, or None."""
        try:
            png = next(self.root.glob(f"*/{digest}.preview.png")).read_bytes()
            with Image.open(io.BytesIO(png)) as image:
                step, _, steps = image.info[STEP].partition("/")
                return Preview(png, image.size, int(step), int(steps))
        except (StopIteration, *UNREADABLE):
            return None

    def drop_previews(self, layer: str, digests: Iterable[str]) -> None:
        """Remove the previews of images that are finished or given up."""
        for digest in digests:
            with contextlib.suppress(OSError):
                (self.root / layer / f"{digest}.preview.png").unlink(missing_ok=True)

    def _whole(self, digest: str) -> tuple[Inversion, bytes] | None:
        """Return what is known of an image, and its file, if both are as they were written."""
        try:
            path = next(self.root.glob(f"*/{digest}.json"))
            record, png = json.loads(path.read_text("utf-8")), path.with_suffix(".png").read_bytes()
            return (_read(record), png) if record["image"] == _digest(png) else None
        except (StopIteration, *UNREADABLE):
            return None


def _read(record: dict[str, Any]) -> Inversion:
    values = {field.name: record[field.name] for field in fields(Inversion)}
    values["predictions"] = tuple(Prediction(str(one["name"]), float(one["share"])) for one in values["predictions"])
    width, height = values["size"]
    return Inversion(**{**values, "size": (int(width), int(height)), "reached": tuple(values["reached"])})


def _write(path: Path, content: bytes) -> None:
    with replacing(path, lasting=False, shared=True) as file:
        file.write(content)


def _png(picture: Picture, said: dict[str, str] | None = None) -> bytes:
    image, info, file = Image.fromarray(picture.squeeze(2) if picture.shape[2] == 1 else picture), None, io.BytesIO()
    if said:
        info = PngImagePlugin.PngInfo()
        for name, text in said.items():
            info.add_text(name, text)
    image.save(file, "PNG", pnginfo=info)
    return file.getvalue()


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _unstored(error: OSError) -> StudyError:
    return StudyError(f"the activation image could not be stored, and those that are there stay: {error}")
