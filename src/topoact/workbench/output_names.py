"""What a network's outputs are called where people read it.

A study keeps the names that were given at extraction. Where there are none, its tables, images and probes keep
"output 3", and what the examples tell of that output is added when it is read: "output 3, mostly cat".
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import pandas as pd

from topoact.extract.predictions import Outputs
from topoact.study import Study
from topoact.workbench.columns import prediction_columns
from topoact.workbench.texts import unit

FEWEST: Final = 10
"""Labelled examples for which an output must have been predicted before their labels say what it is."""


def display_name(study: Study, name: str) -> str:
    """Return the name of a class as people read it: that of an output without a name tells the label it mostly goes to.

    Parameters
    ----------
    study
        An opened study.
    name
        As the study keeps it.
    """
    return _told(study).get(name, name)


def majorities(labels: "pd.Series[Any]", predictions: "pd.Series[Any]") -> dict[str, str]:
    """Return for each predicted output the label that most of its examples have, where there is a clear one.

    It is clear with ten labelled examples or more, among which other labels are less than half as common as among all.

    Parameters
    ----------
    labels, predictions
        Of the same examples; missing values count as unlabelled.
    """
    pairs = pd.DataFrame({"output": predictions.astype("string"), "label": labels.astype("string")}).dropna()
    counts = pairs.value_counts().rename_axis(["output", "label"])
    usual, n = pairs["label"].value_counts(normalize=True), pairs["output"].value_counts()
    found = {}
    for output, label in counts.groupby(level="output").idxmax():
        others = 1 - counts[output, label] / n[output]
        if n[output] >= FEWEST and 2 * others < 1 - usual[label]:
            found[str(output)] = str(label)
    return found


@lru_cache(maxsize=4)
def _told(study: Study) -> Mapping[str, str]:
    """Return what is told of each output that has no name; the first checkpoint with a clear majority tells it."""
    outputs = Outputs.noted(study.manifest.notes)
    if outputs is None or outputs.names or "label" not in study.examples or unit(study) == "word":
        return {}
    found = dict[str, str]()
    for column in prediction_columns(study):
        found = majorities(study.examples["label"], study.examples[column]) | found
    return {output: f"{output}, mostly {label}" for output, label in found.items()}
