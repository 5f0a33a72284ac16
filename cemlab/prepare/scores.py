"""Customers who are here today with their risk of leaving, scored inside the engine."""

from __future__ import annotations

import datetime as dt
import functools
import operator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.lab import Lab
from cemlab.core.names import OWN_NAMES
from cemlab.core.scorecards import Scorecard, level_names
from cemlab.prepare.cells.landmarks import TENURE
from cemlab.prepare.cells.terms import valued
from cemlab.prepare.history import WINDOW_DAYS, History
from cemlab.prepare.levels import UNKNOWN, as_levels, binned, joined, sources
from cemlab.prepare.levels import level as as_level
from cemlab.prepare.ordering import order_columns
from cemlab.prepare.replicates import accounts
from cemlab.prepare.spells.clock import months_whole
from cemlab.prepare.spells.followed import ENDED, REASON, Following

if TYPE_CHECKING:
    import ibis.expr.types as ir

OVER = "it has ended"
ANOTHER = "its customer has a live spell that began later"
BANDS = (0.02, 0.05, 0.1, 0.2, 0.4)
YEAR_DAYS = 365
LARGEST = 20_000
"""Customers with most at stake whose margins are simulated one by one."""

_MONTHS, _KEY, _OWN = "tenure_months", "_key_", "_own_"


def live(
    lab: Lab,
    scorecard: Scorecard,
    *,
    by: Sequence[str] = (),
    day: str = "",
    window_days: int = WINDOW_DAYS,
    survey: str = "",
    level: float = 0.95,
    reasons: int = 3,
    scope: str = "",
) -> ir.Table:
    """Return every customer who is here on a day, with the risk of leaving within each horizon.

    A customer with several live spells counts by the one that began last. Customers are counted by their pattern of
    levels, the scorecard scores the patterns, and the engine joins the scores back: exact for any number of them.
    Who has a level that training never saw stands there without a score, and with the reason.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    scorecard : Scorecard
        What was trained; its `bins` fix where every number is cut.
    by : sequence of str, default ()
        Further groups to stand beside: columns of ``spells``, else of ``customers``, else names of assignments.
    day : str, default ""
        ISO day: who is here, and only what was known before it; empty for the lab's as-of day.
    window_days, survey : as in `cemlab.prepare.cells.person_periods`
        As in training.
    level : float, default 0.95
        Level of the intervals.
    reasons : int, default 3
        How many reasons each customer gets at most.
    scope : str, default ""
        Under which the ledger accounts for the spells; empty for "customers scored".

    Returns
    -------
    ibis.Table
        One row per customer, without order: ``customer_id``, ``tenure_months`` (whole), the columns `by` and the terms
        (text), ``risk_<h>``, ``low_<h>``, ``high_<h>`` per horizon (missing without a score), ``reason_1`` …,
        ``unscored`` (empty, else why there is no score), and where the lab knows margins ``yearly_margin`` (of the last
        365 days; missing without a purchase) and ``value_at_risk`` (that × the risk within the longest horizon). It
        says who each customer is: write it where only its owner reads.

    Raises
    ------
    SchemaError
        When a term or group does not exist.
    ParameterError
        When a number has no cut points, or an option is none.
    InsufficientDataError
        When nobody is here, or nobody can be scored.

    Examples
    --------
    >>> table = live(lab, scorecard, by=["segment"])  # doctest: +SKIP
    """
    following = _following(lab, day, scope)
    rows = _described(lab, _here(lab, following), scorecard, by=by, window_days=window_days, survey=survey)
    patterns = _patterns(lab, rows, scorecard.terms, bins=scorecard.bins)
    scores = scorecard.of(patterns, level=level, reasons=reasons)
    _record(lab, following, patterns["n"], scores["unscored"])
    found = _with_scores(rows, patterns, scores, terms=scorecard.terms)
    groups = {name: as_level(found[name]) for name in by if name not in scorecard.terms}
    found = found.select(
        "customer_id", _MONTHS, **groups, **{name: found[name] for name in [*scorecard.terms, *scores]}
    )
    return _with_value(lab, found, following.day, risk=f"risk_{scorecard.horizons[-1]:g}")


def stakes(lab: Lab, table: ir.Table, scorecard: Scorecard, *, largest: int = LARGEST) -> pd.DataFrame:
    """Return the margins of scored customers by their pattern of levels, those with most at stake one by one.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    table : ibis.Table
        From `live`, with the margins of the year.
    scorecard : Scorecard
        The same as there.
    largest : int, default `LARGEST`
        How many customers have a row of their own, those of the largest margin times risk; the others are summed.

    Returns
    -------
    pandas.DataFrame
        The terms (text), ``n`` customers, ``sum`` of their margins in a year, ``sum_sq`` of the squares. Where
        the lab declares accounts and every customer has a row, also ``account``: a number that customers of one
        account share, and that says nothing else.

    Raises
    ------
    SchemaError
        When the lab knows no margins.

    Examples
    --------
    >>> rows = stakes(lab, live(lab, scorecard), scorecard)  # doctest: +SKIP
    """
    if "yearly_margin" not in table.columns:
        raise SchemaError("Margins at stake need the column `margin` of `transactions`: the lab does not map it.")
    rows, keys = table.filter(table.value_at_risk.notnull()), list(scorecard.terms)
    order = [ibis.desc("value_at_risk"), ibis.asc("customer_id")]
    rows = rows.mutate(_place=ibis.row_number().over(order_by=order))
    if accounts(lab) and int(lab.frame(rows.aggregate(n=rows.count()))["n"].iloc[0]) <= largest:
        rows, keys = _with_account(lab, rows), [*keys, "account"]
    rows = rows.mutate(_place=ibis.least(rows._place, largest))
    margin = rows.yearly_margin.cast("float64")
    sums = {"n": rows.count(), "sum": margin.sum(), "sum_sq": (margin * margin).sum()}
    found = lab.frame(rows.group_by(["_place", *keys]).aggregate(**sums).order_by(["_place", *keys]))
    return found.drop(columns="_place")


def distribution(
    lab: Lab,
    scorecard: Scorecard,
    *,
    by: Sequence[str] = (),
    horizon: float = 0.0,
    bands: Sequence[float] = BANDS,
    day: str = "",
    window_days: int = WINDOW_DAYS,
    survey: str = "",
    scope: str = "",
) -> pd.DataFrame:
    """Return how many customers who are here on a day stand in each band of risk, in every group.

    Parameters
    ----------
    lab, scorecard, by : as in `live`
        The same question.
    horizon : float, default 0.0
        One of the scorecard's; 0 for the longest.
    bands : sequence of float, default (0.02, 0.05, 0.1, 0.2, 0.4)
        Risks at which a band begins, between 0 and 1.
    day, window_days, survey, scope : as in `live`
        On which day, and how it is accounted for.

    Returns
    -------
    pandas.DataFrame
        One row per group and band that has anyone, sorted: the columns `by`, ``low`` and ``high`` (the band is
        [low, high); both missing for those without a score), ``n`` customers, ``leavers`` (expected: the sum of
        their risks). Nothing in it says who they are.

    Raises
    ------
    SchemaError, ParameterError, InsufficientDataError
        As `live`.

    Examples
    --------
    >>> shares = distribution(lab, scorecard, by=["segment"])  # doctest: +SKIP
    """
    edges = _edges(bands)
    at = horizon or scorecard.horizons[-1]
    if at not in scorecard.horizons:
        raise ParameterError(
            f"`horizon` must be one of the scorecard's, {', '.join(f'{each:g}' for each in scorecard.horizons)}: "
            f"{horizon:g} was given."
        )
    following = _following(lab, day, scope)
    rows = _described(lab, _here(lab, following), scorecard, by=by, window_days=window_days, survey=survey)
    patterns = _patterns(lab, rows, [*dict.fromkeys([*by, *scorecard.terms])], bins=scorecard.bins)
    scores = scorecard.of(patterns, reasons=0)
    _record(lab, following, patterns["n"], scores["unscored"])
    risk = scores[f"risk_{at:g}"]
    band = np.searchsorted(edges, risk, side="right") - 1
    low, high = (np.where(risk.isna(), np.nan, edges[np.minimum(band + step, len(edges) - 1)]) for step in (0, 1))
    found = patterns[[*by, "n"]].assign(low=low, high=high, leavers=(risk * patterns["n"]).fillna(0.0))
    return found.groupby([*by, "low", "high"], dropna=False)[["n", "leavers"]].sum().reset_index()


def banded(table: ir.Table, *, risk: str, bands: Sequence[float] = BANDS) -> ir.Table:
    """Return scored customers with the name of their band of risk.

    Parameters
    ----------
    table : ibis.Table
        From `live`.
    risk : str
        Column of the risk.
    bands : sequence of float, default (0.02, 0.05, 0.1, 0.2, 0.4)
        Risks at which a band begins, between 0 and 1.

    Returns
    -------
    ibis.Table
        The customers with a score, and ``risk_band``: such as ``0.05 to 0.1``, in shares.

    Raises
    ------
    ParameterError
        When a band does not lie between 0 and 1.
    """
    cuts = [float(edge) for edge in _edges(bands)[1:-1]]
    scored = table.filter(table[risk].notnull())
    return scored.mutate(risk_band=binned(scored[risk], cuts))


def _with_account(lab: Lab, rows: ir.Table) -> ir.Table:
    """Add a number of each customer's account; a customer without one stands alone."""
    customers = lab.table("customers")
    owners = customers.select(_owned="customer_id", _account=customers.account_id.cast("string"))
    rows = rows.left_join(owners, rows.customer_id == owners._owned).drop("_owned")
    alone = rows._account.isnull()
    order = [alone, rows._account, alone.ifelse(rows.customer_id, None)]
    return rows.mutate(account=ibis.dense_rank().over(order_by=order)).drop("_account")


def _following(lab: Lab, day: str, scope: str) -> Following:
    return Following.asked(lab, clock="days", cut=day, scope=scope or "customers scored")


def _here(lab: Lab, following: Following) -> ir.Table:
    """The spell of each customer who is here: of several live ones the last."""
    rows = following.spells(lab)
    rows = rows.filter(rows[REASON].isnull() & ~rows[ENDED])
    if lab.most_rows("spells", "customer_id") != 1:
        latest = [ibis.desc(column) for column in order_columns(rows, "spells")]
        rows = rows.mutate(_order=ibis.row_number().over(group_by="customer_id", order_by=latest))
        rows = rows.filter(rows._order == 0).drop("_order")
    on = ibis.date(following.day.isoformat())
    months = months_whole(rows.started_on, on)
    return rows.mutate(**{_MONTHS: months, TENURE: months, "started_on": on})


def _described(
    lab: Lab, rows: ir.Table, scorecard: Scorecard, *, by: Sequence[str], window_days: int, survey: str
) -> ir.Table:
    """Add what tells each term and group apart, as known before ``started_on``: text as it stands, of numbers the bin."""
    varying = [name for name in scorecard.terms if name in scorecard.time_varying]
    terms = [name for name in scorecard.terms if name not in varying]
    history = History.of(lab, varying, window_days=window_days, survey=survey)
    groups = sources(lab, [name for name in by if name not in scorecard.terms], own={*OWN_NAMES, TENURE})
    rows = joined(lab, rows, groups, before=rows.started_on, strict=True)
    rows, found = valued(lab, rows, terms, own=[name for name in terms if name == TENURE], strict=True)
    free = [source.name for source in found if source.numeric and source.name not in scorecard.bins]
    if free:
        raise ParameterError(
            f"A scorecard must fix where numbers are cut: {', '.join(f'`{name}`' for name in free)} has no `bins`. Pass"
            " those of `cemlab.prepare.cells.cut_points` to training and to the scorecard."
        )
    keys = {name: _bin(rows[name], scorecard.bins[name]) for name in terms if name in scorecard.bins}
    texts = [name for name in [*(source.name for source in groups), *terms] if name not in keys]
    keys |= {name: rows[name].cast("string") for name in texts if not rows[name].type().is_string()}
    return history.levels(lab, rows.mutate(**keys) if keys else rows, begin="started_on")


def _bin(column: Any, cuts: Sequence[float]) -> ir.IntegerValue:
    """The number of the bin: sums of comparisons are several times faster than texts by cases."""
    none = column.notnull().ifelse(ibis.literal(0, "int8"), None)
    return functools.reduce(operator.add, ((column >= cut).cast("int8") for cut in cuts), none).cast("int16")


def _patterns(lab: Lab, rows: ir.Table, names: Sequence[str], *, bins: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Every combination of levels, what tells it apart (`_KEY`), and how many customers have it."""
    counts = lab.frame(rows.group_by(list(names)).aggregate(n=rows.count()))
    keys = {f"{_KEY}{name}": counts[name].astype("Int16" if name in bins else "string") for name in names}
    levels = {name: _named(counts[name], bins[name]) if name in bins else as_levels(counts[name]) for name in names}
    return pd.DataFrame(keys | levels | {"n": counts["n"]})


def _named(bins: pd.Series, cuts: Sequence[float]) -> pd.Series:
    names = np.array([*level_names(cuts), UNKNOWN], dtype=object)
    return pd.Series(names[bins.fillna(len(names) - 1).to_numpy(int)], index=bins.index)


def _with_scores(rows: ir.Table, patterns: pd.DataFrame, scores: pd.DataFrame, *, terms: Sequence[str]) -> ir.Table:
    """Join each pattern's levels and scores to its customers."""
    table = ibis.memtable(pd.concat([patterns.drop(columns="n"), scores], axis=1))
    rows = rows.rename({f"{_OWN}{name}": name for name in terms})
    pairs = [(rows[f"{_OWN}{name}"], table[f"{_KEY}{name}"]) for name in terms]
    missing = [patterns[f"{_KEY}{name}"].hasnans for name in terms]
    same = [own.identical_to(key) if gaps else own == key for (own, key), gaps in zip(pairs, missing, strict=True)]
    return rows.inner_join(table, same)


def _with_value(lab: Lab, rows: ir.Table, day: dt.date, *, risk: str) -> ir.Table:
    """Add what each customer's purchases brought in a year, and how much of it is at risk."""
    if "transactions" not in lab.tables or "margin" not in lab.table("transactions").columns:
        return rows
    bought = lab.table("transactions")
    year = bought.filter((bought.occurred_on < day) & (bought.occurred_on >= day - dt.timedelta(days=YEAR_DAYS)))
    margins = year.group_by(_buyer="customer_id").aggregate(yearly_margin=year.margin.sum())
    found = rows.left_join(margins, rows.customer_id == margins._buyer).drop("_buyer")
    return found.mutate(value_at_risk=found.yearly_margin * found[risk])


def _record(lab: Lab, following: Following, n: pd.Series, unscored: pd.Series) -> None:
    """Account for every spell: left out, over, of a customer who counts by another, without a score, or scored."""
    rows = following.spells(lab)
    why = rows[REASON].fill_null(rows[ENDED].ifelse(-1, -2).cast("int8"))
    counts = lab.frame(rows.group_by(why=why).aggregate(n=rows.count())).set_index("why")["n"]
    reasons: dict[str, int] = {following.reasons[int(at)]: int(counts[at]) for at in sorted(counts.index) if at >= 0}
    reasons |= {OVER: int(counts.get(-1, 0)), ANOTHER: int(counts.get(-2, 0) - n.sum())}
    without = n[unscored != ""].groupby(unscored[unscored != ""]).sum()
    reasons |= {f"no score: {text}": int(count) for text, count in without.items()}
    used = int(n[unscored == ""].sum())
    if not used:
        raise InsufficientDataError(_nobody(following, reasons))
    following.record(lab, {reason: count for reason, count in reasons.items() if count}, used=used)


def _nobody(following: Following, reasons: Mapping[str, int]) -> str:
    why = "; ".join(f"{reason}: {count:,}" for reason, count in reasons.items() if count)
    return (
        f"At least one customer who is here on {following.day} must be scored: none is{f' ({why})' if why else ''}. "
        "Choose another day, or train on the levels that customers have today."
    )


def _edges(bands: Sequence[float]) -> np.ndarray:
    edges = np.array([0.0, *sorted(set(bands)), 1.0])
    if not ((edges[1:-1] > 0) & (edges[1:-1] < 1)).all():
        raise ParameterError("`bands` must lie between 0 and 1: " + ", ".join(f"{band:g}" for band in bands) + ".")
    return edges
