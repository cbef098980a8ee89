"""`Probes`: inputs of the user and their locations in graphs, in ``probes/<digest>.json``; safe to delete.

An input is stored in ``probes/<digest>.input`` until it is run. ``probes/usual.json`` holds the distance up to which
vectors of each layer are not novel.
"""

import json
from pathlib import Path
from typing import Any, Final

from topoact.study.derived import UNREADABLE
from topoact.study.files import replacing, write_json

USUAL: Final = "usual.json"


class Probes:
    """The located inputs of a study folder."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "probes"

    def save(self, digest: str, location: dict[str, Any]) -> None:
        """Store the location of an input, as JSON."""
        write_json(self._folder / f"{digest}.json", location, lasting=False)

    def load(self, digest: str) -> dict[str, Any] | None:
        """Return the stored location of an input, or None."""
        return _read(self._folder / f"{digest}.json")

    def put(self, digest: str, content: bytes) -> None:
        """Store an input until it is run."""
        with replacing(self._folder / f"{digest}.input", lasting=False) as file:
            file.write(content)

    def take(self, digest: str) -> bytes | None:
        """Return a stored input and remove it; None if there is none."""
        path = self._folder / f"{digest}.input"
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        path.unlink(missing_ok=True)
        return content

    def usual(self, key: str) -> float | None:
        """Return the stored distance of a layer, or None."""
        value = (_read(self._folder / USUAL) or {}).get(key)
        return value if isinstance(value, float) else None

    def remember_usual(self, key: str, limit: float) -> None:
        """Store the distance up to which vectors of a layer are not novel."""
        write_json(self._folder / USUAL, {**(_read(self._folder / USUAL) or {}), key: limit}, lasting=False)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_text("utf-8"))
    except UNREADABLE:
        return None
    return record if isinstance(record, dict) else None
