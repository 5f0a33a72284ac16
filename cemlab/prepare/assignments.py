"""What a study says of each customer, as rows that a later study reads like any source."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import ibis

from cemlab.core.errors import ParameterError, near_miss

if TYPE_CHECKING:
    import ibis.expr.types as ir


def assigned(
    table: ir.Table,
    *,
    name: str,
    value: str,
    as_of: dt.date,
    zone: str,
    probability: str = "",
    weight: str = "",
    source_run: str = "",
) -> ir.Table:
    """Return a table of customers as rows of the canonical table ``assignments``.

    Parameters
    ----------
    table : ibis.Table
        One row per customer, with ``customer_id`` and the columns named here.
    name : str
        What is assigned, such as ``churn_risk``; later studies ask for it by this name.
    value : str
        Column with what the customer was given; who has none there is left out.
    as_of : datetime.date
        The study's day. A row counts as written at the last instant before it, for nothing later was known.
    zone : str
        IANA name of the zone in which that day begins.
    probability, weight : str, default ""
        Columns with how sure the study is, and with a weight; empty for none.
    source_run : str, default ""
        The run that writes it.

    Returns
    -------
    ibis.Table
        ``customer_id``, ``name``, ``value`` (text), ``probability``, ``weight``, ``source_run``, ``known_at`` (ISO 8601
        text in UTC).

    Raises
    ------
    ParameterError
        When a column is missing, or the name is empty.

    Examples
    --------
    >>> rows = assigned(table, name="segment", value="segment", as_of=lab.as_of, zone="UTC")  # doctest: +SKIP
    """
    if not name:
        raise ParameterError(
            "An assignment must have a name: none was given. Give it the one by which later studies ask for it."
        )
    for column in ("customer_id", value, *(each for each in (probability, weight) if each)):
        if column not in table.columns:
            raise ParameterError(
                f"Assignments must come from columns of the table: `{column}` is none. "
                f"{near_miss(column, table.columns)}It has: {', '.join(table.columns)}."
            )
    midnight = dt.datetime.combine(as_of, dt.time(), tzinfo=ZoneInfo(zone))
    known = (midnight.astimezone(dt.UTC) - dt.timedelta(microseconds=1)).isoformat(timespec="microseconds")
    numbers = {
        what: table[column].cast("float64") if column else ibis.null("float64")
        for what, column in (("probability", probability), ("weight", weight))
    }
    return table.filter(table[value].notnull()).select(
        customer_id=table.customer_id,
        name=ibis.literal(name),
        value=table[value].cast("string"),
        **numbers,
        source_run=ibis.literal(source_run),
        known_at=ibis.literal(known),
    )
