"""What portions of images and of texts have in common."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from topoact.errors import InvalidInput
from topoact.extract.predictions import Outputs
from topoact.study import Points

if TYPE_CHECKING:
    from topoact.extract.networks import Network
    from topoact.extract.sources import Source
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


def name_outputs(
    output: Any, network: "Network", source: "Source | TextSource", given: tuple[str, ...] | None
) -> Outputs | None:
    """Return the outputs of a network by the names that the user, the network or the source gives them."""
    found = Outputs.of(output, given=given)
    if found and not found.names:
        found = Outputs.of(output, network.class_names, source.class_names(found.n), given=None)
    return found
