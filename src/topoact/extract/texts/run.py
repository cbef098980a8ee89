"""From a network and texts to the portions of a study: in each window short texts go first, and are put in order."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput, ModelError
from topoact.extract.layers import default_layers, select_layers
from topoact.extract.networks.text_network import TextNetwork
from topoact.extract.policies import VECTOR
from topoact.extract.portions import Names, check_finite, name_outputs
from topoact.extract.predictions import Outputs, label_name
from topoact.extract.texts.pieces import Tokenizer, batches
from topoact.extract.texts.reading import Sample, TextReader, Window
from topoact.extract.texts.source import TextSource
from topoact.mapper import Progress
from topoact.study import Points, Portion, StudyWriter

if TYPE_CHECKING:
    from topoact.extract.networks import Network
    from topoact.extract.run import Plan

BATCH_TOKENS = 2**14
"""Tokens of a batch with its padding, unless one text has more."""
MANY = 2**16
"""Tokens of a text of any length, as far as room is set aside."""


class TextRun:
    """One extraction from texts under way.

    Raises
    ------
    ModelError
        If the network has no tokenizer, or none that says where its pieces are.
    InvalidInput
        If a policy is not for texts, policies do not go together, or a condition is none.
    UnknownName
        If the source has no such column, or the network no such layer.
    """

    nothing = "no text or word is left: is this the right column, and is --where what you mean?"
    """What to say when there is no example."""

    def __init__(
        self, network: "Network", source: TextSource, plan: "Plan", on_progress: Progress, names: Names
    ) -> None:
        if not isinstance(network, TextNetwork):
            raise ModelError(
                f"{network.name} has no tokenizer to read texts with: take hf:NAME, or let file.py:callable return"
                " (model, tokenizer)"
            )
        if plan.preprocessing:
            raise InvalidInput("--size, --mean, --std and --transform are for images, and the data are texts")
        policies = plan.policies or ("mean" if source.word_columns is None else "words",)
        self._network, self._source, self._plan = network, source, replace(plan, policies=policies)
        self._total, self._on_progress = min(len(source), plan.limit or len(source)), on_progress
        self._tokenizer = Tokenizer(network.tokenizer, limit=network.limit, max_tokens=plan.max_tokens)
        self._reader = TextReader(source, self._tokenizer, policies, plan.where, strict=plan.strict)
        self._names, self._layers = names, tuple[str, ...]()
        self._outputs: Outputs | None = None

    @property
    def capacity(self) -> int:
        """How many examples there are at most."""
        if self._reader.unit == "text":
            return self._total
        is_known = self._source.word_columns is not None and self._plan.policies == ("words",)
        return int(self._source.record["words"]) if is_known else self._total * (self._tokenizer.max_tokens or MANY)

    @property
    def config(self) -> dict[str, Any]:
        """What determines the study, as JSON."""
        from topoact.extract.run import plan_config

        config = plan_config(self._network, self._source, self._plan, self._tokenizer.record)
        return {**config, "where": list(self._plan.where)}

    def progress(self, writer: StudyWriter) -> str:
        """Say how far an interrupted run has come."""
        return f"{writer.next_input:,} of {self._total:,} texts"

    def write(self, writer: StudyWriter) -> None:
        """Append all windows that are not written yet."""
        self._layers = self._choose_layers()  # before a thread uses the tokenizer, which two may not
        windows = self._reader.windows(writer.next_input, self._total, self._plan.batch_size)
        self._on_progress("extract", writer.next_input, self._total)
        with closing(windows):
            for window in windows:
                writer.append(self._portion(window, writer.notes))
                self._on_progress("extract", window.next_input, self._total)

    def _portion(self, window: Window, notes: dict[str, Any]) -> Portion:
        """Run the network on the texts of a window and keep what the study needs."""
        samples, rest = window.samples, (window.next_input, window.skipped, window.tally)
        if not samples:
            return Portion({}, {}, (), *rest)
        lengths, size = [len(sample.ids) for sample in samples], self._plan.batch_size
        order = list(batches(lengths, size=size, max_tokens=BATCH_TOKENS, is_masked=self._network.is_masked))
        passes = [self._pass([samples[place] for place in places], notes) for places in order]
        places = np.array(list(chain.from_iterable(order)))
        sizes = np.array([len(sample) for sample in samples])
        layers = self._names.of(_in_order([kept for kept, _ in passes], np.repeat(places, sizes[places])))
        columns = {name: list(chain.from_iterable(s.columns[name] for s in samples)) for name in samples[0].columns}
        columns["label"] = [label_name(label, self._plan.classes) for label in columns["label"]]
        check_finite(layers, columns["id"])
        said = _said([told for _, told in passes], np.argsort(places, kind="stable"), sizes)
        return Portion(_arranged(columns, said), layers, [None] * int(sizes.sum()), *rest)

    def _choose_layers(self) -> tuple[str, ...]:
        patterns = self._plan.layers
        if patterns is not None:
            return select_layers(self._network, patterns)
        return default_layers(self._network, self._network.sample_input())

    def _pass(
        self, samples: Sequence[Sample], notes: dict[str, Any]
    ) -> tuple[dict[str, dict[str, Points]], Mapping[str, Sequence[Any]]]:
        """Return the points of one batch by layer and policy, and what the network says of its texts."""
        ids, mask = padded([sample.ids for sample in samples], self._tokenizer.pad)
        keep = _keeper(samples, length=ids.shape[1], unit=self._reader.unit)
        layers = {name: partial(keep, module=name) for name in self._layers}
        output, kept = self._network.tap(self._network.arguments(ids, mask), layers)
        if "layers" not in notes or self._outputs is None:
            self._outputs = name_outputs(output, self._network, self._source, self._plan.classes)
            notes |= {"layers": list(layers), "outputs": asdict(self._outputs) if self._outputs else None}
        labels = [label_name(sample.columns["label"][0], self._plan.classes) for sample in samples]
        return kept, self._outputs.predict(output, labels) if self._outputs else {}


def padded(ids: Sequence[Sequence[int]], pad: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return token ids and their mask, both (B, T), the shorter texts filled up on the right."""
    lengths = np.array([len(row) for row in ids])
    mask = np.arange(lengths.max()) < lengths[:, None]
    filled = np.full(mask.shape, pad, dtype=np.int64)
    filled[mask] = np.fromiter(chain.from_iterable(ids), np.int64)
    return filled, mask.astype(np.int64)


def _keeper(samples: Sequence[Sample], *, length: int, unit: str) -> Callable[..., dict[str, Points]]:
    """Return the function that makes points of the output (B, T, C) of a layer for a batch of T tokens."""
    bags = {
        policy: [[row * length + place for place in bag] for row, s in enumerate(samples) for bag in s.bags[policy]]
        for policy in samples[0].bags
    }

    def keep(output: Any, module: str) -> dict[str, Points]:
        if output.ndim == 2 and unit == "text" and len(output) == len(samples):
            return {VECTOR: _points(module, VECTOR, output)}
        if output.ndim != 3 or output.shape[:2] != (len(samples), length):
            shape = "x".join(map(str, output.shape))
            raise ModelError(
                f"layer {module!r} gives {shape} for {len(samples)} texts of {length} tokens: a vector for each token"
                " is needed, choose another layer"
            )
        flat = output.reshape(-1, output.shape[2]).float()
        return {policy: _points(module, policy, _means(flat, found)) for policy, found in bags.items()}

    return keep


def _means(vectors: Any, bags: Sequence[Sequence[int]]) -> Any:
    """Return the mean of the vectors (N, C) in each bag, (len(bags), C)."""
    import torch

    places = torch.tensor(list(chain.from_iterable(bags)), device=vectors.device)
    starts = torch.tensor(np.cumsum([0, *map(len, bags[:-1])]), device=vectors.device)
    return torch.nn.functional.embedding_bag(places, vectors, starts, mode="mean")


def _points(module: str, policy: str, vectors: Any) -> Points:
    import torch

    nowhere = np.full((len(vectors), 1), -1, dtype=np.int32)
    on_host = vectors.to("cpu", torch.float32, copy=True).numpy()
    return Points(module, policy, None, on_host[:, None, :], nowhere, nowhere)


def _in_order(
    passes: Sequence[Mapping[str, Mapping[str, Points]]], owners: NDArray[np.int64]
) -> dict[str, dict[str, Points]]:
    """Return the points of several batches in the order of the texts they are of."""
    order = np.argsort(owners, kind="stable")

    def joined(module: str, policy: str) -> Points:
        parts = [kept[module][policy] for kept in passes]
        nowhere = np.full((len(order), 1), -1, dtype=np.int32)
        return Points(module, policy, None, np.concatenate([part.vectors for part in parts])[order], nowhere, nowhere)

    return {module: {policy: joined(module, policy) for policy in found} for module, found in passes[0].items()}


def _said(
    passes: Sequence[Mapping[str, Sequence[Any]]], order: NDArray[np.int64], sizes: NDArray[np.int64]
) -> dict[str, list[Any]]:
    """Return what the network says of each text, in their order, once for each of its examples."""
    joined = {name: list(chain.from_iterable(told[name] for told in passes)) for name in passes[0]}
    rows = np.repeat(order, sizes)
    return {name: [values[row] for row in rows] for name, values in joined.items()}


def _arranged(columns: dict[str, list[Any]], said: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the columns of the examples: identity and label, what the network says, and the rest."""
    first = {name: columns[name] for name in ("id", "label")}
    return {**first, **said, **{name: values for name, values in columns.items() if name not in first}}
