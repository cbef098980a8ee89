"""`mutate`: damage to one file of a study, such as a disk does, or somebody who means harm."""

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from topoact.testing.table_mutations import change_column

HOSTILE: Final[tuple[Any, ...]] = (
    *(None, True, False, -1, 0, 1, 2, 3, 10**9, 10**12, 2**31, 2**63, 2**64, 10**400, -(10**30), 0.5, -0.5, 1e308),
    *(
        float("nan"),
        float("inf"),
        "",
        "x",
        "../../canary/x",
        "../canary",
        "/etc/passwd",
        "..",
        ".",
        "a\x00b",
        "a" * 70_000,
    ),
    *(
        "\x1b[2J\x1b[1;1H",
        "<script>alert(1)</script>",
        "modes",
        "graph",
        "column:ink",
        "os:abort",
        "euclidean",
        "random",
    ),
    *([], {}, [1], [[]], [-1, 10**12], ["x"], {"x": 1}, [None] * 3, {"n": -1, "names": ["a"]}),
)
"""Values that a field of JSON is replaced by."""

MAX_BYTES: Final = 2**24
"""Size of files that are damaged; a file that was made larger stays so."""

Damage = Callable[[Path, random.Random], str]


def mutate(study: Path, seed: int) -> str:
    """Damage one file of a study, which is chosen by the seed, as the damage is; return what was done.

    Parameters
    ----------
    study
        Folder of the study. Links that are made lead to the folder ``canary`` beside it.
    seed
        The same seed does the same to the same study.
    """
    rng = random.Random(seed)  # noqa: S311  # for tests
    files = sorted(path for path in study.rglob("*") if not path.is_symlink() and path.is_file())
    file = rng.choice([path for path in files if path.stat().st_size < MAX_BYTES])
    kinds = _KINDS_OF.get(file.suffix, ()) if rng.random() < 0.6 else ()
    done = rng.choice(kinds or _ANY)(file, rng)
    return f"{file.relative_to(study)}: {done}"


def _flipped(file: Path, rng: random.Random) -> str:
    content = bytearray(file.read_bytes())
    places = [rng.randrange(len(content)) for _ in range(rng.choice((1, 1, 4, 32)))] if content else []
    for place in places:
        content[place] ^= 1 << rng.randrange(8)
    file.write_bytes(content)
    return f"bits flipped at {places}"


def _truncated(file: Path, rng: random.Random) -> str:
    size = rng.randrange(file.stat().st_size + 1)
    os.truncate(file, size)
    return f"truncated to {size}"


def _extended(file: Path, rng: random.Random) -> str:
    with file.open("ab") as end:
        end.write(rng.randbytes(rng.choice((1, 100, 10_000))))
    return "garbage at the end"


def _emptied(file: Path, _rng: random.Random) -> str:
    file.write_bytes(b"")
    return "emptied"


def _deleted(file: Path, _rng: random.Random) -> str:
    file.unlink()
    return "deleted"


def _noise(file: Path, rng: random.Random) -> str:
    file.write_bytes(rng.randbytes(file.stat().st_size))
    return "replaced by noise"


def _swapped(file: Path, rng: random.Random) -> str:
    others = sorted(path for path in _root(file).rglob(f"*{file.suffix}") if path.is_file() and path != file)
    if not others:
        return _noise(file, rng)
    other = rng.choice(others)
    content = file.read_bytes()
    file.write_bytes(other.read_bytes())
    other.write_bytes(content)
    return f"swapped with {other.relative_to(_root(file))}"


def _folder(file: Path, _rng: random.Random) -> str:
    file.unlink()
    (file / "inner").mkdir(parents=True)
    return "a folder in its place"


def _pipe(file: Path, rng: random.Random) -> str:
    if not hasattr(os, "mkfifo"):
        return _deleted(file, rng)
    file.unlink()
    os.mkfifo(file)
    return "a pipe in its place"


def _linked(file: Path, rng: random.Random) -> str:
    canary = _canary(file)
    target = rng.choice((canary / "treasure.txt", canary, canary / "none", Path("/dev/zero"), file))
    file.unlink()
    file.symlink_to(target)
    return f"a link to {target}"


def _folder_replaced(file: Path, rng: random.Random) -> str:
    folders = [folder for folder in file.parents if folder != _root(file) and folder.is_relative_to(_root(file))]
    if not folders:
        return _linked(file, rng)
    folder = rng.choice(folders)
    shutil.rmtree(folder)
    if rng.random() < 0.5:
        folder.write_bytes(b"x")
        return f"{folder.name} a file"
    folder.symlink_to(_canary(file))
    return f"{folder.name} a link to the canary"


def _temporary(file: Path, _rng: random.Random) -> str:
    file.with_name(f"{file.name}.tmp").symlink_to(_canary(file) / "treasure.txt")
    return "a link to the canary where it is written next"


def _other_value(file: Path, rng: random.Random) -> str:
    def damage(record: Any) -> str:
        holder, key = rng.choice(list(_places(record)))
        if rng.random() < 0.15 and isinstance(holder, dict):
            del holder[key]
            return f"{key!r} deleted"
        holder[key] = rng.choice(HOSTILE)
        return f"{key!r} is {str(holder[key])[:40]!r}"

    return _edited(file, damage)


def _twice(file: Path, rng: random.Random) -> str:
    def damage(record: Any) -> str:
        lists = [(holder, key) for holder, key in _places(record) if isinstance(holder[key], list)]
        if not lists:
            return "nothing"
        holder, key = rng.choice(lists)
        holder[key] = holder[key] * 2 if rng.random() < 0.5 else holder[key][1:]
        return f"{key!r} with more or fewer values"

    return _edited(file, damage)


def _nested(file: Path, rng: random.Random) -> str:
    depth = rng.choice((500, 200_000))
    file.write_text("[" * depth + "]" * depth)
    return f"{depth} lists in each other"


def _large(file: Path, _rng: random.Random) -> str:
    os.truncate(file, 2**36)
    return "64 GB, sparse"


def _edited(file: Path, damage: Callable[[Any], str]) -> str:
    try:
        record = json.loads(file.read_text("utf-8"))
        done = damage(record)
    except (ValueError, IndexError):
        return "nothing"
    file.write_text(json.dumps(record))
    return done


def _places(record: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each value of a JSON document, as what holds it and its key there; of long lists the first few."""
    keys = list(record) if isinstance(record, dict) else range(min(len(record), 4)) if isinstance(record, list) else ()
    for key in keys:
        yield record, key
        yield from _places(record[key])


def _picture(file: Path, rng: random.Random) -> str:
    """Put something else in the place of the images of a file of thumbnails."""
    content = rng.choice(
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            b"<!doctype html><script>alert(1)</script>",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
            b"\x89PNG\r\n\x1a\n" + rng.randbytes(40),
            b"",
        )
    )
    try:
        with pa.ipc.open_file(file) as reader:
            n_rows, schema = reader.get_batch(0).num_rows, reader.schema
    except (OSError, ValueError):
        return "nothing"
    kind = rng.choice(("image/png", "text/html", "image/svg+xml", "text/html\r\nset-cookie: a=b"))
    batch = pa.record_batch([pa.array([content] * n_rows), pa.array([kind] * n_rows)], names=schema.names)
    with pa.ipc.new_file(file, batch.schema) as writer:
        writer.write_batch(batch)
    return f"images are {content[:12]!r}, said to be {kind!r}"


def _root(file: Path) -> Path:
    return next(folder for folder in file.parents if (folder.parent / "canary").is_dir())


def _canary(file: Path) -> Path:
    return _root(file).parent / "canary"


_ANY: Final[tuple[Damage, ...]] = (
    *(_flipped, _flipped, _flipped, _truncated, _extended, _emptied, _deleted, _noise, _swapped),
    *(_folder, _pipe, _linked, _folder_replaced, _temporary, _large),
)
_KINDS_OF: Final[dict[str, tuple[Damage, ...]]] = {
    ".json": (_other_value, _other_value, _other_value, _other_value, _twice, _nested),
    ".parquet": (change_column,),
    ".arrow": (_picture, _picture, _flipped, _truncated),
}
