"""What portions of images and of texts have in common."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from topoact.errors import InvalidInput
from topoact.extract.predictions import Outputs
from topoact.study import Points

if TYPE_CHECKING:
    from topoact.extract.networks import Network
    from topoact.extract.sources import Record, Source
    from topoact.extract.texts.source import TextSource


def named(kept: Mapping[str, Mapping[str, Points]]) -> dict[str, Points]:
    """Return the points by the name of the layer in the study: with the policy where there are several."""
    return {
        module if len(by_policy) == 1 else f"{module}@{policy}": points
        for module, by_policy in kept.items()
        for policy, points in by_policy.items()
    }


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
