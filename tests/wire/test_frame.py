"""Binary frames: what goes in comes out, aligned."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from topoact.testing.strategies import STEADY
from topoact.wire import encode_frame
from topoact.wire.frame import ALIGNMENT, DTYPES, MAGIC

COLUMNS = st.dictionaries(
    st.text(max_size=8),
    st.sampled_from(sorted(DTYPES)).flatmap(
        lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=7))
    ),
    max_size=5,
)


def decode(frame):
    """Read a frame by its description, with nothing but the standard library and numpy's view of bytes."""
    assert frame[:4] == MAGIC == b"TPA1"
    length = int.from_bytes(frame[4:8], "little")
    start = 8 + length
    header = json.loads(frame[8:start].decode())
    assert start % ALIGNMENT == 0
    found = {}
    for name, entry in header.items():
        offset = start + entry["offset"]
        assert offset % ALIGNMENT == 0
        dtype, count = np.dtype(entry["dtype"]).newbyteorder("<"), int(np.prod(entry["shape"]))
        assert offset + count * dtype.itemsize <= len(frame)
        found[name] = np.frombuffer(frame, dtype, count, offset).reshape(entry["shape"])
    return found


@STEADY
@given(COLUMNS)
def test_round_trip(columns):
    found = decode(encode_frame(columns))
    assert list(found) == list(columns)
    for name, array in columns.items():
        assert found[name].dtype.name == array.dtype.name
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.array([1, 2, 3], dtype=">i4"), id="big-endian"),
        pytest.param(np.arange(12, dtype=np.int32).reshape(3, 4).T, id="transposed"),
        pytest.param(np.arange(10, dtype=np.uint8)[::3], id="strided"),
        pytest.param(np.array([np.nan, np.inf, -0.0], dtype=np.float32), id="not-finite"),
        pytest.param(np.empty((0, 2), dtype=np.float32), id="empty"),
        pytest.param(np.array([2**32 - 1], dtype=np.uint32), id="largest"),
    ],
)
def test_arrays_of_every_layout(array):
    np.testing.assert_array_equal(decode(encode_frame({"a": array, "b": array}))["b"], array)


def test_no_arrays():
    assert decode(encode_frame({})) == {}


@pytest.mark.parametrize("dtype", ["int64", "float64", "float16", "bool", "uint16", "complex64", "U1", "O"])
def test_other_types_are_refused_by_name(dtype):
    with pytest.raises(TypeError, match=r"a frame holds int32, uint32, float32 or uint8: 'ink' is "):
        encode_frame({"ink": np.zeros(3, dtype=dtype)})


def test_a_frame_without_chance():
    """The bytes themselves, so that a change of the format is seen."""
    frame = encode_frame({"x": np.array([1, 2, 3], dtype=np.uint8)})
    text = b'{"x": {"dtype": "uint8", "shape": [3], "offset": 0}}'
    assert frame == b"TPA1" + (56).to_bytes(4, "little") + text.ljust(56) + b"\x01\x02\x03" + b"\0" * 5
