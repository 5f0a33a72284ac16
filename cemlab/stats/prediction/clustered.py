"""Rows of one customer are not independent: what clusters do to counts and to shares."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cemlab.stats.intervals import Floats
from cemlab.stats.jackknife import FEWEST, jackknife

REPLICATE = "replicate"
INDEPENDENT = (
    "Each row is taken as a customer of its own: the cells do not say which of at least ten groups of customers"
    " (`replicate`) they belong to."
)


def has_groups(*frames: pd.DataFrame) -> bool:
    """Return whether frames say to which groups of customers their rows belong, and these are enough.

    Parameters
    ----------
    *frames : pandas.DataFrame
        Cells.

    Returns
    -------
    bool
        True with ``replicate`` in each and 10 groups in all.
    """
    if any(REPLICATE not in frame for frame in frames):
        return False
    return len(set().union(*(frame[REPLICATE] for frame in frames))) >= FEWEST


def overdispersion(seen: Floats, expected: Floats) -> float:
    """Return how many times the variance of a count is that of Poisson, from the counts of groups of customers.

    φ = max(1, G/(G − 1)·Σ(O_g − R·E_g)²/O), R = O/E. A Poisson interval of O/φ and E/φ is then right for
    clustered counts.

    Parameters
    ----------
    seen, expected : numpy.ndarray, shape (groups,)
        Counts by group.

    Returns
    -------
    float
        At least 1; 1 where nothing was seen.

    References
    ----------
    Rao, J. N. K., & Scott, A. J. (1992). A simple method for the analysis of clustered binary data. Biometrics,
    48(2), 577–585. doi:10.2307/2532311

    Examples
    --------
    >>> overdispersion(np.array([4.0, 0.0]), np.array([2.0, 2.0])), overdispersion(np.array([2.0, 2.0]), np.array([2.0, 2.0]))
    (4.0, 1.0)
    """
    whole, groups = seen.sum(), len(seen)
    if not whole > 0 or not expected.sum() > 0 or groups < 2:
        return 1.0
    left = seen - whole / expected.sum() * expected
    return float(max(1.0, groups / (groups - 1) * (left @ left) / whole))


def shares_without(counts: Floats) -> Floats:
    """Return the shares of levels without each group of customers.

    Parameters
    ----------
    counts : numpy.ndarray, shape (groups, levels)
        Customers.

    Returns
    -------
    numpy.ndarray
        In the same shape.
    """
    without = counts.sum(axis=0) - counts
    return np.asarray(without / without.sum(axis=1, keepdims=True))


def errors_of(replicates: Floats) -> Floats:
    """Return jackknife errors of what was computed without each group.

    Parameters
    ----------
    replicates : numpy.ndarray, shape (groups, ...)
        Every group holds a customer.

    Returns
    -------
    numpy.ndarray
        In the shape of one replicate.
    """
    return jackknife(replicates, np.ones(replicates.shape, dtype=bool)).std_error


def design_effect(gaps: Floats, share: Floats, scale: float) -> tuple[float, float]:
    """Return by how much clusters and overlap inflate a χ² of shares, and the degrees of freedom that are left.

    λ are the eigenvalues of D^(−½)·V·D^(−½)/scale, V the jackknife covariance of the differences of shares and
    D = diag(share); δ = Σλ/(K − 1), a² = (K − 1)·Σλ²/(Σλ)² − 1. χ²/(δ(1 + a²)) has (K − 1)/(1 + a²) degrees of
    freedom.

    Parameters
    ----------
    gaps : numpy.ndarray, shape (groups, levels)
        Differences of shares without each group.
    share : numpy.ndarray, shape (levels,)
        Shares at both times together.
    scale : float
        1/n₀ + 1/n₁, of independent customers.

    Returns
    -------
    float
        δ·(1 + a²).
    float
        Degrees of freedom.

    References
    ----------
    Rao, J. N. K., & Scott, A. J. (1984). On chi-squared tests for multiway contingency tables with cell
    proportions estimated from survey data. Annals of Statistics, 12(1), 46–60. doi:10.1214/aos/1176346391
    """
    there = share > 0
    centred = (gaps - gaps.mean(axis=0))[:, there] / np.sqrt(share[there] * scale)
    groups, df = len(gaps), max(int(there.sum()) - 1, 1)
    covariance = (groups - 1) / groups * centred.T @ centred
    total, squares = float(np.trace(covariance)), float((covariance**2).sum())
    if not total > 0:
        return 1.0, float(df)
    spread = max(df * squares / total**2, 1.0)
    return total / df * spread, df / spread
