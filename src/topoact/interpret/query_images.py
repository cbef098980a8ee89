"""Image files that a user brings, checked and prepared for the network of a study: `check_file`, `prepare_image`."""

import io
import warnings
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from topoact.errors import InvalidInput
from topoact.extract.loader import decode
from topoact.inputs.records import Record
from topoact.interpret.study_network import StudyNetwork
from topoact.networks.pixels import UNREADABLE, readable_formats
from topoact.networks.preprocessing import Preprocessing
from topoact.study.thumbnails import Thumbnail

MAX_IMAGE_BYTES: Final = 50_000_000
MAX_PIXELS: Final = 80_000_000
"""Pixels of an image: a small file can hold an image that fills the memory."""
MAX_PIXELS_AT_OWN_SIZE: Final = 4_000_000
"""Pixels of an image that is not made smaller before the network."""


class QueryImage(NamedTuple):
    """An image as a network takes it."""

    prepared: Any
    """An array or a tensor, one input of a batch."""
    thumbnail: Thumbnail | None
    notices: Sequence[str] = ()
    """Sentences on what was done to the image that was not done to those of the study."""


def check_file(size: int) -> None:
    """Refuse a file that is too large, before it is read.

    Raises
    ------
    InvalidInput
        If `size`, in bytes, is more than `MAX_IMAGE_BYTES`.
    """
    if size > MAX_IMAGE_BYTES:
        raise InvalidInput(f"an image may have {MAX_IMAGE_BYTES / 1e6:.0f} MB: this file has {size / 1e6:.0f}")


def prepare_image(file: bytes, study_network: StudyNetwork) -> QueryImage:
    """Return an image prepared as the images of the study were.

    Where these were taken at their own size, the image is brought to the size of the study's inputs if they have one;
    where the study was made of tensors, the image becomes a tensor from 0 to 1.

    Parameters
    ----------
    file
        The bytes of an image file.
    study_network
        The network of the study, with its preprocessing.

    Returns
    -------
    QueryImage
        The input of the network, with a thumbnail.

    Raises
    ------
    InvalidInput
        If the file is no image, cannot be read or is too large, or an image cannot become an input of the network.
    """
    check_file(len(file))
    n_pixels = _count_pixels(file)
    preprocessing, shape = study_network.preprocessing, study_network.shape
    if preprocessing and (preprocessing.size or preprocessing.transform):
        return QueryImage(*_decoded(file, preprocessing))
    if shape is None and n_pixels > MAX_PIXELS_AT_OWN_SIZE:
        allowed = (
            f"this network takes images as they are, and one may have {MAX_PIXELS_AT_OWN_SIZE / 1e6:.0f} megapixels"
        )
        raise InvalidInput(f"{allowed}: this one has {n_pixels / 1e6:.0f}, make it smaller")
    pixels, thumbnail = _decoded(file, Preprocessing(white=preprocessing.white if preprocessing else None))
    pixels, notices = _resized(pixels, shape)
    if preprocessing:
        return QueryImage(pixels, thumbnail, notices)
    tensor, notice = _as_tensor(pixels, shape)
    return QueryImage(tensor, thumbnail, [*notices, notice])


def _count_pixels(file: bytes) -> int:
    """Return how many pixels an image has, from its header alone, and refuse too many."""
    allowed = f"an image may have {MAX_PIXELS / 1e6:.0f} megapixels"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            width, height = Image.open(io.BytesIO(file), formats=readable_formats()).size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InvalidInput(f"{allowed}: this one has many more") from None
    except UNREADABLE:
        raise InvalidInput("this is no image, or of a kind that is not known: give a JPEG, PNG or WebP file") from None
    n_pixels = width * height
    if n_pixels > MAX_PIXELS:
        raise InvalidInput(f"{allowed}: this one has {n_pixels / 1e6:.0f}")
    return n_pixels


def _decoded(file: bytes, preprocessing: Preprocessing) -> tuple[Any, Thumbnail | None]:
    decoded = decode(Record(0, "the image", None, file), preprocessing)
    if decoded.prepared is None:
        raise InvalidInput(f"the image cannot be read: {decoded.reason}")
    return decoded.prepared, decoded.thumbnail


def _resized(pixels: NDArray[np.uint8], shape: tuple[int, ...] | None) -> tuple[NDArray[np.uint8], list[str]]:
    """Return pixels at the size of the study's inputs, where they have one, and what was done to them."""
    if not shape or len(shape) != 3 or pixels.shape[:2] == shape[1:]:
        return pixels, []
    height, width = shape[1:]
    image = ImageOps.fit(Image.fromarray(pixels), (width, height), Image.Resampling.BILINEAR)
    return np.asarray(image), [f"the image was brought to {width} x {height} pixels, the size of the study's inputs"]


def _as_tensor(pixels: NDArray[np.uint8], shape: tuple[int, ...] | None) -> tuple[NDArray[np.float32], str]:
    """Return pixels from 0 to 1, as the study's tensors are assumed to be, and what was done to them."""
    if shape is None or len(shape) != 3 or shape[0] not in {1, 3}:
        known = "unknown shape" if shape is None else f"shape {'x'.join(map(str, shape))}"
        raise InvalidInput(f"the study was made of tensors of {known}: no image can be brought to it")
    if shape[0] == 1:
        pixels = np.asarray(Image.fromarray(pixels).convert("L"))[..., None]
    tensor = np.moveaxis(pixels, -1, 0).astype(np.float32) / np.float32(255)
    colours = "grey" if shape[0] == 1 else "RGB"
    return tensor, f"the study was made of tensors: the image became one, {colours}, 0 to 1"
