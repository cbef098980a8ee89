"""The benchmark of several pages starts."""

import re
from pathlib import Path

import pytest

from topoact.testing.serving import TOKEN

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("behind", ["nothing", "stability"])
def test_starts_clients(server, monkeypatch, behind):
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks import clients

    found = clients.measure(f"{server.address}/?token={TOKEN}", n_clients=2, turns=2, pause=0.0, behind=behind)
    assert (found.n_clients, len(found.seconds)) == (2, 4)
    assert 0 < found.p95 <= max(found.seconds)
    assert re.fullmatch(rf"\| 2 \| {behind} \| 4 \|( [\d.]+ \|){{4}}", found.row())
