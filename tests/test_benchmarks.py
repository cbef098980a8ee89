"""The tables of docs/benchmarks.md come out of results, and sides are compared as their differences deserve."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from topoact import DBSCAN, Mapper
from topoact.study import open_study

ROOT = Path(__file__).parents[1]
PLACES = ("growth", "large", "modes", "extraction")
CONDITIONS = {"when": "today", "machine": "a machine", "load": [0.1, 2.0], "versions": "numpy 2"}
INDEX = {
    "status": "done",
    "n_channels": 8,
    "zeros": 0.5,
    "data_mib": 1.0,
    "before_mib": 100.0,
    "peak_mib": 512.0,
    "first": 0.01,
    "again": [0.01, 0.02, 0.03],
    "further": [1.0] * 27,
}
GROWTH = {
    "conditions": CONDITIONS,
    "product_rate": 1e9,
    "rows": [
        INDEX | {"eps": 1.0, "n_points": n, "build": n * n / 1e8, "band_mib": n * n / 1e6, "pairs": n * n // 2}
        for n in (1_000, 2_000, 4_000)
    ]
    + [{"eps": 2.0, "status": "memory", "said": ""}],
}
MODES = {
    "index": INDEX
    | {"n_points": 2_000, "index_mib": 123.0, "build": 2.5, "build_cpu": 5.0, "restore": 0.02}
    | {"graphs": [0.2, 0.3, 0.25], "graphs_cpu": [0.4], "cuts": [0.03, 0.04, 0.05]},
    "intervals": {"status": "done", "trees": [2.0, 4.0], "equal": 2},
    "gudhi": {"status": "time", "said": ""},
}
EXTRACTED = {
    "name": "ResNet-20",
    "examples": 4_000,
    "vectors": 32_000,
    "layers": 8,
    "bare_seconds": 20.0,
    "extraction_seconds": 21.0,
    "overhead": 0.05,
    "cpu_overhead": -0.01,
    "disk_mib": 8.2,
    "before_mib": 500.0,
    "peak_mib": 560.0,
    "bare_mib": 520.0,
    "smaller": {"examples": 1_000, "peak_mib": 555.0},
}
OWN = """
import torch

small = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3))
squares = lambda: [(torch.full((3, 8, 8), i / 6), i % 2) for i in range(6)]
"""
PARITY = {"ours": 3, "theirs": 5, "equal": 2, "alone": 2, "border": 1, "unexplained": 0, "only_ours": 1}
CASE = {
    "name": "layer",
    "n_points": 1_000,
    "n_channels": 8,
    "zeros": 0.5,
    "data_mib": 1.0,
    "eps": 1.0,
    "n_intervals": 70,
    "overlap": 0.3,
    "degree": 12.0,
    "limits": {"memory_mib": 16 * 1024, "seconds": 600},
    "sides": {
        "topoact": {"status": "done", "seconds": [0.5, 0.4, 0.6], "peak_mib": 512.0, "parity": PARITY},
        "gudhi": {"status": "done", "seconds": [5.0, 4.0, 6.0], "peak_mib": 1024.0, "parity": PARITY},
        "zen-mapper": {"status": "memory", "seconds": [], "peak_mib": 16_400.0, "stopped_after": 30.0},
    },
    "indexes": [],
}


@pytest.fixture(autouse=True)
def _benchmarks_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)


def filled(folder: Path, results: dict[str, dict]) -> str:
    from benchmarks import render

    page = folder / "page.md"
    page.write_text("By hand.\n" + "".join(f"<!-- begin {n} -->\nold {n}\n<!-- end {n} -->\n" for n in PLACES))
    for name, result in results.items():
        (folder / f"{name}.json").write_text(json.dumps(result))
    render.fill(page, folder)
    return page.read_text()


def test_starts_render_with_tables_between_their_markers_and_the_rest_stays(tmp_path: Path) -> None:
    text = filled(tmp_path, {"growth": GROWTH})
    assert text.startswith("By hand.\n<!-- begin growth -->\n*today; a machine; load 0.1 to 2;")
    assert "| 2,000 × 8 | 50% | 0.04 s |" in text
    assert "old growth" not in text
    assert "old large" in text


def test_the_law_is_the_exponent_that_the_figures_have(tmp_path: Path) -> None:
    text = filled(tmp_path, {"growth": GROWTH})
    assert "the index n^2.00 (step by step 2.0, 2.0)" in text
    assert "a further graph n^0.00 (step by step 0.0, 0.0)" in text
    assert "ε 2: memory" in text


def test_a_comparison_tells_ratios_parity_and_who_was_stopped(tmp_path: Path) -> None:
    text = filled(tmp_path, {"large": {"conditions": CONDITIONS, "cases": [CASE]}})
    assert (
        "| gudhi | 5 (4–6) | 10.0 | 1.00 GiB | 5 | 2 of 3; 2 of one point or none; 1 differ in border points |" in text
    )
    assert "| zen-mapper | stopped beyond 16 GiB |  | 16.0 GiB |" in text


def test_modes_with_an_index_and_without(tmp_path: Path) -> None:
    text = filled(tmp_path, {"modes": {"conditions": CONDITIONS, "rows": [MODES, {"index": {"status": "memory"}}]}})
    seconds = "2.5 s | 5 s | 0.02 s | 0.25 (0.2–0.3) s | 0.4 s | 0.04 (0.03–0.05) s"
    assert f"| 2,000 × 8 | {seconds} | 123 MiB | 1 MiB | 0.50 GiB, 0.10 | 3 (2–4) s | 2 of 2 | time |\n" in text


def test_extraction_has_a_row_for_each_run(tmp_path: Path) -> None:
    rows = [EXTRACTED, EXTRACTED | {"name": "MiniLM", "smaller": None}]
    text = filled(tmp_path, {"extraction": {"conditions": CONDITIONS, "rows": rows}})
    figures = "4,000 | 32,000 in 8 | 20.0 s | 21.0 s | +5.0% | -1.0% | 8 MiB | 560 MiB, 500 |"
    assert f"| ResNet-20 | {figures} 555 MiB for 1,000 |\n| MiniLM | {figures}  |" in text


def test_starts_extraction_beside_the_bare_loop(tmp_path: Path) -> None:
    from benchmarks.extraction import measure, sentences

    (tmp_path / "own.py").write_text(OWN)
    options = ["--layers", "0", "--policy", "all", "--batch-size", "2", "-o", tmp_path / "s"]
    found = measure([f"{tmp_path / 'own.py'}:small", f"{tmp_path / 'own.py'}:squares", *options], smaller=4)
    assert (found["examples"], found["vectors"], found["layers"]) == (6, 6 * 36, 1)
    assert found["smaller"]["examples"] == 4
    assert "the first 4 examples alone" in sentences(found)[-1]
    assert open_study(tmp_path / "s").layer("0").vectors().shape == (6 * 36, 4)


def test_starts_interleaved_processes_that_take_turns() -> None:
    from benchmarks.interleaved import Failed, run_in_turns

    code = "print('ready', flush=True); input(); {}; print(7, flush=True)"
    quick, slow = ["-c", code.format("pass")], ["-c", code.format("import time; time.sleep(0.2)")]
    results = run_in_turns({"quick": quick, "slow": slow})
    assert [result.output for result in results.values()] == ["7", "7"]
    assert results["slow"].seconds >= 0.2
    with pytest.raises(Failed, match="ended with 1"):
        run_in_turns({"quick": quick, "failing": ["-c", code.format("raise SystemExit(1)")]})


def test_a_part_without_a_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no place for synthetic"):
        filled(tmp_path, {"synthetic": {"conditions": CONDITIONS, "cases": [CASE]}})


def test_every_part_has_a_table_and_a_place_in_the_page() -> None:
    from benchmarks.parts import PARTS
    from benchmarks.render import TABLES

    page = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    assert PARTS.keys() == TABLES.keys()
    assert all(f"<!-- begin {name} -->" in page and f"<!-- end {name} -->" in page for name in TABLES)


def test_starts_parity_which_tells_nodes_of_one_point_and_border_points_from_faults() -> None:
    from benchmarks.parity import compare

    border = 1.0  # lies within ε of the last on its left and the first on its right
    points = np.array([0, 0.05, 0.1, 0.15, border, 1.85, 1.9, 1.95, 2])[:, None]
    mapper = Mapper(lens=np.arange(9.0), n_intervals=1, overlap=0, clusterer=DBSCAN(eps=0.86, min_samples=4))
    graph = mapper.fit(points).graph_
    left, right = (graph.members(node) for node in range(2))
    assert left.tolist() == [0, 1, 2, 3, 4]
    moved = [left[:-1], np.append(left[-1:], right)]
    assert compare(graph, [left, right, np.array([6])], points, 4)["equal"] == 2
    assert compare(graph, [left, right, np.array([6])], points, 4)["alone"] == 1
    assert compare(graph, moved, points, 4) | {"ours": 0, "theirs": 0} == {
        "ours": 0, "theirs": 0, "equal": 0, "alone": 0, "border": 2, "unexplained": 0, "only_ours": 2,
    }  # fmt: skip
    assert compare(graph, [left[1:], right], points, 4)["unexplained"] == 1


def test_starts_limited_process_whose_excess_is_an_outcome() -> None:
    from benchmarks.limited_process import run

    def python(code: str) -> list[str]:
        return [sys.executable, "-c", code]

    assert run(python("print('first'); print(7)"), memory_mib=1_000, seconds=60)[::3] == ("done", "7")
    assert (
        run(python("import time; x = b'1' * (300 << 20); time.sleep(60)"), memory_mib=150, seconds=60).status
        == "memory"
    )
    assert run(python("import time; time.sleep(60)"), memory_mib=1_000, seconds=0.3).status == "time"
    assert run(python("raise SystemExit('why')"), memory_mib=1_000, seconds=60)[::3] == ("failed", "why")


def test_starts_data_with_a_mixture_that_is_the_same_every_time_and_looks_like_activations() -> None:
    from benchmarks.data import mixture

    first = mixture(500, n_channels=64)
    assert np.array_equal(first, mixture(500, n_channels=64))
    assert first.min() == 0
    assert 0.5 < (first == 0).mean() < 0.9


def test_starts_planted_shapes_that_are_judged_and_tabled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmarks import planted

    target = tmp_path / "outcomes.jsonl"
    small = ["--points", "1000", "--channels", "8", "--noise", "0.02", "--seeds", "0"]
    monkeypatch.setattr(planted, "SHAPES", {name: planted.SHAPES[name] for name in ("line", "ring")})
    for sides in (["paper"], ["paper", "communities"]):
        monkeypatch.setattr(sys, "argv", ["planted", "run", "-o", str(target), *small, "--sides", *sides])
        planted.main()
    outcomes = [json.loads(line) for line in target.read_text().splitlines()]
    assert [one["side"] for one in outcomes] == ["paper"] * 4 + ["communities"] * 4
    assert {one["outcome"] for one in outcomes[4:]} == {"wrong"}
    monkeypatch.setattr(sys, "argv", ["planted", "table", str(target)])
    planted.main()
    assert capsys.readouterr().out.splitlines()[-1].endswith("| 0 / 0 / 100 |")


@pytest.mark.parametrize(
    ("found", "how"), [((1, 1), "right"), ((None, 1), "cannot tell"), ((None, 2), "wrong"), ((2, None), "wrong")]
)
def test_what_is_told_must_be_true(found: tuple[int | None, int | None], how: str) -> None:
    from benchmarks import planted

    case = ("ring", 10, 2, 0.1, False, 0)
    assert planted.judged("judge", case, found)["outcome"] == how
