"""The network of a study is loaded again only where it is the one that made it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import save_file
from typer.testing import CliRunner

from topoact.cli.commands import app
from topoact.errors import InvalidInput, ModelError
from topoact.extract import Plan, extract
from topoact.importers.run import import_files
from topoact.inputs.opening import open_source
from topoact.inputs.records import Source
from topoact.interpret.study_network import NetworkChoice, has_gradients, reload_network
from topoact.networks.loading import load_network
from topoact.networks.preprocessing import Preprocessing
from topoact.study import Study
from topoact.workbench import open_workbench


@pytest.fixture
def models(models: Path, tmp_path: Path) -> Path:
    """A copy that may be moved."""
    return shutil.copy(models, tmp_path / "networks.py")


@pytest.fixture
def study(models: Path, photos: Source, tmp_path: Path) -> Study:
    plan = Plan(layers=("0",), preprocessing=Preprocessing(size=8, mean=(0.5, 0.5, 0.5)), batch_size=4)
    return extract(load_network(f"{models}:small"), photos, tmp_path / "study", plan)


def test_what_the_study_records(study: Study) -> None:
    found = reload_network(study)
    assert found.digest == study.manifest.config["model"]["digest"]
    assert found.shape == (3, 8, 8)
    assert found.preprocessing.mean == (0.5, 0.5, 0.5)
    assert found.checkpoint is None
    found.check_layer(study.layer("0"))


def test_another_place_and_other_weights(study: Study, models: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved.py"
    shutil.copy(models, moved)
    assert reload_network(study, NetworkChoice(f"{moved}:small")).digest
    state = {name: 2 * tensor for name, tensor in load_network(f"{models}:small").module.state_dict().items()}
    save_file(state, tmp_path / "other.safetensors")
    with pytest.raises(InvalidInput, match="is not the network of the study study: its weights have the digest"):
        reload_network(study, NetworkChoice(weights=str(tmp_path / "other.safetensors")))


def test_a_checkpoint_knows_its_layers(study: Study, models: Path, photos: Source, tmp_path: Path) -> None:
    state = {name: 2 * tensor for name, tensor in load_network(f"{models}:small").module.state_dict().items()}
    save_file(state, tmp_path / "other.safetensors")
    other = load_network(f"{models}:small", weights=tmp_path / "other.safetensors")
    both = extract(other, photos, study.path, Plan(layers=("0",), batch_size=4, checkpoint="twice"), append=True)
    found = reload_network(both, NetworkChoice(weights=str(tmp_path / "other.safetensors")))
    assert found.checkpoint == "twice"
    found.check_layer(both.layer("twice/0"))
    with pytest.raises(InvalidInput, match="layer 0 is of the checkpoint None, and the loaded network is 'twice'"):
        found.check_layer(both.layer("0"))


def test_a_dataset_of_tensors_has_a_shape_and_no_preprocessing(models: Path, tmp_path: Path) -> None:
    study = extract(
        load_network(f"{models}:small"), open_source(f"{models}:Squares"), tmp_path / "study", Plan(layers=("0",))
    )
    found = reload_network(study)
    assert (found.shape, found.preprocessing) == ((3, 8, 8), None)


def test_the_shape_of_an_older_study_is_that_of_its_small_images(study: Study) -> None:
    file = study.path / "study.json"
    record = json.loads(file.read_text())
    del record["notes"]["input"]
    record["config"]["preprocessing"]["size"] = None
    file.write_text(json.dumps(record))
    bench = open_workbench(study.path, NetworkChoice())
    assert bench.network.shape[0] == 3
    assert bench.can_invert


def test_what_cannot_be_loaded_is_said(study: Study, models: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="opened without its network: start the explorer with --model study"):
        open_workbench(study.path).network  # noqa: B018
    shutil.move(models, tmp_path / "elsewhere.py")
    with pytest.raises(ModelError, match="another place is named with --model"):
        reload_network(study)
    np.save(tmp_path / "vectors.npy", np.ones((20, 4), np.float32))
    imported = import_files([tmp_path / "vectors.npy"], tmp_path / "imported")
    with pytest.raises(InvalidInput, match="was imported: it names no network"):
        reload_network(imported)
    assert not has_gradients(imported, NetworkChoice())
    assert not has_gradients(study, NetworkChoice("onnx:model.onnx"))


def test_the_explorer_is_started_with_the_network_or_not_at_all(
    study: Study, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[NetworkChoice | None] = []
    monkeypatch.setattr("topoact.server.serve", lambda *_, network, **__: started.append(network))
    run = CliRunner().invoke
    assert run(app, ["serve", str(study.path)]).exit_code == 0
    assert run(app, ["serve", str(study.path), "--model", "study"]).exit_code == 0
    assert run(app, ["serve", str(study.path), "--model", f"{models}:small"]).exit_code == 0
    assert started == [None, NetworkChoice(), NetworkChoice(f"{models}:small")]
    refused = run(app, ["serve", str(study.path), "--model", f"{models}:Twice"])
    assert isinstance(refused.exception, InvalidInput)
    assert len(started) == 3
