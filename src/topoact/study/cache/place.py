"""`Derived`: where the derived data of a study are kept, and that they take no more than their budget.

They are kept in the study's folder. Where that may not be written to, they are kept in the user's cache folder, and
what the study's folder has is found there.
"""

import errno
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import platformdirs

from topoact.errors import StudyError
from topoact.study.cache.budget import KINDS, budget, clear_leftovers, items, mark_used, remove, size_of, surplus
from topoact.study.files import digest, inside, is_left_over, safe_key, temporary_name

CACHE_VARIABLE: Final = "TOPOACT_CACHE"
"""Environment variable of the folder in the place of the user's cache folder."""
READ_ONLY: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTSUP})
N_UNCOUNTED: Final = 64
"""Writes after which all is counted anew, because other processes write as well."""
SPARE: Final = 0.9
"""Share of the budget that is left when it was exceeded."""
MARK: Final = "serving"


class Derived:
    """The folders with derived data of a study.

    Parameters
    ----------
    root
        The folder to which they are written.
    others
        Further folders that may have some.
    """

    def __init__(self, root: Path, *others: Path) -> None:
        self.root, self.others = root, others
        self._n_bytes, self._n_writes = 0, 0
        self._lock = threading.Lock()

    @classmethod
    def of(cls, study: Path) -> "Derived":
        """Return where the derived data of a study are: in its folder, or in the user's cache if that is read-only.

        Raises
        ------
        InvalidInput
            If the budget that the environment gives is no size.
        """
        budget()
        elsewhere = cache_of(study)
        if is_writable(study):
            return cls(study, *([elsewhere] if elsewhere.is_dir() else []))
        return cls(elsewhere, study)

    def own(self, *names: str) -> Path:
        """Return the path at which derived data are written.

        Raises
        ------
        StudyError
            If a name leads elsewhere, or a link leads out of the folder; see `inside`.
        """
        return inside(self.root, *names)

    def find(self, *names: str) -> Path:
        """Return the path of derived data where they are, and note their use; else where they would be written.

        Raises
        ------
        StudyError
            As `own`.
        """
        own = self.own(*names)
        if own.exists():
            mark_used(self.own(*names[:2]))
            return own
        return next((path for path in self._elsewhere(*names) if path.exists()), own)

    def find_all(self, pattern: str) -> list[Path]:
        """Return the paths that match a pattern, those in `root` before others of the same name."""
        found = dict[tuple[str, ...], Path]()
        for root in (self.root, *self.others):
            for names in (path.relative_to(root).parts for path in sorted(root.glob(pattern))):
                with suppress(StudyError):
                    found.setdefault(names, inside(root, *names))
        return list(found.values())

    def _elsewhere(self, *names: str) -> Iterator[Path]:
        """Yield the paths in the other folders; what a link there leads to is not the study's."""
        for root in self.others:
            with suppress(StudyError):
                yield inside(root, *names)

    def wrote(self, path: Path) -> None:
        """Take notice that a file or folder was written, and make room if that exceeds the budget."""
        with self._lock:
            self._n_writes += 1
            self._n_bytes += size_of(path)
            limit = budget()
            if self._n_writes == 1:
                clear_leftovers(self.root)
            if self._n_writes % N_UNCOUNTED == 1 or self._n_bytes > limit:
                self._n_bytes = make_room(self.root, limit)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Mark the data as in use by this process, so that `topoact clean` leaves those that were used last."""
        mark = temporary_name(self.root / KINDS[0] / MARK)
        with suppress(OSError):
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
        try:
            yield
        finally:
            with suppress(OSError):
                mark.unlink(missing_ok=True)

    @property
    def is_in_use(self) -> bool:
        """Whether a process that runs has marked the data as in use."""
        return any(not is_left_over(mark) for mark in (self.root / KINDS[0]).glob(f"{MARK}.*.tmp"))


def as_derived(place: "Path | Derived") -> Derived:
    """Return the place of derived data that are in one folder."""
    return place if isinstance(place, Derived) else Derived(place)


def is_writable(study: Path) -> bool:
    """Return whether derived data can be kept in a study's folder: whatever its permissions say, it is tried.

    A folder of derived data that is a link is none: what is behind it is not the study's.
    """
    folders = [folder for kind in KINDS for folder in (study / kind, *(study / kind).glob("*"), *_layouts(study, kind))]
    kept = [folder for folder in folders if folder.is_dir()]
    if any(folder.is_symlink() for folder in kept) or not all(os.access(folder, os.W_OK) for folder in (study, *kept)):
        return False
    trial = temporary_name(study / "trial")
    try:
        trial.touch()
        trial.unlink()
    except OSError as error:
        return error.errno not in READ_ONLY
    return True


def make_room(root: Path, limit: int) -> int:
    """Remove derived data if all take more than `limit` bytes, and return what the others take."""
    found = items(root)
    n_bytes = sum(item.n_bytes for item in found)
    if n_bytes > limit:
        n_bytes -= sum(item.n_bytes for item in surplus(found, int(SPARE * limit)) if remove(item))
    return n_bytes


def user_cache() -> Path:
    """Return the folder of what this user can compute again."""
    chosen = os.environ.get(CACHE_VARIABLE, "").strip()
    return Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("topoact")


def cache_of(study: Path) -> Path:
    """Return the folder in the user's cache for a study: the one at this path, with this content of ``study.json``."""
    try:
        content = (study / "study.json").read_bytes()
    except OSError:
        content = b""
    name = digest([str(study.resolve()), hashlib.sha256(content).hexdigest()])
    return user_cache() / "studies" / f"{safe_key(study.resolve().name, ())}-{name}"


def _layouts(study: Path, kind: str) -> Iterator[Path]:
    return (study / kind).glob("*/layouts") if kind == KINDS[0] else iter(())
