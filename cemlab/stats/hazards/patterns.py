"""Cells whose covariates are all levels: one table of counts, time by pattern, in place of rows.

Spells of one pattern of levels have one risk, so the sums over a risk set are products of a fixed table with as many
numbers as there are patterns. A Newton step then costs the same for ten thousand spells and for ten million.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cemlab.stats.hazards.design import Codes, Design
from cemlab.stats.hazards.grid import Grid, Rows
from cemlab.stats.hazards.risksets import Compressed, Leavers, by_slot
from cemlab.stats.intervals import Floats

LARGEST = 4_000_000
"""Numbers in the table; with more, rows are as good."""


@dataclass(frozen=True, eq=False)
class Patterns(Compressed):
    """Summed weights by time and pattern.

    Attributes
    ----------
    x : numpy.ndarray
        Covariates of each pattern less their centre, shape (P, columns).
    n : numpy.ndarray
        Spells of each pattern.
    table : numpy.ndarray
        Summed weights, shape (3·T, P): of those who stayed until just before the next event time, of those who
        left, and of those who entered before it.
    bounds : numpy.ndarray
        First position of each stratum on the grid, and T at the end.
    gone : Leavers
        Sums over those who left.
    """

    x: Floats
    n: Floats
    table: Floats
    bounds: Codes
    gone: Leavers

    @property
    def leavers(self) -> Leavers:
        """Sums over those who left."""
        return self.gone

    def products(self) -> Floats:
        """Return the cross-products of the centred columns over spells.

        Returns
        -------
        numpy.ndarray
            Shape (columns, columns).
        """
        total = self.n @ self.x
        return (self.x * self.n[:, None]).T @ self.x - np.outer(total, total) / max(float(self.n.sum()), 1.0)

    def totals(self, beta: Floats) -> tuple[Floats, Floats]:
        """Return Σ r and Σ r·x by time, of those who stayed, left and had entered late.

        Parameters
        ----------
        beta : numpy.ndarray
            Coefficients.

        Returns
        -------
        numpy.ndarray
            Shape (3·T,).
        numpy.ndarray
            Shape (3·T, columns).
        """
        risk = np.exp(self.x @ beta)
        return self.table @ risk, self.table @ (self.x * risk[:, None])

    def crossed(self, beta: Floats, gone: Floats, tied: Floats) -> Floats:
        """Return Σ x xᵀ·r·(what each spell lived through).

        Parameters
        ----------
        beta : numpy.ndarray
            Coefficients.
        gone : numpy.ndarray
            Cumulative sum before each event time, and after the last; shape (T + 1,).
        tied : numpy.ndarray
            What those who leave at a time did not live through, shape (T,).

        Returns
        -------
        numpy.ndarray
            Shape (columns, columns).
        """
        lived = gone[1:] - np.repeat(gone[self.bounds[:-1]], np.diff(self.bounds))
        weight = np.exp(self.x @ beta) * (np.concatenate([lived, lived - tied, -lived]) @ self.table)
        return np.asarray((self.x * weight[:, None]).T @ self.x)


def patterns_of(rows: Rows, grid: Grid, *, design: Design, coded: Sequence[Floats], centre: Floats) -> Patterns | None:
    """Return rows as a table of patterns, where they can be one.

    Parameters
    ----------
    rows : Rows
        The rows, with or without their covariates.
    grid : Grid
        Event times.
    design : Design
        The covariates.
    coded : sequence of numpy.ndarray
        Each term as numbers.
    centre : numpy.ndarray
        What is taken off the columns.

    Returns
    -------
    Patterns or None
        None when a covariate is a number, offsets or weights that stay differ between rows, or the table would
        be large.
    """
    size = len(grid.times)
    if rows.after is not None or rows.offset.any() or not all(term.levels for term in design.terms):
        return None
    many = np.prod([float(len(term.levels)) for term in design.terms])
    if not len(rows.n) or many >= np.iinfo(np.int64).max // 2:
        return None
    key = np.zeros(len(rows.n), dtype=np.int64)
    for term, values in zip(design.terms, coded, strict=True):
        key = key * len(term.levels) + values.astype(np.int64)
    pattern, keys = pd.factorize(key)
    if 3 * size * len(keys) > LARGEST:
        return None
    cells = (rows.leave - 1 + size * rows.event) * len(keys) + pattern
    table: Floats = np.asarray(np.bincount(cells, weights=rows.weight, minlength=3 * size * len(keys)), dtype=float)
    late = grid.late(rows.enter)
    if len(late):
        table += np.bincount(
            (rows.enter[late] - 1 + 2 * size) * len(keys) + pattern[late],
            weights=rows.weight[late],
            minlength=len(table),
        )
    table = table.reshape(3 * size, len(keys))
    levels = np.unravel_index(keys, [len(term.levels) for term in design.terms])
    x = design.matrix([each.astype(float) for each in levels]) - centre
    gone = np.flatnonzero(rows.event)
    events = by_slot(rows.leave[gone] - 1, rows.n[gone], size)
    left = table[size : 2 * size]
    leavers = Leavers(events, left.sum(axis=1) / events, left @ x, 0.0)
    n = np.asarray(np.bincount(pattern, weights=rows.n), dtype=float)
    return Patterns(x, n, table, grid.bounds, leavers)
