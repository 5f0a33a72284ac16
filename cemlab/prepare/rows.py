"""Design rows: spells as blocks of numbers, read from the engine as they are needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError, near_miss
from cemlab.core.lab import Lab
from cemlab.core.rows import DesignBlock
from cemlab.prepare.cells.counting import recorded
from cemlab.prepare.cells.periods import months
from cemlab.prepare.cells.splits import BEGIN, split
from cemlab.prepare.history import WINDOW_DAYS, History
from cemlab.prepare.levels import as_levels, joined, level, sources
from cemlab.prepare.spells.followed import CAUSE, ENDED, ENTRY, EXIT, Following
from cemlab.prepare.spells.tables import RESERVED

if TYPE_CHECKING:
    import ibis.expr.types as ir

BLOCK_ROWS = 1 << 17
_TIMES = ("_start", "_stop", "_event")


@dataclass(frozen=True, eq=False)
class EngineRows:
    """Design rows that the engine works out anew at each pass (see `cemlab.core.rows.DesignRows`).

    Attributes
    ----------
    columns : tuple of str
        Names of the covariates' columns: a number's own, ``plan=yearly`` of a level, and ``income missing``.
    scaling : pandas.DataFrame
        One row per number: ``column``, ``mean``, ``sd`` among the spells, ``missing`` (share), ``scaled`` (whether
        the column holds (value − mean)/sd).
    reference : dict of str to str
        Of each covariate in levels, the one without a column: the most frequent.
    """

    columns: tuple[str, ...]
    scaling: pd.DataFrame
    reference: dict[str, str]
    _batches: Any
    _late: bool

    def __iter__(self) -> Iterator[DesignBlock]:
        """Go through all rows; a block holds no more than `BLOCK_ROWS`."""
        for batch in self._batches:
            if batch.num_rows:
                yield self._block(batch)

    def _block(self, batch: Any) -> DesignBlock:
        def column(name: str) -> np.ndarray:
            values: np.ndarray = batch.column(name).to_numpy(zero_copy_only=False)
            return values.astype(np.float64)

        x = np.empty((batch.num_rows, len(self.columns)))
        for at in range(len(self.columns)):
            x[:, at] = column(f"_x{at}")
        start, stop, event = (column(name) for name in _TIMES)
        return DesignBlock(x, stop, event, start if self._late else None)


def design(
    lab: Lab,
    *,
    terms: Sequence[str],
    time_varying: Sequence[str] = (),
    window_days: int = WINDOW_DAYS,
    survey: str = "",
    clock: str = "days",
    cause: str = "",
    cut: str = "",
    standardised: bool = True,
    scope: str = "",
) -> EngineRows:
    """Return spells as blocks of numbers, for a model that needs rows.

    Numbers stay numbers, (value − mean)/sd where `standardised`; a missing one takes the mean, and
    a column says that it was missing. Levels become columns of 0 and 1, the most frequent level having none.
    With time-varying covariates a row is a piece of a spell: between changes on the clock of days, a month
    on that of months.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    terms : sequence of str
        Covariates known at the start, as in `cemlab.prepare.cells.covariates`.
    time_varying, window_days, survey : as in `cemlab.prepare.cells.person_periods`
        Covariates that change.
    clock : {"days", "months"}, default "days"
        Unit of the times.
    cause : str, default ""
        Only endings for this reason are events; empty for all.
    cut : str, default ""
        ISO day: only what was known before it; empty for the lab's as-of day.
    standardised : bool, default True
        Whether numbers are centred and scaled.
    scope : str, default ""
        Under which the ledger accounts for the spells; empty for the clock's name.

    Returns
    -------
    EngineRows
        Re-iterable; no more than a block is in memory at a time, and nothing in it says whose a row is.

    Raises
    ------
    SchemaError
        When a covariate does not exist.
    ParameterError
        When there is none, or another option is none.
    InsufficientDataError
        When no spell remains.

    Examples
    --------
    >>> rows = design(lab, terms=["plan", "monthly_charges"])  # doctest: +SKIP
    """
    if not (terms or time_varying):
        raise ParameterError("A design needs at least one covariate: none was given.")
    following = Following.asked(lab, clock=clock, cut=cut, scope=scope)
    history = History.of(lab, time_varying, window_days=window_days, survey=survey)
    recorded(lab, following)
    found = sources(lab, terms, reserved=RESERVED)
    spells = following.used(lab)
    spells = joined(lab, spells, found, before=spells.started_on)
    scaling = _scaling(lab, spells, [each.name for each in found if each.numeric], standardised=standardised)
    pieces = _pieces(lab, spells, history, clock=clock)
    levels = [*(each.name for each in found if not each.numeric), *time_varying]
    shares = _shares(lab, pieces.mutate(**{name: level(pieces[name]) for name in levels}), levels)
    columns = _numbers(pieces, scaling) | _dummies(pieces, shares)
    event = pieces[ENDED] & (level(pieces[CAUSE]) == _known(lab, spells, cause)) if cause else pieces[ENDED]
    times = dict(zip(_TIMES, (pieces.start, pieces.duration, event.cast("int8")), strict=True))
    rows = pieces.select(**times, **{f"_x{at}": value for at, value in enumerate(columns.values())})
    late = bool(time_varying) or bool(lab.frame(rows.aggregate(late=(rows._start > 0).any()))["late"].iloc[0])
    held = bool(time_varying) or any(each.table != "spells" for each in found)
    batches = lab.batches(rows, rows=BLOCK_ROWS, held=held)
    return EngineRows(tuple(columns), scaling, {name: each[0] for name, each in shares.items()}, batches, late)


def _known(lab: Lab, spells: ir.Table, cause: str) -> str:
    """The cause, which some spell must have ended for."""
    if "end_reason" in spells.columns:
        ended = spells.filter(spells[ENDED])
        known = sorted(set(as_levels(lab.frame(ended.select(CAUSE).distinct())[CAUSE])))
    else:
        known = []
    if cause not in known:
        raise ParameterError(
            f"`cause` must be a reason for which a spell ended: {cause!r} is none. {near_miss(cause, known)}"
            f"There are: {', '.join(known) or 'none'}."
        )
    return cause


def _pieces(lab: Lab, spells: ir.Table, history: History, *, clock: str) -> ir.Table:
    """What the rows are: spells, or pieces of them where something changes."""
    if not (history.asked or history.happenings):
        return spells.rename(start=ENTRY, duration=EXIT)
    if clock == "days":
        return split(lab, spells, history)
    rows = history.levels(lab, months(spells), begin=BEGIN)
    return rows.mutate(start=rows.period - 1, duration=rows.period)


def _scaling(lab: Lab, spells: ir.Table, numeric: Sequence[str], *, standardised: bool) -> pd.DataFrame:
    asked: dict[str, Any] = {"rows": spells.count()}
    for name in numeric:
        number = spells[name].cast("float64")
        asked |= {f"{name}.mean": number.mean(), f"{name}.sd": number.std(how="pop"), f"{name}.n": number.count()}
    row = lab.frame(spells.aggregate(**asked)).iloc[0]
    found = [
        (name, float(row[f"{name}.mean"]), float(row[f"{name}.sd"]), 1 - row[f"{name}.n"] / row["rows"], standardised)
        for name in numeric
    ]
    return pd.DataFrame(found, columns=["column", "mean", "sd", "missing", "scaled"])


def _shares(lab: Lab, rows: ir.Table, levels: Sequence[str]) -> dict[str, list[str]]:
    """Levels of each covariate, the most frequent first."""
    found = {}
    for name in levels:
        counts = lab.frame(rows.group_by(name).aggregate(n=rows.count()))
        found[name] = counts.sort_values(["n", name], ascending=[False, True])[name].tolist()
    return found


def _numbers(rows: ir.Table, scaling: pd.DataFrame) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, mean, sd, missing, scaled in scaling.itertuples(index=False):
        number = rows[name].cast("float64").fill_null(mean)
        columns[name] = (number - mean) / (sd or 1.0) if scaled else number
        if missing > 0:
            columns[f"{name} missing"] = rows[name].isnull().cast("int8")
    return columns


def _dummies(rows: ir.Table, shares: dict[str, list[str]]) -> dict[str, Any]:
    return {
        f"{name}={each}": (level(rows[name]) == each).cast("int8")
        for name, levels in shares.items()
        for each in levels[1:]
    }
