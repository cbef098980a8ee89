"""`reload_network`: the network of a study, loaded again and compared with its record.

Activation images, located inputs, attributions and the logit lens need it.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from topoact.errors import InvalidInput, ModelError
from topoact.extract.provenance import Provenance
from topoact.networks import Network, load_network
from topoact.networks.layers import choose_axes
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.specs import code_digest
from topoact.networks.trust import Code, codes_of, refuse
from topoact.study.thumbnails import LONG_SIDE, size_of

if TYPE_CHECKING:
    from topoact.study import Study

RECORDED: Final = "study"
"""Value of `NetworkChoice.spec` for the network that the study records."""


@dataclass(frozen=True, slots=True)
class NetworkChoice:
    """Which network is loaded for a study, as the user said.

    Examples
    --------
    >>> import topoact
    >>> from topoact.interpret.study_network import NetworkChoice
    >>> topoact.open("runs/r20", NetworkChoice(weights="resnet20.safetensors")).network_choice.spec
    'study'
    """

    spec: str = RECORDED
    """As in `load_network`, or ``study`` for what the study records."""
    weights: str | None = None
    """As in `load_network`; None for the file that the study records."""
    transform: str | None = None
    """``file.py:callable`` to use instead of the recorded transform, if its file was moved."""
    trust: bool = field(default=False, compare=False)
    """Whether code that the study names may run, though nobody agreed to it on this machine before.

    The code of a specification that is given here needs no trust: who gave it chose it.
    """

    @property
    def identity(self) -> dict[str, str | None]:
        """What determines the network that is loaded, as JSON."""
        return {"spec": self.spec, "weights": self.weights, "transform": self.transform}


@dataclass(frozen=True, eq=False)
class StudyNetwork:
    """The network of a study, loaded and ready to run."""

    network: Network
    checkpoint: str | None
    """Which of the study's checkpoints it is; None where they have no names."""
    digest: str
    """Digest of its weights."""
    preprocessing: Preprocessing | None
    """Preprocessing of images; None for texts, and where the study was made of tensors."""
    shape: tuple[int, ...] | None
    """Shape of one input, (channels, height, width), if it is known and the same for all; None for texts."""
    max_tokens: int | None
    """Number of tokens at which texts are cut; None where they are not."""

    def check_layer(self, layer: Any) -> None:
        """Refuse a layer whose vectors another network gave.

        Raises
        ------
        InvalidInput
            If the layer is of another checkpoint.
        """
        if layer.checkpoint != self.checkpoint:
            raise InvalidInput(
                f"layer {layer.name} is of the checkpoint {layer.checkpoint!r}, and the loaded network is"
                f" {self.checkpoint!r}: load those weights with --weights"
            )


def reload_network(study: "Study", choice: NetworkChoice | None = None) -> StudyNetwork:
    """Load the network that a study was made with, and check that its weights are the same.

    Parameters
    ----------
    study
        The study, whose ``study.json`` records its network.
    choice
        By default the network that the study records.

    Returns
    -------
    StudyNetwork
        The network on the CPU, in the precision of the study.

    Raises
    ------
    InvalidInput
        If the study has no network, or the one loaded has other weights.
    UntrustedCode
        If the study names code that nobody agreed to run on this machine.
    ModelError
        If it cannot be loaded.
    """
    choice = choice or NetworkChoice()
    if study.manifest.model is None:
        raise InvalidInput(f"the study {study.name} was imported: it names no network that could be run")
    if not choice.trust:
        refuse(code_named_by(study, choice), f"the study {study.name}")
    history = Provenance(study)
    network = _load(history, choice)
    digest = network.record["digest"]
    by_digest = {model["digest"]: name for name, model in history.checkpoints.items()}
    if digest not in by_digest:
        raise InvalidInput(
            f"{network.name} is not the network of the study {study.name}: its weights have the digest {digest}, and"
            f" those of the study {' or '.join(by_digest)}; name the right ones with --model and --weights"
        )
    first = history.first
    network.to("cpu", first.get("dtype", "float32"))
    choose_axes(network, history.axes)
    record = first["preprocessing"] or {}
    is_text = network.modality == "text"
    preprocessing = None if is_text or not record else _preprocessing(record, choice.transform)
    shape = None if is_text else _shape(study, preprocessing)
    return StudyNetwork(network, by_digest[digest], digest, preprocessing, shape, record.get("max_tokens"))


def code_named_by(study: "Study", choice: NetworkChoice) -> list[Code]:
    """Return the code that would run because the study names it: its network's, its transform's."""
    config = study.manifest.config
    model, prepared = config.get("model") or {}, config.get("preprocessing") or {}
    network = model.get("located") or model.get("spec") if choice.spec == RECORDED else None
    return codes_of(network, prepared.get("transform") if choice.transform is None else None)


def has_gradients(study: "Study", choice: NetworkChoice) -> bool:
    """Return whether, by the record, the network takes images and runs on torch."""
    record = (study.manifest.config.get("model") or {}) if choice.spec == RECORDED else {"spec": choice.spec}
    is_text = "tokenizer" in (study.manifest.preprocessing or {})
    return bool(record) and not is_text and not str(record["spec"]).startswith("onnx:")


def _load(history: Provenance, choice: NetworkChoice) -> Network:
    seed = history.first["seed"]
    if choice.spec != RECORDED:
        return load_network(choice.spec, weights=choice.weights, seed=seed)
    record = history.first["model"]
    if not record["spec"]:
        raise InvalidInput(
            f"the study {history.study.name} was made from Python with a network that it cannot name: name it with"
            " --model file.py:callable"
        )
    weights = choice.weights or record.get("weights")
    if weights and not choice.weights and "/" in str(weights) and not Path(weights).exists():
        raise InvalidInput(f"the weights of the study's network, {weights}, are not there: name them with --weights")
    try:
        return load_network(record.get("located") or record["spec"], weights=weights, seed=seed)
    except ModelError as error:
        raise ModelError(f"{error}; another place is named with --model") from None


def _preprocessing(record: dict[str, Any], transform: str | None) -> Preprocessing:
    if transform is None:
        return Preprocessing.from_record(record)
    if record.get("code") != code_digest(transform):
        raise InvalidInput(f"the transform {transform} is not the one that made the study: its file has another digest")
    return Preprocessing(transform=transform)


def _shape(study: "Study", preprocessing: Preprocessing | None) -> tuple[int, ...] | None:
    """Return the shape of one input: as recorded, else that of the preprocessing, else that of the images."""
    if recorded := study.manifest.notes.get("input"):
        return tuple(recorded)
    if preprocessing and (shape := preprocessing.shape):
        return shape
    thumbnail = study.thumbnail(0)
    if thumbnail is None:
        return None
    channels, height, width = size_of(thumbnail)
    return None if max(height, width) >= LONG_SIDE else (3 if preprocessing else channels, height, width)
