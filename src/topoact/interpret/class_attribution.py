"""`attribute_classes`: attributions of vectors of a layer to classes, activation times gradient at the vector itself.

The rest of the network is run from the layer on, with the vector v at every position q of the layer's output. The
attribution of the difference between v and a base b, such as the layer's mean, to the score s of a class is its linear
effect on that score::

    (v - b) · (sum of ∂s/∂a[q] over the positions), at a[q] = v

less its mean over the classes, which changes no ranking. That is the derivative of all scores along v - b, which one
pass of forward-mode differentiation gives. With b = 0 it is the attribution of the Activation Atlas (Carter et al.
2019), which is noise behind a normalisation, where no score depends on the length of v. The effect, which is not
linear, is the difference of the scores themselves: s at v less s at b.

Paths that bypass the layer, as in a network that joins it with an earlier one, are fed with a neutral input; that there
are some is detected with another input.
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

FIRST_ONLY_POLICY: Final = "cls"
"""The policy whose vectors are of the first token: only that is replaced."""
_MIN_PROBABILITY: Final = float(np.finfo(np.float32).tiny)
SCORE_TOLERANCE: Final = 1e-3
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
    """Return the attributions of vectors of a layer to the classes of a network.

    Parameters
    ----------
    network
        A classifier that runs on torch.
    layer
        Dotted name of the module.
    vectors
        Shape (n, n_channels), finite.
    policy
        Sampling policy of the vectors. With "cls" only the first token is replaced.
    base
        The vector from which differences are taken, shape (n_channels,); zeros by default.
    shape
        Shape of one input, where the network does not state it.
    batch_size
        Vectors in one pass.
    progress
        Called before each batch; may raise `topoact.errors.Cancelled`.

    Returns
    -------
    Arguments
        Attributions, effects and scores, (n, n_classes).

    Raises
    ------
    InvalidInput
        If the network is no classifier, has no gradients, or the vectors do not fit the layer.
    ModelError
        If the network fails, its scores are not finite, or it does not call the layer exactly once.
    """
    base = np.zeros(vectors.shape[1], np.float32) if base is None else base
    vectors = np.concatenate([vectors, base[None]], dtype=np.float32)
    network, neutral, is_share = _classifier(network, shape)
    scores, slopes = list[Vectors](), list[Vectors]()
    for start in range(0, len(vectors), batch_size):
        progress("computing attributions", start, len(vectors))
        batch = vectors[start : start + batch_size]
        value, direction = (partial(_put, vectors=part, policy=policy, layer=layer) for part in (batch, batch - base))
        along = partial(network.along, name=layer, value=value, direction=direction, of=_Scores(is_share))
        inputs = _repeated(neutral, len(batch))
        for parts, values in zip((scores, slopes), along(inputs), strict=True):
            parts.append(_host(values))
        if start == 0:
            scores_of_other = _host(along(_other(inputs))[0])
    return _centred_arguments(np.concatenate(scores), np.concatenate(slopes), scores_of_other, layer)


def _centred_arguments(scores: Vectors, slopes: Vectors, scores_of_other: Vectors, layer: str) -> Attributions:
    """Return the attributions and effects of all vectors but the last, the base.

    Parameters
    ----------
    scores, slopes
        Scores and their derivatives, (n + 1, n_classes).
    scores_of_other
        Scores of the first vectors for another input: where they differ, something flows past the layer.
    layer
        Its name, for errors.
    """
    if not (np.isfinite(scores).all() and np.isfinite(slopes).all()):
        raise ModelError(f"from layer {layer!r} on the network gives no finite scores or derivatives")
    deviation = np.abs(scores_of_other - scores[: len(scores_of_other)]).max()
    spread = max(float(np.ptp(scores)), 1e-12)
    is_bypassed = bool(deviation > SCORE_TOLERANCE * spread)
    return Attributions(_centred(slopes[:-1]), _centred(scores[:-1] - scores[-1]), scores[:-1], is_bypassed)


def _classifier(network: Network, shape: tuple[int, ...] | None) -> tuple[TorchNetwork, Any, bool]:
    """Return a classifier, a neutral input (zeros or a sample sentence), and whether it gives probabilities."""
    if not isinstance(network, TorchNetwork):
        raise InvalidInput(
            f"{network.name} has no gradients, so nothing can be attributed to its classes: load its code"
        )
    neutral = network.sample_input(shape)
    if neutral is None:
        raise InvalidInput(f"the shape of the inputs of {network.name} is not known")
    scores = host_scores(network.tap(neutral, {})[0])
    if scores is None or scores.shape[1] < 2:
        raise InvalidInput(f"{network.name} is no classifier: it gives no scores (B, K) of classes")
    return network, neutral, gives_shares(scores)


def _put(view: "torch.Tensor", *, vectors: Vectors, policy: str, layer: str) -> None:
    """Write the vectors to the positions of a layer's output, (B, C, H, W), (B, T, C) or (B, C)."""
    import torch

    channels = 1 if view.ndim in (2, 4) else 2
    if not 2 <= view.ndim <= 4 or view.shape[channels] != vectors.shape[1]:
        raise InvalidInput(
            f"the vectors have {vectors.shape[1]} channels, and layer {layer!r} gives {tuple(view.shape)}"
        )
    values = torch.tensor(vectors, dtype=view.dtype, device=view.device)
    if view.ndim == 3 and policy == FIRST_ONLY_POLICY:
        view[:, 0] = values
    else:
        view.copy_(values.reshape(len(values), *(1 if axis != channels else -1 for axis in range(1, view.ndim))))


@dataclass(frozen=True)
class _Scores:
    """Returns the logits of a network's output, or the logarithms of its probabilities."""

    is_share: bool

    def __call__(self, output: Any) -> "torch.Tensor":
        scores: torch.Tensor = scores_of(output).float()
        return scores.clamp_min(_MIN_PROBABILITY).log() if self.is_share else scores


def _centred(values: Vectors) -> Vectors:
    return values - values.mean(1, keepdims=True)


def _host(values: "torch.Tensor") -> Vectors:
    return values.cpu().numpy()


def _repeated(inputs: Any, n: int) -> Any:
    if isinstance(inputs, dict):
        return {name: _repeated(value, n) for name, value in inputs.items()}
    return inputs.repeat(n, *[1] * (inputs.ndim - 1))


def _other(inputs: Any) -> Any:
    """Return another input: noise, or the tokens in another order."""
    import torch

    if isinstance(inputs, dict):
        return {name: value.flip(1) for name, value in inputs.items()}
    if not inputs.is_floating_point():
        return inputs.flip(1)
    return torch.randn(inputs.shape, generator=torch.Generator().manual_seed(0))
