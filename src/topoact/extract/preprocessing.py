"""What is done to an image before the network sees it: said by the user, kept in the study, applied again later."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from topoact.errors import InvalidInput
from topoact.extract.specs import call, code_digest, load_object, located

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From images to the input of a network.

    Without any option: RGB, 0-1, at the image's own size.
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

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 1:
            raise InvalidInput(f"--size must be 1 or more: got {self.size}")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values is not None and len(values) != 3:
                raise InvalidInput(f"--{name} needs 3 numbers, one for each of red, green and blue: got {len(values)}")
        if self.std is not None and min(self.std) <= 0:
            raise InvalidInput(f"--std must be positive: got {min(self.std):g}")
        if self.transform and (self.size or self.mean or self.std):
            raise InvalidInput("--transform prepares the whole input: leave out --size, --mean and --std")
        if self.transform and not self.code:
            object.__setattr__(self, "transform", located(self.transform))
            object.__setattr__(self, "code", code_digest(self.transform))

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
        if transform and record.get("code") != code_digest(transform):
            raise InvalidInput(f"the transform {transform} is not the one that made the study: its file has changed")
        mean, std = (tuple(record[name]) if record.get(name) else None for name in ("mean", "std"))
        return cls(record.get("size"), mean, std, transform, record.get("code"))

    def describe(self) -> str:
        """Return one line for people."""
        if self.transform:
            return self.transform
        size = f"short side to {self.size} px, centre {self.size} x {self.size}" if self.size else "own size"
        mean = f", mean {', '.join(f'{v:g}' for v in self.mean)}" if self.mean else ""
        std = f", std {', '.join(f'{v:g}' for v in self.std)}" if self.std else ""
        return f"RGB 0-1, {size}{mean}{std}"

    def prepare(self, image: Image.Image) -> Any:
        """Return one image as bytes (H, W, 3), or as the tensor that the transform makes of it."""
        if self.transform:
            return call(lambda: _transform(self.transform)(image), spec=self.transform, kind="transform")
        image = image.convert("RGB")
        return np.asarray(_centre_square(image, self.size) if self.size else image)

    def collate(self, prepared: Sequence[Any]) -> "torch.Tensor":
        """Return a batch of what `prepare` gives, as float32: (B, 3, H, W) unless the transform says otherwise.

        Raises
        ------
        InvalidInput
            If the images have different sizes.
        """
        import torch

        sizes = {tuple(item.shape) for item in prepared}
        if len(sizes) > 1:
            said = " and ".join("x".join(map(str, size)) for size in sorted(sizes)[:2])
            raise InvalidInput(f"the inputs have different sizes ({said}): bring them to one with --size")
        if isinstance(prepared[0], torch.Tensor):
            return torch.stack(list(prepared))
        batch = torch.from_numpy(np.stack(prepared)).permute(0, 3, 1, 2).contiguous().float().div_(255)
        return self._standardise(batch)

    def _standardise(self, batch: "torch.Tensor") -> "torch.Tensor":
        if self.mean:
            batch.sub_(batch.new_tensor(self.mean)[:, None, None])
        if self.std:
            batch.div_(batch.new_tensor(self.std)[:, None, None])
        return batch


def _centre_square(image: Image.Image, size: int) -> Image.Image:
    short = min(image.size)
    width, height = (size if side == short else int(size * side / short) for side in image.size)
    if (width, height) != image.size:
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    left, top = round((width - size) / 2), round((height - size) / 2)
    return image.crop((left, top, left + size, top + size))


@lru_cache(maxsize=8)
def _transform(spec: str) -> Any:
    return load_object(spec, kind="transform")
