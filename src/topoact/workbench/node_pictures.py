"""`node_pictures`: the image in each node of a picture of a graph: what its medoid sees."""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from topoact.analysis.drawing.scene import Picture
from topoact.errors import InvalidInput
from topoact.mapper import ImportedGraph
from topoact.workbench.bench import Workbench
from topoact.workbench.graph_view import GraphView

SIDE: Final = 128
"""Pixels of the longer side of a picture."""
Pictures: TypeAlias = dict[int, Picture]
"""By the numbers of their nodes."""


def node_pictures(
    bench: Workbench, view: GraphView, wanted: bool | None, nodes: npt.NDArray[np.int64]
) -> tuple[Pictures, str]:
    """Return the pictures of some nodes, but of those whose medoid has none, and what they show, in a sentence.

    Parameters
    ----------
    bench, view
        The opened study, and a graph of it.
    wanted
        Whether there are pictures; None: where points are positions in images.
    nodes
        The nodes.

    Raises
    ------
    InvalidInput
        If they are wanted, and the study has no images or the graph no medoids.
    """
    layer = view.stored.layer
    has_images = bench.study.has_thumbnails and not isinstance(view.graph, ImportedGraph)
    if wanted and not has_images:
        raise InvalidInput("pictures in nodes need a study of images, and a graph that was made of its vectors")
    if not has_images or not (wanted or (wanted is None and layer.grid is not None)):
        return {}, ""
    medoids = view.graph.medoids[nodes].tolist()
    patches = bench.patches.pictures(layer.name, medoids, SIDE)
    found = {node: Picture(*patch.image) for node, patch in zip(nodes.tolist(), patches, strict=True) if patch.image}
    return found, f"In each node is the point nearest to its mean. {bench.patches.view(layer.name).sentence}"
