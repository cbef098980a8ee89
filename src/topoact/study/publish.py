"""How a study gets its name: whole, in the place of an older one, by one process at a time."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from topoact.errors import StudyError
from topoact.study.checkpoint import Checkpoint, read_checkpoint


def partial_of(path: Path) -> Path:
    """Return the folder in which the study is written that will be at `path`."""
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
    """Return the lock of the only process that may write a study.

    Raises
    ------
    StudyError
        If another has it.
    """
    held = filelock.FileLock(path.with_name(f"{path.name}.lock"), timeout=0)
    try:
        held.acquire()
    except filelock.Timeout:
        raise StudyError(f"another process is writing {path}: wait for it, or choose another name") from None
    return held


def unlock(held: filelock.BaseFileLock) -> None:
    """Give the lock back, and remove its file."""
    Path(held.lock_file).unlink(missing_ok=True)
    held.release()


def publish(path: Path, state: Checkpoint) -> Path:
    """Give a complete study its name.

    Where it replaces a study that it continues with more layers, it takes over what was computed of the others.
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
    """Give a study its name whose writer died between taking the old one away and putting the new one there."""
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
def full_disk_said(folder: Path) -> Iterator[None]:
    """Say in one sentence that the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StudyError(
            f"the disk is full: free some space and run the same command again, it goes on with what {folder} holds"
        ) from None
