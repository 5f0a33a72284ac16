"""How far a segment lies from the rest, and how sure that is: also where a segment is small or something never happened in it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cemlab.stats.intervals import Floats
from cemlab.stats.jackknife import FEWEST, Errors
from cemlab.stats.segments.sums import Sums, mean_of, quotient

SAFE = (
    "A segment is never taken to vary less than customers within segments do on average, and shares have exact limits"
    " (Clopper–Pearson), so that something that never happened in a small segment does not look certain."
)
HALVINGS = 40
SMALLEST = 1e-15
"""p-values end here."""


def standardised(sums: Floats) -> Floats:
    """Return the distance of each class from the rest in standard deviations of all.

    (mean − mean of the rest)/sd.

    Parameters
    ----------
    sums : numpy.ndarray, shape (..., classes, 3)
        n, sum and sum of squares by class.

    Returns
    -------
    numpy.ndarray, shape (..., classes)
        NaN without a rest or without variation.
    """
    return quotient(mean_of(sums) - mean_of(rest_of(sums)), np.sqrt(spread_of(sums))[..., None])


def rest_of(sums: Floats) -> Floats:
    """Return the sums of all other classes.

    Parameters
    ----------
    sums : numpy.ndarray, shape (..., classes, columns)
        By class.

    Returns
    -------
    numpy.ndarray
        In the same shape.
    """
    return np.asarray(sums.sum(axis=-2, keepdims=True) - sums)


def spread_of(sums: Floats) -> Floats:
    """Return the variance of one customer, over all classes.

    Parameters
    ----------
    sums : numpy.ndarray, shape (..., classes, 3)
        n, sum and sum of squares by class.

    Returns
    -------
    numpy.ndarray, shape (...,)
        At least 0.
    """
    whole = sums.sum(axis=-2)
    return np.asarray((quotient(whole[..., 2], whole[..., 0]) - mean_of(whole) ** 2).clip(min=0))


def eta_squared(sums: Floats) -> Floats:
    """Return the share of an outcome's variation that lies between classes.

    Parameters
    ----------
    sums : numpy.ndarray, shape (..., classes, 3)
        n, sum and sum of squares by class.

    Returns
    -------
    numpy.ndarray, shape (...,)
        NaN without variation.
    """
    n, whole = sums[..., 0], mean_of(sums.sum(axis=-2))
    # A class without a value adds nothing: its mean is unknown and its n is 0.
    between = np.where(n > 0, n * (mean_of(sums) - whole[..., None]) ** 2, 0.0).sum(axis=-1)
    return quotient(quotient(between, n.sum(axis=-1)), spread_of(sums))


def gaps(sums: Sums, *, level: float) -> pd.DataFrame:
    """Return each class's standardised distance from the rest, with its interval and the test that inverts it.

    std_error = max(jackknife, √((1 − η²)·(1/n + 1/n of the rest))), the second being that of equal spread
    within classes; t with the degrees of freedom of the smaller side's replicate groups. Shares of groups
    without classification error: d ∓ √((p − l)² + (u′ − p′)²) with the Clopper–Pearson limits l, u of both
    sides on n* = min(n, p(1 − p)/V). The p-value is 1 less the level at which the interval reaches 0.

    Parameters
    ----------
    sums : Sums
        n, sum and sum of squares by class.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        One row per class: ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``p_value``; no interval where
        either side has fewer than 10 customers with a value, or 10 replicate groups that hold them.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions: comparison
    of eleven methods. Statistics in Medicine, 17(8), 873–890.
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I Clopper, C. J., & Pearson, E. S.
    (1934). The use of confidence or fiducial limits illustrated in the case of the binomial. Biometrika, 26(4),
    404–413. doi:10.1093/biomet/26.4.404
    """
    distance, found = standardised(sums.full), sums.errors_against_rest(standardised(sums.without))
    own, rest = sums.n_eff, sums.n_eff_rest
    pooled = np.sqrt((1 - eta_squared(sums.full).clip(0, 1)) * (quotient(np.ones(1), own) + quotient(np.ones(1), rest)))
    known = np.isfinite(found.std_error) & (np.minimum(own, rest) >= FEWEST)
    errors = Errors(np.where(known, np.maximum(found.std_error, pooled), np.nan), np.where(known, found.df, np.nan))
    if sums.are_shares:
        low, high, p_value = (np.where(known, each, np.nan) for each in _of_shares(sums, level=level))
    else:
        low, high = errors.limits(distance, level=level)
        p_value = errors.p_values(distance)
    return pd.DataFrame(
        {"estimate": distance, "std_error": errors.std_error, "ci_low": low, "ci_high": high, "p_value": p_value}
    )


def _of_shares(sums: Sums, *, level: float) -> tuple[Floats, Floats, Floats]:
    """Limits of the standardised difference of shares, and the p-value of no difference."""
    sides = [_side(sums.full, sums.without, sums), _side(rest_of(sums.full), rest_of(sums.without), sums)]
    spread = np.sqrt(spread_of(sums.full))
    low, high = (quotient(each, spread) for each in _limits(sides, np.full(len(sums.full), 1 - level)))
    upper, lower = np.zeros(len(sums.full)), np.full(len(sums.full), np.log(SMALLEST))
    for _ in range(HALVINGS):
        middle = (lower + upper) / 2
        below, above = _limits(sides, np.exp(middle))
        holds = (below <= 0) & (above >= 0)
        lower, upper = np.where(holds, middle, lower), np.where(holds, upper, middle)
    return low, high, np.exp(lower)


def _side(full: Floats, without: Floats, sums: Sums) -> tuple[Floats, Floats]:
    """Shares, and how many customers each is worth."""
    share, error = mean_of(full), sums.errors(mean_of(without)).std_error
    n = full[:, 0]
    worth = np.divide(share * (1 - share), error**2, out=np.full(len(n), np.inf), where=error > 0)
    return share, np.where(worth > 0, np.minimum(n, worth), n)


def _limits(sides: list[tuple[Floats, Floats]], alpha: Floats) -> tuple[Floats, Floats]:
    """Limits of a difference of two shares from those of each (method of variance estimates recovery)."""
    from scipy.special import betaincinv

    ends = []
    for share, n in sides:
        hits, misses = share * n, (1 - share) * n
        low, high = (
            np.where(some > 0, betaincinv(np.where(some > 0, some, 1.0), others + 1, alpha / 2), 0.0)
            for some, others in ((hits, misses), (misses, hits))
        )
        ends.append((low, 1 - high))
    (own, _), (rest, _) = sides
    (low, high), (rest_low, rest_high) = ends
    gap = own - rest
    return gap - np.hypot(own - low, rest_high - rest), gap + np.hypot(high - own, rest - rest_low)
