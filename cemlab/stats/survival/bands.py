"""Intervals of a share still there, from the error of its logarithm."""

from __future__ import annotations

import numpy as np

from cemlab.stats.intervals import Floats, quantile


def log_log_limits(
    survival: Floats, error_of_log: Floats, *, level: float, df: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return the limits S^exp(±z·se/log S); NaN where S is 1 or 0.

    Parameters
    ----------
    survival : numpy.ndarray
        Shares.
    error_of_log : numpy.ndarray
        Standard errors of log S.
    level : float
        Confidence level, in (0, 1).
    df : numpy.ndarray, optional
        Degrees of freedom of the errors; default infinite.

    Returns
    -------
    numpy.ndarray
        Lower limits.
    numpy.ndarray
        Upper limits.

    References
    ----------
    Kalbfleisch, J. D., & Prentice, R. L. (2002). The statistical analysis of failure time data (2nd
    ed.). Wiley. doi:10.1002/9781118032985
    """
    known = (survival > 0) & (survival < 1)
    share = np.where(known, survival, 0.5)
    logs = np.log(share)
    half = quantile(level, df) * np.where(known, error_of_log, 0.0) / np.abs(logs)
    low, high = share ** np.exp(half), share ** np.exp(-half)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def other_limits(
    survival: Floats, error_of_log: Floats, *, level: float, df: Floats | None = None
) -> dict[str, tuple[Floats, Floats]]:
    """Return the log and plain limits of shares still there, cut to 0 … 1.

    Log: S·exp(∓z·se(log S)); plain: S ∓ z·S·se(log S).

    Parameters
    ----------
    survival : numpy.ndarray
        Shares.
    error_of_log : numpy.ndarray
        Standard errors of log S.
    level : float
        Confidence level, in (0, 1).
    df : numpy.ndarray, optional
        Degrees of freedom of the errors; default infinite.

    Returns
    -------
    dict of str to tuple of numpy.ndarray
        ``log`` and ``plain``, each with lower and upper limits; NaN where S is 0.
    """
    half = quantile(level, df) * np.where(survival > 0, error_of_log, np.nan)
    with np.errstate(over="ignore"):
        return {
            "log": (survival * np.exp(-half), np.minimum(survival * np.exp(half), 1.0)),
            "plain": (np.maximum(survival * (1 - half), 0.0), np.minimum(survival * (1 + half), 1.0)),
        }
