"""The pages of docs/api list the public names: each exists, stands there once, and has a complete docstring."""

import ast
import doctest
import inspect
from collections import Counter
from dataclasses import is_dataclass
from functools import cached_property
from itertools import chain
from types import FunctionType
from typing import Any, Final

import pytest
from numpydoc.validate import validate
from public_names import CODE, DATA, LISTED, NAMES, OPTIONS, found

import topoact
import topoact.errors

CHECKS: Final = {
    "GL03": "no double blank lines",
    "GL05": "no tabs",
    "GL06": "known sections only",
    "GL07": "sections in numpydoc's order",
    "GL08": "there is a docstring",
    "GL10": "directives end with two colons",
    "SS01": "there is a summary",
    "SS02": "it starts with a capital letter",
    "SS03": "it ends with a period",
    "SS04": "it is not indented",
    "SS06": "it fits in a line",
    "PR01": "every parameter is documented",
    "PR02": "no parameter is documented that does not exist",
    "PR03": "parameters stand in the order of the signature",
    "PR07": "every parameter is described",
    "PR09": "the description ends with a period",
    "PR10": "a space stands before the colon of a type",
    "RT01": "what is returned is documented",
    "RT03": "it is described",
    "RT05": "its description ends with a period",
}
"""numpydoc's checks that hold for every public name and its members. PR04, a type for each parameter, is left out: the
types are those of the signature, which mypy checks and the site shows."""
METHODS: Final = (FunctionType, classmethod, staticmethod, property, cached_property)


def members(name: str) -> list[str]:
    """Return the dotted names of the methods and properties of a public class that its page shows."""
    thing, options = found(name), OPTIONS[name]
    if not inspect.isclass(thing) or " :members:" not in options:
        return []
    own = {key: value for key, value in vars(thing).items() if key[0] != "_" and isinstance(value, METHODS)}
    shown, hidden = (_listed(options, kind) for kind in (":members:", ":exclude-members:"))
    assert hidden <= own.keys(), f"{name} has no {hidden - own.keys()} to leave out"
    return [f"{name}.{key}" for key in own if key in (shown or own.keys() - hidden)]


def _listed(options: str, kind: str) -> set[str]:
    lines = (line.removeprefix(f"   {kind} ").split(", ") for line in options.splitlines() if f" {kind} " in line)
    return set(chain(*lines))


def has_documented_fields(thing: Any) -> bool:
    """Tell whether a class has its parameters as fields, each with a docstring of its own below it."""
    if getattr(thing, "_is_protocol", False):
        return True  # nobody calls it
    if not (is_dataclass(thing) or hasattr(thing, "_fields")):
        return False
    (tree,) = ast.parse(inspect.getsource(thing)).body
    assert isinstance(tree, ast.ClassDef)
    pairs = zip(tree.body, [*tree.body[1:], None], strict=True)
    return all(_is_text(below) for one, below in pairs if isinstance(one, ast.AnnAssign))


def _is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def test_every_exported_name_is_on_a_page() -> None:
    exported = [f"topoact.{name}" for name in topoact.__all__ if name != "__version__"]
    errors = [f"topoact.errors.{name}" for name, thing in vars(topoact.errors).items() if inspect.isclass(thing)]
    assert set(exported) | set(errors) <= set(NAMES)


def test_every_name_stands_on_one_page() -> None:
    assert [name for name, times in Counter(name for name, _ in LISTED).items() if times > 1] == []


@pytest.mark.parametrize("name", DATA)
def test_data_exist(name: str) -> None:
    assert found(name) is not None


@pytest.mark.parametrize("name", CODE)
def test_docstrings_are_complete(name: str) -> None:
    wrong = []
    for one in (name, *members(name)):
        wanted = CHECKS.keys() - ({"PR01"} if has_documented_fields(found(one)) else set())
        wrong += [f"{one}: {code} {text}" for code, text in validate(one)["errors"] if code in wanted]
    assert wrong == []


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("name", CODE)
def test_examples_run(name: str) -> None:
    thing = found(name)
    parsed = doctest.DocTestParser().get_doctest(inspect.getdoc(thing) or "", {}, name, None, None)
    assert parsed.examples, f"{name} has no example"
    outcome: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(parsed, out=outcome.append)
    assert outcome == [], "".join(outcome)
