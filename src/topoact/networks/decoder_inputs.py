"""`decoder_inputs`: what the decoder of an encoder-decoder is given while it reads a text.

The decoder gets the text that the encoder gets, shifted to the right by one behind its first token, as in training: its
state at a token is the one from which it predicts that token, after those before it and with the whole text in view.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from topoact.errors import ModelError
from topoact.networks.libraries import import_torch

if TYPE_CHECKING:
    import torch
    from torch import nn

DecoderInputs = Callable[["torch.Tensor"], "torch.Tensor"]


def decoder_inputs(module: "nn.Module", sample: "torch.Tensor") -> DecoderInputs | None:
    """Return what makes the decoder's token ids (B, T) of the encoder's; None where the module makes them itself.

    Parameters
    ----------
    module
        A network that takes token ids, with ``decoder_input_ids``.
    sample
        Token ids of one text, (1, T), with which it is tried: some, such as BART, feed the decoder by themselves.

    Raises
    ------
    ModelError
        If it does not say with which token the decoder starts.
    """
    if _feeds_itself(module, sample):
        return None
    config: Any = getattr(module, "config", None)
    starts = (getattr(config, name, None) for name in ("decoder_start_token_id", "bos_token_id", "pad_token_id"))
    start = next((number for number in starts if number is not None), None)
    if start is None:
        raise ModelError("the decoder's first token is not known: set decoder_start_token_id in the network's config")
    return partial(_shifted, start=start)


def _feeds_itself(module: "nn.Module", sample: "torch.Tensor") -> bool:
    try:
        with import_torch().no_grad():
            module(input_ids=sample)
    except Exception:  # noqa: BLE001  # each network refuses in its own way
        return False
    return True


def _shifted(ids: "torch.Tensor", *, start: int) -> "torch.Tensor":
    shifted = ids.roll(1, 1)
    shifted[:, 0] = start
    return shifted
