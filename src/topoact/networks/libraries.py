"""Libraries that are imported when they are needed, and named with their remedy when they are missing."""

import importlib
import os
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from topoact.errors import ModelError
from topoact.networks.specs import explain


def import_torch() -> Any:
    """Return the torch module, or say in one sentence how to install it.

    Threads of the network that wait then sleep, where OpenMP would let them spin: the cores they would take decode
    images, and a busy machine is several times faster.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # is read once, when torch is first imported
    try:
        import torch
    except ImportError:
        raise ModelError("PyTorch is needed to run a network: pip install 'topoact[torch]'") from None
    return torch


def import_library(module: str, *, what: str, pip: str | None = None) -> Any:
    """Return a module of an optional library.

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
    found = {}
    for library in libraries:
        try:
            found[library] = version(library)
        except PackageNotFoundError:  # a module without a package: nothing to record
            continue
    return found
