"""Shared steps of image and text extraction: `LayerNames`, `only_finite`, `check_labels`, `name_outputs`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput
from topoact.extract.policies import VECTOR
from topoact.extract.predictions import Outputs
from topoact.study import Chunk, Points

if TYPE_CHECKING:
    from topoact.inputs.records import Record, Source
    from topoact.inputs.texts.source import TextSource
    from topoact.networks import Network


Pair: TypeAlias = tuple[str, str]
"""A layer of the network and a policy."""


@dataclass(frozen=True, slots=True)
class LayerNames:
    """Names of layers in a study: the checkpoint, the module, and the policy where there are several."""

    checkpoint: str | None = None
    known: Mapping[Pair, str] = field(default_factory=dict)
    """Names, without the checkpoint, that the study has already."""
    only_known: bool = False
    """Whether only these layers are kept."""
    there: frozenset[Pair] = frozenset()
    """Layers that are left out: the study has them."""
    with_policy: bool = False
    """Whether new names always contain the policy."""

    def of(self, kept: Mapping[str, Mapping[str, Points]]) -> dict[str, Points]:
        """Return the points to store by the name of the layer in the study."""
        pairs = {(module, policy): points for module, by_policy in kept.items() for policy, points in by_policy.items()}
        alone = {module for module, by_policy in kept.items() if len(by_policy) == 1 and not self.with_policy}
        stored = self.known if self.only_known else pairs
        return {
            self.full(self.known.get(pair) or _name(pair, alone)): replace(pairs[pair], checkpoint=self.checkpoint)
            for pair in stored
            if pair not in self.there
        }

    def full(self, name: str) -> str:
        """Return a name with the checkpoint."""
        return f"{self.checkpoint}/{name}" if self.checkpoint else name


def _name(pair: Pair, alone: set[str]) -> str:
    """Return the name of a layer without its checkpoint; modules that are `alone` have one policy."""
    module, policy = pair
    return module if module in alone or policy == VECTOR else f"{module}@{policy}"


def finite_rows(layers: Mapping[str, Points]) -> NDArray[np.bool_]:
    """Return which examples have finite vectors in all layers."""
    rows = [np.isfinite(points.vectors).all(axis=(1, 2)) for points in layers.values()]
    return np.asarray(np.logical_and.reduce(rows))


def only_finite(chunk: Chunk, *, skip: bool) -> Chunk:
    """Return a portion without the examples whose vectors hold NaN or infinity, which are counted; or refuse it.

    Raises
    ------
    InvalidInput
        If there are some and `skip` is not set; the first is named.
    """
    finite = finite_rows(chunk.layers)
    if finite.all():
        return chunk
    if not skip:
        row = int(np.flatnonzero(~finite)[0])
        name = next(name for name, points in chunk.layers.items() if not np.isfinite(points.vectors[row]).all())
        raise InvalidInput(
            f"layer {name!r} gives NaN or infinite activations for {chunk.examples['id'][row]}, one of"
            f" {int((~finite).sum())} such examples of these {len(finite)}: --skip-nonfinite leaves them out"
        )
    kept = np.flatnonzero(finite).tolist()
    tally = {**chunk.tally, "nonfinite": len(finite) - len(kept)}
    if not kept:
        return Chunk({}, {}, (), chunk.next_input, chunk.skipped, tally)
    return replace(
        chunk,
        examples={name: [values[i] for i in kept] for name, values in chunk.examples.items()},
        layers={name: points.rows(kept) for name, points in chunk.layers.items()},
        thumbnails=[chunk.thumbnails[i] for i in kept],
        tally=tally,
    )


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
    outputs = Outputs.of(output, given=given)
    if outputs and not outputs.names:
        outputs = Outputs.of(output, network.class_names, source.class_names(outputs.n), given=None)
    return outputs
