"""Thumbnails of examples: made by `original` or `shrink`, stored in Arrow files, read by row by `Thumbnails`."""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from topoact.study.files import replacing

LONG_SIDE = 96
"""Pixels of the longer side of a thumbnail, at most."""

MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}

Thumbnail: TypeAlias = tuple[bytes, str]
"""The bytes of an image file and its media type."""

_SCHEMA = pa.schema([("image", pa.binary()), ("type", pa.string())])


def original(data: bytes, image: Image.Image) -> Thumbnail | None:
    """Return the file `data`, of which `image` was opened, as it is when it is a small JPEG or PNG, else None."""
    media_type = MEDIA_TYPES.get(image.format or "")
    return (data, media_type) if media_type and max(image.size) <= LONG_SIDE else None


def shrink(image: Image.Image) -> Thumbnail:
    """Return an image, grey or RGB, with its long side at `LONG_SIDE` pixels at most: a PNG if it is tiny."""
    image = image.copy()
    image.thumbnail((LONG_SIDE, LONG_SIDE), reducing_gap=2.0)
    file, lossless = io.BytesIO(), max(image.size) <= 32
    image.save(file, "PNG") if lossless else image.save(file, "JPEG", quality=85)
    return file.getvalue(), MEDIA_TYPES["PNG" if lossless else "JPEG"]


def size_of(thumbnail: Thumbnail) -> tuple[int, int, int]:
    """Return its channels, 1 where it is grey and 3 where it is not, its height and its width."""
    image = Image.open(io.BytesIO(thumbnail[0]))
    return 1 if image.mode in {"1", "L"} else 3, image.height, image.width


def pixels(thumbnail: Thumbnail, n_channels: int, height: int, width: int) -> NDArray[np.uint8]:
    """Return it in another size, (H, W, channels): one channel is grey, three are red, green and blue."""
    image = Image.open(io.BytesIO(thumbnail[0])).convert("L" if n_channels == 1 else "RGB")
    return np.asarray(image.resize((width, height))).reshape(height, width, n_channels)


def write_thumbnails(folder: Path, segment: int, thumbnails: Sequence[Thumbnail | None]) -> None:
    """Write the thumbnails of one segment of the examples."""
    images, types = zip(*(thumbnail or (None, None) for thumbnail in thumbnails), strict=True)
    batch = pa.record_batch([pa.array(images, pa.binary()), pa.array(types, pa.string())], schema=_SCHEMA)
    with replacing(_path(folder, segment)) as file, pa.ipc.new_file(file, _SCHEMA) as writer:
        writer.write_batch(batch)


class Thumbnails:
    """The thumbnails of a study by row of its examples. Files are memory-mapped: the cost of one does not grow."""

    def __init__(self, folder: Path, segment: int) -> None:
        self._segment = segment
        self._open = cache(lambda number: pa.ipc.open_file(pa.memory_map(str(_path(folder, number)))).get_batch(0))

    def __getitem__(self, row: int) -> Thumbnail | None:
        batch = self._open(row // self._segment)
        image, media_type = (column[row % self._segment].as_py() for column in batch.columns)
        return (image, media_type) if image is not None else None


def _path(folder: Path, segment: int) -> Path:
    return folder / f"{segment:05d}.arrow"
