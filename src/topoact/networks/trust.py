"""Trust in code: `code_of` says what a specification would run, `is_trusted` and `remember` whether it may.

A study names the network that made it, and a network of the user's own is a file of code. Opening a study from somebody
else must not run it, so such code runs only after a person agreed to it on this machine: by extracting with it, by
answering a question, or with ``--trust``. What was agreed to is the place of the code together with the content of the
file and of the files beside it that it imports; any change of these asks anew. It is remembered in the user's
configuration folder, never in the study. Networks of libraries are no such code.
"""

import ast
import hashlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, PathFinder
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from topoact.errors import StudyError, UntrustedCode
from topoact.networks.loading import NETWORKS
from topoact.networks.preprocessing import PROCESSOR
from topoact.networks.specs import located
from topoact.study.checked import Text, checked, or_none, read_json
from topoact.study.files import write_json

FILE: Final = "trusted-code.json"
MAX_REMEMBERED: Final = 1_000
MAX_FILES: Final = 20_000
"""Files behind one specification; of more nothing is remembered."""


@dataclass(frozen=True, slots=True)
class Code:
    """Code that a specification would run."""

    spec: str
    """With the absolute path of the file."""
    digest: str
    """Of the file and the files that it imports from beside it; empty where they cannot be told."""

    def __str__(self) -> str:
        return f"{self.spec} ({f'digest {self.digest}' if self.digest else 'its file was not found'})"


class _Remembered(BaseModel):
    spec: Text
    digest: Text


def code_of(spec: str) -> Code | None:
    """Return the code behind ``file.py:name`` or ``package.module:name``; None where there is no such file."""
    place = located(spec)
    origin = place.rpartition(":")[0]
    try:
        files = _files(origin)
        return Code(place, _digest(files)) if files or not origin.endswith(".py") else None
    except OSError:
        return Code(place, "")


def codes_of(network: str | None, transform: str | None) -> list[Code]:
    """Return the code that the specifications of a network and of a transform would run.

    Networks of a library or of a registered kind are none, nor are image processors of transformers.
    """
    specs = []
    if network is not None and network.partition(":")[0] not in NETWORKS:
        specs.append(network)
    if transform is not None and not transform.startswith(PROCESSOR):
        specs.append(transform)
    return [code for spec in specs if (code := code_of(spec))]


def is_trusted(code: Code) -> bool:
    """Return whether this code may run: a person agreed to it, on this machine, as it is now."""
    return bool(code.digest) and asdict(code) in _remembered()


def remember(codes: Iterable[Code]) -> None:
    """Remember that code may run. Where that cannot be written nothing fails, and a person is asked next time."""
    new = [asdict(code) for code in codes if code.digest]
    known = _remembered()
    if not (added := [code for code in new if code not in known]):
        return
    with suppress(OSError, StudyError):
        write_json(_store(), [*known, *added][-MAX_REMEMBERED:])


def refuse(codes: Iterable[Code], whose: str) -> None:
    """Raise an `UntrustedCode` for code that may not run, if there is any; `whose` names where it comes from."""
    if listed := [str(code) for code in codes if not is_trusted(code)]:
        raise UntrustedCode(
            f"{whose} names code that nobody agreed to run on this machine: {', '.join(listed)}. Read it, and give"
            " --trust if it may run (in Python, trust=True of NetworkChoice)"
        )


def _store() -> Path:
    from platformdirs import user_config_path

    return user_config_path("topoact") / FILE


def _remembered() -> list[dict[str, str]]:
    return or_none(lambda: [dict(one) for one in checked(list[_Remembered], read_json(_store()))]) or []


def _files(origin: str) -> list[Path]:
    """Return the files of code behind the first part of a specification, a file or a module."""
    if origin.endswith(".py"):
        return _with_neighbours(Path(origin))
    name = origin.partition(".")[0]
    found = None if name in sys.stdlib_module_names else PathFinder.find_spec(name)  # without importing it
    if found is None or found.origin is None:
        return []
    file = Path(found.origin)
    if found.submodule_search_locations is not None:
        return _of_package(file.parent)
    is_installed = file.parent in {Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")}
    return [file] if is_installed else _with_neighbours(file)


def _with_neighbours(file: Path) -> list[Path]:
    """Return a file and the modules and packages beside it that it names in an import or a text, and so on."""
    if not file.is_file():
        return []
    found, waiting = dict[Path, None](), [file]
    while waiting and len(found) <= MAX_FILES:
        current = waiting.pop()
        if current in found:
            continue
        found[current] = None
        for name, is_imported in _names(current).items():
            waiting += _beside(current.parent, name, is_imported=is_imported)
    return list(found)


def _beside(folder: Path, name: str, *, is_imported: bool) -> Iterator[Path]:
    """Yield the files of a module or package; a folder that only a text names, which may hold data, needs a marker."""
    for suffix in (*SOURCE_SUFFIXES, *EXTENSION_SUFFIXES):
        if (file := folder / f"{name}{suffix}").is_file():
            yield file
    package = folder / name
    if package.is_dir() and (is_imported or (package / "__init__.py").exists()):
        yield from _of_package(package)


def _of_package(folder: Path) -> list[Path]:
    suffixes = (*SOURCE_SUFFIXES, *EXTENSION_SUFFIXES)
    return sorted(path for path in folder.rglob("*") if path.name.endswith(suffixes) and path.is_file())


def _names(file: Path) -> dict[str, bool]:
    """Return the names that a file imports, and those that it mentions in a text, which a function may import."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    imported, mentioned = set[str](), set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                imported |= {alias.name for alias in aliases}
            case ast.ImportFrom(module=module, names=aliases):
                imported |= {module or "", *(alias.name for alias in aliases)}
            case ast.Constant(value=str(text)):
                mentioned.add(text)
    names = {name.partition(".")[0]: False for name in mentioned} | {n.partition(".")[0]: True for n in imported}
    return {name: is_imported for name, is_imported in names.items() if name.isidentifier()}


def _digest(files: list[Path]) -> str:
    if not 0 < len(files) <= MAX_FILES:
        return ""
    state = hashlib.sha256()
    for file in sorted(files):
        content = file.read_bytes()
        state.update(f"{file} {len(content)} ".encode() + content)
    return state.hexdigest()[:16]
