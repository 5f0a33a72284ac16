"""The profile of every customer, and how complete and how old it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from cemlab.core.errors import SchemaError, near_miss
from cemlab.core.lab import Lab
from cemlab.prepare.profiles.parts import AGE, LEAVING_RISK, Part, parts
from cemlab.prepare.profiles.people import CUSTOMER, Known
from cemlab.prepare.spells.clock import months_whole

if TYPE_CHECKING:
    import ibis.expr.types as ir

NEW_MONTHS = 6
STAGE = "stage"
_OWN = (CUSTOMER, "known_at", "known_on")


def table(
    lab: Lab,
    *,
    cut: str = "",
    columns: Sequence[str] = (),
    window_days: int = 0,
    new_months: int = NEW_MONTHS,
    leaving_risk: float = LEAVING_RISK,
    scope: str = "",
) -> ir.Table:
    """Return one row per customer, of what was known before a day; only the columns that the lab can give.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    cut : str, default ""
        ISO day: only what was known before it; empty for the lab's as-of day.
    columns : sequence of str
        Only these, and only what they need is worked out; all when empty.
    window_days : int, default 0
        Purchases of so many days count for recency, frequency and monetary value; 0 for all.
    new_months : int, default 6
        A live customer of fewer whole months is in the stage ``new``.
    leaving_risk : float, default 0.5
        A live customer whose assigned ``churn_risk`` is as high, or higher, is in the stage ``leaving``.
    scope : str, default ""
        Under which the ledger accounts for the customers; empty for ``profiles``.

    Returns
    -------
    ibis.Table
        ``customer_id``, then the customers' attributes (as the source holds them now: they carry no day of
        their own); ``live`` (a spell runs), ``tenure_months`` (whole months of the longest running spell, else
        of the last; without spells, since the customer became known), ``stage`` (``new``, ``established``,
        ``leaving``, ``left``); ``contacts_365d`` (events), ``contacts_<channel>_share`` of them,
        ``complaints_90d``; ``responses`` (with a score), ``last_nps``, ``last_nps_group``, ``days_since_nps``;
        ``recency_days``, ``frequency``, ``monetary`` and their scores as in `rfm`, ``margin_365d``;
        ``churn_risk`` and ``segment`` as assigned last. Counts and sums are 0 where nothing is recorded, all
        else is missing.

    Raises
    ------
    SchemaError
        When a column is none that the lab can give.
    ParameterError
        When `cut` or `window_days` cannot be.
    InsufficientDataError
        When no customer was known.

    Examples
    --------
    >>> profile = table(lab, columns=["plan", "tenure_months", "last_nps"])  # doctest: +SKIP
    """
    known = Known.asked(lab, cut)
    known.record(lab, scope=scope or "profiles")
    found = parts(lab, known, window_days=window_days)
    names = _names(lab, known, found)
    wanted = [name for name in columns if name != CUSTOMER] if columns else names
    for name in wanted:
        if name not in names:
            raise SchemaError(
                f"A column of the profile must be one that the lab can give: `{name}` is none. {near_miss(name, names)}"
                f"There are: {', '.join(names)}."
            )
    needed = {*wanted, *({"live", "tenure_months", "churn_risk"} if STAGE in wanted else ())}
    rows = _joined(lab, known, [part for part in found if needed & set(part.columns)])
    if STAGE in wanted:
        rows = rows.mutate(**{STAGE: _stage(rows, new_months=new_months, leaving_risk=leaving_risk)})
    return rows.select(CUSTOMER, *wanted)


def columns(lab: Lab) -> list[str]:
    """Return the names of the columns of the profile that a lab can give.

    Parameters
    ----------
    lab : Lab
        An opened lab.

    Returns
    -------
    list of str
        In the order of `table`, without ``customer_id``.

    Examples
    --------
    >>> columns(lab)  # doctest: +SKIP
    """
    known = Known.asked(lab)
    return _names(lab, known, parts(lab, known))


def completeness(lab: Lab, *, cut: str = "", columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return how complete each column of the profile is, and how old.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    cut : str, default ""
        As in `table`.
    columns : sequence of str
        Only these; all when empty.

    Returns
    -------
    pandas.DataFrame
        One row per column, in the profile's order: ``column``, ``customers``, ``n`` (with a value), ``filled_share``,
        ``median_age_days`` (since the latest record that the value rests on; missing where the source does not tell).

    Raises
    ------
    SchemaError, ParameterError, InsufficientDataError
        As `table`.

    Examples
    --------
    >>> completeness(lab)  # doctest: +SKIP
    """
    rows = table(lab, cut=cut, columns=columns)
    named = [name for name in rows.columns if name != CUSTOMER]
    counts = lab.frame(rows.aggregate(_all=rows.count(), **{name: _filled(rows[name]).sum() for name in named})).iloc[0]
    customers = int(counts["_all"])
    n = [int(counts[name]) for name in named]
    ages = _ages(lab, Known.asked(lab, cut), named)
    return pd.DataFrame(
        {
            "column": named,
            "customers": customers,
            "n": n,
            "filled_share": [each / customers for each in n],
            "median_age_days": [ages.get(name, float("nan")) for name in named],
        }
    )


def _names(lab: Lab, known: Known, found: Sequence[Part]) -> list[str]:
    attributes = [name for name in known.customers(lab).columns if name not in _OWN]
    told = [name for part in found for name in part.columns]
    if "live" in told:
        told.insert(told.index("tenure_months") + 1, STAGE)
    elif _since_known(lab, known):
        told.insert(0, "tenure_months")
    return list(dict.fromkeys([*attributes, *told]))


def _since_known(lab: Lab, known: Known) -> bool:
    return known.day is not None and "customers" in lab.tables and "known_on" in lab.table("customers").columns


def _joined(lab: Lab, known: Known, wanted: Sequence[Part]) -> ir.Table:
    people = known.customers(lab)
    if _since_known(lab, known):
        tenure = months_whole(people.known_on, ibis.date(str(known.day)))
        people = people.mutate(tenure_months=tenure)
    for part in wanted:
        told = part.rows().select(_joined=CUSTOMER, **{name: name for name in part.columns})
        people = people.drop(*(set(part.columns) & set(people.columns)))
        people = people.left_join(told, people[CUSTOMER] == told._joined).drop("_joined")
        people = people.mutate(**{name: people[name].fill_null(0) for name in part.none})
    return people


def _stage(rows: ir.Table, *, new_months: int, leaving_risk: float) -> ir.StringValue:
    leaving = [(rows.live & (rows.churn_risk >= leaving_risk), "leaving")] if "churn_risk" in rows.columns else []
    new = rows.tenure_months < new_months
    return ibis.cases((~rows.live, "left"), *leaving, (rows.live & new, "new"), (rows.live, "established"))


def _filled(column: ir.Column) -> ir.BooleanValue:
    return (column.nullif("") if column.type().is_string() else column).notnull()


def _ages(lab: Lab, known: Known, named: Sequence[str]) -> dict[str, float]:
    """Median age of the records behind each column, where its part tells."""
    ages = {}
    for part in parts(lab, known):
        here = [name for name in part.columns if name in named]
        rows = part.rows() if here else None
        if rows is not None and AGE in rows.columns:
            for name in here:
                aged = rows.filter(rows[name].notnull())
                ages[name] = float(lab.frame(aged.aggregate(age=aged[AGE].median()))["age"].iloc[0])
    return ages
