"""`Checkpoint`: the state of an unfinished study, in one file that is replaced after every segment."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from topoact.errors import StudyError
from topoact.study.checked import Count, Damaged, checked, read_json
from topoact.study.files import NAME, digest, inside, write_json
from topoact.study.manifest import LayerEntry, Side
from topoact.study.sight import Sight

MAX_NAMED_SKIPPED = 20
"""Number of skipped inputs whose names are kept."""


@dataclass(slots=True)
class LayerState:
    """One layer of an unfinished study."""

    name: str
    key: Annotated[str, Field(pattern=f"^{NAME}$")]
    module: str
    policy: str
    grid: tuple[Side, Side] | None
    points_per_example: Count
    n_channels: Count
    digest: Annotated[str, Field(pattern="^([0-9a-f]{16})?$")] = ""
    checkpoint: str | None = None
    sight: Sight | None = None

    def entry(self, n_examples: int) -> LayerEntry:
        """Return the manifest's entry of the layer with `n_examples` examples."""
        return LayerEntry(
            name=self.name,
            key=self.key,
            module=self.module,
            policy=self.policy,
            n_points=n_examples * self.points_per_example,
            n_channels=self.n_channels,
            grid=self.grid,
            digest=digest([self.name, self.n_channels, self.digest]),
            checkpoint=self.checkpoint,
            sight=self.sight,
        )


@dataclass(slots=True)
class Checkpoint:
    """All that a resumed run needs to give the same study as one that was never stopped."""

    config: dict[str, Any]
    segment: Count = 0
    """Examples in a segment; 0 before the first."""
    n_segments: Count = 0
    n_examples: Count = 0
    next_input: Count = 0
    n_ahead: Count = 0
    """Examples, of the portion that begins at `next_input`, that are written already."""
    n_skipped: Count = 0
    first_skipped: list[str] = field(default_factory=list)
    has_thumbnails: bool = False
    notes: dict[str, Any] = field(default_factory=dict)
    """Facts about the run that end up in the manifest."""
    layers: list[LayerState] = field(default_factory=list)
    kept: list[LayerEntry] = field(default_factory=list)
    """Complete layers of a study to which others are appended over the same examples."""
    added_to: str | None = None
    """Digest of the finished study that this one continues."""

    def end(self, next_input: int, skipped: Sequence[str], tally: Mapping[str, int]) -> None:
        """Count a portion that is written: its skipped inputs, of which the first are named, and its tally."""
        self.next_input, self.n_ahead = next_input, 0
        self.n_skipped += len(skipped)
        self.first_skipped = [*self.first_skipped, *skipped][:MAX_NAMED_SKIPPED]
        for name, count in tally.items():
            self.notes[name] = self.notes.get(name, 0) + count

    def must_match(self, config: dict[str, Any], folder: Path) -> None:
        """Raise a `StudyError` that names what differs if this study was begun with another config."""
        if difference := differing(self.config, config):
            raise StudyError(
                f"{folder} holds an unfinished study begun with another {difference}: repeat that command to resume it,"
                " or throw it away with --restart"
            )

    def write(self, folder: Path) -> None:
        """Replace the checkpoint in `folder`."""
        write_json(folder / "checkpoint.json", asdict(self))


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the checkpoint in `folder`, or None when there is none to resume."""
    file = folder / "checkpoint.json"
    if not file.exists():
        return None
    if link := next((path for path in (folder, *folder.rglob("*")) if path.is_symlink()), None):
        raise StudyError(f"{link} is a link, through which nothing is written: throw {folder} away with --restart")
    try:
        state: Checkpoint = checked(Checkpoint, read_json(inside(folder, file.name)))
    except Damaged:
        raise StudyError(f"{folder} is damaged and cannot be resumed: throw it away with --restart") from None
    return state


def differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return the names of up to four settings that differ between two configs, and the values of the first; or ""."""
    theirs, ours = _flat(before), _flat(json.loads(json.dumps(now)))
    names = [name for name in {**theirs, **ours} if ours.get(name) != theirs.get(name)]
    if not names:
        return ""
    return f"{', '.join(names[:4])} ({names[0]} was {theirs.get(names[0])!r}, is {ours.get(names[0])!r})"


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Return a nested JSON value as a flat one with dotted names; a list of plain values is one value."""
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        value = {str(index): item for index, item in enumerate(value)}
    if not isinstance(value, Mapping):
        return {name: value}
    parts = [_flat(item, f"{name}.{key}" if name else key) for key, item in value.items()]
    return {key: item for part in parts for key, item in part.items()}
