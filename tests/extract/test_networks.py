"""Networks of the libraries: found, prepared for as their libraries do, and listed with the layers people look at."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from topoact.errors import InvalidInput, ModelError, TopoActError, UnknownName
from topoact.extract import Plan, extract
from topoact.extract.summary import layer_lines
from topoact.inputs.opening import open_source
from topoact.networks.layers import select_layers
from topoact.networks.loading import load_network
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.weights import model_digest

from .conftest import write_photos

SIZES = [(300, 260), (201, 333), (224, 224), (64, 40)]


def image(size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8))


@pytest.fixture
def _torchvision(torchvision_beside_cpu_torch: None) -> None:
    pytest.importorskip("torchvision")


@pytest.fixture
def _timm(_torchvision: None) -> None:
    pytest.importorskip("timm", reason="timm is not installed")


@pytest.fixture
def _transformers(_torchvision: None) -> None:
    pytest.importorskip("transformers", reason="transformers is not installed")


@pytest.mark.usefixtures("_torchvision")
@pytest.mark.parametrize("name", ["googlenet", "resnet50", "efficientnet_b0"])
def test_images_are_prepared_as_torchvision_does(name: str) -> None:
    from torchvision import models

    ours = load_network(f"torchvision:{name}").preprocessing
    theirs = models.get_model_weights(name).DEFAULT.transforms()
    assert ours is not None
    assert "as for its pretrained weights" in ours.describe()
    for size in SIZES:
        prepared = ours.collate([ours.prepare(image(size))])[0]
        np.testing.assert_array_equal(prepared, theirs(image(size)))
    assert Preprocessing.from_record(ours.record()) == ours


@pytest.mark.usefixtures("_timm")
@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "resnet18", "convnext_atto"])
def test_images_are_prepared_as_timm_does(name: str) -> None:
    import timm

    network = load_network(f"timm:{name}")
    ours = network.preprocessing
    theirs = timm.data.create_transform(**timm.data.resolve_model_data_config(network.module))
    assert ours is not None
    for size in SIZES:
        np.testing.assert_array_equal(ours.collate([ours.prepare(image(size))])[0], theirs(image(size)))


def test_what_the_user_says_comes_first() -> None:
    own = Preprocessing(224, (0.5,) * 3, (0.2,) * 3, resize=256, interpolation="bicubic", said_by="them")
    assert Preprocessing(96).completed(own) == Preprocessing(
        96, (0.5,) * 3, (0.2,) * 3, interpolation="bicubic", said_by="size from the user, the rest them"
    )
    assert Preprocessing(std=(1.0, 1.0, 1.0)).completed(own).resize == 256
    assert Preprocessing(96).completed(None) == Preprocessing(96)


def test_own_code_gets_images_as_they_are_and_the_study_says_so(models: Path, tmp_path: Path) -> None:
    photos = open_source(str(write_photos(tmp_path / "photos")))
    study = extract(load_network(f"{models}:small"), photos, tmp_path / "s")
    said = (study.manifest.preprocessing or {})["description"]
    assert said == "RGB 0-1, own size (nothing was said with --size, --mean, --std or --transform)"


@pytest.mark.usefixtures("_torchvision")
def test_torchvision_takes_files_and_its_own_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision import models

    other = load_network("torchvision:squeezenet1_1", seed=3)
    save_file(other.module.state_dict(), tmp_path / "w.safetensors")
    loaded = load_network("torchvision:squeezenet1_1", weights=str(tmp_path / "w.safetensors"))
    assert model_digest(loaded.module) == model_digest(other.module)
    assert loaded.record["weights"] == str(tmp_path / "w.safetensors")
    with pytest.raises(UnknownName, match=r"no weights 'V9' .* choose from DEFAULT, IMAGENET1K_V1"):
        load_network("torchvision:squeezenet1_1", weights="V9")
    with pytest.raises(InvalidInput, match=r"gone.pt does not exist"):
        load_network("torchvision:squeezenet1_1", weights="gone.pt")
    weights = models.SqueezeNet1_1_Weights.DEFAULT

    def offline(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(type(weights), "get_state_dict", offline)
    with pytest.raises(ModelError, match=r"IMAGENET1K_V1 cannot be downloaded, give a file with --weights: OSError"):
        load_network("torchvision:squeezenet1_1", weights="DEFAULT")
    monkeypatch.setattr(type(weights), "get_state_dict", lambda *_, **__: other.module.state_dict())
    named = load_network("torchvision:squeezenet1_1", weights="DEFAULT")
    assert named.record["weights"] == "IMAGENET1K_V1"
    assert named.class_names is not None
    assert named.class_names[0] == "tench"
    assert model_digest(named.module) == model_digest(other.module)


@pytest.mark.usefixtures("_timm")
def test_timm_refuses_what_it_does_not_have(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="timm has no model 'resnet19': did you mean"):
        load_network("timm:resnet19")
    with pytest.raises(UnknownName, match=r"resnet18 has no weights 'mine' .* choose from DEFAULT, "):
        load_network("timm:resnet18", weights="mine")
    save_file({"a": torch.ones(1)}, tmp_path / "w.safetensors")
    with pytest.raises(ModelError, match="do not fit the network"):
        load_network("timm:resnet18", weights=tmp_path / "w.safetensors")


@pytest.mark.parametrize("library", ["timm", "transformers", "torchvision", "onnx"])
def test_a_missing_library_is_said_with_its_remedy(
    library: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "x").touch()
    monkeypatch.setitem(sys.modules, library, None)
    kind = {"transformers": "hf"}.get(library, library)
    with pytest.raises(ModelError, match=f"{library} is needed for .*: pip install "):
        load_network(f"{kind}:{tmp_path / 'x'}")


def vit(folder: Path, names: tuple[str, ...] = ("cat", "dog")) -> str:
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    sizes = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 8}
    labels = dict(enumerate(names))
    config = ViTConfig(
        **sizes, image_size=32, patch_size=8, id2label=labels, label2id={v: k for k, v in labels.items()}
    )
    torch.manual_seed(0)
    ViTForImageClassification(config).save_pretrained(folder)
    ViTImageProcessor(size={"height": 32, "width": 32}, image_mean=[0.4] * 3).save_pretrained(folder)
    return f"hf:{folder}"


@pytest.mark.usefixtures("_transformers")
def test_an_image_model_of_transformers(tmp_path: Path) -> None:
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    network = load_network(vit(tmp_path / "vit"))
    photos = open_source(str(write_photos(tmp_path / "photos", 6)))
    study = extract(network, photos, tmp_path / "s", Plan(("usual", "classifier"), ("all",), batch_size=6))
    assert study.layers == ("vit.layers.0", "vit.layers.1", "vit.layers.2", "classifier")
    processor = AutoImageProcessor.from_pretrained(tmp_path / "vit")
    model = AutoModelForImageClassification.from_pretrained(tmp_path / "vit").eval()
    files = sorted((tmp_path / "photos").rglob("*.png"))
    pixels = processor([Image.open(file).convert("RGB") for file in files], return_tensors="pt")
    with torch.inference_mode():
        expected = model(**pixels, output_hidden_states=True)
    for number in range(2):  # transformers normalises the last hidden state of some models once more
        np.testing.assert_array_equal(
            study.layer(f"vit.layers.{number}").vectors(), expected.hidden_states[number + 1].flatten(0, 1)
        )
    np.testing.assert_array_equal(study.layer("classifier").vectors(), expected.logits)
    assert set(study.examples["prediction"]) <= {"cat", "dog"}
    assert study.examples["correct"].notna().all()
    record = study.manifest.preprocessing
    assert record is not None
    assert record["description"].startswith("the image processor of hf:")
    assert Preprocessing.from_record(record).transform == f"hf:{tmp_path / 'vit'}"
    file = tmp_path / "vit" / "preprocessor_config.json"
    file.write_text(file.read_text().replace("0.4", "0.3"))
    with pytest.raises(InvalidInput, match="its file has changed"):
        Preprocessing.from_record(record)


@pytest.mark.usefixtures("_transformers")
def test_bad_folders_of_transformers(tmp_path: Path) -> None:
    spec = vit(tmp_path / "vit")
    (tmp_path / "vit" / "preprocessor_config.json").unlink()
    photos = open_source(str(write_photos(tmp_path / "photos", 4)))
    with pytest.raises(InvalidInput, match=r"nothing says how hf:.*vit wants its images: give --size"):
        extract(load_network(spec), photos, tmp_path / "s")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"hf:.*empty cannot be loaded: "):
        load_network(f"hf:{tmp_path / 'empty'}")
    with pytest.raises(InvalidInput, match="brings its own weights: leave out --weights"):
        load_network("hf:x", weights="DEFAULT")


@pytest.mark.usefixtures("_torchvision")
@pytest.mark.parametrize(
    ("name", "usual"),
    [
        pytest.param("resnet18", "bn1 layer1.1.bn2 layer2.1.bn2 layer3.1.bn2 layer4.1.bn2", id="ResNet"),
        pytest.param("resnet50", "bn1 layer1.2.bn3 layer2.3.bn3 layer3.5.bn3 layer4.2.bn3", id="bottlenecks"),
        pytest.param("squeezenet1_1", " ".join(f"features.{i}" for i in (3, 4, 6, 7, 9, 10, 11, 12)), id="fires"),
        pytest.param("alexnet", "", id="none known"),
    ],
)
def test_usual_layers(name: str, usual: str) -> None:
    assert " ".join(load_network(f"torchvision:{name}").recommended_layers()) == usual


@pytest.mark.usefixtures("_torchvision")
def test_the_usual_layers_of_googlenet_are_its_nine_inceptions() -> None:
    network = load_network("torchvision:googlenet")
    facts = [fact for fact in network.survey(network.sample_input()) if fact.recommended]
    assert " ".join(fact.name.removeprefix("inception") for fact in facts) == "3a 3b 4a 4b 4c 4d 4e 5a 5b"
    assert (facts[0].type, facts[0].shape, facts[8].shape) == ("Inception", (256, 28, 28), (1024, 7, 7))
    assert facts[0].parameters == sum(p.numel() for p in network.module.inception3a.parameters())


def test_a_list_of_layers_without_a_known_input_has_no_shapes(models: Path) -> None:
    network = load_network(f"{models}:small")
    assert network.sample_input() is None
    assert {fact.shape for fact in network.survey(None)} == {None}
    lines = layer_lines(network.survey(network.sample_input((3, 8, 8))))
    assert lines[:2] == ["  0  Conv2d   4 x 8 x 8  112", "  1  ReLU     4 x 8 x 8    0"]
    with pytest.raises(UnknownName, match=r"no layers are usual for .*small: name some"):
        select_layers(network, ["usual"])


@pytest.mark.usefixtures("_timm")
def test_channels_are_found_where_maps_end_in_them(tmp_path: Path) -> None:
    shape = "img_size=56, embed_dim=24, depths=(1, 1), num_heads=(1, 2)"
    code = f"import timm\n\nnetwork = timm.create_model('swin_tiny_patch4_window7_224', {shape})\n"
    (tmp_path / "swin.py").write_text(code)
    network = load_network(f"{tmp_path / 'swin.py'}:network")
    keep = {"layers.1": torch.Tensor.clone, "patch_embed.proj": torch.Tensor.clone}
    _, kept = network.tap(torch.rand(1, 3, 56, 56), keep)
    assert kept["layers.1"].shape == (1, 48, 7, 7)
    assert kept["patch_embed.proj"].shape == (1, 24, 14, 14)


def test_bfloat16_is_stored_as_float32_and_recorded(models: Path, tmp_path: Path) -> None:
    photos = open_source(str(write_photos(tmp_path / "photos")))
    plan = Plan(("0",), ("mean", "maxnorm"), Preprocessing(), dtype="bfloat16")
    study = extract(load_network(f"{models}:small"), photos, tmp_path / "s", plan)
    exact = extract(load_network(f"{models}:small"), photos, tmp_path / "t", Plan(("0",), ("mean",), Preprocessing()))
    ours, theirs = study.layer("0@mean").vectors(), exact.layer("0").vectors()
    assert ours.dtype == np.float32
    assert (ours != theirs).any()
    np.testing.assert_allclose(ours, theirs, atol=0.02)
    assert study.manifest.config["dtype"] == "bfloat16"
    with pytest.raises(InvalidInput, match="--dtype must be float32 or bfloat16: got 'int8'"):
        Plan(dtype="int8")


class TwoInputs(nn.Module):
    def forward(self, image: torch.Tensor, question: torch.Tensor) -> torch.Tensor:
        return image + question


def scripted(*, frozen: bool) -> nn.Module:
    model = torch.jit.script(nn.Sequential(nn.Conv2d(3, 2, 1), nn.Flatten(), nn.Linear(128, 3)).eval())
    return torch.jit.freeze(model) if frozen else model


@pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("make", "layers", "sentence"),
    [
        pytest.param(TwoInputs, (), r"needs 2 inputs \(image, question\) and gets one: wrap it", id="two inputs"),
        pytest.param(lambda: scripted(frozen=True), ("0",), "frozen script module, which shows no layers", id="frozen"),
        pytest.param(
            lambda: nn.Sequential(scripted(frozen=False)), ("0.0",), "'0.0' is inside a script module", id="script"
        ),
    ],
)
def test_networks_that_cannot_be_looked_into(
    tmp_path: Path, make: type[nn.Module], layers: tuple[str, ...], sentence: str
) -> None:
    photos = open_source(str(write_photos(tmp_path / "photos", 4)))
    with pytest.raises(TopoActError, match=sentence):
        extract(make(), photos, tmp_path / "s", Plan(layers or None, preprocessing=Preprocessing()))
    assert not (tmp_path / "s").exists()
