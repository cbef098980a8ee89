"""`OnnxNetwork`: ``onnx:FILE`` on ONNX Runtime, without torch; each inner tensor is a layer, by its name."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from topoact.errors import InvalidInput, ModelError
from topoact.networks.axes import AxisChoices
from topoact.networks.libraries import import_library, versions
from topoact.networks.onnx_layouts import OnnxLayouts
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.protocol import LayerFacts, Modality
from topoact.networks.specs import explain

Kept = TypeVar("Kept")

PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
WEIGHTS_FOLDER = "session.model_external_initializers_file_folder_path"
FLOATS = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16}


def load(file: str, weights: str | Path | None) -> "OnnxNetwork":
    """Return the network in an ONNX file.

    Raises
    ------
    ModelError
        If onnx or onnxruntime is missing, or the file is no model of one input.
    InvalidInput
        If there is no such file, or weights are named: the file holds its own.
    """
    if weights is not None:
        raise InvalidInput(f"onnx:{file} holds its own weights: leave out --weights")
    return OnnxNetwork(Path(file))


class OnnxNetwork:
    """An ONNX graph; the inner tensors that `tap` keeps are made outputs of its session."""

    modality: Modality = "image"
    preprocessing: Preprocessing | None = None
    is_user_code = False
    class_names: tuple[str, ...] | None = None

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise InvalidInput(f"the ONNX file {path} does not exist")
        self._onnx = import_library("onnx", what="ONNX files", pip="'topoact[onnx]'")
        self._runtime = import_library("onnxruntime", what="ONNX files", pip="'topoact[onnx]'")
        self._path, self._provider = path.resolve(), PROVIDERS["cpu"]
        try:
            self._model = self._onnx.load(path, load_external_data=False)
        except Exception as error:
            raise ModelError(f"{path} cannot be read as an ONNX model: {explain(error)}") from error
        graph = self._model.graph
        constants = {tensor.name for tensor in graph.initializer}
        inputs = [value for value in graph.input if value.name not in constants]
        if len(inputs) != 1:
            names = ", ".join(value.name for value in inputs)
            raise ModelError(f"{path} needs {len(inputs)} inputs ({names}): export a network that takes one")
        self._input, self._outputs = inputs[0], [value.name for value in graph.output]
        self._sessions: dict[tuple[str, ...], Any] = {}
        self.axes = AxisChoices()
        self.choose_axes(self.axes)

    @property
    def name(self) -> str:
        return f"onnx:{self._path.name}"

    @property
    def record(self) -> dict[str, Any]:
        spec = f"onnx:{self._path}"
        return {
            "spec": spec,
            "located": spec,
            "code": None,
            "weights": None,
            "class": self._model.graph.name,
            "digest": self._digest,
            "versions": versions("onnxruntime"),
        }

    def layer_names(self) -> list[str]:
        return [name for node in self._model.graph.node for name in node.output if name and node.op_type != "Constant"]

    def recommended_layers(self) -> tuple[str, ...]:
        return ()

    def default_layers(self, inputs: Any) -> tuple[str, ...]:  # noqa: ARG002, the protocol has it
        raise ModelError(f"no layer to choose by default in {self.name}: name some of 'topoact layers' with --layers")

    def choose_axes(self, choices: AxisChoices) -> None:
        """Take the axes that the user names, instead of those that would be found."""
        if choices != self.axes or not hasattr(self, "_layouts"):
            self.axes = choices
            self._layouts = OnnxLayouts(self._model.graph, lambda *asked: self._run(*asked)[1], choices)

    def survey(self, inputs: Any) -> list[LayerFacts]:
        graph, names = self._model.graph, self.layer_names()
        shapes = {} if inputs is None else {name: one.shape for name, one in self._run(inputs, names)[1].items()}
        sizes = {tensor.name: int(np.prod(tensor.dims)) for tensor in graph.initializer}
        facts = []
        for node in graph.node:
            n_parameters = sum(sizes.get(name, 0) for name in node.input)
            for name in node.output if node.op_type != "Constant" else ():
                shape = shapes[name][1:] if name in shapes else None
                facts.append(LayerFacts(name, node.op_type, shape, n_parameters, recommended=False))
        return facts

    def sample_input(self, shape: tuple[int, ...] | None = None) -> Any:
        known = [dimension.dim_value for dimension in self._input.type.tensor_type.shape.dim][1:]
        shape = shape or (tuple(known) if known and all(known) else None)
        return None if shape is None else np.zeros((1, *shape), np.float32)

    def to(self, device: str, dtype: str) -> None:
        if dtype != "float32":
            raise InvalidInput(f"an ONNX file has its own precision: leave out --dtype {dtype}")
        if PROVIDERS.get(device) not in (known := self._runtime.get_available_providers()):
            usable = [name for name, provider in PROVIDERS.items() if provider in known]
            raise ModelError(f"the device {device!r} cannot be used by this onnxruntime: it has {', '.join(usable)}")
        self._provider = PROVIDERS[device]

    def tap(self, inputs: Any, keep: Mapping[str, Callable[[Any], Kept]]) -> tuple[Any, dict[str, Kept]]:
        layouts = self._layouts.of(keep, np.asarray(inputs))
        output, arrays = self._run(inputs, keep)
        return output, {name: keep[name](layouts[name].ordered(arrays[name], len(inputs))) for name in keep}

    def _run(self, inputs: Any, names: Iterable[str]) -> tuple[Any, dict[str, Any]]:
        """Return the output of the network and inner tensors."""
        names = tuple(names)
        session = self._session(names)
        declared = session.get_inputs()[0]
        array = np.asarray(inputs, dtype=FLOATS.get(declared.type))
        self._check_batch(declared.shape, array.shape)
        try:
            arrays = session.run([*self._outputs, *names], {declared.name: array})
        except Exception as error:
            shape = "x".join(map(str, array.shape))
            raise ModelError(f"the network fails on an input of shape {shape}: {explain(error)}") from error
        return arrays[0], dict(zip(names, arrays[len(self._outputs) :], strict=True))

    def _check_batch(self, wanted: Sequence[Any], shape: tuple[int, ...]) -> None:
        fixed = wanted[0] if wanted and isinstance(wanted[0], int) else None
        if fixed and fixed != shape[0]:
            remedy = "give --batch-size 1" if fixed == 1 else "export it with a batch axis of any length"
            raise ModelError(f"{self.name} takes batches of {fixed} and gets {shape[0]} inputs: {remedy}")

    def _session(self, layers: tuple[str, ...]) -> Any:
        """Return a session that gives these inner tensors too."""
        if layers not in self._sessions:
            model = type(self._model)()
            model.CopyFrom(self._model)
            inner = [name for name in layers if name not in self._outputs]
            model.graph.output.extend(self._onnx.ValueInfoProto(name=name) for name in inner)
            options = self._runtime.SessionOptions()
            options.add_session_config_entry(WEIGHTS_FOLDER, str(self._path.parent))
            options.log_severity_level = 3
            try:
                session = self._runtime.InferenceSession(model.SerializeToString(), options, providers=[self._provider])
            except Exception as error:
                raise ModelError(f"ONNX Runtime cannot run {self.name}: {explain(error)}") from error
            self._sessions[layers] = session
        return self._sessions[layers]

    @cached_property
    def _digest(self) -> str:
        """16 hexadecimal digits that stand for the graph and its weights."""
        state = hashlib.blake2b(digest_size=8)
        for file in (self._path, *self._external_files()):
            with file.open("rb") as data:
                while block := data.read(1 << 22):
                    state.update(block)
        return state.hexdigest()

    def _external_files(self) -> list[Path]:
        tensors = self._model.graph.initializer
        names = {entry.value for tensor in tensors for entry in tensor.external_data if entry.key == "location"}
        folder = self._path.parent
        files = [(folder / name).resolve() for name in sorted(names)]
        for file in files:
            if not file.is_relative_to(folder) or not file.is_file():
                raise ModelError(f"{self.name} names weights that are not beside it: {file}")
        return files
