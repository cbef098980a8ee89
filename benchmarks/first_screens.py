"""First screens of the layers of studies: what is drawn, what crosses, what is named, and how long it takes.

``python -m benchmarks.first_screens STUDY…`` prints a row for each layer: the graph at its default settings with all
its edges in the free arrangement, and the first screen. Crossings, overlaps and edges over a foreign node are counted
literally (`topoact.testing.drawings`). "chance" is the largest number of labels in `SHUFFLES` shuffles of the classes
among the examples. The time is that of the cut, the edges and the layout together, once the graph is there, the median
of `TIMES`; processor time stands beside it, because a machine that does other work takes longer. Graphs are kept in the
study. ``--pictures FOLDER`` writes an SVG picture of each first screen with ``topoact export``.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np

from topoact.analysis.drawing import layout as layout_module
from topoact.analysis.drawing.columns import cut_drawing, lens_layout
from topoact.analysis.drawing.cut import first_prominence
from topoact.analysis.drawing.edges import DrawnEdges, drawn_edges, drawn_share
from topoact.analysis.drawing.layout import Drawing
from topoact.analysis.labels.lift import node_labels
from topoact.mapper import MapperGraph
from topoact.testing.drawings import crossings, over_foreign, overlaps
from topoact.workbench import Workbench, open_workbench
from topoact.workbench.columns import coded_columns
from topoact.workbench.first_screen import first_screen

SHUFFLES = 10
TIMES = 5
HEAD = (
    "| study | layer | prominence | nodes | edges, drawn | shared points drawn | crossings per edge | overlaps "
    "| over a foreign node | labels, chance | ms (processor) |\n" + "| --- " * 11 + "|"
)
Edges = list[tuple[int, int]]


class Row(NamedTuple):
    """The first screen of a layer."""

    study: str
    layer: str
    prominence: float
    nodes: tuple[int, int]
    edges: tuple[int, int, int]
    """All before, all of the first screen, and those drawn."""
    share: float
    crossings: tuple[float, float]
    overlaps: int
    over: float
    labels: tuple[int, int]
    ms: tuple[float, float]

    def __str__(self) -> str:
        (before, after), (all_before, all_after, drawn) = self.nodes, self.edges
        cells = [
            self.study,
            self.layer,
            f"{self.prominence:g}",
            f"{before:,} → {after:,}",
            f"{all_before:,} → {all_after:,}, {drawn:,}",
            f"{self.share:.0%}",
            f"{self.crossings[0]:.2f} → {self.crossings[1]:.2f}",
            f"{self.overlaps}",
            f"{self.over:.2f}",
            f"{self.labels[0]}, {self.labels[1]}",
            f"{self.ms[0]:.0f} ({self.ms[1]:.0f})",
        ]
        return f"| {' | '.join(cells)} |"


def pairs(graph: MapperGraph, drawn: np.ndarray | None = None) -> Edges:
    """Return the ends of all edges, or of those that are drawn."""
    links = graph.links if drawn is None else graph.links.of(drawn)
    return list(zip(links.source.tolist(), links.target.tolist(), strict=True))


def first_row(bench: Workbench, layer: str, column: str) -> Row:
    """Return the row of a layer."""
    settings = first_screen(bench, layer, bench.default_settings)
    usual, graph = bench.map(layer, bench.default_settings), bench.map(layer, settings)
    finest = bench.map(layer, settings.finest)
    seconds = [timed(finest) for _ in range(TIMES)]
    whole = lens_layout(finest)
    drawing = whole if graph.prominence is None else cut_drawing(finest, whole, settings.prominence)
    drawn = drawn_edges(graph).drawn
    places, edges, before = drawing.positions.tolist(), pairs(graph, drawn), pairs(usual)
    radii = np.full(graph.n_nodes, 1e-9) if drawing.radius is None else drawing.radius
    return Row(
        bench.study.path.name,
        layer,
        settings.prominence,
        (usual.n_nodes, graph.n_nodes),
        (usual.n_edges, graph.n_edges, len(edges)),
        drawn_share(graph.links, drawn),
        (
            crossings(by_all_edges(usual).positions.tolist(), before) / max(len(before), 1),
            crossings(places, edges) / max(len(edges), 1),
        ),
        overlaps(places, radii.tolist()),
        over_foreign(places, radii.tolist(), edges) / max(len(edges), 1),
        label_counts(bench, layer, graph, column),
        (statistics.median(wall for wall, _ in seconds), statistics.median(own for _, own in seconds)),
    )


def by_all_edges(graph: MapperGraph) -> Drawing:
    """Draw a graph as before there were drawn edges: freely, by all edges."""
    every = DrawnEdges(np.ones(graph.n_edges, dtype=bool), np.ones(graph.n_edges))
    with patch.object(layout_module, "drawn_edges", lambda _: every):
        return layout_module.layout(graph)


def timed(finest: MapperGraph) -> tuple[float, float]:
    """Return the milliseconds of cut, edges and layout, and those of the processor."""
    wall, own = time.perf_counter(), time.process_time()
    drawing = lens_layout(finest)
    if finest.prominence is not None:
        cut_drawing(finest, drawing, first_prominence(finest))
    return 1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - own)


def label_counts(bench: Workbench, layer: str, graph: MapperGraph, name: str) -> tuple[int, int]:
    """Return the number of labels by a column, and the largest among shuffles of it."""
    column = next((one for one in coded_columns(bench.study) if one.name == name), None)
    if column is None or column.categories is None:
        return (0, 0)
    example = bench.study.layer(layer).points["example"].to_numpy()

    def n_labels(codes: np.ndarray) -> int:
        return len(node_labels(graph, codes[example], column.categories or [], example).nodes)

    shuffled = (np.random.default_rng(seed).permutation(column.values) for seed in range(SHUFFLES))
    return n_labels(column.values), max(map(n_labels, shuffled))


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.first_screens", description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="+", type=Path, metavar="STUDY")
    parser.add_argument("--column", default="label", help="a column of the examples whose values are named")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="where pictures are written")
    chosen = parser.parse_args(arguments)
    print(f"load {os.getloadavg()[0]:.1f}\n\n{HEAD}")
    for study in chosen.studies:
        bench = open_workbench(study)
        for layer in bench.layers:
            print(first_row(bench, layer, chosen.column), flush=True)
            if chosen.pictures:
                file = chosen.pictures / f"{study.name}-{bench.study.layer(layer).key}.svg"
                chosen.pictures.mkdir(parents=True, exist_ok=True)
                command = [sys.executable, "-m", "topoact", "export", str(study), "--layer", layer, "-o", str(file)]
                subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
