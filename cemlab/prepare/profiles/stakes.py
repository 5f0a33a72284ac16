"""Value and risk of each customer: who has much to lose, and how likely."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.lab import Lab
from cemlab.prepare.levels import Bins
from cemlab.prepare.profiles.grouped import REPLICATE, REPLICATES, SEGMENT, Grouping
from cemlab.prepare.profiles.parts import LEAVING_RISK
from cemlab.prepare.profiles.people import CUSTOMER
from cemlab.prepare.profiles.tables import columns, table

if TYPE_CHECKING:
    import ibis.expr.types as ir

HIGH, LOW = "high", "low"
DETRACTOR = "detractor"
TOPS = {"largest": 1, "ten": 10}
"""Of how many customers the share in a total is told: one may be most of it."""


def placed(
    lab: Lab,
    *,
    value: str = "margin_365d",
    value_from: float | None = None,
    risk: str = "churn_risk",
    risk_from: float = LEAVING_RISK,
    cut: str = "",
    window_days: int = 0,
    scope: str = "",
) -> ir.Table:
    """Return the value and the risk of each customer, high or low; where the lab has spells, of those whose spell runs.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    value : str, default "margin_365d"
        A number of the profile.
    value_from : float, optional
        From here on it is high; the median of these customers when not given.
    risk : str, default "churn_risk"
        A number of the profile, or ``last_nps_group``, where a detractor's is high.
    risk_from : float, default 0.5
        From here on a number is high.
    cut, window_days, scope : as in `cemlab.prepare.profiles.table`
        As known when.

    Returns
    -------
    ibis.Table
        One row per customer: ``customer_id``, ``amount`` (the value itself), ``value`` and ``risk``: ``high``,
        ``low``, missing where it is not known.

    Raises
    ------
    SchemaError
        When the lab cannot give a column.
    ParameterError
        When the value is no number, or the risk neither a number nor a group of answers.
    InsufficientDataError
        When no customer was known.

    Examples
    --------
    >>> urgent = placed(lab, risk="last_nps_group").filter(lambda c: (c.value == "high") & (c.risk == "high"))  # doctest: +SKIP
    """
    live = ["live"] if "live" in columns(lab) else []
    asked = list(dict.fromkeys([value, risk, *live]))
    rows = table(lab, cut=cut, columns=asked, window_days=window_days, scope=scope)
    if not rows[value].type().is_numeric():
        raise ParameterError(f"The value of customers must be a number of the profile: `{value}` is none.")
    if live:
        rows = rows.filter(rows.live.fill_null(False))
    edge = value_from
    if edge is None:
        edge = float(lab.frame(rows.aggregate(edge=rows[value].cast("float64").median()))["edge"].iloc[0])
    return rows.select(
        CUSTOMER,
        amount=rows[value].cast("float64"),
        value=_named(rows[value] >= edge),
        risk=_named(_risky(rows[risk], risk_from)),
    )


def stakes(
    lab: Lab,
    *,
    by: Sequence[str] = (),
    assigned: ir.Table | None = None,
    value: str = "margin_365d",
    value_from: float | None = None,
    risk: str = "churn_risk",
    risk_from: float = LEAVING_RISK,
    cut: str = "",
    cuts: Bins | None = None,
    replicates: int = REPLICATES,
    window_days: int = 0,
    scope: str = "",
) -> pd.DataFrame:
    """Return how many customers of each segment are of high or low value and risk, and what they are worth.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    by, assigned : as in `cemlab.prepare.profiles.moments`
        Which segments.
    value, value_from, risk, risk_from, cut : as in `placed`
        What is high.
    cuts, replicates, window_days, scope : as in `cemlab.prepare.profiles.moments`
        How customers are grouped.

    Returns
    -------
    pandas.DataFrame
        One row per ``segment``, ``replicate``, ``value`` and ``risk`` (missing where not known), sorted: ``n``
        customers, ``sum`` of the value, ``sum_largest`` and ``sum_ten`` of those who are the largest, or among
        the ten largest, of all with this value and risk.

    Raises
    ------
    SchemaError, ParameterError, InsufficientDataError
        As `placed` and `cemlab.prepare.profiles.moments`.

    Examples
    --------
    >>> cells = stakes(lab, by=["plan"], risk="last_nps_group")  # doctest: +SKIP
    """
    grouping = Grouping(tuple(by), assigned, cut, cuts or {}, replicates, 0, window_days)
    people = grouping.rows(lab, (), scope=f"{scope}, segments" if scope else "segments")
    who = placed(
        lab,
        value=value,
        value_from=value_from,
        risk=risk,
        risk_from=risk_from,
        cut=cut,
        window_days=window_days,
        scope=scope,
    ).rename(_placed=CUSTOMER)
    rows = people.inner_join(who, people[CUSTOMER] == who._placed)
    keys = [SEGMENT, REPLICATE, "value", "risk"]
    order = [ibis.desc("amount"), ibis.asc(CUSTOMER)]
    rows = rows.mutate(_place=ibis.row_number().over(group_by=["value", "risk"], order_by=order))
    tops = {f"sum_{name}": (rows._place < many).ifelse(rows.amount, 0.0).sum() for name, many in TOPS.items()}
    return lab.frame(rows.group_by(keys).aggregate(n=rows.count(), sum=rows.amount.sum(), **tops).order_by(keys))


def _risky(column: ir.Column, risk_from: float) -> ir.BooleanValue:
    if column.type().is_numeric():
        return column >= risk_from
    if column.get_name() != "last_nps_group":
        raise ParameterError(
            f"Risk must be a number of the profile or `last_nps_group`: `{column.get_name()}` is neither."
        )
    return column == DETRACTOR


def _named(high: ir.BooleanValue) -> ir.StringValue:
    return ibis.cases((high, HIGH), (~high, LOW))
