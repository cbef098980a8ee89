"""The comparison of clusterers on a layer makes its rows, and loops are those of the skeleton."""

import sys
from pathlib import Path

import numpy as np
import pytest

from topoact.study import open_study

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _benchmarks_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)


@pytest.fixture
def rows_of(capsys, monkeypatch, digits_path):
    def rows(part):
        from benchmarks import compare

        layer = open_study(digits_path).layers[0]
        arguments = [str(digits_path), layer, "--points", "400", "--resamples", "1", "--only", part]
        monkeypatch.setattr(sys, "argv", ["compare", *arguments])
        compare.main()
        lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| Modes")]
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]

    return rows


def test_starts_compare_with_rows_of_every_prominence(rows_of):
    from benchmarks.compare import PROMINENCES

    rows = rows_of("modes")
    assert [row[0] for row in rows] == [f"Modes({k}, {prominence:g})" for k in (15, 30) for prominence in PROMINENCES]
    for some in (rows[:5], rows[5:]):
        nodes = [int(row[1]) for row in some]
        assert nodes == sorted(nodes, reverse=True)
        assert len({row[3] for row in some}) == 1
    assert {row[4] for row in rows} == {"1.000"}


def test_rows_of_covers_lenses_and_metrics(rows_of):
    from benchmarks.compare import COVERS

    assert len(rows_of("variations")) == len(COVERS) + 3


def test_a_sample_is_even_along_the_lens():
    from benchmarks.data import sample_rows

    vectors = np.arange(1000, dtype=np.float32)[:, None][::-1]
    assert np.diff(sample_rows(vectors, 100)).tolist() == [10] * 99
    assert sample_rows(vectors, 2000).tolist() == list(range(1000))
