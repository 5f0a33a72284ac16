"""Spells of one customer are not independent: the errors of curves from what each group of customers contributes.

The infinitesimal jackknife, which is the delete-a-group jackknife to first order: the variance of a statistic
is Σ U_g² over groups of customers, U_g its derivative by the weight of a group. Where nobody has two spells it
equals Greenwood's, and R's robust errors elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from cemlab.stats.intervals import Floats, quantile
from cemlab.stats.jackknife import FEW, FEWEST

REPLICATE = "replicate"
"""Column of a life table that says to which group of customers its counts belong."""

CLUSTERED = "errors clustered by customer"
TOO_FEW = f"Fewer than {FEWEST} customers or accounts: estimated without interval."
SMALL = f"Fewer than {FEW} customers or accounts: a small sample, whose interval is rough."


@dataclass(frozen=True, eq=False)
class Split:
    """Counts of a life table by group of customers.

    Attributes
    ----------
    row, column, replicate : numpy.ndarray of int
        Time, group of the life table and group of customers of each count, shape (N,).
    counts : numpy.ndarray
        Entered, events, censored, then the events of each cause; shape (3 + K, N).
    times, size : int
        How many times and groups of customers there are.
    complement : bool, default False
        Each group of the life table stands for all the others together.
    """

    row: np.ndarray
    column: np.ndarray
    replicate: np.ndarray
    counts: Floats
    times: int
    size: int
    complement: bool = False

    def take(self, columns: Sequence[int]) -> Split:
        """Return the counts of some groups of the life table, in this order.

        Parameters
        ----------
        columns : sequence of int
            Positions of the groups.

        Returns
        -------
        Split
            With the groups numbered anew.
        """
        renumbered = np.full(max([*columns, *self.column], default=-1) + 1, -1)
        renumbered[list(columns)] = np.arange(len(columns))
        return self.renumbered(renumbered)

    def renumbered(self, positions: np.ndarray) -> Split:
        """Return the counts with other numbers of their groups.

        Parameters
        ----------
        positions : numpy.ndarray of int
            The new number of each group; −1 leaves it out.

        Returns
        -------
        Split
            Of the same groups of customers.
        """
        column = positions[self.column]
        kept = column >= 0
        return replace(
            self, row=self.row[kept], column=column[kept], replicate=self.replicate[kept], counts=self.counts[:, kept]
        )

    def of(self, column: int) -> Part:
        """Return the counts of one group of the life table, or of all others.

        Parameters
        ----------
        column : int
            Position of the group.

        Returns
        -------
        Part
            By group of customers and time.
        """
        own = self._grids(self._rows[column] if column < len(self._rows) else np.zeros(0, dtype=np.int64))
        grids = self._whole - own if self.complement else own
        leaving = grids[1] + grids[2] - grids[0]
        return Part(np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1], grids[1], tuple(grids[3:]))

    @cached_property
    def _rows(self) -> list[np.ndarray]:
        """Positions of the counts of each group of the life table."""
        order = np.argsort(self.column, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.column))[:-1])

    @cached_property
    def _whole(self) -> Floats:
        """Counts of all groups of the life table together, shape (3 + K, groups of customers, times)."""
        return self._grids(np.arange(len(self.row)))

    def _grids(self, mine: np.ndarray) -> Floats:
        at, shape = self.replicate[mine] * self.times + self.row[mine], (self.size, self.times)
        flat = [np.bincount(at, weights=each[mine], minlength=shape[0] * shape[1]) for each in self.counts]
        return np.asarray(flat, dtype=float).reshape(-1, *shape)


@dataclass(frozen=True, eq=False)
class Part:
    """One group of a life table by group of customers.

    Attributes
    ----------
    at_risk, events : numpy.ndarray
        Shape (groups of customers, times).
    by_cause : tuple of numpy.ndarray
        Events of each cause, in the same shape.
    """

    at_risk: Floats
    events: Floats
    by_cause: tuple[Floats, ...]

    def degrees(self, used: np.ndarray) -> float:
        """Return the degrees of freedom: groups of customers at risk less one; NaN below 10 groups.

        Parameters
        ----------
        used : numpy.ndarray
            Which times count, shape (T,).

        Returns
        -------
        float
            For Student's t.
        """
        there = int((self.at_risk[:, used] > 0).any(axis=1).sum())
        return there - 1.0 if there >= FEWEST else np.nan

    def of_log_survival(self, at_risk: Floats, events: Floats, used: np.ndarray) -> Floats:
        """Return what each group of customers contributes to log S(t): −Σ (d_g − Y_g·d/Y)/(Y − d).

        Parameters
        ----------
        at_risk, events : numpy.ndarray
            Y and d of all, shape (T,).
        used : numpy.ndarray
            Which times count, shape (T,).

        Returns
        -------
        numpy.ndarray
            Shape (groups of customers, T).
        """
        stayed = at_risk - events
        known = used & (stayed > 0) & (events > 0)
        excess = self.events - self.at_risk * _over(events, at_risk, known)
        return np.asarray(np.cumsum(-excess * _over(np.ones_like(stayed), stayed, known), axis=1))

    def of_hazard(self, at_risk: Floats, events: Floats, used: np.ndarray) -> Floats:
        """Return what each group of customers contributes to the cumulative hazard: Σ (d_g − Y_g·d/Y)/Y.

        Parameters
        ----------
        at_risk, events, used : numpy.ndarray
            As in `of_log_survival`.

        Returns
        -------
        numpy.ndarray
            Shape (groups of customers, T).
        """
        known = used & (at_risk > 0)
        excess = self.events - self.at_risk * _over(events, at_risk, known)
        return np.asarray(np.cumsum(excess * _over(np.ones_like(at_risk), at_risk, known), axis=1))

    def of_incidence(self, at_risk: Floats, events: Floats, used: np.ndarray, *, cause: int, own: Floats) -> Floats:
        """Return what each group of customers contributes to the cumulative incidence of a cause.

        Parameters
        ----------
        at_risk, events, used : numpy.ndarray
            As in `of_log_survival`.
        cause : int
            Position of the cause.
        own : numpy.ndarray
            Events of the cause, shape (T,).

        Returns
        -------
        numpy.ndarray
            Shape (groups of customers, T).
        """
        known = used & (at_risk > 0)
        survival = np.cumprod(np.where(known, 1 - _over(events, at_risk, known), 1.0))
        before = np.append(1.0, survival[:-1])
        logs = np.hstack([np.zeros((len(self.events), 1)), self.of_log_survival(at_risk, events, used)[:, :-1]])
        rate = _over(own, at_risk, known)
        step = logs * rate + (self.by_cause[cause] - self.at_risk * rate) * _over(np.ones_like(at_risk), at_risk, known)
        return np.asarray(np.cumsum(before * step, axis=1))


def error_of(contributions: Floats) -> Floats:
    """Return the standard error of a statistic from what each group of customers contributes to it.

    Parameters
    ----------
    contributions : numpy.ndarray
        Shape (groups of customers, …).

    Returns
    -------
    numpy.ndarray
        √Σ U_g², in the shape of the statistic.

    References
    ----------
    Lin, D. Y., & Wei, L. J. (1989). The robust inference for the Cox proportional hazards model.
    Journal of the American Statistical Association, 84(408), 1074–1078. doi:10.1080/01621459.1989.10478874
    """
    return np.asarray(np.sqrt((contributions**2).sum(axis=0)))


def split_of(
    lives: pd.DataFrame, *, row: np.ndarray, column: np.ndarray, by_cause: Sequence[pd.Series]
) -> Split | None:
    """Return the counts of a life table by group of customers, where it has them.

    Parameters
    ----------
    lives : pandas.DataFrame
        With ``entered``, ``events``, ``censored`` and perhaps `REPLICATE`.
    row, column : numpy.ndarray of int
        Time and group of each row.
    by_cause : sequence of pandas.Series
        Events of each cause.

    Returns
    -------
    Split or None
        None without `REPLICATE`.
    """
    if REPLICATE not in lives:
        return None
    codes, groups = pd.factorize(lives[REPLICATE], sort=True)
    counts = np.array([lives["entered"], lives["events"], lives["censored"], *by_cause], dtype=float)
    return Split(row, column, codes.astype(np.int64), counts, int(row.max()) + 1, len(groups))


def notes_of(df: Floats) -> tuple[str, ...]:
    """Return what must be said of few groups of customers.

    Parameters
    ----------
    df : numpy.ndarray
        Degrees of freedom; infinite without clusters.

    Returns
    -------
    tuple of str
        A sentence, two, or none.
    """
    known = df[~np.isnan(df)]
    return (*((TOO_FEW,) if np.isnan(df).any() else ()), *((SMALL,) if (known < FEW - 1).any() else ()))


def half_width(level: float, df: Floats) -> Floats:
    """Return by how many standard errors an interval reaches to either side: normal where `df` is infinite.

    Parameters
    ----------
    level : float
        Confidence level, in (0, 1).
    df : numpy.ndarray
        Degrees of freedom; NaN for no interval.

    Returns
    -------
    numpy.ndarray
        In the shape of `df`.
    """
    if np.isinf(df).all():
        return np.full(df.shape, float(quantile(level)))
    return quantile(level, df)


def _over(numerator: Floats, denominator: Floats, known: np.ndarray) -> Floats:
    return np.asarray(np.divide(numerator, denominator, out=np.zeros_like(denominator, dtype=float), where=known))
