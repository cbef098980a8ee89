"""`replacing`, `replacing_folder`: files and folders that are never half-written; `inside`, digests, and file names."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Container, Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO, Final

from topoact.errors import StudyError

NAME: Final = r"[A-Za-z0-9@_+-][A-Za-z0-9@._+-]{0,199}"
"""Pattern of the names of files and folders in a study: none leads elsewhere."""


def inside(root: Path, *names: str) -> Path:
    """Return the path of a file or folder of a study, whose names may come from the study itself.

    Raises
    ------
    StudyError
        If a name is not of that kind, or the path leads out of the study, by a link in it.
    """
    for name in names:
        if not re.fullmatch(NAME, name):
            raise StudyError(f"the study {root} is damaged: {name!r} cannot be the name of a file in it")
    path = root.joinpath(*names)
    try:
        leads_out = not path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # a link to itself
        leads_out = True
    if leads_out:
        raise StudyError(f"{path} is a link that leads out of the study: put the files themselves there, or remove it")
    return path


def remove(path: Path) -> None:
    """Remove a file, a folder with all that is in it, or a link, but never what a link leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def replacing(path: Path, *, lasting: bool = True, shared: bool = False) -> Iterator[BinaryIO]:
    """Open a file for writing that replaces `path` when the block ends without error.

    With `lasting` it survives a crash of the machine; without, for files that can be made again, it is written faster.
    A `shared` file may be written by several processes at the same time, of which the last one wins.
    """
    _make_folder(path.parent)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp" if shared else f"{path.name}.tmp")
    remove(temporary)  # never written through: it may be a link
    try:
        with temporary.open("xb") as file:
            yield file
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        if path.is_dir():
            remove(path)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Make an empty folder that replaces `path` as a whole when the block ends without error."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    _make_folder(path.parent)
    remove(temporary)
    temporary.mkdir()
    try:
        yield temporary
        remove(path)
        temporary.rename(path)
    finally:
        remove(temporary)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise StudyError(f"a file is in the way where the folder {path} belongs: remove it") from None


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files and folders of killed processes."""
    for path in folder.glob("*.tmp"):
        owner = re.search(r"\.(\d+)\.tmp$", path.name)
        if not owner or _is_running(int(owner[1])):
            continue
        remove(path)


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
