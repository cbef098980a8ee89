"""Weights of a torch network: read as tensors only, loaded strictly, told apart by a digest."""

import hashlib
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topoact.errors import InvalidInput, ModelError
from topoact.networks.libraries import import_torch
from topoact.networks.specs import explain

if TYPE_CHECKING:
    from torch import nn

SUFFIXES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")


def weights_file(weights: str | Path | None) -> Path | None:
    """Return the file that ``--weights`` means, or None where it is a name that a library knows."""
    if weights is None:
        return None
    path = Path(weights)
    is_name = isinstance(weights, str) and path.suffix not in SUFFIXES and not path.exists()
    return None if is_name else path


def load_weights(model: "nn.Module", path: Path) -> None:
    """Load weights strictly, from tensors only: nothing in the file is run.

    Raises
    ------
    ModelError
        If the file is missing, is of another kind, or does not fit the network.
    """
    state = _read(path)
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


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InvalidInput(f"the weights file {path} does not exist")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        state = import_torch().load(path, map_location="cpu", weights_only=True)
    except ImportError:
        raise ModelError("safetensors is needed to read these weights: pip install 'topoact[torch]'") from None
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"the weights in {path} cannot be read as tensors: they are a pickle of objects, which could run code, or"
            " no file of torch; save model.state_dict() with torch.save or safetensors"
        ) from error
    except Exception as error:
        raise ModelError(f"the weights in {path} cannot be read as tensors: {explain(error)}") from error
    if not isinstance(state, dict):
        raise ModelError(f"the weights file {path} holds a {type(state).__name__}, not a dictionary of tensors")
    return state


def _more(names: list[str]) -> str:
    return f" and {len(names) - 1} more" if len(names) > 1 else ""
