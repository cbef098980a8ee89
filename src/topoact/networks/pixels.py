"""Images as networks take them: `Picture` decodes any image file, `as_rgb` brings it to RGB, `stack` makes one batch.

Every image that is shown or fed to a network is decoded here, so that what is shown is what the network saw: turned
upright as its EXIF says, the first frame of an animation, on white where it is transparent.
"""

import io
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from PIL import ExifTags, Image

from topoact.errors import InvalidInput

White: TypeAlias = float | Literal["auto"] | None
"""White in images of more than 8 bits: its value, "auto" for the brightest pixel of each, None if nobody says it."""

FULL_SCALE: Final = 65_535
"""The value of white in images of 16 bits whose scale nobody says."""
FORMATS: Final = (
    *("AVIF", "BMP", "DDS", "DIB", "GIF", "ICO", "JPEG", "JPEG2000", "PCX", "PNG", "PPM", "QOI", "SGI", "TGA"),
    *("TIFF", "WEBP"),
)
"""Formats of Pillow that are read: images of pixels that Pillow decodes itself, with no other program."""
UNREADABLE: Final = (
    *(OSError, ValueError, TypeError, KeyError, IndexError, SyntaxError, EOFError, OverflowError, MemoryError),
    *(NotImplementedError, struct.error, zlib.error, Image.DecompressionBombError),
)
"""What Pillow raises for files that are no images, or damaged."""
CHANGES_LOOK: Final = frozenset(
    {"exif", "xmp", "XML:com.adobe.xmp", "transparency", "icc_profile", "gamma", "chromaticity"}
)
"""What a file can say of its pixels that a browser follows and the decoded pixels do not show, or the reverse."""

_MARKS_OF_16: Final = {"PNG": (";16",), "TIFF": (";16",), "SGI": (";16",), "PPM": (";16", "65535")}
"""How Pillow calls raw pixels of 16 bits, by format."""
_PHOTOMETRIC: Final = 262
"""The tag of TIFF that says whether zero is black or white; Pillow follows it in pixels of 8 bits only."""
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns an image upright, by its orientation in EXIF."""


@dataclass(frozen=True, slots=True)
class Shades:
    """The pixels of a picture with more than 8 bits."""

    brightest: float
    """The greatest value among them."""
    is_clipped: bool
    """Whether some lie outside the scale, and were cut to it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image, decoded and upright.

    Attributes
    ----------
    image : PIL.Image.Image
        The first frame, in its own mode.
    scale : float or None
        The value of white that the format says, or that is taken if nobody says another; None where it is unknown.
    is_deep : bool
        Whether the scale is not said by the file: its pixels have more than 8 bits.
    is_cut : bool
        Whether Pillow has cut the pixels to their upper 8 bits already.
    is_negative : bool
        Whether zero is white, in pixels of more than 8 bits.
    has_frames : bool
        Whether there are further frames, which are not read.
    is_shown_alike : bool
        Whether a browser shows the file as it is decoded.
    """

    image: Image.Image
    scale: float | None = 255
    is_deep: bool = False
    is_cut: bool = False
    is_negative: bool = False
    has_frames: bool = False
    is_shown_alike: bool = False

    @classmethod
    def read(cls, data: bytes, *, side: int | None = None) -> "Picture":
        """Decode an image file, with `side` perhaps smaller, but with no side shorter than that.

        Raises
        ------
        Exception
            One of `UNREADABLE`, if it is no image, or a damaged one.
        """
        image = Image.open(io.BytesIO(data), formats=readable_formats())
        full_size = image.size
        if side:
            image.draft("RGB", (side, side))
        picture = cls.of(image)
        return picture if image.size == full_size else replace(picture, is_shown_alike=False)

    @classmethod
    def of(cls, image: Image.Image) -> "Picture":
        """Decode an image that is open already."""
        raw, name = str(getattr(image, "tile", "")), image.format or ""
        has_frames = name != "MPO" and getattr(image, "n_frames", 1) > 1
        image.load()
        is_alike = not has_frames and image.mode in {"1", "L", "P", "RGB"} and not CHANGES_LOOK & image.info.keys()
        is_cut = not image.mode.startswith(("I", "F")) and any(mark in raw for mark in _MARKS_OF_16.get(name, ()))
        is_negative = name == "TIFF" and getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == 0
        scale = _scale(image, raw)
        return cls(_upright(image), *scale, is_cut, is_negative, has_frames, is_alike and not is_cut)

    def with_8_bits(self, white: White = None) -> tuple[Image.Image, Shades | None]:
        """Return the image in grey or RGB with 8 bits, on white, and of one with more bits what was done to these.

        Raises
        ------
        ValueError
            If its pixels are numbers without a scale, or not finite.
        """
        if self.is_cut:
            return self._with_upper_bits(white)
        if self.scale == 255:
            return _on_white(self.image), None
        white = white if self.is_deep and white is not None else self.scale
        if white is None:
            kind = "floating-point" if self.image.mode == "F" else "whole"
            raise ValueError(f"its pixels are {kind} numbers of unknown scale: say which is white with --white")
        values = np.asarray(self.image)
        if not np.isfinite(values).all():
            raise ValueError("its pixels hold NaN or infinity")
        low, high = float(values.min()), float(values.max())
        top = high if white == "auto" else white
        shades = Shades(high, low < 0 or high > top) if self.is_deep else None
        if top == FULL_SCALE and low >= 0 and values.dtype.kind != "f":
            grey = np.minimum(values, FULL_SCALE) >> 8
        else:
            grey = np.clip(np.rint(values * (255 / (top if top > 0 else 1.0))), 0, 255)
        return Image.fromarray((255 - grey if self.is_negative else grey).astype(np.uint8)), shades

    def _with_upper_bits(self, white: White) -> tuple[Image.Image, Shades]:
        if white not in (None, FULL_SCALE):
            raise ValueError(
                "its colours have 16 bits, of which only the upper 8 are read, and --white needs all: save it with 8"
                " bits, or each colour as an image of its own"
            )
        extremes = np.ravel(self.image.getextrema())
        return _on_white(self.image), Shades(float(256 * extremes.max() + 255), is_clipped=False)


def as_rgb(image: Image.Image) -> Image.Image:
    """Return an image of any mode in RGB: grey in all channels, palettes and CMYK by colour, 16 bits by the upper 8.

    Transparent pixels are white.

    Raises
    ------
    ValueError
        If its pixels are numbers without a scale.
    """
    return Picture.of(image).with_8_bits()[0].convert("RGB")


@cache
def readable_formats() -> tuple[str, ...]:
    """Return those of `FORMATS` that the installed Pillow has."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _on_white(image: Image.Image) -> Image.Image:
    """Return an image of 8 bits as grey or RGB, without what else its file says."""
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    image = image.convert("L" if image.mode in {"1", "L"} else "RGB")
    image.info = {}
    return image


def _upright(image: Image.Image) -> Image.Image:
    """Return an image as its EXIF says that it is to be seen; one whose EXIF cannot be read is left as it is."""
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except UNREADABLE:
        turn = None
    if turn is None:
        return image
    image = image.transpose(turn)
    image.info = {name: value for name, value in image.info.items() if name not in {"exif", "xmp", "XML:com.adobe.xmp"}}
    return image


def _scale(image: Image.Image, raw: str) -> tuple[float | None, bool]:
    """Return the value of white in an image whose pixels are stored as `raw`, and whether the file leaves it open."""
    if not image.mode.startswith(("I", "F")):
        return 255, False
    if "I;12" in raw:
        return 4_095, False
    if image.format == "PPM" and image.mode == "I" and ";16" not in raw:
        return FULL_SCALE, False  # Pillow has brought them to it from the scale that the file says
    has_16_bits = image.mode.startswith("I;16") or ("I;16" in raw and "I;16S" not in raw and "I;16BS" not in raw)
    return FULL_SCALE if has_16_bits else None, True


def stack(items: Sequence[Any]) -> Any:
    """Return arrays or tensors of one shape as one batch.

    Raises
    ------
    InvalidInput
        If their shapes differ.
    """
    sizes = {tuple(item.shape) for item in items}
    if len(sizes) > 1:
        examples = " and ".join("x".join(map(str, size)) for size in sorted(sizes)[:2])
        raise InvalidInput(f"the inputs have different sizes ({examples}): bring them to one with --size")
    if isinstance(items[0], np.ndarray):
        return np.stack(list(items))
    import torch

    return torch.stack(list(items))
