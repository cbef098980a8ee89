"""`import_torch` and `import_library`: optional libraries, with the command that installs a missing one."""

import importlib
import os
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from topoact.errors import ModelError
from topoact.networks.specs import explain


def import_torch() -> Any:
    """Return the torch module.

    Threads of OpenMP are set to sleep while they wait: spinning ones would take the cores that decode images, which
    makes a busy machine several times slower.

    Raises
    ------
    ModelError
        If it is missing, with the command that installs it.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # torch reads it once, at its first import
    try:
        import torch
    except ImportError:
        raise ModelError("PyTorch is needed to run a network: pip install 'topoact[torch]'") from None
    return torch


def import_library(module: str, *, what: str, pip: str | None = None) -> Any:
    """Return a module of an optional library.

    Parameters
    ----------
    module
        Dotted name of the module.
    what
        What needs it, for the error.
    pip
        Name of the package that has it; by default that of the library.

    Raises
    ------
    ModelError
        If it is missing, with the command that installs it, or if it does not import.
    """
    library = module.partition(".")[0]
    try:
        importlib.import_module(library)
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == library:
            raise ModelError(f"{library} is needed for {what}: pip install {pip or library}") from None
        raise ModelError(f"{library} does not import: {explain(error)}") from error
    except Exception as error:
        raise ModelError(
            f"{library} does not import beside this PyTorch, install a matching pair: {explain(error)}"
        ) from error


def versions(*libraries: str) -> dict[str, str]:
    """Return the versions of installed libraries, which a study records."""
    by_name = {}
    for library in libraries:
        try:
            by_name[library] = version(library)
        except PackageNotFoundError:  # a module without a package: nothing to record
            continue
    return by_name
