"""Code that a study names runs after a person on this machine agreed to it, and never before."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
from PIL import Image

from test_cli import run
from topoact.cli import printing
from topoact.errors import InvalidInput, UntrustedCode
from topoact.extract.append import completed
from topoact.extract.plan import Plan
from topoact.interpret.study_network import NetworkChoice, code_named_by, reload_network
from topoact.networks.trust import Code, code_of, codes_of, is_trusted, remember
from topoact.study import Study, open_study
from topoact.testing.networks import CODE, Pictures, write_network_study
from topoact.workbench import open_workbench
from topoact.workbench.locate.locate import input_name
from topoact.workbench.settings import MapSettings


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder in which nothing is remembered: that of another machine."""
    folder = tmp_path / "configuration"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder


@pytest.fixture
def study(network_path: Path, tmp_path: Path, configuration: Path) -> Study:
    """A study that came from another machine, with a file of code that says when it is run."""
    path = Path(shutil.copytree(network_path, tmp_path / "received"))
    code = tmp_path / "network.py"
    ran = tmp_path / "ran.txt"
    code.write_text(f"from pathlib import Path\nPath({str(ran)!r}).write_text('x')\nfrom helper import *\n")
    (tmp_path / "helper.py").write_text(CODE)
    name(path, f"{code}:network")
    return open_study(path)


def name(study: Path, spec: str, **preprocessing: object) -> None:
    record = json.loads((study / "study.json").read_text())
    record["config"]["model"].update(spec=spec, located=spec)
    if preprocessing:
        record["config"]["preprocessing"] = {**(record["config"]["preprocessing"] or {}), **preprocessing}
    (study / "study.json").write_text(json.dumps(record))


def has_run(study: Study) -> bool:
    return (study.path.parent / "ran.txt").exists()


@pytest.fixture
def photo(tmp_path: Path) -> str:
    Image.new("RGB", (16, 16), "red").save(tmp_path / "photo.png")
    return str(tmp_path / "photo.png")


def test_what_is_code() -> None:
    for spec in ("torchvision:resnet18", "timm:resnet18", "hf:some/model", "onnx:model.onnx", None, "gone.py:network"):
        assert codes_of(spec, None) == []
    assert codes_of(None, "hf:some/model") == codes_of(None, None) == []
    for transform in ("torchvision:disable_beta_transforms_warning", "timm:create_model", "onnx:load"):
        assert [code.spec for code in codes_of(None, transform)] == [transform]  # a module, in the place of a transform
    assert code_of(f"{__file__}:study").spec == f"{__file__}:study"
    assert not is_trusted(code_of("os:abort"))
    assert code_of("builtins:exit") == Code("builtins:exit", "")  # of unknown files, so that it is never remembered
    remember([Code("builtins:exit", "")])
    assert not is_trusted(Code("builtins:exit", ""))


def test_the_digest_covers_what_is_imported_from_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("import a\nfrom package.part import f\nload('b')\n")
    for file in ("a.py", "b.py", "c.py", "unused.py", "package/__init__.py", "package/part.py", "data/x.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("import c\n" if file == "a.py" else "'data'\n")
    spec = f"{tmp_path}/net.py:f"

    def is_seen(file: str) -> bool:
        before = code_of(spec)
        (tmp_path / file).write_text((tmp_path / file).read_text() + "\n# changed")
        return code_of(spec) != before

    for file in ("net.py", "a.py", "b.py", "c.py", "package/__init__.py", "package/part.py"):
        assert is_seen(file), file
    assert not is_seen("unused.py")
    assert not is_seen("data/x.py")


def test_extraction_is_consent(tmp_path: Path, configuration: Path) -> None:
    study = write_network_study(tmp_path / "own", 60)
    assert all(map(is_trusted, code_named_by(study, NetworkChoice())))
    assert reload_network(study).digest
    assert len(list(configuration.rglob("trusted-code.json"))) == 1
    assert not list(study.path.rglob("trusted-code.json"))


def test_where_it_cannot_be_remembered_nothing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    study = write_network_study(tmp_path / "own", 60)
    with pytest.raises(UntrustedCode):
        reload_network(study)


@pytest.mark.parametrize("content", ["", "{", "[1]", '[{"spec": 5}]', "[" * 10_000])
def test_a_damaged_memory_is_none(study: Study, configuration: Path, content: str) -> None:
    (configuration / "topoact").mkdir(parents=True)
    (configuration / "topoact" / "trusted-code.json").write_text(content)
    codes = code_named_by(study, NetworkChoice())
    assert not any(map(is_trusted, codes))
    remember(codes)
    assert all(map(is_trusted, codes))


def test_unknown_code_is_refused_and_not_run(study: Study) -> None:
    with pytest.raises(
        UntrustedCode, match=r"names code that nobody agreed to run on this machine: .*network.py:network"
    ):
        reload_network(study)
    with pytest.raises(UntrustedCode):
        open_workbench(study.path, NetworkChoice()).network  # noqa: B018
    assert not has_run(study)
    assert reload_network(study, NetworkChoice(trust=True)).digest
    assert has_run(study)


def test_who_names_the_code_agreed_to_it(study: Study, tmp_path: Path) -> None:
    assert reload_network(study, NetworkChoice(f"{tmp_path}/network.py:network")).digest


@pytest.mark.parametrize("file", ["network.py", "helper.py"])
def test_a_change_asks_anew(study: Study, tmp_path: Path, file: str) -> None:
    remember(code_named_by(study, NetworkChoice()))
    assert all(map(is_trusted, code_named_by(study, NetworkChoice())))
    (tmp_path / file).write_text((tmp_path / file).read_text() + "\n# changed")
    with pytest.raises(UntrustedCode):
        reload_network(study)


def test_another_callable_and_another_place_are_other_code(study: Study, tmp_path: Path) -> None:
    remember(code_named_by(study, NetworkChoice()))
    shutil.copy(tmp_path / "network.py", tmp_path / "elsewhere.py")
    for spec in (f"{tmp_path}/network.py:delete_all", f"{tmp_path}/elsewhere.py:network", "os:abort", "shutil:rmtree"):
        name(study.path, spec)
        with pytest.raises(UntrustedCode):
            reload_network(open_study(study.path))
    assert not has_run(study)


def test_a_transform_is_code_as_well(study: Study, tmp_path: Path) -> None:
    spec = f"{tmp_path}/network.py:prepare"
    name(study.path, "torchvision:resnet18", transform=spec, code="0" * 16)
    received = open_study(study.path)
    with pytest.raises(UntrustedCode, match="prepare"):
        reload_network(received)
    with pytest.raises(UntrustedCode, match="the study that is appended to names code"):
        completed(Plan(), received, Images())
    assert code_named_by(received, NetworkChoice()) == [code_of(spec)]
    assert not has_run(study)


class Images:
    gives_tensors = False
    record: ClassVar[dict[str, object]] = {}


def test_networks_of_libraries_need_no_trust(study: Study) -> None:
    for spec in ("torchvision:resnet18", "timm:resnet18", "hf:some/model", "onnx:model.onnx"):
        name(study.path, spec)
        assert code_named_by(open_study(study.path), NetworkChoice()) == []


def test_trust_is_no_part_of_what_is_stored(study: Study) -> None:
    names = [
        input_name(open_workbench(study.path, NetworkChoice(trust=trust)), b"x", MapSettings()) for trust in (0, 1)
    ]
    assert names[0] == names[1]


VERBS: dict[str, Callable[[str, str], tuple[str, ...]]] = {
    "locate": lambda study, photo: ("locate", study, photo, "--layer", "3@mean"),
    "invert": lambda study, _: ("invert", study, "--layer", "3@mean", "--top", "1", "--steps", "2", "--attempts", "1"),
    "attribute": lambda study, _: ("attribute", study, "--layer", "3@mean", "--top", "1"),
    "serve": lambda study, _: ("serve", study, "--model", "study"),
}


@pytest.mark.parametrize("verb", VERBS)
class TestCommands:
    @pytest.fixture(autouse=True)
    def _no_server(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("topoact.server.serve", lambda *_, **__: None)

    def test_without_a_terminal_it_is_refused(self, study: Study, verb: str, photo: str, capsys) -> None:
        for options in ((), ("--model", "study")):
            arguments = VERBS[verb](str(study.path), photo)
            code, _, errors = run(capsys, *arguments, *(options if verb != "serve" else ()))
            assert code == 1
            assert errors.startswith("error: the study received names code that nobody agreed to run on this machine")
            assert "--trust" in errors
            assert errors.count("\n") == 1
        assert not has_run(study)

    def test_trust_runs_it_and_is_remembered(self, study: Study, verb: str, photo: str, capsys) -> None:
        arguments = VERBS[verb](str(study.path), photo)
        assert run(capsys, *arguments, "--trust")[0] == 0
        assert has_run(study)
        assert run(capsys, *arguments)[0] == 0

    @pytest.mark.parametrize("answer", [True, False])
    def test_a_person_is_asked(self, study: Study, verb: str, photo: str, answer: bool, capsys, monkeypatch) -> None:
        questions = []
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
        monkeypatch.setattr(printing.typer, "confirm", lambda question, **_: questions.append(question) or answer)
        (known,) = code_named_by(study, NetworkChoice())
        code, _, errors = run(capsys, *VERBS[verb](str(study.path), photo))
        assert (code, has_run(study), is_trusted(known)) == (0 if answer else 1, answer, answer)
        assert len(questions) == 1
        assert f"{study.path.parent}/network.py:network (digest {known.digest})" in errors


def test_opening_and_mapping_run_nothing(study: Study) -> None:
    bench = open_workbench(study.path)
    bench.draw(bench.layers[0], bench.default_settings)
    with pytest.raises(InvalidInput, match="opened without its network"):
        bench.network  # noqa: B018
    assert not has_run(study)
    assert len(Pictures(3)) == 3
