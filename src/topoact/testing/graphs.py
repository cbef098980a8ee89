"""`published_form`: a graph in the format of the authors' published graphs, for tests of the import."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from topoact.mapper import MapperGraph, to_kepler_mapper

N_CLASSES = 3
"""Classes of a node in that format."""


def published_form(graph: MapperGraph, labels: Sequence[str]) -> dict[str, Any]:
    """Return a graph in the format of TopoAct's authors, with the classes of its points."""
    names = list(to_kepler_mapper(graph)["nodes"])
    links = zip(*(graph.links[column].tolist() for column in range(3)), strict=True)
    return {
        "directed": False,
        "multigraph": False,
        "graph": {},
        "nodes": [_node(name, graph.members(i), graph.means[i], graph.lens, labels) for i, name in enumerate(names)],
        "links": [{"source": names[a], "target": names[b], "intersection": shared} for a, b, shared in links],
    }


def _node(
    name: str,
    members: npt.NDArray[np.int64],
    mean: npt.NDArray[np.float32],
    lens: npt.NDArray[np.float64],
    labels: Sequence[str],
) -> dict[str, Any]:
    top = Counter(labels[point] for point in members).most_common(N_CLASSES)
    return {
        "membership": members.tolist(),
        "id": name,
        "top_classes": [label for label, _ in top],
        "top_class_percents": [count / len(members) for _, count in top],
        "l2NormAvg": float(lens[members].mean()),
        "average_activation": mean.tolist(),
    }
