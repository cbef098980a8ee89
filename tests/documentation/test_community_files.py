"""The files that contributors and code hosts read are sound, and say the same as the package."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

import topoact

ROOT: Final = Path(__file__).parents[2]
WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS: Final = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text("utf-8"))


def runs(workflow: Any) -> list[str]:
    """Return what the steps of all jobs run."""
    return [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_workflows_run_targets_of_the_makefile(file: Path) -> None:
    commands = runs(read(file))
    assert any(command.startswith("make test") for command in commands)
    assert [command for command in commands if command.startswith("make") and command.split()[1] not in targets()] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_workflows_have_no_more_rights_than_they_need(file: Path) -> None:
    assert read(file)["permissions"] == {"contents": "read"}
    assert "secrets." not in file.read_text("utf-8")


def test_tests_run_on_three_systems_and_every_python_that_the_package_names() -> None:
    matrix = read(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]["tests"]["strategy"]["matrix"]
    named = [found[1] for one in PROJECT["classifiers"] if (found := re.fullmatch(r".*Python :: (3\.\d+)", one))]
    assert matrix["python"] == named
    assert [system.partition("-")[0] for system in matrix["os"]] == ["ubuntu", "macos", "windows"]


def test_a_release_is_published_by_trusted_publishing_of_what_was_tested() -> None:
    jobs = read(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert (jobs["publish"]["needs"], jobs["build"]["needs"]) == ("build", "tests")


@pytest.mark.parametrize("file", [file for file in FORMS if file.name != "config.yml"], ids=lambda file: file.name)
def test_issue_forms_have_fields(file: Path) -> None:
    form = read(file)
    assert {"name", "description", "body"} <= form.keys()
    assert all({"type", "id", "attributes"} <= field.keys() for field in form["body"])


def test_hooks_of_pre_commit_are_local_and_valid() -> None:
    file = ROOT / ".pre-commit-config.yaml"
    check = [sys.executable, "-m", "pre_commit", "validate-config", str(file)]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0
    assert [repository["repo"] for repository in read(file)["repos"]] == ["local"]


def test_the_citation_is_that_of_this_version_and_of_the_paper() -> None:
    citation = read(ROOT / "CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert (citation["version"], citation["license"]) == (topoact.__version__, PROJECT["license"])
    paper = citation["preferred-citation"]
    assert [author["family-names"] for author in paper["authors"]] == ["Rathore", "Chalapathi", "Palande", "Wang"]
    assert paper["title"] in (ROOT / "README.md").read_text("utf-8").replace("*", "").replace("\n", " ")
