"""Examples that are appended give the study that one run over all would have given."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from topoact.extract import Plan, extract
from topoact.inputs.sources import DatasetSource
from topoact.study import Study, open_study

LAYERS = ("0", "2", "4")


def exact() -> nn.Sequential:
    """A network of whole numbers: what a vector is does not depend, to the last bit, on what else is in its batch."""
    torch.manual_seed(7)
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 6, 3, stride=2), nn.Flatten(), nn.Linear(54, 5)]
    model = nn.Sequential(*layers).requires_grad_(False)
    for parameter in model.parameters():
        parameter.copy_(torch.randint(-2, 3, parameter.shape))
    return model


def items(rows: Sequence[int], **columns: Any) -> list[dict[str, Any]]:
    """Inputs that are what their row says, with whole numbers."""
    made = [torch.Generator().manual_seed(row) for row in rows]
    inputs = [torch.randint(0, 8, (3, 8, 8), generator=one).float() for one in made]
    return [{"input": x, "label": f"class {row % 3}", **columns} for row, x in zip(rows, inputs, strict=True)]


def source(*parts: list[dict[str, Any]], name: str = "all") -> DatasetSource:
    return DatasetSource([item for part in parts for item in part], record={"spec": name})


def plan(**changes: Any) -> Plan:
    return Plan(**{"layers": LAYERS, "policies": ("random", "mean", "all"), "batch_size": 4, **changes})


def assert_same(one: Study, other: Study) -> None:
    """Whether two studies have the same layers, to the bit, and the same examples."""
    assert one.layers == other.layers
    assert [entry.digest for entry in one.manifest.layers] == [entry.digest for entry in other.manifest.layers]
    for name in one.layers:
        np.testing.assert_array_equal(one.layer(name).vectors(), other.layer(name).vectors())
        assert one.layer(name).points.equals(other.layer(name).points)
    assert one.examples.equals(other.examples)
    assert [one.thumbnail(row) for row in range(one.n_examples)] == [
        other.thumbnail(row) for row in range(other.n_examples)
    ]


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topoact.study.segments.SEGMENT_EXAMPLES", 8)
    monkeypatch.setattr("topoact.study.files.os.fsync", lambda _: None)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(sizes=st.lists(st.integers(1, 18), min_size=2, max_size=3))
def test_parts_appended_are_one_run_over_all(sizes: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("append")
    ends = np.cumsum([0, *sizes])
    parts = [items(range(a, b)) for a, b in pairwise(ends)]
    model = exact()
    for number, part in enumerate(parts):
        study = extract(model, source(part, name=f"part {number}"), folder / "a", plan(), append=number > 0)
    whole = extract(model, source(*parts), folder / "b", plan())
    assert_same(study, whole)
    assert study.classes == whole.classes or sizes[0] < 3
    assert study.manifest.notes == whole.manifest.notes
    assert study.manifest.segment == whole.manifest.segment
    assert sorted(path.name for path in folder.iterdir()) == ["a", "b"]
    assert open_study(folder / "a").digest == study.digest
