"""What all intervals share: their form, normal and Student quantiles, two-sided p-values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cemlab.core.errors import InsufficientDataError, ParameterError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Interval:
    """Estimates with their intervals, one per group.

    Attributes
    ----------
    estimate : numpy.ndarray
        What the interval is built around.
    std_error : numpy.ndarray
        Its standard error; NaN where the interval is not built from one.
    low, high : numpy.ndarray
        The limits, in the unit of `estimate`.
    """

    estimate: Floats
    std_error: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Difference(Interval):
    """Differences of two net scores, with the test that the interval inverts.

    Attributes
    ----------
    p_value : numpy.ndarray
        Two-sided; below 1 − level exactly where the interval leaves out 0.
    df : numpy.ndarray
        Degrees of freedom of the test; infinite on the normal law.
    """

    p_value: Floats
    df: Floats


def quantile(level: float, df: ArrayLike | None = None) -> Floats:
    """Return z such that a normal or Student value lies within ±z with probability `level`.

    z = Φ⁻¹((1 + level)/2), or t⁻¹ with `df` degrees of freedom.

    Parameters
    ----------
    level : float
        Confidence level, in (0, 1).
    df : array_like, optional
        Degrees of freedom; infinite is normal, NaN or below 1 gives NaN.

    Returns
    -------
    numpy.ndarray
        The two-sided quantile, in the shape of `df`.

    Raises
    ------
    ParameterError
        When `level` is not in (0, 1).

    Examples
    --------
    >>> float(quantile(0.95).round(6)), float(quantile(0.95, 10).round(6))
    (1.959964, 2.228139)
    """
    if not 0 < level < 1:
        raise ParameterError(f"`level` must be above 0 and below 1: {level!r} was given. Use 0.95 for 95 %.")
    normal = NormalDist().inv_cdf((1 + level) / 2)
    if df is None:
        return np.array(normal)
    freedom = np.asarray(df, dtype=float)
    known = np.isfinite(freedom) & (freedom >= 1)
    result = np.where(freedom == np.inf, normal, np.nan)
    if not known.any():
        return result
    from scipy.special import stdtrit

    result[known] = stdtrit(freedom[known], (1 + level) / 2)
    return result


def two_sided(z: ArrayLike, df: ArrayLike | None = None) -> Floats:
    """Return two-sided p-values.

    2·Φ(−|z|), or 2·T(−|z|) with `df` degrees of freedom.

    Parameters
    ----------
    z : array_like
        Estimates over their standard errors.
    df : array_like, optional
        Degrees of freedom; infinite is normal.

    Returns
    -------
    numpy.ndarray
        In the shape of `z`; NaN where `z` or `df` is.

    Examples
    --------
    >>> float(two_sided(1.959964).round(6)), float(two_sided(2.228139, 10).round(6))
    (0.05, 0.05)
    """
    return 2 * upper_tail(np.abs(np.asarray(z, dtype=float)), df)


def upper_tail(z: ArrayLike, df: ArrayLike | None = None) -> Floats:
    """Return the probability of a value above z.

    Φ(−z), or T(−z) with `df` degrees of freedom.

    Parameters
    ----------
    z : array_like
        Any values.
    df : array_like, optional
        Degrees of freedom; infinite is normal.

    Returns
    -------
    numpy.ndarray
        In the shape of `z`; NaN where `z` is, or `df` is unknown or below 1.

    Examples
    --------
    >>> upper_tail([1.959964, -1.959964]).round(6).tolist()
    [0.025, 0.975]
    """
    value = np.asarray(z, dtype=float)
    if df is None:
        return np.reshape([math.erfc(each / math.sqrt(2)) / 2 for each in value.ravel()], value.shape)
    from scipy.special import ndtr, stdtr

    freedom = np.broadcast_to(np.asarray(df, dtype=float), value.shape)
    student = stdtr(np.where(np.isfinite(freedom), freedom, 1.0), -value)
    return np.where(freedom == np.inf, ndtr(-value), np.where(freedom >= 1, student, np.nan))


def beyond(estimate: ArrayLike, std_error: ArrayLike, *, floor: float = 0.0, df: ArrayLike | None = None) -> Floats:
    """Return p-values of the hypothesis that a difference is no larger than a floor.

    H₀: |θ| ≤ f; p = Φ((f − |θ̂|)/se) + Φ((−f − |θ̂|)/se), or Student's law with `df` degrees of freedom. f = 0
    gives the two-sided test.

    Parameters
    ----------
    estimate : array_like
        Centres of the tests.
    std_error : array_like
        Their standard errors.
    floor : float, default 0
        f, in the unit of the estimates, at least 0.
    df : array_like, optional
        Degrees of freedom; infinite is normal.

    Returns
    -------
    numpy.ndarray
        In the shape of `estimate`; NaN where the standard error is not above 0.

    References
    ----------
    Schuirmann, D. J. (1987). A comparison of the two one-sided tests procedure and the power approach for assessing the
    equivalence of average bioavailability. Journal of Pharmacokinetics and Biopharmaceutics, 15(6), 657–680.
    doi:10.1007/BF01068419

    Examples
    --------
    >>> beyond([5.0, 5.0], [2.0, 2.0], floor=3).round(4).tolist(), float(beyond(3.919928, 2.0).round(4))
    ([0.1587, 0.1587], 0.05)
    """
    size, error = np.abs(np.asarray(estimate, dtype=float)), np.asarray(std_error, dtype=float)
    known = np.broadcast_to(error > 0, size.shape)
    near, far = (
        np.divide(size + side * floor, error, out=np.full(size.shape, np.nan), where=known) for side in (-1, 1)
    )
    return np.minimum(upper_tail(near, df) + upper_tail(far, df), 1.0)


def need_answers(n: Floats) -> None:
    """Raise when a group has no answer.

    Parameters
    ----------
    n : numpy.ndarray
        Answers of each group.

    Raises
    ------
    InsufficientDataError
        With the number of empty groups.
    """
    empty = int((~(n > 0)).sum())
    if empty:
        raise InsufficientDataError(f"Every group must hold an answer: {empty:,} of {n.size:,} are empty. Drop them.")
