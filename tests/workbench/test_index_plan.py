"""Whatever an index is made for, it serves the cover that it is made for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoact.mapper import DistanceCurve, NeighborIndex, QuantileCover, UniformCover
from topoact.workbench.graphs import index_plan as module
from topoact.workbench.graphs.index_plan import index_plan
from topoact.workbench.graphs.radius_grid import MAX_RADII, N_ELBOWS, radius_grid


@st.composite
def lenses(draw):
    """Lens values, many of them equal."""
    values = draw(st.lists(st.integers(0, draw(st.sampled_from([1, 5, 1000]))), min_size=2, max_size=150))
    return np.array([*values, min(values) - 1], dtype=np.float64)


@settings(deadline=None)  # the first example compiles kernels
@given(
    lens=lenses(),
    cover=st.builds(
        lambda kind, n, overlap: kind(n, overlap),
        st.sampled_from([UniformCover, QuantileCover]),
        st.integers(1, 40),
        st.floats(0, 0.95),
    ),
    room=st.sampled_from([1, 10**9]),
)
def test_an_index_serves_the_cover_that_it_is_made_for(lens, cover, room):
    points = np.random.default_rng(0).normal(size=(len(lens), 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_WIDENED_BYTES", room)
        index = NeighborIndex(points, lens, **index_plan(lens, cover, [0.5, 1.0], 1.0))
    assert index.serves(cover.intervals(lens))


def test_with_room_it_serves_every_cover_of_the_kind():
    lens = np.random.default_rng(0).lognormal(size=500)
    points = np.random.default_rng(1).normal(size=(500, 2))
    for kind in (UniformCover, QuantileCover):
        index = NeighborIndex(points, lens, **index_plan(lens, kind(30, 0.3), [0.5, 1.0], 1.0))
        assert index.radii == (0.5, 1.0)
        assert all(index.serves(kind(n, p).intervals(lens)) for n in (1, 2, 9, 80) for p in (0.0, 0.5, 0.9))


def curves(n_curves, factor=1.0):
    distances = np.sort(np.random.default_rng(2).gamma(3, size=400)) * factor
    return [DistanceCurve(k, distances * (1 + k / 10)) for k in range(1, n_curves + 1)]


@pytest.mark.parametrize("eps", [1e-9, 2.0, 1e9])
def test_a_ladder_holds_the_radius_in_use_and_the_elbows(eps):
    measured = curves(30)
    radii = radius_grid(eps, measured, 5)
    assert len(radii) == MAX_RADII
    assert radii == sorted(set(radii))
    assert {eps, *(curve.elbow for curve in measured[:N_ELBOWS])} <= set(radii)


def test_a_ladder_has_no_radius_0():
    assert radius_grid(2.0, curves(20, factor=0.0), 5) == [2.0]
