"""Does the attribution of a node agree with the attributions of its members?

``python -m benchmarks.attribution STUDY --data PHOTOS``; with ``--nodes 2 --members 2`` it is done in seconds.

From each layer some nodes, and some members of each, are sampled. For every member the attributions of its own vector
are measured in its own pass: the derivative of all class scores along its vector, and along its difference to the
layer's mean, at the positions the vector was read from. Several ways to attribute a node to classes are compared.
Printed for each: its rank correlation over the classes with the mean of the members' own attributions, and the shares
of nodes whose first class is the class, or among the three classes, that the network predicts most often for the
members.
"""

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.stats import spearmanr

from topoact.extract.loader import load_batches
from topoact.inputs.opening import open_source
from topoact.interpret.class_attribution import attribute_classes
from topoact.interpret.study_network import NetworkChoice
from topoact.workbench import Workbench, open_workbench

MIN_MEMBERS: Final = 20
"""Smaller nodes are not sampled."""


class SampledNode(NamedTuple):
    """A node and some of its members."""

    node: int
    points: Any


def sample_nodes(graph: Any, n_nodes: int, n_members: int) -> list[SampledNode]:
    """Draw nodes of at least `MIN_MEMBERS` members, and members of each."""
    rng = np.random.default_rng(0)
    large = np.flatnonzero(graph.memberships.sizes >= MIN_MEMBERS)
    nodes = np.sort(rng.choice(large, min(n_nodes, len(large)), replace=False))
    return [SampledNode(int(node), rng.choice(graph.members(node), n_members, replace=False)) for node in nodes]


def member_attributions(bench: Workbench, layer: Any, source: Any, points: Any, mean: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the attributions of a point's vector, and of its difference to the mean, in its own pass."""
    table, vectors = layer.points.iloc[points], bench.vectors(layer)[points]
    for (_, row), vector in zip(table.iterrows(), vectors, strict=True):
        example = int(row["example"])
        batch = next(
            iter(load_batches(source, bench.network.preprocessing, batch_size=1, start=example, stop=example + 1))
        )
        write = partial(_write, position=(int(row["y"]), int(row["x"])), everywhere=layer.policy == "mean")
        yield tuple(
            np.asarray(
                bench.network.network.along(
                    batch.inputs, layer.module, lambda _: None, partial(write, vector=one), lambda output: output
                )[1][0]
            )
            for one in (vector, vector - mean)
        )


def _write(view: Any, *, vector: Any, position: tuple[int, int], everywhere: bool) -> None:
    import torch

    if everywhere:
        view[:] = torch.from_numpy(vector)[:, None, None]
    else:
        view[:, :, position[0], position[1]] = torch.from_numpy(vector)


def measure(bench: Workbench, name: str, source: Any, n_nodes: int, n_members: int) -> None:
    """Print the table of a layer."""
    layer, graph, network = bench.study.layer(name), bench.map(name, bench.default_settings), bench.network
    mean, sampled = bench.vectors(layer).mean(0), sample_nodes(graph, n_nodes, n_members)
    means = graph.means[[one.node for one in sampled]]
    attribute = partial(attribute_classes, network.network, layer.module, policy=layer.policy, shape=network.shape)
    plain, difference = attribute(vectors=means), attribute(vectors=means, base=mean)
    effect = plain.scores - attribute(vectors=mean[None]).scores
    of_members = [list(member_attributions(bench, layer, source, one.points, mean)) for one in sampled]
    truth = [np.array([np.mean([pair[which] for pair in pairs], axis=0) for pairs in of_members]) for which in (0, 1)]
    ways = {"v·∂s": plain.attributions, "(v−m)·∂s": difference.attributions, "s(v)−s(m)": effect, "s(v)": plain.scores}
    ways |= {"members' own v·∂s": truth[0], "members' own (v−m)·∂s": truth[1]}
    codes = predicted(bench, layer, plain.scores.shape[1])
    by_count = [
        np.argsort(-np.bincount(codes[graph.members(one.node)], minlength=plain.scores.shape[1]), kind="stable")
        for one in sampled
    ]
    bypassed = ", part of the input bypasses the layer" if plain.is_bypassed else ""
    print(f"\n{name}: {len(sampled)} of {graph.n_nodes} nodes, {n_members} members of each{bypassed}\n")
    print("| | rank correlation with v·∂s | with (v−m)·∂s | first class | among first three |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for way, values in ways.items():
        ranks = [np.mean([spearmanr(a, b)[0] for a, b in zip(values, other, strict=True)]) for other in truth]
        hits = [
            np.mean([row.argmax() in classes[:k] for row, classes in zip(values, by_count, strict=True)])
            for k in (1, 3)
        ]
        print(f"| {way} | {ranks[0]:.2f} | {ranks[1]:.2f} | {hits[0]:.0%} | {hits[1]:.0%} |", flush=True)


def predicted(bench: Workbench, layer: Any, n_outputs: int) -> Any:
    """Return the number of the output that is predicted for the example of each point."""
    names = (bench.study.manifest.notes["outputs"] or {}).get("names") or [f"output {k}" for k in range(n_outputs)]
    number = {name: k for k, name in reversed(list(enumerate(names)))}
    return layer.metadata("prediction").map(number).to_numpy()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attribution", description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", default="study")
    parser.add_argument("--weights")
    parser.add_argument("--transform")
    parser.add_argument("--layers", nargs="*")
    parser.add_argument("--nodes", type=int, default=60)
    parser.add_argument("--members", type=int, default=8)
    options = parser.parse_args()
    choice = NetworkChoice(options.model, options.weights, options.transform)
    bench, source = open_workbench(options.study, choice), open_source(options.data)
    for layer in options.layers or bench.layers:
        measure(bench, layer, source, options.nodes, options.members)


if __name__ == "__main__":
    main()
