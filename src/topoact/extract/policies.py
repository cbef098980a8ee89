"""Which vectors of a layer's output are kept: one at random (the paper's choice), their mean, or all of them."""

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from topoact.errors import ModelError
from topoact.study import Points

if TYPE_CHECKING:
    import torch

POLICIES = ("random", "mean", "all")
VECTOR = "vector"
"""The policy of a layer that gives one vector for each input: there is nothing to choose."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def sample(
    output: "torch.Tensor", *, module: str, policies: tuple[str, ...], rows: NDArray[np.int64], seed: int
) -> dict[str, Points]:
    """Return the points of one layer for one batch under each policy.

    Parameters
    ----------
    output
        (B, C, H, W): H x W positions; (B, T, C): T positions in a row; (B, C): one vector.
    module
        Dotted name of the layer.
    policies
        Some of `POLICIES`.
    rows
        Places of the B inputs in the source; with `seed` and `module` they determine the random positions.
    seed
        Of the random positions.

    Raises
    ------
    ModelError
        If the output has another number of dimensions.
    """
    if output.ndim == 2:
        return {VECTOR: _points(module, VECTOR, None, output[:, None, :])}
    if output.ndim == 3:
        output = output.transpose(1, 2).unsqueeze(2)
    if output.ndim != 4:
        raise ModelError(f"layer {module!r} gives a tensor of {output.ndim} dimensions: vectors need 2, 3 or 4")
    return {policy: _sample_map(output, module, policy, rows, seed) for policy in policies}


def random_positions(
    rows: NDArray[np.int64], grid: tuple[int, int], *, module: str, seed: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Draw one position for each input, never on the edge of a map larger than 2 x 2.

    Each draw depends on `seed`, `module` and the input's row alone: neither on batches nor on what was drawn before.

    Returns
    -------
    y, x : ndarray of int32, shape (n,)
    """
    border = 1 if min(grid) > 2 else 0
    height, width = grid[0] - 2 * border, grid[1] - 2 * border
    key = hashlib.sha256(f"{seed} {module}".encode()).digest()[:8]
    draw = _scramble(rows.astype(np.uint64) * _GOLDEN + np.frombuffer(key, "<u8"))
    cell = (draw % np.uint64(height * width)).astype(np.int32)
    return cell // width + border, cell % width + border


def _scramble(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the output function of SplitMix64 (Steele, Lea, Flood 2014) at these states."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def _sample_map(output: "torch.Tensor", module: str, policy: str, rows: NDArray[np.int64], seed: int) -> Points:
    n_inputs, _, height, width = output.shape
    grid = (height, width)
    if policy == "mean":
        return _points(module, policy, None, output.flatten(2).mean(2)[:, None, :])
    if policy == "all":
        y, x = (np.tile(axis.astype(np.int32).ravel(), (n_inputs, 1)) for axis in np.indices(grid))
        return _points(module, policy, grid, output.flatten(2).transpose(1, 2), y, x)
    import torch

    y, x = random_positions(rows, grid, module=module, seed=seed)
    at = [torch.from_numpy(axis.astype(np.int64)).to(output.device) for axis in (y, x)]
    picked = output[torch.arange(n_inputs, device=output.device), :, at[0], at[1]]
    return _points(module, policy, grid, picked[:, None, :], y[:, None], x[:, None])


def _points(
    module: str, policy: str, grid: tuple[int, int] | None, vectors: "torch.Tensor", *at: NDArray[np.int32]
) -> Points:
    """Copy the vectors (B, P, C) to the host with their positions (B, P) `at` y and x, or nowhere."""
    import torch

    nowhere = np.full(vectors.shape[:2], -1, dtype=np.int32)
    y, x = at or (nowhere, nowhere)
    return Points(module, policy, grid, vectors.to("cpu", torch.float32, copy=True).numpy(), y, x)
