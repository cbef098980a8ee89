"""The arrangement by lens: the same every time, in order, without overlaps, and still at every cut."""

import networkx as nx
import numpy as np
import pytest
from graphs import graph_of, of_modes, path_of, shaped
from hypothesis import given, settings
from hypothesis import strategies as st

from topoact import DBSCAN, IntervalCover, Mapper, Modes, ProductCover
from topoact.analysis.drawing.columns import columns_of, cut_drawing, lens_layout
from topoact.analysis.drawing.crossings import n_crossings, untangled
from topoact.analysis.drawing.cut import MAX_NODES, MIN_NODES, cut_at, first_prominence
from topoact.analysis.drawing.discs import GAP, disc_radii, fitted, free_place
from topoact.analysis.drawing.edges import MIN_JACCARD, drawn_edges, drawn_share, forest
from topoact.analysis.drawing.layout import MIN_CONTINUED
from topoact.mapper import ImportedGraph, Intervals, UniformCover
from topoact.mapper.interop.imported import imported_graph, ordered_clusters
from topoact.testing.drawings import crossings, over_foreign, overlaps
from topoact.testing.strategies import STEADY, clouds, lenses

QUICK = settings(STEADY, max_examples=20)
CUTS = (0.0, 0.15, 0.25, 0.5, 1.0, 2.0, 9.0)


@st.composite
def graphs(draw, kinds=("modes", "modes", "dbscan", "boxes", "disordered", "imported", "one interval")):
    """Graphs of all kinds, many of them disconnected, on clouds with ties and duplicates."""
    cloud, kind = draw(clouds(max_points=60)), draw(st.sampled_from(kinds))
    lens = draw(lenses(len(cloud)))
    n_intervals, overlap = draw(st.integers(1, 9)), draw(st.sampled_from([0.0, 0.3, 0.6]))
    clusterer = Modes(k=2, prominence=0.0) if kind == "modes" else DBSCAN(eps=1.5, min_samples=draw(st.integers(1, 3)))
    cover = UniformCover(n_intervals, overlap)
    if kind == "one interval":
        cover = UniformCover(1)
    if kind == "disordered":
        lower = draw(st.permutations([0.0, 8.0, 16.0, 24.0]))
        cover = IntervalCover(lower, [low + 10 for low in lower])
    if kind == "boxes":
        lens, cover = np.stack([lens, lens[::-1]], axis=1), ProductCover(UniformCover(3), UniformCover(2))
    graph = Mapper(lens=lens, cover=cover, clusterer=clusterer).fit(cloud).graph_
    return imported(graph, draw(st.booleans())) if kind == "imported" and graph.n_nodes else graph


def imported(graph, is_ordered=True):
    """Return a graph as another tool would give it, with cubes that the lens follows or not."""
    names = [f"cube{interval}_cluster{node}" for node, interval in enumerate(graph.interval)]
    clusters = ordered_clusters(names, [graph.members(node) for node in range(graph.n_nodes)])
    lens = clusters.cubes.astype(float) if is_ordered else np.cos(clusters.cubes.astype(float))
    links = [(names[source], names[target], None) for source, target in zip(*graph.links[:2], strict=True)]
    return imported_graph(clusters, links, n_points=graph.n_points, node_lens=lens, lens_name="lens")


def joined(n_nodes, source, target):
    """Return the components of a graph as sets."""
    graph = nx.Graph(zip(source.tolist(), target.tolist(), strict=True))
    graph.add_nodes_from(range(n_nodes))
    return [frozenset(part) for part in nx.connected_components(graph)]


def many(n_nodes, n_columns, seed=0):
    """Return a graph of modes with that many nodes, of random members: each point of an interval is in one node."""
    rng = np.random.default_rng(seed)
    interval = np.sort(np.arange(n_nodes) % n_columns)
    per_column = np.bincount(interval)
    members = []
    for number, n_own in enumerate(per_column):
        node = np.concatenate([np.arange(n_own), np.sort(rng.integers(n_own, size=20 * n_own))])
        members += [(14 * per_column[0] * number + np.flatnonzero(node == own)).tolist() for own in range(n_own)]
    first = np.searchsorted(interval, interval)
    prominence = np.where(first == np.arange(n_nodes), np.inf, rng.exponential(0.7, size=n_nodes))
    return of_modes(members, interval.tolist(), prominence, first)


class TestDrawnEdges:
    @QUICK
    @given(graphs())
    def test_what_is_joined_stays_joined(self, graph):
        drawn, links = drawn_edges(graph).drawn, graph.links
        parts = joined(graph.n_nodes, links.source[drawn], links.target[drawn])
        strong = links.jaccard > MIN_JACCARD
        for part in joined(graph.n_nodes, links.source[strong], links.target[strong]):
            assert any(part <= whole for whole in parts)

    @QUICK
    @given(graphs())
    def test_the_weight_says_what_is_drawn_and_is_as_written(self, graph):
        edges, links = drawn_edges(graph), graph.links
        assert ((edges.weight >= 0) & (edges.weight <= 1)).all()
        assert edges.drawn.tolist() == (edges.weight >= 0.25).tolist()
        tree = forest(links, graph.n_nodes)
        for edge, (source, target, shared, _) in enumerate(zip(*links, strict=True)):
            ends = [
                shared
                / sum(
                    other_shared
                    for a, b, other_shared, _ in zip(*links, strict=True)
                    for own, other in ((a, b), (b, a))
                    if own == near and graph.interval[other] == graph.interval[far]
                )
                for near, far in ((source, target), (target, source))
            ]
            assert edges.drawn[edge] == (tree[edge] or (max(ends) >= 0.25 - 1e-12 and min(ends) >= 0.05 - 1e-12))

    def test_a_forest_is_drawn_with_weight_1_and_has_the_strongest_edges(self):
        graph = shaped(nx.cycle_graph(5))
        links = graph.links._replace(jaccard=np.array([0.5, 0.1, 0.4, 0.3, 0.2]))
        tree = forest(links, 5)
        assert tree.tolist() == [True, False, True, True, True]
        assert (drawn_edges(graph).weight[forest(graph.links, 5)] == 1).all()

    def test_a_border_of_few_points_is_not_drawn(self):
        big, other = list(range(100)), list(range(100, 200))
        graph = graph_of([big, other, [*big[50:], 300], [*other[50:], big[0]]], interval=[0, 0, 1, 1])
        drawn = drawn_edges(graph).drawn
        pairs = dict(zip(zip(*(ends.tolist() for ends in graph.links[:2]), strict=True), drawn.tolist(), strict=True))
        assert pairs == {(0, 2): True, (0, 3): False, (1, 3): True}
        assert drawn_share(graph.links, drawn) == pytest.approx(100 / 101)

    def test_no_edges(self):
        graph = graph_of([[0], [1]])
        assert drawn_edges(graph).drawn.tolist() == []
        assert drawn_share(graph.links, drawn_edges(graph).drawn) == 1


class TestCut:
    @QUICK
    @given(clouds(max_points=60), st.sampled_from(CUTS))
    def test_it_is_the_graph_at_that_prominence(self, cloud, prominence):
        if len(np.unique(cloud, axis=0)) < 3:
            return
        finest, coarse = (
            Mapper(lens="pca:0", n_intervals=4, clusterer=Modes(k=2, prominence=p)).fit(cloud).graph_
            for p in (0.0, prominence)
        )
        cut = cut_at(finest, prominence)
        assert finest.modes[cut.nodes].tolist() == coarse.modes.tolist()
        assert cut.sizes.tolist() == coarse.memberships.sizes.tolist()
        for own, others in zip(cut.links, coarse.links, strict=True):
            np.testing.assert_allclose(own, others)

    @pytest.mark.parametrize(
        ("prominent", "expected"),
        [
            ({1.5: MIN_NODES}, 1.0),
            ({1.5: MIN_NODES - 1, 0.6: 1}, 0.5),
            ({1.5: 3, 0.3: MIN_NODES - 3}, 0.25),
            ({1.5: 3, 0.2: MIN_NODES - 3}, 0.15),
            ({1.5: 3}, 0.15),
            ({1.5: MAX_NODES + 1}, 2.0),
            ({1.5: MAX_NODES, 0.3: 900}, 1.0),
            ({9.0: MAX_NODES + 1}, 4.0),
        ],
    )
    def test_first_prominence(self, prominent, expected):
        heights = [height for height, n_nodes in prominent.items() for _ in range(n_nodes)]
        heights[0] = np.inf
        members = [[node] for node in range(len(heights))]
        assert first_prominence(of_modes(members, [0] * len(heights), heights, [0] * len(heights))) == expected


class TestLensLayout:
    @QUICK
    @given(graphs())
    def test_the_same_graph_gets_the_same_drawing(self, graph):
        once, twice = lens_layout(graph), lens_layout(graph)
        assert once.positions.tolist() == twice.positions.tolist()
        assert (once.radius is None) == (twice.radius is None)

    @QUICK
    @given(graphs())
    def test_columns_are_in_the_order_of_the_lens(self, graph):
        drawing = lens_layout(graph)
        assert np.isfinite(drawing.positions).all()
        column = columns_of(graph)
        if len(set(column.tolist())) < 2:
            assert drawing.radius is None
            return
        x = drawing.positions[:, 0]
        for node in range(graph.n_nodes):
            assert ((x > x[node]) == (column > column[node])).all()
        if isinstance(graph, ImportedGraph):
            lens = graph.node_lens
        else:
            lens = graph.intervals.lower.reshape(len(graph.intervals.lower), -1)[graph.interval, 0]
        order = np.argsort(lens, kind="stable")
        assert (np.diff(x[order]) >= 0).all()

    @QUICK
    @given(graphs())
    def test_discs_do_not_overlap_at_any_cut(self, graph):
        drawing = lens_layout(graph)
        if drawing.radius is None:
            return
        assert (drawing.radius > 0).all()
        assert overlaps(drawing.positions.tolist(), drawing.radius.tolist()) == 0
        for prominence in CUTS if graph.prominence is not None else ():
            cut = cut_drawing(graph, drawing, prominence)
            assert (cut.radius > 0).all()
            assert overlaps(cut.positions.tolist(), cut.radius.tolist()) == 0

    @QUICK
    @given(graphs(("modes",)), st.sampled_from(CUTS))
    def test_a_node_keeps_its_place_at_every_cut(self, graph, prominence):
        whole = lens_layout(graph)
        cut = cut_at(graph, prominence)
        assert cut_drawing(graph, whole, prominence).positions.tolist() == whole.positions[cut.nodes].tolist()

    def test_the_first_cut_is_drawn_by_itself(self):
        cloud = np.random.default_rng(0).normal(size=(900, 3))
        finest, coarser = (
            Mapper(lens="pca:0", n_intervals=30, clusterer=Modes(k=4, prominence=p)).fit(cloud).graph_
            for p in (0.0, 0.12)
        )
        prominence = first_prominence(finest)
        assert finest.n_nodes > coarser.n_nodes > len(cut_at(finest, prominence).nodes) >= MIN_NODES
        shown, others = (cut_drawing(graph, lens_layout(graph), prominence) for graph in (finest, coarser))
        assert shown.positions.tolist() == others.positions.tolist()
        assert shown.radius.tolist() == others.radius.tolist()

    @pytest.mark.parametrize("n_nodes", [400, pytest.param(2000, marks=pytest.mark.slow)])
    def test_many_nodes(self, n_nodes):
        graph = many(n_nodes, 25)
        drawing = lens_layout(graph)
        assert overlaps(drawing.positions.tolist(), drawing.radius.tolist()) == 0

    def test_many_intervals_and_few_nodes(self):
        graph = graph_of([[0, 1], [1, 2], [5, 6]], interval=[0, 1, 9_999])
        wide = Intervals(np.arange(10_000.0), np.arange(10_000.0) + 1)
        object.__setattr__(graph, "intervals", wide)
        positions = lens_layout(graph).positions
        assert positions[2, 0] == pytest.approx(9_999 * positions[1, 0])

    def test_crowded_columns_are_set_apart(self):
        members = [[row, 100 + row] for row in range(100)] + [[100 + row] for row in range(100)]
        positions = lens_layout(graph_of(members, interval=[0] * 100 + [1] * 100)).positions
        assert np.ptp(positions[:, 0]) == pytest.approx(1.7 * np.ptp(positions[:, 1]), rel=0.01)

    def test_few_nodes(self):
        empty = graph_of([], n_points=3)
        assert lens_layout(empty).positions.shape == (0, 2)
        assert lens_layout(graph_of([[0, 1]])).positions.tolist() == [[0, 0]]
        pair = lens_layout(graph_of([[0, 1], [1, 2]]))
        assert pair.positions[:, 1].tolist() == [0, 0]
        assert pair.positions[1, 0] > pair.positions[0, 0]

    def test_a_path_is_drawn_level(self):
        positions = lens_layout(path_of(30)).positions
        assert np.ptp(positions[:, 1]) == pytest.approx(0, abs=1e-3)

    def test_a_ring_is_drawn_open_without_crossings(self):
        ring = graph_of([[0, 1, 2], [1, 3], [2, 4], [3, 5], [4, 6], [5, 6, 7]], interval=[0, 1, 1, 2, 2, 3])
        drawing = lens_layout(ring)
        edges = list(zip(*(ends.tolist() for ends in ring.links[:2]), strict=True))
        assert crossings(drawing.positions.tolist(), edges) == 0
        assert over_foreign(drawing.positions.tolist(), drawing.radius.tolist(), edges) == 0
        upper = np.sign(drawing.positions[1:5, 1])
        assert upper.tolist() in ([1, -1, 1, -1], [-1, 1, -1, 1])

    def test_a_trunk_is_straight_and_its_arms_leave_it(self):
        n = 12
        trunk = [list(range(100 * i, 100 * i + 150)) for i in range(n)]
        arm = [[100 * i + 150 - 3, 5000 + i, 5001 + i] if i == 6 else [5000 + i, 5001 + i] for i in range(6, n)]
        graph = graph_of([*trunk, *arm], interval=[*range(n), *range(7, n + 1)])
        y = lens_layout(graph).positions[:, 1]
        assert np.ptp(y[:n]) < 0.3
        assert np.abs(y[n + 2 :]).min() > 1

    def test_a_grid_of_imported_cubes_gets_columns_of_the_lens(self):
        names = [f"cube{i}_cluster0" for i in range(9)]
        clusters = ordered_clusters(names, [[i, i + 1] for i in range(9)])
        graph = imported_graph(clusters, [], n_points=10, node_lens=np.tile([0.0, 1.0, 2.0], 3), lens_name="lens")
        assert columns_of(graph).tolist() == [0, 1, 2] * 3


class TestBeside:
    CLOUD = np.random.default_rng(3).normal(size=(1500, 3)) * [4, 1, 1]

    def graph(self, clusterer=None, **settings):
        clusterer = clusterer or Modes(k=8, prominence=0.1)
        return (
            Mapper(lens="pca:0", clusterer=clusterer, **{"n_intervals": 12, "overlap": 0.3} | settings)
            .fit(self.CLOUD)
            .graph_
        )

    @pytest.mark.parametrize(
        "other",
        [
            {"n_intervals": 13},
            {"overlap": 0.4},
            {"clusterer": Modes(k=10, prominence=0.1)},
            {"clusterer": DBSCAN(eps=0.9)},
        ],
        ids=str,
    )
    def test_survivors_keep_their_height_and_nothing_overlaps(self, other):
        before, after = self.graph(), self.graph(**other)
        drawn = lens_layout(before)
        drawing = lens_layout(after, before, drawn.positions)
        held = drawing.continues >= 0
        assert held.mean() >= MIN_CONTINUED / 2
        assert drawing.positions[held, 1].tolist() == drawn.positions[drawing.continues[held], 1].tolist()
        for prominence in CUTS if after.prominence is not None else ():
            cut = cut_drawing(after, drawing, prominence)
            assert overlaps(cut.positions.tolist(), cut.radius.tolist()) == 0
        again = lens_layout(after, before, drawn.positions)
        assert again.positions.tolist() == drawing.positions.tolist()

    def test_the_same_graph_stays_where_it_is(self):
        graph = self.graph()
        drawn = lens_layout(graph)
        drawing = lens_layout(graph, graph, drawn.positions)
        assert drawing.positions.tolist() == drawn.positions.tolist()
        assert drawing.continues.tolist() == list(range(graph.n_nodes))

    def test_fewer_columns_beside_more_take_as_much_room(self):
        before, after = self.graph(), self.graph(n_intervals=8)
        drawn = lens_layout(before)
        wide, narrow = (np.ptp(one.positions[:, 0]) for one in (drawn, lens_layout(after, before, drawn.positions)))
        assert narrow > 0.7 * wide

    def test_with_little_in_common_it_is_drawn_by_itself_or_mirrored(self):
        before, after = self.graph(n_intervals=3), self.graph(n_intervals=40)
        positions = lens_layout(before).positions
        drawing, own = lens_layout(after, before, positions), lens_layout(after)
        assert (drawing.continues == -1).all()
        assert np.abs(drawing.positions).tolist() == np.abs(own.positions).tolist()
        upside_down = lens_layout(after, before, positions * [1, -1])
        assert upside_down.positions.tolist() == (drawing.positions * [1, -1] + 0.0).tolist()


@st.composite
def layered(draw):
    """Nodes in columns, and edges between any two columns."""
    column = np.sort(draw(st.lists(st.integers(0, 4), min_size=1, max_size=24)))
    pairs = [(a, b) for a in range(len(column)) for b in range(a + 1, len(column)) if column[a] != column[b]]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=40)) if pairs else []
    return np.array(column), np.array([a for a, _ in edges], dtype=int), np.array([b for _, b in edges], dtype=int)


class TestUntangled:
    @STEADY
    @given(layered())
    def test_no_order_has_more_crossings_than_before(self, layers):
        column, source, target = layers
        order = np.lexsort((np.arange(len(column)), column))
        better = untangled(column, order, source, target)
        assert sorted(better.tolist()) == list(range(len(column)))
        assert (np.diff(column[better]) >= 0).all()
        assert n_crossings(column, better, source, target) <= n_crossings(column, order, source, target)

    @STEADY
    @given(layered())
    def test_crossings_are_counted(self, layers):
        column, source, target = layers
        order = np.arange(len(column))
        place = np.arange(len(column)) - np.searchsorted(column, column)
        edges = list(zip(source.tolist(), target.tolist(), strict=True))
        of_a_pair = {}
        for a, b in edges:
            of_a_pair.setdefault((column[a], column[b]), []).append((a, b))
        positions = list(zip(column.tolist(), place.tolist(), strict=True))
        expected = sum(crossings(positions, some) for some in of_a_pair.values())
        assert n_crossings(column, order, source, target) == expected

    def test_strands_in_a_knot_are_untied(self):
        column = np.repeat(np.arange(6), 4)
        rng = np.random.default_rng(0)
        places = [rng.permutation(4) for _ in range(6)]
        source = np.concatenate([4 * c + places[c] for c in range(5)])
        target = np.concatenate([4 * (c + 1) + places[c + 1] for c in range(5)])
        order = np.arange(24)
        assert n_crossings(column, order, source, target) > 0
        assert n_crossings(column, untangled(column, order, source, target), source, target) == 0


class TestDiscs:
    places = st.lists(st.integers(-20, 20), max_size=8, unique=True)

    @STEADY
    @given(places, st.floats(-25, 25), st.floats(0.1, 0.5))
    def test_a_free_place_is_free_and_the_nearest(self, heights, wanted, radius):
        there = np.array(heights, dtype=float)
        radii = np.full(len(there), 0.3)
        found = free_place(wanted, radius, there, radii)
        room = radii + radius + GAP

        def is_free(place):
            return (np.abs(there - place) >= room - 1e-9).all()

        assert is_free(found)
        nearer = np.linspace(-1, 1, 401) * (abs(found - wanted) - 1e-6) + wanted
        assert found == wanted or not any(is_free(place) for place in nearer)

    @STEADY
    @given(
        st.lists(
            st.tuples(st.integers(0, 3), st.integers(0, 60), st.integers(1, 500)),
            min_size=1,
            unique_by=lambda disc: disc[:2],
        )
    )
    def test_discs_are_made_to_fit(self, discs):
        column, height, sizes = (np.array(values, dtype=float) for values in zip(*discs, strict=True))
        wanted = disc_radii(sizes, sizes.max())
        radius = fitted(column, height / 4, wanted)
        assert (radius <= wanted).all()
        assert (radius > 0).all()
        assert overlaps(list(zip(column, height / 4, strict=True)), radius) == 0

    def test_areas_are_as_the_sizes(self):
        radii = disc_radii([100, 50, 1, 400], 100)
        assert radii[0] == radii[3]
        assert radii[1] ** 2 / radii[0] ** 2 == pytest.approx(0.5)


def test_intervals_without_nodes_keep_their_room():
    graph = graph_of([[0, 1], [1, 2]], interval=[0, 2])
    gap = np.diff(lens_layout(graph).positions[:, 0])
    near = np.diff(lens_layout(graph_of([[0, 1], [1, 2]])).positions[:, 0])
    assert gap[0] == pytest.approx(2 * near[0])


def test_boxes_are_ordered_by_the_first_lens():
    graph = graph_of([[0], [1], [2], [3]], interval=[0, 1, 2, 3])
    lower = np.array([[0.0, 0.0], [0.0, 5.0], [1.0, 0.0], [1.0, 5.0]])
    boxes = graph.with_links(graph.links)
    object.__setattr__(boxes, "intervals", Intervals(lower, lower + 1))
    assert columns_of(boxes).tolist() == [0, 0, 1, 1]
