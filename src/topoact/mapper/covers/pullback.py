"""`pullback`: the points whose lens values lie in each interval or box."""

from collections.abc import Iterator

import numpy as np

from topoact.mapper.protocols import Intervals, LensValues, Rows


def ranges(ordered: LensValues, intervals: Intervals) -> tuple[Rows, Rows]:
    """Return where the points of each interval start and stop among the values of one lens in ascending order."""
    starts = np.searchsorted(ordered, intervals.lower, side="left")
    return starts, np.searchsorted(ordered, intervals.upper, side="right")


def pullback(lens: LensValues, intervals: Intervals) -> Iterator[Rows]:
    """Yield, interval by interval or box by box, the row numbers of the points whose lens values it holds, ascending.

    Parameters
    ----------
    lens
        Lens values, shape (n_points,) or (n_points, n_lenses).
    intervals
        What a cover returns for them.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> from topoact.mapper.covers.pullback import pullback
    >>> lens = np.array([3.0, 0.0, 1.0])
    >>> [rows.tolist() for rows in pullback(lens, topoact.UniformCover(2, 0.5).intervals(lens))]
    [[1, 2], [0, 2]]
    """
    columns, (lower, upper) = lens.reshape(len(lens), -1), (ends.reshape(len(ends), -1) for ends in intervals)
    order = np.argsort(columns[:, 0], kind="stable")
    others = columns[order, 1:]
    starts, stops = ranges(columns[order, 0], Intervals(lower[:, 0], upper[:, 0]))
    for start, stop, low, high in zip(starts, stops, lower[:, 1:], upper[:, 1:], strict=True):
        slab = others[start:stop]
        yield np.sort(order[start:stop][((slab >= low) & (slab <= high)).all(axis=1)])
