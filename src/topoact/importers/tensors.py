"""Tensors of a ``.safetensors`` file, read without torch.

The file is eight bytes that tell the length of a JSON header, the header, and the tensors one after the other.
"""

import json
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.importers.arrays import Matrix

TYPES: Final = {
    **{f"F{bits}": np.dtype(f"<f{bits // 8}") for bits in (16, 32, 64)},
    **{f"I{bits}": np.dtype(f"<i{bits // 8}") for bits in (8, 16, 32, 64)},
    **{f"U{bits}": np.dtype(f"<u{bits // 8}") for bits in (8, 16, 32, 64)},
    "BOOL": np.dtype(np.bool_),
    "BF16": np.dtype("<u2"),
}


class Widened:
    """A tensor of bfloat16 as float32, exactly: its bits are the upper half of a float32's."""

    dtype = np.dtype(np.float32)

    def __init__(self, halves: npt.NDArray[np.uint16]) -> None:
        self._halves, self.shape = halves, halves.shape

    def __getitem__(self, rows: slice) -> npt.NDArray[np.float32]:
        return (self._halves[rows].astype(np.uint32) << 16).view(np.float32)


def open_tensors(path: Path) -> dict[str, Matrix]:
    """Return the tensors of a file by name, mapped into memory and not read; bfloat16 is given as float32."""
    try:
        header, start = _header(path)
        return {name: _open(path, start, name, entry) for name, entry in header.items() if name != "__metadata__"}
    except InvalidInput:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{path} is not a .safetensors file, or a damaged one: {error}") from None


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """Return the header, and where the tensors begin."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size:
            raise ValueError("its header is cut off")
        return json.loads(file.read(length)), 8 + length


def _open(path: Path, start: int, name: str, entry: dict[str, Any]) -> Matrix:
    kind, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    if kind not in TYPES:
        raise InvalidInput(f"{name!r} in {path} holds {kind}: save it as one of {', '.join(TYPES)}")
    if end - begin != prod(shape) * TYPES[kind].itemsize or start + end > path.stat().st_size:
        raise ValueError(f"the tensor {name!r} is cut off")
    if begin == end:
        return np.empty(shape, TYPES[kind])
    mapped = np.memmap(path, TYPES[kind], "r", start + begin, shape)
    return Widened(mapped) if kind == "BF16" else mapped
