"""What customers may be grouped by: the items of a basis, where numbers are cut, and how much of each is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import pandas as pd

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.lab import Lab
from cemlab.core.results import Unit
from cemlab.prepare.patterns import RATINGS, unit
from cemlab.prepare.profiles.grouped import NPS
from cemlab.prepare.profiles.people import CUSTOMER, known_on
from cemlab.prepare.profiles.purchases import RFM_SCORES
from cemlab.prepare.profiles.tables import columns, completeness, table

if TYPE_CHECKING:
    import ibis.expr.types as ir

Basis = Literal["needs", "behaviour", "value", "mixed"]

MOST_ITEMS = 12
"""Items that are taken when nobody says which: more make patterns so many that each is nearly alone."""

PARTS = (1 / 3, 2 / 3)
"""Shares of customers below the cut points of a number."""

_DID = ("contacts_365d", "complaints_90d", "responses", "frequency", "recency_days")
_MIXED = ("contacts_365d", "complaints_90d", "stage", "frequency_score", "monetary_score")


def usual(lab: Lab, *, basis: Basis) -> list[str]:
    """Return the items by which a lab's customers can be grouped on a basis.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    basis : {"needs", "behaviour", "value", "mixed"}
        Needs: those that the lab declares, else statements of its customers, else what was rated. Behaviour: contacts,
        channels, complaints, answers, purchases. Value: scores of recency, frequency and money. Mixed: some of each.

    Returns
    -------
    list of str
        At most `MOST_ITEMS`, none of them constant, as `cemlab.prepare.patterns.counts` takes them.

    Raises
    ------
    SchemaError
        When the lab has none.

    Examples
    --------
    >>> usual(lab, basis="needs")  # doctest: +SKIP
    ['need_price', 'need_help']
    """
    if basis == "needs":
        found = list(lab.info.needs) or _stated(lab) or _rated(lab)
    elif unit(lab) == "answers":
        found = []
    else:
        known = columns(lab)
        channels = [name for name in known if name.startswith("contacts_") and name.endswith("_share")]
        wanted = {"behaviour": (*_DID, *channels), "value": RFM_SCORES, "mixed": _MIXED}[basis]
        stated = (list(lab.info.needs) or _stated(lab)) if basis == "mixed" else []
        found = _varying(lab, [*stated, *(name for name in wanted if name in known)])
    if not found:
        raise SchemaError(
            f"Customers can be grouped by {basis} only by something that tells them apart: lab `{lab.info.name}` has no such "
            "column. Give `items`, declare `needs` in the lab file, or choose another basis."
        )
    return found[:MOST_ITEMS]


def cut_points(lab: Lab, items: Sequence[str]) -> dict[str, list[float]]:
    """Return where numbers are cut into levels: a rating near its middle, another number into thirds.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    items : sequence of str
        As for `cemlab.prepare.patterns.counts`.

    Returns
    -------
    dict of str to list of float
        Item → cut points, each of which begins a level; none for texts, statements and scores of fifths.

    Raises
    ------
    SchemaError
        When an item does not exist.
    ParameterError
        When a number is the same for everybody.

    Examples
    --------
    >>> cut_points(lab, ["contacts_365d", "ratings:service"])  # doctest: +SKIP
    {'contacts_365d': [2.0, 5.0], 'ratings:service': [8.0]}
    """
    rated = [name for name in items if name.startswith(RATINGS)]
    found = _middle(lab, rated) if rated else {}
    told = [name for name in items if name not in rated and name not in RFM_SCORES]
    if told and unit(lab) == "customers":
        found |= _thirds(lab, told)
    flat = [name for name, cuts in found.items() if not cuts]
    if flat:
        raise ParameterError(
            f"An item must tell customers apart: {', '.join(f'`{name}`' for name in flat)} is the same for everybody. "
            "Leave it out of `items`."
        )
    return {name: found[name] for name in items if name in found}


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
        One row per ``item``: ``n`` with a value, ``filled_share``, ``levels`` and ``median_age_days`` (missing where the source does
        not tell).

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
        Outcome → its unit: what customers say, do and are worth, then numbers and statements of the source; none of them the
        same for everybody.

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
    kept = _varying(lab, told)
    return {NPS if name == "last_nps" else name: units[name] for name in kept}


def worth(lab: Lab) -> str:
    """Return the column that says what a customer is worth.

    Parameters
    ----------
    lab : Lab
        An opened lab.

    Returns
    -------
    str
        The margin of a year, else what was spent; empty where no money is recorded.

    Examples
    --------
    >>> worth(lab)  # doctest: +SKIP
    'margin_365d'
    """
    known = columns(lab) if "transactions" in lab.tables else []
    return next((name for name in ("margin_365d", "monetary") if name in known), "")


def risk(lab: Lab) -> str:
    """Return the column that says which customers may be lost.

    Parameters
    ----------
    lab : Lab
        An opened lab.

    Returns
    -------
    str
        The churn risk that a study assigned, else the group of the last answer, else the days since the last purchase; empty where
        there is none.

    Examples
    --------
    >>> risk(lab)  # doctest: +SKIP
    'last_nps_group'
    """
    known = columns(lab) if unit(lab) == "customers" else []
    return next((name for name in ("churn_risk", "last_nps_group", "recency_days") if name in known), "")


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


def _stated(lab: Lab) -> list[str]:
    """Statements that a lab holds of its customers."""
    if "customers" not in lab.tables:
        return []
    rows = lab.table("customers")
    return _varying(lab, [name for name in rows.columns if rows[name].type().is_boolean()])


def _rated(lab: Lab) -> list[str]:
    """What was rated, the most often rated first."""
    if "ratings" not in lab.tables:
        return []
    rows = lab.table("ratings")
    rows = rows.filter(rows.score.notnull())
    counted = lab.frame(rows.group_by("item").aggregate(n=rows.count(), codes=rows.score.nunique()))
    counted = counted.query("codes > 1").sort_values(["n", "item"], ascending=[False, True], kind="stable")
    return [RATINGS + str(name) for name in counted["item"]]


def _varying(lab: Lab, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    rows = table(lab, columns=[CUSTOMER, *names], scope="items")
    seen = lab.frame(rows.aggregate(**{f"_{at}": rows[name].nunique() for at, name in enumerate(names)})).iloc[0]
    return [name for at, name in enumerate(names) if seen[f"_{at}"] > 1]


def _middle(lab: Lab, rated: Sequence[str]) -> dict[str, list[float]]:
    """The code from which on nearest to half of all ratings lie."""
    rows = lab.table("ratings")
    rows = rows.filter(rows.score.notnull())
    counted = lab.frame(rows.group_by(["item", "score"]).aggregate(n=rows.count()))
    found = {}
    for name in rated:
        each = counted.loc[counted["item"] == name.removeprefix(RATINGS)].sort_values("score")
        above = each["n"][::-1].cumsum()[::-1] / each["n"].sum()
        off = (above.iloc[1:] - 0.5).abs()
        found[name] = [float(each["score"].loc[off.idxmin()])] if len(off) else []
    return found


def _thirds(lab: Lab, names: Sequence[str]) -> dict[str, list[float]]:
    rows = table(lab, columns=[CUSTOMER, *names], scope="items")
    numbers = [name for name in names if rows[name].type().is_numeric()]
    if not numbers:
        return {}
    asked: dict[str, ir.Value] = {}
    for at, name in enumerate(numbers):
        value = rows[name].cast("float64")
        asked |= {f"low_{at}": value.min(), f"high_{at}": value.max()}
        asked |= {f"cut_{at}_{place}": value.quantile(part) for place, part in enumerate(PARTS)}
    row = lab.frame(rows.aggregate(**asked)).iloc[0]
    above = {name: rows[name].cast("float64") for name in numbers}
    after = {f"_{at}": above[name].min(where=above[name] > float(row[f"low_{at}"])) for at, name in enumerate(numbers)
             if row[f"low_{at}"] < row[f"high_{at}"]}  # fmt: skip
    second = lab.frame(rows.aggregate(**after)).iloc[0] if after else pd.Series(dtype=float)
    whole = {name: rows[name].type().is_integer() for name in numbers}
    return {name: _rounded(row, second, at=at, whole=whole[name]) for at, name in enumerate(numbers)}


def _rounded(row: pd.Series, second: pd.Series, *, at: int, whole: bool) -> list[float]:
    """Two figures suffice for a cut point, and counts have whole ones; one that leaves nobody below moves to the next value."""
    if f"_{at}" not in second:
        return []
    low, high, step = float(row[f"low_{at}"]), float(row[f"high_{at}"]), float(second[f"_{at}"])
    found = set()
    for place in range(len(PARTS)):
        cut = float(row[f"cut_{at}_{place}"])
        short = round(cut, _digits(cut))
        short = float(math.ceil(short)) if whole else short
        found.add(short if low < short <= high else min(high, max(short, _up(step))))
    return sorted(found)


def _digits(value: float) -> int:
    return 1 - math.floor(math.log10(abs(value))) if value else 0


def _up(value: float) -> float:
    scale = 10.0 ** _digits(value)
    return math.ceil(value * scale - 1e-9) / scale
