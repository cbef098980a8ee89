"""Decode and prepare inputs in threads, ahead of the network, in order and in bounded memory."""

import io
import struct
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from topoact.errors import InvalidInput, ModelError
from topoact.inputs.records import Record, Source
from topoact.networks.pixels import as_rgb, stack
from topoact.networks.preprocessing import Preprocessing
from topoact.study.thumbnails import Thumbnail, original, shrink

GROUP = 32
"""Inputs decoded by one thread at a time."""

UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)
"""What Pillow raises on files that are no images or damaged ones."""

In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class Decoded:
    """One input, ready to be put in a batch; `prepared` is None if it could not be read, for that reason."""

    record: Record
    prepared: Any = None
    thumbnail: Thumbnail | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs for one forward pass; empty after trailing inputs that could not be read."""

    records: Sequence[Record]
    inputs: Any
    """An array or a tensor, (B, …); None where there are no records."""
    thumbnails: Sequence[Thumbnail | None]
    next_input: int
    """Place in the source of the input after the last of these."""
    skipped: Sequence[str]
    """Identities of inputs that could not be read since the last batch."""


def load_batches(
    source: Source,
    preprocessing: Preprocessing,
    *,
    batch_size: int,
    first: int | None = None,
    start: int = 0,
    stop: int,
    strict: bool = False,
) -> Generator[Batch, None, None]:
    """Yield the readable inputs from `start` to `stop` in batches, all full but the last.

    The first batch has `first` inputs, fewer where the last one of an earlier run was not full: then all further ones
    are those that one run would have had.

    Raises
    ------
    InvalidInput
        If an input cannot be read and `strict` is set, or the sizes of the inputs differ.
    """
    collate = stack if source.gives_tensors else preprocessing.collate
    taken: list[Decoded] = []
    skipped: list[str] = []
    row, size = start, first or batch_size
    for item in _decoded(source, preprocessing, start, stop):
        row = item.record.row + 1
        if item.prepared is None:
            if strict:
                raise InvalidInput(f"{item.record.id} cannot be read: {item.reason}")
            skipped.append(item.record.id)
            continue
        taken.append(item)
        if len(taken) == size:
            yield _batch(taken, collate, row, skipped)
            taken, skipped, size = [], [], batch_size
    if taken or skipped:
        yield _batch(taken, collate, row, skipped)


def _batch(items: Sequence[Decoded], collate: Callable[..., Any], row: int, skipped: Sequence[str]) -> Batch:
    inputs = collate([item.prepared for item in items]) if items else None
    return Batch([item.record for item in items], inputs, [item.thumbnail for item in items], row, skipped)


def _decoded(source: Source, preprocessing: Preprocessing, start: int, stop: int) -> Iterator[Decoded]:
    def decode_all(records: list[Record]) -> list[Decoded]:
        return [decode(record, preprocessing) for record in records]

    groups = _grouped(islice(source.read(start), max(stop - start, 0)), GROUP)
    for group in in_threads(decode_all, groups, n_threads=source.n_threads):
        yield from group


def in_threads(work: Callable[[In], Out], items: Iterable[In], *, n_threads: int) -> Iterator[Out]:
    """Yield `work(item)` in order; threads run a few items ahead and no more."""
    items, running = iter(items), deque[Future[Out]]()
    pool = ThreadPoolExecutor(n_threads, thread_name_prefix="topoact-decode")
    try:
        running.extend(pool.submit(work, item) for item in islice(items, 4 * n_threads))
        while running:
            result = running.popleft().result()
            running.extend(pool.submit(work, item) for item in islice(items, 1))
            yield result
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def decode(record: Record, preprocessing: Preprocessing) -> Decoded:
    """Read and prepare one input; what cannot be read says why."""
    if callable(record.image):
        return _from_item(record.image(), preprocessing)
    try:
        if record.image is None:
            raise ValueError("there is no image")
        data = record.image.read_bytes() if isinstance(record.image, Path) else record.image
        image = Image.open(io.BytesIO(data))
        image.load()
        thumbnail = original(data, image) or shrink(as_rgb(image) if image.mode[0] in "IFP" else image)
        return Decoded(record, preprocessing.prepare(image), thumbnail)
    except UNREADABLE as error:
        return Decoded(record, reason=next(iter(str(error).splitlines()), type(error).__name__))


def _from_item(record: Record, preprocessing: Preprocessing) -> Decoded:
    """Prepare the item of a Dataset, whose tensors are taken as they are."""
    value, shown = record.image["input"], record.image.get("image")
    if isinstance(value, Image.Image):
        return Decoded(record, preprocessing.prepare(value), shrink(shown or value))
    value = _as_tensor(value, record)
    return Decoded(record, value, shrink(_as_image(shown)) if shown is not None else _picture(value))


def _as_tensor(value: Any, record: Record) -> Any:
    if not hasattr(value, "shape") or not hasattr(value, "dtype"):
        raise ModelError(f"the Dataset gives a {type(value).__name__} for {record.id}: tensors or images are needed")
    return value


def _as_image(shown: Any) -> Image.Image:
    return shown if isinstance(shown, Image.Image) else Image.fromarray(np.asarray(shown))


def _picture(tensor: Any) -> Thumbnail | None:
    """Draw a tensor of 1 or 3 channels from its least to its greatest value; None for any other shape."""
    values = np.asarray(tensor, dtype=np.float32)
    if values.ndim != 3 or values.shape[0] not in (1, 3):
        return None
    low, high = float(values.min()), float(values.max())
    grey = ((values - low) * (255 / (high - low or 1))).astype(np.uint8)
    return shrink(Image.fromarray(grey[0] if len(grey) == 1 else np.moveaxis(grey, 0, -1)))


def _grouped(items: Iterable[In], size: int) -> Iterator[list[In]]:
    items = iter(items)
    while group := list(islice(items, size)):
        yield group
