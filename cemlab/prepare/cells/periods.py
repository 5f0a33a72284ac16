"""Person-period cells: every month of every spell, by what was known before it began."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from cemlab.core.lab import Lab
from cemlab.prepare.cells.counting import exits, recorded
from cemlab.prepare.cells.terms import QUANTILES, described
from cemlab.prepare.history import WINDOW_DAYS, History
from cemlab.prepare.levels import Bins
from cemlab.prepare.replicates import REPLICATE, with_replicates
from cemlab.prepare.spells.followed import CAUSE, ENDED, ENTRY, EXIT, TENURES, Following

if TYPE_CHECKING:
    import ibis.expr.types as ir

BEGIN = "_begin"


def person_periods(
    lab: Lab,
    *,
    terms: Sequence[str] = (),
    time_varying: Sequence[str] = (),
    window_days: int = WINDOW_DAYS,
    survey: str = "",
    cause: str = "",
    cut: str = "",
    bins: Bins | None = None,
    quantiles: int = QUANTILES,
    replicates: int = 0,
    scope: str = "",
) -> pd.DataFrame:
    """Return how many spells were at risk in each month of tenure, and how many ended in it, by covariates.

    Month m runs from the spell's day of the month to the same day of the next. A time-varying covariate is what
    was known strictly before the month's first day: nothing of the month itself, nor of later, can enter. Only
    whole months count, as in `cemlab.prepare.spells.life_table`. Where a source gives tenures of 0 all are
    shifted by one together: a tenure of m then reaches into month m + 1.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    terms : sequence of str
        Covariates known at the start, as in `cemlab.prepare.cells.covariates`.
    time_varying : sequence of str
        ``nps_group``: group of the latest scored answer ("not asked" before the first). A kind of event,
        such as ``price_change``: "yes" where one occurred in the last `window_days`. Its plural, such as
        ``complaints``: "0", "1" or "2+". ``cases``: closed-loop actions opened. An ending such as
        ``_180d`` sets the days of one covariate.
    window_days : int, default 90
        Days that count where the name does not say.
    survey : str, default ""
        Of ``nps_group``: only answers to this survey; empty for all.
    cause, cut, bins, quantiles, replicates, scope : as in `cemlab.prepare.cells.covariates`
        Which endings, known when, numbers cut where, accounted for how.

    Returns
    -------
    pandas.DataFrame
        One row per cell, sorted: ``period`` (1 = first month), ``replicate`` (where asked for), ``cause`` (as
        in `covariates`; rows with one hold ``events`` and no ``n_at_risk``), the covariates (text),
        ``n_at_risk``, ``events``.

    Raises
    ------
    SchemaError
        When a covariate does not exist.
    ParameterError
        When the cause, the cut or a bin is none.
    InsufficientDataError
        When no spell remains.

    References
    ----------
    Allison, P. D. (1982). Discrete-time methods for the analysis of event histories. Sociological
    Methodology, 13, 61–98. doi:10.2307/270718

    Examples
    --------
    >>> cells = person_periods(lab, terms=["plan"], time_varying=["nps_group", "complaints_90d"])  # doctest: +SKIP
    """
    following = Following.asked(lab, clock="months", cut=cut, scope=scope or "person-months")
    history = History.of(lab, time_varying, window_days=window_days, survey=survey)
    recorded(lab, following)
    spells, _ = described(lab, following, terms, declared=bins, quantiles=quantiles)
    spells = from_one(lab, spells)
    keys, levels = ["period"], [*terms, *time_varying]
    if replicates:
        spells, keys = with_replicates(lab, spells, replicates), [*keys, REPLICATE]
    rows = history.levels(lab, months(spells), begin=BEGIN)
    counts = exits(lab, rows, [*keys, *levels], levels=levels, cause=cause)
    return _at_risk(counts, keys, levels)


def from_one(lab: Lab, spells: ir.Table) -> ir.Table:
    """Return spells with all times shifted by one where some has a tenure of 0, so that each has a month in which it can end.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    spells : ibis.Table
        Followed, on the clock of months.

    Returns
    -------
    ibis.Table
        With `EXIT` and `ENTRY` one later, save the entry of who was there from the start.
    """
    if TENURES["months"] not in spells.columns:
        return spells
    shift = int(
        lab.frame(spells.aggregate(shift=(spells[EXIT] == 0).any().cast("int32").fill_null(0)))["shift"].iloc[0]
    )
    entry = (spells[ENTRY] > 0).ifelse(spells[ENTRY] + shift, 0)
    return spells.mutate(**{EXIT: spells[EXIT] + shift, ENTRY: entry}) if shift else spells


def months(spells: ir.Table) -> ir.Table:
    """Return a row per spell and month under observation.

    Parameters
    ----------
    spells : ibis.Table
        Followed, on the clock of months.

    Returns
    -------
    ibis.Table
        With ``period``, its first day `BEGIN`, and `ENDED` in the last month only.
    """
    rows = spells.mutate(period=ibis.range(spells[ENTRY] + 1, spells[EXIT] + 1)).unnest("period")
    begin = rows.started_on + (rows.period - 1).as_interval("M")
    last = rows.period == rows[EXIT]
    return rows.mutate(**{BEGIN: begin, ENDED: rows[ENDED] & last, CAUSE: last.ifelse(rows[CAUSE], "")})


def _at_risk(counts: pd.DataFrame, first: Sequence[str], levels: Sequence[str]) -> pd.DataFrame:
    """Give the rows of no cause all who were at risk, and the rows of a cause its events."""
    keys = [*first, *levels]
    if "cause" not in counts:
        table = counts.groupby(keys)[["n", "events"]].sum().reset_index()
        return table.rename(columns={"n": "n_at_risk"})[[*keys, "n_at_risk", "events"]]
    risk = counts.groupby(keys)["n"].sum().reset_index().rename(columns={"n": "n_at_risk"}).assign(cause=None, events=0)
    ended = counts[counts["events"] > 0].drop(columns="n").assign(n_at_risk=0)
    order = [*first, "cause", *levels]
    table = pd.concat([risk.astype({"cause": "object"}), ended]) if len(ended) else risk
    return table[[*order, "n_at_risk", "events"]].sort_values(order, ignore_index=True, na_position="first")
