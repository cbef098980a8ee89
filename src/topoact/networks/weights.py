"""Weights of a torch network: `load_weights` loads them strictly and from tensors only, `model_digest` hashes them."""

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
    """Return the file that ``--weights`` names, or None where it is the name of a library's weights."""
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
    own = {name: getattr(value, "shape", None) for name, value in model.state_dict().items()}
    reshaped = [name for name, shape in own.items() if name in state and getattr(state[name], "shape", None) != shape]
    faults = {"it has another shape for": reshaped}
    if not reshaped:
        try:
            keys = model.load_state_dict(state, strict=False)  # knows which keys older files may lack
        except (KeyError, RuntimeError) as error:  # of a quantised network, which has more than tensors
            raise ModelError(f"the weights in {path} do not fit the network: {explain(error)}") from error
        faults |= {"it lacks": keys.missing_keys, "it has the unknown": keys.unexpected_keys}
    if reason := "; ".join(f"{fault} {names[0]}{_more(names)}" for fault, names in faults.items() if names):
        raise ModelError(f"the weights in {path} do not fit the network: {reason}")


def model_digest(model: "nn.Module") -> str:
    """Return the digest of all weights and buffers of a network, 16 hexadecimal digits.

    Raises
    ------
    ModelError
        If some have no values, as those of lazy modules before the first pass.
    """
    state = hashlib.blake2b(digest_size=8)
    for name, value in model.state_dict().items():
        try:
            _add(state, name, value)
        except Exception as error:
            lack = f"the weights {name} of the network, a {type(value).__name__}, cannot be read"
            raise ModelError(f"{lack}: {explain(error)}") from error
    return state.hexdigest()


def _add(state: "hashlib.blake2b", name: str, value: Any) -> None:
    """Add an entry of a network's state to a digest: a tensor, or what quantised modules have in its place."""
    torch = import_torch()
    if isinstance(value, torch.Tensor):
        _add_tensor(state, name, value)
    elif isinstance(value, torch.ScriptObject):
        _add(state, name, value.__getstate__())
    elif isinstance(value, (tuple, list)):
        for number, part in enumerate(value):
            _add(state, f"{name}.{number}", part)
    else:
        plain = isinstance(value, (bool, int, float, str, torch.dtype, type(None)))
        state.update(f"{name} ".encode() + (repr(value).encode() if plain else pickle.dumps(value, protocol=5)))


def _add_tensor(state: "hashlib.blake2b", name: str, tensor: Any) -> None:
    torch = import_torch()
    state.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
    if hasattr(tensor, "__tensor_flatten__"):  # tensors made of several, such as those of torchao
        for part in tensor.__tensor_flatten__()[0]:
            _add(state, f"{name}.{part}", getattr(tensor, part))
        return
    tensor = tensor.detach().cpu()
    if tensor.is_quantized:
        _add(state, f"{name}.scheme", _scheme(tensor))
        tensor = tensor.int_repr()
    elif tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    state.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)


def _scheme(tensor: Any) -> tuple[Any, ...]:
    """Return how the integers of a quantised tensor stand for numbers."""
    scheme = str(tensor.qscheme())
    if "per_tensor" in scheme:
        return scheme, tensor.q_scale(), tensor.q_zero_point()
    return scheme, tensor.q_per_channel_scales(), tensor.q_per_channel_zero_points(), tensor.q_per_channel_axis()


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
