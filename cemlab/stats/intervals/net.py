"""Intervals of a net score, and of the difference of two.

A net score is 100·(p − d) points, p the share of promoters and d of detractors. Counts stand in an
array whose last axis holds (promoters, passives, detractors); they may be fractional, as effective
counts of weighted answers are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cemlab.core.errors import SchemaError
from cemlab.stats.intervals.quantiles import Difference, Floats, Interval, need_answers, quantile, two_sided

PSEUDO_COUNTS: Floats = np.array([0.75, 1.5, 0.75])
"""Promoters, passives and detractors added by the adjusted interval (Rocks 2016)."""
PSEUDO_COUNTS.setflags(write=False)

_HALVINGS = 60  # of an interval of length 2: below 1e-17, so finer than a float near 1


def wald(counts: ArrayLike, *, level: float = 0.95, df: ArrayLike | None = None) -> Interval:
    """Return the plain interval of net scores.

    100·(p − d ± z·√(v/n)), v = p + d − (p − d)². No width where all answers are alike, and too
    short for small n: shown for comparison with other software only. Not cut at ±100.

    Parameters
    ----------
    counts : array_like, shape (..., 3)
        Promoters, passives, detractors.
    level : float, default 0.95
        Confidence level, in (0, 1).
    df : array_like, optional
        Degrees of freedom of Student's t; the normal law without.

    Returns
    -------
    Interval
        In points; arrays of shape (...).

    Raises
    ------
    SchemaError
        When counts are negative or not in threes.
    InsufficientDataError
        When a group has no answer.

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician,
    70(4), 365–372. doi:10.1080/00031305.2016.1198278

    Examples
    --------
    >>> result = wald([65, 20, 15])
    >>> float(result.low.round(3)), float(result.high.round(3))
    (35.465, 64.535)
    """
    counts = _checked(counts)
    net, error = _moments(counts)
    half = quantile(level, df) * error
    return Interval(100 * net, 100 * error, 100 * (net - half), 100 * (net + half))


def adjusted_wald(counts: ArrayLike, *, level: float = 0.95, df: ArrayLike | None = None) -> Interval:
    """Return the adjusted Wald interval of net scores, the default.

    As `wald` after adding (0.75, 1.5, 0.75) promoters, passives and detractors, around the
    adjusted centre, cut at ±100.

    Parameters
    ----------
    counts : array_like, shape (..., 3)
        Promoters, passives, detractors.
    level : float, default 0.95
        Confidence level, in (0, 1).
    df : array_like, optional
        Degrees of freedom of Student's t; the normal law without.

    Returns
    -------
    Interval
        In points; `estimate` is the adjusted centre, not the plain net score.

    Raises
    ------
    SchemaError
        When counts are negative or not in threes.
    InsufficientDataError
        When a group has no answer.

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician,
    70(4), 365–372. doi:10.1080/00031305.2016.1198278

    Examples
    --------
    >>> result = adjusted_wald([65, 20, 15])
    >>> float(result.low.round(3)), float(result.high.round(3))
    (34.149, 62.939)
    """
    plain = wald(_checked(counts) + PSEUDO_COUNTS, level=level, df=df)
    return Interval(plain.estimate, plain.std_error, plain.low.clip(-100, 100), plain.high.clip(-100, 100))


def score(counts: ArrayLike, *, level: float = 0.95, df: ArrayLike | None = None) -> Interval:
    """Return the score interval of net scores.

    The values t that the score test does not reject: (p − d − t)² ≤ z²·v(t)/n, with v(t) =
    2·d(t) + t·(1 − t) and d(t) the maximum-likelihood share of detractors given that the net score
    is t. Limits by bisection.

    Parameters
    ----------
    counts : array_like, shape (..., 3)
        Promoters, passives, detractors.
    level : float, default 0.95
        Confidence level, in (0, 1).
    df : array_like, optional
        Degrees of freedom of Student's t; the normal law without.

    Returns
    -------
    Interval
        In points; `estimate` is the plain net score and `std_error` NaN.

    Raises
    ------
    SchemaError
        When counts are negative or not in threes.
    InsufficientDataError
        When a group has no answer.

    References
    ----------
    Tango, T. (1998). Equivalence test and confidence interval for the difference in proportions
    for the paired-sample design. Statistics in Medicine, 17(8), 891–908.
    doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B

    Examples
    --------
    >>> result = score([10, 0, 0])
    >>> float(result.low.round(3)), float(result.high.round(3))
    (44.493, 100.0)
    """
    counts = _checked(counts)
    net, _ = _moments(counts)
    z = quantile(level, df)

    def _too_low(t: Floats) -> NDArray[np.bool_]:
        gap, deviation = _score_gap(counts, t)
        return gap > z * deviation

    def _not_too_high(t: Floats) -> NDArray[np.bool_]:
        gap, deviation = _score_gap(counts, t)
        return gap >= -z * deviation

    low = _bisect(_too_low, np.full_like(net, -1.0), net)
    high = _bisect(_not_too_high, net, np.full_like(net, 1.0))
    low, high = np.where(net <= -1, -1.0, low), np.where(net >= 1, 1.0, high)
    return Interval(100 * net, np.full_like(net, np.nan), 100 * low, 100 * high)


def difference(first: ArrayLike, second: ArrayLike, *, level: float = 0.95, df: ArrayLike | None = None) -> Difference:
    """Return the difference of net scores of two independent samples, first minus second.

    N₁ − N₂ ± z·√(v₁/n₁ + v₂/n₂), after adding the pseudo-counts of `adjusted_wald` to each sample.
    The test is the one that this interval inverts.

    Parameters
    ----------
    first, second : array_like, shape (..., 3)
        Promoters, passives, detractors of the two samples.
    level : float, default 0.95
        Confidence level, in (0, 1).
    df : array_like, optional
        Degrees of freedom of Student's t; the normal law without.

    Returns
    -------
    Difference
        In points, limits cut at ±200; `estimate` is the adjusted difference.

    Raises
    ------
    SchemaError
        When counts are negative or not in threes.
    InsufficientDataError
        When a sample has no answer.

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician,
    70(4), 365–372. doi:10.1080/00031305.2016.1198278

    Examples
    --------
    >>> result = difference([50, 30, 20], [40, 35, 25])
    >>> float(result.estimate.round(3)), float(result.p_value.round(4))
    (14.563, 0.1833)
    """
    one = wald(_checked(first) + PSEUDO_COUNTS, level=level)
    two = wald(_checked(second) + PSEUDO_COUNTS, level=level)
    gap = one.estimate - two.estimate
    error = np.hypot(one.std_error, two.std_error)
    half = quantile(level, df) * error
    freedom = np.full(gap.shape, np.inf) if df is None else np.broadcast_to(np.asarray(df, dtype=float), gap.shape)
    low, high = (gap - half).clip(-200, 200), (gap + half).clip(-200, 200)
    return Difference(gap, error, low, high, two_sided(gap / error, df), freedom)


def _checked(counts: ArrayLike) -> Floats:
    array = np.asarray(counts, dtype=float)
    if array.ndim == 0 or array.shape[-1] != 3:
        raise SchemaError(
            f"Counts must come as promoters, passives, detractors: the last axis of shape {array.shape} is not 3 long."
        )
    bad = int((~np.isfinite(array) | (array < 0)).sum())
    if bad:
        raise SchemaError(f"Counts must be finite and not negative: {bad:,} of {array.size:,} are not.")
    need_answers(array.sum(axis=-1))
    return array


def _moments(counts: Floats) -> tuple[Floats, Floats]:
    """Net score and its standard error, on −1 … 1."""
    n = counts.sum(axis=-1)
    promoters, detractors = counts[..., 0] / n, counts[..., 2] / n
    net = promoters - detractors
    # Exactly 0 where all answers are alike; rounding could make it negative.
    variance = np.maximum(promoters + detractors - net**2, 0.0)
    return net, np.sqrt(variance / n)


def _score_gap(counts: Floats, t: Floats) -> tuple[Floats, Floats]:
    """Observed minus expected promoters less detractors under net score t, and its standard deviation."""
    promoters, detractors, n = counts[..., 0], counts[..., 2], counts.sum(axis=-1)
    linear = -promoters - detractors + (2 * n - promoters + detractors) * t
    constant = -detractors * t * (1 - t)
    root = np.sqrt(np.maximum(linear**2 - 8 * n * constant, 0.0))
    share = (root - linear) / (4 * n)
    variance = np.maximum(n * (2 * share + t * (1 - t)), 0.0)
    return promoters - detractors - n * t, np.sqrt(variance)


def _bisect(is_left: Callable[[Floats], NDArray[np.bool_]], low: Floats, high: Floats) -> Floats:
    """Where `is_left` turns from True to False, element by element."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        left = is_left(middle)
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    return (low + high) / 2
