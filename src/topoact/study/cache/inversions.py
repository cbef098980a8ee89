"""`Inversions`: the activation images of a study, keyed by a digest of what determines them and safe to delete.

``inversions/<layer>/<digest>.png`` is the picture and ``<digest>.json``, written last, an `Inversion`: its target and
what the network gives for it. While it is being made, ``<digest>.preview.png`` is its current state. A damaged image
counts as absent and is made again.
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

from topoact.study.cache.budget import mark_used
from topoact.study.cache.place import Derived, as_derived
from topoact.study.files import failures_said, full_disk_said, remove_leftovers, replacing, write_json

Picture = npt.NDArray[np.uint8]
"""Shape (height, width, colours), of one or three colours."""

FOLDER: Final = "inversions"
FORMAT: Final = 1
UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError)
STEP: Final = "step"
"""Name of the text in a preview that holds its step and the number of steps."""


class Prediction(NamedTuple):
    """A class that a network predicts for a picture, and its probability."""

    name: str
    share: float


@dataclass(frozen=True, slots=True)
class Inversion:
    """The record of an activation image."""

    layer: str
    """Name of the layer."""
    target: dict[str, Any]
    """The target as it was first requested, with its `label` in words."""
    identity: str
    """Identity of the target on the layer, whichever graph it is requested in."""
    graph: str
    """Digest of the graph to whose nodes the target refers."""
    recipe: dict[str, Any]
    """The parameters of the optimisation."""
    steps: int
    """Number of steps of all attempts."""
    network: str
    """Digest of the network's weights."""
    cosine: float | None
    """Cosine between the target and the layer's vector; None where either is zero."""
    length: float | None
    """Length of that vector over that of the target; None where the length of the target has no meaning."""
    lands: bool | None
    """Whether that vector falls in the node; None where there is no node, or it cannot be decided."""
    predictions: tuple[Prediction, ...]
    """Predictions of a classifier for the image, the likeliest first."""
    size: tuple[int, int]
    """Width and height of the image."""
    reached: tuple[float, ...]
    """The layer's vector."""


class Preview(NamedTuple):
    """An image that is being made."""

    png: bytes
    size: tuple[int, int]
    """Width and height."""
    step: int
    steps: int


class Inversions:
    """The activation images of a study."""

    def __init__(self, place: Path | Derived) -> None:
        self._derived = as_derived(place)
        self.root = self._derived.root / FOLDER

    def prepare(self, layer: str) -> None:
        """Make the folder of a layer's images, and remove the leftovers of killed processes.

        Raises
        ------
        WriteError
            If the folder cannot be written.
        """
        folder = self.root / layer
        with failures_said(folder):
            folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        for preview in folder.glob("*.preview.png"):
            preview.unlink(missing_ok=True)

    def save(self, layer: str, digest: str, picture: Picture, inversion: Inversion) -> None:
        """Store an image in the folder of a layer, whole or not at all.

        Raises
        ------
        WriteError
            If the disk is full, or it cannot be written.
        """
        png, folder = _png(picture), self.root / layer
        record = {"format": FORMAT, "image": _digest(png), **asdict(inversion)}
        record["predictions"] = [prediction._asdict() for prediction in inversion.predictions]
        with full_disk_said(folder, "and ask again: the images that are made stay"):
            _write(folder / f"{digest}.png", png)
            write_json(folder / f"{digest}.json", record, lasting=False)
        self._derived.wrote(folder / f"{digest}.png")
        self.drop_previews(layer, [digest])

    def load(self, digest: str) -> Inversion | None:
        """Return the record of a finished image, or None."""
        stored = self._whole(digest)
        return stored and stored[0]

    def png(self, digest: str) -> bytes | None:
        """Return the content of the file of a finished image, or None."""
        stored = self._whole(digest)
        return stored and stored[1]

    def path(self, digest: str) -> Path:
        """Return the path of the picture of a finished image."""
        return self._all(f"*/{digest}.png")[0]

    def of_layer(self, layer: str) -> dict[str, Inversion]:
        """Return all finished images of a layer by their digests."""
        names = sorted(path.stem for path in self._all(f"{layer}/*.json"))
        return {name: inversion for name in names if (inversion := self.load(name))}

    def save_preview(self, layer: str, digest: str, picture: Picture, step: int, steps: int) -> None:
        """Store the current state of an image; a failure is no error."""
        with contextlib.suppress(OSError):
            _write(self.root / layer / f"{digest}.preview.png", _png(picture, {STEP: f"{step}/{steps}"}))

    def preview(self, digest: str) -> Preview | None:
        """Return the current state of an image that is being made, or None."""
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

    def _all(self, pattern: str) -> list[Path]:
        return self._derived.find_all(f"{FOLDER}/{pattern}")

    def _whole(self, digest: str) -> tuple[Inversion, bytes] | None:
        """Return the record and the file of an image, if both are intact."""
        try:
            path = next(iter(self._all(f"*/{digest}.json")))
            mark_used(path)
            record, png = json.loads(path.read_text("utf-8")), path.with_suffix(".png").read_bytes()
            return (_read(record), png) if record["image"] == _digest(png) else None
        except (StopIteration, *UNREADABLE):
            return None


def _read(record: dict[str, Any]) -> Inversion:
    values = {field.name: record[field.name] for field in fields(Inversion)}
    pairs = ((entry["name"], entry["share"]) for entry in values["predictions"])
    values["predictions"] = tuple(Prediction(str(name), float(share)) for name, share in pairs)
    width, height = values["size"]
    return Inversion(**{**values, "size": (int(width), int(height)), "reached": tuple(values["reached"])})


def _write(path: Path, content: bytes) -> None:
    with replacing(path, lasting=False) as file:
        file.write(content)


def _png(picture: Picture, texts: dict[str, str] | None = None) -> bytes:
    """Return a picture as a PNG file, with named texts."""
    image, info, file = Image.fromarray(picture.squeeze(2) if picture.shape[2] == 1 else picture), None, io.BytesIO()
    if texts:
        info = PngImagePlugin.PngInfo()
        for name, text in texts.items():
            info.add_text(name, text)
    image.save(file, "PNG", pnginfo=info)
    return file.getvalue()


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()
