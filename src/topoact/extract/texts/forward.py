"""`TextForward`: a forward pass over a batch of token ids, which keeps means over bags of tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topoact.errors import ModelError
from topoact.extract.example_attribution import attribute
from topoact.extract.forward import ForwardResult, Pass
from topoact.extract.policies import VECTOR
from topoact.extract.predictions import host_scores
from topoact.inputs.texts.source import Unit
from topoact.networks.axes import AxisChoices
from topoact.networks.layers import choose_axes
from topoact.study import Points

if TYPE_CHECKING:
    from topoact.extract.texts.reading import Sample
    from topoact.networks.text_network import TextNetwork


class Bags(NamedTuple):
    """Tokens of a batch, bag after bag."""

    positions: NDArray[np.int64]
    """Positions of the tokens among the B x T of the batch."""
    starts: NDArray[np.int64]
    """Index in `positions` at which each bag begins."""


@dataclass(frozen=True, slots=True)
class TextForward:
    """Runs a network on one batch after another and keeps vectors of some layers."""

    layers: tuple[str, ...]
    unit: Unit
    attribution: bool = False
    axes: AxisChoices | None = None
    """The axes that the user names; None for those that the network has been told."""

    def __call__(
        self, network: "TextNetwork", ids: NDArray[np.int64], mask: NDArray[np.int64], bags: Mapping[str, Bags]
    ) -> ForwardResult:
        """Run the network on padded texts and keep the mean of each bag, by layer and policy."""
        keep = partial(self._keep, shape=ids.shape, bags=bags)
        layers = {name: partial(keep, module=name) for name in self.layers}
        if self.axes is not None:
            choose_axes(network, self.axes)
        inputs = network.arguments(ids, mask)
        output, kept = network.tap(inputs, layers)
        scores = host_scores(output, len(ids))
        if self.attribution:
            kept = attribute(network, inputs, scores, kept, partial(_summed, bags=bags))
        return scores, kept

    def _keep(self, output: Any, *, module: str, shape: tuple[int, ...], bags: Mapping[str, Bags]) -> dict[str, Points]:
        if output.ndim == 2 and self.unit == "text" and len(output) == shape[0]:
            return {VECTOR: _points(module, VECTOR, output.clone())}
        if output.ndim != 3 or output.shape[:2] != shape:
            actual = "x".join(map(str, output.shape))
            raise ModelError(
                f"layer {module!r} gives {actual} for {shape[0]} texts of {shape[1]} tokens: a vector for each token"
                " is needed, choose another layer"
            )
        return {policy: _points(module, policy, _pooled(output, bag, "mean")) for policy, bag in bags.items()}


def pass_of(samples: Sequence["Sample"], pad: int = 0) -> Pass:
    """Return the arguments of a forward pass over some texts: token ids, their mask, and bags by policy.

    `pad` fills up the shorter ones; a text alone needs none.
    """
    ids, mask = padded([sample.ids for sample in samples], pad)
    firsts = range(0, ids.size, ids.shape[1])
    return ids, mask, {policy: _bags(samples, policy, firsts) for policy in samples[0].bags}


def padded(ids: Sequence[Sequence[int]], pad: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return token ids and their mask, both (B, T), the shorter texts padded on the right."""
    lengths = np.array([len(row) for row in ids])
    mask = np.arange(lengths.max()) < lengths[:, None]
    filled = np.full(mask.shape, pad, dtype=np.int64)
    filled[mask] = np.fromiter(chain.from_iterable(ids), np.int64)
    return filled, mask.astype(np.int64)


def _bags(samples: Sequence["Sample"], policy: str, firsts: Sequence[int]) -> Bags:
    """Return the bags of all texts, given where each text begins in the batch."""
    bags = [bag for sample in samples for bag in sample.bags[policy]]
    sizes = np.fromiter(map(len, bags), np.int64, len(bags))
    per_text = [sum(map(len, sample.bags[policy])) for sample in samples]
    positions = np.fromiter(chain.from_iterable(bags), np.int64, int(sizes.sum()))
    return Bags(positions + np.repeat(firsts, per_text), np.cumsum(sizes) - sizes)


def _summed(gradient: Any, points: Points, *, bags: Mapping[str, Bags]) -> NDArray[np.float32]:
    """Return the gradient of a layer, summed over the bag of each point, (n, 1, C)."""
    sums = gradient if points.policy == VECTOR else _pooled(gradient, bags[points.policy], "sum")
    return np.asarray(sums.float().cpu())[:, None, :]


def _pooled(output: Any, bags: Bags, mode: str) -> Any:
    """Return the mean or the sum of the vectors of an output (B, T, C) in each bag, (number of bags, C)."""
    import torch

    vectors = output.reshape(-1, output.shape[2]).float()
    positions, starts = (torch.from_numpy(part).to(vectors.device) for part in bags)
    return torch.nn.functional.embedding_bag(positions, vectors, starts, mode=mode)


def _points(module: str, policy: str, vectors: Any) -> Points:
    """Return vectors (N, C), which are not copied, as points without a position."""
    nowhere = np.full((len(vectors), 1), -1, dtype=np.int32)
    return Points(module, policy, None, vectors.float().cpu().numpy()[:, None, :], nowhere, nowhere)
