"""`Preprocessing`: from images to the input of a network, by options or a transform; recorded in the study."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from topoact.errors import InvalidInput
from topoact.networks.pixels import White, as_rgb, stack
from topoact.networks.specs import call, code_digest, load_object, located
from topoact.study.files import digest

PROCESSOR = "hf:"
"""Prefix of a transform that is the image processor of a model for transformers."""
PROCESSOR_FILES = ("preprocessor_config.json", "processor_config.json")


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From images to the input of a network.

    Without any option: RGB, 0-1, at the image's own size.

    Raises
    ------
    InvalidInput
        If a value is out of range, or a transform stands beside what it replaces.

    Examples
    --------
    >>> from topoact.extract import Preprocessing
    >>> Preprocessing(size=32, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)).describe()
    'RGB 0-1, short side to 32 px, centre 32 x 32, mean 0.485, 0.456, 0.406, std 0.229, 0.224, 0.225'
    """

    size: int | None = None
    """Side of the centre square that is cropped, in pixels; the short side is first scaled to it (bilinear)."""
    mean: tuple[float, ...] | None = None
    """Subtracted from the 0-1 RGB values, by channel."""
    std: tuple[float, ...] | None = None
    """Divisor of the differences, by channel."""
    transform: str | None = None
    """``file.py:callable`` from a PIL image to a tensor, instead of the options above."""
    code: str | None = None
    """Digest of the transform's file, computed if it is None."""
    resize: int | None = None
    """Length to which the short side is scaled before the square of `size` is cropped; by default `size`."""
    squash: bool = False
    """Whether both sides are scaled to that length, which changes the proportions of the image."""
    interpolation: str = "bilinear"
    """As Pillow names it: bilinear, bicubic, …"""
    said_by: str | None = None
    """Source of the options if it is not the user, such as a library."""
    white: White = None
    """The value of white in images of more than 8 bits, or "auto" for the brightest pixel of each.

    By default 65,535 in those of 16 bits, and images of 32 bits or floating-point numbers are not taken.
    """

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 1:
            raise InvalidInput(f"--size must be 1 or more: got {self.size}")
        if self.interpolation.upper() not in Image.Resampling.__members__:
            raise InvalidInput(f"there is no interpolation {self.interpolation!r}: choose bilinear, bicubic or another")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values is not None and len(values) != 3:
                raise InvalidInput(f"--{name} needs 3 numbers, one for each of red, green and blue: got {len(values)}")
        if self.std is not None and min(self.std) <= 0:
            raise InvalidInput(f"--std must be positive: got {min(self.std):g}")
        if self.white not in (None, "auto") and not (isinstance(self.white, int | float) and 0 < self.white < inf):
            raise InvalidInput(f"--white must be a positive number, or auto: got {self.white!r}")
        if self.transform and (self.size or self.mean or self.std):
            raise InvalidInput("--transform prepares the whole input: leave out --size, --mean and --std")
        if self.transform and not self.code:
            object.__setattr__(self, "transform", located(self.transform))
            object.__setattr__(self, "code", _digest(self.transform))

    def record(self) -> dict[str, Any]:
        """Return the preprocessing as JSON, from which `from_record` restores it."""
        record = {**asdict(self), "description": self.describe()}
        return {name: value for name, value in record.items() if name != "white" or value is not None}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Preprocessing":
        """Return the preprocessing that a study's manifest records.

        Raises
        ------
        InvalidInput
            If the file of the transform has changed.
        """
        transform = record.get("transform")
        if transform and record.get("code") != _digest(transform):
            raise InvalidInput(f"the transform {transform} is not the one that made the study: its file has changed")
        known = {field.name: record[field.name] for field in fields(cls) if field.name in record}
        for name in ("mean", "std"):
            known[name] = tuple(known[name]) if known.get(name) else None
        return cls(**known)

    def completed(self, default: "Preprocessing | None") -> "Preprocessing":
        """Return this with the options that the user did not set from the network's default preprocessing."""
        if default is None or self.transform:
            return self
        if default.transform:
            return replace(default, white=self.white) if self == Preprocessing(white=self.white) else self
        chosen = {
            name: value for name in ("size", "mean", "std", "white") if (value := getattr(self, name)) is not None
        }
        said_by = f"{', '.join(chosen)} from the user, the rest {default.said_by}"
        changed = replace(default, **chosen, said_by=said_by)
        return replace(changed, resize=None) if self.size else changed

    @property
    def has_own_transform(self) -> bool:
        """Whether the user's own function prepares the images."""
        return bool(self.transform and not self.transform.startswith(PROCESSOR))

    @property
    def shape(self) -> tuple[int, ...] | None:
        """Shape of one prepared image, if it is the same for all."""
        if self.transform:
            return tuple(self.prepare(Image.new("RGB", (256, 256))).shape)
        return (3, self.size, self.size) if self.size else None

    def describe(self) -> str:
        """Describe it for people.

        Returns
        -------
        str
            One line.
        """
        white = f", white {self.white if isinstance(self.white, str) else f'{self.white:g}'}" if self.white else ""
        if self.transform:
            return f"{'' if self.has_own_transform else 'the image processor of '}{self.transform}{white}"
        mean = f", mean {', '.join(f'{v:g}' for v in self.mean)}" if self.mean else ""
        std = f", std {', '.join(f'{v:g}' for v in self.std)}" if self.std else ""
        source = f" ({self.said_by})" if self.said_by else ""
        return f"RGB 0-1, {self._describe_size()}{mean}{std}{white}{source}"

    def _describe_size(self) -> str:
        if not self.size:
            return "own size"
        sides = "both sides" if self.squash else "short side"
        method = "" if self.interpolation == "bilinear" else f" ({self.interpolation})"
        return f"{sides} to {self.resize or self.size} px{method}, centre {self.size} x {self.size}"

    def prepare(self, image: Image.Image) -> Any:
        """Return one image as uint8 of shape (H, W, 3), or the tensor of the transform."""
        if self.transform:
            return call(lambda: _transform(self.transform)(image), spec=self.transform, kind="transform")
        return np.asarray(self._centre_square(as_rgb(image)))

    def collate(self, prepared: Sequence[Any]) -> Any:
        """Return a batch of prepared images, (B, 3, H, W) in float32, or of the transform's tensors.

        Raises
        ------
        InvalidInput
            If the images have different sizes.
        """
        batch = stack(prepared)
        return batch if self.transform else self._standardise(batch)

    def _standardise(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        batch = np.ascontiguousarray(np.moveaxis(images, -1, 1), dtype=np.float32)
        batch /= 255
        if self.mean:
            batch -= np.array(self.mean, np.float32)[:, None, None]
        if self.std:
            batch /= np.array(self.std, np.float32)[:, None, None]
        return batch

    def _centre_square(self, image: Image.Image) -> Image.Image:
        if not self.size:
            return image
        side, short = self.resize or self.size, min(image.size)
        scaled = [side if old == short or self.squash else int(side * old / short) for old in image.size]
        width, height = scaled
        if (width, height) != image.size:
            image = image.resize((width, height), Image.Resampling[self.interpolation.upper()])
        left, top = round((width - self.size) / 2), round((height - self.size) / 2)
        return image.crop((left, top, left + self.size, top + self.size))


def _digest(transform: str) -> str | None:
    """Return the digest of the file that defines a transform; None if there is no such file."""
    folder = Path(transform.removeprefix(PROCESSOR))
    if not transform.startswith(PROCESSOR):
        return code_digest(transform)
    files = [file for name in PROCESSOR_FILES if (file := folder / name).is_file()]
    return digest([file.read_text("utf-8") for file in files]) if files else None


@lru_cache(maxsize=8)
def _transform(spec: str) -> Any:
    if spec.startswith(PROCESSOR):
        from topoact.networks.huggingface import image_processor

        return image_processor(spec.removeprefix(PROCESSOR))
    return load_object(spec, kind="transform")
