"""Which classes a vector of a layer argues for: activation times gradient, at the vector itself.

The rest of the network is run from the layer on, with the vector v at every place q in the place of what the layer
gives. The attribution of what sets v apart from a base b, such as the layer's mean, to the score s of a class is its
linear effect on that score::

    (v - b) · (sum of ∂s/∂a[q] over the places), at a[q] = v

less its mean over the classes, which moves no class past another. That is the derivative of all scores along v - b,
which one pass of forward-mode differentiation gives. With b = 0 it is the attribution of the Activation Atlas (Carter
et al. 2019); but behind a normalisation no score depends on the length of v, and that is nothing but noise there. The
effect, which is not linear, is the difference of the scores themselves: s at v less s at b.

What flows past the layer, as in a network that joins it with an earlier one, comes from a neutral input; whether
anything does is found by trying another input.
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput, ModelError
from topoact.extract.predictions import gives_shares, host_scores, scores_of
from topoact.mapper import Progress, no_progress
from topoact.networks import Network, TorchNetwork
from topoact.study.cache.attributions import Attributions

if TYPE_CHECKING:
    import torch

Vectors = NDArray[np.float32]

FIRST_ALONE: Final = "cls"
"""The policy whose vectors are of the first token: only that is replaced."""
_LEAST: Final = float(np.finfo(np.float32).tiny)
SAME: Final = 1e-3
"""Largest deviation, as a share of their spread, between scores that count as the same."""


def attribute_classes(
    network: Network,
    layer: str,
    vectors: Vectors,
    policy: str,
    *,
    base: Vectors | None = None,
    shape: tuple[int, ...] | None = None,
    batch_size: int = 32,
    progress: Progress = no_progress,
) -> Attributions:
    """Return which classes vectors of a layer argue for.

    Parameters
    ----------
    network
        A classifier that runs on torch.
    layer
        Dotted name of the module.
    vectors
        Shape (n, n_channels), finite.
    policy
        How the vectors of the layer were sampled. With "cls" only the first token is replaced.
    base
        What they are set apart from, shape (n_channels,); zeros by default.
    shape
        Of one input, where the network does not tell.
    batch_size
        Vectors in one pass.
    progress
        Told of each batch; may raise `topoact.errors.Cancelled`.

    Raises
    ------
    InvalidInput
        If the network is no classifier, has no gradients, or the vectors do not fit the layer.
    ModelError
        If the network fails, its scores are not finite, or it does not call the layer exactly once.
    """
    base = np.zeros(vectors.shape[1], np.float32) if base is None else base
    vectors = np.concatenate([vectors, base[None]], dtype=np.float32)
    neutral, is_share = _neutral(network, shape)
    assert isinstance(network, TorchNetwork)
    parts = []
    for start in range(0, len(vectors), batch_size):
        progress("arguing", start, len(vectors))
        some = vectors[start : start + batch_size]
        value, direction = (partial(_put, vectors=one, policy=policy, layer=layer) for one in (some, some - base))
        along = partial(network.along, name=layer, value=value, direction=direction, of=_Scores(is_share))
        inputs = _repeated(neutral, len(some))
        parts.append([_host(one) for one in along(inputs)])
        if start == 0:
            other = _host(along(_other(inputs))[0])
    scores, slopes = (np.concatenate(part) for part in zip(*parts, strict=True))
    if not (np.isfinite(scores).all() and np.isfinite(slopes).all()):
        raise ModelError(f"from layer {layer!r} on the network gives no finite scores or derivatives")
    deviation = np.abs(other - scores[: len(other)]).max()
    flows_past = bool(deviation > SAME * max(np.ptp(scores), 1e-12))
    return Attributions(_centred(slopes[:-1]), _centred(scores[:-1] - scores[-1]), scores[:-1], flows_past)


def _neutral(network: Network, shape: tuple[int, ...] | None) -> tuple[Any, bool]:
    """Return an input that says nothing, zeros or a sample sentence, and whether the network gives probabilities."""
    if not isinstance(network, TorchNetwork):
        raise InvalidInput(f"{network.name} has no gradients, so what argues for a class cannot be told: load its code")
    neutral = network.sample_input(shape)
    if neutral is None:
        raise InvalidInput(f"the shape of the inputs of {network.name} is not known")
    scores = host_scores(network.tap(neutral, {})[0])
    if scores is None or scores.shape[1] < 2:
        raise InvalidInput(f"{network.name} is no classifier: it gives no scores (B, K) of classes to argue for")
    return neutral, gives_shares(scores)


def _put(view: "torch.Tensor", *, vectors: Vectors, policy: str, layer: str) -> None:
    """Write the vectors to the places of a layer's output, (B, C, H, W), (B, T, C) or (B, C)."""
    import torch

    channels = 1 if view.ndim in (2, 4) else 2
    if not 2 <= view.ndim <= 4 or view.shape[channels] != vectors.shape[1]:
        raise InvalidInput(
            f"the vectors have {vectors.shape[1]} channels, and layer {layer!r} gives {tuple(view.shape)}"
        )
    made = torch.tensor(vectors, dtype=view.dtype, device=view.device)
    if view.ndim == 3 and policy == FIRST_ALONE:
        view[:, 0] = made
    else:
        view.copy_(made.reshape(len(made), *(1 if axis != channels else -1 for axis in range(1, view.ndim))))


@dataclass(frozen=True)
class _Scores:
    """Makes logits of what a network gives, or logarithms of probabilities."""

    is_share: bool

    def __call__(self, output: Any) -> "torch.Tensor":
        scores: torch.Tensor = scores_of(output).float()
        return scores.clamp_min(_LEAST).log() if self.is_share else scores


def _centred(values: Vectors) -> Vectors:
    return values - values.mean(1, keepdims=True)


def _host(values: "torch.Tensor") -> Vectors:
    return values.cpu().numpy()


def _repeated(inputs: Any, n: int) -> Any:
    if isinstance(inputs, dict):
        return {name: _repeated(value, n) for name, value in inputs.items()}
    return inputs.repeat(n, *[1] * (inputs.ndim - 1))


def _other(inputs: Any) -> Any:
    """Return an input that says something else: noise, or the tokens in another order."""
    import torch

    if isinstance(inputs, dict):
        return {name: value.flip(1) for name, value in inputs.items()}
    if not inputs.is_floating_point():
        return inputs.flip(1)
    return torch.randn(inputs.shape, generator=torch.Generator().manual_seed(0))
