"""What is done to an image before the network sees it: said by the user, kept in the study, applied again later."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from topoact.errors import InvalidInput
from topoact.networks.pixels import as_rgb, stack
from topoact.networks.specs import (
    call,
    code_digest,
    load_object,
    located,
)
from topoact.study.files import digest

PROCESSOR = "hf:"
"""A transform so called is the image processor of a model for transformers."""

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
    """The short side is brought to so many pixels (bilinear), then the centre square is cut out."""
    mean: tuple[float, ...] | None = None
    """Taken from the 0-1 RGB values, by channel."""
    std: tuple[float, ...] | None = None
    """Divides what is left, by channel."""
    transform: str | None = None
    """``file.py:callable`` that makes a tensor of a PIL image; instead of all the above."""
    code: str | None = None
    """Digest of the transform's file, filled in."""
    resize: int | None = None
    """The short side is brought to so many pixels instead, before the square of `size` is cut out."""
    squash: bool = False
    """Both sides are brought to that, whatever the image's proportions."""
    interpolation: str = "bilinear"
    """As Pillow names it: bilinear, bicubic, …"""
    said_by: str | None = None
    """Whose knowledge this is, where it is not the user's."""

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
        if self.transform and (self.size or self.mean or self.std):
            raise InvalidInput("--transform prepares the whole input: leave out --size, --mean and --std")
        if self.transform and not self.code:
            object.__setattr__(self, "transform", located(self.transform))
            object.__setattr__(self, "code", _digest(self.transform))

    def record(self) -> dict[str, Any]:
        """Return what `from_record` rebuilds this from, as JSON."""
        return {**asdict(self), "description": self.describe()}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Preprocessing":
        """Rebuild the preprocessing that a study's manifest records.

        Raises
        ------
        InvalidInput
            If the file of the transform is not what it was.
        """
        transform = record.get("transform")
        if transform and record.get("code") != _digest(transform):
            raise InvalidInput(f"the transform {transform} is not the one that made the study: its file has changed")
        known = {field.name: record[field.name] for field in fields(cls) if field.name in record}
        for name in ("mean", "std"):
            known[name] = tuple(known[name]) if known.get(name) else None
        return cls(**known)

    def completed(self, own: "Preprocessing | None") -> "Preprocessing":
        """Return this with what the network's own preprocessing says of all that the user leaves open."""
        if own is None or own.transform or self.transform:
            return self
        said = {name: value for name in ("size", "mean", "std") if (value := getattr(self, name)) is not None}
        changed = replace(own, **said, said_by=f"{', '.join(said)} from the user, the rest {own.said_by}")
        return replace(changed, resize=None) if self.size else changed

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
        if self.transform:
            is_processor = self.transform.startswith(PROCESSOR)
            return f"the image processor of {self.transform}" if is_processor else self.transform
        mean = f", mean {', '.join(f'{v:g}' for v in self.mean)}" if self.mean else ""
        std = f", std {', '.join(f'{v:g}' for v in self.std)}" if self.std else ""
        who = f" ({self.said_by})" if self.said_by else ""
        return f"RGB 0-1, {self._describe_size()}{mean}{std}{who}"

    def _describe_size(self) -> str:
        if not self.size:
            return "own size"
        sides = "both sides" if self.squash else "short side"
        how = "" if self.interpolation == "bilinear" else f" ({self.interpolation})"
        return f"{sides} to {self.resize or self.size} px{how}, centre {self.size} x {self.size}"

    def prepare(self, image: Image.Image) -> Any:
        """Return one image as bytes (H, W, 3), or as the tensor that the transform makes of it."""
        if self.transform:
            return call(lambda: _transform(self.transform)(image), spec=self.transform, kind="transform")
        return np.asarray(self._centre_square(as_rgb(image)))

    def collate(self, prepared: Sequence[Any]) -> Any:
        """Return a batch of what `prepare` gives, (B, 3, H, W) in float32, or of the transform's tensors.

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
    """Return the digest of the file that says what a transform does; None where that is not known."""
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
