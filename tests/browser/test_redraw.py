"""The measurement of redraws starts, and finds the knobs that a graph has."""

import re
from pathlib import Path
from typing import Any

import pytest

from topoact.testing.studies import write_digits_study


def test_starts_redraw(new_page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a study of its own: in one with stored graphs and indexes a knob may snap to where it is."""
    from benchmarks import redraw

    some = {knob: redraw.POSITIONS[knob] for knob in ("Prominence", "Neighbours", "minPts", "ε")}
    monkeypatch.setattr(redraw, "POSITIONS", some)
    with redraw.served(write_digits_study(tmp_path / "digits", n_examples=300)) as url:
        page = new_page()
        page.goto(url)
        found = list(redraw.measure(page, times=1))
        page.close()
    assert [(one.preset, one.knob) for one in found] == [
        ("default", "Prominence"), ("default", "Neighbours"), ("paper", "minPts"), ("paper", "ε"),
    ]  # fmt: skip
    assert all(0 < one.seconds[0] < 60 for one in found)
    assert all(re.fullmatch(r"\| \w+ \| \S+ \| 1 \|( [\d.–]+ \|){3}", one.row()) for one in found)
