"""Axes that a user names, and a network's own precision, are recorded and used again; no length is wrong."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from topoact.errors import InvalidInput, ModelError, StudyError, UnknownName
from topoact.extract import Plan, extract
from topoact.extract.provenance import Provenance
from topoact.networks import AxisChoices, TorchNetwork
from topoact.study import Chunk, Points, StudyWriter

from .odd_networks import PHOTOS, SERIES, Steps, Strange, Unclear, source


@pytest.mark.parametrize(
    ("choices", "error", "sentence"),
    [
        (AxisChoices({"relu": 1}), ModelError, "axis 1 of layer 'relu' is not that of the examples"),
        (
            AxisChoices({}, {"relu": 3}),
            InvalidInput,
            r"--channel-axis 3 is none of layer 'relu', .*: its axes are 0 to 2",
        ),
        (AxisChoices({}, {"*": 0}), InvalidInput, "--channel-axis 0 of layer 'relu', .*, is the axis of the examples"),
    ],
)
def test_wrong_choices(choices: AxisChoices, error: type[Exception], sentence: str) -> None:
    network = TorchNetwork(Steps(nn.Conv1d(5, 8, 3)))
    network.choose_axes(choices)
    with pytest.raises(error, match=sentence):
        network.tap(SERIES.mT, {"relu": torch.Tensor.clone})


@pytest.mark.parametrize("text", ["block", "block=", "=1", "1.5", "a=1,a=2", "1,2", ""])
def test_axes_that_are_none(text: str) -> None:
    with pytest.raises(InvalidInput, match="--channel-axis n"):
        Plan(channel_axis=text)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_network_is_fed_its_own_precision_and_the_study_says_so(dtype: torch.dtype, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Steps(nn.Conv1d(5, 8, 3)).to(dtype)
    study = extract(model, source(), tmp_path / "s", Plan(("relu",), ("mean",)))
    with torch.no_grad():
        by_hand = model.relu(model.body(SERIES.mT.to(dtype))).float().mean(-1)
    np.testing.assert_allclose(study.layer("relu").vectors(), by_hand, rtol=1e-5)
    assert study.manifest.config["model"]["precision"] == str(dtype).removeprefix("torch.")
    with pytest.raises(InvalidInput, match="its own precision: leave out --dtype"):
        TorchNetwork(model).to("cpu", "bfloat16")


def test_the_axis_that_the_user_names_is_recorded_and_used_again(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"'inner', which gives 2 x 5 x 6 .* --channel-axis inner=N"):
        extract(Unclear(), source(), tmp_path / "s", Plan(("inner",), ("mean",)))
    assert not (tmp_path / "s").exists()
    study = extract(Unclear(), source(), tmp_path / "s", Plan(("inner",), ("all",), channel_axis="inner=1"))
    assert study.layer("inner").n_channels == 5
    assert study.manifest.config["axes"] == {"example": {}, "channel": {"inner": 1}}
    with pytest.raises(UnknownName, match="--channel-axis names 'iner', and the layers are inner"):
        extract(Unclear(), source(), tmp_path / "t", Plan(("inner",), channel_axis="iner=1"))


def test_the_writer_refuses_a_chunk_of_the_wrong_length(tmp_path: Path) -> None:
    nowhere = np.full((3, 1), -1, np.int32)
    points = Points("a", "vector", None, np.zeros((3, 1, 2), np.float32), nowhere, nowhere)
    with (
        pytest.raises(StudyError, match="layer 'a' has vectors of 3 examples for 2: nothing is written"),
        StudyWriter(tmp_path / "s", {}, capacity=2) as writer,
    ):
        writer.append(Chunk({"id": ["x", "y"]}, {"a": points}, [None, None], 2))
    assert not (tmp_path / "s.partial").exists()


def test_windows_on_an_axis_of_their_own_are_no_map() -> None:
    torch.manual_seed(0)
    network = TorchNetwork(Strange())
    assert network.tap(PHOTOS, {"late": torch.Tensor.clone})[1]["late"].shape == (3, 8, 8, 8)
    assert network.tap(PHOTOS, {"norm": torch.Tensor.clone})[1]["norm"].shape == (3, 64, 8)


def test_axes_that_were_named_are_used_again_when_a_study_grows(tmp_path: Path) -> None:
    made = Plan(("inner",), ("all",), channel_axis="1")
    extract(Unclear(), source(), tmp_path / "s", made)
    grown = extract(Unclear(), source(6), tmp_path / "s", Plan(), append=True)
    assert grown.n_examples == 10
    np.testing.assert_array_equal(grown.layer("inner").vectors()[:24], grown.layer("inner").vectors()[24:48])
    assert Provenance(grown).axes == AxisChoices({}, {"inner": 1})
    extract(Unclear(), source(), tmp_path / "t", made)
    with pytest.raises(StudyError, match="has layer inner already, with axes that were found or named otherwise"):
        extract(Unclear(), source(), tmp_path / "t", Plan(("inner",), ("all",), channel_axis="inner=2"), append=True)
    with pytest.raises(StudyError, match="another axes"):
        extract(Unclear(), source(6), tmp_path / "t", Plan(channel_axis="inner=2"), append=True)


def test_layers_that_are_appended_have_axes_of_their_own(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Steps(Unclear(), 5)
    model.head.forward = lambda x: x
    extract(model, source(), tmp_path / "s", Plan(("relu",), ("mean",), example_axis="relu=0"))
    grown = extract(model, source(), tmp_path / "s", Plan(("body.inner",), channel_axis="body.inner=1"), append=True)
    assert Provenance(grown).axes == AxisChoices({"relu": 0}, {"body.inner": 1})
    extract(model, source(), tmp_path / "s", Plan(("body",)), append=True)
