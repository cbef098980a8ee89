"""Messages of settings: `Settings`, the `Knob` of each, and `Preset`."""

from typing import Annotated

from pydantic import AfterValidator, Field

from topoact.mapper.clusterers.epsilon import parse_rule
from topoact.wire.model import WireModel
from topoact.workbench.settings import BOUNDS, KnobKind


def _rule(text: str) -> str:
    """Return a rule for ε as it is written, if it is one."""
    parse_rule(text)
    return text


Rule = Annotated[str, AfterValidator(_rule)]


class Choice(WireModel):
    """A value that a knob may take, its label, and the heading of the menu under which it is offered."""

    value: str
    label: str
    group: str


class Knob(WireModel):
    """A setting of the mapper graph: its label, help, kind and bounds."""

    name: str
    label: str
    help: str
    kind: KnobKind
    default: int | float | str
    minimum: float | None
    maximum: float | None
    step: float | None
    choices: list[Choice] = Field(description="All values of a choice; none where they depend on the layer.")
    clusterers: list[str] = Field(description="The clusterers that have this setting; empty if all have it.")


class Settings(WireModel):
    """All that determines the mapper graph of a layer."""

    lens: str
    cover: str
    n_intervals: int = Field(ge=1, le=BOUNDS["n_intervals"][1])
    overlap: float = Field(ge=0, lt=1)
    metric: str
    clusterer: str
    k: int = Field(ge=2)
    prominence: float = Field(ge=0)
    eps: float | Rule = Field(description="A number, or the rule by which it is chosen from the distances.")
    min_samples: int = Field(ge=1)


class Preset(WireModel):
    """Settings that go together, their label and help."""

    name: str
    label: str
    help: str
    settings: Settings
