"""Networks: built from a specification, given their weights, and told apart by them."""

import difflib
import hashlib
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topoact.errors import InvalidInput, ModelError, UnknownName
from topoact.extract.specs import call, code_digest, explain, load_object, located

if TYPE_CHECKING:
    from torch import nn


def load_model(spec: str, *, weights: Path | None = None, seed: int = 0) -> "nn.Module":
    """Build a network and put it in evaluation mode.

    Parameters
    ----------
    spec
        ``file.py:name`` or ``package.module:name`` of a module or of a callable that returns one, or
        ``torchvision:NAME`` for an architecture of torchvision with random weights.
    weights
        A ``.safetensors`` file or a ``.pt`` / ``.pth`` file of tensors, loaded strictly.
    seed
        Of the random weights.

    Raises
    ------
    ModelError
        If torch is missing, the specification cannot be loaded, it does not give a module, or the weights do not fit.
    """
    torch = import_torch()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _torchvision(spec) if spec.startswith("torchvision:") else _own(spec, torch)
    if weights is not None:
        load_weights(model, weights)
    return model.eval()


def model_record(spec: str, weights: Path | None) -> dict[str, Any]:
    """Return what a study records of a network so that it can be loaded again, from any folder."""
    where = {"spec": spec, "located": located(spec), "code": code_digest(spec)}
    return {**where, "weights": str(weights.resolve()) if weights else None}


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


def load_weights(model: "nn.Module", path: Path) -> None:
    """Load weights strictly, from tensors only: nothing in the file is run.

    Raises
    ------
    ModelError
        If the file is missing, is of another kind, or does not fit the network.
    """
    state = _read_weights(path)
    if isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    reshaped = [k for k, tensor in model.state_dict().items() if k in state and tensor.shape != state[k].shape]
    faults = {"it has another shape for": reshaped}
    if not reshaped:
        found = model.load_state_dict(state, strict=False)  # knows which keys older files may lack
        faults |= {"it lacks": found.missing_keys, "it has the unknown": found.unexpected_keys}
    if said := "; ".join(f"{fault} {names[0]}{_more(names)}" for fault, names in faults.items() if names):
        raise ModelError(f"the weights in {path} do not fit the network: {said}")


def model_digest(model: "nn.Module") -> str:
    """Return 16 hexadecimal digits that stand for all weights and buffers of a network."""
    state = hashlib.blake2b(digest_size=8)
    for name, tensor in model.state_dict().items():
        state.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        state.update(tensor.detach().cpu().contiguous().reshape(-1).view(import_torch().uint8).numpy().data)
    return state.hexdigest()


def _own(spec: str, torch: Any) -> "nn.Module":
    found = load_object(spec, kind="model")
    model = found if isinstance(found, torch.nn.Module) else call(found, spec=spec, kind="model")
    if not isinstance(model, torch.nn.Module):
        raise ModelError(f"the model {spec!r} gives a {type(model).__name__}, not a torch.nn.Module")
    return model


def _torchvision(spec: str) -> "nn.Module":
    name = spec.partition(":")[2]
    try:
        from torchvision import models
    except ImportError:
        raise ModelError("torchvision is needed for this model: pip install torchvision") from None
    except Exception as error:
        raise ModelError(
            f"torchvision does not import beside this PyTorch, install a matching pair: {explain(error)}"
        ) from error
    if name not in (known := models.list_models(module=models)):
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or known[:5]
        raise UnknownName(f"torchvision has no model {name!r}: did you mean {', '.join(near)}?")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # GoogLeNet announces another initialisation
        model: nn.Module = models.get_model(name, weights=None)
    return model


def _read_weights(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InvalidInput(f"the weights file {path} does not exist")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        state = import_torch().load(path, map_location="cpu", weights_only=True)
    except ImportError:
        raise ModelError("safetensors is needed to read these weights: pip install 'topoact[torch]'") from None
    except Exception as error:
        raise ModelError(f"the weights in {path} cannot be read as tensors: {explain(error)}") from error
    if not isinstance(state, dict):
        raise ModelError(f"the weights file {path} holds a {type(state).__name__}, not a dictionary of tensors")
    return state


def _more(names: list[str]) -> str:
    return f" and {len(names) - 1} more" if len(names) > 1 else ""
