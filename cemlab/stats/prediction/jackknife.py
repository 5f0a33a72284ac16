"""How far a measure could be off: the delete-a-group jackknife, everything redone without each group of customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cemlab.stats.intervals import Floats
from cemlab.stats.jackknife import FEW_GROUPS, FEWEST, Errors, jackknife
from cemlab.stats.prediction.outcomes import Outcomes, Statistic

METHOD = "delete-a-group jackknife over customers"
NO_GROUPS = "There is no interval: the cells do not say which group of customers (`replicate`) they belong to."
UNDEFINED = "Where a measure is undefined once a group of customers is left out, it has no interval."


@dataclass(frozen=True, eq=False)
class Replicated:
    """Numbers, and what they would be without each group of customers.

    Attributes
    ----------
    value : numpy.ndarray
        Shape (K,).
    without : numpy.ndarray
        Shape (K, G); no column where groups are not known.
    """

    value: Floats
    without: Floats

    @property
    def errors(self) -> Errors:
        """Standard errors and degrees of freedom, shape (K,); NaN below 10 groups, or where one is undefined."""
        return jackknife(self.without.T, np.ones((self.without.shape[1], 1), dtype=bool))

    def take(self, rows: Sequence[int] | slice) -> Replicated:
        """Return some of the numbers.

        Parameters
        ----------
        rows : sequence of int or slice
            Their positions.

        Returns
        -------
        Replicated
            In that order.
        """
        return Replicated(self.value[rows], self.without[rows])

    def limits(self, *, level: float, low: float = -np.inf, high: float = np.inf) -> pd.DataFrame:
        """Return the numbers with their intervals, Student's t with G − 1 degrees of freedom.

        Parameters
        ----------
        level : float
            Confidence level, in (0, 1).
        low, high : float, optional
            Between which the limits are cut.

        Returns
        -------
        pandas.DataFrame
            ``estimate``, ``std_error``, ``ci_low``, ``ci_high``.
        """
        errors = self.errors
        below, above = errors.limits(self.value, level=level)
        return pd.DataFrame(
            {
                "estimate": self.value,
                "std_error": errors.std_error,
                "ci_low": np.maximum(below, low),
                "ci_high": np.minimum(above, high),
            }
        )

    def log_limits(self, *, level: float) -> pd.DataFrame:
        """Return positive numbers with intervals on the scale of their logarithm, and the test that they are 1.

        Parameters
        ----------
        level : float
            Confidence level, in (0, 1).

        Returns
        -------
        pandas.DataFrame
            ``estimate``, ``std_error`` (estimate times the error of its logarithm), ``ci_low``, ``ci_high``,
            ``p_value``.
        """
        known, redone = self.value > 0, self.without > 0
        logs = Replicated(
            np.log(self.value, out=np.full_like(self.value, np.nan), where=known),
            np.log(self.without, out=np.full_like(self.without, np.nan), where=redone),
        )
        errors = logs.errors
        below, above = errors.limits(logs.value, level=level)
        return pd.DataFrame(
            {
                "estimate": self.value,
                "std_error": self.value * errors.std_error,
                "ci_low": np.exp(below),
                "ci_high": np.exp(above),
                "p_value": errors.p_values(logs.value),
            }
        )


def replicated(judged: Outcomes, statistic: Statistic) -> Replicated:
    """Return a statistic of all spells, and of them without each group of customers.

    Parameters
    ----------
    judged : Outcomes
        The spells.
    statistic : callable
        From counts, shape (m, B), to numbers, shape (K, B); whatever it estimates on the way is redone each time.

    Returns
    -------
    Replicated
        K numbers.

    References
    ----------
    Kott, P. S. (2001). The delete-a-group jackknife. Journal of Official Statistics, 17(4), 521–526.
    """
    batches = judged.batches()
    whole = statistic(next(batches))
    without = [_of_some(statistic, counts, rows=len(whole)) for counts in batches]
    return Replicated(whole[:, 0], np.concatenate([whole[:, :0], *without], axis=1))


def _of_some(statistic: Statistic, counts: Floats, *, rows: int) -> Floats:
    """The statistic of each column of counts; NaN for one of nobody, which is left where all belong to one group."""
    some = counts.sum(axis=0) > 0
    found = np.full((rows, counts.shape[1]), np.nan)
    if some.any():
        found[:, some] = statistic(counts[:, some])
    return found


def notes_of(table: pd.DataFrame, groups: Sequence[Outcomes]) -> tuple[str, ...]:
    """Return what must be said about intervals that are not there.

    Parameters
    ----------
    table : pandas.DataFrame
        With ``estimate`` and ``std_error``.
    groups : sequence of Outcomes
        What was judged.

    Returns
    -------
    tuple of str
        Full sentences.
    """
    most = max(len(group.groups) for group in groups)
    if most < FEWEST:
        return (NO_GROUPS if most < 2 else FEW_GROUPS,)
    return (UNDEFINED,) if (table["estimate"].notna() & table["std_error"].isna()).any() else ()
