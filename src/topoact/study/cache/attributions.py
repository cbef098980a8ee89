"""Class attributions of the nodes of a graph, or their logit lens, as a study keeps them; safe to delete.

In the folder of the graph ``attributions.parquet`` has a row for each node and output of the network (version 0.1 wrote
it as ``arguments.parquet``, which is still read); of a language model ``words.json`` has for each node the likeliest
words with their probabilities. A file that cannot be read, or has another version, counts as absent.
"""

import json
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from topoact.study.files import replacing, write_json

Numbers = npt.NDArray[np.float32]
FILE: Final = "attributions.parquet"
OLD_FILE: Final = "arguments.parquet"
WORDS: Final = "words.json"
VERSION: Final = b"1"
UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError)


class Attributions(NamedTuple):
    """Class attributions of some vectors of a layer; all arrays have the shape (n_vectors, n_classes)."""

    attributions: Numbers
    """Attribution of the difference of each vector to a base, to each class, less the mean over the classes."""
    effects: Numbers
    """Difference of each score to that of the base, less the mean over the classes."""
    scores: Numbers
    """Outputs of the network: logits, or logarithms of probabilities."""
    is_bypassed: bool
    """Whether the scores depend on the input by ways around the layer too."""


def save_attributions(graph: Path, attributions: Attributions) -> None:
    """Store the attributions of all nodes of a graph in its folder."""
    node, output = np.indices(attributions.scores.shape, dtype=np.int32)
    columns = {"attribution": attributions.attributions, "effect": attributions.effects, "score": attributions.scores}
    table = pa.table({"node": node.ravel(), "output": output.ravel(), **{k: v.ravel() for k, v in columns.items()}})
    facts = {
        b"version": VERSION,
        b"flows_past": b"%d" % attributions.is_bypassed,
        b"outputs": b"%d" % attributions.scores.shape[1],
    }
    with replacing(graph / FILE, lasting=False) as file:
        pq.write_table(table.replace_schema_metadata(facts), file)


def load_attributions(graph: Path) -> Attributions | None:
    """Return the attributions in the folder of a graph, or None."""
    path = graph / FILE
    try:
        table = pq.read_table(path if path.exists() else graph / OLD_FILE)
        facts = table.schema.metadata
        if facts[b"version"] != VERSION:
            return None
        shape = (-1, int(facts[b"outputs"]))
        names = ("attribution", "effect", "score")
        attributions, effects, scores = (table[name].to_numpy().reshape(shape) for name in names)
        return Attributions(attributions, effects, scores, facts[b"flows_past"] == b"1")
    except UNREADABLE:
        return None


class OutputWord(NamedTuple):
    """A token of a language model as text, and its probability."""

    word: str
    share: float


def save_output_words(graph: Path, words: list[list[OutputWord]]) -> None:
    """Store the likeliest words of all nodes of a graph in its folder."""
    write_json(graph / WORDS, {"version": 1, "nodes": words}, lasting=False)


def load_output_words(graph: Path) -> list[list[OutputWord]] | None:
    """Return the likeliest words of all nodes of a graph, or None."""
    try:
        record = json.loads((graph / WORDS).read_text("utf-8"))
        return [[OutputWord(*pair) for pair in node] for node in record["nodes"]] if record["version"] == 1 else None
    except UNREADABLE:
        return None
