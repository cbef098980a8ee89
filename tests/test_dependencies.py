"""Every package that the code imports is declared, and the bounds of those that are declared hold."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "topoact"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ALWAYS: list[str] = PROJECT["dependencies"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
OPTIONAL = [requirement for extra in EXTRAS.values() for requirement in extra]
DISTRIBUTIONS = {
    "umap": "umap-learn",
    "sklearn": "scikit-learn",
    "PIL": "pillow",
    "graspologic_native": "graspologic-native",
}
"""Packages by the names of their modules, where these differ."""
FOR_TESTS = ("testing", "dev")
"""The room whose modules may import what only development needs, and the extra that has it."""


def named(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(requirement).name) for requirement in requirements}


def imported(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """Yield the modules that are imported, and whether that happens inside a function or for types alone."""
    outside = {id(node) for node in ast.iter_child_nodes(tree)}
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_library":
            names = [node.args[0].value]
        yield from ((name.partition(".")[0], id(node) not in outside) for name in names)


def third_party() -> Iterator[tuple[str, str, bool]]:
    for file in sorted(SOURCES.rglob("*.py")):
        for module, is_lazy in imported(ast.parse(file.read_text("utf-8"))):
            if module not in sys.stdlib_module_names and module != "topoact":
                yield str(file.relative_to(SOURCES)), canonicalize_name(DISTRIBUTIONS.get(module, module)), is_lazy


def test_imports_are_declared() -> None:
    always, optional = named(ALWAYS), named(OPTIONAL)
    undeclared = {
        (file, package)
        for file, package, is_lazy in third_party()
        if package not in always and not (package in optional and (is_lazy or file.startswith(FOR_TESTS[0])))
    }
    assert not undeclared


def test_what_is_imported_for_a_feature_is_in_an_extra_of_users() -> None:
    declared = named(ALWAYS).union(*(named(extra) for name, extra in EXTRAS.items() if name != FOR_TESTS[1]))
    assert {p for file, p, _ in third_party() if p not in declared and not file.startswith(FOR_TESTS[0])} == set()


def test_what_is_declared_is_imported() -> None:
    assert named(ALWAYS) - {package for _, package, _ in third_party()} == set()


def test_bounds_allow_the_versions_of_the_tests() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {canonicalize_name(name): number for name, _, number in (line.partition("==") for line in lines) if number}
    declared = [Requirement(line) for line in [*ALWAYS, *OPTIONAL]]
    outside = [str(r) for r in declared if r.name != "topoact" and pinned[canonicalize_name(r.name)] not in r.specifier]
    assert not outside
