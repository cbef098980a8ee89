"""`frame_of`: which part of a photo the network's input shows, by the options of its preparation or by probing it.

A transform of somebody's is probed with pictures whose brightness rises from left to right, or from top to bottom: the
values that come out tell where in the picture each pixel was, whatever the transform does to the values themselves.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from topoact.errors import TopoActError
from topoact.networks.preprocessing import Preprocessing
from topoact.study.sight import Frame

PROBES: Final = ((320, 240), (240, 320), (300, 300))
"""Width and height of the pictures with which a transform is probed."""
TOLERANCE: Final = 0.02
"""Error of a place, as a share of the picture, that rounding may make."""

Shares: TypeAlias = tuple[float, float]


class _Probe(NamedTuple):
    """What a transform keeps of a picture: the middle and the length of the part, along height and width."""

    aspect: float
    middles: Shares
    lengths: Shares


def frame_of(preprocessing: Preprocessing | None) -> Frame | None:
    """Return where the network's input lies on the photo; None if a transform does not show it."""
    if preprocessing and preprocessing.transform:
        return _probed(preprocessing)
    return frame_of_options(preprocessing.record() if preprocessing else None)


def frame_of_options(record: Mapping[str, Any] | None) -> Frame:
    """Return where the network's input lies on the photo by what a study records of its preparation, if anything."""
    size = (record or {}).get("size")
    if not record or not size:
        return Frame()
    share = size / (record.get("resize") or size)
    return Frame((share, share), bool(record.get("squash")))


def _probed(preprocessing: Preprocessing) -> Frame | None:
    try:
        probes = [_probe(preprocessing, *size) for size in PROBES]
    except (TopoActError, ValueError):
        return None
    middles = [middle for probe in probes for middle in probe.middles]
    lengths = [length for probe in probes for length in probe.lengths]
    if max(abs(middle - 0.5) for middle in middles) > TOLERANCE or min(lengths) <= 0:
        return None
    square = probes[-1].lengths
    for frame in (Frame(square, squash=True), Frame(square, squash=False)):
        expected = [frame.shares(probe.aspect) for probe in probes]
        if np.allclose([probe.lengths for probe in probes], expected, rtol=0, atol=TOLERANCE):
            return frame
    return None


def _probe(preprocessing: Preprocessing, width: int, height: int) -> _Probe:
    down, across = np.mgrid[0:height, 0:width]
    black, white = (_prepared(preprocessing, np.full((height, width), value)) for value in (0.0, 1.0))
    if not (np.abs(white - black) > 1e-6).all():
        raise ValueError("not every pixel is one of the picture")
    ends = []
    for axis, (values, side) in enumerate(((down, height), (across, width))):
        places = (_prepared(preprocessing, (values + 0.5) / side) - black) / (white - black)
        ends.append(_line(places.mean(axis=(0, 2 - axis))))
    return _Probe(width / height, (ends[0][0], ends[1][0]), (ends[0][1], ends[1][1]))


def _prepared(preprocessing: Preprocessing, grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a prepared grey picture, (C, H, W)."""
    pixels = np.round(255 * np.repeat(grey[:, :, None], 3, axis=2)).astype(np.uint8)
    prepared = np.asarray(preprocessing.prepare(Image.fromarray(pixels)), dtype=np.float64)
    if prepared.ndim != 3 or not np.isfinite(prepared).all():
        raise ValueError("no picture comes out")
    return prepared


def _line(places: NDArray[np.float64]) -> Shares:
    """Return the middle and the length of what places at even steps span; raises `ValueError` if they are not even."""
    steps = np.arange(len(places))
    inner = slice(1, -1) if len(places) > 4 else slice(None)  # pixels at the border may be padding
    slope, start = np.polyfit(steps[inner], places[inner], 1)
    if np.abs(places[inner] - start - slope * steps[inner]).max() > TOLERANCE:
        raise ValueError("the places are not even")
    return float(start + slope * (len(places) - 1) / 2), float(slope * len(places))
