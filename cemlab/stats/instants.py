"""Times that differ by less than arithmetic can tell apart are one time."""

from __future__ import annotations

import numpy as np

from cemlab.stats.intervals import Floats

TOLERANCE = float(np.sqrt(np.finfo(float).eps))
"""As R's `all.equal`: half the digits of a number."""


def tied(*times: Floats, tolerance: float = TOLERANCE) -> tuple[Floats, ...]:
    """Return times of which those that differ by rounding alone are made equal: 0.1 + 0.2 is 0.3.

    Neighbours y < y′ are tied when y′ − y ≤ tolerance, or (y′ − y)/mean(|y|) ≤ tolerance, over the distinct
    times of all arrays together; each becomes the smallest of its ties. So does R's `survival`, whose option is
    called `timefix`.

    Parameters
    ----------
    *times : numpy.ndarray
        Times of one clock, such as starts and ends; not finite ones stay as they are.
    tolerance : float, default 1.49e-8
        Absolute and relative.

    Returns
    -------
    tuple of numpy.ndarray
        In the shapes of `times`.

    References
    ----------
    Therneau, T. (2024). A package for survival analysis in R: tied times. https://CRAN.R-project.org/package=survival

    Examples
    --------
    >>> import numpy as np
    >>> tied(np.array([0.3, 0.1 + 0.2, 1.0]))[0].tolist()
    [0.3, 0.3, 1.0]
    """
    whole = all((each == np.floor(each)).all() and (np.abs(each) < 1 / tolerance / 2).all() for each in times)
    if whole:
        return times
    known = np.unique(np.concatenate([each[np.isfinite(each)] for each in times]))
    step = np.diff(known)
    apart = (step > tolerance) & (step > tolerance * np.abs(known).mean())
    if apart.all():
        return times
    first = known[np.concatenate([[True], apart])]
    return tuple(_at(each, first) for each in times)


def _at(times: Floats, first: Floats) -> Floats:
    """The last of `first` that is not later than each time; a time that is not finite as it is."""
    place = np.searchsorted(first, times, side="right") - 1
    return np.asarray(np.where(np.isfinite(times), first[np.maximum(place, 0)], times), dtype=float)
