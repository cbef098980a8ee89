"""`OnnxLayouts`: the axes of the tensors of an ONNX graph; its operators say where their channels are."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Final

from topoact.networks.axes import AxisChoices
from topoact.networks.layouts import Layouts, Outputs, Seen

SECOND: Final = frozenset(
    {"Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "BatchNormalization", "InstanceNormalization", "LRN"}
    | {"GroupNormalization", "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool"}
)
"""Operators that give (B, C, ...)."""
LAST: Final = frozenset({"Gemm", "LSTM", "GRU", "RNN"})
"""Operators that give (..., C)."""
NORMS: Final = frozenset({"LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization"})
"""Operators that give (..., C) where they normalise the last axis."""
WITH_WEIGHT: Final = {"MatMul": 1, "MatMulInteger": 1, "Gather": 0}
"""Operators that give (..., C) where this of their inputs is a weight."""
AS_INPUT: Final = frozenset(
    {"Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "Gelu", "Erf", "Sigmoid", "HardSigmoid", "HardSwish", "Mish"}
    | {"Swish", "Tanh", "Softplus", "Softsign", "Clip", "ThresholdedRelu", "Abs", "Neg", "Exp", "Log", "Sqrt", "Sign"}
    | {"Reciprocal", "Floor", "Ceil", "Round", "Identity", "Dropout", "Cast", "Pad", "Resize", "Upsample"}
    | {"QuantizeLinear", "DequantizeLinear", "LpNormalization"}
)
"""Operators that leave the axes as they are."""
OF_SEVERAL: Final = frozenset({"Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Mean", "Sum", "Where", "Concat"})
"""Operators whose inputs have the same axes."""


class OnnxLayouts(Layouts):
    """The layouts that are known of an ONNX graph.

    Parameters
    ----------
    graph
        The graph.
    run
        Returns tensors by name for a batch.
    choices
        What the user says.
    """

    def __init__(self, graph: Any, run: Callable[[Any, Iterable[str]], Outputs], choices: AxisChoices) -> None:
        super().__init__(choices)
        self._graph, self._run = graph, run

    def _outputs(self, inputs: Any, names: Iterable[str]) -> Outputs:
        return self._run(inputs, names)

    def _channel(self, name: str, seen: Seen) -> int | None:
        axis = self._axes.get(name)
        return axis if axis is None else axis % len(seen.shape)

    @cached_property
    def _axes(self) -> dict[str, int]:
        """The channel axes that are known of all tensors; −1 is the last."""
        weights = {tensor.name for tensor in self._graph.initializer}
        weights |= {name for node in self._graph.node if node.op_type == "Constant" for name in node.output}
        axes = {one.name: 1 for one in self._graph.input if len(one.type.tensor_type.shape.dim) == 4}
        for node in self._graph.node:  # each after those that it takes from
            axis = _axis_of(node, weights, axes)
            if axis is not None:
                axes |= {name: axis for name in node.output if name}
            elif node.op_type in AS_INPUT and node.input and node.input[0] in weights:
                weights |= set(node.output)
        return axes


def _axis_of(node: Any, weights: set[str], axes: dict[str, int]) -> int | None:
    """Return the channel axis of what an operator gives; None if it is not known."""
    kind = node.op_type
    if kind in SECOND:
        return 1
    is_weighted = kind in WITH_WEIGHT and node.input[WITH_WEIGHT[kind]] in weights
    if kind in LAST or is_weighted or (kind in NORMS and _attribute(node, "axis", -1) == -1):
        return -1
    known = {axes[name] for name in node.input if name in axes}
    if kind in OF_SEVERAL:
        return known.pop() if len(known) == 1 else None
    return _moved(node, axes[node.input[0]]) if node.input and node.input[0] in axes else None


def _moved(node: Any, axis: int) -> int | None:
    """Return where an operator of one tensor leaves its channel axis; None if it is not known."""
    if node.op_type == "Transpose":
        order = next((list(one.ints) for one in node.attribute if one.name == "perm"), None)
        return None if order is None else order.index(axis % len(order))
    keeps = node.op_type.startswith("Reduce") and _attribute(node, "keepdims", 1) == 1
    return axis if keeps or node.op_type in AS_INPUT else None


def _attribute(node: Any, name: str, default: int) -> int:
    return next((int(one.i) for one in node.attribute if one.name == name), default)
