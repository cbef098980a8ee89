"""The vectors of a layer as files: one array of Zarr, whose chunks are plain numbers. `read_vectors`, `read_segment`.

The array's metadata are compared with the study's before a number is read, and the vectors with their digest after.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from topoact.study.checked import Damaged, checked, damage_said, read_json, regular
from topoact.study.files import digest, extended_digest, inside
from topoact.study.manifest import LayerEntry, Manifest

Vectors = NDArray[np.float32]
ARRAYS: Final = "activations.zarr"


class _Bytes(BaseModel):
    name: Literal["bytes"]
    configuration: dict[Literal["endian"], Literal["little"]]


class _Array(BaseModel):
    """``zarr.json`` of an array as a study has it: little-endian float32, without compression."""

    zarr_format: Literal[3]
    node_type: Literal["array"]
    data_type: Literal["float32"]
    shape: tuple[int, int]
    chunk_grid: dict[str, Any]
    chunk_key_encoding: dict[str, Any]
    codecs: Annotated[tuple[_Bytes, ...], Field(min_length=1, max_length=1)]
    storage_transformers: Annotated[tuple[Any, ...], Field(max_length=0)] = ()


class SegmentedArray:
    """The array of one layer in the folder of a study, of which a segment of the examples is one chunk.

    Raises
    ------
    Damaged
        If its metadata are not those of the layer.
    """

    def __init__(self, study: Path, manifest: Manifest, entry: LayerEntry) -> None:
        self._entry = entry
        self._folder = inside(study, ARRAYS, entry.key)
        self.per_example = entry.n_points // max(manifest.n_examples, 1)
        self._rows = manifest.segment * self.per_example
        self.n_segments = -(-manifest.n_examples // manifest.segment)
        with damage_said():
            found: _Array = checked(_Array, read_json(inside(study, ARRAYS, entry.key, "zarr.json")))
        expected = {
            "shape": (entry.n_points, entry.n_channels),
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [self._rows, entry.n_channels]}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        }
        for name, value in expected.items():
            if getattr(found, name) != value:
                raise Damaged(f"its {name.replace('_', ' ')} is {getattr(found, name)}, and {value} is expected")

    def segment(self, number: int) -> Vectors:
        """Return the vectors of one segment; empty after the last. Raises `Damaged`."""
        n_here = min(self._rows, self._entry.n_points - number * self._rows)
        if n_here <= 0:
            return np.empty((0, self._entry.n_channels), np.float32)
        try:
            return self._chunk(number, n_here)
        except Damaged as error:
            error.part = f"/c/{number}/0"
            raise

    def _chunk(self, number: int, n_rows: int) -> Vectors:
        n_channels = self._entry.n_channels
        with damage_said():
            path = regular(inside(self._folder, "c", str(number), "0"))
            if path.stat().st_size != 4 * self._rows * n_channels:
                raise Damaged(f"it has {path.stat().st_size:,} bytes")
            return np.fromfile(path, "<f4", n_rows * n_channels).reshape(n_rows, n_channels)

    def read(self, *, is_verified: bool = False) -> Vectors:
        """Return all vectors; unless they are verified already they are compared with the layer's digest."""
        state, start = "", 0
        with damage_said():
            vectors = np.empty((self._entry.n_points, self._entry.n_channels), np.float32)
        for number in range(self.n_segments):
            block = self.segment(number)
            vectors[start : start + len(block)] = block
            start += len(block)
            state = state if is_verified else extended_digest(state, block.data)
        if not is_verified:
            self.check(state)
        return vectors

    def check(self, state: str) -> None:
        """Raise a `Damaged` unless `state`, the digest of all segments, is that of the layer."""
        if digest([self._entry.name, self._entry.n_channels, state]) != self._entry.digest:
            raise Damaged("its vectors are not those that were written")
