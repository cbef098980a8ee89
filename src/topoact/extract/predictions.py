"""`Outputs`: predictions of a classifier as columns of the examples, with the names of its classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import log_softmax

from topoact.errors import InvalidInput
from topoact.study.columns import COLUMNS

MAX_LIKELIEST = 5
"""Number of the likeliest classes that are stored."""
SCORES: Final = ("logits", "prediction_logits", "scores", "out")
"""Names under which networks return their scores."""
NO_SCORES: Final = ("hidden", "pool", "embed", "feature", "attention", "box")
"""Parts of the names of what else networks return as (B, K) numbers."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """The outputs of a classifier by name, or by number where they have no names, which the summary reports."""

    n: int
    names: tuple[str, ...] | None

    @classmethod
    def of(cls, output: Any, *names: tuple[str, ...] | None, given: tuple[str, ...] | None) -> "Outputs | None":
        """Return the outputs of a network that gives (B, K) numbers, K > 1; None for any other network.

        Parameters
        ----------
        output
            The output of the network; see `scores_of`.
        *names
            Names from the network or the source; the first tuple with K names is taken.
        given
            Names from the user.

        Raises
        ------
        InvalidInput
            If the user gave another number of names.
        """
        scores = scores_of(output)
        if getattr(scores, "ndim", 0) != 2 or scores.shape[1] < 2:
            if given:
                raise InvalidInput(
                    "--classes names the outputs of a classifier, and this network gives no (B, K) scores, by"
                    f" themselves or under a name such as {', '.join(SCORES)}: wrap it in a module that returns them"
                )
            return None
        n = scores.shape[1]
        if given and len(given) != n:
            raise InvalidInput(f"--classes gives {len(given)} names and the network has {n} outputs")
        return cls(n, given or next((known for known in names if known and len(known) == n), None))

    @classmethod
    def noted(cls, notes: Mapping[str, Any]) -> "Outputs | None":
        """Return the outputs in the notes of a study; None where its network is no classifier."""
        record = notes.get("outputs")
        return cls(record["n"], tuple(record["names"]) if record["names"] else None) if record else None

    def name(self, number: int) -> str:
        """Return the name of one output."""
        return self.names[number] if self.names else f"output {number}"

    def predict(self, output: Any, labels: Sequence[str | None]) -> dict[str, Sequence[Any]]:
        """Return the predictions of all inputs, as columns.

        Parameters
        ----------
        output
            Logits or probabilities (B, K).
        labels
            Names of the correct outputs; None, or the name of no output, where unknown.

        Returns
        -------
        dict
            `prediction` and `confidence`, name and probability of the greatest output; `top5` and `top5_confidence`,
            the same of the five greatest, as lists; `loss`, the cross-entropy, and `correct`, where the label is known.
        """
        scores = _host(scores_of(output))
        shares, logs = _shares(scores)
        best = likeliest(scores)
        top5 = [[self.name(number) for number in row] for row in best]
        numbers = {name: number for number, name in enumerate(self.names or ())}
        correct = [numbers.get(label) if label is not None else None for label in labels]
        return {
            "prediction": [row[0] for row in top5],
            "confidence": shares.max(1),
            "top5": top5,
            "top5_confidence": list(np.take_along_axis(shares, best, axis=1)),
            "loss": [None if k is None else -logs[row, k] for row, k in enumerate(correct)],
            "correct": [None if k is None else bool(best[row, 0] == k) for row, k in enumerate(correct)],
        }

    def likeliest(self, scores: NDArray[np.float32]) -> list[list[tuple[str, float]]]:
        """Return of each row of scores (B, K) the five likeliest outputs with their shares."""
        columns = self.predict(scores, [None] * len(scores))
        pairs = zip(columns["top5"], columns["top5_confidence"], strict=True)
        return [list(zip(names, map(float, shares), strict=True)) for names, shares in pairs]

    def all_names(self) -> tuple[str, ...]:
        """Return the names of all outputs, in order."""
        return tuple(self.name(i) for i in range(self.n))


def scores_of(output: Any) -> Any:
    """Return the scores in the output of a network.

    Of a dictionary, a dataclass or any object these are the attribute or item of one of the names `SCORES`, or else
    the only tensor of two dimensions that is not called otherwise, such as ``pooler_output``. An output without any is
    returned as it is.
    """
    parts = _parts(output)
    if named := [parts[name] for name in SCORES if parts.get(name) is not None]:
        return named[0]
    tables = [part for name, part in parts.items() if getattr(part, "ndim", 0) == 2 and not _is_no_score(name)]
    return tables[0] if len(tables) == 1 else output


def _parts(output: Any) -> Mapping[str, Any]:
    """Return the parts of an output by name; none of a tensor, an array or a plain sequence."""
    if isinstance(output, Mapping):
        return {str(name): part for name, part in output.items()}
    if hasattr(output, "_asdict"):
        return dict(output._asdict())
    if is_dataclass(output):
        return {field.name: getattr(output, field.name) for field in fields(output)}
    return {} if hasattr(output, "ndim") else getattr(output, "__dict__", {})


def _is_no_score(name: str) -> bool:
    return any(part in name.lower() for part in NO_SCORES)


def gives_shares(scores: NDArray[np.float32]) -> bool:
    """Return whether scores (B, K) are probabilities."""
    return bool((scores >= 0).all()) and bool((abs(scores.sum(1) - 1) < 1e-3).all())


def likeliest(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the numbers of the five greatest of the scores (B, K), or of all K, the greatest first."""
    return np.argsort(-_shares(scores)[0], axis=1, kind="stable")[:, :MAX_LIKELIEST]


def _shares(scores: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return probabilities and their logarithms."""
    is_share = gives_shares(scores)
    with np.errstate(divide="ignore"):
        logs = np.log(scores) if is_share else log_softmax(scores, axis=1)
    return scores if is_share else np.exp(logs), logs


def host_scores(output: Any, n_inputs: int | None = None) -> NDArray[np.float32] | None:
    """Return the scores (B, K) of a network's output, on the host; None where it has another shape or other rows."""
    scores = scores_of(output)
    is_table = getattr(scores, "ndim", 0) == 2 and n_inputs in (None, len(scores))
    return _host(scores) if is_table else None


def _host(scores: Any) -> NDArray[np.float32]:
    return np.asarray(scores.float().cpu() if hasattr(scores, "cpu") else scores, dtype=np.float32)


def label_name(label: str | int | None, names: tuple[str, ...] | None) -> str | None:
    """Return a label as text: a whole number is an index into the names of the classes if the user gave some."""
    if isinstance(label, int) and names and 0 <= label < len(names):
        return names[label]
    return None if label is None else str(label)


def finish_table(examples: pa.Table) -> pa.Table:
    """Return the examples with labels and predictions dictionary-encoded, without the columns that have no value."""
    for name in examples.column_names:
        column = examples.column(name)
        position = examples.column_names.index(name)
        if column.null_count == len(column):
            examples = examples.remove_column(position)
        elif name.partition("@")[0] in ("label", "prediction") and not pa.types.is_dictionary(column.type):
            examples = examples.set_column(position, name, column.combine_chunks().dictionary_encode())
    return examples


def without_values(examples: pa.Table) -> list[str]:
    """Return the user's columns that have no value, which `finish_table` leaves out, as remarks for people."""
    own = {"id", "label", *COLUMNS}
    empty = [
        name
        for name, column in zip(examples.column_names, examples.columns, strict=True)
        if name.partition("@")[0] not in own and len(column) and column.null_count == len(column)
    ]
    return [f"columns without any value, left out: {', '.join(empty)}"] if empty else []


def class_list(examples: pa.Table, outputs: tuple[str, ...], *, named: bool) -> tuple[str, ...]:
    """Return the names that labels and predictions refer to: those of the outputs first if they have any."""
    labels: list[str] = []
    if "label" in examples.column_names:
        labels = sorted(filter(None, pc.unique(examples.column("label")).to_pylist()), key=_natural)
    return tuple(dict.fromkeys([*outputs, *labels] if named else [*labels, *outputs]))


def accuracy(examples: pa.Table, column: str = "prediction") -> float | None:
    """Return the share of labelled examples whose prediction is their label; None if the two share no names."""
    if not {"label", column} <= set(examples.column_names):
        return None
    label, prediction = (examples.column(name).cast(pa.string()) for name in ("label", column))
    if not set(pc.unique(label).to_pylist()) & set(pc.unique(prediction).to_pylist()):
        return None
    return float(pc.mean(pc.equal(label, prediction).cast(pa.float64())).as_py())


def _natural(name: str) -> tuple[bool, int, str]:
    is_number = name.lstrip("-").isdecimal()
    return (not is_number, int(name) if is_number else 0, name)
