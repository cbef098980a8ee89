"""A network is found and filled, or one sentence says why not."""

import io
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from topoact.errors import InvalidInput, ModelError, TopoActError, UnknownName
from topoact.extract import Plan, extract
from topoact.inputs.opening import open_source
from topoact.networks.loading import load_model
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.weights import model_digest

from .conftest import write_photos


def test_a_callable_or_an_instance(models: Path) -> None:
    made, found = load_model(f"{models}:small"), load_model(f"{models}:instance")
    assert model_digest(made) == model_digest(found)
    assert not made.training


def test_a_package(monkeypatch: pytest.MonkeyPatch, models: Path) -> None:
    monkeypatch.syspath_prepend(models.parent)
    assert load_model("my_models:Twice").conv.out_channels == 4


def test_a_file_may_import_its_neighbours_at_any_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "first_neighbour.py").write_text("from torch import nn")
    (tmp_path / "second_neighbour.py").write_text("width = 3")
    callable_ = "def net():\n    from second_neighbour import width\n    return nn.Linear(width, 2)"
    text = f"from first_neighbour import nn\n{callable_}"
    (tmp_path / "net.py").write_text(text)
    assert load_model(f"{tmp_path / 'net.py'}:net").in_features == 3


def test_random_weights_are_those_of_the_seed(models: Path) -> None:
    digests = [model_digest(load_model(f"{models}:Twice", seed=seed)) for seed in (0, 0, 1)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("spec", "error", "sentence"),
    [
        pytest.param("gone.py:net", ModelError, "model file .*gone.py does not exist", id="file missing"),
        pytest.param("resnet20", ModelError, "not of the form file.py:name", id="no colon"),
        pytest.param("no.such.module:net", ModelError, "does not import: ModuleNotFoundError", id="module missing"),
        pytest.param("{models}:smal", UnknownName, "no 'smal': did you mean small", id="name missing"),
        pytest.param("{models}:number", ModelError, "gives a int, not a torch.nn.Module", id="no module"),
        pytest.param(
            "{models}:failing", ModelError, r"failed: KeyError: 'no such checkpoint' \(.*line 4\d", id="fails"
        ),
        pytest.param("{models}:nn.Linear", ModelError, "missing 2 required positional", id="needs arguments"),
    ],
)
def test_bad_specifications(models: Path, spec: str, error: type[TopoActError], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        load_model(spec.format(models=models))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("import torch\nx = 1 +", r"does not import: SyntaxError: .* \(broken.py, line 2\)", id="syntax"),
        pytest.param("\n\nraise OSError('no')", r"OSError: no \(broken.py, line 3\)", id="raises"),
        pytest.param("import nonesuch", r"No module named 'nonesuch' \(broken.py, line 1\)", id="import inside"),
    ],
)
def test_a_file_that_does_not_import(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "broken.py").write_text(text)
    with pytest.raises(ModelError, match=sentence):
        load_model(f"{tmp_path / 'broken.py'}:net")


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_weights_are_loaded(models: Path, tmp_path: Path, suffix: str) -> None:
    path, other = tmp_path / f"w{suffix}", load_model(f"{models}:Twice", seed=5)
    state = other.state_dict()
    save_file(state, path) if suffix == ".safetensors" else torch.save({"state_dict": state}, path)
    assert model_digest(load_model(f"{models}:Twice", weights=path)) == model_digest(other)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        pytest.param({"0.weight": torch.ones(2)}, "it has another shape for 0.weight", id="shape"),
        pytest.param({"7.weight": torch.ones(2)}, "lacks 0.weight and 5 more; .* unknown 7.weight", id="names"),
        pytest.param(torch.ones(2), "holds a Tensor, not a dictionary", id="no dictionary"),
    ],
)
def test_weights_that_do_not_fit(models: Path, tmp_path: Path, state: object, sentence: str) -> None:
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(ModelError, match=sentence):
        load_model(f"{models}:small", weights=tmp_path / "w.pt")


def test_weights_that_would_run_code_are_refused(models: Path, tmp_path: Path) -> None:
    torch.save({"a": io.StringIO()}, tmp_path / "w.pt")
    with pytest.raises(ModelError, match="cannot be read as tensors"):
        load_model(f"{models}:small", weights=tmp_path / "w.pt")
    with pytest.raises(InvalidInput, match="does not exist"):
        load_model(f"{models}:small", weights=tmp_path / "gone.pt")


def test_missing_libraries_are_said(monkeypatch: pytest.MonkeyPatch, models: Path) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "torch", None)
        with pytest.raises(ModelError, match="pip install 'topoact"):
            load_model(f"{models}:small")
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(ModelError, match="torchvision is needed for this model"):
        load_model("torchvision:resnet18")


@pytest.mark.usefixtures("torchvision_beside_cpu_torch")
def test_googlenet_shows_all_nine_inception_outputs_by_one_glob(tmp_path: Path) -> None:
    model = load_model("torchvision:googlenet")
    photos = open_source(str(write_photos(tmp_path / "photos", 4)))
    plan = Plan(("inception*",), ("random",), Preprocessing(64))
    study = extract(model, photos, tmp_path / "study", plan)
    assert " ".join(name.removeprefix("inception") for name in study.layers) == "3a 3b 4a 4b 4c 4d 4e 5a 5b"
    channels = [study.layer(name).n_channels for name in study.layers]
    assert channels == [256, 480, 512, 512, 512, 528, 832, 832, 1024]
    with pytest.raises(UnknownName, match="did you mean googlenet"):
        load_model("torchvision:googlent")
