"""`LocatedInputs`: inputs of the user's and their locations, ``located-inputs/<digest>.json``; safe to delete.

An uploaded input is kept in ``<digest>.input`` until it was run. ``novelty.json`` holds the novelty limit of each
layer. Studies of version 0.1 have these in ``probes/``, with the limits in ``usual.json``; they are read there.
"""

import json
from pathlib import Path
from typing import Any, Final

from topoact.study.cache.place import Derived, as_derived
from topoact.study.cache.results import UNREADABLE
from topoact.study.files import replacing, write_json

FOLDER: Final = "located-inputs"
NOVELTY_FILE: Final = "novelty.json"
OLD_FOLDER: Final = "probes"
OLD_NOVELTY_FILE: Final = "usual.json"


class LocatedInputs:
    """The located inputs of a study."""

    def __init__(self, place: Path | Derived) -> None:
        self._derived = as_derived(place)
        self._folder = self._derived.root / FOLDER

    def save(self, digest: str, located: dict[str, Any]) -> None:
        """Store the locations of an input."""
        path = self._folder / f"{digest}.json"
        write_json(path, located, lasting=False)
        self._derived.wrote(path)

    def load(self, digest: str) -> dict[str, Any] | None:
        """Return the locations of an input, or None."""
        stored = _read(self._derived.find(FOLDER, f"{digest}.json"))
        if stored is None and (stored := _read(self._derived.find(OLD_FOLDER, f"{digest}.json"))):
            stored["locations"] = stored.pop("places", [])
        return stored

    def put(self, digest: str, content: bytes) -> None:
        """Keep an uploaded input until it is run."""
        with replacing(self._folder / f"{digest}.input", lasting=False) as file:
            file.write(content)

    def take(self, digest: str) -> bytes | None:
        """Return an uploaded input and delete it; None if there is none."""
        path = self._folder / f"{digest}.input"
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        path.unlink(missing_ok=True)
        return content

    def novelty_limit(self, key: str) -> float | None:
        """Return the stored novelty limit of a layer, or None."""
        files = ((OLD_FOLDER, OLD_NOVELTY_FILE), (FOLDER, NOVELTY_FILE))
        limits = [_read(self._derived.find(*names)) or {} for names in files]
        limit = {**limits[0], **limits[1]}.get(key)
        return limit if isinstance(limit, float) else None

    def save_novelty_limit(self, key: str, limit: float) -> None:
        """Store the novelty limit of a layer."""
        known = _read(self._derived.find(FOLDER, NOVELTY_FILE)) or {}
        write_json(self._folder / NOVELTY_FILE, {**known, key: limit}, lasting=False)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text("utf-8"))
    except UNREADABLE:
        return None
    return content if isinstance(content, dict) else None
