"""`find_sights`: what the positions of layers see of an image: receptive fields, and the places of tokens.

Everything is found in a few passes over one input, and proven in another: what lies outside a receptive field leaves
its position as it was. What cannot be proven is not said, and the layer counts as one whose positions see everything.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Final, TypeAlias

import numpy as np

from topoact.errors import ModelError
from topoact.networks.protocol import Network
from topoact.networks.stains import Pixels, Stained, fitted, inside, reach_of, stain_pixels, with_stain
from topoact.study.sight import Sight, Sights, Span, Tokens

Fields: TypeAlias = dict[str, tuple[Span, Span]]
"""Receptive fields along height and width, by layer."""

MIN_POSITIONS: Final = 4
"""Positions along an axis from which a receptive field is looked for: with fewer it takes most of the input."""
MAX_LEADING: Final = 8
"""Tokens without a place that may come before the others, such as a class token and registers."""
N_PATCHES: Final = 5
"""Patches that are altered to find the place of each token."""


def find_sights(network: Network, inputs: Any, layers: Sequence[str]) -> Sights:
    """Return what the positions of some layers see of the network's input.

    Parameters
    ----------
    network
        The network.
    inputs
        A batch of images, (B, C, H, W), as the network takes it.
    layers
        Names of layers, their axes as in `Network.tap`.

    Returns
    -------
    dict of str to Sight
        The layers that have positions. Without a `Sight.field` every position depends on the whole input, as behind
        attention, or nothing could be proven; without `Sight.tokens` positions in a row have no places.

    Notes
    -----
    It takes about as many passes as the largest stride of the layers has pixels, and 20 more, of one input each.
    """
    if getattr(inputs, "ndim", 0) != 4 or not layers:
        return {}
    aside = getattr(network, "aside", None)
    with aside(inputs) if aside else nullcontext():
        try:
            stained = Stained(network, inputs, layers)
            fields, tokens = _fields(stained, layers), _tokens(stained, layers)
        except ModelError:  # it runs on what it is made for, and on nothing else
            return {}
    return {name: Sight(fields.get(name), tokens.get(name)) for name in layers if len(stained.shape(name)) > 1}


def _fields(stained: Stained, layers: Sequence[str]) -> Fields:
    """Return the receptive fields of the layers of maps that could be found and proven."""
    height, width = stained.clean.shape[1:]
    shapes = {name: stained.shape(name) for name in layers}
    maps = {name: shape[1:] for name, shape in shapes.items() if len(shape) == 3 and min(shape[1:]) >= MIN_POSITIONS}
    if not maps:
        return {}
    stride = max(int(np.ceil(height / min(grid[0] for grid in maps.values()))), 1)
    rows, columns = stain_pixels(stained.clean, stride)
    reached = stained.reached([_spot(stained.clean, *place) for place in zip(rows, columns, strict=True)])
    found: Fields = {}
    for name, (n_rows, n_columns) in maps.items():
        down = fitted(reach_of(rows, reached[name], 0), n_rows, height)
        across = fitted(reach_of(columns, reached[name], 1), n_columns, width)
        if down and across:
            found[name] = (down, across)
    proven = _proven(stained, found, maps) if found else set()
    return {name: found[name] for name in found if name in proven}


def _spot(clean: Pixels, row: int, column: int) -> Pixels:
    where = np.zeros(clean.shape[1:], dtype=bool)
    where[row, column] = True
    return with_stain(clean, where)


def _proven(stained: Stained, found: Fields, maps: Mapping[str, tuple[int, ...]]) -> set[str]:
    """Return the layers of which two neighbouring positions do not change when all but their fields is stained."""
    middles = [(name, tuple(n // 2 - back for n in maps[name])) for name in found for back in (0, 1)]
    masks = [inside(found[name], position, stained.clean.shape[1:]) for name, position in middles]
    reached = stained.reached([with_stain(stained.clean, ~mask) for mask in masks])
    return set(found) - {name for i, (name, position) in enumerate(middles) if reached[name][i][position]}


def _tokens(stained: Stained, layers: Sequence[str]) -> dict[str, Tokens]:
    """Return the maps of the layers whose positions are in a row, where each token changes most with its own patch."""
    rows = {name: shape[0] for name in layers if len(shape := stained.shape(name)) == 2}
    found: dict[str, Tokens] = {}
    for n_tokens in sorted(set(rows.values())):
        names = [name for name, n in rows.items() if n == n_tokens]
        for tokens in _candidates(n_tokens, *stained.clean.shape[1:]):
            hits = _hits(stained, names, tokens)
            found |= {name: tokens for name in names if hits[name] and name not in found}
    return found


def _candidates(n_tokens: int, height: int, width: int) -> Iterator[Tokens]:
    """Yield the maps of whole patches that leave few tokens over, the fewest first."""
    for first in range(min(MAX_LEADING, n_tokens - MIN_POSITIONS) + 1):
        n_rows = round(((n_tokens - first) * height / width) ** 0.5)
        n_columns = (n_tokens - first) // max(n_rows, 1)
        whole = n_rows and n_columns and height % n_rows == 0 and width % n_columns == 0
        if whole and n_rows * n_columns == n_tokens - first:
            yield Tokens(first, (n_rows, n_columns))


def _hits(stained: Stained, names: Sequence[str], tokens: Tokens) -> dict[str, bool]:
    """Return for each layer whether altering a patch changes the token of its place most, for all patches tried."""
    n_rows, n_columns = tokens.grid
    height, width = (side // n for side, n in zip(stained.clean.shape[1:], tokens.grid, strict=True))
    rng = np.random.default_rng(0)
    patches = rng.choice(n_rows * n_columns, min(N_PATCHES, n_rows * n_columns), replace=False)
    altered = []
    for row, column in zip(*np.divmod(patches, n_columns), strict=True):
        image = stained.clean.copy()
        part = image[:, row * height : (row + 1) * height, column * width : (column + 1) * width]
        part[:] = -part + 2 * (stained.clean.std() or 1) * rng.standard_normal(part.shape)
        altered.append(image)
    outputs = stained.outputs(altered)
    expected = tokens.first + patches
    return {name: bool((_strongest(outputs[name], stained, name, tokens) == expected).all()) for name in names}


def _strongest(outputs: Any, stained: Stained, name: str, tokens: Tokens) -> Any:
    """Return which of the tokens that may have a place has changed most for each altered input."""
    change = np.linalg.norm(outputs - stained.output(name), axis=-1)
    return tokens.first + change[:, tokens.first :].argmax(1)
