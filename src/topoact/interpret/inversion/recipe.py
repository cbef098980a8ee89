"""How an activation image is made: all that determines it, beside the network and the target."""

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, get_args

from topoact.errors import InvalidInput

ParametrizationName = Literal["fourier", "phase", "pixels"]
ObjectiveName = Literal["direction", "point"]

AT_FIRST: Final = 0.1
AT_LAST: Final = 16.0
"""Weights of the length of an answer beside its direction."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Parameters of the optimisation; the defaults are chosen by measurement, see docs/activation-images.md."""

    painting: ParametrizationName = "fourier"
    """What is optimised: the Fourier coefficients of decorrelated colours, the phases of them alone (of a fixed
    spectrum, Fel et al. 2023), or the pixels."""
    aim: ObjectiveName = "point"
    """Whether the answer h is to point along the target v, (h·v) cosⁿ(h, v), or to be v in direction and length,
    1 − cos(h, v) + w log²(|h| / |v|), where w grows while it settles."""
    power: float = 4.0
    """Of the cosine when only the direction counts, n."""
    least_cosine: float = 0.1
    """Where the cosine is floored when only the direction counts, so that there is a way out of a bad start."""
    whitened: bool = False
    """Whether v is multiplied by the inverse correlation of the layer's activations when only the direction counts."""
    steps: int = 256
    size: int | None = None
    """Side in pixels; by default that of the network's input."""
    learning_rate: float = 0.1
    memory: float = 0.99
    """Of the sizes of gradients, Adam's β₂."""
    attempts: int = 1
    """Starts for each target, of which the one with the greatest cosine is kept."""
    shaken: bool = True
    """Whether the image is padded, shifted, scaled and turned at random in every step."""
    settling: float = 0.9
    """Share of the steps, at the end, that get ever smaller; after the first third of them nothing is shaken."""
    leak: float = 0.01
    """Share of the gradient that passes a rectifier which is off; less and less while it settles."""
    seed: int = 0

    @classmethod
    def paper(cls, **changes: Any) -> "Recipe":
        """Return that of the paper (Rathore et al. 2021, section 4.3), with some changes."""
        theirs = {"aim": "direction", "whitened": True, "steps": 512, "attempts": 2}
        return cls(**{**theirs, "learning_rate": 0.05, "memory": 0.999, "settling": 0.0, "leak": 0.0, **changes})

    def __post_init__(self) -> None:
        for name, known in (("painting", get_args(ParametrizationName)), ("aim", get_args(ObjectiveName))):
            if getattr(self, name) not in known:
                raise InvalidInput(f"{name} must be {', '.join(known)}: got {getattr(self, name)!r}")
        if self.whitened and self.aim == "point":
            raise InvalidInput('whitened changes the direction alone: use aim="direction" with it')
        for name, least in (("steps", 1), ("attempts", 1), ("size", 8)):
            if (value := getattr(self, name)) is not None and value < least:
                raise InvalidInput(f"{name} must be {least} or more: got {value}")
        if not self.learning_rate > 0:
            raise InvalidInput(f"learning_rate must be positive: got {self.learning_rate:g}")
        if not self.power >= 0:
            raise InvalidInput(f"power must not be negative: got {self.power:g}")
        for name in ("least_cosine", "memory", "settling", "leak"):
            if not 0 <= getattr(self, name) < 1:
                raise InvalidInput(f"{name} must be in [0, 1): got {getattr(self, name):g}")

    def left(self, step: int) -> float:
        """Return the share of the learning rate and of the leak in a step: 1, then falling to 0 while it settles."""
        to_go = 1 - step / self.steps
        return min(1.0, to_go / self.settling) if self.settling else 1.0

    def shaking(self, step: int) -> float:
        """Return how much is shaken in a step: 1, then falling to 0 in the first third of the settling."""
        return max(0.0, 3 * self.left(step) - 2) if self.shaken else 0.0

    def weight_of_length(self, step: int) -> float:
        """Return how much the length counts beside the direction: more and more, once a direction is found."""
        return AT_FIRST / max(self.left(step), AT_FIRST / AT_LAST)

    def record(self) -> dict[str, Any]:
        """Return this as JSON."""
        return asdict(self)
