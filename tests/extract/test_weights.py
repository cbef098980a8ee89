"""The digest of a network's weights tells networks apart, whatever the weights are made of."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from topoact.errors import ModelError
from topoact.extract import Plan, extract
from topoact.inputs.opening import open_source
from topoact.networks.weights import load_weights, model_digest

from .conftest import write_photos

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated.*", "ignore:.*reduce_range.*")


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.ModuleDict({"linear": nn.Linear(4, 4), "lstm": nn.LSTM(4, 4), "norm": nn.BatchNorm1d(4)}).eval()


def dynamic(module: nn.Module, dtype: torch.dtype = torch.qint8) -> nn.Module:
    return torch.ao.quantization.quantize_dynamic(module, {nn.Linear, nn.LSTM}, dtype=dtype)


def static(module: nn.Module) -> nn.Module:
    model = nn.Sequential(torch.ao.quantization.QuantStub(), module["linear"]).eval()
    model.qconfig = torch.ao.quantization.get_default_qconfig("fbgemm")
    torch.ao.quantization.prepare(model, inplace=True)
    model(torch.linspace(-1, 1, 8).reshape(2, 4))
    return torch.ao.quantization.convert(model)


def sparse(module: nn.Module) -> nn.Module:
    module["linear"].weight = nn.Parameter(module["linear"].weight.detach().to_sparse())
    return module


class Extra(nn.Module):
    def __init__(self, state: object) -> None:
        super().__init__()
        self.state = state

    def get_extra_state(self) -> object:
        return self.state


KINDS = [
    pytest.param(lambda module: module, id="float32"),
    pytest.param(lambda module: module.half(), id="half"),
    pytest.param(lambda module: module.bfloat16(), id="bfloat16"),
    pytest.param(lambda module: module.to(torch.float8_e4m3fn), id="float8"),
    pytest.param(dynamic, id="dynamic"),
    pytest.param(lambda module: dynamic(module, torch.float16), id="dynamic half"),
    pytest.param(static, id="static"),
    pytest.param(sparse, id="sparse"),
    pytest.param(lambda module: Extra({"a": module["linear"].weight[0, 0].item()}), id="extra state"),
]


@pytest.mark.parametrize("make", KINDS)
def test_digests_tell_weights_apart(make: Callable[[nn.Module], nn.Module]) -> None:
    first, again, other = (model_digest(make(network(seed))) for seed in (0, 0, 1))
    assert first == again != other


def test_digests_tell_precisions_and_schemes_apart() -> None:
    makes = [kind.values[0] for kind in KINDS[:-2]]
    assert len({model_digest(make(network())) for make in makes}) == len(makes)


def test_one_changed_weight_is_seen() -> None:
    model = network().bfloat16()
    changed = copy.deepcopy(model)
    changed["linear"].weight.data[3, 3] *= 1.5
    assert model_digest(model) != model_digest(changed)


def test_digests_of_earlier_versions_stay() -> None:
    model = nn.Linear(2, 1)
    nn.init.constant_(model.weight, 0.5)
    nn.init.constant_(model.bias, 0.25)
    assert model_digest(model) == "4159401e59c8cad7"


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        pytest.param(nn.LazyLinear(3), "the weights weight of the network, a UninitializedParameter", id="lazy"),
        pytest.param(nn.Linear(2, 2, device="meta"), "the weights weight of the network, a Tensor", id="meta"),
        pytest.param(Extra(lambda: 1), "the weights _extra_state of the network, a function", id="no data"),
    ],
)
def test_weights_without_values(module: nn.Module, sentence: str) -> None:
    with pytest.raises(ModelError, match=f"{sentence}, cannot be read"):
        model_digest(module)


def test_weights_that_do_not_fit_a_quantised_network(tmp_path: Path) -> None:
    torch.save(network().state_dict(), tmp_path / "w.pt")
    with pytest.raises(ModelError, match=r"do not fit the network: KeyError: 'linear\.scale'"):
        load_weights(dynamic(network()), tmp_path / "w.pt")


def test_a_study_of_a_quantised_network(tmp_path: Path) -> None:
    photos = open_source(str(write_photos(tmp_path / "photos", 4)))
    module = dynamic(nn.Sequential(nn.Flatten(), nn.Linear(192, 6), nn.ReLU(), nn.Linear(6, 3)))
    study = extract(module, photos, tmp_path / "study", Plan(("1",)))
    assert study.layer("1").vectors().shape == (4, 6)
    assert study.manifest.config["model"]["digest"] == model_digest(module)
