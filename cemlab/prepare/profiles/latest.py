"""The latest answer of each customer to the question of recommendation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from cemlab.core.lab import Lab
from cemlab.prepare.ordering import last_value
from cemlab.prepare.profiles.people import CUSTOMER
from cemlab.prepare.responses.question import dated

if TYPE_CHECKING:
    import ibis.expr.types as ir


def latest_answers(lab: Lab, rows: ir.Table) -> ir.Table:
    """Return how many answers each customer gave, and the score of the latest recommendation.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    rows : ibis.Table
        Of ``responses``.

    Returns
    -------
    ibis.Table
        ``customer_id``, ``responses`` (with a score), ``last_nps`` and, where answers carry days, its day
        ``_last_on``. Without days the last is the one whose id sorts last.
    """
    rows = rows.filter(rows[CUSTOMER].notnull() & rows.score.notnull())
    asked = rows.metric == lab.info.metric("nps").name
    days = dated(lab)
    on = {"_last_on": rows.responded_on.max(where=asked)} if days else {}
    return rows.group_by(CUSTOMER).aggregate(
        responses=rows.count(), last_nps=last_value(rows, rows.score, of="responses", where=asked), **on
    )


def group(lab: Lab, score: ir.Column) -> ir.StringValue:
    """Return the group of a score: promoter, passive or detractor.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    score : ibis number
        Of the question of recommendation.

    Returns
    -------
    ibis string
        Null where the score is.
    """
    return ibis.cases(*((score.isin(codes), name) for name, codes in lab.info.metric("nps").groups.items()))


def points(lab: Lab, score: ir.Column) -> ir.NumericValue:
    """Return a score in points, whose mean is the NPS: 100 for a promoter, −100 for a detractor, else 0.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    score : ibis number
        Of the question of recommendation.

    Returns
    -------
    ibis number
        Null where the score is.
    """
    each = group(lab, score)
    return ibis.cases((each == "promoter", 100.0), (each == "detractor", -100.0), (each.notnull(), 0.0))
