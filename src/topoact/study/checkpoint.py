"""How far an unfinished study has come: the one file that is replaced after every segment."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from topoact.errors import StudyError
from topoact.study.files import write_json

N_NAMED = 20
"""How many skipped inputs are named."""


@dataclass(slots=True)
class LayerState:
    """One layer of an unfinished study."""

    name: str
    key: str
    module: str
    policy: str
    grid: tuple[int, int] | None
    points_per_example: int
    n_channels: int
    digest: str = ""


@dataclass(slots=True)
class Checkpoint:
    """Everything that a resumed run needs to go on as if it had never stopped."""

    config: dict[str, Any]
    segment: int = 0
    """Examples in a segment; 0 before the first."""
    n_segments: int = 0
    n_examples: int = 0
    next_input: int = 0
    n_ahead: int = 0
    """Examples of the portion that begins at `next_input` which are written already."""
    n_skipped: int = 0
    first_skipped: list[str] = field(default_factory=list)
    has_thumbnails: bool = False
    notes: dict[str, Any] = field(default_factory=dict)
    """Facts about the run that end up in the manifest."""
    layers: list[LayerState] = field(default_factory=list)

    def end(self, next_input: int, skipped: Sequence[str], tally: Mapping[str, int]) -> None:
        """Leave a portion behind: inputs that could not be read are counted, the first of all named."""
        self.next_input, self.n_ahead = next_input, 0
        self.n_skipped += len(skipped)
        self.first_skipped = [*self.first_skipped, *skipped][:N_NAMED]
        for name, count in tally.items():
            self.notes[name] = self.notes.get(name, 0) + count

    def must_match(self, config: dict[str, Any], folder: Path) -> None:
        """Raise a `StudyError` that names what differs if this study was begun with another config."""
        ours, theirs = _flat(json.loads(json.dumps(config))), _flat(self.config)
        differing = [name for name in {**theirs, **ours} if ours.get(name) != theirs.get(name)]
        if differing:
            name = differing[0]
            raise StudyError(
                f"{folder} holds an unfinished study begun with another {', '.join(differing[:4])}"
                f" ({name} was {theirs.get(name)!r}, is {ours.get(name)!r}): repeat that command to resume it, or"
                " throw it away with --restart"
            )

    def write(self, folder: Path) -> None:
        """Replace the checkpoint in `folder`."""
        write_json(folder / "checkpoint.json", asdict(self))


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the checkpoint in `folder`, or None when there is none to resume."""
    try:
        record = json.loads((folder / "checkpoint.json").read_text("utf-8"))
        return Checkpoint(**{**record, "layers": [_read_layer(layer) for layer in record["layers"]]})
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError, KeyError):
        raise StudyError(f"{folder} is damaged and cannot be resumed: throw it away with --restart") from None


def _read_layer(record: dict[str, Any]) -> LayerState:
    grid = record["grid"]
    return LayerState(**{**record, "grid": tuple(grid) if grid else None})


def _flat(config: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in config.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat
