"""Pictures are found to which a layer answers as asked; what cannot work is refused in one sentence."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from topoact.errors import Cancelled, InvalidInput, ModelError
from topoact.interpret.inversion import Inputs, Inverted, Recipe, inputs_of, invert, whitening
from topoact.interpret.inversion.relu_gradients import leaky_relu_gradients
from topoact.interpret.inversion.run import FIRST_PREVIEW
from topoact.networks import TorchNetwork
from topoact.networks.loading import load_network
from topoact.networks.preprocessing import Preprocessing

QUICK = Recipe(steps=24, size=16, attempts=1)
COLOURS = Inputs((16, 16), np.eye(3, dtype=np.float32), np.zeros(3, np.float32))


def net() -> nn.Sequential:
    torch.manual_seed(5)
    body = [nn.Conv2d(3, 8, 5, padding=2), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Conv2d(8, 6, 3, stride=2)]
    return nn.Sequential(*body, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)).eval()


@pytest.fixture
def network() -> TorchNetwork:
    return TorchNetwork(net())


def answers(layer: int, n: int, policy: str = "random") -> NDArray[np.float32]:
    """What the layer gives for some pictures, which can be reached for that reason."""
    pictures = torch.rand(n, 3, 2, 2, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        output = net()[: layer + 1](nn.functional.interpolate(pictures, size=(16, 16), mode="bilinear"))
    vectors = output.mean((2, 3)) if policy == "mean" else output[:, :, output.shape[2] // 2, output.shape[3] // 2]
    return vectors.numpy()


def seen_again(made: Inverted, layer: int) -> NDArray[np.float32]:
    with torch.no_grad():
        return net()[: layer + 1](torch.as_tensor(made.pictures).permute(0, 3, 1, 2) / 255).numpy()


@pytest.mark.parametrize("parametrization", ["fourier", "phase", "pixels"])
@pytest.mark.parametrize("objective", ["direction", "point"])
def test_the_layer_answers_as_asked(network: TorchNetwork, parametrization: Any, objective: Any) -> None:
    targets = answers(3, 3)
    quick, long = (
        invert(
            network,
            "3",
            targets,
            COLOURS,
            Recipe(parametrization=parametrization, objective=objective, steps=steps, size=16, attempts=1),
        )
        for steps in (1, 120)
    )
    assert long.pictures.shape == (3, 16, 16, 3)
    assert long.pictures.dtype == np.uint8
    assert np.median(long.cosine) > max(0.9, np.median(quick.cosine))
    assert long.scores is not None
    assert long.scores.shape == (3, 4)


@pytest.mark.parametrize("policy", ["random", "mean"])
def test_what_was_reached_is_what_the_stored_picture_gives(network: TorchNetwork, policy: str) -> None:
    targets = answers(3, 2, policy)
    made = invert(network, "3", targets, COLOURS, QUICK, policy=policy)
    output = seen_again(made, 3)
    expected = output.mean((2, 3)) if policy == "mean" else output[:, :, 3, 3]
    np.testing.assert_allclose(made.reached, expected, rtol=1e-4, atol=1e-5)
    cosine = (expected * targets).sum(1) / np.linalg.norm(expected, axis=1) / np.linalg.norm(targets, axis=1)
    np.testing.assert_allclose(made.cosine, cosine, rtol=1e-4)
    np.testing.assert_allclose(made.scores, seen_again(made, 7), rtol=1e-4, atol=1e-5)


def test_layers_of_one_vector(network: TorchNetwork) -> None:
    target = net()(torch.rand(1, 3, 16, 16)).detach().numpy()
    made = invert(network, "7", target, COLOURS, QUICK, policy="mean")
    np.testing.assert_allclose(made.reached, made.scores)


def test_the_same_again_and_nearly_so_in_another_batch(network: TorchNetwork) -> None:
    targets = answers(3, 3)
    first, again = (invert(network, "3", targets, COLOURS, QUICK) for _ in range(2))
    np.testing.assert_array_equal(first.pictures, again.pictures)
    single = invert(network, "3", targets[1:2], COLOURS, QUICK)
    assert np.abs(single.pictures[0].astype(int) - first.pictures[1]).mean() < 2
    parts = invert(network, "3", targets, COLOURS, QUICK, batch_size=2)
    np.testing.assert_allclose(parts.cosine, first.cosine, atol=0.02)
    other = invert(network, "3", targets, COLOURS, Recipe(steps=24, size=16, attempts=1, seed=1))
    assert np.abs(other.pictures.astype(int) - first.pictures).mean() > 5


def test_of_several_attempts_the_best_is_kept(network: TorchNetwork) -> None:
    targets = answers(3, 3)
    one, five = (invert(network, "3", targets, COLOURS, Recipe(steps=2, size=16, attempts=n)) for n in (1, 5))
    assert (five.cosine >= one.cosine).all()
    assert five.cosine.sum() > one.cosine.sum()


def test_the_length_counts_more_and_more_while_an_image_settles() -> None:
    recipe = Recipe(steps=100)
    weights = [recipe.weight_of_length(step) for step in range(100)]
    assert weights[:10] == [0.1] * 10
    assert weights == sorted(weights)
    assert weights[55] == pytest.approx(0.2)
    assert weights[-1] == pytest.approx(9)
    assert Recipe(decay_share=0).weight_of_length(99) == 0.1


def test_the_network_is_left_as_it_was(network: TorchNetwork) -> None:
    before = {name: value.clone() for name, value in network.module.state_dict().items()}
    invert(network, "3", answers(3, 1), COLOURS, QUICK)
    assert all(torch.equal(value, before[name]) for name, value in network.module.state_dict().items())
    assert all(weight.requires_grad and weight.grad is None for weight in network.module.parameters())
    assert not any(module._forward_hooks for module in network.module.modules())


def test_progress_counts_all_steps_and_can_stop(network: TorchNetwork) -> None:
    told = []
    recipe = Recipe(steps=5, size=16, attempts=2)
    options = {"batch_size": 2, "progress": lambda *step: told.append(step)}
    invert(network, "3", answers(3, 3), COLOURS, recipe, **options)
    assert told == [("optimising images", done, 20) for done in range(20)]

    def stop(stage: str, done: int, total: int) -> None:
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        invert(network, "3", answers(3, 3), COLOURS, recipe, progress=stop)
    assert not any(module._forward_hooks for module in network.module.modules())


def test_previews_sharpen(network: TorchNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topoact.interpret.inversion.run.BETWEEN_PREVIEWS", 0)
    seen: list[NDArray[np.uint8]] = []
    recipe = Recipe(steps=FIRST_PREVIEW + 8, size=16, attempts=1)
    made = invert(network, "3", answers(3, 2), COLOURS, recipe, preview=seen.append)
    assert len(seen) == 8
    away = [np.abs(picture.astype(int) - made.pictures).mean() for picture in seen]
    assert seen[0].shape == made.pictures.shape
    assert away[0] > away[-1] > 0


def test_targets_that_no_picture_can_have(network: TorchNetwork) -> None:
    good = answers(3, 2)
    for bad, said in (
        (good[0], r"one vector or more, shape \(n, channels\): got shape \(6,\)"),
        (good[:0], r"got shape \(0, 6\)"),
        (good[:, :5], "targets have 5 channels, and the layer has 6"),
        (good * np.array([[1], [np.nan]], np.float32), "target 1 has values that are not finite"),
        (good * np.array([[1], [0]], np.float32), "target 1 is zero and has no direction"),
    ):
        with pytest.raises(InvalidInput, match=said):
            invert(network, "3", bad, COLOURS, QUICK)


class Blind(nn.Sequential):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return super().forward(x)


class Pairs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.unused = nn.LSTM(16, 5, batch_first=True), nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.lstm(x[:, 0])[0]


def test_layers_that_no_picture_can_be_found_for(network: TorchNetwork) -> None:
    for module, layer, said in (
        (Blind(*net()), "3", "layer '3' has no gradient with respect to the inputs"),
        (Pairs(), "lstm", "layer 'lstm' gives a tuple, not a tensor"),
        (Pairs(), "unused", "layer 'unused' is never called"),
        (nn.Sequential(nn.Linear(7, 7)), "0", "the network fails on an input of shape 1x3x16x16"),
    ):
        with pytest.raises(ModelError, match=said):
            invert(TorchNetwork(module), layer, answers(3, 1), COLOURS, QUICK)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"parametrization": "oil"}, "parametrization must be fourier, phase, pixels: got 'oil'"),
        ({"objective": "nowhere"}, "objective must be direction, point: got 'nowhere'"),
        ({"steps": 0}, "steps must be 1 or more: got 0"),
        ({"attempts": 0}, "attempts must be 1 or more: got 0"),
        ({"size": 7}, "size must be 8 or more: got 7"),
        ({"learning_rate": float("nan")}, "learning_rate must be positive: got nan"),
        ({"power": -1}, "power must not be negative: got -1"),
        ({"decay_share": 1}, r"decay_share must be in \[0, 1\): got 1"),
        ({"relu_leak": -0.1}, r"relu_leak must be in \[0, 1\): got -0.1"),
        ({"whitened": True}, 'whitened changes the direction alone: use objective="direction" with it'),
        ({"min_cosine": 1}, r"min_cosine must be in \[0, 1\): got 1"),
    ],
)
def test_recipes_that_make_no_sense(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Recipe(**changes)


def test_the_learning_rate_and_the_transforms_decay() -> None:
    recipe = Recipe(steps=100, decay_share=0.6)
    assert [recipe.decay(step) for step in (0, 40, 70)] == [1, 1, pytest.approx(0.5)]
    assert [recipe.transform_strength(step) for step in (40, 50, 60, 99)] == pytest.approx([1, 0.5, 0, 0])
    assert Recipe(transformed=False).transform_strength(0) == 0


def test_the_recipe_of_the_paper() -> None:
    recipe = Recipe.paper(size=128)
    assert (recipe.objective, recipe.power, recipe.steps, recipe.attempts, recipe.size) == ("direction", 4, 512, 2, 128)
    assert recipe.decay(511) == 1
    assert recipe.transform_strength(511) == 1
    assert recipe.relu_leak == 0
    assert Recipe.from_record(recipe.record()) == recipe
    assert recipe.record()["aim"] == "direction"


class TestWhitening:
    def test_turns_the_correlation_into_one(self) -> None:
        vectors = np.random.default_rng(0).normal(size=(9000, 5)) @ np.diag([1, 2, 3, 4, 5]) + 2
        vectors = vectors.astype(np.float32)
        matrix = whitening(vectors, ridge=1e-9)
        exact = vectors.astype(np.float64)
        np.testing.assert_allclose(matrix @ (exact.T @ exact / 9000), np.eye(5), atol=1e-6)
        assert matrix.dtype == np.float64

    def test_of_channels_that_never_fire(self) -> None:
        vectors = np.random.default_rng(0).random((40, 3)).astype(np.float32) * np.array([1, 1, 0], np.float32)
        assert np.linalg.eigvalsh(whitening(vectors)).min() > 0

    @pytest.mark.parametrize(
        ("vectors", "said"),
        [
            (np.zeros((4, 3), np.float32), "finite and not all zero"),
            (np.full((4, 3), np.nan, np.float32), "finite and not all zero"),
            (np.zeros((0, 3), np.float32), r"got shape \(0, 3\)"),
        ],
    )
    def test_without_anything_to_go_by(self, vectors: NDArray[np.float32], said: str) -> None:
        with pytest.raises(InvalidInput, match=said):
            whitening(vectors)

    def test_changes_the_picture_and_is_asked_for(self, network: TorchNetwork) -> None:
        targets, matrix = answers(3, 2), whitening(answers(3, 30))
        plain, white = (
            Recipe.paper(steps=12, attempts=1, size=16, whitened=False),
            Recipe.paper(steps=12, attempts=1, size=16),
        )
        made = invert(network, "3", targets, COLOURS, white, whitening=matrix)
        assert not np.array_equal(made.pictures, invert(network, "3", targets, COLOURS, plain).pictures)
        identity = invert(network, "3", targets, COLOURS, white, whitening=np.eye(6))
        np.testing.assert_array_equal(identity.cosine, invert(network, "3", targets, COLOURS, plain).cosine)
        for recipe, given, said in (
            (white, None, "needs the whitening of the layer, 6x6: got none"),
            (white, np.eye(5), "6x6: got one of shape 5x5"),
            (plain, matrix, "a whitening is given, and the recipe is not whitened"),
        ):
            with pytest.raises(InvalidInput, match=said):
                invert(network, "3", targets, COLOURS, recipe, whitening=given)


@pytest.mark.parametrize(
    "rectify",
    [
        nn.ReLU(),
        nn.ReLU(inplace=True),
        nn.ReLU6(),
        nn.ReLU6(inplace=True),
        torch.relu,
        torch.relu_,
        nn.functional.relu,
        nn.functional.relu6,
        torch.Tensor.relu,
    ],
)
def test_rectifiers_leak_gradients_and_no_values(rectify: Any) -> None:
    x = torch.tensor([-1.0, 2.0, 7.0], requires_grad=True)
    with leaky_relu_gradients(0.25):
        found = rectify(x * 1)
    found.sum().backward()
    assert torch.equal(found, rectify(x * 1))
    assert x.grad is not None
    assert x.grad.tolist() == [0.25, 1, 1 if found[2] == 7 else 0.25]


@pytest.mark.parametrize("rectify", [torch.relu_, nn.functional.relu6])
def test_rectifiers_in_place_write_where_they_are_told(rectify: Any) -> None:
    x = torch.tensor([-1.0, 2.0], requires_grad=True)
    with leaky_relu_gradients(0.25):
        y = x * 1
        (rectify(y) if rectify is torch.relu_ else rectify(y, inplace=True))
    assert y.tolist() == [0, 2]
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.25, 1]


def test_a_channel_that_is_off_is_found() -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU(inplace=True)).eval()
    with torch.no_grad():
        module[0].weight.copy_(torch.eye(3)[:2, :, None, None])
        module[0].bias.copy_(torch.tensor([0.0, -0.9]))
    target = np.array([[0.1, 0.1]], np.float32)
    made = [
        invert(
            TorchNetwork(module),
            "1",
            target,
            COLOURS,
            Recipe(steps=60, size=16, parametrization="pixels", learning_rate=0.2, relu_leak=leak),
        )
        for leak in (0, 0.3)
    ]
    assert made[0].cosine[0] < 0.8 < 0.99 < made[1].cosine[0]


class TestInputs:
    def test_of_a_study_that_says_size_mean_and_std(self, network: TorchNetwork) -> None:
        preprocessing = Preprocessing(size=10, mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7))
        inputs = inputs_of(network, preprocessing)
        pixels = np.random.default_rng(0).integers(0, 256, (2, 10, 10, 3)).astype(np.uint8)
        found = inputs.of(torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255).numpy()
        assert inputs.size == (10, 10)
        np.testing.assert_allclose(found, preprocessing.collate(list(pixels)), atol=1e-6)

    def test_of_tensors_are_the_pictures_themselves(self, network: TorchNetwork) -> None:
        inputs = inputs_of(network, None, (1, 28, 20))
        assert (inputs.size, inputs.n_colours) == ((28, 20), 1)
        pictures = torch.rand(1, 1, 28, 20)
        assert torch.equal(inputs.of(pictures), pictures)

    def test_of_a_transform_are_found_by_trying(self, network: TorchNetwork, tmp_path: Path) -> None:
        inputs = inputs_of(network, Preprocessing(transform=self.written(tmp_path, "255 * channels[[2, 1, 0]] - 9")))
        assert inputs.size == (12, 12)
        np.testing.assert_allclose(inputs.matrix, 255 * np.eye(3)[::-1], atol=0.1)
        np.testing.assert_allclose(inputs.offset, -9, atol=0.1)

    def test_of_a_transform_that_does_more_are_refused(self, network: TorchNetwork, tmp_path: Path) -> None:
        for formula in ("channels ** 3", "channels - channels.mean((1, 2))[:, None, None]"):
            with pytest.raises(InvalidInput, match="does more than change the size and the colours of a picture"):
                inputs_of(network, Preprocessing(transform=self.written(tmp_path, formula)))

    @staticmethod
    def written(folder: Path, formula: str) -> str:
        file = folder / f"prepare{abs(hash(formula))}.py"
        body = "channels = np.asarray(image.resize((12, 12)), np.float32).transpose(2, 0, 1) / 255"
        lines = ("import numpy as np", "import torch", "def prepare(image):", f"    {body}")
        file.write_text("\n".join([*lines, f"    return torch.tensor({formula})"]))
        return f"{file}:prepare"

    def test_of_unknown_shape_are_refused(self, network: TorchNetwork) -> None:
        for shape, said in ((None, "unknown"), ((5, 8, 8), "5x8x8"), ((12,), "12")):
            with pytest.raises(InvalidInput, match=f"one or three channels, height and width: .* is {said}"):
                inputs_of(network, None, shape)

    def test_of_texts_are_refused(self, code: Path) -> None:
        with pytest.raises(InvalidInput, match="reads texts: activation images are for networks whose inputs are"):
            inputs_of(load_network(f"{code}:pair"), None, (3, 8, 8))

    def test_of_a_file_without_gradients_are_refused(self, tmp_path: Path) -> None:
        onnx = pytest.importorskip("onnx", reason="onnx is not installed")
        pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
        given, made = (onnx.helper.make_tensor_value_info(name, 1, ["n", 3, 8, 8]) for name in ("x", "y"))
        graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "g", [given], [made])
        onnx.save(onnx.helper.make_model(graph), tmp_path / "relu.onnx")
        with pytest.raises(InvalidInput, match=r"activation images need gradients, and onnx:relu.onnx has none"):
            inputs_of(load_network(f"onnx:{tmp_path / 'relu.onnx'}"), None, (3, 8, 8))
