"""Thumbnails of examples: made by `original` or `shrink`, stored in Arrow files, read by row by `Thumbnails`.

What a study says of the type of an image is not believed: its first bytes tell, and only JPEG and PNG are images.
"""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from topoact.study.checked import Damaged, damage_said, regular
from topoact.study.files import inside, replacing

LONG_SIDE = 96
"""Pixels of the longer side of a thumbnail, at most."""
PATCH_SIDE: Final = 224
"""The same where parts of the photos are shown, which are what positions of layers see."""

MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}

SIGNATURES: Final = {b"\xff\xd8\xff": MEDIA_TYPES["JPEG"], b"\x89PNG\r\n\x1a\n": MEDIA_TYPES["PNG"]}
"""First bytes of the files that are images, with their media type."""
MAX_BYTES: Final = 2**22
MAX_PIXELS: Final = 2**22
"""Bytes and pixels of an image that is taken for a thumbnail; those that TopoAct makes have 96 pixels a side."""

Thumbnail: TypeAlias = tuple[bytes, str]
"""The bytes of an image file and its media type."""

_SCHEMA = pa.schema([("image", pa.binary()), ("type", pa.string())])


def original(data: bytes, image: Image.Image) -> Thumbnail | None:
    """Return the file `data`, of which `image` was opened, as it is when it is a small JPEG or PNG, else None."""
    media_type = MEDIA_TYPES.get(image.format or "")
    return (data, media_type) if media_type and max(image.size) <= LONG_SIDE else None


def shrink(image: Image.Image, side: int = LONG_SIDE) -> Thumbnail:
    """Return an image, grey or RGB, with its long side at `side` pixels at most: a PNG if it is tiny."""
    image = image.copy()
    image.thumbnail((side, side), reducing_gap=2.0)
    return encoded(image)


def encoded(image: Image.Image) -> Thumbnail:
    """Return an image, grey or RGB, as a file: a PNG if it is tiny, else a JPEG."""
    file, lossless = io.BytesIO(), max(image.size) <= 32
    image.save(file, "PNG") if lossless else image.save(file, "JPEG", quality=85)
    return file.getvalue(), MEDIA_TYPES["PNG" if lossless else "JPEG"]


def size_of(thumbnail: Thumbnail) -> tuple[int, int, int]:
    """Return its channels, 1 where it is grey and 3 where it is not, its height and its width."""
    image = opened(thumbnail)
    return 1 if image.mode in {"1", "L"} else 3, image.height, image.width


def pixels(thumbnail: Thumbnail, n_channels: int, height: int, width: int) -> NDArray[np.uint8]:
    """Return it in another size, (H, W, channels): one channel is grey, three are red, green and blue."""
    image = opened(thumbnail).convert("L" if n_channels == 1 else "RGB")
    return np.asarray(image.resize((width, height))).reshape(height, width, n_channels)


def opened(thumbnail: Thumbnail) -> Image.Image:
    """Return the image of a thumbnail that a study holds; raises an `OSError` where it is damaged or too large."""
    image = Image.open(io.BytesIO(thumbnail[0]), formats=list(MEDIA_TYPES))
    if image.width * image.height > MAX_PIXELS:
        raise OSError(f"an image has {image.width} x {image.height} pixels")
    return image


def media_type_of(content: bytes) -> str | None:
    """Return the media type of an image file by its first bytes; None where it is neither JPEG nor PNG."""
    return next((kind for start, kind in SIGNATURES.items() if content.startswith(start)), None)


def write_thumbnails(folder: Path, segment: int, thumbnails: Sequence[Thumbnail | None]) -> None:
    """Write the thumbnails of one segment of the examples."""
    images, types = zip(*(thumbnail or (None, None) for thumbnail in thumbnails), strict=True)
    batch = pa.record_batch([pa.array(images, pa.binary()), pa.array(types, pa.string())], schema=_SCHEMA)
    with replacing(folder / _name(segment)) as file, pa.ipc.new_file(file, _SCHEMA) as writer:
        writer.write_batch(batch)


class Thumbnails:
    """The thumbnails of a study by row of its examples. Files are memory-mapped: the cost of one does not grow.

    Parameters
    ----------
    folder
        Their folder.
    segment, n_examples
        Examples in each file but the last, and in all of them.
    """

    def __init__(self, folder: Path, segment: int, n_examples: int) -> None:
        self._folder, self._segment, self._n_examples = folder, segment, n_examples
        self._open = cache(self._opened)

    def __getitem__(self, row: int) -> Thumbnail | None:
        """Return a thumbnail; raises `Damaged`."""
        with damage_said():
            image = self._open(row // self._segment)[row % self._segment].as_py()
        if image is None:
            return None
        kind = media_type_of(image)
        if kind is None or len(image) > MAX_BYTES:
            raise Damaged(f"that of example {row} is neither a JPEG nor a PNG file of at most {MAX_BYTES:,} bytes")
        return image, kind

    def _opened(self, number: int) -> pa.Array:
        path = regular(inside(self._folder, _name(number)))
        file = pa.ipc.open_file(pa.memory_map(str(path)))
        n_rows = min(self._segment, self._n_examples - number * self._segment)
        if file.schema.names != _SCHEMA.names or file.schema.types != _SCHEMA.types or file.num_record_batches != 1:
            raise Damaged(f"{path.name} holds another table")
        batch = file.get_batch(0)
        batch.validate(full=True)
        if batch.num_rows != n_rows:
            raise Damaged(f"{path.name} has {batch.num_rows:,} rows, and {n_rows:,} are expected")
        return batch.column("image")


def _name(segment: int) -> str:
    return f"{segment:05d}.arrow"
