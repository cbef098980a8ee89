"""The measurement of redraws starts, and finds the knobs that a graph has."""

import re
from pathlib import Path
from typing import Any

import pytest


def test_starts_redraw(explorer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
    from benchmarks import redraw

    some = {knob: redraw.POSITIONS[knob] for knob in ("Prominence", "Neighbours", "minPts", "ε")}
    monkeypatch.setattr(redraw, "POSITIONS", some)
    found = list(redraw.measure(explorer.page, times=1))
    assert [(one.preset, one.knob) for one in found] == [
        ("default", "Prominence"), ("default", "Neighbours"), ("paper", "minPts"), ("paper", "ε"),
    ]  # fmt: skip
    assert all(0 < one.seconds[0] < 60 for one in found)
    assert all(re.fullmatch(r"\| \w+ \| \S+ \| 1 \|( [\d.–]+ \|){3}", one.row()) for one in found)
