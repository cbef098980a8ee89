"""What to extract from a network, and how: `Plan`, and `plan_config`, what a study records of it."""

import re
from dataclasses import dataclass
from typing import Any, Final

from topoact.errors import InvalidInput
from topoact.inputs.records import Source
from topoact.inputs.texts.source import TextSource
from topoact.networks import DTYPES, AxisChoices, Network
from topoact.networks.layers import select_layers
from topoact.networks.preprocessing import Preprocessing

CHECKPOINT: Final = re.compile(r"[\w.+-]+")
"""Names of checkpoints; they stand before a slash in the names of layers, and after an @ in those of columns."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to extract from a network, and how. Everything in it that determines the study is recorded there.

    Raises
    ------
    InvalidInput
        If a value is out of range.

    Examples
    --------
    >>> from topoact.extract import Plan
    >>> Plan(layers=("layer2", "layer3"), policies=("random", "mean")).batch_size
    64
    """

    layers: tuple[str, ...] | None = None
    """Names, globs or "usual"; None for the usual layers, or the outermost with parameters where none are usual."""
    policies: tuple[str, ...] = ()
    """Of images some of random, random:K, mean, maxnorm and all; of texts cls, mean or both, or words, or tokens.

    By default random; of texts mean, or words where the source marks them.
    """
    preprocessing: Preprocessing | None = None
    """What is done to images; None for what the network's own library does."""
    classes: tuple[str, ...] | None = None
    """Names of the network's outputs."""
    batch_size: int = 64
    """Inputs in one forward pass."""
    seed: int = 0
    """Of the random positions."""
    limit: int | None = None
    """Take the first inputs only."""
    device: str = "cpu"
    """Where the network runs, as torch names it: cpu, cuda or mps."""
    dtype: str = "float32"
    """Precision of the forward pass, float32 or bfloat16; activations are stored as float32."""
    strict: bool = False
    """Stop at an input that cannot be read."""
    workers: int = 1
    """Processes that share the batches; the study is the same if the network gives the same bits on fewer threads."""
    where: tuple[str, ...] = ()
    """Conditions ``column=value,value`` on the texts or words that are kept."""
    max_tokens: int | None = None
    """Where texts are cut; None for what the network takes."""
    attribution: bool = False
    """Store the attribution of each vector to the likeliest classes; see `topoact.extract.example_attribution`."""
    checkpoint: str | None = None
    """Name of the network's weights, in a study of several checkpoints."""
    example_axis: str | None = None
    """Axis of the examples in the outputs of layers where it cannot be found: "1", or by layer, "block=1"."""
    channel_axis: str | None = None
    """Axis of the channels, likewise."""

    @property
    def axes(self) -> AxisChoices:
        """The axes that the user names."""
        return AxisChoices.parsed(self.example_axis, self.channel_axis)

    def __post_init__(self) -> None:
        if self.layers == ():
            raise InvalidInput("--layers names no layer: give dotted names or globs, or leave it out")
        AxisChoices.parsed(self.example_axis, self.channel_axis)
        if self.batch_size < 1:
            raise InvalidInput(f"--batch-size must be 1 or more: got {self.batch_size}")
        if self.workers < 1:
            raise InvalidInput(f"--workers must be 1 or more: got {self.workers}")
        if self.limit is not None and self.limit < 1:
            raise InvalidInput(f"--limit must be 1 or more: got {self.limit}")
        if self.dtype not in DTYPES:
            raise InvalidInput(f"--dtype must be {' or '.join(DTYPES)}: got {self.dtype!r}")
        if self.checkpoint is not None and not CHECKPOINT.fullmatch(self.checkpoint):
            raise InvalidInput(f"--checkpoint takes letters, digits and . _ + - : got {self.checkpoint!r}")


def plan_config(
    network: Network, source: Source | TextSource, plan: Plan, preprocessing: dict[str, Any] | None
) -> dict[str, Any]:
    """Return what determines a study, as JSON."""
    return {
        "model": network.record,
        "data": source.record,
        "preprocessing": preprocessing,
        "layers": None if plan.layers is None else list(select_layers(network, plan.layers)),
        "policies": list(plan.policies),
        "classes": list(plan.classes) if plan.classes else None,
        "batch_size": plan.batch_size,
        "seed": plan.seed,
        "limit": plan.limit,
        "device": plan.device,
        "dtype": plan.dtype,
        **({"attribution": True} if plan.attribution else {}),
        **({"checkpoint": plan.checkpoint} if plan.checkpoint else {}),
        **({"axes": plan.axes.record()} if plan.axes else {}),
    }
