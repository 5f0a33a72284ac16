"""Interval of a share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cemlab.core.errors import SchemaError
from cemlab.stats.intervals.quantiles import Interval, need_answers, quantile


def wilson(successes: ArrayLike, n: ArrayLike, *, level: float = 0.95, df: ArrayLike | None = None) -> Interval:
    """Return the Wilson score interval of shares.

    (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n).

    Parameters
    ----------
    successes : array_like
        Answers of the kind that is counted; may be fractional.
    n : array_like
        All answers, or their effective number.
    level : float, default 0.95
        Confidence level, in (0, 1).
    df : array_like, optional
        Degrees of freedom of Student's t; the normal law without.

    Returns
    -------
    Interval
        As shares in 0–1; `std_error` is √(p(1 − p)/n).

    Raises
    ------
    SchemaError
        When successes are negative or more than n.
    InsufficientDataError
        When a group has no answer.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference.
    Journal of the American Statistical Association, 22(158), 209–212.
    doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> result = wilson(2, 3)
    >>> float(result.low.round(4)), float(result.high.round(4))
    (0.2077, 0.9385)
    """
    hits, total = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    need_answers(total)
    if ((hits < 0) | (hits > total)).any():
        raise SchemaError(
            f"Successes must lie between 0 and n: {int(((hits < 0) | (hits > total)).sum()):,} of {hits.size:,} do not."
        )
    z, p = quantile(level, df), hits / total
    spread = np.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    scale = 1 + z**2 / total
    centre = p + z**2 / (2 * total)
    low = np.where(hits == 0, 0.0, (centre - z * spread) / scale)
    high = np.where(hits == total, 1.0, (centre + z * spread) / scale)
    return Interval(p, np.sqrt(p * (1 - p) / total), low, high)
