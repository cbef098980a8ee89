"""What the network says of each input, in the words of the labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import log_softmax

from topoact.errors import InvalidInput

TOP = 5


@dataclass(frozen=True, slots=True)
class Outputs:
    """Names of a classifier's outputs; without names they are called by number, which the summary says."""

    n: int
    names: tuple[str, ...] | None

    @classmethod
    def of(cls, output: Any, *names: tuple[str, ...] | None, given: tuple[str, ...] | None) -> "Outputs | None":
        """Return the outputs of a network that gives (B, K) numbers, K > 1; None for any other network.

        Parameters
        ----------
        output
            What the network gives: scores, or an object that has them as `logits`.
        *names
            What the network or the source calls the outputs; the first that there are K of are taken.
        given
            What the user calls them.

        Raises
        ------
        InvalidInput
            If the user gave another number of names.
        """
        scores = scores_of(output)
        if getattr(scores, "ndim", 0) != 2 or scores.shape[1] < 2:
            if given:
                raise InvalidInput(
                    "--classes names the outputs of a classifier, and this network gives no (B, K) scores"
                )
            return None
        n = scores.shape[1]
        if given and len(given) != n:
            raise InvalidInput(f"--classes gives {len(given)} names and the network has {n} outputs")
        return cls(n, given or next((known for known in names if known and len(known) == n), None))

    @classmethod
    def noted(cls, notes: Mapping[str, Any]) -> "Outputs | None":
        """Return the outputs that the notes of a study tell of; None where its network is no classifier."""
        record = notes.get("outputs")
        return cls(record["n"], tuple(record["names"]) if record["names"] else None) if record else None

    def name(self, number: int) -> str:
        """Return the name of one output."""
        return self.names[number] if self.names else f"output {number}"

    def predict(self, output: Any, labels: Sequence[str | None]) -> dict[str, Sequence[Any]]:
        """Return what the network says of each input, as columns.

        Parameters
        ----------
        output
            Logits or probabilities (B, K).
        labels
            Names of the right outputs; None, or a name that no output has, where that is not known.

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
        place = {name: number for number, name in enumerate(self.names or ())}
        right = [place.get(label) if label is not None else None for label in labels]
        return {
            "prediction": [row[0] for row in top5],
            "confidence": shares.max(1),
            "top5": top5,
            "top5_confidence": list(np.take_along_axis(shares, best, axis=1)),
            "loss": [None if k is None else -logs[row, k] for row, k in enumerate(right)],
            "correct": [None if k is None else bool(best[row, 0] == k) for row, k in enumerate(right)],
        }

    def likeliest(self, scores: NDArray[np.float32]) -> list[list[tuple[str, float]]]:
        """Return of each row of scores (B, K) the five likeliest outputs with their shares."""
        said = self.predict(scores, [None] * len(scores))
        pairs = zip(said["top5"], said["top5_confidence"], strict=True)
        return [list(zip(names, map(float, shares), strict=True)) for names, shares in pairs]

    def all_names(self) -> tuple[str, ...]:
        """Return the names of all outputs, in order."""
        return tuple(self.name(i) for i in range(self.n))


def scores_of(output: Any) -> Any:
    """Return the scores in what a network gives: its `logits`, or the whole."""
    return getattr(output, "logits", output)


def gives_shares(scores: NDArray[np.float32]) -> bool:
    """Return whether scores (B, K) are probabilities."""
    return bool((scores >= 0).all()) and bool((abs(scores.sum(1) - 1) < 1e-3).all())


def likeliest(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the numbers of the five greatest of the scores (B, K), or of all K, the greatest first."""
    return np.argsort(-_shares(scores)[0], axis=1, kind="stable")[:, :TOP]


def _shares(scores: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return probabilities and their logarithms."""
    is_share = gives_shares(scores)
    with np.errstate(divide="ignore"):
        logs = np.log(scores) if is_share else log_softmax(scores, axis=1)
    return scores if is_share else np.exp(logs), logs


def host_scores(output: Any) -> NDArray[np.float32] | None:
    """Return the scores (B, K) that a network gives, on the host; None where it gives something else."""
    scores = scores_of(output)
    return _host(scores) if getattr(scores, "ndim", 0) == 2 else None


def _host(scores: Any) -> NDArray[np.float32]:
    return np.asarray(scores.float().cpu() if hasattr(scores, "cpu") else scores, dtype=np.float32)


def label_name(label: str | int | None, names: tuple[str, ...] | None) -> str | None:
    """Return a label as text: a whole number is the place of its name when the user named the classes."""
    if isinstance(label, int) and names and 0 <= label < len(names):
        return names[label]
    return None if label is None else str(label)


def finish_table(examples: pa.Table) -> pa.Table:
    """Return the examples with labels and predictions coded, and columns without any value left out."""
    for name in examples.column_names:
        column = examples.column(name)
        place = examples.column_names.index(name)
        if column.null_count == len(column):
            examples = examples.remove_column(place)
        elif name.partition("@")[0] in ("label", "prediction") and not pa.types.is_dictionary(column.type):
            examples = examples.set_column(place, name, column.combine_chunks().dictionary_encode())
    return examples


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
