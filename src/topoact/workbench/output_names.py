"""Names of a network's outputs for display: `display_name`, from `majorities` where a study has no names.

A study stores the names that were given at extraction. Without names its tables, images and located inputs have
"output 3", to which the label of most of its examples is added for display: "output 3, mostly cat".
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import pandas as pd

from topoact.extract.predictions import Outputs
from topoact.study import Study
from topoact.workbench.columns import prediction_columns
from topoact.workbench.texts import unit

MIN_LABELLED: Final = 10
"""Labelled examples with an output as their prediction, from which on their labels can name it."""


def display_name(study: Study, name: str) -> str:
    """Return the name of a class for display; that of an output without a name has the label of most of its examples.

    Parameters
    ----------
    study
        An opened study.
    name
        The name in the study.
    """
    return _majority_names(study).get(name, name)


def majorities(labels: "pd.Series[Any]", predictions: "pd.Series[Any]") -> dict[str, str]:
    """Return for each predicted output the label that most of its examples have, where there is a clear one.

    It is clear with ten labelled examples or more, among which other labels are less than half as common as among all.

    Parameters
    ----------
    labels, predictions
        Of the same examples; missing values count as unlabelled.

    Returns
    -------
    dict
        The label by the name of the output.
    """
    pairs = pd.DataFrame({"output": predictions.astype("string"), "label": labels.astype("string")}).dropna()
    counts = pairs.value_counts().rename_axis(["output", "label"])
    label_share, n = pairs["label"].value_counts(normalize=True), pairs["output"].value_counts()
    majority = {}
    for output, label in counts.groupby(level="output").idxmax():
        others = 1 - counts[output, label] / n[output]
        if n[output] >= MIN_LABELLED and 2 * others < 1 - label_share[label]:
            majority[str(output)] = str(label)
    return majority


@lru_cache(maxsize=4)
def _majority_names(study: Study) -> Mapping[str, str]:
    """Return display names of outputs without a name, by the first checkpoint with a clear majority for each."""
    outputs = Outputs.noted(study.manifest.notes)
    if outputs is None or outputs.names or "label" not in study.examples or unit(study) == "word":
        return {}
    majority = dict[str, str]()
    for column in prediction_columns(study):
        majority = majorities(study.examples["label"], study.examples[column]) | majority
    return {output: f"{output}, mostly {label}" for output, label in majority.items()}
