"""`TextNetwork`: a torch module that takes tokens, with its tokenizer."""

import inspect
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from topoact.errors import ModelError
from topoact.networks import hooks
from topoact.networks.decoder_inputs import DecoderInputs, decoder_inputs
from topoact.networks.libraries import import_torch
from topoact.networks.protocol import Modality
from topoact.networks.sites import tensor_parts
from topoact.networks.specs import explain
from topoact.networks.torch_network import TorchNetwork

if TYPE_CHECKING:
    import torch
    from torch import nn

SAMPLE = "A few words to see what a network gives."
HIDDEN_STATES = ("hidden_states", "encoder_hidden_states", "decoder_hidden_states")
"""Where models of transformers put their hidden states, those of an encoder and a decoder apart."""
NO_TOKEN = -1
"""Padding token of a classifier without one: it takes the last token for the last of a text, which it then is."""


class TextNetwork(TorchNetwork):
    """A network that takes texts, through its tokenizer.

    Parameters
    ----------
    module
        The network; its `forward` takes `input_ids` and, to ignore padding, `attention_mask`, or token ids alone.
    tokenizer
        A fast tokenizer of transformers.
    record, class_names, libraries
        As for `TorchNetwork`.
    limit
        Number of tokens that the network takes, if its tokenizer does not state it.

    Attributes
    ----------
    is_masked : bool
        Whether the network takes a mask of padding.
    """

    modality: Modality = "text"

    def __init__(
        self,
        module: "nn.Module",
        tokenizer: Any,
        record: Mapping[str, Any] | None = None,
        *,
        class_names: tuple[str, ...] | None = None,
        libraries: tuple[str, ...] = (),
        limit: int | None = None,
    ) -> None:
        super().__init__(module, record, class_names=class_names, libraries=libraries)
        self.tokenizer, self.limit = tokenizer, limit
        names = _parameters(module)
        self._is_named, self.is_masked = "input_ids" in names, "attention_mask" in names
        self._feeds_decoder = "decoder_input_ids" in names
        config = self._config
        if "ForSequenceClassification" in type(module).__name__ and getattr(config, "pad_token_id", 0) is None:
            config.pad_token_id = NO_TOKEN

    def arguments(self, ids: Any, mask: Any) -> Any:
        """Return the input for token ids and their mask, both (B, T): as `forward` names them, or the ids alone."""
        if not self._is_named and not self.is_masked:
            return ids
        given = {"input_ids": ids} | ({"attention_mask": mask} if self.is_masked else {})
        if make := self._decoder_inputs:
            given["decoder_input_ids"] = make(import_torch().as_tensor(ids))
        return given

    @cached_property
    def _decoder_inputs(self) -> DecoderInputs | None:
        return decoder_inputs(self.module, self._on_device(self._sample_ids())) if self._feeds_decoder else None

    @property
    def pad(self) -> int:
        """The token that fills up the shorter texts of a batch, by which some classifiers find the last of a text."""
        own = getattr(self._config, "pad_token_id", None)
        return own if isinstance(own, int) and own >= 0 else self.tokenizer.pad_token_id or 0

    @property
    def is_half(self) -> bool:
        """Whether anything is computed in half precision."""
        dtypes = {str(parameter.dtype) for parameter in self.module.parameters()}
        return self._dtype != "float32" or bool(dtypes & {"torch.float16", "torch.bfloat16"})

    @property
    def _config(self) -> Any:
        """The config of the part that reads texts, of a model of transformers; None of another."""
        return getattr(getattr(self.module, "config", None), "get_text_config", lambda: None)()

    def sample_input(self, shape: tuple[int, ...] | None = None) -> Any:  # noqa: ARG002  # texts have no shape
        ids = self._sample_ids()
        return self.arguments(ids, import_torch().ones_like(ids))

    def _sample_ids(self) -> "torch.Tensor":
        return import_torch().tensor([self.tokenizer(SAMPLE)["input_ids"]])

    def recommended_layers(self) -> tuple[str, ...]:
        return self._hidden_states() or super().recommended_layers()

    def default_layers(self, inputs: Any) -> tuple[str, ...]:
        """Return the layers to take when there are no recommended ones: those with a vector for each token, if any."""
        names = super().default_layers(inputs)
        _, shapes = self.tap(inputs, dict.fromkeys(names, lambda output: tuple(output.shape)))
        n_texts_and_tokens = tuple(next(iter(inputs.values()) if isinstance(inputs, Mapping) else iter([inputs])).shape)
        return tuple(name for name in names if shapes[name][:-1] == n_texts_and_tokens) or names

    def _hidden_states(self) -> tuple[str, ...]:
        """Return the modules that give the network's hidden states, each in one call; none if it has none."""
        if not hasattr(self.module, "config"):
            return ()
        outputs = list[tuple[str, Any]]()
        inputs = self._on_device(self.sample_input())
        names = [name for name, _ in self.module.named_modules() if name]
        try:
            with import_torch().no_grad(), hooks.hooked(self.module, names, lambda *call: outputs.append(call)):
                answer = self.module(**inputs, output_hidden_states=True)
        except (TypeError, AttributeError):  # a module with a config of its own kind
            return ()
        except Exception as error:
            raise ModelError(f"the network fails on a sample sentence: {explain(error)}") from error
        called, shape, givers = Counter(name for name, _ in outputs), inputs["input_ids"].shape, dict[int, list[str]]()
        for name, output in outputs:
            for part, tensor in tensor_parts(output):
                if called[name] == 1 and "." not in part and tensor.shape[:-1] == shape:
                    givers.setdefault(tensor.data_ptr(), []).append(f"{name}{part}")
        states = (state for name in HIDDEN_STATES for state in getattr(answer, name, None) or ())
        found = [min(givers.get(state.data_ptr(), [""]), key=_depth) for state in states if hasattr(state, "data_ptr")]
        return tuple(dict.fromkeys(filter(None, found)))


def _depth(name: str) -> tuple[bool, int]:
    """Return how deep a layer is; parts of outputs come after whole ones."""
    return "[" in name, name.count(".")


def _parameters(module: "nn.Module") -> set[str]:
    try:
        return set(inspect.signature(module.forward).parameters)
    except (TypeError, ValueError):
        return set()
