"""The options of ``topoact extract``: what it reads, how it prepares images, and each field of `Plan`, as tables."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from topoact.cli.options import COLUMN_OPTIONS, named_columns, option

if TYPE_CHECKING:
    from topoact.extract import Plan
    from topoact.networks.preprocessing import Preprocessing

PLAN_OPTIONS: Final = (
    option("layers", str | None, "Names, globs or usual, comma-separated.", shown="usual, or the outermost"),
    option(
        "policy",
        str | None,
        "Which positions are kept: random, random:K, mean, maxnorm, all, or several; of texts cls, mean or both, or"
        " words, or tokens.",
        shown="random; of texts mean, or words where they are marked",
    ),
    option("example_axis", str | None, "Axis of the examples, where it cannot be found: 1, or by layer, block=1."),
    option("channel_axis", str | None, "Axis of the channels, where it cannot be found: 1, or by layer, block=1."),
    option("checkpoint", str | None, "Name of these weights, in a study of several checkpoints of one network."),
    option("classes", str | None, "Names of the outputs: a,b,c or a file, one a line."),
    option("where", list[str] | None, "Keep these texts or words: upos=NOUN,VERB; may be repeated."),
    option("max_tokens", int | None, "Truncate texts to this many tokens.", shown="what the network takes"),
    option("limit", int | None, "Take this many inputs only, the first ones."),
    option("batch_size", int, "Inputs in one forward pass.", 64),
    option("seed", int, "Seed of random positions and random weights.", 0),
    option("device", str, "cpu, cuda or mps.", "cpu"),
    option("dtype", str, "Precision of the forward pass: float32 or bfloat16.", "float32"),
    option("workers", int, "Processes that share the batches, one to a GPU.", 1),
    option("attribution", bool, "Store the attribution of each vector to the likeliest classes.", default=False),
    option("strict", bool, "Stop at an input that cannot be read.", default=False),
)
PREPROCESSING_OPTIONS: Final = (
    option("size", int | None, "Scale the short side to this many pixels, then crop the centre square."),
    option("mean", str | None, "Subtracted from the RGB values, 0 to 1: r,g,b."),
    option("std", str | None, "Divisor of the RGB values after the subtraction: r,g,b."),
    option("transform", str | None, "file.py:callable, PIL image to tensor, instead of size, mean and std."),
)
SOURCE_OPTIONS: Final = (
    *COLUMN_OPTIONS,
    option("text_column", str | None, "Column of texts.", shown="text"),
    option("columns", str | None, "Comments of a .conllu file to keep: genre,s_type."),
)


def extraction_plan(options: Mapping[str, Any]) -> "Plan":
    """Return the plan that the options describe, without its preprocessing.

    Raises
    ------
    InvalidInput
        If a value is none that its option takes.
    """
    from topoact.extract import Plan
    from topoact.extract.options import parse_names, parse_policies, split

    values = {one.name: options[one.name] for one in PLAN_OPTIONS}
    layers, policy = values.pop("layers"), values.pop("policy")
    parsed = {
        "layers": split(layers) if layers else None,
        "policies": parse_policies(policy) if policy else (),
        "classes": parse_names(values["classes"]),
        "where": tuple(values["where"] or ()),
    }
    return Plan(**{**values, **parsed})


def preprocessing(options: Mapping[str, Any]) -> "Preprocessing | None":
    """Return how the options prepare images; None if they leave it to the network.

    Raises
    ------
    InvalidInput
        If a value is none that its option takes.
    """
    from topoact.extract.options import parse_preprocessing

    return parse_preprocessing(*(options[one.name] for one in PREPROCESSING_OPTIONS))


def source_columns(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that the options name, as `open_source` takes them."""
    from topoact.extract.options import split

    comments = options["columns"]
    return {**named_columns(options), "text": options["text_column"], "columns": split(comments) if comments else None}
