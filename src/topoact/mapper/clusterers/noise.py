"""`noise_level`: the prominence that modes of structureless points reach, the unit of prominence in `Modes`."""

from math import log, sqrt


def noise_level(n_points: int, averaged: float) -> float:
    """Return the prominence, in nats, that a second mode of structureless points rarely exceeds.

    The logarithm of a density that averages over m points has a standard deviation of about 1/√m, and n points have n/m
    neighbourhoods in which it is independent; the highest of so many chance summits rises with the logarithm of their
    number. So the level is (5 + log(n/m)) / √m. The 5 is chosen by simulation (``python -m benchmarks.noise``): noisy
    discs, which have the most modes by chance, reach about 1 level; uniform and Gaussian points 0.6 in one dimension
    and 0.5 or less in more.

    Parameters
    ----------
    n_points
        Points of the interval.
    averaged
        Number of points over which the density at a point averages, m.

    Returns
    -------
    float
        The level, in nats of log density.

    Examples
    --------
    >>> from topoact.mapper import noise_level
    >>> round(noise_level(1000, 45), 2), round(noise_level(1000, 230), 2)
    (1.21, 0.43)
    """
    return (5 + log(max(n_points / averaged, 1.0))) / sqrt(averaged)
