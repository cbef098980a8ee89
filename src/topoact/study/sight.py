"""`Sight`: what a position of a layer sees of the network's input; `Frame`: where that input lies on the photo.

The sight of a layer is kept with it in ``study.json``, the frame in the notes; they are as little believed as the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias

from pydantic import Field

from topoact.study.checked import Flag, checked

FRAME: Final = "frame"
"""Key of the notes of a study."""
_MAX_PIXELS: Final = 2**20

_Place = Annotated[int, Field(strict=True, ge=-_MAX_PIXELS, le=_MAX_PIXELS)]
_Length = Annotated[int, Field(strict=True, ge=1, le=_MAX_PIXELS)]
_Share = Annotated[float, Field(gt=0, le=64, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Span:
    """The receptive fields along one axis: position i sees the `size` pixels from ``start + stride * i`` on."""

    start: _Place
    """First pixel that position 0 depends on; negative where it also sees padding."""
    stride: _Length
    size: _Length

    def of(self, position: Any) -> tuple[Any, Any]:
        """Return the first pixel that a position sees, and the first that it does not see any more."""
        first = self.start + self.stride * position
        return first, first + self.size


@dataclass(frozen=True, slots=True)
class Tokens:
    """A map of tokens in a row: the tokens before `first` belong to no place, such as the class token."""

    first: Annotated[int, Field(strict=True, ge=0, le=64)]
    grid: tuple[_Length, _Length]


@dataclass(frozen=True, slots=True)
class Sight:
    """What the positions of a layer see; neither where every position depends on the whole input."""

    field: tuple[Span, Span] | None = None
    """The receptive fields along height and width, in pixels of the network's input."""
    tokens: Tokens | None = None
    """The map that positions in a row are of."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the network's input lies on the photo, around its middle."""

    kept: tuple[_Share, _Share] = (1.0, 1.0)
    """Height and width of the input as shares of the photo's, or of its short side where it is not squashed."""
    squash: Flag = True
    """Whether height and width were scaled each by itself, so that the shares are of each."""

    def shares(self, aspect: float) -> tuple[float, float]:
        """Return how much of a photo's height and width the input shows, by its width over its height."""
        height, width = self.kept
        return (height, width) if self.squash else (height * min(aspect, 1.0), width / max(aspect, 1.0))


Sights: TypeAlias = dict[str, Sight]
"""What the positions of layers see, by the name of the module."""


def frame_of(notes: Mapping[str, Any]) -> Frame | None:
    """Return what the notes of a study say of a transform of the user's; raises `Damaged`."""
    found: Frame | None = checked(Frame | None, notes.get(FRAME))
    return found
