"""`load_batches`: inputs decoded and prepared in threads ahead of the network, in order and in bounded memory."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from topoact.errors import InvalidInput, ModelError
from topoact.inputs.records import Record, Source
from topoact.networks.pixels import UNREADABLE, Picture, Shades, stack
from topoact.networks.preprocessing import Preprocessing
from topoact.study.thumbnails import LONG_SIDE, Thumbnail, original, shrink

GROUP_INPUTS = 32
"""Inputs that one thread decodes at a time."""

In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class Decoded:
    """One input of a batch; `prepared` is None if it could not be read, for the `reason`."""

    record: Record
    prepared: Any = None
    thumbnail: Thumbnail | None = None
    reason: str = ""
    shades: Shades | None = None
    """What was done to pixels of more than 8 bits; None if there are none."""
    has_frames: bool = False
    """Whether it is the first frame of several."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs for one forward pass; empty after trailing inputs that could not be read."""

    records: Sequence[Record]
    inputs: Any
    """An array or a tensor, (B, …); None where there are no records."""
    thumbnails: Sequence[Thumbnail | None]
    next_input: int
    """Row of the source after the last of these inputs."""
    skipped: Sequence[str]
    """Identities of inputs that could not be read since the last batch."""
    tally: Mapping[str, int] = field(default_factory=dict)
    """Counts of what the images are, and was done to them, which the summary reports."""
    brightest: float | None = None
    """The greatest value of their pixels of more than 8 bits."""


def load_batches(
    source: Source,
    preprocessing: Preprocessing,
    *,
    batch_size: int,
    first: int | None = None,
    start: int = 0,
    stop: int,
    strict: bool = False,
    side: int = LONG_SIDE,
) -> Generator[Batch, None, None]:
    """Yield the readable inputs from `start` to `stop` in batches, all full but the last.

    The first batch has `first` inputs: fewer than the rest where the last batch of an earlier run was not full, so that
    all further batches are those of one uninterrupted run. Thumbnails have `side` pixels at most.

    Raises
    ------
    InvalidInput
        If an input cannot be read and `strict` is set, or the sizes of the inputs differ.
    """
    collate = stack if source.gives_tensors else preprocessing.collate
    taken: list[Decoded] = []
    skipped: list[str] = []
    row, size = start, first or batch_size
    for item in _decoded(source, preprocessing, start, stop, side):
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
    shades = [item.shades for item in items if item.shades]
    counts = {
        "deep_images": len(shades),
        "clipped_images": sum(one.is_clipped for one in shades),
        "first_frames": sum(item.has_frames for item in items),
    }
    return Batch(
        [item.record for item in items],
        inputs,
        [item.thumbnail for item in items],
        row,
        skipped,
        {name: count for name, count in counts.items() if count},
        max((one.brightest for one in shades), default=None),
    )


def _decoded(source: Source, preprocessing: Preprocessing, start: int, stop: int, side: int) -> Iterator[Decoded]:
    def decode_all(records: list[Record]) -> list[Decoded]:
        return [decode(record, preprocessing, side) for record in records]

    groups = _grouped(islice(source.read(start), max(stop - start, 0)), GROUP_INPUTS)
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


def decode(record: Record, preprocessing: Preprocessing, side: int = LONG_SIDE) -> Decoded:
    """Read and prepare one input; one that cannot be read has the reason."""
    if callable(record.image):
        return _from_item(record.image(), preprocessing, side)
    try:
        if record.image is None:
            raise ValueError("there is no image")
        data = record.image.read_bytes() if isinstance(record.image, Path) else record.image
        return _prepared(record, Picture.read(data), preprocessing, side, data=data)
    except UNREADABLE as error:
        return Decoded(record, reason=next(iter(str(error).splitlines()), type(error).__name__))


def _prepared(
    record: Record, picture: Picture, preprocessing: Preprocessing, side: int, *, data: bytes | None = None
) -> Decoded:
    """Prepare a picture, read from `data`; the thumbnail shows what the network sees.

    A transform of the user's gets the picture in its own mode, unless the user says its scale.
    """
    takes_any = preprocessing.has_own_transform and not (picture.is_deep and preprocessing.white)
    shown, shades = picture.with_8_bits("auto" if takes_any and picture.scale is None else preprocessing.white)
    thumbnail = original(data, picture.image) if data and picture.is_shown_alike else None
    prepared = preprocessing.prepare(picture.image if takes_any else shown)
    shades = None if takes_any else shades
    return Decoded(record, prepared, thumbnail or shrink(shown, side), "", shades, picture.has_frames)


def _from_item(record: Record, preprocessing: Preprocessing, side: int) -> Decoded:
    """Prepare the item of a Dataset; tensors are not changed."""
    value, shown = record.image["input"], record.image.get("image")
    if isinstance(value, Image.Image):
        decoded = _prepared(record, Picture.of(value), preprocessing, side)
        return decoded if shown is None else replace(decoded, thumbnail=_shown(shown, side))
    value = _as_tensor(value, record)
    return Decoded(record, value, _shown(shown, side) if shown is not None else _picture(value, side))


def _as_tensor(value: Any, record: Record) -> Any:
    if not hasattr(value, "shape") or not hasattr(value, "dtype"):
        raise ModelError(f"the Dataset gives a {type(value).__name__} for {record.id}: tensors or images are needed")
    return value


def _shown(image: Any, side: int) -> Thumbnail:
    """Return the thumbnail that a Dataset gives beside an input, an image or an array of one."""
    image = image if isinstance(image, Image.Image) else Image.fromarray(np.asarray(image))
    return shrink(Picture.of(image).with_8_bits("auto")[0], side)


def _picture(tensor: Any, side: int) -> Thumbnail | None:
    """Return a tensor of 1 or 3 channels as an image, scaled to its range of values; None for any other shape."""
    values = np.asarray(tensor, dtype=np.float32)
    if values.ndim != 3 or values.shape[0] not in (1, 3):
        return None
    low, high = float(values.min()), float(values.max())
    grey = ((values - low) * (255 / (high - low or 1))).astype(np.uint8)
    return shrink(Image.fromarray(grey[0] if len(grey) == 1 else np.moveaxis(grey, 0, -1)), side)


def _grouped(items: Iterable[In], size: int) -> Iterator[list[In]]:
    items = iter(items)
    while group := list(islice(items, size)):
        yield group
