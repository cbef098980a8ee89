"""`TextRun`: extraction from texts, window by window; within a window the texts are sorted by length."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput, ModelError
from topoact.extract.chunks import LayerNames, name_outputs, only_finite
from topoact.extract.example_attribution import attributed_to
from topoact.extract.forward import ForwardResult, Pass, forward_runs
from topoact.extract.predictions import Outputs, label_name
from topoact.extract.texts.forward import TextForward, pass_of
from topoact.extract.texts.grouping import Grouping, grouping
from topoact.extract.texts.pieces import Tokenizer, batches
from topoact.extract.texts.reading import TextReader, Window
from topoact.inputs.records import joined_columns
from topoact.inputs.texts.source import TextSource
from topoact.mapper import Progress
from topoact.networks.layers import choose_axes, default_layers, select_layers
from topoact.networks.text_network import TextNetwork
from topoact.study import Chunk, Points, StudyWriter

if TYPE_CHECKING:
    from topoact.extract.plan import Plan
    from topoact.networks import Network

MAX_BATCH_TOKENS = 2**14
"""Tokens of a batch with its padding, unless one text has more."""
UNLIMITED_TOKENS = 2**16
"""Tokens of a text of unlimited length, by which the capacity of the study is estimated."""


class TextRun:
    """One extraction from texts under way.

    Raises
    ------
    ModelError
        If the network has no tokenizer, or one without positions of its pieces.
    InvalidInput
        If a policy is not for texts, policies do not go together, or a condition is none.
    UnknownName
        If the source has no such column, or the network no such layer.
    """

    nothing = "no text or word is left: is this the right column, and is --where what you mean?"
    """Message of the error when there is no example."""

    def __init__(
        self, network: "Network", source: TextSource, plan: "Plan", on_progress: Progress, names: LayerNames
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
        self._names = names
        self._grouping = Grouping(plan.batch_size, is_padded=network.is_masked)
        self._outputs: Outputs | None = None

    @property
    def capacity(self) -> int:
        """Upper limit of the number of examples."""
        if self._reader.unit == "text":
            return self._total
        is_known = self._source.word_columns is not None and self._plan.policies == ("words",)
        return (
            int(self._source.record["words"])
            if is_known
            else self._total * (self._tokenizer.max_tokens or UNLIMITED_TOKENS)
        )

    @property
    def config(self) -> dict[str, Any]:
        """The config that determines the study, as JSON."""
        from topoact.extract.plan import plan_config

        config = plan_config(self._network, self._source, self._plan, self._tokenizer.record)
        return {**config, "where": list(self._plan.where)}

    @property
    def remarks(self) -> Sequence[str]:
        """Sentences on how the source was read, where there was a choice."""
        return getattr(self._source, "remarks", ())

    def progress(self, writer: StudyWriter) -> str:
        """Say how far an interrupted run has come."""
        return f"{writer.next_input:,} of {self._total:,} texts"

    def write(self, writer: StudyWriter) -> None:
        """Append all windows that are not written yet."""
        network, plan = self._network, self._plan
        if plan.workers == 1:
            network.to(plan.device, plan.dtype)
        choose_axes(network, plan.axes)
        layers = self._choose_layers()  # before a thread uses the tokenizer
        plan.axes.check(layers)
        forward = TextForward(layers, self._reader.unit, plan.attribution, plan.axes)
        self._grouping = grouping(network, forward, self._tokenizer, plan.batch_size)
        if note := self._grouping.note:
            writer.notes["batches"] = note
        runs = forward_runs(network, forward, plan)
        self._on_progress("extract", writer.next_input, self._total)
        with closing(self.work(writer.next_input)) as work, runs as run:
            for (window, order), results in run(work):
                writer.append(self._portion(window, order, results, writer.notes))
                self._on_progress("extract", window.next_input, self._total)

    def work(self, start: int) -> Generator[tuple[tuple[Window, list[list[int]]], list[Pass]], None, None]:
        """Yield the windows from a row of the source on, with the indices of their texts by batch, and the passes."""
        (size, is_padded), pad = self._grouping, self._network.pad
        with closing(self._reader.windows(start, self._total, self._plan.batch_size)) as windows:
            for window in windows:
                lengths = [len(sample.ids) for sample in window.samples]
                order = list(batches(lengths, size=size, max_tokens=MAX_BATCH_TOKENS, is_masked=is_padded))
                yield (window, order), [pass_of([window.samples[i] for i in places], pad) for places in order]

    def _portion(
        self, window: Window, order: Sequence[Sequence[int]], results: Sequence[ForwardResult], notes: dict[str, Any]
    ) -> Chunk:
        """Return what the study keeps of a window."""
        samples, rest = window.samples, (window.next_input, window.skipped, window.tally)
        if not samples:
            return Chunk({}, {}, (), *rest)
        scores = _scores(results, order)
        self._note(scores, results[0][1], notes)
        sizes = np.array([len(sample) for sample in samples])
        layers = self._names.of(_in_order([kept for _, kept in results], _rows(order, sizes)))
        columns = joined_columns([sample.columns for sample in samples], list(map(len, samples)))
        columns["label"] = [label_name(label, self._plan.classes) for label in columns["label"]]
        predicted: dict[str, Sequence[Any]] = {}
        if self._outputs:
            firsts = np.cumsum(sizes) - sizes
            predicted = self._outputs.predict(scores, [columns["label"][first] for first in firsts])
        portion = Chunk(_arranged(columns, predicted, sizes), layers, [None] * int(sizes.sum()), *rest)
        return only_finite(portion, skip=self._plan.skip_nonfinite)

    def _note(self, scores: Any, layers: Iterable[str], notes: dict[str, Any]) -> None:
        if "layers" not in notes or self._outputs is None:
            self._outputs = name_outputs(scores, self._network, self._source, self._plan.classes)
            notes |= {"layers": list(layers), "outputs": asdict(self._outputs) if self._outputs else None}
            if self._plan.attribution:
                notes["attribution"] = attributed_to(scores)

    def _choose_layers(self) -> tuple[str, ...]:
        patterns = self._plan.layers
        if patterns is not None:
            return select_layers(self._network, patterns)
        return default_layers(self._network, self._network.sample_input())


def _scores(results: Sequence[ForwardResult], order: Iterable[Iterable[int]]) -> NDArray[np.float32] | None:
    """Return the scores of all texts in their order; None where the network gives none."""
    scores = [scores for scores, _ in results if scores is not None]
    return np.concatenate(scores)[np.argsort(list(chain.from_iterable(order)))] if scores else None


def _rows(order: Sequence[Sequence[int]], sizes: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the rows in the window of the examples of each batch, from the number of examples of each text."""
    ends = np.cumsum(sizes)
    spans = [np.arange(end - size, end) for end, size in zip(ends, sizes, strict=True)]
    return [np.concatenate([spans[place] for place in places]) for places in order]


def _in_order(
    passes: Sequence[Mapping[str, Mapping[str, Points]]], rows: Sequence[NDArray[np.int64]]
) -> dict[str, dict[str, Points]]:
    """Return the points of several batches in the order of the texts they are of."""
    nowhere = np.full((sum(map(len, rows)), 1), -1, dtype=np.int32)

    def joined(module: str, policy: str) -> Points:
        parts = [kept[module][policy] for kept in passes]
        columns = {name: placed([part.columns[name] for part in parts]) for name in parts[0].columns}
        return Points(module, policy, None, placed([part.vectors for part in parts]), nowhere, nowhere, columns)

    def placed(parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        whole = np.empty((len(nowhere), *parts[0].shape[1:]), dtype=np.float32)
        for part, places in zip(parts, rows, strict=True):
            whole[places] = part
        return whole

    return {module: {policy: joined(module, policy) for policy in policies} for module, policies in passes[0].items()}


def _arranged(
    columns: dict[str, list[Any]], predicted: Mapping[str, Sequence[Any]], sizes: NDArray[np.int64]
) -> dict[str, list[Any]]:
    """Return the columns of the examples: identity and label, the predictions of their texts, and the rest."""
    texts = np.repeat(np.arange(len(sizes)), sizes).tolist()
    first = {name: columns[name] for name in ("id", "label")}
    repeated = {name: [values[text] for text in texts] for name, values in predicted.items()}
    return {**first, **repeated, **{name: values for name, values in columns.items() if name not in first}}
