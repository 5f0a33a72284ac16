"""How numbers are taken: where they are cut into levels, and of which the logarithm stands in their place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.lab import Lab
from cemlab.prepare.patterns import RATINGS, unit
from cemlab.prepare.profiles.people import CUSTOMER
from cemlab.prepare.profiles.purchases import RFM_SCORES
from cemlab.prepare.profiles.tables import table

if TYPE_CHECKING:
    import ibis.expr.types as ir

PARTS = (1 / 3, 2 / 3)
"""Shares of customers below the cut points of a number."""

SKEWED = 1.0
"""Skewness from which on a logarithm is taken: that of an exponential distribution is 2."""


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


def skewed(lab: Lab, items: Sequence[str]) -> list[str]:
    """Return the items whose logarithm is better taken: never negative, and a few large values far from the many.

    Parameters
    ----------
    lab : Lab
        An opened lab with customers.
    items : sequence of str
        Numbers or statements of the profile.

    Returns
    -------
    list of str
        Those whose skewness, E(x − μ)³/σ³, is 1 or more, shares and statements aside.

    Examples
    --------
    >>> skewed(lab, ["monetary", "tenure_months"])  # doctest: +SKIP
    ['monetary']
    """
    rows = table(lab, columns=[CUSTOMER, *items], scope="items")
    amounts = [name for name in items if rows[name].type().is_numeric()]
    if not amounts:
        return []
    asked: dict[str, ir.Value] = {}
    for at, name in enumerate(amounts):
        value = rows[name].cast("float64")
        asked |= {
            f"low_{at}": value.min(),
            f"high_{at}": value.max(),
            f"mean_{at}": value.mean(),
            f"std_{at}": value.std(how="pop"),
        }
    first = lab.frame(rows.aggregate(**asked)).iloc[0]
    above = [
        at
        for at in range(len(amounts))
        if first[f"low_{at}"] >= 0 and first[f"high_{at}"] > 1 and first[f"std_{at}"] > 0
    ]
    thirds = {
        f"_{at}": (
            (((rows[amounts[at]].cast("float64") - float(first[f"mean_{at}"])) / float(first[f"std_{at}"])) ** 3).mean()
        )
        for at in above
    }
    found = lab.frame(rows.aggregate(**thirds)).iloc[0] if thirds else pd.Series(dtype=float)
    return [amounts[at] for at in above if found[f"_{at}"] >= SKEWED]


def _middle(lab: Lab, rated: Sequence[str]) -> dict[str, list[float]]:
    """The code from which on nearest to half of all ratings lie."""
    rows = lab.table("ratings")
    rows = rows.filter(rows.score.notnull())
    counted = lab.frame(rows.group_by(["item", "score"]).aggregate(n=rows.count()))
    found = {}
    for name in rated:
        each = counted.loc[counted["item"] == name.removeprefix(RATINGS)].sort_values("score")
        if each.empty:
            raise SchemaError(
                f"An item must have been rated: nobody rated `{name}`; {counted['item'].nunique()} other items were."
                " Correct `items`."
            )
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
    after = {
        f"_{at}": above[name].min(where=above[name] > float(row[f"low_{at}"]))
        for at, name in enumerate(numbers)
        if row[f"low_{at}"] < row[f"high_{at}"]
    }
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
