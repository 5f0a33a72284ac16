"""Cox's model on rows with continuous covariates, in bounded memory: blocks are read again at each step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.results import Estimates
from cemlab.core.rows import DesignBlock, DesignRows
from cemlab.stats.hazards.cells import CellRows, Prepared, Roles
from cemlab.stats.hazards.cox import fitted, sandwich
from cemlab.stats.hazards.design import Codes, Design, Term
from cemlab.stats.hazards.fitted import CoxModel, estimates_of
from cemlab.stats.hazards.grid import Grid, Rows
from cemlab.stats.hazards.risksets import risk_sums
from cemlab.stats.hazards.ties import Ties
from cemlab.stats.intervals import Floats

HELD = 12_000_000
"""Numbers that are kept between readings; more are read again."""
WHOLE = 1_000_000
"""Whole event times below this are looked up, others searched."""


class _OnGrid:
    """Blocks of rows on the grid of event times, covariates centred and scaled; kept between readings while they are few.

    Nothing else is kept: an engine may give the rows in another order at the next reading.
    """

    def __init__(self, source: DesignRows, first: _First) -> None:
        self._source, self._first = source, first
        self._held: list[Rows] | None = None

    def __iter__(self) -> Iterator[Rows]:
        if self._held is not None:
            yield from self._held
            return
        few = self._first.rows * len(self._first.centre) <= HELD
        held: list[Rows] = []
        for block in self._source:
            rows = self._rows(block)
            if few:
                held.append(rows)
            yield rows
        if few:
            self._held = held

    def _rows(self, block: DesignBlock) -> Rows:
        leave = self._first.position(np.asarray(block.duration, dtype=float))
        enter = np.zeros_like(leave)
        if block.start is not None:
            start = np.asarray(block.start, dtype=float)
            enter = np.where(start > 0, self._first.position(start), 0)
        x = np.asarray(block.x, dtype=float) - self._first.centre
        x /= self._first.scale
        n = np.ones(len(x)) if block.n is None else np.asarray(block.n, dtype=float)
        event = np.asarray(block.event).astype(bool)
        kept = leave > enter
        if not kept.all():
            x, enter, leave, event, n = x[kept], enter[kept], leave[kept], event[kept], n[kept]
        return Rows(x, enter, leave, event, n, n, n, np.zeros(len(x)), np.zeros(0, dtype=np.int64))


def fit_cox_rows(
    rows: DesignRows,
    *,
    ties: Ties = "efron",
    robust: bool = False,
    ridge: float = 0.0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the log hazard ratios of Cox's model on rows.

    The same likelihood as `fit_cox`; needs rows, in memory of one block and of the grid of event times. Each
    Newton step reads all blocks twice: sums per time, then one weighted cross-product.

    Parameters
    ----------
    rows : DesignRows
        Blocks of numbers that can be read again and again (`prepare.rows.design`, or a frame by `blocks_of`).
    ties : {"efron", "breslow"}, default "efron"
        Rule for tied events.
    robust : bool, default False
        Errors H⁻¹(Σ U_i U_iᵀ)H⁻¹ over rows.
    ridge : float, default 0
        θ of a penalty θ/2·Σβ² on coefficients per standard deviation.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Kept with the result.

    Returns
    -------
    Estimates
        As `fit_cox`, every term a number.

    Raises
    ------
    SchemaError
        When a number is missing, or a row ends before it starts.
    InsufficientDataError
        When nobody left, or a covariate is constant or repeats others.
    ConvergenceError
        When a coefficient runs off, naming it.

    References
    ----------
    Cox, D. R. (1972). Regression models and life-tables. Journal of the Royal Statistical Society B,
    34(2), 187–220. doi:10.1111/j.2517-6161.1972.tb00899.x
    """
    first = _first_pass(rows)
    blocks = _OnGrid(rows, first)
    labels = list(rows.columns)
    scaled = fitted(blocks, first.grid, labels=labels, ties=ties, ridge=ridge)
    # Columns were scaled for the fit; the model speaks of their own units.
    found, square = scaled.rescaled(first.scale), np.outer(first.scale, first.scale)
    covariance = sandwich(blocks, first.grid, scaled, ties=ties) / square if robust else found.covariance
    design = Design(tuple(Term(name) for name in labels))
    sums = risk_sums(blocks, first.grid, scaled.beta, ties=ties).rescaled(first.scale)
    data = Prepared(
        _no_cells(design, first),
        first.grid,
        pd.DataFrame(index=range(1)),
        first.n,
        first.events,
        False,
        0,
        np.array([first.last]),
    )
    model = CoxModel(
        design=design,
        roles=Roles(),
        ties=ties,
        beta=found.beta,
        covariance=covariance,
        centre=first.centre,
        grid=first.grid,
        strata=data.strata,
        sums=sums,
        bread=found.covariance,
        last_seen=data.last_seen,
    )
    counts = pd.DataFrame({"term": labels, "level": "", "n": first.n, "events": first.events})
    return estimates_of(model, found, counts=counts, data=data, level=level, min_n=min_n, ridge=ridge)


@dataclass(frozen=True, eq=False)
class _First:
    """What the first reading finds; `table` holds the positions of whole times where all event times are whole."""

    grid: Grid
    centre: Floats
    scale: Floats
    rows: int
    n: float
    events: float
    last: float
    table: Codes | None

    def position(self, time: Floats) -> Codes:
        """How far the grid has come at each time."""
        if self.table is None:
            return np.searchsorted(self.grid.times, time, side="right")
        return np.asarray(self.table[np.minimum(time, len(self.table) - 1).astype(np.int64)])


def _first_pass(rows: DesignRows) -> _First:
    columns = len(rows.columns)
    times: Floats = np.zeros(0)
    total, square, count, n, events, last, wrong = np.zeros(columns), np.zeros(columns), 0, 0.0, 0.0, 0.0, 0
    for block in rows:
        x, time, event = (np.asarray(each, dtype=float) for each in (block.x, block.duration, block.event))
        many = np.ones(len(x)) if block.n is None else np.asarray(block.n, dtype=float)
        wrong, count = wrong + _impossible(block, x, many), count + len(x)
        times = np.union1d(times, time[event > 0])
        n, events, last = n + many.sum(), events + float(event @ many), max(last, float(time.max(initial=0)))
        total, square = total + many @ x, square + many @ x**2
    if wrong:
        raise SchemaError(
            f"Rows must hold finite numbers and end after their start: {wrong:,} of {count:,} do not. Quarantine them."
        )
    if not events:
        raise InsufficientDataError(
            f"A hazard needs somebody who left: none of {int(n):,} spells did. Lengthen the window."
        )
    centre = total / n
    spread = np.sqrt(np.maximum(square / n - centre**2, 0))
    whole = bool((times % 1 == 0).all()) and times[-1] < WHOLE
    table = np.searchsorted(times, np.arange(int(times[-1]) + 1), side="right") if whole else None
    grid = Grid(times, np.array([0, len(times)], dtype=np.int64))
    return _First(grid, centre, np.where(spread > 0, spread, 1.0), count, float(n), events, last, table)


def _impossible(block: DesignBlock, x: Floats, many: Floats) -> int:
    time, event = np.asarray(block.duration, dtype=float), np.asarray(block.event, dtype=float)
    bad = ~(
        np.isfinite(x).all(axis=1)
        & np.isfinite(time)
        & (time >= 0)
        & np.isin(event, (0, 1))
        & (many > 0)
        & (many % 1 == 0)
    )
    if block.start is not None:
        start = np.asarray(block.start, dtype=float)
        bad |= ~np.isfinite(start) | ((start > 0) & (time <= start))
    return int(bad.sum())


def _no_cells(design: Design, first: _First) -> CellRows:
    none, empty = np.zeros(0, dtype=np.int64), np.zeros(0)
    rows = Rows(np.zeros((0, 0)), none, none, none.astype(bool), empty, empty, empty, empty, none)
    return CellRows(design, [empty for _ in design.terms], first.centre, rows)


def blocks_of(frame: pd.DataFrame, columns: Sequence[str], *, size: int = 500_000) -> FrameBlocks:
    """Return a frame's rows as blocks.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``duration``, ``event``, optional ``start``, and the covariates as numbers.
    columns : sequence of str
        The covariates.
    size : int, default 500,000
        Rows of a block.

    Returns
    -------
    FrameBlocks
        For `fit_cox_rows`.
    """
    return FrameBlocks(frame, tuple(columns), size)


@dataclass(eq=False)
class FrameBlocks:
    """A frame, block by block.

    Attributes
    ----------
    frame : pandas.DataFrame
        The rows.
    columns : tuple of str
        The covariates.
    size : int
        Rows of a block.
    """

    frame: pd.DataFrame
    columns: tuple[str, ...]
    size: int

    def __iter__(self) -> Iterator[DesignBlock]:
        """Blocks.

        Yields
        ------
        DesignBlock
            At most `size` rows.
        """
        for first in range(0, len(self.frame), self.size):
            part = self.frame.iloc[first : first + self.size]
            start = part["start"].to_numpy(float) if "start" in part else None
            yield DesignBlock(
                part[list(self.columns)].to_numpy(float),
                part["duration"].to_numpy(float),
                part["event"].to_numpy(float),
                start,
            )
