"""`change_column`: damage to one column of a Parquet table, which stays a table."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

NUMBERS: Final = (-1, 0, 1, 10**9, 2**31, 2**62, -(2**62))
FLOATS: Final = (float("nan"), float("inf"), float("-inf"), -1.0, 1e300)


def change_column(file: Path, rng: random.Random) -> str:
    """Change a column of a table at random, and say how."""
    try:
        table = pq.read_table(file)
    except (OSError, ValueError):
        return "nothing"
    if not table.num_columns:
        return "nothing"
    index = rng.randrange(table.num_columns)
    name, column = table.column_names[index], table.column(index)
    change = rng.choice(_COLUMN_CHANGES)
    pq.write_table(change(table, index, name, column.to_pylist(), rng), file)
    return f"column {name!r} {change.__name__.strip('_').replace('_', ' ')}"


def _dropped(table: pa.Table, index: int, *_: Any) -> pa.Table:
    return table.remove_column(index)


def _shortened(table: pa.Table, _index: int, _name: str, values: list[Any], rng: random.Random) -> pa.Table:
    return table.slice(0, rng.randrange(len(values) + 1))


def _lengthened(table: pa.Table, *_: Any) -> pa.Table:
    return pa.concat_tables([table, table])


def _shuffled(table: pa.Table, index: int, name: str, values: list[Any], rng: random.Random) -> pa.Table:
    return table.set_column(index, name, pa.array(rng.sample(values, len(values)), table.schema.types[index]))


def _with_gaps(table: pa.Table, index: int, name: str, values: list[Any], rng: random.Random) -> pa.Table:
    gaps = [None if rng.random() < 0.3 else value for value in values]
    return table.set_column(index, name, pa.array(gaps, table.schema.types[index]))


def _of_texts(table: pa.Table, index: int, name: str, values: list[Any], *_: Any) -> pa.Table:
    return table.set_column(index, name, pa.array([str(value) for value in values], pa.string()))


def _of_lists(table: pa.Table, index: int, name: str, values: list[Any], *_: Any) -> pa.Table:
    return table.set_column(index, name, pa.array([[number] for number in range(len(values))]))


def _of_bytes(table: pa.Table, index: int, name: str, values: list[Any], *_: Any) -> pa.Table:
    return table.set_column(index, name, pa.array([b"\xff\xfe"] * len(values)))


def _of_times(table: pa.Table, index: int, name: str, values: list[Any], *_: Any) -> pa.Table:
    return table.set_column(index, name, pa.array(range(len(values)), pa.timestamp("ns")))


def _of_nothing(table: pa.Table, index: int, name: str, values: list[Any], *_: Any) -> pa.Table:
    return table.set_column(index, name, pa.nulls(len(values)))


def _of_other_numbers(table: pa.Table, index: int, name: str, values: list[Any], rng: random.Random) -> pa.Table:
    is_whole, kept = rng.random() < 0.7, rng.random()
    choices: tuple[float, ...] = NUMBERS if is_whole else FLOATS
    kind = int if is_whole else float
    old = [kind(value) if isinstance(value, int | float) and abs(value) < 2**63 else kind(0) for value in values]
    return table.set_column(index, name, pa.array([one if rng.random() < kept else rng.choice(choices) for one in old]))


def _renamed(table: pa.Table, index: int, _name: str, _values: list[Any], rng: random.Random) -> pa.Table:
    names = list(table.column_names)
    names[index] = rng.choice([*names, "x", "label", "id", "word", "../../x"])
    return table.rename_columns(names)


_COLUMN_CHANGES: Final[tuple[Callable[..., pa.Table], ...]] = (
    *(_dropped, _shortened, _lengthened, _shuffled, _with_gaps, _of_texts, _of_lists, _of_bytes, _of_times),
    *(_of_nothing, _of_other_numbers, _of_other_numbers, _of_other_numbers, _renamed),
)
