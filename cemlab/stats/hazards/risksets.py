"""Who is at risk when: rows on the grid of event times, and the sums over the risk sets.

Nothing here is as large as rows × columns × columns: sums per time are one pass over the rows, and the
information needs one weighted cross-product of the rows less products of sums per time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from cemlab.stats.hazards.design import Codes
from cemlab.stats.hazards.grid import Grid, Rows
from cemlab.stats.hazards.ties import Ties, TieSums, tie_sums
from cemlab.stats.intervals import Floats


class Compressed(ABC):
    """Rows in a shorter form that gives the same sums."""

    @abstractmethod
    def totals(self, beta: Floats) -> tuple[Floats, Floats]:
        """Return Σ r and Σ r·x by time: of those who stayed, of those who left, of those who had entered late.

        Parameters
        ----------
        beta : numpy.ndarray
            Coefficients, shape (columns,).

        Returns
        -------
        tuple of numpy.ndarray
            The two sums.
        """

    @abstractmethod
    def crossed(self, beta: Floats, gone: Floats, tied: Floats) -> Floats:
        """Return Σ x xᵀ·r·(what each spell lived through).

        Parameters
        ----------
        beta : numpy.ndarray
            Coefficients, shape (columns,).
        gone, tied : numpy.ndarray
            What a spell has lived through by each time, and its part of the tie there.

        Returns
        -------
        numpy.ndarray
            Shape (columns, columns).
        """

    @abstractmethod
    def products(self) -> Floats:
        """Return the cross-products of the centred columns over spells."""

    @property
    @abstractmethod
    def leavers(self) -> Leavers:
        """Sums over those who leave."""


Blocks = Iterable[Rows] | Compressed


@dataclass(frozen=True, eq=False)
class RiskSums:
    """Sums per event time at given coefficients.

    Attributes
    ----------
    s0, s1 : numpy.ndarray
        Σ r and Σ r·x of those at risk, shapes (T,) and (T, columns); r = weight·exp(x·β + offset).
    d0, d1 : numpy.ndarray
        The same of those who leave.
    events : numpy.ndarray
        How many leave.
    mass : numpy.ndarray
        Their mean sampling weight, 1 without weights.
    left : numpy.ndarray
        Σ weight·x of those who leave, shape (T, columns).
    log_risk : float
        Σ weight·(x·β + offset) of those who leave.
    ties : TieSums
        Sums over tied events.
    remain : numpy.ndarray, optional
        As `Grid.remain`.
    """

    s0: Floats
    s1: Floats
    d0: Floats
    d1: Floats
    events: Floats
    mass: Floats
    left: Floats
    log_risk: float
    ties: TieSums
    remain: Floats | None = None

    def rescaled(self, scale: Floats) -> RiskSums:
        """Return the same sums when the columns were divided by `scale`.

        Parameters
        ----------
        scale : numpy.ndarray
            One per column.

        Returns
        -------
        RiskSums
            In the columns' own units.
        """
        return replace(self, s1=self.s1 * scale, d1=self.d1 * scale, left=self.left * scale)

    def still(self, rows: Rows, increments: Floats) -> Floats:
        """Return sums over the times after each row's end, times the weight with which it stays at risk then.

        Parameters
        ----------
        rows : Rows
            The rows.
        increments : numpy.ndarray
            Shape (T,) or (T, columns).

        Returns
        -------
        numpy.ndarray
            One row per row; a single 0 where none stays.
        """
        if rows.after is None or self.remain is None:
            return np.zeros(1) if increments.ndim == 1 else np.zeros((1, 1))
        weighted = increments * (self.remain if increments.ndim == 1 else self.remain[:, None])
        ahead = np.concatenate([np.cumsum(weighted[::-1], axis=0)[::-1], np.zeros_like(weighted[:1])])
        return np.asarray((rows.after if increments.ndim == 1 else rows.after[:, None]) * ahead[rows.leave])

    @property
    def hazard(self) -> Floats:
        """Increments of the baseline hazard, shape (T,)."""
        return np.asarray(self.mass * self.ties.inverse)

    @property
    def mean_hazard(self) -> Floats:
        """Increments of the hazard times the mean covariates of those at risk, shape (T, columns)."""
        return np.asarray(
            self.mass[:, None] * (self.ties.square[:, None] * self.s1 - self.ties.square_tied[:, None] * self.d1)
        )

    @property
    def expected(self) -> Floats:
        """What the covariates of those who leave are compared with, summed, shape (T, columns)."""
        return np.asarray(
            self.mass[:, None] * (self.ties.inverse[:, None] * self.s1 - self.ties.tied[:, None] * self.d1)
        )


def by_slot(slots: Codes, values: Floats, size: int, *, x: Floats | None = None) -> Floats:
    """Return sums of values, or of values times rows of x, per position of the grid.

    Parameters
    ----------
    slots : numpy.ndarray
        Position of each row.
    values : numpy.ndarray
        One per row.
    size : int
        Number of positions.
    x : numpy.ndarray, optional
        Shape (rows, columns).

    Returns
    -------
    numpy.ndarray
        Shape (size,) or (size, columns).
    """
    if x is None:
        return np.asarray(np.bincount(slots, weights=values, minlength=size), dtype=float)
    # Column by column: a sparse product is no faster and its library takes longer to load than a fit takes.
    return np.stack([np.bincount(slots, weights=values * column, minlength=size) for column in x.T], axis=1)


@dataclass(frozen=True, eq=False)
class Leavers:
    """Sums over those who leave, the same at all coefficients.

    Attributes
    ----------
    events, mass : numpy.ndarray
        How many leave at each time, and their mean sampling weight; shape (T,).
    left : numpy.ndarray
        Σ weight·x, shape (T, columns).
    offset : float
        Σ weight·offset.
    """

    events: Floats
    mass: Floats
    left: Floats
    offset: float


def leavers_of(blocks: Blocks, grid: Grid, columns: int) -> Leavers:
    """Return the sums over those who leave: one pass over the rows.

    Parameters
    ----------
    blocks : iterable of Rows
        The rows.
    grid : Grid
        Event times.
    columns : int
        How many columns there are.

    Returns
    -------
    Leavers
        Per event time.
    """
    if isinstance(blocks, Compressed):
        return blocks.leavers
    size = len(grid.times)
    events, weight, left, offset = np.zeros(size), np.zeros(size), np.zeros((size, columns)), 0.0
    for rows in blocks:
        gone = np.flatnonzero(rows.event)
        at = rows.leave[gone] - 1
        events += by_slot(at, rows.n[gone], size)
        weight += by_slot(at, rows.weight[gone], size)
        left += by_slot(at, rows.weight[gone], size, x=rows.x[gone])
        offset += float(rows.weight[gone] @ rows.offset[gone])
    return Leavers(events, weight / events, left, offset)


def risk_sums(blocks: Blocks, grid: Grid, beta: Floats, *, ties: Ties, leavers: Leavers | None = None) -> RiskSums:
    """Return the sums over the risk sets: one pass over the rows.

    Parameters
    ----------
    blocks : iterable of Rows
        The rows.
    grid : Grid
        Event times.
    beta : numpy.ndarray
        Coefficients.
    ties : {"efron", "breslow"}
        The rule for ties.
    leavers : Leavers, optional
        Of the same rows; computed when not given.

    Returns
    -------
    RiskSums
        S0 is never below D0: where all at risk leave, rounding must not make it so.
    """
    gone = leavers or leavers_of(blocks, grid, len(beta))
    size = len(grid.times)
    if isinstance(blocks, Compressed):
        plain, crossed = blocks.totals(beta)
        stayed = np.zeros((size + 1, len(beta) + 1))
    else:
        plain, crossed, stayed = _totals(blocks, grid, beta)
    d0, d1 = plain[size : 2 * size], crossed[size : 2 * size]
    s0 = grid.backwards(plain[:size] + d0 - plain[2 * size :])
    s1 = grid.backwards(crossed[:size] + d1 - crossed[2 * size :])
    if grid.remain is not None:
        held = np.cumsum(stayed, axis=0)[:size] * grid.remain[:, None]
        s0, s1 = s0 + held[:, 0], s1 + held[:, 1:]
    s0 = np.maximum(s0, d0)
    log_risk = gone.offset + float(gone.left.sum(axis=0) @ beta)
    tied = tie_sums(s0, d0, gone.events, ties=ties)
    return RiskSums(s0, s1, d0, d1, gone.events, gone.mass, gone.left, log_risk, tied, grid.remain)


def _totals(blocks: Iterable[Rows], grid: Grid, beta: Floats) -> tuple[Floats, Floats, Floats]:
    """Σ r and Σ r·x by time, and of those who stay at risk after their end."""
    size = len(grid.times)
    # The first `size` positions hold those who stayed, the next those who left, the last those who had not yet entered.
    plain, crossed = np.zeros(3 * size), np.zeros((3 * size, len(beta)))
    stayed = np.zeros((size + 1, len(beta) + 1))
    for rows in blocks:
        risk = rows.weight * np.exp(rows.x @ beta + rows.offset)
        if rows.after is not None:
            _stay(stayed, rows, risk)
            risk = np.where(rows.leave > rows.enter, risk, 0.0)
        last = np.maximum(rows.leave - 1, 0) + size * rows.event
        plain += by_slot(last, risk, 3 * size)
        crossed += by_slot(last, risk, 3 * size, x=rows.x)
        late = grid.late(rows.enter)
        if len(late):
            before = rows.enter[late] - 1 + 2 * size
            plain += by_slot(before, risk[late], 3 * size)
            crossed += by_slot(before, risk[late], 3 * size, x=rows.x[late])
    return plain, crossed, stayed


def _stay(stayed: Floats, rows: Rows, risk: Floats) -> None:
    """Add the rows that stay at risk after their end, at the position of the first later event time."""
    after = rows.after if rows.after is not None else np.zeros(0)
    held = np.flatnonzero(after > 0)
    weight = risk[held] * after[held]
    stayed[:, 0] += by_slot(rows.leave[held], weight, len(stayed))
    stayed[:, 1:] += by_slot(rows.leave[held], weight, len(stayed), x=rows.x[held])


def log_likelihood(sums: RiskSums) -> float:
    """Return the log partial likelihood.

    Σ weight·log risk of those who leave − Σ mass·Σ log v.

    Parameters
    ----------
    sums : RiskSums
        At the coefficients.

    Returns
    -------
    float
        Its value.
    """
    return sums.log_risk - float(sums.mass @ sums.ties.log)


def score(sums: RiskSums, *, at: Floats | None = None) -> Floats:
    """Return the derivative of the log partial likelihood, or its parts weighted by a function of time.

    Parameters
    ----------
    sums : RiskSums
        At the coefficients.
    at : numpy.ndarray, optional
        A weight per event time; default 1.

    Returns
    -------
    numpy.ndarray
        Shape (columns,).
    """
    parts = sums.left - sums.expected
    return np.asarray(parts.sum(axis=0) if at is None else at @ parts)


def information(blocks: Blocks, sums: RiskSums, *, beta: Floats, at: Floats | None = None) -> Floats:
    """Return the negative second derivative, or its parts weighted by a function of time: one pass over the rows.

    Parameters
    ----------
    blocks : iterable of Rows
        The rows.
    sums : RiskSums
        At the coefficients.
    beta : numpy.ndarray
        Coefficients.
    at : numpy.ndarray, optional
        A weight per event time; default 1.

    Returns
    -------
    numpy.ndarray
        Shape (columns, columns).
    """
    mass = sums.mass if at is None else sums.mass * at
    gone = np.concatenate([[0.0], np.cumsum(mass * sums.ties.inverse)])
    tied = mass * sums.ties.tied
    if isinstance(blocks, Compressed):
        result = blocks.crossed(beta, gone, tied)
    else:
        result = _crossed(blocks, sums, beta=beta, gone=gone, tied=tied, steps=mass * sums.ties.inverse)
    s1, d1, ties = sums.s1, sums.d1, sums.ties
    mixed = s1.T @ ((mass * ties.square_tied)[:, None] * d1)
    result -= s1.T @ ((mass * ties.square)[:, None] * s1) - mixed - mixed.T
    result -= d1.T @ ((mass * ties.square_tied2)[:, None] * d1)
    return (result + result.T) / 2


def _crossed(
    blocks: Iterable[Rows], sums: RiskSums, *, beta: Floats, gone: Floats, tied: Floats, steps: Floats
) -> Floats:
    result = np.zeros((len(beta), len(beta)))
    for rows in blocks:
        risk = rows.weight * np.exp(rows.x @ beta + rows.offset)
        lived = gone[rows.leave] - gone[rows.enter] + sums.still(rows, steps)
        weight = risk * (lived - np.where(rows.event, tied[rows.leave - 1], 0.0))
        result += (rows.x * weight[:, None]).T @ rows.x
    return result
