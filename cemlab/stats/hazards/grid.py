"""Event times, on which all sums over risk sets are kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cemlab.stats.hazards.design import Codes
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
    remain : numpy.ndarray, optional
        Share that would still be followed at each time: those who left for another cause stay at risk with this weight
        (Fine and Gray). One stratum then.
    """

    times: Floats
    bounds: Codes
    remain: Floats | None = None

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
        if len(self.bounds) == 2:
            return np.flatnonzero(enter)
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
    after : numpy.ndarray, optional
        Weight with which a row stays at risk after its end, before `Grid.remain`; 0 for most.
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
    after: Floats | None = None
