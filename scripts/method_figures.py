"""Make the figures of docs/method.md: ``python scripts/method_figures.py [--study runs/resnet20]``.

Writes ``docs/images/method-*.png``. Needs matplotlib; the figure of a real layer needs a study of ResNet-20 on CIFAR-10
(examples/README.md); without one that figure is not made again.
"""

import argparse
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection

import topoact
from topoact.analysis.drawing.layout import layout
from topoact.analysis.labels.classes import class_counts
from topoact.analysis.shape.stability import same_way, stability
from topoact.analysis.shape.topology import MIN_JACCARD, shape_report
from topoact.mapper import MapperGraph, lens_values, mode_tree
from topoact.study import open_study
from topoact.testing.shapes import planted

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
COVER = topoact.QuantileCover(25, 0.3)
DETAIL = topoact.Modes(k=15, prominence=0.15)
LAYER = "layer3@mean"
GREY = "#8a8f98"
COLOURS = plt.get_cmap("tab10")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path)
    chosen = parser.parse_args()
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    save_figure("modes", modes_figure())
    save_figure("noise", noise_figure())
    save_figure("planted", planted_figure())
    if chosen.study:
        save_figure("layer3", layer_figure(chosen.study))


def save_figure(name: str, figure: Any) -> None:
    path = IMAGES / f"method-{name}.png"
    figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
    print(path)


def modes_figure() -> Any:
    """Draw the points of one interval with their modes, and each mode as a bar from its saddle to its summit."""
    rng = np.random.default_rng(4)
    sizes, places = (600, 400, 250), ([0.0, 0.0], [4.4, 0.4], [1.9, 1.9])
    cloud = np.concatenate([rng.normal(place, 0.62, (n, 2)) for n, place in zip(sizes, places, strict=True)])
    tree = mode_tree(cloud, [np.arange(len(cloud))], 15)
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(10.5, 3.2))
    for axes, prominence, name in ((left, 0.15, "detail"), (middle, 1.0, "skeleton")):
        node = tree.cut(prominence)
        axes.scatter(*cloud.T, c=COLOURS(node % 10), s=5, linewidths=0)
        axes.plot(*cloud[tree.mode[tree.kept(prominence)]].T, "k^", markersize=6)
        axes.set(title=f"{name} ({prominence:g}): {node.max() + 1} nodes", xticks=[], yticks=[])
    height, saddle = tree.height - tree.height.min(), np.maximum(tree.saddle, tree.height.min() - 1) - tree.height.min()
    kept = np.flatnonzero(tree.prominence >= 0.05)[:12]
    right.hlines(
        np.arange(len(kept)), saddle[kept], height[kept], color=[COLOURS(i % 10) for i in range(len(kept))], lw=4
    )
    for row, mode in enumerate(kept):
        label = "never merges" if np.isinf(tree.prominence[mode]) else f"{tree.prominence[mode]:.2f}"
        right.text(height[mode] + 0.05, row, label, va="center")
    right.set(title="modes from saddle to summit", xlabel="log density, nats", yticks=[])
    right.invert_yaxis()
    right.set_xlim(right=height.max() + 0.9)
    return figure


def noise_figure(runs: int = 20) -> Any:
    """Draw the prominence of the second mode of points without structure."""
    figure, axes = plt.subplots(figsize=(5.5, 2.8))
    dimensions = (1, 2, 3, 5, 8, 20, 64)
    for place, n_channels in enumerate(dimensions):
        for shift, n_points, colour in ((-0.15, 300, COLOURS(0)), (0.15, 1000, COLOURS(1))):
            clouds = (np.random.default_rng(seed).normal(size=(n_points, n_channels)) for seed in range(runs))
            reached = [second_prominence(cloud) for cloud in clouds]
            axes.plot(np.full(runs, place + shift), reached, "o", color=colour, alpha=0.5, markersize=4, mew=0)
    axes.axhline(1, color=GREY, lw=1)
    axes.set(xticks=range(len(dimensions)), xticklabels=dimensions, ylim=(0, 1.15))
    axes.set(xlabel="dimensions of a Gaussian, 300 (blue) and 1,000 points", ylabel="prominence of 2nd mode")
    return figure


def second_prominence(cloud: Any) -> float:
    return float(np.sort(mode_tree(cloud, [np.arange(len(cloud))], 15).prominence[1:])[-1:].sum())


def planted_figure() -> Any:
    """Draw two shapes with noise in 64 channels, and their graphs: one whose shape is found, and one whose is not."""
    figure, rows = plt.subplots(2, 2, figsize=(9, 5.2), width_ratios=(1, 2), layout="constrained")
    for (left, right), name in zip(rows, ("eight", "branch"), strict=True):
        cloud = planted(name, 6000, 64, noise=0.05, seed=0)
        graph = topoact.Mapper(lens="pca:0", cover=COVER, clusterer=DETAIL).fit(cloud).graph_
        plane = np.stack([lens_values("pca:0", cloud), lens_values("pca:1", cloud)], axis=1)
        left.scatter(*plane.T, c=plane[:, 0], cmap="viridis", s=1, linewidths=0)
        left.set(xticks=[], yticks=[], aspect="equal")
        left.axis("off")
        draw_graph(right, graph, plt.get_cmap("viridis")(scaled(graph.nodes["lens_mean"].to_numpy())))
        right.set_title(
            f"{graph.n_nodes} nodes. " + shape_report(graph).verdict.replace("; ", "\n"), fontsize=8, loc="left"
        )
    return figure


def layer_figure(path: Path) -> Any:
    """Draw the default graph of a real layer: nodes coloured by class, and by how often resamples have them."""
    layer = open_study(path).layer(LAYER)
    vectors, labels = layer.vectors(), pd.Categorical(layer.metadata("label"))
    graph = topoact.Mapper(lens="l2", cover=COVER, clusterer=DETAIL).fit(vectors).graph_
    measured = stability(graph, same_way(graph, vectors, DETAIL))
    counts = class_counts(graph, labels.codes.astype(np.int64), 10).toarray()
    figure, (left, right) = plt.subplots(2, 1, figsize=(10, 8.5), layout="constrained")
    draw_graph(left, graph, COLOURS(counts.argmax(axis=1)))
    for code, name in enumerate(labels.categories):
        left.plot([], [], "o", color=COLOURS(code), label=str(name))
    left.legend(loc="lower center", bbox_to_anchor=(0.5, -0.12), fontsize=7, ncols=10, frameon=False, columnspacing=0.8)
    left.set_title(f"{graph.n_nodes} nodes by their most frequent class")
    draw_graph(right, graph, plt.get_cmap("viridis")(measured.nodes))
    right.set_title(f"by how often they return (yellow: always); Rand index {measured.rand:.2f}")
    return figure


def scaled(values: Any) -> Any:
    return (values - values.min()) / np.ptp(values)


def draw_graph(axes: Any, graph: MapperGraph, colours: Any) -> None:
    """Draw a graph, with an outline around the nodes of each skeleton node; weak edges are left out."""
    positions = layout(graph).positions
    strong = graph.links.jaccard > MIN_JACCARD
    ends = positions[np.stack([graph.links.source[strong], graph.links.target[strong]], axis=1)]
    axes.add_collection(LineCollection(ends, colors=GREY, linewidths=0.8, zorder=1))
    group = graph.within(1.0)
    groups = [positions[group == one] for one in np.unique(group)]
    inside = [np.stack([first, other]) for nodes in groups for first, other in pairwise(nodes)]
    axes.add_collection(LineCollection(inside, colors="#d9dce1", linewidths=7, zorder=0, capstyle="round"))
    axes.scatter(
        *positions.T, s=6 + 120 * np.sqrt(graph.memberships.sizes / graph.n_points), c=colours, zorder=2, clip_on=False
    )
    axes.margins(0.05)
    axes.set(xticks=[], yticks=[], aspect="equal")
    axes.axis("off")


if __name__ == "__main__":
    main()
