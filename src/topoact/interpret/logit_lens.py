"""`logit_lens`: the logit lens, the likeliest words of a language model with a vector of a layer as its last state.

The vector replaces the output of the last block; the last normalisation and the head turn it into scores of all tokens
(nostalgebraist 2020). A vector of an early layer is interpreted as one of the last, which need not be valid.
"""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput, ModelError
from topoact.mapper import Progress, no_progress
from topoact.networks import Network, hooks
from topoact.networks.huggingface import fetch
from topoact.networks.libraries import import_library
from topoact.networks.text_network import TextNetwork
from topoact.study.cache.attributions import OutputWord

if TYPE_CHECKING:
    from torch import nn

BATCH_VECTORS: Final = 64
"""Vectors in one forward pass."""
HEADS: Final = {
    "ForCausalLM": "AutoModelForCausalLM",
    "LMHeadModel": "AutoModelForCausalLM",
    "ForMaskedLM": "AutoModelForMaskedLM",
}
"""Classes of transformers that load a language head, by the end of the name of the architecture."""


def logit_lens(
    network: Network, layer: str, vectors: NDArray[np.float32], k: int = 8, *, progress: Progress = no_progress
) -> list[list[OutputWord]]:
    """Return for each vector of a layer the k tokens that the network's language head finds likeliest.

    Parameters
    ----------
    network
        A network that takes texts: with a language head, or named ``hf:``, from where the head is loaded.
    layer
        Dotted name of the module that gave the vectors. After the last block, its own output is replaced.
    vectors
        Shape (n, n_channels).
    k
        Number of tokens.
    progress
        Called before each batch; may raise `topoact.errors.Cancelled`.

    Returns
    -------
    list of list of OutputWord
        For each vector the tokens as text with their probabilities, the likeliest first.

    Raises
    ------
    InvalidInput
        If the network has no language head, or the vectors do not fit its states.
    ModelError
        If it cannot be loaded, or fails.
    """
    import torch

    if not isinstance(network, TextNetwork):
        raise InvalidInput(f"{network.name} reads no texts: it has no words to say")
    model, likeliest = _with_head(network), list[list[OutputWord]]()
    module = _replaced_module(model, layer)
    for start in range(0, len(vectors), BATCH_VECTORS):
        progress("reading off words", start, len(vectors))
        states = torch.from_numpy(vectors[start : start + BATCH_VECTORS])[:, None, :]
        best = _scores(model, module, states).softmax(-1).topk(k)
        for ids, shares in zip(best.indices.tolist(), best.values.tolist(), strict=True):
            words = [network.tokenizer.decode([number]).strip() for number in ids]
            likeliest.append([OutputWord(*pair) for pair in zip(words, shares, strict=True)])
    return likeliest


def _with_head(network: TextNetwork) -> "nn.Module":
    """Return the network with its language head, which is loaded if only the body is there."""
    head: Any = getattr(network.module, "get_output_embeddings", lambda: None)
    if head() is not None:
        return network.module
    kind, _, name = str(network.record.get("located") or network.record["spec"]).partition(":")
    if kind == "hf":
        transformers = import_library("transformers", what="this model")
        config = fetch(transformers, transformers.AutoConfig, name)
        pairs = ((architecture, end) for architecture in config.architectures or () for end in HEADS)
        if end := next((end for architecture, end in pairs if architecture.endswith(end)), None):
            model: nn.Module = fetch(transformers, getattr(transformers, HEADS[end]), name).eval()
            return model
    raise InvalidInput(f"{network.name} has no language head: it gives vectors, and no words could be read off them")


def _replaced_module(model: "nn.Module", layer: str) -> str:
    """Return the module whose output the vectors replace: the last block, or the layer itself if it comes later."""
    import torch

    lists = [
        (name, part) for name, part in model.named_modules() if isinstance(part, torch.nn.ModuleList) and len(part)
    ]
    if not lists:
        raise ModelError("the network has no list of blocks after whose last one its head could be read")
    blocks, inner = min(lists, key=lambda pair: (pair[0].count("."), -len(pair[1])))  # experts are further inside
    last = f"{blocks}.{len(inner) - 1}"
    prefix = getattr(model, "base_model_prefix", "")
    modules = {name for name, _ in model.named_modules()}
    known = next((name for name in (layer, f"{prefix}.{layer}") if name in modules), "")
    order = list[str]()
    with torch.no_grad(), hooks.hooked(model, [last, known] if known else [last], lambda name, _: order.append(name)):
        hooks.forward(model, _one_token(1))
    if last not in order:
        raise ModelError(f"the last block, {last}, is not called: its state cannot be replaced by a vector")
    return known if order[-1] == known and not blocks.startswith(f"{known}.") else last


def _one_token(n: int) -> dict[str, Any]:
    """Return the input of n texts of one token."""
    import torch

    ids = torch.zeros(n, 1, dtype=torch.long)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def _scores(model: "nn.Module", module: str, states: Any) -> Any:
    """Return the scores of all tokens, (n, n_tokens), from states (n, 1, C)."""
    import torch

    def put(_: str, output: Any) -> Any:
        first = output[0] if isinstance(output, tuple) else output
        if first.shape != states.shape:
            raise InvalidInput(
                f"the vectors have {states.shape[2]} channels, and the network's states {first.shape[2]}"
            )
        return (states.to(first), *output[1:]) if isinstance(output, tuple) else states.to(first)

    with torch.no_grad(), hooks.hooked(model, (module,), put):
        output = hooks.forward(model, _one_token(len(states)))
    return output.logits[:, 0].float()
