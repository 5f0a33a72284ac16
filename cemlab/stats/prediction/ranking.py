"""Who is ranked above whom: sums by rank of the prediction, and pairs of a leaver and somebody who outlasts them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cemlab.stats.intervals import Floats
from cemlab.stats.prediction.outcomes import CENSORED, LEFT, OTHER, Codes, Outcomes

SAME = 12
"""Decimals up to which two predictions are one: sums of the same terms in another order differ beyond."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows in the order of their prediction.

    Attributes
    ----------
    order : numpy.ndarray
        Rows by rising prediction, shape (m,).
    first : numpy.ndarray
        Where each distinct prediction begins in that order, shape (P,).
    values : numpy.ndarray
        The distinct predictions, rising, shape (P,).
    """

    order: Codes
    first: Codes
    values: Floats

    @classmethod
    def of(cls, risk: Floats) -> Ranking:
        """Return the ranking by a prediction.

        Parameters
        ----------
        risk : numpy.ndarray
            Shape (m,).

        Returns
        -------
        Ranking
            Of these rows.
        """
        values, rank = np.unique(np.round(risk, SAME), return_inverse=True)
        order = np.argsort(rank, kind="stable")
        return cls(order, np.searchsorted(rank[order], np.arange(len(values))), values)

    def sums(self, weights: Floats) -> Floats:
        """Return sums of rows by distinct prediction.

        Parameters
        ----------
        weights : numpy.ndarray
            Shape (m, B).

        Returns
        -------
        numpy.ndarray
            Shape (P, B).
        """
        return np.asarray(np.add.reduceat(weights[self.order], self.first, axis=0))


@dataclass(frozen=True, eq=False)
class _Level:
    """Aligned blocks of 2^k positions: rows by block and rank, and where each question of this level looks."""

    order: Codes
    asked: Codes
    base: Codes
    low: Codes
    upto: Codes
    top: Codes


@dataclass(frozen=True, eq=False)
class Pairs:
    """Questions of which row is ranked below a case among those before a limit, prepared once for any weights.

    Attributes
    ----------
    cases, others : numpy.ndarray
        Rows that ask, and rows that are asked about.
    levels : tuple
        A range before a limit is a union of aligned blocks, one per binary digit of the limit.
    """

    cases: Codes
    others: Codes
    levels: tuple[_Level, ...]

    @classmethod
    def of(cls, cases: Codes, others: Codes, *, rank: Codes, limit: Codes, position: Codes) -> Pairs:
        """Return the pairs of each case with the others whose position is below the case's limit.

        Parameters
        ----------
        cases, others : numpy.ndarray
            Rows.
        rank : numpy.ndarray
            Rank of the prediction of every row.
        limit, position : numpy.ndarray
            Of each case, and of each of the others.

        Returns
        -------
        Pairs
            O((cases + others)·log(largest limit)).
        """
        span, levels = int(rank.max(initial=0)) + 1, []
        for digit in range(int(limit.max(initial=0)).bit_length()):
            asked = np.flatnonzero((limit >> digit) & 1)
            composite = (position >> digit) * span + rank[others]
            order = np.argsort(composite, kind="stable")
            mine = ((limit[asked] >> digit) - 1) * span
            ordered, own = composite[order], mine + rank[cases[asked]]
            base, low, top = (np.searchsorted(ordered, each, side="left") for each in (mine, own, mine + span))
            levels.append(_Level(order, asked, base, low, np.searchsorted(ordered, own, side="right"), top))
        return cls(cases, others, tuple(levels))

    def counts(self, cases: Floats, others: Floats) -> tuple[Floats, Floats]:
        """Return the weighted pairs in which the case is ranked higher (ties by half), and all pairs.

        Parameters
        ----------
        cases, others : numpy.ndarray
            Weights of all rows in either part, shape (m, B).

        Returns
        -------
        numpy.ndarray
            Concordant pairs, shape (B,).
        numpy.ndarray
            All pairs, shape (B,).
        """
        concordant = np.zeros(cases.shape[1])
        total = np.zeros(cases.shape[1])
        mine, weights = cases[self.cases], others[self.others]
        for level in self.levels:
            sums = np.vstack([np.zeros((1, weights.shape[1])), np.cumsum(weights[level.order], axis=0)])
            base, own = sums[level.base], mine[level.asked]
            concordant += (own * ((sums[level.low] + sums[level.upto]) / 2 - base)).sum(axis=0)
            total += (own * (sums[level.top] - base)).sum(axis=0)
        return concordant, total


def outlasting(judged: Outcomes, risk: Floats, tau: float) -> Pairs:
    """Return the pairs of a leaver up to tau with those who outlast them, a censoring at the same time included.

    Parameters
    ----------
    judged : Outcomes
        The spells.
    risk : numpy.ndarray
        The prediction, shape (m,).
    tau : float
        Last time of a leaver.

    Returns
    -------
    Pairs
        By the prediction.
    """
    rank = np.unique(np.round(risk, SAME), return_inverse=True)[1].astype(np.int64)
    cases = np.flatnonzero((judged.kind == LEFT) & (judged.duration <= tau))
    # From the last backwards: leavers of a time stand before those last seen then.
    last = 2 * len(judged.times) - 1
    position = last - (2 * judged.at + (judged.kind == CENSORED))
    return Pairs.of(cases, np.arange(len(rank)), rank=rank, limit=last - 2 * judged.at[cases], position=position)


def gone_otherwise(judged: Outcomes, risk: Floats, tau: float) -> Pairs:
    """Return the pairs of a leaver up to tau with those who had left for another cause by then.

    Parameters
    ----------
    judged : Outcomes
        The spells.
    risk : numpy.ndarray
        The prediction, shape (m,).
    tau : float
        Last time of a leaver.

    Returns
    -------
    Pairs
        By the prediction.
    """
    rank = np.unique(np.round(risk, SAME), return_inverse=True)[1].astype(np.int64)
    cases = np.flatnonzero((judged.kind == LEFT) & (judged.duration <= tau))
    others = np.flatnonzero(judged.kind == OTHER)
    return Pairs.of(cases, others, rank=rank, limit=judged.at[cases] + 1, position=judged.at[others])
