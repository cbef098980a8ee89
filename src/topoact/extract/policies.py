"""Sampling policies of maps: `sample` keeps random vectors (one in the paper), the mean, the strongest, or all.

Outputs are tensors of torch or arrays of NumPy; the code uses only what both have.
"""

import hashlib
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput, ModelError
from topoact.study import Points

POLICIES = ("random", "random:K", "mean", "maxnorm", "all")
VECTOR = "vector"
"""The policy of a layer that gives one vector for each input."""

_RANDOM = re.compile(r"random(?::([1-9]\d*))?")
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def is_policy(name: str) -> bool:
    """Return whether there is such a policy."""
    return name in ("mean", "maxnorm", "all") or _RANDOM.fullmatch(name) is not None


def sample(
    output: Any, *, module: str, policies: tuple[str, ...], rows: NDArray[np.int64], seed: int
) -> dict[str, Points]:
    """Return the points of one layer for one batch under each policy.

    Parameters
    ----------
    output
        (B, C, H, W): H x W positions; (B, T, C): T positions in a row; (B, C): one vector.
    module
        Name of the layer.
    policies
        ``random`` or ``random:K``, positions drawn without repetition; ``mean``; ``maxnorm``, the position of the
        greatest L2 norm, the first of several; ``all``.
    rows
        Rows of the B inputs in the source; with `seed` and `module` they determine the random positions.
    seed
        Seed of the random positions.

    Returns
    -------
    dict of str to Points
        The points by policy; by `VECTOR` alone of an output (B, C).

    Raises
    ------
    ModelError
        If the output has another number of dimensions.
    InvalidInput
        If a map has fewer positions than are to be drawn.
    """
    if output.ndim == 2:
        return {VECTOR: _points(module, VECTOR, None, output[:, None, :])}
    output = _as_map(output)
    if output.ndim != 4:
        raise ModelError(f"layer {module!r} gives a tensor of {output.ndim} dimensions: vectors need 2, 3 or 4")
    return {policy: _sample_map(output, module, policy, rows, seed) for policy in policies}


def summed(gradient: Any, points: Points) -> NDArray[np.float32]:
    """Return the gradient (B, C, H, W), (B, T, C) or (B, C) of a layer at each point, summed over what it is a mean of.

    Returns
    -------
    ndarray of float32, shape (B, points per example, C)
    """
    if gradient.ndim == 2:
        return _host(gradient)[:, None, :]
    gradient = _as_map(gradient)
    if points.grid is None:
        return _host(_wide(gradient).sum((2, 3)))[:, None, :]
    inputs = np.arange(len(gradient))[:, None]
    return _host(gradient[inputs, :, points.y.astype(np.int64), points.x.astype(np.int64)])


def random_positions(
    rows: NDArray[np.int64], grid: tuple[int, int], *, module: str, seed: int, k: int = 1
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Draw `k` different positions for each input, never on the edge of a map larger than 2 x 2.

    Each draw depends on `seed`, `module`, the input's row and the draws before it alone, not on batches: the first
    positions of a larger `k` are those of a smaller one.

    Returns
    -------
    y, x : ndarray of int32, shape (n, k)

    Raises
    ------
    InvalidInput
        If the map has fewer positions.
    """
    border = 1 if min(grid) > 2 else 0
    height, width = grid[0] - 2 * border, grid[1] - 2 * border
    if k > height * width:
        raise InvalidInput(
            f"layer {module!r} has {height * width} positions inside the edges of its map: random:{k} asks for more,"
            " choose a smaller number, or all"
        )
    key = hashlib.sha256(f"{seed} {module}".encode()).digest()[:8]
    state = rows.astype(np.uint64) * _GOLDEN + np.frombuffer(key, "<u8")
    cell = np.empty((len(rows), k), dtype=np.int32)
    for i in range(k):
        draw = _scramble(_scramble(state) + np.uint64(i * int(_GOLDEN) % 2**64)) if i else _scramble(state)
        cell[:, i] = _unused(draw % np.uint64(height * width - i), cell[:, :i])
    return cell // width + border, cell % width + border


def _unused(draw: NDArray[np.uint64], used: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the cell that is the draw-th of those not used yet, row by row."""
    cell = draw.astype(np.int32)
    for taken in np.sort(used, axis=1).T:
        cell += cell >= taken
    return cell


def _scramble(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the output function of SplitMix64 (Steele, Lea, Flood 2014) at these states."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def _as_map(output: Any) -> Any:
    """Return T positions in a row (B, T, C) as a map (B, C, 1, T); any other output as it is."""
    return output.swapaxes(1, 2)[:, :, None, :] if output.ndim == 3 else output


def _sample_map(output: Any, module: str, policy: str, rows: NDArray[np.int64], seed: int) -> Points:
    n_inputs, n_channels, height, width = output.shape
    grid = (height, width)
    if policy == "mean":
        return _points(module, policy, None, _wide(output).mean((2, 3))[:, None, :])
    if policy == "all":
        y, x = (np.tile(axis.astype(np.int32).ravel(), (n_inputs, 1)) for axis in np.indices(grid))
        return _points(module, policy, grid, output.reshape(n_inputs, n_channels, -1).swapaxes(1, 2), y, x)
    if drawn := _RANDOM.fullmatch(policy):
        y, x = random_positions(rows, grid, module=module, seed=seed, k=int(drawn[1] or 1))
    else:
        y, x = _strongest(output)
    inputs = np.arange(n_inputs)[:, None]
    return _points(module, policy, grid, output[inputs, :, y.astype(np.int64), x.astype(np.int64)], y, x)


def _strongest(output: Any) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return where the L2 norm of each map is greatest, y and x of shape (B, 1)."""
    energy = _host((_wide(output) ** 2).sum(1))
    y, x = np.unravel_index(energy.reshape(len(energy), -1).argmax(1), energy.shape[1:])
    return y[:, None].astype(np.int32), x[:, None].astype(np.int32)


def _points(module: str, policy: str, grid: tuple[int, int] | None, vectors: Any, *at: NDArray[np.int32]) -> Points:
    """Copy the vectors (B, P, C) to the host with their positions `at` y and x, both (B, P); −1 without any."""
    nowhere = np.full(vectors.shape[:2], -1, dtype=np.int32)
    y, x = at or (nowhere, nowhere)
    return Points(module, policy, grid, np.array(_host(vectors), dtype=np.float32, order="C"), y, x)


def _wide(output: Any) -> Any:
    """Return an output in single precision, for sums."""
    return output.float() if hasattr(output, "float") else output.astype(np.float32, copy=False)


def _host(values: Any) -> NDArray[Any]:
    """Return a tensor on any device, or an array, as an array."""
    return values.float().cpu().numpy() if hasattr(values, "cpu") else np.asarray(values)
