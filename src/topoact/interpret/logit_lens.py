"""The words that a language model would say with a vector of one of its layers as its last state: the logit lens.

The vector takes the place of what the last block gives, and what comes after it, the last normalisation and the head,
makes scores of all tokens of it (nostalgebraist 2020). A vector of an early layer is read as if it were a late one,
which it need not be.
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

BATCH: Final = 64
HEADS: Final = {
    "ForCausalLM": "AutoModelForCausalLM",
    "LMHeadModel": "AutoModelForCausalLM",
    "ForMaskedLM": "AutoModelForMaskedLM",
}
"""Ends of the names of architectures with a language head, and what loads them."""


def logit_lens(
    network: Network, layer: str, vectors: NDArray[np.float32], k: int = 8, *, progress: Progress = no_progress
) -> list[list[OutputWord]]:
    """Return for each vector of a layer the k tokens that the network's language head finds likeliest.

    Parameters
    ----------
    network
        A network that reads texts: one that has a language head, or whose name ``hf:`` leads to one.
    layer
        Dotted name of the module that gave the vectors. If it comes after the last block, they take its place.
    vectors
        Shape (n, n_channels).
    k
        How many tokens.
    progress
        Told of each batch; may raise `topoact.errors.Cancelled`.

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
    model, found = _with_head(network), list[list[OutputWord]]()
    place = _place(model, layer)
    for start in range(0, len(vectors), BATCH):
        progress("reading off words", start, len(vectors))
        states = torch.from_numpy(vectors[start : start + BATCH])[:, None, :]
        best = _scores(model, place, states).softmax(-1).topk(k)
        for ids, shares in zip(best.indices.tolist(), best.values.tolist(), strict=True):
            words = [network.tokenizer.decode([number]).strip() for number in ids]
            found.append([OutputWord(*pair) for pair in zip(words, shares, strict=True)])
    return found


def _with_head(network: TextNetwork) -> "nn.Module":
    """Return the network with its language head, loaded anew where only its body is at hand."""
    head: Any = getattr(network.module, "get_output_embeddings", lambda: None)
    if head() is not None:
        return network.module
    kind, _, name = str(network.record.get("located") or network.record["spec"]).partition(":")
    if kind == "hf":
        transformers = import_library("transformers", what="this model")
        config = fetch(transformers, transformers.AutoConfig, name)
        for architecture in config.architectures or ():
            for end, loader in HEADS.items():
                if architecture.endswith(end):
                    model: nn.Module = fetch(transformers, getattr(transformers, loader), name).eval()
                    return model
    raise InvalidInput(f"{network.name} has no language head: it gives vectors, and no words could be read off them")


def _place(model: "nn.Module", layer: str) -> str:
    """Return the module whose output the vectors replace: the last block, or the layer itself if it comes later."""
    import torch

    lists = [
        (name, part) for name, part in model.named_modules() if isinstance(part, torch.nn.ModuleList) and len(part)
    ]
    if not lists:
        raise ModelError("the network has no list of blocks after whose last one its head could be read")
    blocks, longest = max(lists, key=lambda found: len(found[1]))
    names = [name for name, _ in model.named_modules()]
    prefix = getattr(model, "base_model_prefix", "")
    known = next((name for name in (layer, f"{prefix}.{layer}") if name in names), "")
    is_later = known and not known.startswith(f"{blocks}.") and names.index(known) > names.index(blocks)
    return known if is_later else f"{blocks}.{len(longest) - 1}"


def _scores(model: "nn.Module", place: str, states: Any) -> Any:
    """Return the scores of all tokens, (n, n_tokens), given states (n, 1, C)."""
    import torch

    def put(_: str, output: Any) -> Any:
        first = output[0] if isinstance(output, tuple) else output
        if first.shape != states.shape:
            raise InvalidInput(
                f"the vectors have {states.shape[2]} channels, and the network's states {first.shape[2]}"
            )
        return (states.to(first), *output[1:]) if isinstance(output, tuple) else states.to(first)

    ids = torch.zeros(len(states), 1, dtype=torch.long)
    with torch.no_grad(), hooks.hooked(model, (place,), put):
        output = hooks.forward(model, {"input_ids": ids, "attention_mask": torch.ones_like(ids)})
    return output.logits[:, 0].float()
