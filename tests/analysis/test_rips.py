"""Loops by persistence: the pairs are GUDHI's, and noise has no significant one."""

import gudhi
import numpy as np
import pytest
from scipy.spatial.distance import cdist

from topoact.analysis.shape._rips import rips_pairs
from topoact.analysis.shape.rips import SIGNIFICANCE, p_values, rips_loops


def by_gudhi(distances):
    tree = gudhi.RipsComplex(distance_matrix=distances).create_simplex_tree(max_dimension=2)
    tree.persistence(min_persistence=0)
    pairs = np.array(tree.persistence_intervals_in_dimension(1)).reshape(-1, 2)
    return pairs[pairs[:, 1] > pairs[:, 0]]


def in_order(pairs):
    return pairs[np.lexsort(pairs.T)]


@pytest.mark.parametrize("n_points", [1, 2, 3, 4, 30, 70])
@pytest.mark.parametrize("n_dimensions", [1, 2, 3, 8])
def test_pairs_are_those_of_gudhi(n_points, n_dimensions):
    points = np.random.default_rng(n_points).normal(size=(n_points, n_dimensions))
    distances = cdist(points, points)
    np.testing.assert_allclose(in_order(rips_pairs(distances)), in_order(by_gudhi(distances)))


@pytest.mark.parametrize("seed", range(5))
def test_also_where_distances_are_equal(seed):
    points = np.random.default_rng(seed).integers(0, 6, size=(40, 2))
    distances = cdist(points, points)
    np.testing.assert_allclose(in_order(rips_pairs(distances)), in_order(by_gudhi(distances)))


def circles(*centres, noise, n_points=1200):
    rng = np.random.default_rng(0)
    angle = rng.random(n_points) * 2 * np.pi
    places = np.c_[np.cos(angle) + rng.choice(centres, n_points), np.sin(angle)]
    return places + rng.normal(0, noise, places.shape)


@pytest.mark.parametrize("noise", [0.0, 0.03, 0.15])
def test_rings_have_their_loops(noise):
    assert rips_loops(circles(-1.8, 1.8, noise=noise)) == 2


@pytest.mark.parametrize("n_dimensions", [1, 2, 5, 20])
def test_noise_has_none(n_dimensions):
    rng = np.random.default_rng(n_dimensions)
    assert rips_loops(rng.normal(size=(1000, n_dimensions))) == 0
    assert rips_loops(rng.random((1000, n_dimensions))) == 0


def test_points_that_are_few_or_equal_have_none():
    assert rips_loops(np.ones((50, 2))) == 0
    assert rips_loops(np.zeros((1, 2))) == 0


def test_ratios_are_judged_beside_those_of_the_others():
    law = np.log(-np.log(1 - (np.arange(100) + 0.5) / 100))
    noise = np.c_[np.ones(100), np.exp(np.exp(law - 2))]
    chance = p_values(np.r_[noise, [[1, 5]]])
    assert chance[-1] < SIGNIFICANCE < chance[:-1].min()
    np.testing.assert_allclose(p_values(7 * np.r_[noise, [[1, 5]]]), chance)
    assert len(p_values(np.empty((0, 2)))) == 0
