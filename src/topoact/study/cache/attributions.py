"""Class attributions of the nodes of a graph, or their logit lens, as a study keeps them; safe to delete.

In the folder of the graph ``attributions.parquet`` has a row for each node and output of the network (version 0.1 wrote
it as ``arguments.parquet``, which is still read); of a language model ``words.json`` has for each node the likeliest
words with their probabilities. A file that cannot be read, or has another version, counts as absent.
"""

from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BaseModel, Field

from topoact.study.checked import Damaged, Number, Text, checked, numbers, or_none, read_json, read_table, write_table
from topoact.study.files import inside, replacing, write_json

Numbers = npt.NDArray[np.float32]
FILE: Final = "attributions.parquet"
OLD_FILE: Final = "arguments.parquet"
WORDS: Final = "words.json"
VERSION: Final = b"1"
MAX_NUMBER: Final = 1e38


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
        write_table(table.replace_schema_metadata(facts), file)


def load_attributions(graph: Path) -> Attributions | None:
    """Return the attributions in the folder of a graph, or None."""
    path = inside(graph, FILE)
    return or_none(lambda: _attributions(read_table(path if path.exists() else inside(graph, OLD_FILE))))


def _attributions(table: pa.Table) -> Attributions:
    """Return what a table holds: each node with each output, in order."""
    facts = table.schema.metadata or {}
    n_outputs = int(facts[b"outputs"])
    if facts[b"version"] != VERSION or n_outputs < 1 or table.num_rows % n_outputs:
        raise Damaged("it has another version or shape")
    shape = (table.num_rows // n_outputs, n_outputs)
    for name, expected in zip(("node", "output"), np.indices(shape), strict=True):
        if (numbers(table, name) != expected.ravel()).any():
            raise Damaged(f"the column {name!r} is not in order")
    names = ("attribution", "effect", "score")
    attributions, effects, scores = (
        numbers(table, name, -MAX_NUMBER, MAX_NUMBER, whole=False).reshape(shape) for name in names
    )
    return Attributions(attributions, effects, scores, facts[b"flows_past"] == b"1")


class OutputWord(NamedTuple):
    """A token of a language model as text, and its probability."""

    word: str
    share: float


def save_output_words(graph: Path, words: list[list[OutputWord]]) -> None:
    """Store the likeliest words of all nodes of a graph in its folder."""
    write_json(graph / WORDS, {"version": 1, "nodes": words}, lasting=False)


def load_output_words(graph: Path) -> list[list[OutputWord]] | None:
    """Return the likeliest words of all nodes of a graph, or None."""
    return or_none(lambda: _words(checked(_Words, read_json(inside(graph, WORDS)))))


class _Words(BaseModel):
    version: Literal[1]
    nodes: list[list[tuple[Text, Annotated[Number, Field(ge=0, le=1.001)]]]]


def _words(found: _Words) -> list[list[OutputWord]]:
    return [[OutputWord(*pair) for pair in node] for node in found.nodes]
