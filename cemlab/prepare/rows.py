"""Design rows: spells as blocks of numbers, read from the engine as they are needed."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError, near_miss
from cemlab.core.lab import Lab
from cemlab.core.rows import DesignBlock
from cemlab.prepare.cells.counting import recorded
from cemlab.prepare.cells.landmarks import TENURE, WHY, asked, lives, record
from cemlab.prepare.cells.periods import from_one, months
from cemlab.prepare.cells.splits import BEGIN, split
from cemlab.prepare.cells.terms import valued
from cemlab.prepare.history import NPS_GROUP, WINDOW_DAYS, History
from cemlab.prepare.levels import as_levels, joined, level, sources
from cemlab.prepare.replicates import REPLICATE, with_replicates
from cemlab.prepare.spells.followed import CAUSE, ENDED, ENTRY, EXIT, Following

if TYPE_CHECKING:
    import ibis.expr.types as ir

BLOCK_ROWS = 1 << 17
UNSEEN_LEVEL = "a level that training never had, or a number that it always had is missing"
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
    _replicates: bool = False

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
        replicates = column(REPLICATE).astype(np.int64) if self._replicates else None
        return DesignBlock(x, stop, event, start if self._late else None, replicate=replicates)


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
    found = sources(lab, terms)
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


def at_cut(
    lab: Lab,
    *,
    day: str,
    terms: Sequence[str],
    time_varying: Sequence[str] = (),
    window_days: int = WINDOW_DAYS,
    survey: str = "",
    clock: str = "days",
    cause: str = "",
    cut: str = "",
    replicates: int = 0,
    like: EngineRows | None = None,
    scope: str = "",
) -> EngineRows:
    """Return the spells that live on a day as blocks of numbers: known before it, counted from it.

    As `cemlab.prepare.cells.landmark`, but numbers stay numbers, for models that cut them themselves; a missing one
    takes the mean, and a column says that it was missing. The order is that of the spells' ids, at each pass.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    day : str
        The landmark, an ISO day.
    terms, time_varying, window_days, survey : as in `cemlab.prepare.cells.landmark`
        The covariates, as known strictly before the day; ``tenure`` in whole months.
    clock, cause, cut : as in `design`
        Which endings, known when, in which unit.
    replicates : int, default 0
        Into how many groups customers are folded for the jackknife, at most 256; 0 for none.
    like : EngineRows, optional
        Rows of the training: the same columns, in the same order, with the same means for missing numbers.
        Spells with a level that training never had, or without a number that it always had, are left out and
        accounted for.
    scope : str, default ""
        Under which the ledger accounts for the spells.

    Returns
    -------
    EngineRows
        Re-iterable; nothing in it says whose a row is.

    Raises
    ------
    SchemaError
        When a covariate does not exist.
    ParameterError
        When there is none, `like` has other ones, or another option is none.
    InsufficientDataError
        When no spell remains.

    Examples
    --------
    >>> rows = at_cut(lab, day="2024-01-01", cut="2024-07-01", terms=["plan", "tenure"])  # doctest: +SKIP
    """
    if not (terms or time_varying):
        raise ParameterError("A design needs at least one covariate: none was given.")
    following = Following.asked(lab, clock=clock, cut=cut, scope=scope or f"rows at {day}")
    history = History.of(lab, time_varying, window_days=window_days, survey=survey)
    live = lives(lab, following, asked(0, day))
    spells, numbers, levels = _known_then(lab, live.filter(live[WHY].isnull()), terms, history)
    if like is None:
        scaling, shares = _scaling(lab, spells, numbers, standardised=False), _shares(lab, spells, levels)
        record(lab, following, live)
    else:
        scaling, shares = _alike(like, numbers, levels)
        fits = _fits(spells, scaling, shares)
        unseen = int(lab.frame(spells.aggregate(n=(~fits).sum().fill_null(0)))["n"].iloc[0])
        record(lab, following, live, further={UNSEEN_LEVEL: unseen})
        spells = spells.filter(fits)
    return _ordered(lab, spells, scaling, shares, cause=cause, replicates=replicates)


def _known_then(
    lab: Lab, kept: ir.Table, terms: Sequence[str], history: History
) -> tuple[ir.Table, list[str], list[str]]:
    """Spells with what was known before their landmark, and which of it is numbers and which levels."""
    spells, found = valued(lab, kept, terms, own=[name for name in terms if name == TENURE], strict=True)
    spells = history.levels(lab, spells, begin="started_on")
    varying = [*([NPS_GROUP] if history.asked else []), *(each.name for each in history.happenings)]
    levels = [*(each.name for each in found if not each.numeric), *varying]
    return (
        spells.mutate(**{name: level(spells[name]) for name in levels}),
        [each.name for each in found if each.numeric],
        levels,
    )


def _ordered(
    lab: Lab, spells: ir.Table, scaling: pd.DataFrame, shares: dict[str, list[str]], *, cause: str, replicates: int
) -> EngineRows:
    """Spells of a landmark as blocks, in the order of their ids."""
    if replicates:
        spells = with_replicates(lab, spells, replicates)
    columns = _numbers(spells, scaling) | _dummies(spells, shares)
    event = spells[ENDED] & (level(spells[CAUSE]) == _known(lab, spells, cause)) if cause else spells[ENDED]
    times: dict[str, Any] = dict(zip(_TIMES, (spells[ENTRY], spells[EXIT], event.cast("int8")), strict=True))
    if replicates:
        times[REPLICATE] = spells[REPLICATE]
    values = {f"_x{at}": value for at, value in enumerate(columns.values())}
    batches = lab.batches(spells.order_by("spell_id").select(**times, **values), rows=BLOCK_ROWS, held=True)
    reference = {name: each[0] for name, each in shares.items()}
    return EngineRows(tuple(columns), scaling, reference, batches, _late=False, _replicates=bool(replicates))


def _alike(
    like: EngineRows, numbers: Sequence[str], levels: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Means and levels of the training."""
    there = {*like.scaling["column"], *like.reference}
    if there != {*numbers, *levels}:
        raise ParameterError(
            f"Rows like those of the training need its covariates: {len(there)} there, {len({*numbers, *levels})} asked"
            f" for, of which {len(there & {*numbers, *levels})} are the same. Name the same ones."
        )
    shares = {name: [first, *_columns_of(like, name)] for name, first in like.reference.items()}
    return like.scaling, {name: shares[name] for name in levels}


def _columns_of(like: EngineRows, name: str) -> list[str]:
    return [column.removeprefix(f"{name}=") for column in like.columns if column.startswith(f"{name}=")]


def _fits(rows: ir.Table, scaling: pd.DataFrame, shares: dict[str, list[str]]) -> ir.BooleanValue:
    """Whether the columns can say what a spell is."""
    whole = [name for name, missing in zip(scaling["column"], scaling["missing"], strict=True) if not missing]
    known = [rows[name].isin(levels) for name, levels in shares.items()] + [rows[name].notnull() for name in whole]
    return functools.reduce(operator.and_, known)


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
    rows = history.levels(lab, months(from_one(lab, spells)), begin=BEGIN)
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
