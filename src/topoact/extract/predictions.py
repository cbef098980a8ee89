"""What the network says of each input, in the words of the labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import softmax

from topoact.errors import InvalidInput
from topoact.extract.sources import Source


@dataclass(frozen=True, slots=True)
class Outputs:
    """Names of a classifier's outputs; without names they are called by number, which the summary says."""

    n: int
    names: tuple[str, ...] | None

    @classmethod
    def of(cls, output: Any, source: Source, given: tuple[str, ...] | None) -> "Outputs | None":
        """Return the outputs of a network that gives (B, K) numbers, K > 1; None for any other network.

        Raises
        ------
        InvalidInput
            If the user gave another number of names.
        """
        import torch

        if not isinstance(output, torch.Tensor) or output.ndim != 2 or output.shape[1] < 2:
            if given:
                raise InvalidInput(
                    "--classes names the outputs of a classifier, and this network gives no (B, K) scores"
                )
            return None
        n = output.shape[1]
        if given and len(given) != n:
            raise InvalidInput(f"--classes gives {len(given)} names and the network has {n} outputs")
        return cls(n, given or source.class_names(n))

    def name(self, number: int) -> str:
        """Return the name of one output."""
        return self.names[number] if self.names else f"output {number}"

    def predict(self, output: Any) -> tuple[list[str], NDArray[np.float32]]:
        """Return the name of the greatest output and its probability for each row of (B, K) logits or probabilities."""
        scores = output.float().cpu().numpy()
        is_distribution = bool((scores >= 0).all()) and bool((abs(scores.sum(1) - 1) < 1e-3).all())
        shares = scores if is_distribution else softmax(scores, axis=1)
        return [self.name(number) for number in shares.argmax(1)], shares.max(1)

    def all_names(self) -> tuple[str, ...]:
        """Return the names of all outputs, in order."""
        return tuple(self.name(i) for i in range(self.n))


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
        elif name in ("label", "prediction"):
            examples = examples.set_column(place, name, column.combine_chunks().dictionary_encode())
    return examples


def class_list(examples: pa.Table, outputs: tuple[str, ...], *, named: bool) -> tuple[str, ...]:
    """Return the names that labels and predictions refer to: those of the outputs first if they have any."""
    labels: list[str] = []
    if "label" in examples.column_names:
        labels = sorted(filter(None, pc.unique(examples.column("label")).to_pylist()), key=_natural)
    return tuple(dict.fromkeys([*outputs, *labels] if named else [*labels, *outputs]))


def accuracy(examples: pa.Table) -> float | None:
    """Return the share of labelled examples whose prediction is their label; None if the two share no names."""
    if not {"label", "prediction"} <= set(examples.column_names):
        return None
    label, prediction = (examples.column(name).cast(pa.string()) for name in ("label", "prediction"))
    if not set(pc.unique(label).to_pylist()) & set(pc.unique(prediction).to_pylist()):
        return None
    return float(pc.mean(pc.equal(label, prediction).cast(pa.float64())).as_py())


def _natural(name: str) -> tuple[bool, int, str]:
    is_number = name.lstrip("-").isdecimal()
    return (not is_number, int(name) if is_number else 0, name)
