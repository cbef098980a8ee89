"""The tables of docs/benchmarks.md, made from the results; the text outside of the markers is written by hand.

A table without results stays as it is.
"""

import json
import re
import statistics
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

Results = dict[str, Any]
STOPPED = {"memory": "stopped beyond {memory:.0f} GiB", "time": "stopped after {seconds:.0f} s", "failed": "failed"}
DIFFERENCES = {"alone": "of one point or none", "border": "differ in border points", "unexplained": "**unexplained**"}


def fill(page: Path, results: Path) -> None:
    """Write the tables of all results in a folder into a page, between ``<!-- begin NAME -->`` and its end.

    Raises
    ------
    ValueError
        If the page has no place for a part that has results.
    """
    text = page.read_text("utf-8")
    for name, table in TABLES.items():
        file = results / f"{name}.json"
        if file.exists():
            text = _replaced(text, name, table(json.loads(file.read_text())))
    page.write_text(text, "utf-8")


def _replaced(text: str, name: str, table: str) -> str:
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    if begin not in text or end not in text:
        raise ValueError(f"the page has no place for {name}: write {begin} and {end} where its table shall stand")
    return re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{table}\n{end}", text, flags=re.DOTALL)


def comparison(results: Results) -> str:
    """Return one table of seconds, memory and parity for each case."""
    return "\n\n".join([_conditions(results), *(_comparison_table(case) for case in results["cases"])])


def exactness(results: Results) -> str:
    """Return how many settings gave the nodes of scikit-learn, point for point and in order."""
    rows = []
    for check in results["checks"]:
        for quantile in sorted({row["quantile"] for row in check["rows"]}):
            own = [row for row in check["rows"] if row["quantile"] == quantile]
            equal = f"{sum(row['equal'] for row in own)} of {len(own)}"
            nodes = f"{min(row['nodes'] for row in own)}–{max(row['nodes'] for row in own)}"
            rows.append(
                [check["metric"], _count(check["n_points"]), f"{own[0]['eps']:.4g}", f"{quantile:.0%}", nodes, equal]
            )
    head = ["metric", "vectors", "ε", "quantile of the 5-NN distance", "nodes", "settings with equal nodes"]
    return f"{_conditions(results)}\n\n{_table(head, rows)}"


def growth(results: Results) -> str:
    """Return the figures at each size, and the fitted exponents of growth."""
    done = [row for row in results["rows"] if row["status"] == "done"]
    failed = [f"ε {row['eps']:g}: {row['status']}, {row['said']}" for row in results["rows"] if row not in done]
    head = ["vectors × channels", "zeros", "index", "share of the product limit", "further graph", "other graphs"]
    rate = results["product_rate"]
    table = _table([*head, "bits", "data", "peak, of which before"], [_growth_row(row, rate) for row in done])
    return "\n\n".join([_conditions(results), table, *failed, _exponents(done, rate)])


def ladder(results: Results) -> str:
    """Return the cost of one radius and of many, and of restoring an index beside building it."""
    head = ["radii", "index", "restored from disk", "first graph of it", "bits", "graphs", "median (range)"]
    rows = [_ladder_row(row) for row in results["rows"] if row["status"] == "done"]
    return f"{_conditions(results)}\n\n{_table(head, rows)}"


def modes(results: Results) -> str:
    """Return the cost of an index of modes beside the search of neighbours interval by interval."""
    head = [
        "vectors × channels",
        "cold",
        "processor's time",
        "restored",
        "further graph",
        "processor's time",
        "another prominence",
    ]
    more = ["index", "data", "peak, of which before", "without an index", "equal trees", "GUDHI"]
    rows = [_modes_row(row) for row in results["rows"] if row["index"]["status"] == "done"]
    return f"{_conditions(results)}\n\n{_table([*head, *more], rows)}"


def extraction(results: Results) -> str:
    """Return the speed and memory of extraction beside the bare loop, one row a run."""
    head = ["", "examples", "vectors in layers", "bare loop", "extraction", "overhead", "of the processor's time"]
    head += ["on disk", "peak memory, of which before", "of fewer"]
    return f"{_conditions(results)}\n\n{_table(head, map(_extraction_row, results['rows']))}"


TABLES: dict[str, Callable[[Results], str]] = {
    "exact": exactness,
    "synthetic": comparison,
    "features": comparison,
    "large": comparison,
    "resnet20": comparison,
    "growth": growth,
    "ladder": ladder,
    "modes": modes,
    "extraction": extraction,
}


def _comparison_table(case: Results) -> str:
    sides = case["sides"]
    ours = _median(sides.get("topoact", {}))
    rows = [[name, *_side_cells(name, side, ours, case)] for name, side in sides.items()]
    title = (
        f"**{case['name']}: {_count(case['n_points'])} × {case['n_channels']}**, {case['zeros']:.0%} zeros, "
        f"{case['data_mib']:,.0f} MiB; {case['n_intervals']} intervals, overlap {case['overlap']:.0%}, "
        f"ε {case['eps']:.4g}: a point has {case['degree']:,.0f} neighbours among those that can share an interval "
        "with it."
    )
    table = _table(["", "seconds", "TopoAct is × quicker", "peak memory", "nodes", "equal to ours"], rows)
    return f"{title}\n\n{table}\n\n{_index_sentence(case)}".rstrip()


def _side_cells(name: str, side: Results, ours: float | None, case: Results) -> list[str]:
    if not side["seconds"]:
        limits = {"memory": case["limits"]["memory_mib"] / 1024, "seconds": side.get("stopped_after", 0)}
        return [STOPPED[side["status"]].format(**limits), "", f"{side['peak_mib'] / 1024:.1f} GiB", "", ""]
    seconds = statistics.median(side["seconds"])
    ratio = "" if name == "topoact" or not ours else f"{seconds / ours:.1f}"
    parity = side.get("parity", {})
    said = [f"{parity[key]} {text}" for key, text in DIFFERENCES.items() if parity.get(key)]
    equal = "; ".join([f"{parity['equal']} of {parity['ours']}", *said]) if parity else ""
    return [_spread(side["seconds"]), ratio, f"{side['peak_mib'] / 1024:.2f} GiB", str(parity.get("theirs", "")), equal]


def _index_sentence(case: Results) -> str:
    """Return one sentence on the index, and on graphs after the first."""
    done = [index for index in case["indexes"] if index["status"] == "done"]
    if not done:
        return ""
    again, further = (_flat(done, key) for key in ("again", "further"))
    said = (
        f"An index of these vectors takes {_spread(index['build'] for index in done)} s, the same graph of it "
        f"{_spread(again)} s with nerve, means and medoids, {len(further)} other graphs {_spread(further)} s"
    )
    peer = _median(case["sides"].get("scikit-learn", {}))
    if peer is None:
        return f"{said}."
    cold = statistics.median(index["build"] + index["first"] for index in done)
    ratios = f"{peer / cold:.1f} × index and first graph, {peer / statistics.median(again):,.0f} × the same again"
    return f"{said}: scikit-learn's loop takes {ratios}."


def _growth_row(row: Results, rate: float) -> list[str]:
    limit = 2 * row["n_channels"] * row["pairs"] / rate
    return [
        f"{_count(row['n_points'])} × {row['n_channels']}",
        f"{row['zeros']:.0%}",
        f"{row['build']:.3g} s",
        f"{limit / row['build']:.0%}",
        _spread(row["again"]) + " s",
        _spread(row["further"]) + " s",
        f"{row['band_mib']:,.0f} MiB",
        f"{row['data_mib']:,.0f} MiB",
        f"{row['peak_mib'] / 1024:.2f} GiB, {row['before_mib'] / 1024:.2f}",
    ]


def _exponents(rows: Sequence[Results], rate: float) -> str:
    """Return the fitted exponents, over the rows of equal width, and those from each row to the next."""
    speed = f"{rate / 1e9:,.0f} GFLOP/s, measured just before"
    limit = f"The product limit is every pair once at the rate of numpy's float32 product: {speed}."
    alike = [row for row in rows if row["n_channels"] == rows[0]["n_channels"]]
    if len({row["n_points"] for row in alike}) < max(3, len(alike)):
        return limit
    sizes = np.log([row["n_points"] for row in alike])
    said = []
    for name, values in (
        ("the index", [row["build"] for row in alike]),
        ("its bits", [row["band_mib"] for row in alike]),
        ("a further graph", [statistics.median(row["further"]) for row in alike]),
    ):
        logs = np.log(values)
        steps = ", ".join(
            f"{(b - a) / (y - x):.1f}" for (x, y), (a, b) in zip(pairwise(sizes), pairwise(logs), strict=True)
        )
        said.append(f"{name} n^{np.polyfit(sizes, logs, 1)[0]:.2f} (step by step {steps})")
    return f"Fitted over {len(alike)} sizes of equal width: {'; '.join(said)}. {limit}"


def _ladder_row(row: Results) -> list[str]:
    n_radii = max(1, len(row["further"]) // 27)
    numbers = [str(n_radii), f"{row['build']:.3g} s", f"{row['restore']:.3g} s", f"{row['restored_first']:.3g} s"]
    return [*numbers, f"{row['band_mib']:,.0f} MiB", str(len(row["further"])), _spread(row["further"]) + " s"]


def _modes_row(sides: Results) -> list[str]:
    row, alone = sides["index"], sides.get("intervals", {})
    equal = f"{alone['equal']} of {len(alone['trees'])}" if "equal" in alone else ""
    return [
        f"{_count(row['n_points'])} × {row['n_channels']}",
        f"{row['build']:.3g} s",
        f"{row['build_cpu']:.3g} s",
        f"{row['restore']:.2g} s",
        _spread(row["graphs"]) + " s",
        _spread(row["graphs_cpu"]) + " s",
        _spread(row["cuts"]) + " s",
        f"{row['index_mib']:,.0f} MiB",
        f"{row['data_mib']:,.0f} MiB",
        f"{row['peak_mib'] / 1024:.2f} GiB, {row['before_mib'] / 1024:.2f}",
        _tree_seconds(alone),
        equal,
        _tree_seconds(sides.get("gudhi", {})),
    ]


def _tree_seconds(side: Results) -> str:
    """Return the seconds of a side that finds modes interval by interval, or why there are none."""
    return f"{_spread(side['trees'])} s" if "trees" in side else side.get("status", "")


def _extraction_row(row: Results) -> list[str]:
    few = row["smaller"]
    return [
        row["name"],
        _count(row["examples"]),
        f"{_count(row['vectors'])} in {row['layers']}",
        f"{row['bare_seconds']:.1f} s",
        f"{row['extraction_seconds']:.1f} s",
        f"{row['overhead']:+.1%}",
        f"{row['cpu_overhead']:+.1%}",
        f"{row['disk_mib']:,.0f} MiB",
        f"{row['peak_mib']:,.0f} MiB, {row['before_mib']:,.0f}",
        f"{few['peak_mib']:,.0f} MiB for {_count(few['examples'])}" if few else "",
    ]


def _conditions(results: Results) -> str:
    said = results["conditions"]
    load = " to ".join(f"{value:g}" for value in said["load"])
    return f"*{said['when']}; {said['machine']}; load {load}; {said['versions']}. Median (range).*"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _spread(values: Iterable[float]) -> str:
    seconds = list(values)
    median = f"{statistics.median(seconds):.3g}"
    return median if len(seconds) == 1 else f"{median} ({min(seconds):.3g}–{max(seconds):.3g})"


def _flat(rows: Sequence[Results], key: str) -> list[float]:
    return [value for row in rows for value in row[key]]


def _median(side: Results) -> float | None:
    return statistics.median(side["seconds"]) if side.get("seconds") else None


def _count(number: int) -> str:
    return f"{number:,}"


if __name__ == "__main__":
    root = Path(__file__).parents[1]
    fill(root / "docs" / "benchmarks.md", root / "build" / "benchmarks")
