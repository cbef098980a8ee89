"""`publish`: an unfinished study takes its name, as a whole and instead of an older one; the lock of its writer."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import filelock

from topoact.errors import StudyError
from topoact.study.checkpoint import Checkpoint, read_checkpoint
from topoact.study.files import full_disk_said

FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
"""Numbers of the errors that a folder raises which may not be written to."""


def partial_of(path: Path) -> Path:
    """Return the folder in which the study at `path` is written until it is finished."""
    return path.with_name(f"{path.name}.partial")


def check_target(path: Path, overwrite: bool) -> None:
    """Refuse a folder that exists already, unless it is a study that may be replaced."""
    if not path.exists():
        return
    if not (path / "study.json").is_file():
        raise StudyError(f"{path} exists and is not a study: choose another name with -o")
    if not overwrite:
        raise StudyError(
            f"the study {path} exists already: choose another name with -o, or replace it with --overwrite"
        )


def lock(path: Path) -> filelock.BaseFileLock:
    """Acquire and return the lock of a study, which one process may write at a time.

    Raises
    ------
    StudyError
        If another process has it.
    """
    held = filelock.FileLock(path.with_name(f"{path.name}.lock"), timeout=0)
    try:
        held.acquire()
    except filelock.Timeout:
        raise StudyError(f"another process is writing {path}: wait for it, or choose another name") from None
    return held


def unlock(held: filelock.BaseFileLock) -> None:
    """Release the lock, and remove its file."""
    Path(held.lock_file).unlink(missing_ok=True)
    held.release()


def publish(path: Path, state: Checkpoint) -> Path:
    """Rename a complete study to its final name.

    A study that appends layers to the one it replaces takes over what was computed from the layers of that one.
    """
    partial, old = partial_of(path), path.with_name(f"{path.name}.old")
    shutil.rmtree(partial / "parts", ignore_errors=True)
    if path.exists():
        shutil.rmtree(old, ignore_errors=True)
        path.rename(old)
    try:
        partial.rename(path)
    except OSError:
        if old.exists():
            old.rename(path)
        raise
    (path / "checkpoint.json").unlink(missing_ok=True)
    if state.kept and old.exists():
        for derived in (entry for entry in old.iterdir() if not (path / entry.name).exists()):
            derived.rename(path / derived.name)
    shutil.rmtree(old, ignore_errors=True)
    return path


def publish_left(path: Path) -> None:
    """Publish a study whose writer died between moving the old one away and renaming the new one."""
    partial = partial_of(path)
    if path.exists() or not (partial / "study.json").is_file():
        return
    held = lock(path)
    try:
        if (state := read_checkpoint(partial)) and not path.exists():
            publish(path, state)
    finally:
        unlock(held)


@contextmanager
def writes_said(folder: Path) -> Iterator[None]:
    """Raise a `WriteError` instead of the system's error when the disk is full or `folder` may not be written to."""
    with full_disk_said(folder, "and run the same command again, it goes on with what is there"):
        try:
            yield
        except OSError as error:
            if error.errno not in FORBIDDEN:
                raise
            reason = error.strerror or error
            raise StudyError(f"{folder} cannot be written: {reason}: choose another place with -o") from None
