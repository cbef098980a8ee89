"""`imported_published`: graphs as TopoAct's authors published them, node-link data of networkx with facts of nodes."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from topoact.errors import InvalidInput
from topoact.mapper import ClassShares, ImportedGraph, checked_rows, imported_graph, ordered_clusters

Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Node(BaseModel):
    model_config = ConfigDict(strict=True)

    name: str = Field(alias="id")
    membership: list[int] = Field(min_length=1)
    top_classes: list[str]
    top_class_percents: list[Share]
    lens: Number = Field(alias="l2NormAvg")
    average_activation: list[Number]


class _Link(BaseModel):
    model_config = ConfigDict(strict=True)

    source: str
    target: str
    intersection: int


class _Published(BaseModel):
    """The fields that are read; all others of such a file repeat them."""

    model_config = ConfigDict(strict=True)

    nodes: list[_Node] = Field(min_length=1)
    links: list[_Link]


def imported_published(content: Mapping[str, Any], n_points: int | None = None) -> ImportedGraph:
    """Return a published graph; its nodes have their mean L2 norm, mean activation and up to three classes.

    Parameters
    ----------
    content
        The content of the file.
    n_points
        Number of points, if it is known.

    Raises
    ------
    InvalidInput
        If a field is missing or of the wrong kind, two nodes have one name, a row number is no point, or a link has an
        end that is no node, or another intersection than its two nodes.
    """
    try:
        published = _Published.model_validate(content)
    except ValidationError as error:
        raise InvalidInput(_sentence(error)) from None
    _check_nodes(published.nodes)
    rows = [checked_rows(f"nodes[{i}].membership", node.membership, n_points) for i, node in enumerate(published.nodes)]
    clusters = ordered_clusters([node.name for node in published.nodes], rows)
    nodes = [published.nodes[position] for position in clusters.order]
    return imported_graph(
        clusters,
        ((link.source, link.target, link.intersection) for link in published.links),
        n_points=n_points,
        node_lens=np.array([node.lens for node in nodes]),
        lens_name="l2",
        means=np.array([node.average_activation for node in nodes], dtype=np.float32),
        classes=[_shares(node) for node in nodes],
    )


def _check_nodes(nodes: Sequence[_Node]) -> None:
    known: set[str] = set()
    width = len(nodes[0].average_activation)
    for position, node in enumerate(nodes):
        n_classes, shares, channels = len(node.top_classes), node.top_class_percents, len(node.average_activation)
        wrong = {
            f"id: {node.name!r} stands twice": node.name in known,
            f"top_class_percents: {len(shares)} shares of {n_classes} classes": len(shares) != n_classes,
            "top_class_percents: they add up to more than 1": sum(shares) > 1 + 1e-6,
            f"average_activation: {channels} numbers, and the first node has {width}": channels != width,
        }
        for sentence, is_so in wrong.items():
            if is_so:
                raise InvalidInput(f"nodes[{position}].{sentence}")
        known.add(node.name)


def _shares(node: _Node) -> ClassShares:
    return tuple(sorted(zip(node.top_classes, node.top_class_percents, strict=True), key=lambda share: -share[1]))


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    reason = first["msg"][0].lower() + first["msg"][1:]
    return f"{field}: {reason}" if first["type"] == "missing" else f"{field}: {reason}, got {first['input']!r:.60}"
