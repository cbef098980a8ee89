"""`Recipe`: all that determines an activation image beside the network and the target."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, get_args

from topoact.errors import InvalidInput

ParametrizationName = Literal["fourier", "phase", "pixels"]
ObjectiveName = Literal["direction", "point"]

MIN_LENGTH_WEIGHT: Final = 0.1
MAX_LENGTH_WEIGHT: Final = 16.0
"""Weights of the length of an answer beside its direction."""
STORED_NAMES: Final = {
    "parametrization": "painting",
    "objective": "aim",
    "min_cosine": "least_cosine",
    "transformed": "shaken",
    "decay_share": "settling",
    "relu_leak": "leak",
}
"""Fields that are recorded under another name."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Parameters of the optimisation; the defaults are chosen by measurement, see docs/activation-images.md."""

    parametrization: ParametrizationName = "fourier"
    """What is optimised: the Fourier coefficients of decorrelated colours, the phases of them alone (of a fixed
    spectrum, Fel et al. 2023), or the pixels."""
    objective: ObjectiveName = "point"
    """Whether the answer h is to point along the target v, (h·v) cosⁿ(h, v), or to be v in direction and length,
    1 − cos(h, v) + w log²(|h| / |v|), where w grows while the learning rate decays."""
    power: float = 4.0
    """Of the cosine when only the direction counts, n."""
    min_cosine: float = 0.1
    """Where the cosine is floored when only the direction counts, so that there is a way out of a bad start."""
    whitened: bool = False
    """Whether v is multiplied by the inverse correlation of the layer's activations when only the direction counts."""
    steps: int = 256
    size: int | None = None
    """Side in pixels; by default that of the network's input."""
    learning_rate: float = 0.1
    memory: float = 0.99
    """Adam's β₂, the decay of its average of squared gradients."""
    attempts: int = 1
    """Starts for each target, of which the one with the greatest cosine is kept."""
    transformed: bool = True
    """Whether the image is padded, shifted, scaled and rotated at random in every step."""
    decay_share: float = 0.9
    """Share of the steps, at the end, over which the learning rate decays to 0; transforms stop after a third."""
    relu_leak: float = 0.01
    """Share of the gradient that passes a rectifier which is off; it decays with the learning rate."""
    seed: int = 0

    @classmethod
    def paper(cls, **changes: Any) -> "Recipe":
        """Return that of the paper (Rathore et al. 2021, section 4.3), with some changes."""
        theirs = {"objective": "direction", "whitened": True, "steps": 512, "attempts": 2}
        return cls(
            **{**theirs, "learning_rate": 0.05, "memory": 0.999, "decay_share": 0.0, "relu_leak": 0.0, **changes}
        )

    def __post_init__(self) -> None:
        for name, known in (("parametrization", get_args(ParametrizationName)), ("objective", get_args(ObjectiveName))):
            if getattr(self, name) not in known:
                raise InvalidInput(f"{name} must be {', '.join(known)}: got {getattr(self, name)!r}")
        if self.whitened and self.objective == "point":
            raise InvalidInput('whitened changes the direction alone: use objective="direction" with it')
        for name, least in (("steps", 1), ("attempts", 1), ("size", 8)):
            if (value := getattr(self, name)) is not None and value < least:
                raise InvalidInput(f"{name} must be {least} or more: got {value}")
        if not self.learning_rate > 0:
            raise InvalidInput(f"learning_rate must be positive: got {self.learning_rate:g}")
        if not self.power >= 0:
            raise InvalidInput(f"power must not be negative: got {self.power:g}")
        for name in ("min_cosine", "memory", "decay_share", "relu_leak"):
            if not 0 <= getattr(self, name) < 1:
                raise InvalidInput(f"{name} must be in [0, 1): got {getattr(self, name):g}")

    def decay(self, step: int) -> float:
        """Return the factor of the learning rate and of the leak in a step: 1, then falling to 0 over `decay_share`."""
        to_go = 1 - step / self.steps
        return min(1.0, to_go / self.decay_share) if self.decay_share else 1.0

    def transform_strength(self, step: int) -> float:
        """Return the strength of the random transforms in a step: 1, falling to 0 in the first third of the decay."""
        return max(0.0, 3 * self.decay(step) - 2) if self.transformed else 0.0

    def weight_of_length(self, step: int) -> float:
        """Return how much the length counts beside the direction: more and more, once a direction is found."""
        return MIN_LENGTH_WEIGHT / max(self.decay(step), MIN_LENGTH_WEIGHT / MAX_LENGTH_WEIGHT)

    def record(self) -> dict[str, Any]:
        """Return this as JSON, under the names of version 0.1: stored images keep the digests that name them."""
        return {STORED_NAMES.get(name, name): value for name, value in asdict(self).items()}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Recipe":
        """Return the recipe that `record` gives as JSON."""
        names = {stored: name for name, stored in STORED_NAMES.items()}
        return cls(**{names.get(name, name): value for name, value in record.items()})
