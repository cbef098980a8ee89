"""How much each stored vector argues for the likeliest classes of its example: activation times gradient.

A stored vector v is the mean over a bag of places q of a layer's output a: one position, all positions of a map, the
pieces of a word. Its attribution to the score s of a class is its linear effect on that score, the derivative of s when
small multiples of v are added at every place of the bag::

    v = mean of a[q] over the bag        attribution = v · (sum of ∂s/∂a[q] over the bag)

At a single position that is activation · gradient, as in the Activation Atlas (Carter et al. 2019). Of the mean
over a map that goes through average pooling into a linear head it is the whole score less the bias.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput
from topoact.extract.predictions import gives_shares, likeliest, scores_of
from topoact.networks import Network, TorchNetwork
from topoact.study import Points

if TYPE_CHECKING:
    import torch

Kept: TypeAlias = Mapping[str, Mapping[str, Points]]
"""Points by layer and policy."""

Bag: TypeAlias = Callable[[Any, Points], NDArray[np.float32]]
"""Sums the gradient of a layer over the bag of each of some points: shape of their vectors."""

COLUMN: Final = "attribution"
"""Column of the attribution to the prediction; with ``_top5``, of those to the five likeliest classes."""

_LEAST: Final = float(np.finfo(np.float32).tiny)


def check_gradients(network: Network) -> None:
    """Refuse a network without gradients.

    Raises
    ------
    InvalidInput
        If it is not one of torch.
    """
    if not isinstance(network, TorchNetwork):
        raise InvalidInput(
            f"--attribution needs gradients, and {network.name} has none: load the network's Python code,"
            " file.py:callable, or leave it out"
        )


def attributed_to(scores: NDArray[np.float32] | None) -> str | None:
    """Return what attributions are to: the scores, or their logarithms if the network gives probabilities."""
    if scores is None:
        return None
    return "log-probabilities" if gives_shares(scores) else "logits"


def attribute(
    network: Network, inputs: Any, scores: NDArray[np.float32] | None, kept: Kept, bag: Bag
) -> dict[str, dict[str, Points]]:
    """Return points with their attributions to the five likeliest classes of their examples.

    The vectors stay those of a pass without gradients. On top of it this costs one forward pass and five backward
    passes, down to the first of the layers, and the memory of what the network computes of a batch after that layer.

    Parameters
    ----------
    network
        A network of torch.
    inputs
        One batch.
    scores
        What the network gives for it, (B, K): logits, or probabilities, of which the logarithms are taken.
    kept
        Its points.
    bag
        How the places of a layer belong to points.

    Raises
    ------
    InvalidInput
        If the network gives no scores of two classes or more.
    ModelError
        If a layer has no gradient.
    """
    if scores is None or scores.shape[1] < 2:
        raise InvalidInput(
            f"--attribution is to the scores (B, K) of a classifier, and {network.name} gives none: leave it out"
        )
    assert isinstance(network, TorchNetwork)
    sums = partial(_sums, best=likeliest(scores), is_share=gives_shares(scores))
    found: dict[str, dict[str, list[NDArray[np.float32]]]] = {
        module: {policy: [] for policy in by_policy} for module, by_policy in kept.items()
    }
    for gradients in network.gradients(inputs, tuple(kept), sums):
        for module, by_policy in kept.items():
            for policy, points in by_policy.items():
                found[module][policy].append(_products(points, bag(gradients[module], points)))
    return {
        module: {policy: _with_columns(points, found[module][policy]) for policy, points in by_policy.items()}
        for module, by_policy in kept.items()
    }


def _sums(output: Any, *, best: NDArray[np.int64], is_share: bool) -> "torch.Tensor":
    """Return the scores of each input's likeliest class, summed over the inputs, of its next, and so on."""
    import torch

    scores = scores_of(output).float()
    if is_share:
        scores = scores.clamp_min(_LEAST).log()
    return scores.gather(1, torch.as_tensor(best, device=scores.device)).sum(0)


def _products(points: Points, gradient: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.einsum("npc,npc->np", points.vectors, gradient)


def _with_columns(points: Points, found: list[NDArray[np.float32]]) -> Points:
    return replace(points, columns={COLUMN: found[0], f"{COLUMN}_top5": np.stack(found, axis=-1)})
