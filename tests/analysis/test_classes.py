"""Classes of nodes against `collections.Counter`."""

import math
from collections import Counter

import numpy as np
from graphs import graph_of
from hypothesis import given
from hypothesis import strategies as st

from topoact.analysis.labels.classes import class_counts, purity, top_classes
from topoact.testing.strategies import STEADY

NAMES = ["ant", "bee", "cat", "dog"]
FAMILIES = st.lists(st.sets(st.integers(0, 14), min_size=1).map(sorted), max_size=6)
CODES = st.lists(st.integers(-1, 3), min_size=15, max_size=15)


def counted(members, codes):
    return class_counts(graph_of(members, n_points=15), np.array(codes), len(NAMES))


@STEADY
@given(FAMILIES, CODES)
def test_counts(members, codes):
    found = counted(members, codes)
    assert found.shape == (len(members), 4)
    for node, rows in enumerate(members):
        expected = Counter(codes[row] for row in rows if codes[row] >= 0)
        assert found.toarray()[node].tolist() == [expected[code] for code in range(4)]


@STEADY
@given(FAMILIES, CODES)
def test_purity(members, codes):
    found = purity(counted(members, codes)).tolist()
    assert len(found) == len(members)
    for share, rows in zip(found, members, strict=True):
        expected = Counter(codes[row] for row in rows if codes[row] >= 0)
        assert math.isnan(share) if not expected else share == max(expected.values()) / expected.total()


@STEADY
@given(FAMILIES, CODES, st.integers(1, 5))
def test_top_classes(members, codes, n):
    table = top_classes(counted(members, codes), NAMES, n)
    expected = []
    for node, rows in enumerate(members):
        counter = Counter(codes[row] for row in rows if codes[row] >= 0)
        ranked = sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:n]
        expected += [(node, NAMES[code], count, count / counter.total()) for code, count in ranked]
    assert list(table.itertuples(index=False, name=None)) == expected
    assert list(table) == ["node", "name", "count", "share"]


def test_no_classes_at_all():
    counts = class_counts(graph_of([[0, 1]]), np.array([-1, -1]), 0)
    assert np.isnan(purity(counts)).tolist() == [True]
    assert len(top_classes(counts, [])) == 0
