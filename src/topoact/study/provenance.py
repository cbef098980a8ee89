"""What a study says of the runs that made it: `check_config` and `check_notes` check the parts that are read again.

The rest of both is free: a later version, or a plug-in, may add to it.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from topoact.study.checked import Count, Damaged, Flag, Number, Text, checked
from topoact.study.sight import Frame

Line = Annotated[Text, Field(max_length=4096, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$")]
"""A text that is shown to people: without the control characters that would move a terminal's cursor."""
Pixels = Annotated[int, Field(strict=True, ge=1, le=2**14)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Model(_Record):
    """The network: how it is loaded, and the digest of its weights."""

    spec: Line | None
    name: Line = Field(alias="class")
    digest: Line
    located: Line | None = None
    code: Line | None = None
    weights: Line | None = None


class _Preprocessing(_Record):
    size: Pixels | None = None
    resize: Pixels | None = None
    mean: tuple[Number, ...] | None = None
    std: tuple[Number, ...] | None = None
    transform: Line | None = None
    code: Line | None = None
    squash: Flag = False
    interpolation: Line = "bilinear"
    description: Line | None = None
    said_by: Line | None = None
    max_tokens: Count | None = None


class _Settings(_Record):
    """The settings of one run, each of which a further step may leave as it was."""

    preprocessing: _Preprocessing | None = None
    layers: tuple[Line, ...] | None = None
    policies: tuple[Line, ...] = ()
    classes: tuple[Text, ...] | None = None
    where: tuple[Text, ...] = ()
    batch_size: Annotated[Count, Field(ge=1)] = 1
    seed: Annotated[int, Field(strict=True, ge=-(2**63), lt=2**64)] = 0
    limit: Count | None = None
    dtype: Line = "float32"
    attribution: Flag = False
    checkpoint: Line | None = None


class _Step(_Settings):
    added: Line
    data: dict[str, Any] = {}
    model: _Model | None = None


class _Run(_Settings):
    """The first run of a network; without a network vectors were imported, and nothing is run again."""

    model: _Model
    data: dict[str, Any]
    preprocessing: _Preprocessing | None
    layers: tuple[Line, ...] | None
    policies: tuple[Line, ...]
    classes: tuple[Text, ...] | None
    seed: Annotated[int, Field(strict=True, ge=-(2**63), lt=2**64)]
    limit: Count | None
    appended: tuple[_Step, ...] = ()


class _Imported(_Record):
    model: None = None
    preprocessing: None = None
    appended: tuple[_Step, ...] = Field(default=(), max_length=0)


class _Outputs(_Record):
    n: Annotated[Count, Field(ge=1, le=2**24)]
    names: tuple[Text, ...] | None


class _Notes(_Record):
    outputs: _Outputs | None = None
    input: Annotated[tuple[Pixels, ...], Field(max_length=4)] | None = None
    accuracy: Number | None = None
    frame: Frame | None = None


def check_config(config: dict[str, Any]) -> None:
    """Raise a `Damaged` where a record of a run lacks what is read of it, or has something else there."""
    checked(_Imported if config.get("model") is None else _Run, config)


def check_notes(notes: dict[str, Any]) -> None:
    """Raise a `Damaged` where a note that is read again is none of its kind."""
    found: _Notes = checked(_Notes, notes)
    if found.outputs and found.outputs.names is not None and len(found.outputs.names) != found.outputs.n:
        raise Damaged(f"the network has {found.outputs.n:,} outputs, and {len(found.outputs.names):,} have names")
    for name, value in notes.items():
        if name.startswith("accuracy@"):
            checked(Number | None, value)
