"""Ball mapper against one made of sets and loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_distances

from topoact import BallMapper
from topoact.errors import Cancelled, InvalidInput
from topoact.mapper import TooLarge, ball, lens_values
from topoact.mapper.ball import cover_with_balls
from topoact.testing import oracle
from topoact.testing.strategies import EPSILONS, STEADY, clouds

CLOUD = np.random.default_rng(0).normal(size=(500, 3))


@pytest.fixture(params=[(256, 4096), (3, 10)], ids=["one-block", "many-blocks"])
def blocks(request, monkeypatch):
    monkeypatch.setattr(ball, "CANDIDATES", request.param[0])
    monkeypatch.setattr(ball, "BLOCK_ROWS", request.param[1])


def balls_of(fitted):
    graph = fitted.graph_
    return [(int(row), set(graph.members(node).tolist())) for node, row in enumerate(fitted.landmarks_)]


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("radius", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_oracle(radius, dtype):
    cloud = CLOUD.astype(dtype)
    fitted = BallMapper(radius).fit(cloud)
    expected = oracle.balls(cloud, radius)
    assert balls_of(fitted) == expected
    edges = oracle.nerve([frozenset(members) for _, members in expected])
    found = fitted.graph_.edges.itertuples(index=False)
    assert {(a, b): (shared, jaccard) for a, b, shared, jaccard in found} == edges


@STEADY
@given(clouds(), st.sampled_from(EPSILONS), st.sampled_from([0, 2.0**20]))
def test_points_at_the_radius_are_within(cloud, radius, shift):
    """On a lattice every distance is exact, also far from the origin, where products are not."""
    fitted = BallMapper(radius, lens=np.arange(len(cloud))).fit(cloud.astype(np.float64) + shift)
    assert balls_of(fitted) == oracle.balls(cloud, radius)
    assert fitted.graph_.coverage == 1


def covered(cloud, radius):
    landmarks, members = cover_with_balls(cloud, radius, "euclidean")
    balls = np.split(members.indices, members.indptr[1:-1])
    return [(int(row), set(rows.tolist())) for row, rows in zip(landmarks, balls, strict=True)]


@pytest.mark.parametrize("power", [-900, -40, 40, 900])
def test_any_scale(power):
    scale = 2.0**power
    assert covered(CLOUD * scale, 0.5 * scale) == oracle.balls(CLOUD, 0.5)


def test_a_point_that_is_too_far_out_for_squares():
    cloud = np.r_[CLOUD, np.full((2, 3), 1e300)]
    assert covered(cloud, 0.5) == [*oracle.balls(CLOUD, 0.5), (500, {500, 501})]


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("radius", [0.01, 0.2, 1.0, 1.5])
def test_cosine(radius):
    cloud = CLOUD.copy()
    cloud[[3, 9]] = 0
    distances = cosine_distances(cloud)
    np.fill_diagonal(distances, 0)
    expected, covered = [], set()
    for row in range(len(cloud)):
        if row not in covered:
            expected.append((row, set(np.flatnonzero(distances[row] <= radius + 1e-12).tolist())))
            covered |= expected[-1][1]
    assert balls_of(BallMapper(radius, metric="cosine").fit(cloud)) == expected


@pytest.mark.parametrize("lens", ["l2", ["l2", "pca:0"]], ids=["one-lens", "two"])
def test_nodes_are_described(lens):
    fitted = BallMapper(1.0, lens=lens).fit(CLOUD)
    graph, values = fitted.graph_, lens_values(lens, CLOUD)
    assert graph.interval.tolist() == list(range(graph.n_nodes))
    assert (graph.eps, graph.curve) == (1.0, None)
    for node in range(graph.n_nodes):
        rows = graph.members(node)
        own = CLOUD[rows]
        np.testing.assert_allclose(graph.means[node], own.mean(axis=0), rtol=1e-5, atol=1e-6)
        assert graph.medoids[node] == rows[((own - own.mean(axis=0)) ** 2).sum(axis=1).argmin()]
        assert graph.intervals.lower[node].tolist() == values[rows].min(axis=0).tolist()
        assert graph.intervals.upper[node].tolist() == values[rows].max(axis=0).tolist()
    assert graph.without_subsets().coverage == 1
    assert len(graph.triangles) > 0


def test_every_point_its_own_ball_and_one_for_all():
    assert BallMapper(1e-9).fit(CLOUD).graph_.n_nodes == 500
    assert BallMapper(1e-9).fit(CLOUD).graph_.n_edges == 0
    assert BallMapper(100.0).fit(CLOUD).landmarks_.tolist() == [0]
    assert BallMapper(0.5).fit([[0.0], [1.0], [0.0]]).landmarks_.tolist() == [0, 1]


def test_progress_and_cancelling():
    heard = []
    BallMapper(0.2).fit(CLOUD, progress=lambda *told: heard.append(told))
    assert heard[0] == ("covering with balls", 0, 500)
    assert list(dict.fromkeys(stage for stage, _, _ in heard))[1:] == ["averaging nodes", "joining nodes"]

    def progress(stage, done, _total):
        if done > 0:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        BallMapper(0.2).fit(CLOUD, progress=progress)


def test_too_many_memberships(monkeypatch):
    monkeypatch.setattr(ball, "available_memory", lambda: 10_000)
    with pytest.raises(TooLarge, match="balls of radius 1 hold more points than fit into memory"):
        BallMapper(1.0).fit(CLOUD)


@pytest.mark.parametrize(
    ("options", "cloud", "words"),
    [
        pytest.param({"radius": 0}, CLOUD, "radius must be a positive number: got 0", id="zero"),
        pytest.param({"radius": -1.5}, CLOUD, "radius must be a positive number: got -1.5", id="negative"),
        pytest.param({"radius": float("nan")}, CLOUD, "radius must be a positive number: got nan", id="nan"),
        pytest.param({"radius": "elbow"}, CLOUD, "radius must be a positive number: got 'elbow'", id="name"),
        pytest.param({"radius": 3, "metric": "cosine"}, CLOUD, "radius must be in (0, 2] for cosine: got 3", id="wide"),
        pytest.param({"radius": 1, "metric": "l1"}, CLOUD, "must be 'euclidean' or 'cosine': got 'l1'", id="metric"),
        pytest.param({"radius": 1, "lens": "no"}, CLOUD, "unknown lens 'no'", id="lens"),
        pytest.param({"radius": 1}, CLOUD[:1], "minimum of 2", id="one-point"),
        pytest.param({"radius": 1}, np.ones((9, 3)), "all 9 points are equal", id="all-equal"),
        pytest.param({"radius": 1}, np.where(CLOUD > 3, np.nan, CLOUD), "NaN or infinity", id="not-finite"),
    ],
)
def test_refused(options, cloud, words):
    with pytest.raises(InvalidInput) as caught:
        BallMapper(**options).fit(cloud)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
