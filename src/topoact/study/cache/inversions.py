"""`Inversions`: the activation images of a study, keyed by a digest of what determines them and safe to delete.

``inversions/<layer>/<digest>.png`` is the picture and ``<digest>.json``, written last, an `Inversion`: its target and
what the network gives for it. While it is being made, ``<digest>.preview.png`` is its current state. A damaged image
counts as absent and is made again.
"""

import contextlib
import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, PngImagePlugin
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from topoact.study.cache.budget import mark_used
from topoact.study.cache.place import Derived, as_derived
from topoact.study.checked import Count, Damaged, Digest, Flag, Number, Text, checked, or_none, read_json, regular
from topoact.study.files import failures_said, full_disk_said, remove_leftovers, replacing, write_json
from topoact.study.thumbnails import media_type_of

Picture = npt.NDArray[np.uint8]
"""Shape (height, width, colours), of one or three colours."""

FOLDER: Final = "inversions"
FORMAT: Final = 1
MAX_PIXELS: Final = 2**24
STEP: Final = "step"
"""Name of the text in a preview that holds its step and the number of steps."""


class Prediction(NamedTuple):
    """A class that a network predicts for a picture, and its probability."""

    name: Text
    share: Number


class _Target(BaseModel):
    """A target as JSON: of one kind, with its numbers and its label."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["nodes", "point", "channel"]
    label: Text
    nodes: Annotated[list[Count], Field(min_length=1)] | None = None
    minus: list[Count] | None = None
    point: Count | None = None
    channel: Count | None = None


def _checked_target(record: dict[str, Any]) -> dict[str, Any]:
    target: _Target = checked(_Target, record)
    fields = {"nodes": {"nodes", "minus"}, "point": {"point"}, "channel": {"channel"}}[target.kind]
    if set(record) != {"kind", "label", *fields} or None in record.values():
        raise Damaged(f"a target of the kind {target.kind!r} has other fields")
    return record


@dataclass(frozen=True, slots=True)
class Inversion:
    """The record of an activation image."""

    layer: Text
    """Name of the layer."""
    target: Annotated[dict[str, Any], AfterValidator(_checked_target)]
    """The target as it was first requested, with its `label` in words."""
    identity: Text
    """Identity of the target on the layer, whichever graph it is requested in."""
    graph: Text
    """Digest of the graph to whose nodes the target refers."""
    recipe: dict[str, Any]
    """The parameters of the optimisation."""
    steps: Count
    """Number of steps of all attempts."""
    network: Text
    """Digest of the network's weights."""
    cosine: Number | None
    """Cosine between the target and the layer's vector; None where either is zero."""
    length: Number | None
    """Length of that vector over that of the target; None where the length of the target has no meaning."""
    lands: Flag | None
    """Whether that vector falls in the node; None where there is no node, or it cannot be decided."""
    predictions: tuple[Prediction, ...]
    """Predictions of a classifier for the image, the likeliest first."""
    size: tuple[Count, Count]
    """Width and height of the image."""
    reached: tuple[Number, ...]
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
        self.root = self._derived.own(FOLDER)

    def prepare(self, layer: str) -> None:
        """Make the folder of a layer's images, and remove the leftovers of killed processes.

        Raises
        ------
        WriteError
            If the folder cannot be written.
        """
        folder = self._own(layer)
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
        png, folder = _png(picture), self._own(layer)
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
        return next(self._find(f"*/{digest}.png"))

    def of_layer(self, layer: str) -> dict[str, Inversion]:
        """Return all finished images of a layer by their digests."""
        names = sorted({path.stem for path in self._find(f"{layer}/*.json")})
        return {name: inversion for name in names if (inversion := self.load(name))}

    def save_preview(self, layer: str, digest: str, picture: Picture, step: int, steps: int) -> None:
        """Store the current state of an image; a failure is no error."""
        with contextlib.suppress(OSError):
            _write(self._own(layer, f"{digest}.preview.png"), _png(picture, {STEP: f"{step}/{steps}"}))

    def preview(self, digest: str) -> Preview | None:
        """Return the current state of an image that is being made, or None."""
        paths = self._find(f"*/{digest}.preview.png")
        return next((found for path in paths if (found := or_none(partial(_preview, path)))), None)

    def drop_previews(self, layer: str, digests: Iterable[str]) -> None:
        """Remove the previews of images that are finished or given up."""
        for digest in digests:
            with contextlib.suppress(OSError):
                self._own(layer, f"{digest}.preview.png").unlink(missing_ok=True)

    def _whole(self, digest: str) -> tuple[Inversion, bytes] | None:
        """Return the record and the file of an image, if both are intact."""
        paths = self._find(f"*/{digest}.json")
        return next((found for path in paths if (found := or_none(partial(_whole, path)))), None)

    def _find(self, pattern: str) -> Iterator[Path]:
        """Yield the paths of files in the folders of the layers."""
        yield from self._derived.find_all(f"{FOLDER}/{pattern}")

    def _own(self, *names: str) -> Path:
        """Return a path at which is written."""
        return self._derived.own(FOLDER, *names)


class _Record(BaseModel):
    image: Digest
    predictions: list[dict[str, Any]]


def _whole(path: Path) -> tuple[Inversion, bytes]:
    record, png = read_json(path), _read_png(path.with_suffix(".png"))
    if checked(_Record, record).image != _digest(png):
        raise Damaged("the image is not that of the record")
    mark_used(path)
    return checked(Inversion, record), png


def _preview(path: Path) -> Preview:
    png = _read_png(path)
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        step, _, steps = image.info[STEP].partition("/")
        return Preview(png, image.size, int(step), int(steps))


def _read_png(path: Path) -> bytes:
    """Return the content of a file that is a PNG image of a size that can be shown."""
    png = regular(path).read_bytes()
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        if media_type_of(png) != "image/png" or image.width * image.height > MAX_PIXELS:
            raise Damaged("it is no PNG image of a size that can be shown")
    return png


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
