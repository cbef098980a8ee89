"""What cannot be appended is refused in one sentence, and the study stays as it is."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from topoact.errors import Cancelled, InvalidInput, StudyError, TopoActError
from topoact.extract import Plan, extract
from topoact.importers.run import import_files
from topoact.inputs.opening import open_source
from topoact.inputs.records import Source
from topoact.networks import Network
from topoact.networks.loading import load_model, load_network
from topoact.networks.preprocessing import Preprocessing

from .conftest import picture, write_photos

PLAN = Plan(("0", "4"), preprocessing=Preprocessing(), batch_size=4)


@pytest.fixture
def network(models: Path) -> Network:
    return load_network(f"{models}:small")


@pytest.fixture
def study(network: Network, photos: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("topoact.study.segments.MAX_SEGMENT_EXAMPLES", 8)
    return extract(network, photos, tmp_path / "s", PLAN).path


def contents(path: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}


def more(folder: Path, n: int = 5) -> Source:
    return open_source(str(write_photos(folder / "more", n, classes=("owl",))))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seed": 1}, r"was made with another seed \(seed was 0, is 1\): say the same"),
        ({"dtype": "bfloat16"}, r"another dtype \(dtype was 'float32', is 'bfloat16'\)"),
        ({"preprocessing": Preprocessing(7)}, r"another preprocessing.size \(preprocessing.size was None, is 7\)"),
        ({"layers": ("2", "4")}, r"for all layers of .*, which has another layers \(layers was .* leave them out"),
        ({"policies": ("mean",)}, r"which has another policies \(policies was \['random'\], is \['mean'\]\)"),
        ({"classes": tuple("abcde")}, r"another classes \(classes was None"),
    ],
)
def test_examples_for_another_study(
    network: Network, study: Path, tmp_path: Path, change: dict[str, object], sentence: str
) -> None:
    before = contents(study)
    with pytest.raises(StudyError, match=sentence):
        extract(network, more(tmp_path), study, replace(Plan(batch_size=4), **change), append=True)
    assert contents(study) == before
    assert not (tmp_path / "s.partial").exists()


def test_other_numbers_of_the_same_data(network: Network, photos: Source, study: Path) -> None:
    with pytest.raises(StudyError, match=r"another limit \(limit was None, is 7\)"):
        extract(network, photos, study, Plan(("2",), limit=7), append=True)


def test_names_that_are_there(network: Network, study: Path, tmp_path: Path) -> None:
    for number in (3, 6, 8):
        file = tmp_path / "more" / "dog" / f"{number:03d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture(number))
    (file.parent / "003.png").replace(tmp_path / "more" / "a.png")
    write_photos(tmp_path / "more", 8)
    with pytest.raises(StudyError, match=r"the names of 8 examples are in .* already, first 'cat/000.png'"):
        extract(network, open_source(str(tmp_path / "more")), study, Plan(), append=True)
    with pytest.raises(StudyError, match=r"the name of one example is in .* already, first 'cat/000.png'"):
        extract(network, open_source(str(tmp_path / "more")), study, Plan(limit=2), append=True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda folder: (folder / "cat" / "000.png").unlink(), r"photos is not what it was .* another digest, n \(dig"),
        (lambda folder: (folder / "cat" / "000.png").write_bytes(b"broken"), "after 0 came 'cat/000.png', and now it"),
        (
            lambda folder: (folder / "dog" / "023.png").write_bytes(b"broken"),
            "came 'dog/023.png', and now there is none",
        ),
    ],
)
def test_data_that_have_changed(
    network: Network, study: Path, tmp_path: Path, change: Callable[[Path], object], sentence: str
) -> None:
    change(tmp_path / "photos")
    before = contents(study)
    with pytest.raises(TopoActError, match=sentence):
        extract(network, open_source(str(tmp_path / "photos")), study, Plan(("2",), batch_size=4), append=True)
    assert contents(study) == before
    assert not (tmp_path / "s.partial").exists()


def test_more_data_than_there_were(network: Network, tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "photos", broken=(23,))
    extract(network, open_source(str(folder)), tmp_path / "s", PLAN)
    (folder / "dog" / "023.png").write_bytes(picture(0))
    with pytest.raises(InvalidInput, match=r"after 23 came no example, and now it is 'dog/023.png'"):
        extract(network, open_source(str(folder)), tmp_path / "s", Plan(("2",), batch_size=4), append=True)


@pytest.mark.parametrize("policy", ["random", "all"])
def test_maps_of_another_size(photos: Source, tmp_path: Path, policy: str) -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3))
    plan = Plan(("0",), (policy,), Preprocessing(), batch_size=4)
    extract(network, photos, tmp_path / "s", plan)
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "a.png").write_bytes(picture(1, (9, 9)))
    before = contents(tmp_path / "s")
    with pytest.raises(InvalidInput, match=r"layer '0' gives maps of different sizes: bring the inputs to one size"):
        extract(network, open_source(str(tmp_path / "large")), tmp_path / "s", Plan(batch_size=4), append=True)
    assert contents(tmp_path / "s") == before


def test_weights_without_a_name_or_with_a_taken_one(
    network: Network, models: Path, photos: Source, study: Path, tmp_path: Path
) -> None:
    for factor, name in enumerate(("other", "third"), 2):
        state = load_model(f"{models}:small").state_dict()
        save_file({key: tensor * factor for key, tensor in state.items()}, tmp_path / f"{name}.safetensors")
    other, third = (load_network(f"{models}:small", weights=tmp_path / f"{n}.safetensors") for n in ("other", "third"))
    with pytest.raises(StudyError, match=r"has other weights than .*: --checkpoint NAME adds .*, --weights takes"):
        extract(other, photos, study, Plan(("2",)), append=True)
    with pytest.raises(StudyError, match=r"has these weights already, without a name: leave out --checkpoint x"):
        extract(network, photos, study, Plan(("2",), checkpoint="x"), append=True)
    with pytest.raises(StudyError, match=r"a checkpoint is run over the data of .*, and these are others"):
        extract(other, more(tmp_path), study, Plan(checkpoint="other"), append=True)
    with pytest.raises(
        StudyError, match=r"was made with a Sequential, and this is a Twice: a checkpoint is of the same"
    ):
        extract(load_network(f"{models}:Twice"), photos, study, Plan(("conv",), checkpoint="x"), append=True)
    extract(other, photos, study, Plan(checkpoint="other", batch_size=4), append=True)
    with pytest.raises(StudyError, match=r"has a checkpoint other with other weights: choose another name"):
        extract(third, photos, study, Plan(checkpoint="other"), append=True)
    with pytest.raises(StudyError, match=r"has layers of 2 checkpoints, and examples are appended for all"):
        extract(network, more(tmp_path), study, Plan(), append=True)
    with pytest.raises(InvalidInput, match=r"--checkpoint takes letters, digits .*: got 'a/b'"):
        Plan(checkpoint="a/b")


def test_layers_over_some_of_the_examples(network: Network, photos: Source, study: Path, tmp_path: Path) -> None:
    extract(network, more(tmp_path), study, Plan(batch_size=4), append=True)
    with pytest.raises(StudyError, match=r"were appended from 2 sets of data, and layers run over one only: append"):
        extract(network, photos, study, Plan(("2",)), append=True)
    said: list[str] = []
    again = extract(network, more(tmp_path), study, append=True, on_notice=said.append)
    assert said == [f"0, 4 are in {study} already: nothing is appended"]
    assert again.n_examples == 29


def test_where_there_is_nothing_to_append_to(network: Network, photos: Source, study: Path, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"there is no study at .*none to append to: leave out --append to make one"):
        extract(network, photos, tmp_path / "none", PLAN, append=True)
    (tmp_path / "thesis").mkdir()
    with pytest.raises(StudyError, match=r"thesis is not a study: it has no study.json"):
        extract(network, photos, tmp_path / "thesis", PLAN, append=True)
    with pytest.raises(InvalidInput, match=r"--append adds to a study, and --overwrite replaces it: leave out one"):
        extract(network, photos, study, PLAN, append=True, overwrite=True)
    np.save(tmp_path / "x.npy", np.eye(3, dtype=np.float32))
    import_files(tmp_path / "x.npy", tmp_path / "imported")
    with pytest.raises(StudyError, match=r"imported was imported, and has no network to go on with"):
        extract(network, photos, tmp_path / "imported", PLAN, append=True)
    file = study / "study.json"
    file.write_text(file.read_text("utf-8").replace('"format": 1', '"format": 99'), "utf-8")
    with pytest.raises(StudyError, match=r"has format 99, .*: upgrade TopoAct"):
        extract(network, photos, study, PLAN, append=True)


def test_restart_throws_away_appends_alone(network: Network, photos: Source, study: Path, tmp_path: Path) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if done >= 16:
            raise Cancelled

    with pytest.raises(Cancelled):
        extract(network, photos, study, replace(PLAN, seed=3), overwrite=True, on_progress=stop)
    with pytest.raises(StudyError, match=r"begun with another seed, appended.0.added"):
        extract(network, photos, study, Plan(("2",), batch_size=4), append=True)
    with pytest.raises(StudyError, match=r"s.partial holds an unfinished study that is no append: finish it with"):
        extract(network, photos, study, Plan(("2",), batch_size=4), append=True, restart=True)
    shutil.rmtree(tmp_path / "s.partial")
    with pytest.raises(Cancelled):
        extract(network, photos, study, Plan(("2",), ("mean",), batch_size=4), append=True, on_progress=stop)
    with pytest.raises(StudyError, match=r"begun with another appended.0.policies"):
        extract(network, photos, study, Plan(("2",), batch_size=4), append=True)
    extract(network, photos, study, Plan(("2",), batch_size=4), append=True, restart=True)


def test_a_damaged_study_is_not_built_upon(network: Network, study: Path, tmp_path: Path) -> None:
    chunk = study / "activations.zarr" / "0" / "c" / "1" / "0"
    data = bytearray(chunk.read_bytes())
    data[5] ^= 1
    chunk.write_bytes(data)
    with pytest.raises(StudyError, match=r"activations.zarr/0 cannot be used: its vectors are not those that were wr"):
        extract(network, more(tmp_path), study, Plan(batch_size=4), append=True)
    chunk.write_bytes(data[:40])
    with pytest.raises(StudyError, match=r"activations.zarr/0/c/1/0 cannot be used"):
        extract(network, more(tmp_path), study, Plan(batch_size=4), append=True)


def test_nothing_that_can_be_read(network: Network, study: Path, tmp_path: Path) -> None:
    broken = open_source(str(write_photos(tmp_path / "broken", 3, classes=("owl",), broken=(0, 1, 2))))
    before = contents(study)
    with pytest.raises(InvalidInput, match=r"no image could be read"):
        extract(network, broken, study, Plan(batch_size=4), append=True)
    assert contents(study) == before
    assert torch.is_grad_enabled()
