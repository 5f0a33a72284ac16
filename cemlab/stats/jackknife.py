"""Delete-a-group jackknife: the error of anything that can be computed again without one group of customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cemlab.stats.intervals import Floats, quantile, two_sided

FEWEST = 10
"""Groups below which there is no interval."""

FEW = 30
"""Groups below which the sample is called small."""

NO_REPLICATES = "There are no replicate groups, so these estimates come without intervals."
FEW_GROUPS = f"Fewer than {FEWEST} replicate groups hold customers: estimated without interval."


@dataclass(frozen=True, eq=False)
class Errors:
    """Standard errors with their degrees of freedom, in the shape of the estimates.

    Attributes
    ----------
    std_error : numpy.ndarray
        NaN where there is no interval.
    df : numpy.ndarray
        Groups less one; NaN where there is no interval.
    """

    std_error: Floats
    df: Floats

    def limits(self, estimate: Floats, *, level: float) -> tuple[Floats, Floats]:
        """Return estimate ∓ t·std_error.

        Parameters
        ----------
        estimate : numpy.ndarray
            In the shape of the errors.
        level : float
            Confidence level, in (0, 1).

        Returns
        -------
        numpy.ndarray
            Lower limits.
        numpy.ndarray
            Upper limits.
        """
        half = quantile(level, self.df) * self.std_error
        return estimate - half, estimate + half

    def p_values(self, estimate: Floats) -> Floats:
        """Return two-sided p-values against 0.

        Parameters
        ----------
        estimate : numpy.ndarray
            In the shape of the errors.

        Returns
        -------
        numpy.ndarray
            NaN where there is no error, or it is 0.
        """
        known = self.std_error > 0
        ratio = np.divide(estimate, self.std_error, out=np.full_like(self.std_error, np.nan), where=known)
        return two_sided(ratio, self.df)


def jackknife(replicates: Floats, present: NDArray[np.bool_]) -> Errors:
    """Return the error of estimates from their values without each group in turn.

    V = (G − 1)/G · Σ(θ₍g₎ − θ̄)² over the G groups that are present, t with G − 1 degrees of freedom. Without an
    interval where G < 10 or a replicate is undefined.

    Parameters
    ----------
    replicates : numpy.ndarray, shape (groups, ...)
        The estimates without each group.
    present : numpy.ndarray of bool
        Whether the group holds anything that goes into the estimate; any shape that broadcasts to that of `replicates`.

    Returns
    -------
    Errors
        In the shape of one replicate.

    References
    ----------
    Kott, P. S. (2001). The delete-a-group jackknife. Journal of Official Statistics, 17(4), 521–526.

    Examples
    --------
    >>> values = np.arange(10.0)
    >>> without = (values.sum() - values) / 9
    >>> float(jackknife(without, np.ones(10, dtype=bool)).std_error.round(6)) == round(3.02765 / 10**0.5, 6)
    True
    """
    there = np.broadcast_to(present, replicates.shape)
    groups = there.sum(axis=0).astype(float)
    unknown = (there & ~np.isfinite(replicates)).any(axis=0) | (groups < FEWEST)
    values = np.where(there & np.isfinite(replicates), replicates, 0.0)
    count = np.maximum(groups, 1.0)
    centred = np.where(there, values - values.sum(axis=0) / count, 0.0)
    variance = (count - 1) / count * (centred**2).sum(axis=0)
    return Errors(np.where(unknown, np.nan, np.sqrt(variance)), np.where(unknown, np.nan, groups - 1))


def replicate_codes(frame: pd.DataFrame) -> tuple[NDArray[np.int64], pd.Index]:
    """Return the position of each row's replicate group, and the names of the groups.

    Parameters
    ----------
    frame : pandas.DataFrame
        With the column ``replicate``, or without: one group.

    Returns
    -------
    numpy.ndarray
        From 0.
    pandas.Index
        Sorted; one where there are no replicates.
    """
    if "replicate" not in frame:
        return np.zeros(len(frame), dtype=np.int64), pd.Index([0])
    codes, groups = pd.factorize(frame["replicate"], sort=True)
    return codes.astype(np.int64), pd.Index(groups)
