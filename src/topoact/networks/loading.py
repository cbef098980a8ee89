"""`load_network`: a network by its specification; `NETWORKS`: the registry of prefixes; `as_network` of a module."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from topoact.errors import ModelError
from topoact.networks.libraries import import_torch
from topoact.networks.specs import call, code_digest, load_object, located
from topoact.networks.text_network import TextNetwork
from topoact.networks.torch_network import TorchNetwork
from topoact.networks.weights import load_weights, weights_file
from topoact.networks.zoos.transformers_texts import own_class_names
from topoact.registry import Registry

if TYPE_CHECKING:
    from torch import nn

    from topoact.networks.protocol import Network


def load_network(spec: str, *, weights: str | Path | None = None, seed: int = 0) -> "Network":
    """Load a network and set it to evaluation mode.

    Parameters
    ----------
    spec
        ``file.py:name`` or ``package.module:name`` of a module or of a callable that returns one, for texts with the
        attribute `tokenizer` or as (module, tokenizer); ``torchvision:NAME`` or ``timm:NAME`` of an architecture;
        ``hf:NAME`` or ``hf:FOLDER`` of a pretrained model for transformers; ``onnx:FILE``; ``PREFIX:NAME`` of a kind
        that another package adds to `NETWORKS`.
    weights
        A ``.safetensors`` file or a ``.pt`` / ``.pth`` file of tensors, loaded strictly, or for torchvision and timm
        the name of pretrained weights, ``DEFAULT`` for the best. Without it their weights are random.
    seed
        Seed of random weights.

    Returns
    -------
    Network
        The network, in evaluation mode.

    Raises
    ------
    ModelError
        If a library is missing, the specification cannot be loaded, it does not give a module, or the weights do not
        fit.
    InvalidInput
        If the weights do not exist, or the network has its own.
    UnknownName
        If the library has no network or weights of that name; the message lists the nearest.

    Examples
    --------
    >>> from topoact.extract import load_network
    >>> load_network("my_models.py:resnet20", seed=1).layer_names()[:3]
    ['bn1', 'layer1', 'layer1.0']
    """
    prefix, _, name = spec.partition(":")
    if prefix in NETWORKS:
        return NETWORKS[prefix].load(name, weights, seed)
    return _load_user_code(spec, weights, seed)


class NetworkKind(NamedTuple):
    """Networks that are called ``prefix:name``.

    Examples
    --------
    >>> from topoact.networks import load_network
    >>> from topoact.networks.loading import NetworkKind
    >>> kind = NetworkKind(lambda name, weights, seed: load_network(f"my_models.py:{name}", weights=weights, seed=seed))
    >>> kind.load("resnet20", None, 0).layer_names()[0]
    'bn1'
    """

    load: "Callable[[str, str | Path | None, int], Network]"
    """Called with the name after the prefix, the weights that the user named, and the seed of random weights.

    The `record` of the network must be enough to load it again with `load_network`.
    """


def _load_torchvision(name: str, weights: str | Path | None, seed: int) -> "Network":
    from topoact.networks.zoos import torchvision_models

    with _seeded(seed):
        return torchvision_models.load(name, weights)


def _load_timm(name: str, weights: str | Path | None, seed: int) -> "Network":
    from topoact.networks.zoos import timm_models

    with _seeded(seed):
        return timm_models.load(name, weights)


def _load_transformers(name: str, weights: str | Path | None, _seed: int) -> "Network":
    from topoact.networks.zoos import transformers_models

    return transformers_models.load(name, weights)


def _load_onnx(name: str, weights: str | Path | None, _seed: int) -> "Network":
    from topoact.networks import onnx_network

    return onnx_network.load(name, weights)


NETWORKS: Final = Registry(
    "topoact.networks",
    NetworkKind,
    {
        "torchvision": NetworkKind(_load_torchvision),
        "timm": NetworkKind(_load_timm),
        "hf": NetworkKind(_load_transformers),
        "onnx": NetworkKind(_load_onnx),
    },
)
"""Kinds of networks by prefix; other packages add theirs with entry points of the group ``topoact.networks``."""


def load_model(spec: str, *, weights: str | Path | None = None, seed: int = 0) -> "nn.Module":
    """Return the torch module of a network; see `load_network`.

    Raises
    ------
    ModelError
        As `load_network`, and if the network does not run on torch.
    """
    network = load_network(spec, weights=weights, seed=seed)
    if not isinstance(network, TorchNetwork):
        raise ModelError(f"{spec} does not run on torch: use load_network")
    return network.module


def as_network(model: "Network | nn.Module") -> "Network":
    """Return a network unchanged, and a torch module as a network, of texts if the module has a `tokenizer`."""
    return _wrapped(cast("nn.Module", model), None) if hasattr(model, "state_dict") else model


def _wrapped(module: "nn.Module", record: dict[str, Any] | None, tokenizer: Any = None) -> TorchNetwork:
    tokenizer = tokenizer or getattr(module, "tokenizer", None)
    if tokenizer is None:
        return TorchNetwork(module, record)
    names = own_class_names(getattr(module, "config", None))
    return TextNetwork(module, tokenizer, record, class_names=names)


def _load_user_code(spec: str, weights: str | Path | None, seed: int) -> TorchNetwork:
    torch = import_torch()
    with _seeded(seed):
        loaded = load_object(spec, kind="model")
    with _seeded(seed):  # once more: whether the file was imported before must not matter
        model: Any = loaded if isinstance(loaded, torch.nn.Module) else call(loaded, spec=spec, kind="model")
    model, tokenizer = model if isinstance(model, tuple) and len(model) == 2 else (model, None)
    if not isinstance(model, torch.nn.Module):
        raise ModelError(f"the model {spec!r} gives a {type(model).__name__}, not a torch.nn.Module")
    file = weights_file(weights) or (Path(weights) if weights else None)
    if file:
        load_weights(model, file)
    path = str(file.resolve()) if file else None
    record = {"spec": spec, "located": located(spec), "code": code_digest(spec), "weights": path}
    return _wrapped(model, record, tokenizer)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Draw random weights from a seed; the state of the user's generator is unchanged."""
    torch = import_torch()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
