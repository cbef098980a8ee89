"""The study equals a plain forward pass over the inputs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from topoact.errors import InvalidInput, TopoActError, UnknownName
from topoact.extract import extract
from topoact.extract.loader import load_batches
from topoact.extract.summary import sentences, summarise
from topoact.inputs.opening import open_source
from topoact.inputs.records import Source
from topoact.inputs.sources import DatasetSource
from topoact.networks.loading import load_model
from topoact.networks.preprocessing import Preprocessing
from topoact.workbench.columns import coded_columns

from .conftest import LAYERS, picture, plan, write_photos

pytestmark = pytest.mark.usefixtures("small_segments")


def test_the_study_equals_a_plain_forward_pass(model: torch.nn.Sequential, photos: Source, tmp_path: Path) -> None:
    study = extract(model, photos, tmp_path / "s", plan())
    assert study.layers == ("0@random", "0@mean", "0@all", "2@random", "2@mean", "2@all", "4")
    batches = load_batches(photos, Preprocessing(), batch_size=24, stop=24)
    inputs = torch.cat([torch.as_tensor(batch.inputs) for batch in batches])
    with torch.inference_mode():
        outputs = {"0": model[:1](inputs), "2": model[:3](inputs)}
        logits = model(inputs)
    for name, output in outputs.items():
        np.testing.assert_allclose(study.layer(f"{name}@mean").vectors(), output.mean((2, 3)), rtol=1e-4, atol=1e-6)
        for policy in ("random", "all"):
            points = study.layer(f"{name}@{policy}").points
            expected = output[points["example"], :, points["y"], points["x"]]
            np.testing.assert_allclose(study.layer(f"{name}@{policy}").vectors(), expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(study.layer("4").vectors(), logits, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(study.examples["confidence"], logits.softmax(1).amax(1), rtol=1e-4)
    assert study.examples["prediction"].tolist() == [f"output {i}" for i in logits.argmax(1)]


def test_one_policy_keeps_the_bare_names(model: torch.nn.Sequential, photos: Source, tmp_path: Path) -> None:
    study = extract(model, photos, tmp_path / "s", plan(policies=("random",)))
    assert study.layers == LAYERS
    assert [study.layer(name).grid for name in LAYERS] == [(8, 8), (3, 3), None]


def test_positions_do_not_depend_on_batches(model: torch.nn.Sequential, photos: Source, tmp_path: Path) -> None:
    a, b = (extract(model, photos, tmp_path / f"s{n}", plan(batch_size=n)) for n in (4, 7))
    assert a.layer("0@random").points.equals(b.layer("0@random").points)
    np.testing.assert_allclose(a.layer("0@random").vectors(), b.layer("0@random").vectors(), rtol=1e-4, atol=1e-6)


def test_images_that_cannot_be_read_are_named_and_counted(model: torch.nn.Sequential, tmp_path: Path) -> None:
    photos = open_source(str(write_photos(tmp_path / "photos", 20, broken=range(0, 20, 9))))
    study = extract(model, photos, tmp_path / "s", plan())
    assert (study.n_examples, study.manifest.skipped.count) == (17, 3)
    said = "\n".join(sentences(summarise(study)))
    assert "skipped 3 that could not be read: cat/000.png, cat/018.png, dog/009.png" in said


def test_thumbnails_are_the_small_files_themselves(model: torch.nn.Sequential, photos: Source, tmp_path: Path) -> None:
    study = extract(model, photos, tmp_path / "s", plan())
    assert study.thumbnail(1) == (picture(2), "image/png")


def test_large_images_are_shrunk(model: torch.nn.Sequential, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(picture(0, (300, 200), "JPEG"))
    photos = open_source(str(tmp_path / "photos"))
    study = extract(model, photos, tmp_path / "s", plan(preprocessing=Preprocessing(8)))
    data, media_type = study.thumbnail(0) or (b"", "")
    assert media_type == "image/jpeg"
    assert len(data) < 5000
    assert study.manifest.preprocessing == Preprocessing(8).record()


@pytest.mark.parametrize(
    ("classes", "first", "named"),
    [
        pytest.param(None, "output", False, id="not guessed"),
        pytest.param(tuple("abcde"), "a", True, id="given"),
    ],
)
def test_outputs_have_names_or_the_summary_says_how(
    model: torch.nn.Sequential,
    photos: Source,
    tmp_path: Path,
    classes: tuple[str, ...] | None,
    first: str,
    named: bool,
) -> None:
    study = extract(model, photos, tmp_path / "s", plan(classes=classes))
    assert study.classes == (("a", "b", "c", "d", "e", "cat", "dog") if named else ("cat", "dog", *_outputs(5)))
    assert set(study.examples["prediction"]) <= set(study.classes)
    assert set(study.examples["label"]) == {"cat", "dog"}
    said = "no name in common: name the outputs" if named else "outputs have no names: give them with --classes"
    assert said in "\n".join(sentences(summarise(study)))


def _outputs(n: int) -> list[str]:
    return [f"output {i}" for i in range(n)]


def test_the_folders_name_the_outputs_when_their_number_fits(model: torch.nn.Sequential, tmp_path: Path) -> None:
    photos = open_source(str(write_photos(tmp_path / "photos", 20, ("e", "d", "c", "b", "a"))))
    study = extract(model, photos, tmp_path / "s", plan())
    assert study.classes == ("a", "b", "c", "d", "e")
    accuracy = (study.examples["prediction"].astype(str) == study.examples["label"].astype(str)).mean()
    assert study.manifest.notes["accuracy"] == pytest.approx(accuracy)


def test_whole_number_labels_are_places_of_names(model: torch.nn.Sequential, models: Path, tmp_path: Path) -> None:
    source = open_source(f"{models}:Dicts")
    study = extract(model, source, tmp_path / "a", plan())
    assert study.classes == ("0", "1", "2", "3", "4")
    assert study.examples["label"].tolist() == ["3", "4"] * 5
    assert study.examples["shade"].tolist() == [i / 10 for i in range(10)]
    named = extract(model, source, tmp_path / "b", plan(classes=tuple("abcde")))
    assert named.examples["label"].tolist() == ["d", "e"] * 5
    assert named.manifest.preprocessing is None


def test_layers_by_default(model: torch.nn.Sequential, photos: Source, tmp_path: Path) -> None:
    study = extract(model, photos, tmp_path / "s", plan(layers=None, policies=("mean",)))
    assert study.layers == LAYERS
    assert "layers chosen by default: name others with --layers" in sentences(summarise(study))


def _other_size(folder: Path) -> None:
    (folder / "cat" / "900.png").write_bytes(picture(0, (9, 8)))


def _all_broken(folder: Path) -> None:
    for file in folder.rglob("*.png"):
        file.write_bytes(b"")


@pytest.mark.parametrize(
    ("spec", "changes", "damage", "error", "sentence"),
    [
        pytest.param("small", {"layers": ("5",)}, None, UnknownName, "no layer '5'", id="unknown layer"),
        pytest.param("exploding", {}, None, InvalidInput, "'2@random' gives NaN or infinite .* cat/000.png", id="NaN"),
        pytest.param(
            "small", {"classes": ("a", "b")}, None, InvalidInput, "2 names and .* has 5 outputs", id="classes"
        ),
        pytest.param("small", {}, _other_size, InvalidInput, "different sizes .*--size", id="sizes"),
        pytest.param("small", {}, _all_broken, InvalidInput, "no image could be read", id="no image"),
        pytest.param("small", {"device": "nonesuch"}, None, TopoActError, "'nonesuch' cannot be used", id="device"),
        pytest.param("Twice", {"layers": ("relu",)}, None, TopoActError, "several times", id="shared layer"),
    ],
)
def test_bad_input_leaves_nothing_behind(
    models: Path,
    tmp_path: Path,
    spec: str,
    changes: dict[str, object],
    damage: Callable[[Path], None] | None,
    error: type[TopoActError],
    sentence: str,
) -> None:
    photos = write_photos(tmp_path / "photos")
    if damage:
        damage(photos)
    with pytest.raises(error, match=sentence):
        extract(load_model(f"{models}:{spec}"), open_source(str(photos)), tmp_path / "s", plan(**changes))
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"batch_size": 0}, "--batch-size must be 1 or more: got 0"),
        ({"limit": 0}, "--limit must be 1 or more: got 0"),
        ({"layers": ()}, "--layers names no layer"),
    ],
)
def test_bad_plans(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        plan(**change)


@pytest.mark.parametrize(
    ("labels", "shades", "sentence"),
    [
        pytest.param(["cat", 3] * 5, [1] * 10, "names and numbers: 0 has 'cat' and 1 has 3; give all", id="labels"),
        pytest.param(["cat"] * 9 + [3], [1] * 10, "names and numbers: 0 has 'cat' and 9 has 3", id="in a later batch"),
        pytest.param([0] * 10, [1, "b"] * 5, "column 'shade' mixes int and str: give all", id="a column"),
        pytest.param([0] * 10, [1] * 8 + ["b"] * 2, "a column mixes kinds: .*shade", id="in a later segment"),
        pytest.param([{"box": 1}] * 10, [1] * 10, "item 0 .* has a dict for a label: give a name", id="no label"),
    ],
)
def test_mixed_kinds(
    model: torch.nn.Sequential, tmp_path: Path, labels: list[object], shades: list[object], sentence: str
) -> None:
    items = [
        {"input": torch.zeros(3, 8, 8), "label": label, "shade": shade}
        for label, shade in zip(labels, shades, strict=True)
    ]
    with pytest.raises(TopoActError, match=sentence):
        extract(model, DatasetSource(items, record={}), tmp_path / "s", plan())
    assert not list(tmp_path.iterdir())


def test_labels_that_are_measures_are_no_mixture(model: torch.nn.Sequential, tmp_path: Path) -> None:
    items = [(torch.zeros(3, 8, 8), value) for value in (1.0, 2.5, 3.0)]
    study = extract(model, DatasetSource(items, record={}), tmp_path / "s", plan())
    assert study.examples["label"].tolist() == ["1", "2.5", "3"]


def test_top5_loss_and_correct_are_columns(model: torch.nn.Sequential, models: Path, tmp_path: Path) -> None:
    study = extract(model, open_source(f"{models}:Dicts"), tmp_path / "s", plan())
    examples = study.examples
    assert {len(names) for names in examples["top5"]} == {5}
    assert [names[0] for names in examples["top5"]] == examples["prediction"].tolist()
    np.testing.assert_array_equal(examples["correct"], examples["prediction"].astype(str) == examples["label"])
    inputs = torch.stack([open_source(f"{models}:Dicts").fetch(row).image["input"] for row in range(10)])
    with torch.inference_mode():
        loss = torch.nn.functional.cross_entropy(model(inputs), torch.tensor([3, 4] * 5), reduction="none")
    np.testing.assert_allclose(examples["loss"], loss, rtol=1e-4)
    menus = {column.name for column in coded_columns(study)}
    assert menus == {"label", "prediction", "confidence", "loss", "correct", "shade"}


def test_tensors_of_a_dataset_are_not_prepared(model: torch.nn.Sequential, models: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="leave out the preprocessing"):
        extract(model, open_source(f"{models}:Dicts"), tmp_path / "s", plan(preprocessing=Preprocessing(8)))
