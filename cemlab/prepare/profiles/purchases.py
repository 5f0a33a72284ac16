"""Recency, frequency and monetary value: what customers bought, and when last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.core.lab import Lab, LedgerLine
from cemlab.prepare.profiles.people import CUSTOMER, LATER, Known
from cemlab.prepare.spells.clock import days_between

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

ROWS_AT_ONCE = 20_000_000
"""Purchases that the engine adds up in one go, or up to twice as many."""

SCORES = 5
BEFORE = "before the window"
RFM = ("recency_days", "frequency", "monetary")
RFM_SCORES = ("recency_score", "frequency_score", "monetary_score")


def rfm(lab: Lab, *, cut: str = "", window_days: int = 0, scope: str = "") -> ir.Table:
    """Return recency, frequency and monetary value of each customer who bought, with scores by fifths.

    Recency is counted from the last purchase to the day before which all is known, so that it is at least 1. Frequency
    counts purchases; a refund (negative amount) is none. Monetary value is the sum of all amounts, refunds
    taken off. Score j of a value v is 1 + Σ_k [v > q(k/5)], q the discrete quantile among those who bought: so
    equal values have equal scores, whatever the order of rows, and 5 is best of all three.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``transactions``.
    cut : str, default ""
        ISO day: only what was known before it; empty for the lab's as-of day.
    window_days : int, default 0
        Only purchases of so many days before it; 0 for all.
    scope : str, default ""
        Under which the ledger accounts for the transactions; empty for ``rfm``.

    Returns
    -------
    ibis.Table
        One row per customer: ``customer_id``, ``recency_days``, ``frequency``, ``monetary`` (the lab's currency),
        ``recency_score``, ``frequency_score``, ``monetary_score`` (1 to 5).

    Raises
    ------
    SchemaError
        When the lab has no transactions.
    ParameterError
        When `cut` or `window_days` cannot be.
    InsufficientDataError
        When nothing was bought.

    References
    ----------
    Hughes, A. M. (1994). Strategic Database Marketing. Probus. Fader, P. S., Hardie, B. G. S. and Lee, K. L.
    (2005). RFM and CLV: using iso-value curves for customer base analysis. Journal of Marketing Research,
    42(4), 415–430. doi:10.1509/jmkr.2005.42.4.415

    Examples
    --------
    >>> lab.frame(rfm(lab, window_days=365).limit(5))  # doctest: +SKIP
    """
    known = Known.asked(lab, cut)
    _record(lab, known, window_days=window_days, scope=scope or "rfm")
    return scored(lab, purchases(lab, known, window_days=window_days))


def rfm_counts(lab: Lab, *, cut: str = "", window_days: int = 0, scope: str = "") -> pd.DataFrame:
    """Return how many customers have each combination of scores, for rules that make segments of them.

    Parameters
    ----------
    lab, cut, window_days, scope : as in `rfm`
        Which purchases.

    Returns
    -------
    pandas.DataFrame
        One row per combination, sorted: ``recency_score``, ``frequency_score``, ``monetary_score`` (1 to 5),
        ``n`` customers.

    Raises
    ------
    SchemaError, ParameterError, InsufficientDataError
        As `rfm`.

    Examples
    --------
    >>> counts = rfm_counts(lab, window_days=365)  # doctest: +SKIP
    """
    rows = rfm(lab, cut=cut, window_days=window_days, scope=scope)
    return lab.frame(rows.group_by(RFM_SCORES).aggregate(n=rows.count()).order_by(RFM_SCORES))


def scored(lab: Lab, bought: ir.Table) -> ir.Table:
    """Return what customers bought with a score of each.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    bought : ibis.Table
        As `purchases` returns it.

    Returns
    -------
    ibis.Table
        As `rfm`.
    """
    found = bought.filter(bought.frequency > 0).mutate(_recent=-bought.recency_days)
    ranked = ("_recent", "frequency", "monetary")
    cuts = _fifths(lab, found, ranked)
    scores = {name: _score(found[column], cuts[column]) for name, column in zip(RFM_SCORES, ranked, strict=True)}
    return found.select(CUSTOMER, *RFM, **scores)


def purchases(lab: Lab, known: Known, *, window_days: int = 0) -> ir.Table:
    """Return what each customer who bought did so, before scores, worked out once.

    Customers are taken in several passes, by a hash, when there are many purchases: in a single one the engine
    stops under a limit of memory that is enough for each of several, although it works on the disk.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``transactions``.
    known : Known
        Until when.
    window_days : int, default 0
        Only purchases of so many days before; 0 for all.

    Returns
    -------
    ibis.Table
        ``customer_id``, ``recency_days``, ``frequency``, ``monetary``.

    Raises
    ------
    ParameterError
        When `window_days` is negative.
    """
    if window_days < 0:
        raise ParameterError(f"`window_days` must be at least 0: {window_days} was given.")
    rows = within(known.rows(lab, "transactions"), known, days=window_days)
    rows = rows.filter(rows[CUSTOMER].notnull())
    # an odd number, so that a pass has customers of all last binary digits, by which the engine's hash tables place
    # them
    passes = int(lab.frame(rows.aggregate(n=rows.count()))["n"].iloc[0]) // ROWS_AT_ONCE | 1
    if passes == 1:
        return lab.held(_sums(rows, known))
    share = (rows[CUSTOMER].hash() & (2**31 - 1)) % passes
    return ibis.union(*(lab.held(_sums(rows.filter(share == at), known)) for at in range(passes)))


def _sums(rows: ir.Table, known: Known) -> ir.Table:
    bought = rows.amount >= 0
    # rounded, for sums of the same amounts differ in their last digits with the order of rows, and would be no ties
    sums = rows.group_by(CUSTOMER).aggregate(
        _last=rows.occurred_on.max(where=bought),
        frequency=bought.sum().cast("int64"),
        monetary=rows.amount.sum().round(6),
    )
    recency = days_between(sums._last, ibis.date(known.day.isoformat())) if known.day else ibis.null("int32")
    return sums.mutate(recency_days=recency).select(CUSTOMER, *RFM)


def within(rows: ir.Table, known: Known, *, days: int) -> ir.Table:
    """Return the rows of the last days before the day.

    Parameters
    ----------
    rows : ibis.Table
        With ``occurred_on``, of before the day.
    known : Known
        The day.
    days : int
        How many; 0 for all.

    Returns
    -------
    ibis.Table
        Rows of [day − `days`, day).
    """
    if not days or known.day is None:
        return rows
    return rows.filter(rows.occurred_on >= ibis.date(known.day.isoformat()) - ibis.interval(days=days))


def _fifths(lab: Lab, rows: ir.Table, columns: Sequence[str]) -> dict[str, list[float]]:
    """The smallest value at or below which each fifth of the customers lies.

    From a tally of the values: the engine's own quantiles hold every value in memory.
    """
    found = {}
    for name in columns:
        tally = lab.frame(rows.group_by(name).aggregate(n=rows.count())).dropna().sort_values(name)
        below = tally["n"].cumsum().to_numpy()
        at = [(SCORES * below >= fifth * below[-1]).argmax() for fifth in range(1, SCORES)] if len(tally) else []
        found[name] = [float(value) for value in tally[name].to_numpy()[at]]
    return found


def _score(column: ir.NumericColumn, cuts: Sequence[float]) -> ir.IntegerValue:
    above = [(column > cut).cast("int8") for cut in cuts]
    return (sum(above, column.isnull().ifelse(None, 1))).cast("int8")


def _record(lab: Lab, known: Known, *, window_days: int, scope: str) -> None:
    every = lab.table("transactions")
    before = known.rows(lab, "transactions")
    counts = {"in": every, "before": before, "used": within(before, known, days=window_days)}
    n = {name: int(lab.frame(rows.aggregate(n=rows.count()))["n"].iloc[0]) for name, rows in counts.items()}
    named = f"{scope} until {known.day}" if known.cut else scope
    lines = [
        LedgerLine("study", "transactions", "in", "", n["in"], scope=named),
        LedgerLine("study", "transactions", "used", "", n["used"], scope=named),
        LedgerLine("study", "transactions", "excluded", LATER, n["in"] - n["before"], scope=named),
        LedgerLine("study", "transactions", "excluded", BEFORE, n["before"] - n["used"], scope=named),
    ]
    lab.ledger.record(lines)
    if not n["used"]:
        raise InsufficientDataError(
            f"At least one purchase must lie in the window: of {n['in']:,} transactions none does. Choose a longer"
            " window."
        )
