"""Covariate cells as rows on the grid: events and censored apart, multiplicity kept as a count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.stats.causes import events_of
from cemlab.stats.hazards.design import Codes, Design
from cemlab.stats.hazards.grid import Grid, Rows, grid_of
from cemlab.stats.hazards.patterns import patterns_of
from cemlab.stats.hazards.risksets import Blocks
from cemlab.stats.instants import tied
from cemlab.stats.intervals import Floats

BLOCK = 8_000_000
"""Numbers in the columns of one block."""


@dataclass(frozen=True)
class Roles:
    """Which columns of the cells do what, besides the terms.

    Attributes
    ----------
    strata : tuple of str
        Each combination has its own baseline.
    offset, cluster : str
        Known part of the log hazard; who belongs together. Empty for none.
    cause : str
        Label of the cause whose events count; empty for all.
    """

    strata: tuple[str, ...] = ()
    offset: str = ""
    cluster: str = ""
    cause: str = ""

    @property
    def columns(self) -> list[str]:
        """All columns that are named."""
        return [*self.strata, *(name for name in (self.offset, self.cluster) if name)]


@dataclass(frozen=True, eq=False)
class CellRows:
    """Rows of cells; iterating gives blocks whose covariates are written out only then.

    Attributes
    ----------
    design : Design
        The covariates.
    coded : list of numpy.ndarray
        Each term as numbers, one per row.
    centre : numpy.ndarray
        Mean of each column, taken off.
    rows : Rows
        All rows, without their covariates.
    """

    design: Design
    coded: list[Floats]
    centre: Floats
    rows: Rows

    def __iter__(self) -> Iterator[Rows]:
        """Blocks of rows with their covariates.

        Yields
        ------
        Rows
            Some rows each.
        """
        whole = self._whole
        if whole is not None:
            yield whole
            return
        size = max(1, BLOCK // max(1, len(self.centre)))
        for first in range(0, len(self.rows.n), size):
            yield self._block(slice(first, first + size))

    @cached_property
    def _whole(self) -> Rows | None:
        """All rows in one block, when that is small enough to keep."""
        return self._block(slice(None)) if len(self.rows.n) * len(self.centre) <= BLOCK else None

    def _block(self, part: slice) -> Rows:
        kept = self.rows
        x = self.design.matrix([values[part] for values in self.coded]) - self.centre
        return Rows(
            x,
            kept.enter[part],
            kept.leave[part],
            kept.event[part],
            kept.n[part],
            kept.weight[part],
            kept.weight2[part],
            kept.offset[part],
            kept.cluster[part],
            None if kept.after is None else kept.after[part],
        )


@dataclass(frozen=True, eq=False)
class Prepared:
    """Cells, ready for fitting.

    Attributes
    ----------
    blocks : CellRows
        The rows that are at risk at an event.
    grid : Grid
        Event times.
    strata : pandas.DataFrame
        Keys of the strata, in their order on the grid; one empty row without strata.
    spells, events : float
        How many there are.
    weighted : bool
        True when sampling weights differ from the counts.
    clusters : int
        Number of clusters; 0 without.
    last_seen : numpy.ndarray
        Last time at which a spell of each stratum was seen.
    """

    blocks: CellRows
    grid: Grid
    strata: pd.DataFrame
    spells: float
    events: float
    weighted: bool
    clusters: int
    last_seen: Floats

    @cached_property
    def short(self) -> Blocks:
        """The rows for sums over risk sets: as a table of patterns where all covariates are levels."""
        kept = self.blocks
        found = patterns_of(kept.rows, self.grid, design=kept.design, coded=kept.coded, centre=kept.centre)
        return kept if found is None else found


def checked(cells: pd.DataFrame, roles: Roles) -> pd.DataFrame:
    """Return the cells with their events of the cause asked for, when they hold together.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per ``duration`` (and ``start``) and levels: ``n`` spells of which ``events`` left.
    roles : Roles
        Which columns do what.

    Returns
    -------
    pandas.DataFrame
        With ``start``; cells without a spell left out.

    Raises
    ------
    SchemaError
        When a column is missing or a count or time is impossible.
    """
    needed = ["duration", "n", "events", *roles.columns, *(["cause"] if roles.cause else [])]
    missing = [name for name in needed if name not in cells]
    if missing:
        raise SchemaError(f"Cells need the columns {', '.join(needed)}: {', '.join(missing)} missing.")
    empty = cells["n"].to_numpy() == 0
    cells = (cells.loc[~empty] if empty.any() else cells).reset_index(drop=True)
    if "start" not in cells:
        cells = cells.assign(start=0.0, duration=tied(cells["duration"].to_numpy(float))[0])
    else:
        start, duration = tied(cells["start"].to_numpy(float), cells["duration"].to_numpy(float))
        cells = cells.assign(start=start, duration=duration)
    for rule, wrong in _broken(cells, roles.offset).items():
        if wrong.any():
            raise SchemaError(f"Cells must {rule}: {int(wrong.sum()):,} of {len(cells):,} do not. Quarantine them.")
    return cells.assign(events=events_of(roles.cause, cells=cells))


def _broken(cells: pd.DataFrame, offset: str) -> dict[str, np.ndarray]:
    """Which cells break which rule."""
    start, time, count, events = (cells[name].to_numpy(float) for name in ("start", "duration", "n", "events"))
    finite = np.isfinite(start) & np.isfinite(time) & np.isfinite(count) & np.isfinite(events)
    if offset:
        finite &= np.isfinite(cells[offset].to_numpy(float))
    return {
        "hold numbers in start, duration, n and events": ~finite,
        "have 0 <= events <= n and durations of at least 0": (events < 0) | (events > count) | (time < 0),
        "hold whole numbers of spells": (np.floor(count) != count) | (np.floor(events) != events),
        "end after their start": (start > 0) & (time <= start),
    }


def prepared(
    cells: pd.DataFrame,
    design: Design,
    roles: Roles,
    *,
    centre: Floats | None = None,
    grid: Grid | None = None,
    after: Floats | None = None,
) -> Prepared:
    """Return cells as rows on the grid of event times.

    Parameters
    ----------
    cells : pandas.DataFrame
        As `checked` returns them.
    design : Design
        The covariates.
    roles : Roles
        Which columns do what.
    centre : numpy.ndarray, optional
        What is taken off the columns; default their mean over spells.
    grid : Grid, optional
        The grid of a fit; default that of these cells.
    after : numpy.ndarray, optional
        Weight with which each cell stays at risk after its end (Fine and Gray).

    Returns
    -------
    Prepared
        Rows that are at risk at no event are left out.

    Raises
    ------
    InsufficientDataError
        When nobody left.
    SchemaError
        When weights do not fit the counts.
    """
    count, gone = cells["n"].to_numpy(float), cells["events"].to_numpy(float)
    if not gone.sum():
        raise InsufficientDataError(
            f"A hazard needs somebody who left: none of {int(count.sum()):,} spells did. Lengthen the window."
        )
    source = np.concatenate([np.flatnonzero(gone > 0), np.flatnonzero(count > gone)])
    event = np.arange(len(source)) < (gone > 0).sum()
    n = np.where(event, gone[source], (count - gone)[source])
    weight, weight2, weighted = _weights(cells, n, source)
    stratum, keys = _positions(cells, roles.strata)
    duration, start = cells["duration"].to_numpy(float), cells["start"].to_numpy(float)
    if grid is None:
        grid = grid_of(stratum[gone > 0], duration[gone > 0], strata=len(keys))
    leave = grid.position(stratum, duration)[source]
    first = grid.bounds[stratum]
    enter = np.where(start > 0, grid.position(stratum, start), first)[source]
    offset = cells[roles.offset].to_numpy(float)[source] if roles.offset else np.zeros(len(source))
    cluster, names = _positions(cells, (roles.cluster,) if roles.cluster else ())
    held = None if after is None else np.where(event, 0.0, after[source])
    kept = np.flatnonzero((leave > enter) if held is None else (leave > enter) | (held > 0))
    coded = [values[source] for values in design.coded(cells)]
    if centre is None:
        centre = _centre(design, coded, n)
    rows = Rows(
        np.zeros((0, 0)),
        enter[kept],
        leave[kept],
        event[kept],
        n[kept],
        weight[kept],
        weight2[kept],
        (offset - np.average(offset, weights=n))[kept],
        cluster[source][kept] if roles.cluster else cluster[:0],
        None if held is None else held[kept],
    )
    return Prepared(
        CellRows(design, [values[kept] for values in coded], centre, rows),
        grid,
        keys,
        float(count.sum()),
        float(gone.sum()),
        weighted,
        len(names) if roles.cluster else 0,
        _latest(stratum, duration, len(keys)),
    )


def _weights(cells: pd.DataFrame, n: Floats, source: Codes) -> tuple[Floats, Floats, bool]:
    if "sum_w" not in cells:
        return n, n, False
    missing = [name for name in ("sum_w2",) if name not in cells]
    mixed = int(((cells["events"] > 0) & (cells["events"] < cells["n"])).sum())
    if missing or mixed:
        raise SchemaError(
            f"Weighted cells need `sum_w2`, and each must be all events or all censored: {len(missing)} column missing,"
            f" {mixed:,} of {len(cells):,} cells mixed. Group the cells by event too."
        )
    weight, weight2 = cells["sum_w"].to_numpy(float)[source], cells["sum_w2"].to_numpy(float)[source]
    if not (weight > 0).all():
        raise SchemaError(f"Weights must be above 0: {int((~(weight > 0)).sum()):,} of {len(weight):,} cells are not.")
    return weight, weight2, bool((weight != n).any() or (weight2 != n).any())


def _positions(cells: pd.DataFrame, names: Sequence[str]) -> tuple[Codes, pd.DataFrame]:
    """Position of each cell's key among the sorted keys, and the keys."""
    if not names:
        return np.zeros(len(cells), dtype=np.int64), pd.DataFrame(index=range(1))
    grouped = cells.groupby(list(names), observed=True, dropna=False, sort=True)
    return np.asarray(grouped.ngroup(), dtype=np.int64), grouped.size().index.to_frame(index=False)


def _centre(design: Design, coded: Sequence[Floats], n: Floats) -> Floats:
    """Mean of each column over spells, without writing the columns out."""
    means: list[float] = []
    for term, values in zip(design.terms, coded, strict=True):
        if term.levels:
            counts = np.bincount(values.astype(np.int64), weights=n, minlength=len(term.levels))
            means += list(counts[1:] / n.sum())
        else:
            means.append(float(np.average(values, weights=n)))
    return np.array(means)


def _latest(stratum: Codes, time: Floats, strata: int) -> Floats:
    result = np.zeros(strata)
    np.maximum.at(result, stratum, time)
    return result
