"""Who is at risk when: rows on the grid of event times, and the sums over the risk sets.

Nothing here is as large as rows × columns × columns: sums per time are one pass over the rows, and the
information needs one weighted cross-product of the rows less products of sums per time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cemlab.stats.hazards.design import Codes
from cemlab.stats.hazards.ties import Ties, TieSums, tie_sums
from cemlab.stats.intervals import Floats


@dataclass(frozen=True, eq=False)
class Grid:
    """Event times, stratum after stratum.

    Attributes
    ----------
    times : numpy.ndarray
        Shape (T,), ascending within each stratum.
    bounds : numpy.ndarray
        First position of each stratum, and T at the end.
    """

    times: Floats
    bounds: Codes

    def backwards(self, sums: Floats) -> Floats:
        """Return, for each time, the sum over this and all later times of its stratum.

        Parameters
        ----------
        sums : numpy.ndarray
            Shape (T,) or (T, columns).

        Returns
        -------
        numpy.ndarray
            In the shape of `sums`.
        """
        result = np.empty_like(sums)
        for first, last in zip(self.bounds[:-1], self.bounds[1:], strict=True):
            result[first:last] = np.cumsum(sums[first:last][::-1], axis=0)[::-1]
        return result

    def position(self, stratum: Codes, time: Floats) -> Codes:
        """Return how far the grid has come at a time: the position of the first later event time of the stratum.

        Parameters
        ----------
        stratum : numpy.ndarray
            Position of the stratum of each row.
        time : numpy.ndarray
            A time per row.

        Returns
        -------
        numpy.ndarray
            Positions, from the stratum's first to its last plus one.
        """
        if len(self.bounds) == 2:
            return np.searchsorted(self.times, time, side="right")
        result = np.zeros(len(time), dtype=np.int64)
        order = np.argsort(stratum, kind="stable")
        edges = np.searchsorted(stratum[order], np.arange(len(self.bounds)))
        for code, (first, last) in enumerate(zip(self.bounds[:-1], self.bounds[1:], strict=True)):
            rows = order[edges[code] : edges[code + 1]]
            result[rows] = first + np.searchsorted(self.times[first:last], time[rows], side="right")
        return result

    def late(self, enter: Codes) -> Codes:
        """Return which rows are not there from the first event of their stratum.

        Parameters
        ----------
        enter : numpy.ndarray
            First position at which a row is at risk.

        Returns
        -------
        numpy.ndarray
            Their numbers.
        """
        return np.flatnonzero(enter > self.bounds[np.searchsorted(self.bounds, enter, side="right") - 1])


def grid_of(stratum: Codes, time: Floats, *, strata: int) -> Grid:
    """Return the grid of event times.

    Parameters
    ----------
    stratum : numpy.ndarray
        Position of the stratum of each event.
    time : numpy.ndarray
        When it happened.
    strata : int
        How many strata there are.

    Returns
    -------
    Grid
        Each time once per stratum.
    """
    found = [np.unique(time[stratum == code]) for code in range(strata)] if strata > 1 else [np.unique(time)]
    return Grid(np.concatenate(found), np.concatenate([[0], np.cumsum([len(each) for each in found])]).astype(np.int64))


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows that are each all events or all censored, on the grid.

    Attributes
    ----------
    x : numpy.ndarray
        Covariates less their centre, shape (rows, columns).
    enter, leave : numpy.ndarray
        A row is at risk at the positions enter ≤ k < leave; an event is at leave − 1.
    event : numpy.ndarray
        Booleans.
    n, weight, weight2 : numpy.ndarray
        Spells, their summed sampling weights, and the summed squares of these.
    offset : numpy.ndarray
        Known part of the log hazard.
    cluster : numpy.ndarray
        Position of the cluster of each row; empty when there are none.
    """

    x: Floats
    enter: Codes
    leave: Codes
    event: np.ndarray
    n: Floats
    weight: Floats
    weight2: Floats
    offset: Floats
    cluster: Codes


Blocks = Iterable[Rows]


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
    from scipy.sparse import csc_array

    return np.asarray(csc_array((values, slots, np.arange(len(slots) + 1)), shape=(size, len(slots))) @ x)


def risk_sums(blocks: Blocks, grid: Grid, beta: Floats, *, ties: Ties) -> RiskSums:
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

    Returns
    -------
    RiskSums
        S0 is never below D0: where all at risk leave, rounding must not make it so.
    """
    size, columns = len(grid.times), len(beta)
    plain, crossed = np.zeros((4, size)), np.zeros((3, size, columns))
    log_risk = 0.0
    for rows in blocks:
        linear = rows.x @ beta + rows.offset
        risk = rows.weight * np.exp(linear)
        last = rows.leave - 1
        plain[0] += by_slot(last, risk, size)
        crossed[0] += by_slot(last, risk, size, x=rows.x)
        late = grid.late(rows.enter)
        if len(late):
            before = rows.enter[late] - 1
            plain[0] -= by_slot(before, risk[late], size)
            crossed[0] -= by_slot(before, risk[late], size, x=rows.x[late])
        gone = np.flatnonzero(rows.event)
        at, x = last[gone], rows.x[gone]
        plain[1] += by_slot(at, risk[gone], size)
        plain[2] += by_slot(at, rows.n[gone], size)
        plain[3] += by_slot(at, rows.weight[gone], size)
        crossed[1] += by_slot(at, risk[gone], size, x=x)
        crossed[2] += by_slot(at, rows.weight[gone], size, x=x)
        log_risk += float(rows.weight[gone] @ linear[gone])
    d0, events = plain[1], plain[2]
    s0 = np.maximum(grid.backwards(plain[0]), d0)
    return RiskSums(s0, grid.backwards(crossed[0]), d0, crossed[1], events, plain[3] / events, crossed[2], log_risk,
                    tie_sums(s0, d0, events, ties=ties))  # fmt: skip


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
    result = np.zeros((len(beta), len(beta)))
    for rows in blocks:
        risk = rows.weight * np.exp(rows.x @ beta + rows.offset)
        weight = risk * (gone[rows.leave] - gone[rows.enter] - np.where(rows.event, tied[rows.leave - 1], 0.0))
        result += (rows.x * weight[:, None]).T @ rows.x
    s1, d1, ties = sums.s1, sums.d1, sums.ties
    mixed = s1.T @ ((mass * ties.square_tied)[:, None] * d1)
    result -= s1.T @ ((mass * ties.square)[:, None] * s1) - mixed - mixed.T
    result -= d1.T @ ((mass * ties.square_tied2)[:, None] * d1)
    return (result + result.T) / 2


def score_residuals(rows: Rows, sums: RiskSums, beta: Floats) -> Floats:
    """Return each spell's own part of the score, at its weight of 1.

    Parameters
    ----------
    rows : Rows
        A block of rows.
    sums : RiskSums
        At the coefficients.
    beta : numpy.ndarray
        Coefficients.

    Returns
    -------
    numpy.ndarray
        Shape (rows, columns); with the weights of the rows they sum to the score.
    """
    hazard = np.concatenate([[0.0], np.cumsum(sums.hazard)])
    mean = np.vstack([np.zeros((1, len(beta))), np.cumsum(sums.mean_hazard, axis=0)])
    lived = (hazard[rows.leave] - hazard[rows.enter])[:, None] * rows.x - (mean[rows.leave] - mean[rows.enter])
    gone = np.flatnonzero(rows.event)
    at = rows.leave[gone] - 1
    ties, mass = sums.ties, sums.mass[at][:, None]
    lived[gone] -= mass * (ties.tied[at][:, None] * rows.x[gone] - ties.square_tied[at][:, None] * sums.s1[at]
                           + ties.square_tied2[at][:, None] * sums.d1[at])  # fmt: skip
    result = -np.exp(rows.x @ beta + rows.offset)[:, None] * lived
    result[gone] += rows.x[gone] - (sums.expected[at] / (sums.mass[at] * sums.events[at])[:, None])
    return np.asarray(result)
