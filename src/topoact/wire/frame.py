"""`encode_frame`: named arrays as one binary frame for the browser, versioned and aligned."""

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

MAGIC: Final = b"TPA1"
"""First bytes of a frame, with the version of its layout."""
ALIGNMENT: Final = 8
DTYPES: Final = frozenset({"int32", "uint32", "float32", "uint8"})


def encode_frame(arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """Return named arrays as one frame.

    Layout: the magic ``TPA1``, the header's length (uint32), the header (UTF-8 JSON: name → dtype, shape, offset,
    where offset counts from the end of the padded header), then the little-endian arrays, each aligned to 8 bytes.

    Parameters
    ----------
    arrays
        Arrays of dtype int32, uint32, float32 or uint8.

    Returns
    -------
    bytes
        The frame; ``decodeFrame`` in ``frontend/src/api/frame.ts`` reads it.

    Raises
    ------
    TypeError
        If an array has another dtype.
    """
    header: dict[str, dict[str, Any]] = {}
    chunks: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            raise TypeError(f"a frame holds int32, uint32, float32 or uint8: {name!r} is {array.dtype}")
        data = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        header[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "offset": offset}
        padding = -len(data) % ALIGNMENT
        chunks += [data, b"\0" * padding]
        offset += len(data) + padding
    text = json.dumps(header).encode()
    text += b" " * (-(len(MAGIC) + 4 + len(text)) % ALIGNMENT)
    return b"".join([MAGIC, len(text).to_bytes(4, "little"), text, *chunks])
