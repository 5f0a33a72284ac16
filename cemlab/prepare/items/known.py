"""What is known of the items and of customers: how much, what can be told of groups, what they are worth and risk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from cemlab.core.lab import Lab
from cemlab.core.results import Unit
from cemlab.prepare.items.bases import varying
from cemlab.prepare.patterns import RATINGS, unit
from cemlab.prepare.profiles.grouped import NPS
from cemlab.prepare.profiles.people import CUSTOMER, known_on
from cemlab.prepare.profiles.tables import columns, completeness, table

if TYPE_CHECKING:
    import ibis.expr.types as ir


def filled(lab: Lab, items: Sequence[str], *, patterns: pd.DataFrame) -> pd.DataFrame:
    """Return how much of each item is known, and how old it is.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    items : sequence of str
        The items.
    patterns : pandas.DataFrame
        As `cemlab.prepare.patterns.counts` returns it for them.

    Returns
    -------
    pandas.DataFrame
        One row per ``item``: ``n`` with a value, ``filled_share``, ``levels`` and ``median_age_days`` (missing
        where the source does not tell).

    Examples
    --------
    >>> filled(lab, items, patterns=patterns)  # doctest: +SKIP
    """
    total = float(patterns["n"].sum())
    n = [float(patterns.loc[patterns[name].notna(), "n"].sum()) for name in items]
    levels = [int(patterns[name].nunique()) for name in items]
    told = [name for name in items if not name.startswith(RATINGS)] if unit(lab) == "customers" else []
    known = completeness(lab, columns=told) if told else pd.DataFrame(columns=["column", "median_age_days"])
    ages = known.set_index("column")["median_age_days"].reindex(list(items))
    found = pd.DataFrame({"item": list(items), "n": n, "filled_share": [each / total for each in n], "levels": levels})
    return found.assign(median_age_days=ages.astype("float64").to_numpy())


def described(lab: Lab) -> dict[str, Unit]:
    """Return what can be told of groups of customers: outcomes, as `cemlab.prepare.profiles.moments` takes them.

    Parameters
    ----------
    lab : Lab
        An opened lab with customers.

    Returns
    -------
    dict of str to str
        Outcome → its unit: what customers say, do and are worth, then numbers and statements of the source;
        none of them the same for everybody.

    Examples
    --------
    >>> described(lab)  # doctest: +SKIP
    {'nps': 'points', 'contacts_365d': 'ratio'}
    """
    known = columns(lab)
    channels = [name for name in known if name.startswith("contacts_") and name.endswith("_share")]
    units: dict[str, Unit] = {"last_nps": "points", "contacts_365d": "ratio", **dict.fromkeys(channels, "share")}
    units |= {"complaints_90d": "ratio", "responses": "ratio", "live": "share", "tenure_months": "months"}
    units |= {"recency_days": "days", "frequency": "ratio", "monetary": "currency", "margin_365d": "currency"}
    types = dict(lab.table("customers").schema()) if "customers" in lab.tables else {}
    for name, kind in types.items():
        if name in known and (kind.is_boolean() or kind.is_numeric()):
            units[name] = "share" if kind.is_boolean() else "ratio"
    # Without spells tenure is only the time since a customer became known.
    told = [name for name in units if name in known and (name != "tenure_months" or "spells" in lab.tables)]
    kept = varying(lab, told)
    return {NPS if name == "last_nps" else name: units[name] for name in kept}


COUNTS = ("contacts_365d", "complaints_90d", "responses", "frequency", "recency_days", "tenure_months")
"""Outcomes that cannot be below 0."""


def worth(lab: Lab) -> str:
    """Return the column that says what a customer is worth.

    Parameters
    ----------
    lab : Lab
        An opened lab.

    Returns
    -------
    str
        The margin of a year, else what was spent; empty where no money is recorded, or the same of everybody.

    Examples
    --------
    >>> worth(lab)  # doctest: +SKIP
    'margin_365d'
    """
    known = columns(lab) if "transactions" in lab.tables else []
    told = varying(lab, [name for name in ("margin_365d", "monetary") if name in known])
    return told[0] if told else ""


def risk(lab: Lab) -> str:
    """Return the column that says which customers may be lost.

    Parameters
    ----------
    lab : Lab
        An opened lab.

    Returns
    -------
    str
        The churn risk that a study assigned, else the group of the last answer, else the days since the last
        purchase, whichever tells customers apart first; empty where there is none.

    Examples
    --------
    >>> risk(lab)  # doctest: +SKIP
    'last_nps_group'
    """
    known = columns(lab) if unit(lab) == "customers" else []
    told = varying(lab, [name for name in ("churn_risk", "last_nps_group", "recency_days") if name in known])
    return told[0] if told else ""


def first_day(lab: Lab) -> str:
    """Return the first day of which a lab knows anything of its customers or answers.

    Parameters
    ----------
    lab : Lab
        An opened lab.

    Returns
    -------
    str
        ISO day; empty where the lab has no days.

    Examples
    --------
    >>> first_day(lab)  # doctest: +SKIP
    '2023-01-01'
    """
    found = []
    for name in lab.tables:
        on = known_on(name) or ("started_on" if name == "spells" else "")
        if name != "customers" and on in lab.table(name).columns:
            rows = lab.table(name)
            found.append(lab.frame(rows.aggregate(day=rows[on].cast("string").min()))["day"].iloc[0])
    return min((str(day)[:10] for day in found if not pd.isna(day)), default="")


def numeric(lab: Lab, items: Sequence[str]) -> bool:
    """Return whether all items are numbers or statements of the profile, which methods for numbers can take.

    Parameters
    ----------
    lab : Lab
        An opened lab with customers.
    items : sequence of str
        The items.

    Returns
    -------
    bool
        False where one is a text or a rating.

    Examples
    --------
    >>> numeric(lab, ["need_price"])  # doctest: +SKIP
    True
    """
    if any(name.startswith(RATINGS) for name in items):
        return False
    rows = table(lab, columns=[CUSTOMER, *items], scope="items")
    return all(rows[name].type().is_numeric() or rows[name].type().is_boolean() for name in items)


def pairs(lab: Lab, one: ir.Table, other: ir.Table) -> pd.DataFrame:
    """Return how many customers two assignments put into each pair of segments.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    one, other : ibis.Table
        One row per customer: ``customer_id``, ``value``.

    Returns
    -------
    pandas.DataFrame
        One row per pair, sorted: ``a``, ``b``, ``n`` customers; those whom either leaves out are not counted.

    Examples
    --------
    >>> pairs(lab, then, now)  # doctest: +SKIP
    """
    a, b = one.select(CUSTOMER, a="value"), other.select(_joined=CUSTOMER, b="value")
    rows = a.inner_join(b, a[CUSTOMER] == b._joined)
    rows = rows.filter(rows.a.notnull(), rows.b.notnull())
    return lab.frame(rows.group_by(["a", "b"]).aggregate(n=rows.count()).order_by(["a", "b"]))
