"""Products by torch: the same index as without it."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from topoact.errors import InvalidInput
from topoact.mapper import NeighborIndex
from topoact.mapper.neighbors.products import TorchProducts
from topoact.testing.strategies import STEADY, clouds

torch = pytest.importorskip("torch", reason="products by torch need torch")

KINDS = ["float32", "bfloat16"]


def same(one, other):
    mine, theirs = one.arrays(), other.arrays()
    return mine.keys() == theirs.keys() and all(np.array_equal(mine[name], theirs[name]) for name in mine)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("zeros", [0.0, 0.9])
def test_every_pair_is_decided_as_without_torch(kind, metric, zeros):
    rng = np.random.default_rng(0)
    cloud = (rng.random((700, 33)) * (rng.random((700, 33)) >= zeros)).astype(np.float32)
    cloud[:40] = cloud[40:80]
    radii = [0.05, 0.2, 0.4] if metric == "cosine" else [0.5, 1.5, 2.2]
    for eps in (radii[1], radii):
        plain = NeighborIndex(cloud, eps=eps, max_interval=0.4, metric=metric)
        given = NeighborIndex(cloud, eps=eps, max_interval=0.4, metric=metric, products=TorchProducts(dtype=kind))
        assert same(plain, given)


@STEADY
@given(cloud=clouds(), kind=st.sampled_from(KINDS), eps=st.sampled_from([0.5, 1.0, 2.0, 5.0]))
def test_ties_and_duplicates_are_decided_as_without_torch(cloud, kind, eps):
    lens = np.arange(len(cloud), dtype=float)
    plain, by_torch = (
        NeighborIndex(cloud, lens, eps, 1.0, products=products) for products in (None, TorchProducts(dtype=kind))
    )
    assert same(plain, by_torch)


def test_settings_of_torch_are_given_back():
    torch.set_float32_matmul_precision("medium")
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        NeighborIndex(np.random.default_rng(1).random((200, 5)), eps=0.3, max_interval=0.5, products=TorchProducts())
        assert torch.get_float32_matmul_precision() == "medium"
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
        torch.set_float32_matmul_precision("highest")


def test_what_torch_does_not_know_is_refused():
    with pytest.raises(InvalidInput, match="dtype must be one of float32, bfloat16: got 'float8'"):
        TorchProducts(dtype="float8")
    with pytest.raises(InvalidInput, match="cannot use the device 'abacus', choose another"):
        TorchProducts(device="abacus")
