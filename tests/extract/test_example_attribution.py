"""Attributions are what autograd by hand finds, and what the logit does when a stored vector is pushed a little."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from typer.testing import CliRunner

from topoact.cli import app
from topoact.errors import Cancelled, InvalidInput, ModelError
from topoact.extract import Plan, extract
from topoact.extract.summary import sentences, summarise
from topoact.inputs.records import Source
from topoact.networks import DTYPES
from topoact.networks.loading import load_network
from topoact.networks.preprocessing import Preprocessing
from topoact.study import Study, open_study

POLICIES = ("random", "random:3", "maxnorm", "mean", "all")
N = 24


def net(*tail: nn.Module, last: int = 6) -> nn.Sequential:
    """Return a network whose later part is not linear, with modules that overwrite what they get."""
    torch.manual_seed(5)
    body = [nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Conv2d(4, 6, 3), nn.SiLU()]
    return nn.Sequential(*body, *tail, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, last)).eval()


def plan(**changes: Any) -> Plan:
    usual = {"layers": ("1", "3"), "policies": POLICIES, "preprocessing": Preprocessing(), "batch_size": 5}
    return Plan(**{**usual, "attribution": True, **changes})


def inputs(photos: Source) -> torch.Tensor:
    images = [Preprocessing().prepare(_opened(record.image)) for record in photos.read(0)]
    return torch.as_tensor(Preprocessing().collate(images))


def _opened(path: Path) -> Any:
    from PIL import Image

    return Image.open(path)


def by_hand(model: nn.Sequential, place: int, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the output of a layer, and the five likeliest classes of each input with the gradients of their scores."""
    output = model[: place + 1](x).detach()
    a = output.clone().requires_grad_()
    scores = model[place + 1 :](a.clone())
    best = scores.argsort(1, descending=True)[:, :5]
    rows = [torch.autograd.grad(scores[:, k].sum(), a, retain_graph=True)[0] for k in range(scores.shape[1])]
    gradients = torch.stack(rows)[best, torch.arange(len(x))[:, None]]
    return output, best, gradients


def columns(study: Study, layer: str) -> tuple[NDArray[Any], NDArray[Any]]:
    points = study.layer(layer).points
    return points["attribution"].to_numpy(), np.stack(list(points["attribution_top5"]))


def close(found: NDArray[Any], expected: Any, tolerance: float = 1e-4) -> None:
    np.testing.assert_allclose(found, np.asarray(expected), rtol=tolerance, atol=tolerance * 0.05)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("layer", [1, 3])
def test_every_policy_equals_autograd_by_hand(photos: Source, tmp_path: Path, policy: str, layer: int) -> None:
    model = net()
    study = extract(model, photos, tmp_path / "s", plan(layers=(str(layer),), policies=(policy,)))
    output, best, gradients = by_hand(model, layer, inputs(photos))
    points = study.layer(str(layer)).points
    example, y, x = (torch.as_tensor(points[name].to_numpy().astype(np.int64)) for name in ("example", "y", "x"))
    if policy == "mean":
        vectors, pushes = output.mean((2, 3)), gradients.sum((3, 4))
    else:
        vectors, pushes = output[example, :, y, x], gradients[example, :, :, y, x]
    to_prediction, to_top5 = columns(study, str(layer))
    close(to_top5, torch.einsum("nc,nkc->nk", vectors, pushes))
    np.testing.assert_array_equal(to_prediction, to_top5[:, 0])
    assert study.examples["top5"].map(list).tolist() == [[f"output {k}" for k in row] for row in best.tolist()]
    assert len(np.unique(to_prediction)) > N / 2
    assert points["attribution"].dtype == np.float32


@pytest.mark.parametrize("policy", ["random", "mean"])
def test_the_logit_changes_so_when_the_vector_is_pushed(photos: Source, tmp_path: Path, policy: str) -> None:
    model = net()
    study = extract(model, photos, tmp_path / "s", plan(layers=("1",), policies=(policy,)))
    vectors, points = torch.as_tensor(study.layer("1").vectors()).double(), study.layer("1").points
    x, exact = inputs(photos).double(), net().double()
    bag = torch.ones(N, 1, 8, 8)
    if policy == "random":
        bag = torch.zeros(N, 1, 8, 8)
        bag[range(N), 0, points["y"].tolist(), points["x"].tolist()] = 1

    def scores(share: float) -> torch.Tensor:
        def push(module: Any, given: Any, output: torch.Tensor) -> torch.Tensor:
            return output + share * bag * vectors[:, :, None, None]

        with exact[1].register_forward_hook(push):
            return exact(x).detach()

    slope = (scores(1e-5) - scores(-1e-5)) / 2e-5
    close(columns(study, "1")[1], slope.gather(1, scores(0).argsort(1, descending=True)[:, :5]))


def test_where_the_rest_is_linear_attributions_and_bias_sum_to_the_score(photos: Source, tmp_path: Path) -> None:
    model = net()
    study = extract(model, photos, tmp_path / "s", plan(layers=("4", "6", "7"), policies=("all", "mean")))
    scores, bias = model(inputs(photos)).detach(), model[7].bias.detach()
    best = scores.argsort(1, descending=True)[:, :5]
    expected = scores.gather(1, best) - bias[best]
    close(columns(study, "4@all")[1].reshape(N, -1, 5).sum(1), expected)
    close(columns(study, "4@mean")[1], expected)
    close(columns(study, "6")[1], expected)
    close(columns(study, "7")[1], scores.gather(1, best))


def test_vectors_are_to_the_bit_those_of_a_run_without(photos: Source, tmp_path: Path) -> None:
    model = net()
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    bare, rich = (extract(model, photos, tmp_path / f"s{n}", plan(attribution=bool(n))) for n in (0, 1))
    for name in bare.layers:
        a, b = (study.layer(name).vectors().view(np.uint32) for study in (bare, rich))
        np.testing.assert_array_equal(a, b)
        assert bare.layer(name).points.equals(rich.layer(name).points[["example", "y", "x"]])
        assert bare.layer(name).digest == rich.layer(name).digest
    assert bare.examples.equals(rich.examples)
    assert "attribution" not in bare.manifest.config
    assert rich.manifest.config["attribution"] is True
    assert "attributions of each vector to the logits of the likeliest classes" in sentences(summarise(rich))
    assert not any("attribution" in line for line in sentences(summarise(bare)))
    assert all(weight.requires_grad and weight.grad is None for weight in model.parameters())
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


def test_an_interrupted_run_goes_on_with_the_same_attributions(
    photos: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topoact.study.segments.MAX_SEGMENT_EXAMPLES", 10)

    def stop(stage: str, done: int, total: int) -> None:
        if done >= 15:
            raise Cancelled

    with pytest.raises(Cancelled):
        extract(net(), photos, tmp_path / "a", plan(), on_progress=stop)
    assert (tmp_path / "a.partial").exists()
    resumed, whole = extract(net(), photos, tmp_path / "a", plan()), extract(net(), photos, tmp_path / "b", plan())
    for name in whole.layers:
        for a, b in zip(columns(resumed, name), columns(whole, name), strict=True):
            np.testing.assert_array_equal(a, b)
    assert resumed.digest == whole.digest


def test_workers_find_the_same(models: Path, photos: Source, tmp_path: Path) -> None:
    spec = f"{models}:small"
    asked = {"layers": ("0", "2"), "policies": ("random", "mean")}
    one, two = (
        extract(load_network(spec), photos, tmp_path / f"s{n}", plan(**asked, workers=n, batch_size=4)) for n in (1, 2)
    )
    for name in one.layers:
        for a, b in zip(columns(one, name), columns(two, name), strict=True):
            np.testing.assert_array_equal(a, b)
        assert np.abs(columns(one, name)[0]).min() > 0  # its weights are frozen


def test_half_precision(photos: Source, tmp_path: Path) -> None:
    whole, half = (extract(net(), photos, tmp_path / dtype, plan(policies=("mean",), dtype=dtype)) for dtype in DTYPES)
    rows = (whole.examples["prediction"] == half.examples["prediction"]).to_numpy()
    assert rows.mean() > 0.9
    a, b = (columns(study, "3")[0][rows] for study in (whole, half))
    assert np.abs(a - b).max() < 0.03 * np.abs(a).max()


def test_probabilities_are_attributed_by_their_logarithms(photos: Source, tmp_path: Path) -> None:
    model = nn.Sequential(*net(last=3), nn.Softmax(1))
    study = extract(model, photos, tmp_path / "s", plan(layers=("3",), policies=("mean",)))
    logs = nn.Sequential(*model[:-1], nn.LogSoftmax(1))
    output, _, gradients = by_hand(logs, 3, inputs(photos))
    found = columns(study, "3")[1]
    assert found.shape == (N, 3)
    close(found, torch.einsum("nc,nkc->nk", output.mean((2, 3)), gradients.sum((3, 4))))
    assert study.manifest.notes["attribution"] == "log-probabilities"


class Remembering(nn.Sequential):
    """A network that keeps what it computed in its first pass, as some keep the places of tokens."""

    kept: torch.Tensor | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.kept is None:
            self.kept = torch.linspace(0.5, 1, x.shape[-1])
        return super().forward(x * self.kept)


def test_what_a_network_keeps_between_passes_does_no_harm(photos: Source, tmp_path: Path) -> None:
    study = extract(Remembering(*net()), photos, tmp_path / "s", plan(policies=("mean",)))
    assert np.isfinite(columns(study, "1")[0]).all()


class Blind(nn.Module):
    """A network that switches gradients off, for its first part or its whole, and computes something for nothing."""

    def __init__(self, off: str) -> None:
        super().__init__()
        self.net, self.side, self.codes, self.off = net(), nn.Conv2d(3, 2, 3), nn.Identity(), off

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.side(x)
        self.codes((x > 0.5).long())
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.off == "nowhere"):
            x = self.net[:4](x)
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.off != "everywhere"):
            return self.net[4:](x)


@pytest.mark.parametrize(
    ("off", "layer"), [("first", "net.1"), ("everywhere", "net.1"), ("everywhere", "net.4"), ("nowhere", "side")]
)
def test_layers_without_a_gradient_are_refused(photos: Source, tmp_path: Path, off: str, layer: str) -> None:
    with pytest.raises(ModelError, match=f"no gradient with respect to layer '{layer}': .* or leave out --attribution"):
        extract(Blind(off), photos, tmp_path / "s", plan(layers=(layer,), policies=("mean",)))
    assert not list(tmp_path.glob("s*"))


def test_whole_numbers_have_no_gradient(photos: Source, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="layer 'codes' gives int64, which has no gradient"):
        extract(Blind("nowhere"), photos, tmp_path / "s", plan(layers=("codes",), policies=("random",)))


def test_networks_without_scores_are_refused(photos: Source, tmp_path: Path) -> None:
    for model in (net()[:5], nn.Sequential(*net(last=1))):
        with pytest.raises(InvalidInput, match=r"to the scores \(B, K\) of a classifier, and Sequential gives none"):
            extract(model, photos, tmp_path / "s", plan(layers=("1",)))
        assert not list(tmp_path.glob("s*"))


def test_a_file_without_gradients_is_refused(photos: Source, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    given, made = (onnx.helper.make_tensor_value_info(name, 1, ["n", 3, 8, 8]) for name in ("x", "y"))
    graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "g", [given], [made])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "relu.onnx")
    with pytest.raises(InvalidInput, match=r"--attribution needs gradients, and onnx:relu.onnx has none"):
        extract(load_network(f"onnx:{tmp_path / 'relu.onnx'}"), photos, tmp_path / "s", plan(layers=("y",)))


def test_the_command(models: Path, photos: Source, tmp_path: Path) -> None:
    folder = str(tmp_path / "photos")
    asked = ["extract", f"{models}:small", folder, "--layers", "2", "--attribution", "-o", str(tmp_path / "s")]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "attributions of each vector to the logits" in done.output
    assert {"attribution", "attribution_top5"} <= set(open_study(tmp_path / "s").layer("2").points)
