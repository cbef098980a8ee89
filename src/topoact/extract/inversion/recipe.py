"""How an activation image is made: all that determines it, beside the network and the target."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from topoact.errors import InvalidInput

Painting = Literal["fourier", "phase", "pixels"]
Aim = Literal["direction", "point"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Parameters of the optimisation; the defaults are those of the paper (Rathore et al. 2021, section 4.3)."""

    painting: Painting = "fourier"
    """What is optimised: the Fourier coefficients of decorrelated colours, the phases of them alone (of a fixed
    spectrum, Fel et al. 2023), or the pixels."""
    aim: Aim = "direction"
    """Whether the answer h is to point along the target v, (h·v) cosⁿ(h, v), or to be v, −|h − v|²/|v|²."""
    power: float = 4.0
    """Of the cosine, n."""
    least_cosine: float = 0.1
    """Where the cosine is floored, so that there is a way out of a bad start."""
    steps: int = 512
    size: int | None = None
    """Side in pixels; by default that of the network's input."""
    learning_rate: float = 0.05
    attempts: int = 2
    """Starts for each target, of which the one with the greatest cosine is kept."""
    shaken: bool = True
    """Whether the image is padded, shifted, scaled and turned at random in every step."""
    seed: int = 0

    def __post_init__(self) -> None:
        for name, known in (("painting", get_args(Painting)), ("aim", get_args(Aim))):
            if getattr(self, name) not in known:
                raise InvalidInput(f"{name} must be {', '.join(known)}: got {getattr(self, name)!r}")
        for name in ("steps", "attempts"):
            if getattr(self, name) < 1:
                raise InvalidInput(f"{name} must be 1 or more: got {getattr(self, name)}")
        if self.size is not None and self.size < 8:
            raise InvalidInput(f"size must be at least 8 pixels: got {self.size}")
        if not self.learning_rate > 0:
            raise InvalidInput(f"learning_rate must be positive: got {self.learning_rate:g}")
        if not self.power >= 0:
            raise InvalidInput(f"power must not be negative: got {self.power:g}")
        if not 0 <= self.least_cosine < 1:
            raise InvalidInput(f"least_cosine must be in [0, 1): got {self.least_cosine:g}")

    def record(self) -> dict[str, Any]:
        """Return this as JSON."""
        return asdict(self)
