"""`clean`: remove derived data of a study; what they were computed from stays."""

from pathlib import Path
from typing import NamedTuple

from topoact.study.cache.budget import IN_USE, Item, clear_leftovers, items, remove, surplus
from topoact.study.cache.place import Derived, cache_of


class Cleaned(NamedTuple):
    """What `clean` has removed, or would remove, and what it leaves."""

    removed: list[Item]
    left: list[Item]
    is_in_use: bool
    """Whether a server has the study open, so that what was used last is left."""


def clean(study: Path, *, limit: int = 0, is_slow_kept: bool = True, dry_run: bool = False) -> Cleaned:
    """Remove the derived data of a study, those used longest ago first; in its folder and in the user's cache.

    Parameters
    ----------
    study
        Folder of the study.
    limit
        Bytes that may stay.
    is_slow_kept
        Leave what takes minutes to compute.
    dry_run
        Remove nothing, only say what would be.
    """
    derived = Derived.of(study)
    roots = {derived.root, cache_of(study)}
    if not dry_run:
        for root in roots:
            clear_leftovers(root)
    found, is_in_use = [item for root in roots for item in items(root)], derived.is_in_use
    chosen = surplus(found, limit, in_use=IN_USE if is_in_use else {}, is_slow_kept=is_slow_kept)
    removed = [item for item in chosen if dry_run or remove(item)]
    return Cleaned(removed, [item for item in found if item not in removed], is_in_use)
