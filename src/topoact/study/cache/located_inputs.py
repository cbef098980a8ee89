"""Where inputs of one's own land: ``probes/<digest>.json``, safe to delete.

An input waits in ``probes/<digest>.input`` until it was run. ``probes/usual.json`` remembers what is usual in each
layer.
"""

import json
from pathlib import Path
from typing import Any, Final

from topoact.study.cache.results import UNREADABLE
from topoact.study.files import replacing, write_json

USUAL: Final = "usual.json"


class LocatedInputs:
    """The probes of a study folder."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "probes"

    def save(self, digest: str, found: dict[str, Any]) -> None:
        """Store where an input lands."""
        write_json(self._folder / f"{digest}.json", found, lasting=False)

    def load(self, digest: str) -> dict[str, Any] | None:
        """Return where an input lands, if that is stored."""
        return _read(self._folder / f"{digest}.json")

    def put(self, digest: str, content: bytes) -> None:
        """Let an input wait."""
        with replacing(self._folder / f"{digest}.input", lasting=False) as file:
            file.write(content)

    def take(self, digest: str) -> bytes | None:
        """Return an input that waits, and forget it; None if there is none."""
        path = self._folder / f"{digest}.input"
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        path.unlink(missing_ok=True)
        return content

    def usual(self, key: str) -> float | None:
        """Return what is remembered of a layer."""
        value = (_read(self._folder / USUAL) or {}).get(key)
        return value if isinstance(value, float) else None

    def remember_novelty_limit(self, key: str, limit: float) -> None:
        """Remember what is usual in a layer."""
        write_json(self._folder / USUAL, {**(_read(self._folder / USUAL) or {}), key: limit}, lasting=False)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text("utf-8"))
    except UNREADABLE:
        return None
    return found if isinstance(found, dict) else None
