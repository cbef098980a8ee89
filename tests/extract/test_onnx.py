"""A network on ONNX Runtime is the network of torch, without torch."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from topoact.errors import InvalidInput, ModelError, TopoActError
from topoact.extract import Plan, extract
from topoact.inputs.opening import open_source
from topoact.networks import AxisChoices
from topoact.networks.loading import load_network
from topoact.networks.preprocessing import Preprocessing

from .conftest import write_photos

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

RANDOM = np.random.default_rng(0)
KERNELS = RANDOM.normal(size=(4, 3, 3, 3)).astype(np.float32), RANDOM.normal(size=(4,)).astype(np.float32)
HEAD = RANDOM.normal(size=(4, 5)).astype(np.float32)


def graph(batch: int | str = "batch", n_inputs: int = 1) -> onnx.ModelProto:
    """A convolution, an activation, the mean over its map and a linear head."""
    weights = {"kernel": KERNELS[0], "bias": KERNELS[1], "head": HEAD}
    nodes = [
        helper.make_node("Conv", ["image", "kernel", "bias"], ["/conv/out"], pads=[1] * 4),
        helper.make_node("Relu", ["/conv/out"], ["/relu/out"]),
        helper.make_node("GlobalAveragePool", ["/relu/out"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["features"]),
        helper.make_node("MatMul", ["features", "head"], ["logits"]),
    ]
    names = ["image", "other"][:n_inputs]
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, 3, 8, 8]) for name in names]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, 5])]
    constants = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    made = helper.make_graph(nodes, "small", inputs, outputs, constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    onnx.save(graph(), tmp_path / "net.onnx")
    return tmp_path / "net.onnx"


def twin() -> torch.nn.Module:
    """The same network in torch."""
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(4, 5, bias=False),
    )
    weights = {"0.weight": KERNELS[0], "0.bias": KERNELS[1], "4.weight": HEAD.T}
    model.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    return model


def test_onnx_equals_torch(file: Path, tmp_path: Path) -> None:
    photos = open_source(str(write_photos(tmp_path / "photos", 10)))
    common = {"policies": ("random:2", "mean", "maxnorm", "all"), "preprocessing": Preprocessing(), "batch_size": 4}
    ours = extract(load_network(f"onnx:{file}"), photos, tmp_path / "a", Plan(("/relu/out", "logits"), **common))
    theirs = extract(twin(), photos, tmp_path / "b", Plan(("1", "4"), **common))
    for policy in ("mean", "maxnorm", "all"):
        layers = ours.layer(f"/relu/out@{policy}"), theirs.layer(f"1@{policy}")
        np.testing.assert_allclose(layers[0].vectors(), layers[1].vectors(), atol=1e-4)
        assert layers[0].points.equals(layers[1].points)
    assert ours.layer("/relu/out@random:2").n_points == 20
    np.testing.assert_allclose(ours.layer("logits").vectors(), theirs.layer("4").vectors(), atol=1e-4)
    assert ours.examples["prediction"].tolist() == theirs.examples["prediction"].tolist()
    assert ours.manifest.config["model"]["spec"] == f"onnx:{file}"


def test_inner_tensors_are_listed(file: Path) -> None:
    network = load_network(f"onnx:{file}")
    facts = network.survey(network.sample_input())
    assert [(fact.name, fact.type, fact.shape, fact.parameters) for fact in facts] == [
        ("/conv/out", "Conv", (4, 8, 8), 112),
        ("/relu/out", "Relu", (4, 8, 8), 0),
        ("pooled", "GlobalAveragePool", (4, 1, 1), 0),
        ("features", "Flatten", (4,), 0),
        ("logits", "MatMul", (5,), 20),
    ]


WITHOUT_TORCH = """
import sys
from topoact.extract import Plan, Preprocessing, extract, load_network, open_source
plan = Plan(("/*/out",), ("random", "mean", "maxnorm"), Preprocessing(8), batch_size=4)
study = extract(load_network(f"onnx:{sys.argv[1]}"), open_source(sys.argv[2]), sys.argv[3], plan)
assert "torch" not in sys.modules
print(study.layers)
"""


def test_torch_is_not_needed(file: Path, tmp_path: Path) -> None:
    write_photos(tmp_path / "photos", 6)
    command = [sys.executable, "-c", WITHOUT_TORCH, str(file), str(tmp_path / "photos"), str(tmp_path / "s")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "/relu/out@maxnorm" in done.stdout


def test_weights_beside_the_file(tmp_path: Path) -> None:
    onnx.save(graph(), tmp_path / "a.onnx", save_as_external_data=True, location="a.bin", size_threshold=0)
    onnx.save(graph(), tmp_path / "b.onnx")
    image = RANDOM.normal(size=(2, 3, 8, 8)).astype(np.float32)
    outside, inside = (load_network(f"onnx:{tmp_path / name}") for name in ("a.onnx", "b.onnx"))
    np.testing.assert_array_equal(outside.tap(image, {})[0], inside.tap(image, {})[0])
    before = outside.record["digest"]
    (tmp_path / "a.bin").write_bytes(bytes((tmp_path / "a.bin").stat().st_size))
    assert load_network(f"onnx:{tmp_path / 'a.onnx'}").record["digest"] != before


@pytest.mark.parametrize(
    ("model", "changes", "sentence"),
    [
        pytest.param(graph(n_inputs=2), {}, r"needs 2 inputs \(image, other\): export", id="two inputs"),
        pytest.param(graph(1), {}, "takes batches of 1 and gets 4 inputs: give --batch-size 1", id="batch of 1"),
        pytest.param(graph(3), {}, "takes batches of 3 and gets 4 inputs: export it", id="batch of 3"),
        pytest.param(graph(), {"layers": None}, "no layer to choose by default", id="no layer"),
        pytest.param(graph(), {"dtype": "bfloat16"}, "has its own precision: leave out --dtype", id="dtype"),
        pytest.param(graph(), {"device": "mps"}, "'mps' cannot be used by this onnxruntime: it has cpu", id="device"),
        pytest.param(graph(), {"preprocessing": Preprocessing(7)}, "fails on an input of shape 4x3x7x7", id="size"),
    ],
)
def test_bad_graphs(tmp_path: Path, model: onnx.ModelProto, changes: dict[str, object], sentence: str) -> None:
    onnx.save(model, tmp_path / "net.onnx")
    photos = open_source(str(write_photos(tmp_path / "photos", 8)))
    plan = Plan(**{"layers": ("*",), "preprocessing": Preprocessing(), "batch_size": 4, **changes})
    with pytest.raises(TopoActError, match=sentence):
        extract(load_network(f"onnx:{tmp_path / 'net.onnx'}"), photos, tmp_path / "s", plan)
    assert not (tmp_path / "s").exists()


def test_bad_files(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match="cannot be read as an ONNX model"):
        load_network(f"onnx:{tmp_path / 'net.onnx'}")
    with pytest.raises(InvalidInput, match="does not exist"):
        load_network("onnx:gone.onnx")
    with pytest.raises(InvalidInput, match="holds its own weights: leave out --weights"):
        load_network("onnx:x", weights="w.pt")


def inner(nodes: list[onnx.NodeProto], shape: list[int | str], **weights: np.ndarray) -> onnx.ModelProto:
    """A graph over one input that ends in the mean of all that the last node gives."""
    last = helper.make_node("ReduceMean", [nodes[-1].output[0]], ["end"], keepdims=0)
    value = helper.make_tensor_value_info
    made = helper.make_graph(
        [*nodes, last],
        "inner",
        [value("x", TensorProto.FLOAT, shape)],
        [value("end", TensorProto.FLOAT, [])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


STEPS = RANDOM.normal(size=(4, 3, 9)).astype(np.float32)


def test_channels_of_rows_and_of_maps_that_end_in_them(tmp_path: Path) -> None:
    kernel, weight = RANDOM.normal(size=(5, 3, 3)), RANDOM.normal(size=(5, 6))
    nodes = [
        helper.make_node("Conv", ["x", "kernel"], ["conv"]),
        helper.make_node("Relu", ["conv"], ["relu"]),
        helper.make_node("Transpose", ["relu"], ["swapped"], perm=[2, 0, 1]),
        helper.make_node("MatMul", ["swapped", "weight"], ["linear"]),
        helper.make_node("Tanh", ["linear"], ["tanh"]),
    ]
    model = inner(nodes, ["n", 3, 9], kernel=kernel.astype(np.float32), weight=weight.astype(np.float32))
    onnx.save(model, tmp_path / "net.onnx")
    network = load_network(f"onnx:{tmp_path / 'net.onnx'}")
    kept = network.tap(STEPS, dict.fromkeys(("conv", "relu", "swapped", "tanh"), np.copy))[1]
    windows = np.lib.stride_tricks.sliding_window_view(STEPS, 3, axis=2)
    conv = np.einsum("nctk,ock->nto", windows, kernel)
    np.testing.assert_allclose(kept["conv"], conv, atol=1e-4)
    np.testing.assert_allclose(kept["relu"], np.maximum(conv, 0), atol=1e-4)
    np.testing.assert_allclose(kept["swapped"], np.maximum(conv, 0), atol=1e-4)  # time first: read back
    np.testing.assert_allclose(kept["tanh"], np.tanh(np.maximum(conv, 0) @ weight), atol=1e-4)


@pytest.mark.parametrize(
    ("nodes", "sentence"),
    [
        pytest.param(
            [helper.make_node("MatMul", ["x", "x"], ["y"])], "'y', which gives .*, holds the channels", id="no weight"
        ),
        pytest.param(
            [helper.make_node("Reshape", ["x", "rows"], ["y"])], "gives 6 x 9 for 2 inputs, that is 3 rows", id="folded"
        ),
        pytest.param(
            [helper.make_node("Reshape", ["x", "whole"], ["y"])], "holds the channels cannot be known", id="turned"
        ),
        pytest.param([helper.make_node("Identity", ["table"], ["y"])], "none of its axes is that of", id="a table"),
    ],
)
def test_axes_that_are_not_known(nodes: list[onnx.NodeProto], sentence: str, tmp_path: Path) -> None:
    shapes = {"rows": np.array([-1, 9]), "whole": np.array([1, -1, 9])}
    model = inner(nodes, ["n", 9, 9] if nodes[0].op_type == "MatMul" else ["n", 3, 9], table=HEAD, **shapes)
    onnx.save(model, tmp_path / "net.onnx")
    network = load_network(f"onnx:{tmp_path / 'net.onnx'}")
    inputs = RANDOM.normal(size=(4, 9 if nodes[0].op_type == "MatMul" else 3, 9)).astype(np.float32)
    with pytest.raises(ModelError, match=sentence):
        network.tap(inputs, {"y": np.copy})


def test_the_user_names_axes_of_onnx_as_well(tmp_path: Path) -> None:
    onnx.save(inner([helper.make_node("MatMul", ["x", "x"], ["y"])], ["n", 9, 9]), tmp_path / "net.onnx")
    network = load_network(f"onnx:{tmp_path / 'net.onnx'}")
    inputs = RANDOM.normal(size=(4, 9, 9)).astype(np.float32)
    network.choose_axes(AxisChoices({}, {"y": 1}))
    np.testing.assert_allclose(network.tap(inputs, {"y": np.copy})[1]["y"], (inputs @ inputs).swapaxes(1, 2), atol=1e-4)


def test_a_fixed_batch_is_told_by_what_changes(tmp_path: Path) -> None:
    onnx.save(graph(4), tmp_path / "net.onnx")
    network = load_network(f"onnx:{tmp_path / 'net.onnx'}")
    images = RANDOM.normal(size=(4, 3, 8, 8)).astype(np.float32)
    assert network.tap(images, {"/conv/out": np.shape})[1]["/conv/out"] == (4, 4, 8, 8)
