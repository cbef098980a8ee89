"""Layers and checkpoints that are appended stand beside those of the study, over the same examples."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from topoact.extract import Plan, extract
from topoact.extract.summary import sentences, summarise
from topoact.inputs.opening import open_source
from topoact.inputs.records import Source
from topoact.networks.loading import load_model, load_network
from topoact.networks.preprocessing import Preprocessing
from topoact.study import Study, open_study
from topoact.testing.settings import dbscan
from topoact.workbench import open_workbench
from topoact.workbench.columns import coded_columns

from .conftest import write_photos


@pytest.fixture
def model(models: Path) -> torch.nn.Sequential:
    return load_model(f"{models}:small")


@pytest.fixture
def other(models: Path, tmp_path: Path) -> Path:
    """Other weights for the network."""
    state = load_model(f"{models}:small").state_dict()
    save_file({name: tensor * 1.5 for name, tensor in state.items()}, tmp_path / "other.safetensors")
    return tmp_path / "other.safetensors"


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topoact.study.segments.SEGMENT_EXAMPLES", 8)
    monkeypatch.setattr("topoact.study.files.os.fsync", lambda _: None)


def plan(**changes: object) -> Plan:
    return Plan(**{"layers": ("0",), "preprocessing": Preprocessing(), "batch_size": 4, **changes})


def digests(study: Study) -> dict[str, str]:
    return {entry.name: entry.digest for entry in study.manifest.layers}


def assert_opens(study: Study) -> None:
    for name in open_study(study.path).layers:
        assert study.layer(name).vectors().shape == (study.layer(name).n_points, study.layer(name).n_channels)
        assert len(study.layer(name).points) == study.layer(name).n_points


def test_appended_layers_are_those_of_one_run(model: torch.nn.Module, photos: Source, tmp_path: Path) -> None:
    first = extract(model, photos, tmp_path / "a", plan(), title="Mine")
    study = extract(model, photos, tmp_path / "a", Plan(layers=("2", "4"), batch_size=4), append=True)
    whole = extract(model, photos, tmp_path / "b", plan(layers=("0", "2", "4")))
    assert study.layers == ("0", "2", "4")
    assert digests(study) == digests(whole)
    assert digests(study)["0"] == digests(first)["0"]
    assert study.examples.equals(first.examples)
    assert [study.thumbnail(row) for row in range(24)] == [whole.thumbnail(row) for row in range(24)]
    assert (study.manifest.notes, study.manifest.skipped) == (first.manifest.notes, first.manifest.skipped)
    assert (study.name, study.digest == first.digest) == ("Mine", False)
    step = {"added": "layers", "study": first.digest, "layers": ["2", "4"]}
    assert study.manifest.config == {**first.manifest.config, "appended": [step]}
    assert_opens(study)


def test_appended_policies_have_names_of_their_own(model: torch.nn.Module, photos: Source, tmp_path: Path) -> None:
    extract(model, photos, tmp_path / "a", plan(layers=("0", "4")))
    said: list[str] = []
    study = extract(
        model,
        photos,
        tmp_path / "a",
        Plan(("0", "2", "4"), ("random", "mean"), batch_size=4),
        append=True,
        on_notice=said.append,
    )
    assert study.layers == ("0", "4", "0@mean", "2@random", "2@mean")
    whole = extract(model, photos, tmp_path / "b", plan(layers=("0", "2", "4"), policies=("random", "mean")))
    assert digests(study)["2@mean"] == digests(whole)["2@mean"]
    np.testing.assert_array_equal(study.layer("0").vectors(), whole.layer("0@random").vectors())
    assert said == [f"0, 4 are in {tmp_path / 'a'} already: they are not run again"]
    again = extract(model, photos, tmp_path / "a", append=True, on_notice=said.append)
    assert said[1] == f"0, 0@mean, 4, 2@random, 2@mean are in {tmp_path / 'a'} already: nothing is appended"
    assert again.manifest == study.manifest


def test_what_was_computed_stays(model: torch.nn.Module, photos: Source, tmp_path: Path) -> None:
    extract(model, photos, tmp_path / "a", plan())
    settings = dbscan(n_intervals=3, eps=100.0, min_samples=2)
    bench = open_workbench(tmp_path / "a")
    before = bench.draw("0", settings)
    bench.close()
    files = {file.relative_to(tmp_path) for file in (tmp_path / "a" / "graphs").rglob("*")}
    study = extract(model, photos, tmp_path / "a", plan(layers=("4",)), append=True)
    assert {file.relative_to(tmp_path) for file in (study.path / "graphs").rglob("*")} == files
    bench = open_workbench(study.path)
    name = bench.drawn_name("0", settings, None)
    stored = bench.cache.load_drawing(*name)
    assert stored is not None
    np.testing.assert_array_equal(stored.positions, before.positions)


def test_files_are_not_copied(model: torch.nn.Module, photos: Source, tmp_path: Path) -> None:
    first = extract(model, photos, tmp_path / "a", plan())
    chunk, small = (first.path / name for name in ("activations.zarr/0/c/0/0", "thumbnails/00001.arrow"))
    before = [file.stat().st_ino for file in (chunk, small)]
    extract(model, photos, tmp_path / "a", plan(layers=("4",)), append=True)
    assert [file.stat().st_ino for file in (chunk, small)] == before


def test_without_links_files_are_copied(
    model: torch.nn.Module, photos: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    extract(model, photos, tmp_path / "a", plan())
    study = extract(model, photos, tmp_path / "a", plan(layers=("4",)), append=True)
    assert_opens(study)


def test_another_checkpoint_of_the_network(model: torch.nn.Module, models: Path, other: Path, tmp_path: Path) -> None:
    photos = open_source(str(write_photos(tmp_path / "photos", 20, classes="edcba")))
    first = extract(model, photos, tmp_path / "a", plan(layers=("0", "4")))
    network = load_network(f"{models}:small", weights=other)
    study = extract(network, photos, tmp_path / "a", Plan(checkpoint="tuned", batch_size=4), append=True)
    alone = extract(network, photos, tmp_path / "b", plan(layers=("0", "4")))
    assert study.layers == ("0", "4", "tuned/0", "tuned/4")
    assert [study.layer(name).checkpoint for name in study.layers] == [None, None, "tuned", "tuned"]
    np.testing.assert_array_equal(study.layer("tuned/4").vectors(), alone.layer("4").vectors())
    assert study.layer("tuned/0").points.equals(study.layer("0").points)
    assert study.examples[first.examples.columns].equals(first.examples)
    for name in ("prediction", "confidence", "top5", "top5_confidence", "loss", "correct"):
        assert study.examples[f"{name}@tuned"].astype(str).tolist() == alone.examples[name].astype(str).tolist()
    columns = {column.name: column for column in coded_columns(study)}
    assert columns["prediction@tuned"].categories == list(first.classes) == list(study.classes)
    assert columns["confidence@tuned"].kind == "number"
    accuracy = alone.manifest.notes["accuracy"]
    assert study.manifest.notes == {**first.manifest.notes, "accuracy@tuned": accuracy}
    assert f"tuned: prediction = label for {accuracy:.1%} of them" in sentences(summarise(study))
    assert study.manifest.config["appended"][0]["checkpoint"] == "tuned"


def test_a_family_whose_checkpoints_all_have_names(
    model: torch.nn.Module, models: Path, other: Path, photos: Source, tmp_path: Path
) -> None:
    extract(model, photos, tmp_path / "a", plan(policies=("random", "mean"), checkpoint="first"))
    network = load_network(f"{models}:small", weights=other)
    extract(network, photos, tmp_path / "a", Plan(checkpoint="second", policies=("mean",), batch_size=4), append=True)
    study = extract(model, photos, tmp_path / "a", plan(layers=("2",), policies=("mean",)), append=True)
    assert study.layers == ("first/0@random", "first/0@mean", "second/0@mean", "first/2@mean")
    assert study.layer("first/2@mean").checkpoint == "first"
    study = extract(network, photos, tmp_path / "a", Plan(("2",), ("mean",), batch_size=4), append=True)
    assert study.layers[-1] == "second/2@mean"
    assert [name for name in study.examples if name.startswith("prediction")] == ["prediction", "prediction@second"]
    assert [step["added"] for step in study.manifest.config["appended"]] == ["checkpoint", "layers", "layers"]
    assert_opens(study)


def test_examples_appended_to_a_study_of_appended_layers(
    model: torch.nn.Module, photos: Source, tmp_path: Path
) -> None:
    extract(model, photos, tmp_path / "a", plan(checkpoint="first"))
    extract(model, photos, tmp_path / "a", Plan(("0", "2", "4"), ("mean",), batch_size=4), append=True)
    more = open_source(str(write_photos(tmp_path / "more", 7, classes=("owl",))))
    study = extract(model, more, tmp_path / "a", Plan(batch_size=4), append=True)
    assert study.layers == ("first/0", "first/0@mean", "first/2@mean", "first/4")
    assert study.n_examples == 31
    assert study.classes[:2] == ("cat", "dog")
    assert "owl" in study.classes
    assert_opens(study)


def test_workers_append_the_same(models: Path, photos: Source, tmp_path: Path) -> None:
    network = load_network(f"{models}:small")
    more = open_source(str(write_photos(tmp_path / "more", 9, classes=("owl",))))
    for name, workers in (("a", 1), ("b", 2)):
        extract(network, photos, tmp_path / name, plan())
        extract(network, more, tmp_path / name, Plan(batch_size=4, workers=workers), append=True)
    assert open_study(tmp_path / "a").digest == open_study(tmp_path / "b").digest


def test_a_study_written_before_checkpoints_had_names(model: torch.nn.Module, photos: Source, tmp_path: Path) -> None:
    study = extract(model, photos, tmp_path / "a", plan())
    file = study.path / "study.json"
    text = file.read_text("utf-8")
    assert '      "checkpoint": null\n' in text
    older = text.replace(',\n      "checkpoint": null\n', "\n")
    assert "checkpoint" not in older
    file.write_text(older, "utf-8")
    assert open_study(study.path).layer("0").checkpoint is None
    assert extract(model, photos, tmp_path / "a", plan(layers=("4",)), append=True).layers == ("0", "4")
