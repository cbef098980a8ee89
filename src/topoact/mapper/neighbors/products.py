"""`TorchProducts`: products by torch, on a GPU or in bfloat16. Pairs that they leave in doubt are decided in float64.

The error bound, as in `tiles`: let δ be the largest relative error of a point by rounding its coordinates to the type,
measured. Then ``|x·y − x̂·ŷ| ≤ (2 δ + δ²) |x| |y|``; rounding the product to the type costs u (1 + δ)² |x| |y| more
(u = 2⁻⁸ for bfloat16), and sums are taken in float32, which κ of `tiles` allows for. So twice the product is off by at
most κ' (s_x + s_y) more, and κ' s is added to and taken from the norms.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from topoact.errors import InvalidInput
from topoact.mapper.neighbors._layout import WORD, Multiply

if TYPE_CHECKING:
    from topoact.mapper.neighbors._kernels.tiles import Tiles

Kind = Literal["float32", "bfloat16"]

ROUNDING: Final[dict[str, float]] = {"float32": 0.0, "bfloat16": 2.0**-8}
"""Relative error of rounding a product to the type."""
SIZES: Final[dict[str, int]] = {"float32": 4, "bfloat16": 2}
MARGIN: Final = 1.01
"""By which the error bound is enlarged."""
BLOCKS: Final = 256
"""Blocks whose rounding is measured at a time."""


@dataclass(frozen=True, slots=True)
class TorchProducts:
    """Let torch multiply, for `NeighborIndex` of data that are not sparse; the result is the same to the bit.

    Parameters
    ----------
    device
        As torch names it: ``"cpu"``, ``"cuda"``, ``"mps"``.
    dtype
        ``"bfloat16"`` leaves more pairs to be decided in float64, which costs less than it saves where the hardware
        has fast bfloat16 products; ``"float32"`` leaves as many as the products of this package.

    Raises
    ------
    InvalidInput
        If torch is missing, or the type or the device is unknown.

    Notes
    -----
    Memory: the coordinates once more on the device, in that type.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> cloud = np.random.default_rng(0).normal(size=(200, 8))
    >>> products = topoact.TorchProducts(device="cpu", dtype="float32")
    >>> topoact.NeighborIndex(cloud, eps=3.0, max_interval=0.5, products=products).graph(n_intervals=4).coverage
    0.98
    """

    device: str = "cpu"
    """As torch names it."""
    dtype: Kind = "bfloat16"
    """Type of the coordinates on the device."""

    def __post_init__(self) -> None:
        if self.dtype not in get_args(Kind):
            raise InvalidInput(f"dtype must be one of {', '.join(get_args(Kind))}: got {self.dtype!r}")
        torch = _torch()
        try:
            torch.zeros(1, device=self.device)
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise InvalidInput(f"torch cannot use the device {self.device!r}, choose another: {reason}") from None

    def host_bytes(self, shape: tuple[int, ...]) -> int:
        """Return the bytes of memory that points of a shape take, if the device has none of its own."""
        return -(-shape[0] // WORD) * WORD * shape[1] * SIZES[self.dtype] if self.device == "cpu" else 0

    @contextmanager
    def opened(self, tiles: "Tiles") -> Iterator[tuple[npt.NDArray[np.float32], Multiply]]:
        """Copy the points to the device; yield norms that allow for its rounding, and the product."""
        torch = _torch()
        rows = torch.empty(
            (len(tiles.tiles) * WORD, tiles.tiles.shape[1]), dtype=getattr(torch, self.dtype), device=self.device
        )
        error = _fill(rows, tiles.tiles)
        slack = MARGIN * (2 * error + error**2 + ROUNDING[self.dtype] * (1 + error) ** 2)

        def multiply(first: int, last: int, start: int, stop: int) -> npt.NDArray[np.float32]:
            if self.device == "cpu":
                torch.set_num_threads(1)  # as many pieces run side by side as there are cores
            left, right = rows[first * WORD : last * WORD], rows[start * WORD : stop * WORD]
            product: npt.NDArray[np.float32] = (left @ right.T).float().cpu().numpy()
            return product

        with _sums_in_float32(torch):
            yield _enlarged(tiles.norms, slack), multiply


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise InvalidInput("products by torch need PyTorch: pip install 'topoact[torch]'") from None
    return torch


def _fill(rows: Any, tiles: npt.NDArray[np.float32]) -> float:
    """Round the points of the tiles; return the largest error, relative to the length of its point."""
    torch, worst = _torch(), 0.0
    for first in range(0, len(tiles), BLOCKS):
        points = torch.from_numpy(tiles[first : first + BLOCKS]).transpose(1, 2).reshape(-1, tiles.shape[1])
        rounded = points.to(rows.dtype)
        rows[first * WORD : first * WORD + len(points)] = rounded
        error = torch.linalg.vector_norm((points - rounded.float()).double(), dim=1)
        length = torch.linalg.vector_norm(points.double(), dim=1)
        share = error / length
        known = share[(length > 0) & torch.isfinite(share)]  # a point that overflows has no norm and is never certain
        worst = max(worst, float(known.max()) if len(known) else 0.0)
    return worst


def _enlarged(norms: npt.NDArray[np.float32], slack: float) -> npt.NDArray[np.float32]:
    """Return norms that allow for a further error, as a share of the squared norms."""
    more, less = norms.astype(np.float64)
    with np.errstate(invalid="ignore"):  # infinite norms are padding
        added = slack * np.where(np.isinf(more), 0.0, (more + less) / 2)
    return np.stack([more + added, less - added]).astype(np.float32)


@contextmanager
def _sums_in_float32(torch: Any) -> Iterator[None]:
    """Forbid torch to round inside of products: to lesser types of float32, or in sums of bfloat16."""
    flags, n_threads, precision = (
        torch.backends.cuda.matmul,
        torch.get_num_threads(),
        torch.get_float32_matmul_precision(),
    )
    before = flags.allow_bf16_reduced_precision_reduction
    flags.allow_bf16_reduced_precision_reduction = False
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        flags.allow_bf16_reduced_precision_reduction = before
        torch.set_float32_matmul_precision(precision)
        torch.set_num_threads(n_threads)
