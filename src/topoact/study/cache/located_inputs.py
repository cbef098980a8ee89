"""`LocatedInputs`: inputs of the user's and their locations, ``located-inputs/<digest>.json``; safe to delete.

An uploaded input is kept in ``<digest>.input`` until it was run. ``novelty.json`` holds the novelty limit of each
layer. Studies of version 0.1 have these in ``probes/``, with the limits in ``usual.json``; they are read there.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from topoact.study.cache.place import Derived, as_derived
from topoact.study.checked import Count, Number, Text, checked, or_none, read_json
from topoact.study.files import replacing, write_json

FOLDER: Final = "located-inputs"
NOVELTY_FILE: Final = "novelty.json"
OLD_FOLDER: Final = "probes"
OLD_NOVELTY_FILE: Final = "usual.json"


Position = Annotated[int, Field(strict=True, ge=-1, lt=2**31)]
Length = Annotated[Number, Field(ge=0)]


class _Node(BaseModel):
    node: Count
    distance: Length
    margin: Number | None
    vectors: list[Count]


class _Neighbour(BaseModel):
    point: Count
    example: Count
    distance: Length


class _Location(BaseModel):
    layer: Count
    name: Text
    graph: Text
    sentence: Text
    n: Count
    n_inside: Count
    nodes: list[_Node]
    nearest: list[_Neighbour]
    closest: Count | None
    distance: Length | None
    reach: Length | None
    usual: Length | None
    same: Count | None
    y: list[Position]
    x: list[Position]
    spans: list[tuple[Count, Count]]


class _Located(BaseModel):
    """A stored input; its image is shown by the page, and can be nothing but an image that it holds itself."""

    kind: Literal["image", "text"]
    text: Text | None
    thumbnail: Annotated[Text, Field(pattern="^data:image/(png|jpeg);base64,[A-Za-z0-9+/]*=*$")] | None
    predictions: list[tuple[Text, Number]]
    notices: list[Text]
    locations: list[_Location]
    n_layers: Count


class LocatedInputs:
    """The located inputs of a study."""

    def __init__(self, place: Path | Derived) -> None:
        self._derived = as_derived(place)

    def save(self, digest: str, located: dict[str, Any]) -> None:
        """Store the locations of an input."""
        path = self._own(f"{digest}.json")
        write_json(path, located, lasting=False)
        self._derived.wrote(path)

    def load(self, digest: str) -> dict[str, Any] | None:
        """Return the locations of an input, or None."""
        name = f"{digest}.json"
        return or_none(lambda: _located(read_json(self._derived.find(FOLDER, name)))) or or_none(
            lambda: _old(read_json(self._derived.find(OLD_FOLDER, name)))
        )

    def put(self, digest: str, content: bytes) -> None:
        """Keep an uploaded input until it is run."""
        with replacing(self._own(f"{digest}.input"), lasting=False) as file:
            file.write(content)

    def take(self, digest: str) -> bytes | None:
        """Return an uploaded input and delete it; None if there is none."""
        path = self._own(f"{digest}.input")
        if not path.is_file():
            return None
        content = path.read_bytes()
        path.unlink(missing_ok=True)
        return content

    def novelty_limit(self, key: str) -> float | None:
        """Return the stored novelty limit of a layer, or None."""
        return (self._limits(OLD_FOLDER, OLD_NOVELTY_FILE) | self._limits(FOLDER, NOVELTY_FILE)).get(key)

    def save_novelty_limit(self, key: str, limit: float) -> None:
        """Store the novelty limit of a layer."""
        limits = self._limits(FOLDER, NOVELTY_FILE) | {key: limit}
        write_json(self._own(NOVELTY_FILE), limits, lasting=False)

    def _limits(self, *names: str) -> dict[str, float]:
        return or_none(lambda: checked(dict[str, Length], read_json(self._derived.find(*names)))) or {}

    def _own(self, name: str) -> Path:
        """Return a path at which is written."""
        return self._derived.own(FOLDER, name)


def _located(record: dict[str, Any]) -> dict[str, Any]:
    checked(_Located, record)
    return record


def _old(record: dict[str, Any]) -> dict[str, Any]:
    return _located({**record, "locations": record.get("places", [])})
