"""``topoact layers``."""

from typing import Annotated

import typer

from topoact.cli.options import AsJson, Model, Weights
from topoact.cli.printing import print_result


def layers(
    model: Model,
    *,
    weights: Weights = None,
    shape: Annotated[
        str | None, typer.Option(help="Shape of one input: 3,224,224.", show_default="the network's")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the layers of a network: type, shape of the output for one input, parameters; * marks the usual layers."""
    from topoact.extract.options import parse_shape
    from topoact.extract.summary import layer_lines
    from topoact.networks.loading import load_network

    input_shape = parse_shape(shape)
    network = load_network(model, weights=weights)
    facts = network.survey(network.sample_input(input_shape))
    print_result([layer.record() for layer in facts], layer_lines(facts), as_json=as_json)
