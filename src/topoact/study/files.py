"""`replacing`, `replacing_folder`: files and folders that are never half-written; digests, and safe file names."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Container, Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO


@contextmanager
def replacing(path: Path, *, lasting: bool = True, shared: bool = False) -> Iterator[BinaryIO]:
    """Open a file for writing that replaces `path` when the block ends without error.

    With `lasting` it survives a crash of the machine; without, for files that can be made again, it is written faster.
    A `shared` file may be written by several processes at the same time, of which the last one wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp" if shared else f"{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Make an empty folder that replaces `path` as a whole when the block ends without error."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        shutil.rmtree(path, ignore_errors=True)
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files and folders of killed processes."""
    for path in folder.glob("*.tmp"):
        owner = re.search(r"\.(\d+)\.tmp$", path.name)
        if not owner or _is_running(int(owner[1])):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    if os.name != "posix":
        return True  # there os.kill would end it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True


def link(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system has no links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def write_json(path: Path, value: Any, *, lasting: bool = True, shared: bool = False) -> None:
    """Replace `path` by `value` as readable JSON; see `replacing`."""
    with replacing(path, lasting=lasting, shared=shared) as file:
        file.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n")


def plain_number(value: float) -> float | None:
    """Return a number as JSON; None for an infinite one or NaN."""
    return float(value) if isfinite(value) else None


def digest(value: Any) -> str:
    """Return the digest of a JSON value, 16 hexadecimal digits."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def extended_digest(previous: str, *blocks: memoryview) -> str:
    """Return the digest of a sequence of blocks from that of all blocks before these, so that it can be resumed."""
    state = hashlib.blake2b(previous.encode(), digest_size=8)
    for block in blocks:
        state.update(block)
    return state.hexdigest()


def safe_key(name: str, taken: Container[str]) -> str:
    """Return a readable file name for `name` that differs, whatever the case of its letters, from those taken."""
    stem = re.sub(r"[^A-Za-z0-9@._-]", "_", name).strip(".")[:80] or "layer"
    key, count = stem, 1
    while key.lower() in taken:
        count += 1
        key = f"{stem}-{count}"
    return key
