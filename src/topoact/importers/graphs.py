"""`read_graph`: a graph from a file of KeplerMapper, or as TopoAct's authors published theirs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from topoact.errors import InvalidInput
from topoact.importers.published import imported_published
from topoact.inputs.records import distinct_object
from topoact.mapper import ImportedGraph, imported_kepler_mapper


def read_graph(path: Path, n_points: int | None = None) -> ImportedGraph:
    """Return the graph in a file.

    Memory: about twenty times the size of the file, while it is read.

    Parameters
    ----------
    path
        A ``.json`` file: what KeplerMapper's ``map`` returned, or node-link data as TopoAct's authors published them.
    n_points
        Number of points, if it is known.

    Returns
    -------
    ImportedGraph
        The imported graph.

    Raises
    ------
    InvalidInput
        If it is no graph of KeplerMapper or TopoAct; the message names the file and the field.
    """
    content = _json(path)
    nodes = content.get("nodes") if isinstance(content, dict) else None
    try:
        if isinstance(nodes, dict):
            return imported_kepler_mapper(content, n_points)
        if isinstance(nodes, list):
            return imported_published(content, n_points)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}") from None
    raise InvalidInput(f"{path}: nodes: missing, or neither a dictionary as of KeplerMapper nor a list as of TopoAct")


def _json(path: Path) -> Any:
    if not path.is_file():
        raise InvalidInput(f"there is no file {path}")
    try:
        return json.loads(path.read_bytes(), object_pairs_hook=distinct_object)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} cannot be read as JSON: {error}") from None


def layer_names(paths: Sequence[Path]) -> list[str]:
    """Return names of layers: those of the files, or of their folders where these are called alike or "output"."""
    stems = [path.stem for path in paths]
    alike = ("output", *(stem for stem in stems if stems.count(stem) > 1))
    return [path.resolve().parent.name if path.stem in alike else path.stem for path in paths]
