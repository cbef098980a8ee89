"""What is sampled equals what is computed directly from the output of a layer."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from topoact.errors import InvalidInput, ModelError
from topoact.extract.options import parse_policies
from topoact.extract.policies import random_positions, sample

ROWS = np.arange(100, 105)
MAP = torch.randn(5, 3, 4, 6, generator=torch.Generator().manual_seed(0))


def take(output: torch.Tensor, policy: str, rows: np.ndarray = ROWS, seed: int = 0) -> dict:
    return sample(output, module="conv", policies=(policy,), rows=rows, seed=seed)


def test_random_takes_one_position_of_each_map() -> None:
    points = take(MAP, "random")["random"]
    assert points.vectors.shape == (5, 1, 3)
    for i in range(5):
        np.testing.assert_array_equal(points.vectors[i, 0], MAP[i, :, points.y[i, 0], points.x[i, 0]])


def test_mean_is_the_global_average() -> None:
    points = take(MAP, "mean")["mean"]
    np.testing.assert_allclose(points.vectors[:, 0], MAP.mean((2, 3)), rtol=1e-6)
    assert points.grid is None
    assert (points.y == -1).all()


def test_all_takes_every_position() -> None:
    points = take(MAP, "all")["all"]
    assert points.vectors.shape == (5, 24, 3)
    assert points.grid == (4, 6)
    for k in range(24):
        np.testing.assert_array_equal(points.vectors[2, k], MAP[2, :, points.y[2, k], points.x[2, k]])


@pytest.mark.parametrize("library", ["torch", "numpy"])
@pytest.mark.parametrize("shape", [(5, 3, 4, 6), (5, 7, 3), (8, 64, 28, 28), (3, 197, 192)])
@pytest.mark.parametrize("policy", ["random", "random:4", "mean", "maxnorm", "all"])
def test_every_policy_is_to_the_bit_what_a_hook_by_hand_finds(
    library: str, shape: tuple[int, ...], policy: str
) -> None:
    output = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    rows = np.arange(len(output))
    points = take(output if library == "torch" else output.numpy(), policy, rows)[policy]
    maps = output if output.ndim == 4 else output.transpose(1, 2)[:, :, None]
    if policy == "mean":
        plain = output.numpy() if library == "numpy" else output
        by_hand = plain.mean((2, 3)) if output.ndim == 4 else plain.mean(1)
        np.testing.assert_array_equal(points.vectors[:, 0], np.asarray(by_hand))
        return
    for i in range(len(output)):
        for k, (y, x) in enumerate(zip(points.y[i], points.x[i], strict=True)):
            np.testing.assert_array_equal(points.vectors[i, k], maps[i, :, y, x])
    if policy == "maxnorm":
        norms = (maps * maps).sum(1).flatten(1)
        assert (norms.argmax(1).numpy() == points.y[:, 0] * maps.shape[3] + points.x[:, 0]).all()


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_random_positions_are_different_and_grow_from_the_first(height: int, width: int, data: st.DataObject) -> None:
    inner = (height - 2) * (width - 2) if min(height, width) > 2 else height * width
    k = data.draw(st.integers(1, inner))
    y, x = random_positions(np.arange(50), (height, width), module="conv", seed=0, k=k)
    cells = y * width + x
    assert all(len(set(row)) == k for row in cells.tolist())
    border = 1 if min(height, width) > 2 else 0
    assert border <= y.min() <= y.max() < height - border
    fewer = random_positions(np.arange(50), (height, width), module="conv", seed=0, k=max(k - 1, 1))
    np.testing.assert_array_equal(fewer[0], y[:, : max(k - 1, 1)])
    np.testing.assert_array_equal(fewer[1], x[:, : max(k - 1, 1)])


def test_several_random_positions_are_uniform() -> None:
    y, x = random_positions(np.arange(9_000), (8, 8), module="conv", seed=0, k=4)
    counts = np.bincount(((y - 1) * 6 + x - 1).ravel(), minlength=36)
    assert ((counts - 1000) ** 2 / 1000).sum() < 70


def test_more_positions_than_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"'conv' has 8 positions inside .* random:9 asks for more"):
        take(MAP, "random:9")


def test_tokens_are_positions_in_a_row() -> None:
    tokens = torch.randn(5, 7, 3)
    points = take(tokens, "all")["all"]
    assert points.grid == (1, 7)
    np.testing.assert_array_equal(points.vectors, tokens)
    picked = take(tokens, "random")["random"]
    np.testing.assert_array_equal(picked.vectors[:, 0], tokens[torch.arange(5), picked.x[:, 0]])


def test_a_vector_is_taken_once_whatever_the_policies() -> None:
    output = torch.randn(5, 3)
    found = sample(output, module="linear", policies=("random", "mean"), rows=ROWS, seed=0)
    assert list(found) == ["vector"]
    np.testing.assert_array_equal(found["vector"].vectors[:, 0], output)


def test_what_is_kept_is_a_copy() -> None:
    output = MAP.clone()
    points = take(output, "all")["all"]
    output.zero_()
    assert points.vectors.any()


@pytest.mark.parametrize("shape", [(5,), (5, 1, 2, 3, 4)])
def test_other_dimensions_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=f"'conv' gives a tensor of {len(shape)} dimensions"):
        take(torch.zeros(shape), "mean")


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**31))
def test_positions_are_never_on_the_edge(height: int, width: int, seed: int) -> None:
    y, x = random_positions(np.arange(200), (height, width), module="conv", seed=seed)
    border = 1 if min(height, width) > 2 else 0
    assert border <= y.min() <= y.max() < height - border
    assert border <= x.min() <= x.max() < width - border


def test_positions_are_uniform() -> None:
    y, x = random_positions(np.arange(36_000), (8, 8), module="conv", seed=0)
    counts = np.bincount(((y - 1) * 6 + x - 1)[:, 0], minlength=36)
    chi_squared = ((counts - 1000) ** 2 / 1000).sum()
    assert chi_squared < 70  # 35 degrees of freedom: the 99.96th percentile


def test_positions_depend_on_seed_layer_and_row_alone() -> None:
    def draw(rows: np.ndarray, module: str = "conv", seed: int = 0) -> np.ndarray:
        return np.stack(random_positions(rows, (32, 32), module=module, seed=seed))

    rows = np.arange(1000)
    np.testing.assert_array_equal(draw(rows)[:, 300:], draw(rows[300:]))
    assert (draw(rows) != draw(rows, module="conv2")).mean() > 0.9
    assert (draw(rows) != draw(rows, seed=1)).mean() > 0.9


def test_positions_stay_the_same_in_all_versions() -> None:
    y, x = random_positions(np.array([0, 1, 49_999]), (32, 32), module="layer1", seed=0)
    assert [*zip(y[:, 0].tolist(), x[:, 0].tolist(), strict=True)] == [(9, 26), (27, 5), (13, 9)]


@pytest.mark.parametrize(
    ("text", "found"),
    [("random,mean", ("random", "mean")), (" all , all ", ("all",)), ("random:3,maxnorm", ("random:3", "maxnorm"))],
)
def test_lists_of_policies(text: str, found: tuple[str, ...]) -> None:
    assert parse_policies(text) == found


@pytest.mark.parametrize("text", ["max", "random,max", "", "random:0", "random:", "mean:2"])
def test_unknown_policies(text: str) -> None:
    with pytest.raises(InvalidInput, match="choose from random, random:K, mean, maxnorm, all"):
        parse_policies(text)
