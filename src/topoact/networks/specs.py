"""`load_object`: objects named on the command line, ``file.py:name`` or ``package.module:name``. Their code is run."""

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
    """Return the object that a specification names.

    Parameters
    ----------
    spec
        ``file.py:name`` (imported by path under a private module name) or ``package.module:name``; the name may be
        dotted.
    kind
        Kind of the object in messages: "model", "transform" or "dataset".

    Raises
    ------
    ModelError
        If the file is missing or does not import; the message shows the line.
    UnknownName
        If the file has no such name; the message lists the nearest.
    """
    origin, _, name = spec.rpartition(":")
    if not origin or not name:
        others = ", torchvision:NAME, timm:NAME, hf:NAME-or-folder or onnx:FILE" if kind == "model" else ""
        raise ModelError(f"the {kind} {spec!r} is not of the form file.py:name or package.module:name{others}")
    loaded: Any = _import_file(Path(origin), kind) if origin.endswith(".py") else _import_module(origin, kind)
    for part in name.split("."):
        if not hasattr(loaded, part):
            near = nearest(part, _public_names(loaded)) or "another file"
            raise UnknownName(f"{origin} has no {part!r}: did you mean {near}?")
        loaded = getattr(loaded, part)
    return loaded


def call(factory: Any, *, spec: str, kind: str) -> Any:
    """Call a factory without arguments; raises `ModelError`, in one sentence, if it fails."""
    try:
        return factory()
    except TopoActError:
        raise
    except Exception as error:
        raise ModelError(f"the {kind} {spec!r} failed: {explain(error)}") from error


def nearest(name: str, known: Sequence[str]) -> str:
    """Return the names most like a wrong one, or the first, in one line."""
    return ", ".join(difflib.get_close_matches(name, known, n=3, cutoff=0.4) or list(known)[:5])


def located(spec: str) -> str:
    """Return a specification that does not depend on the current folder: files by their absolute path."""
    origin, _, name = spec.rpartition(":")
    return f"{Path(origin).resolve()}:{name}" if origin.endswith(".py") else spec


def code_digest(spec: str) -> str | None:
    """Return the digest of the file that a specification names, or None when it names a module."""
    path = Path(spec.rpartition(":")[0])
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.suffix == ".py" and path.is_file() else None


def explain(error: BaseException, file: Path | None = None) -> str:
    """Return the exception as one line that ends with the file and line where it was raised, in `file` if given."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if file and Path(frame.filename) == file]
    message = next(iter(str(error).strip().splitlines()), "")
    sentence = f"{type(error).__name__}: {message}" if message else type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({Path(error.filename or '?').name}, line {error.lineno})"
    frame = (inside or frames)[-1] if inside or frames else None
    return f"{sentence} ({Path(frame.filename).name}, line {frame.lineno})" if frame else sentence


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
    sys.path.insert(0, str(path.parent))  # as for a script, which can import files of its folder
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ModelError(f"the {kind} file {path} does not import: {explain(error, path)}") from error
    finally:
        sys.path.remove(str(path.parent))
        sys.path.append(str(path.parent))  # still found, after all else, when its callables run
    return module


def _import_module(name: str, kind: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise ModelError(f"the {kind} module {name} does not import: {explain(error)}") from error


def _public_names(loaded: Any) -> list[str]:
    return [name for name in vars(loaded) if not name.startswith("_")]
