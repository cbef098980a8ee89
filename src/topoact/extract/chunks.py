"""What portions of images and of texts have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from topoact.errors import InvalidInput
from topoact.extract.policies import VECTOR
from topoact.extract.predictions import Outputs
from topoact.study import Points

if TYPE_CHECKING:
    from topoact.inputs.records import Record, Source
    from topoact.inputs.texts.source import TextSource
    from topoact.networks import Network


Pair: TypeAlias = tuple[str, str]
"""A layer of the network and a policy."""


@dataclass(frozen=True, slots=True)
class LayerNames:
    """What layers are called in a study: with the policy where there are several, after the name of the checkpoint."""

    checkpoint: str | None = None
    known: Mapping[Pair, str] = field(default_factory=dict)
    """Names without the checkpoint that the study has already."""
    only_known: bool = False
    """Whether these are all that is wanted."""
    there: frozenset[Pair] = frozenset()
    """What is not wanted."""
    with_policy: bool = False
    """Whether new names tell the policy in any case."""

    def of(self, kept: Mapping[str, Mapping[str, Points]]) -> dict[str, Points]:
        """Return the points that are wanted by the name of the layer in the study."""
        pairs = {(module, policy): points for module, found in kept.items() for policy, points in found.items()}
        alone = {module for module, found in kept.items() if len(found) == 1 and not self.with_policy}
        wanted = self.known if self.only_known else pairs
        return {
            self.full(self.known.get(pair) or _name(pair, alone)): replace(pairs[pair], checkpoint=self.checkpoint)
            for pair in wanted
            if pair not in self.there
        }

    def full(self, name: str) -> str:
        """Return a name with the checkpoint."""
        return f"{self.checkpoint}/{name}" if self.checkpoint else name


def _name(pair: Pair, alone: set[str]) -> str:
    module, policy = pair
    return module if module in alone or policy == VECTOR else f"{module}@{policy}"


def check_finite(layers: Mapping[str, Points], ids: Sequence[str]) -> None:
    """Refuse vectors with NaN or infinity, naming the example.

    Raises
    ------
    InvalidInput
        If there are some.
    """
    for name, points in layers.items():
        if not np.isfinite(points.vectors).all():
            row = int(np.flatnonzero(~np.isfinite(points.vectors).all(axis=(1, 2)))[0])
            raise InvalidInput(f"layer {name!r} gives NaN or infinite activations for {ids[row]}")


def check_labels(records: Sequence["Record"], first: "Record | None" = None) -> "Record | None":
    """Return the first record whose label is a name or a whole number, and refuse both side by side.

    Raises
    ------
    InvalidInput
        If a label is a name and another a number.
    """
    for record in records:
        if record.label is None or _is_fraction(record.label):
            continue
        first = first or record
        if isinstance(record.label, str) != isinstance(first.label, str):
            raise InvalidInput(
                f"labels are names and numbers: {first.id} has {first.label!r} and {record.id} has {record.label!r};"
                " give all as names, or all as numbers"
            )
    return first


def _is_fraction(label: str | int) -> bool:
    try:
        return isinstance(label, str) and float(label) is not None
    except ValueError:
        return False


def name_outputs(
    output: Any, network: "Network", source: "Source | TextSource", given: tuple[str, ...] | None
) -> Outputs | None:
    """Return the outputs of a network by the names that the user, the network or the source gives them."""
    found = Outputs.of(output, given=given)
    if found and not found.names:
        found = Outputs.of(output, network.class_names, source.class_names(found.n), given=None)
    return found
