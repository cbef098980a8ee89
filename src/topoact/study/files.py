"""`replacing`, `replacing_folder`: files and folders that are never half-written; `inside`, digests, and file names."""

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO, Final

from topoact.errors import StudyError, WriteError

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Numbers of the errors that a full disk or quota raises."""

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
def replacing(path: Path, *, lasting: bool = True) -> Iterator[BinaryIO]:
    """Open a file for writing that replaces `path` when the block ends without error; of several writers the last wins.

    With `lasting` it survives a crash of the machine; without, for files that can be made again, it is written faster.

    Raises
    ------
    WriteError
        If the disk is full, or the folder may not be written to; nothing is left of the file then.
    """
    with failures_said(path):
        _make_folder(path.parent)
        temporary = temporary_name(path)
        file = temporary.open("xb")
    try:
        with full_disk_said(path), file:
            yield file
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        with failures_said(path):
            if path.is_dir():
                remove(path)
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Make an empty folder that replaces `path` as a whole when the block ends without error.

    Raises
    ------
    WriteError
        As `replacing`.
    """
    with failures_said(path):
        _make_folder(path.parent)
        temporary = temporary_name(path)
        temporary.mkdir()
    try:
        with full_disk_said(path):
            yield temporary
        with failures_said(path):
            remove_folder(path)
            temporary.rename(path)
    finally:
        remove(temporary)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise _write_error(f"a file is in the way where the folder {path} belongs: remove it", error) from None


def remove_folder(path: Path) -> None:
    """Remove a folder, which disappears at once and not file by file; does nothing where there is none."""
    removed = temporary_name(path)
    with suppress(FileNotFoundError):
        path.rename(removed)
        remove(removed)


@contextmanager
def full_disk_said(path: Path, remedy: str = "and ask again") -> Iterator[None]:
    """Raise a `WriteError` instead of the system's error when the disk is full while `path` is written."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise _write_error(f"the disk is full: free some space {remedy} ({path})", error) from None


@contextmanager
def failures_said(path: Path) -> Iterator[None]:
    """Raise a `WriteError` instead of any error of the system's: `path` cannot be written."""
    try:
        with full_disk_said(path):
            yield
    except WriteError:
        raise
    except OSError as error:
        reason = error.strerror or error
        raise _write_error(f"{path} could not be stored: {reason}", error) from None


def _write_error(sentence: str, error: OSError) -> WriteError:
    raised = WriteError(sentence)
    raised.errno = error.errno
    return raised


def temporary_name(path: Path) -> Path:
    """Return a new name beside a path, which says the process that it belongs to."""
    return path.with_name(f"{path.name}.{secrets.token_hex(4)}.{os.getpid()}.tmp")


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files and folders of killed processes."""
    for path in folder.glob("*.tmp"):
        if not is_left_over(path):
            continue
        with suppress(OSError):
            remove(path)


def is_left_over(path: Path) -> bool:
    """Return whether a temporary file or folder belongs to a process that has ended."""
    owner = re.search(r"\.(\d+)\.tmp$", path.name)
    return owner is not None and not _is_running(int(owner[1]))


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


def write_json(path: Path, value: Any, *, lasting: bool = True) -> None:
    """Replace `path` by `value` as readable JSON; see `replacing`."""
    with replacing(path, lasting=lasting) as file:
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
