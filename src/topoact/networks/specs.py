"""Objects named on the command line, ``file.py:name`` or ``package.module:name``. Their code is run."""

import difflib
import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from topoact.errors import ModelError, TopoActError, UnknownName


def load_object(spec: str, *, kind: str) -> Any:
    """Import what a specification names.

    Parameters
    ----------
    spec
        ``file.py:name`` (imported by path under a private module name) or ``package.module:name``; the name may be
        dotted.
    kind
        What is being loaded, for messages: "model", "transform", "dataset".

    Raises
    ------
    ModelError
        If the file is missing or does not import; the message shows the line.
    UnknownName
        If the file has no such name; the message lists the nearest.
    """
    place, _, name = spec.rpartition(":")
    if not place or not name:
        others = ", torchvision:NAME, timm:NAME, hf:NAME-or-folder or onnx:FILE" if kind == "model" else ""
        raise ModelError(f"the {kind} {spec!r} is not of the form file.py:name or package.module:name{others}")
    found: Any = _import_file(Path(place), kind) if place.endswith(".py") else _import_module(place, kind)
    for part in name.split("."):
        if not hasattr(found, part):
            near = nearest(part, _public(found)) or "another file"
            raise UnknownName(f"{place} has no {part!r}: did you mean {near}?")
        found = getattr(found, part)
    return found


def call(made_by: Any, *, spec: str, kind: str) -> Any:
    """Call a factory without arguments; what it raises becomes one sentence."""
    try:
        return made_by()
    except TopoActError:
        raise
    except Exception as error:
        raise ModelError(f"the {kind} {spec!r} failed: {explain(error)}") from error


def nearest(name: str, known: Sequence[str]) -> str:
    """Return the names most like a wrong one, or the first, in one line."""
    return ", ".join(difflib.get_close_matches(name, known, n=3, cutoff=0.4) or list(known)[:5])


def located(spec: str) -> str:
    """Return a specification that means the same whatever the current folder: files by their whole path."""
    place, _, name = spec.rpartition(":")
    return f"{Path(place).resolve()}:{name}" if place.endswith(".py") else spec


def code_digest(spec: str) -> str | None:
    """Return the digest of the file that a specification names, or None when it names a module."""
    path = Path(spec.rpartition(":")[0])
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.suffix == ".py" and path.is_file() else None


def explain(error: BaseException, file: Path | None = None) -> str:
    """Return the exception as one line that ends with the place where it was raised, in `file` when that is given."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if file and Path(frame.filename) == file]
    message = next(iter(str(error).strip().splitlines()), "")
    said = f"{type(error).__name__}: {message}" if message else type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({Path(error.filename or '?').name}, line {error.lineno})"
    where = (inside or frames)[-1] if inside or frames else None
    return f"{said} ({Path(where.filename).name}, line {where.lineno})" if where else said


def _import_file(path: Path, kind: str) -> ModuleType:
    path = path.resolve()
    if not path.is_file():
        raise ModelError(f"the {kind} file {path} does not exist")
    name = f"_topoact_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ModelError(f"the {kind} file {path} cannot be imported")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))  # as for a script: it may import its neighbours
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ModelError(f"the {kind} file {path} does not import: {explain(error, path)}") from error
    finally:
        sys.path.remove(str(path.parent))
        sys.path.append(str(path.parent))  # and, last of all places, when its callables run
    return module


def _import_module(name: str, kind: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise ModelError(f"the {kind} module {name} does not import: {explain(error)}") from error


def _public(found: Any) -> list[str]:
    return [name for name in vars(found) if not name.startswith("_")]
