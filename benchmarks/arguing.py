"""Do nodes argue for the classes their members come from? ``python -m benchmarks.arguing STUDY --data PHOTOS``.

Of each layer some nodes with some of their members are taken. For every member the attributions of its own vector are
measured in its own pass: the derivative of all scores along its vector, and along its difference to the layer's mean,
at the places it was read from. Printed are, of several ways to say for which class a node argues, its rank correlation
over the classes with the mean of its members' own attributions, and the shares of nodes whose first class is the first,
or among the first three, that the network predicts for its members.
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

LEAST: Final = 20
"""Members of a node that is looked at."""


class Looked(NamedTuple):
    """Some members of a node."""

    node: int
    points: Any


def chosen(graph: Any, n_nodes: int, n_members: int) -> list[Looked]:
    rng = np.random.default_rng(0)
    large = np.flatnonzero(graph.memberships.sizes >= LEAST)
    nodes = np.sort(rng.choice(large, min(n_nodes, len(large)), replace=False))
    return [Looked(int(node), rng.choice(graph.members(node), n_members, replace=False)) for node in nodes]


def own(bench: Workbench, layer: Any, source: Any, points: Any, mean: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the attributions of a point's vector, and of its difference to the mean, in its own pass."""
    table, vectors = layer.points.iloc[points], bench.vectors(layer)[points]
    for (_, row), vector in zip(table.iterrows(), vectors, strict=True):
        example = int(row["example"])
        found = next(
            iter(load_batches(source, bench.network.preprocessing, batch_size=1, start=example, stop=example + 1))
        )
        write = partial(_write, place=(int(row["y"]), int(row["x"])), whole=layer.policy == "mean")
        yield tuple(
            np.asarray(
                bench.network.network.along(
                    found.inputs, layer.module, lambda _: None, partial(write, vector=one), lambda output: output
                )[1][0]
            )
            for one in (vector, vector - mean)
        )


def _write(view: Any, *, vector: Any, place: tuple[int, int], whole: bool) -> None:
    import torch

    if whole:
        view[:] = torch.from_numpy(vector)[:, None, None]
    else:
        view[:, :, place[0], place[1]] = torch.from_numpy(vector)


def measure(bench: Workbench, name: str, source: Any, n_nodes: int, n_members: int) -> None:
    layer, graph, at_hand = bench.study.layer(name), bench.map(name, bench.default_settings), bench.network
    mean, looked = bench.vectors(layer).mean(0), chosen(graph, n_nodes, n_members)
    means = graph.means[[one.node for one in looked]]
    ask = partial(attribute_classes, at_hand.network, layer.module, policy=layer.policy, shape=at_hand.shape)
    plain, apart = ask(vectors=means), ask(vectors=means, base=mean)
    effect = plain.scores - ask(vectors=mean[None]).scores
    seen = [list(own(bench, layer, source, one.points, mean)) for one in looked]
    truth = [np.array([np.mean([pair[which] for pair in pairs], axis=0) for pairs in seen]) for which in (0, 1)]
    ways = {"v·∂s": plain.attributions, "(v−m)·∂s": apart.attributions, "s(v)−s(m)": effect, "s(v)": plain.scores}
    ways |= {"members' own v·∂s": truth[0], "members' own (v−m)·∂s": truth[1]}
    codes = predicted(bench, layer, plain.scores.shape[1])
    best = [
        np.argsort(-np.bincount(codes[graph.members(one.node)], minlength=plain.scores.shape[1]), kind="stable")
        for one in looked
    ]
    past = ", something flows past" if plain.flows_past else ""
    print(f"\n{name}: {len(looked)} of {graph.n_nodes} nodes, {n_members} members of each{past}\n")
    print("| | rank correlation with v·∂s | with (v−m)·∂s | first class | among first three |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for way, values in ways.items():
        ranks = [np.mean([spearmanr(a, b)[0] for a, b in zip(values, other, strict=True)]) for other in truth]
        hits = [
            np.mean([row.argmax() in classes[:k] for row, classes in zip(values, best, strict=True)]) for k in (1, 3)
        ]
        print(f"| {way} | {ranks[0]:.2f} | {ranks[1]:.2f} | {hits[0]:.0%} | {hits[1]:.0%} |", flush=True)


def predicted(bench: Workbench, layer: Any, n_outputs: int) -> Any:
    """Return the number of the output that is predicted for the example of each point."""
    names = (bench.study.manifest.notes["outputs"] or {}).get("names") or [f"output {k}" for k in range(n_outputs)]
    number = {name: k for k, name in reversed(list(enumerate(names)))}
    return layer.metadata("prediction").map(number).to_numpy()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.arguing", description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", default="study")
    parser.add_argument("--weights")
    parser.add_argument("--transform")
    parser.add_argument("--layers", nargs="*")
    parser.add_argument("--nodes", type=int, default=60)
    parser.add_argument("--members", type=int, default=8)
    args = parser.parse_args()
    bench, source = (
        open_workbench(args.study, NetworkChoice(args.model, args.weights, args.transform)),
        open_source(args.data),
    )
    for layer in args.layers or bench.layers:
        measure(bench, layer, source, args.nodes, args.members)


if __name__ == "__main__":
    main()
