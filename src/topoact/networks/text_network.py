"""A torch module that reads tokens, with the tokenizer that makes them."""

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from topoact.errors import ModelError
from topoact.networks import hooks
from topoact.networks.libraries import import_torch
from topoact.networks.specs import explain
from topoact.networks.torch_network import TorchNetwork

if TYPE_CHECKING:
    from torch import nn

SAMPLE = "A few words to see what a network gives."


class TextNetwork(TorchNetwork):
    """A network that reads texts.

    Parameters
    ----------
    module
        The network; its `forward` takes `input_ids` and, to be told of padding, `attention_mask`, or token ids alone.
    tokenizer
        A fast tokenizer of transformers.
    record, class_names, libraries
        As for `TorchNetwork`.
    limit
        How many tokens the network takes, if its tokenizer does not say.

    Attributes
    ----------
    is_masked : bool
        Whether the network is told which tokens are padding.
    """

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

    def arguments(self, ids: Any, mask: Any) -> Any:
        """Return the input for token ids and their mask, both (B, T): as `forward` names them, or the ids alone."""
        if self.is_masked:
            return {"input_ids": ids, "attention_mask": mask}
        return {"input_ids": ids} if self._is_named else ids

    def sample_input(self, shape: tuple[int, ...] | None = None) -> Any:  # noqa: ARG002  # texts have no shape
        torch = import_torch()
        ids = torch.tensor([self.tokenizer(SAMPLE)["input_ids"]])
        return self.arguments(ids, torch.ones_like(ids))

    def recommended_layers(self) -> tuple[str, ...]:
        return self._hidden_states() or super().recommended_layers()

    def _hidden_states(self) -> tuple[str, ...]:
        """Return the modules that give the network's hidden states, the embeddings first; none if it names none."""
        if not hasattr(self.module, "config"):
            return ()
        torch, given = import_torch(), list[tuple[str, Any]]()
        inputs = self._placed(self.sample_input())
        names = [name for name, _ in self.module.named_modules() if name]
        try:
            with torch.no_grad(), hooks.hooked(self.module, names, lambda *seen: given.append(seen)):
                states = self.module(**inputs, output_hidden_states=True).hidden_states or ()
        except (TypeError, AttributeError):  # a module with a config of its own kind
            return ()
        except Exception as error:
            raise ModelError(f"the network fails on a sample sentence: {explain(error)}") from error
        tensors = [(name, output.data_ptr()) for name, output in given if isinstance(output, torch.Tensor)]
        outermost = (
            min((name for name, place in tensors if place == state.data_ptr()), key=_depth, default=None)
            for state in states
        )
        return tuple(dict.fromkeys(name for name in outermost if name))


def _depth(name: str) -> int:
    return name.count(".")


def _parameters(module: "nn.Module") -> set[str]:
    try:
        return set(inspect.signature(module.forward).parameters)
    except (TypeError, ValueError):
        return set()
