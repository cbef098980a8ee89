"""What the network says is told in the words of the labels."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest
import torch

from topoact.errors import InvalidInput
from topoact.extract.options import parse_names, parse_numbers
from topoact.extract.predictions import Outputs, accuracy, class_list, finish_table, host_scores, label_name

LOGITS = torch.tensor([[1.0, 3.0, -2.0], [0.5, -1.0, 0.0]])


def test_logits_become_probabilities() -> None:
    found = Outputs(3, ("a", "b", "c")).predict(LOGITS, ["b", "x"])
    assert found["prediction"] == ["b", "a"]
    np.testing.assert_allclose(found["confidence"], LOGITS.softmax(1).amax(1), rtol=1e-6)
    assert found["top5"] == [["b", "a", "c"], ["a", "c", "b"]]
    expected = LOGITS.softmax(1).sort(1, descending=True).values
    np.testing.assert_allclose(found["top5_confidence"], expected, rtol=1e-6)
    assert found["correct"] == [True, None]
    assert found["loss"][0] == pytest.approx(float(torch.nn.functional.cross_entropy(LOGITS[:1], torch.tensor([1]))))
    assert found["loss"][1] is None


def test_probabilities_stay_as_they_are() -> None:
    found = Outputs(3, None).predict(torch.tensor([[0.1, 0.2, 0.7]]), ["2"])
    assert found["prediction"] == ["output 2"]
    np.testing.assert_allclose(found["confidence"], [0.7])
    assert found["correct"] == [None]


@dataclass
class Scored:
    features: torch.Tensor
    logits: torch.Tensor


@dataclass
class Told:
    features: torch.Tensor
    probabilities: torch.Tensor


class Pair(NamedTuple):
    logits: torch.Tensor
    aux: torch.Tensor


OTHER = torch.zeros(2, 7)


@pytest.mark.parametrize(
    "output",
    [
        pytest.param({"scores": LOGITS}, id="a dictionary"),
        pytest.param({"aux": OTHER, "out": LOGITS}, id="a usual name among others"),
        pytest.param(Scored(OTHER, LOGITS), id="a dataclass"),
        pytest.param(Told(OTHER, LOGITS), id="the only table that may be scores"),
        pytest.param(SimpleNamespace(answer=LOGITS, boxes=OTHER), id="any object"),
        pytest.param(Pair(LOGITS, OTHER), id="a named tuple"),
        pytest.param({0: LOGITS, 1: OTHER[None]}, id="names that are no text"),
    ],
)
def test_scores_are_found_by_name(output: object) -> None:
    names = ("a", "b", "c")
    assert Outputs.of(output, names, given=None) == Outputs(3, names)
    np.testing.assert_array_equal(host_scores(output, 2), LOGITS)


@pytest.mark.parametrize(
    "output",
    [
        pytest.param({"a": LOGITS, "b": OTHER}, id="two tables"),
        pytest.param({"last_hidden_state": OTHER[None], "pooler_output": LOGITS}, id="a body"),
        pytest.param({"logits": OTHER[None], "other": LOGITS}, id="logits of each token"),
        pytest.param([{"boxes": OTHER, "labels": OTHER[0], "scores": OTHER[0]}] * 2, id="a detector"),
        pytest.param({"boxes": OTHER, "labels": OTHER[0], "scores": OTHER[0]}, id="boxes of a batch"),
        pytest.param({"out": OTHER[None, None], "aux": LOGITS}, id="segmentation"),
        pytest.param((LOGITS, OTHER), id="a tuple"),
    ],
)
def test_what_may_be_no_scores_is_not_taken_for_some(output: object) -> None:
    assert host_scores(output, 2) is None
    with pytest.raises(InvalidInput, match=r"this network gives no .* wrap it in a module that returns them"):
        Outputs.of(output, given=("a", "b", "c"))


def test_scores_need_a_row_for_each_input() -> None:
    assert host_scores({"scores": LOGITS}, 3) is None


@pytest.mark.parametrize("output", [(LOGITS,), LOGITS[:, :1], LOGITS[None]])
def test_other_networks_make_no_predictions(output: object) -> None:
    assert Outputs.of(output, given=None) is None
    with pytest.raises(InvalidInput, match="this network gives no"):
        Outputs.of(output, given=("a",))


@pytest.mark.parametrize(
    ("label", "names", "found"),
    [
        (1, ("a", "b"), "b"),
        (2, ("a", "b"), "2"),
        (-1, ("a",), "-1"),
        ("x", ("a",), "x"),
        (3, None, "3"),
        (None, None, None),
    ],
)
def test_label_names(label: str | int | None, names: tuple[str, ...] | None, found: str | None) -> None:
    assert label_name(label, names) == found


def test_columns_are_coded_and_empty_ones_left_out() -> None:
    table = pa.table({"id": ["a", "b"], "label": [None, None], "prediction": ["x", "y"], "confidence": [0.5, 0.5]})
    finished = finish_table(table)
    assert finished.column_names == ["id", "prediction", "confidence"]
    assert pa.types.is_dictionary(finished.schema.field("prediction").type)


def test_classes_come_in_the_order_of_outputs_or_of_numbers() -> None:
    table = pa.table({"label": ["10", "9", "x", None]})
    assert class_list(table, ("9", "10"), named=True) == ("9", "10", "x")
    assert class_list(table, ("output 0",), named=False) == ("9", "10", "x", "output 0")
    assert class_list(pa.table({}), (), named=False) == ()


def test_accuracy_needs_common_names() -> None:
    assert accuracy(pa.table({"label": ["a", "b", None], "prediction": ["a", "a", "b"]})) == 0.5
    assert accuracy(pa.table({"label": ["a"], "prediction": ["output 0"]})) is None
    assert accuracy(pa.table({"label": ["a"]})) is None


def test_values_of_options(tmp_path: object) -> None:
    assert parse_numbers("0.1, 2", "--mean") == (0.1, 2.0)
    assert parse_names("a, b,") == ("a", "b")
    for parse, text in ((parse_names, "cat"), (lambda t: parse_numbers(t, "--std"), "1;2")):
        with pytest.raises(InvalidInput, match=f"got '{text}'"):
            parse(text)
