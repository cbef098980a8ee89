"""`Network`: the protocol of networks, whichever library runs them; `LayerFacts`: a layer in their list."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from topoact.networks.preprocessing import Preprocessing

Kept = TypeVar("Kept")

Modality: TypeAlias = Literal["image", "text"]
"""What the inputs of a network are: images, or tensors of any other kind; or texts, through its `tokenizer`."""

DTYPES = ("float32", "bfloat16")
"""Precision of the forward pass; activations are stored as float32."""


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """A layer in the list of the layers of a network."""

    name: str
    type: str
    shape: tuple[int, ...] | None
    """Of the output for one input; None if it gives no tensor, or not exactly one, in a pass."""
    parameters: int
    recommended: bool
    """Whether it is one of the recommended layers of the architecture."""

    def record(self) -> dict[str, Any]:
        """Return the facts as JSON, with the key "usual" for `recommended`."""
        record = asdict(self)
        record["usual"] = record.pop("recommended")
        return record


class Network(Protocol):
    """A network whose inner outputs can be seen; `load_network` returns one.

    Examples
    --------
    >>> from topoact.extract import load_network
    >>> network = load_network("my_models.py:resnet20")
    >>> [facts.shape for facts in network.survey(network.sample_input((3, 16, 16)))][:2]
    [(4, 16, 16), (6, 16, 16)]
    """

    preprocessing: Preprocessing | None
    """What its own library does to an image before it; None if nothing is known."""
    class_names: tuple[str, ...] | None
    """Names of its outputs, if they are known."""

    @property
    def modality(self) -> Modality:
        """What its inputs are; see `modality_of` for networks without this attribute."""
        ...

    @property
    def is_user_code(self) -> bool:
        """Whether it is code of the user's, which may prepare images itself."""
        ...

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def record(self) -> dict[str, Any]:
        """What a study records of it: enough to load it again, from any folder, and a digest of its weights."""
        ...

    def layer_names(self) -> list[str]:
        """Return the names of all layers.

        Returns
        -------
        list of str
            Dotted names, in the network's order.
        """
        ...

    def recommended_layers(self) -> tuple[str, ...]:
        """Return the layers that people look at in networks of this kind.

        Returns
        -------
        tuple of str
            Names of layers; empty if none are known.
        """
        ...

    def default_layers(self, inputs: Any) -> tuple[str, ...]:
        """Return the layers to take when there are no recommended ones.

        Parameters
        ----------
        inputs
            A batch of inputs, as for `tap`.

        Returns
        -------
        tuple of str
            Names of layers.

        Raises
        ------
        ModelError
            If there are none either.
        """
        ...

    def survey(self, inputs: Any) -> list[LayerFacts]:
        """Return the facts about all layers.

        Parameters
        ----------
        inputs
            A batch of inputs, as for `tap`; None to leave shapes out.

        Returns
        -------
        list of LayerFacts
            Name, type, shape of the output and number of parameters of each layer.
        """
        ...

    def sample_input(self, shape: tuple[int, ...] | None = None) -> Any:
        """Return a batch of one input.

        Parameters
        ----------
        shape
            Of one input; by default the network's own.

        Returns
        -------
        Any
            A batch, as for `tap`; None if the shape is not known.
        """
        ...

    def to(self, device: str, dtype: str) -> None:
        """Bring the network to a device and a precision.

        Parameters
        ----------
        device
            As the network's library names it, such as ``"cuda"``.
        dtype
            ``"float32"`` or ``"bfloat16"``.

        Raises
        ------
        ModelError
            If it cannot run there.
        """
        ...

    def tap(self, inputs: Any, keep: Mapping[str, Callable[[Any], Kept]]) -> tuple[Any, dict[str, Kept]]:
        """Run one forward pass and keep something of the outputs of some layers.

        Parameters
        ----------
        inputs
            A batch of inputs, images of shape (n, channels, height, width) in float32.
        keep
            For each layer's name a function that is called with its output and returns what is kept.

        Returns
        -------
        tuple
            The output of the network, and what was kept, by layer.

        Raises
        ------
        ModelError
            If the network fails, or a layer gives no vectors.
        """
        ...


def modality_of(network: Network) -> Modality:
    """Return what the inputs of a network are.

    A network of other people may lack the attribute `modality`: it takes texts if it has a `tokenizer`, else images.
    """
    modality: Modality | None = getattr(network, "modality", None)
    return modality or ("text" if hasattr(network, "tokenizer") else "image")
