"""Cox's model on rows with continuous covariates, in bounded memory: blocks are read again at each step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.hazards.cells import CellRows, Prepared, Roles
from cemlab.stats.hazards.cox import fitted, sandwich
from cemlab.stats.hazards.design import Design, Term
from cemlab.stats.hazards.fitted import CoxModel, estimates_of
from cemlab.stats.hazards.grid import Grid
from cemlab.stats.hazards.risksets import Rows, risk_sums
from cemlab.stats.hazards.ties import Ties
from cemlab.stats.intervals import Floats

HELD = 12_000_000
"""Numbers that are kept between readings; more are read again."""


class RowBlock(Protocol):
    """Some rows of numbers."""

    @property
    def x(self) -> Floats:
        """Covariates, shape (rows, columns)."""

    @property
    def duration(self) -> Floats:
        """When each row ends."""

    @property
    def event(self) -> Floats:
        """1 where it ended by leaving, else 0."""

    @property
    def start(self) -> Floats | None:
        """From when it is at risk; none: from the origin."""


class RowBlocks(Protocol):
    """Blocks of rows that can be read again and again."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the covariates."""

    def __iter__(self) -> Iterator[RowBlock]:
        """Blocks, the same at each reading."""


class _OnGrid:
    """Blocks of rows on the grid of event times, covariates centred and scaled.

    What a later reading would find again is kept: positions on the grid always, the numbers while they are few.
    """

    def __init__(self, source: RowBlocks, first: _First) -> None:
        self._source, self._first = source, first
        self._held: list[Rows] | None = None
        self._positions: list[_Placed] = []

    def __iter__(self) -> Iterator[Rows]:
        if self._held is not None:
            yield from self._held
            return
        few = self._first.n * len(self._first.centre) <= HELD
        held: list[Rows] = []
        for number, block in enumerate(self._source):
            rows = self._rows(number, block)
            if few:
                held.append(rows)
            yield rows
        if few:
            self._held = held

    def _rows(self, number: int, block: RowBlock) -> Rows:
        if number == len(self._positions):
            self._positions.append(self._placed(block))
        at = self._positions[number]
        x = np.asarray(block.x, dtype=float)
        x = (x if at.kept is None else x[at.kept]) - self._first.centre
        x /= self._first.scale
        one = np.ones(len(x))
        return Rows(x, at.enter, at.leave, at.event, one, one, one, np.zeros(len(x)), np.zeros(0, dtype=np.int64))

    def _placed(self, block: RowBlock) -> _Placed:
        times = self._first.grid.times
        leave = np.searchsorted(times, np.asarray(block.duration, dtype=float), side="right")
        enter = np.zeros(len(leave), dtype=np.int64)
        if block.start is not None:
            start = np.asarray(block.start, dtype=float)
            enter = np.where(start > 0, np.searchsorted(times, start, side="right"), 0)
        event = np.asarray(block.event).astype(bool)
        kept = np.flatnonzero(leave > enter)
        part = slice(None) if len(kept) == len(leave) else kept
        return _Placed(enter[part].astype(np.int32), leave[part].astype(np.int32), event[part],
                       None if len(kept) == len(leave) else kept)  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Placed:
    """Entry, end and event of each row on the grid, in few bytes; which rows are at risk at an event at all."""

    enter: np.ndarray
    leave: np.ndarray
    event: np.ndarray
    kept: np.ndarray | None


def fit_cox_rows(
    rows: RowBlocks,
    *,
    ties: Ties = "efron",
    robust: bool = False,
    ridge: float = 0.0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the log hazard ratios of Cox's model on rows.

    The same likelihood as `fit_cox`; needs rows, in memory of one block and of the grid of event times. Each Newton step
    reads all blocks twice: sums per time, then one weighted cross-product.

    Parameters
    ----------
    rows : RowBlocks
        A re-iterable of blocks of numbers with ``x``, ``duration``, ``event`` and ``start``, and the names of the ``columns``.
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
    data = Prepared(_no_cells(design, first), first.grid, pd.DataFrame(index=range(1)), first.n, first.events, False, 0,
                    np.array([first.last]))  # fmt: skip
    model = CoxModel(
        design=design, roles=Roles(), ties=ties, beta=found.beta, covariance=covariance, centre=first.centre, grid=first.grid,
        strata=data.strata, sums=sums, bread=found.covariance, last_seen=data.last_seen,
    )  # fmt: skip
    counts = pd.DataFrame({"term": labels, "level": "", "n": first.n, "events": first.events})
    return estimates_of(model, found, counts=counts, data=data, level=level, min_n=min_n, ridge=ridge)


@dataclass(frozen=True, eq=False)
class _First:
    """What the first reading finds."""

    grid: Grid
    centre: Floats
    scale: Floats
    n: float
    events: float
    last: float


def _first_pass(rows: RowBlocks) -> _First:
    columns = len(rows.columns)
    times: Floats = np.zeros(0)
    total, square, n, events, last, wrong = np.zeros(columns), np.zeros(columns), 0, 0, 0.0, 0
    for block in rows:
        x, time, event = (np.asarray(each, dtype=float) for each in (block.x, block.duration, block.event))
        bad = ~(np.isfinite(x).all(axis=1) & np.isfinite(time) & (time >= 0) & np.isin(event, (0, 1)))
        if block.start is not None:
            start = np.asarray(block.start, dtype=float)
            bad |= ~np.isfinite(start) | ((start > 0) & (time <= start))
        wrong, n, events = wrong + int(bad.sum()), n + len(x), events + int(event.sum())
        times = np.union1d(times, time[event > 0])
        total, square, last = total + x.sum(axis=0), square + (x**2).sum(axis=0), max(last, float(time.max(initial=0)))
    if wrong:
        raise SchemaError(
            f"Rows must hold finite numbers and end after their start: {wrong:,} of {n:,} do not. Quarantine them."
        )
    if not events:
        raise InsufficientDataError(f"A hazard needs somebody who left: none of {n:,} spells did. Lengthen the window.")
    centre = total / n
    spread = np.sqrt(np.maximum(square / n - centre**2, 0))
    grid = Grid(times, np.array([0, len(times)], dtype=np.int64))
    return _First(grid, centre, np.where(spread > 0, spread, 1.0), float(n), float(events), last)


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


@dataclass(frozen=True, eq=False)
class FrameBlock:
    """Some rows of a frame.

    Attributes
    ----------
    x : numpy.ndarray
        Covariates, shape (rows, columns).
    duration, event : numpy.ndarray
        When each row ends, and whether by leaving.
    start : numpy.ndarray or None
        From when it is at risk.
    """

    x: Floats
    duration: Floats
    event: Floats
    start: Floats | None


@dataclass(frozen=True, eq=False)
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

    def __iter__(self) -> Iterator[FrameBlock]:
        """Blocks.

        Yields
        ------
        FrameBlock
            At most `size` rows.
        """
        for first in range(0, len(self.frame), self.size):
            part = self.frame.iloc[first : first + self.size]
            start = part["start"].to_numpy(float) if "start" in part else None
            yield FrameBlock(part[list(self.columns)].to_numpy(float), part["duration"].to_numpy(float),
                             part["event"].to_numpy(float), start)  # fmt: skip
