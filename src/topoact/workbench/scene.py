"""`build_scene`: a stored graph and a drawing of it as a `Scene`, as the page, the command line and Python draw it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from topoact.analysis.drawing.colours import OTHER, on_ramp
from topoact.analysis.drawing.scene import LensScale, Scene, SceneEdge, SceneNode, Slice, Tick
from topoact.analysis.shape.naming import number_text
from topoact.mapper import ImportedGraph
from topoact.workbench.bench import Workbench
from topoact.workbench.graph_view import GraphView
from topoact.workbench.look import Look, Looked, look_at
from topoact.workbench.node_colours import (
    LENS,
    NodeClasses,
    NodeNumbers,
    first_classes,
    lens_title,
    node_colours,
    shown_value,
)
from topoact.workbench.node_pictures import Pictures, node_pictures
from topoact.workbench.nodes.node_labels import label_nodes
from topoact.workbench.nodes.node_words import label_by_words
from topoact.workbench.scene_words import caption, legend, plural
from topoact.workbench.texts import unit

TOLD: Final = 3
"""Classes of a node that its title names."""
FAINT: Final = 0.35
"""Strength of a node whose members point in all directions."""
AGREED: Final = 0.4
"""Agreement from which a node is drawn in full."""


@dataclass(frozen=True, slots=True, eq=False)
class Coloured:
    """What colours the nodes of a graph, and the classes that titles and labels name: None in a study without any."""

    colours: NodeClasses | NodeNumbers
    classes: NodeClasses | None


def build_scene(bench: Workbench, view: GraphView, look: Look | None = None) -> Scene:
    """Return the scene of a stored graph.

    Parameters
    ----------
    bench
        The opened study.
    view
        The graph and one drawing of it, as `topoact.workbench.graph_view.view_graph` returns it.
    look
        What is chosen about the picture.

    Returns
    -------
    Scene
        The nodes and edges that are drawn, a legend of every mark, the scale of the lens where x is the lens, and a
        caption that names study, layer, settings and graph, and says what is left out.

    Raises
    ------
    UnknownName
        If there is no such column.
    InvalidInput
        If a moved node does not exist, or pictures are asked for where there are none.
    """
    look = look or Look()
    seen, coloured = look_at(view, look), coloured_by(bench, view, look.colour)
    pictures, said = node_pictures(bench, view, look.images, seen.nodes)
    labels, named = _labels(bench, view, look, coloured)
    nodes = tuple(_nodes(view, look, seen, coloured, pictures=pictures, labels=labels))
    has_colours = any(node.slices for node in nodes)
    notes = ([said] if pictures else []) + ([named] if labels else [])
    if any(node.strength < 1 for node in nodes):
        notes.append("Faint: the members of the node point in many directions.")
    return Scene(
        title=f"{bench.study.name}, {view.stored.layer.name}",
        nodes=nodes,
        edges=tuple(_edges(view, seen)),
        legend=legend(view, seen, coloured.colours if has_colours else None, notes),
        scale=_scale(view),
        caption=tuple(caption(view, look, seen)),
    )


def coloured_by(bench: Workbench, view: GraphView, column: str | None) -> Coloured:
    """Return what colours the nodes: the column, or by default the classes where each has a colour, else the lens."""
    first = first_classes(bench.study)
    classes = node_colours(bench, view.stored, first) if first else None
    assert not isinstance(classes, NodeNumbers)
    if column is None:
        is_told_apart = classes is not None and classes.is_told_apart
        return Coloured(classes if classes and is_told_apart else node_colours(bench, view.stored, LENS), classes)
    colours = node_colours(bench, view.stored, column)
    return Coloured(colours, colours if isinstance(colours, NodeClasses) else classes)


def _nodes(
    view: GraphView, look: Look, seen: Looked, coloured: Coloured, *, pictures: Pictures, labels: Mapping[int, str]
) -> Iterator[SceneNode]:
    strength = _strength(view, look)
    ramp = _on_ramp(coloured.colours) if isinstance(coloured.colours, NodeNumbers) else None
    for node in seen.nodes.tolist():
        x, y = seen.positions[node].tolist()
        is_plain = node in pictures and not is_framed(look, coloured.colours)
        yield SceneNode(
            x=x,
            y=y,
            radius=float(seen.radii[node]),
            slices=()
            if is_plain
            else (Slice(ramp[node], 1.0),)
            if ramp
            else tuple(_slices(coloured.colours, node, look)),
            title=", ".join(_title(view, coloured, node)),
            label=labels.get(node, ""),
            strength=float(strength[node]),
            picture=pictures.get(node),
        )


def is_framed(look: Look, colours: NodeClasses | NodeNumbers) -> bool:
    """Return whether pictures have frames in the colours of their nodes: the lens has to be asked for."""
    return look.colour is not None or isinstance(colours, NodeClasses)


def _title(view: GraphView, coloured: Coloured, node: int) -> Iterator[str]:
    """Yield what is said of a node: its size, the number that colours it, and its most frequent classes."""
    yield f"node {node}: {plural(int(view.graph.memberships.sizes[node]), 'point')}"
    if isinstance(coloured.colours, NodeNumbers):
        yield f"{coloured.colours.title} {number_text(coloured.colours.values[node])}"
    if coloured.classes is not None:
        shares = coloured.classes.shares[node]
        order = np.argsort(-shares, kind="stable")[:TOLD]
        yield from (f"{coloured.classes.names[code]} {shares[code]:.0%}" for code in order.tolist() if shares[code] > 0)


def _labels(bench: Workbench, view: GraphView, look: Look, coloured: Coloured) -> tuple[dict[int, str], str]:
    """Return the names of nodes as the page writes them, and what they are: telling words of texts, else classes."""
    is_named = look.colour in (None, LENS) or isinstance(coloured.colours, NodeClasses)
    if not (look.labels and is_named) or isinstance(view.graph, ImportedGraph):
        return {}, ""
    if unit(bench.study):
        found = label_by_words(bench, view.stored.digest)
    elif coloured.classes is not None:
        found = label_nodes(bench, view.stored.digest, coloured.classes.column)
    else:
        return {}, ""
    return dict(zip(found.nodes, map(shown_value, found.texts), strict=True)), f"Names are {found.sentence}."


def _strength(view: GraphView, look: Look) -> npt.NDArray[np.float64]:
    """Return how strongly each node is drawn, by how far its members agree."""
    if view.agreement is None or not look.fade:
        return np.ones(view.graph.n_nodes)
    return FAINT + (1 - FAINT) * np.clip(view.agreement / AGREED, 0, 1)


def _slices(colours: NodeClasses | NodeNumbers, node: int, look: Look) -> Iterator[Slice]:
    """Yield the slices of a node in the order of the classes; those without a colour of their own come last, as one."""
    assert isinstance(colours, NodeClasses)
    shares = colours.shares[node]
    if not look.pies:
        majority = int(colours.majority[node])
        yield Slice(OTHER if majority < 0 else colours.colours[majority], 1.0)
        return
    own = [code for code in np.flatnonzero(shares).tolist() if colours.colours[code] != OTHER]
    yield from (Slice(colours.colours[code], float(shares[code])) for code in own)
    rest = 1.0 - float(shares[own].sum())
    if rest > 1e-6:
        yield Slice(OTHER, rest)


def _on_ramp(numbers: NodeNumbers) -> list[str]:
    low, high = numbers.span
    return [on_ramp((value - low) / ((high - low) or 1.0)) for value in numbers.values.tolist()]


def _edges(view: GraphView, seen: Looked) -> Iterator[SceneEdge]:
    """Yield the edges that are drawn, between the nodes as the scene numbers them; the widest share most."""
    place = np.full(view.graph.n_nodes, -1)
    place[seen.nodes] = np.arange(len(seen.nodes))
    source, target, _, jaccard = (column[seen.edges] for column in view.graph.links)
    widths = np.sqrt(jaccard / max(jaccard.max(initial=0.0), 1e-9))
    yield from map(SceneEdge, place[source].tolist(), place[target].tolist(), widths.tolist())


def _scale(view: GraphView) -> LensScale | None:
    """Return the scale of the lens: a tick between two columns, where one interval passes into the next."""
    lower, upper = view.graph.intervals
    if view.drawing.radius is None or lower.ndim != 1 or not len(lower) or not view.graph.n_nodes:
        return None
    order = np.lexsort((upper, lower))
    column = np.argsort(order, kind="stable")[view.graph.interval]
    known, first = np.unique(column, return_index=True)
    columns = np.arange(known[0], known[-1] + 1)
    x = np.interp(columns, known, view.drawing.positions[first, 0])
    lower, upper = lower[order][columns], upper[order][columns]
    half = float(np.diff(x).mean()) / 2 if len(x) > 1 else 0.5
    places = [x[0] - half, *((x[:-1] + x[1:]) / 2), x[-1] + half]
    values = [lower[0], *((upper[:-1] + lower[1:]) / 2), upper[-1]]
    ticks = (Tick(float(at), float(value)) for at, value in zip(places, values, strict=True))
    return LensScale(lens_title(view.stored), tuple(ticks))
