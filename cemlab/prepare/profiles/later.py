"""What came after a day: who left, what was spent, what was said."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from cemlab.core.errors import ParameterError
from cemlab.core.lab import Lab
from cemlab.prepare.profiles.latest import latest_answers, points
from cemlab.prepare.profiles.people import CUSTOMER, Known
from cemlab.prepare.responses.question import dated
from cemlab.prepare.spells.followed import REASON, Following

if TYPE_CHECKING:
    import ibis.expr.types as ir

LATER = "later_"
"""What the names of later outcomes begin with."""


def outcomes(lab: Lab, *, cut: str, horizon_days: int) -> ir.Table:
    """Return what each customer known before a cut did in the days from it on.

    Where the lab has spells, only customers of whom one runs at the cut: the others have nothing more to lose.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    cut : str
        ISO day before the lab's as-of day by at least the horizon, so that all are followed to its end.
    horizon_days : int
        Days that count, from the cut on.

    Returns
    -------
    ibis.Table
        One row per customer, only the columns that the lab can give: ``customer_id``, ``later_left`` (no spell
        runs at the end of the horizon), ``later_spend`` and ``later_margin`` (sums of it, 0 where nothing is
        recorded; the lab's currency), ``later_nps`` (the latest answer of it in points: -100, 0 or 100).

    Raises
    ------
    ParameterError
        When the horizon does not end before the as-of day, or the cut is no day.

    Examples
    --------
    >>> later = outcomes(lab, cut="2024-06-01", horizon_days=180)  # doctest: +SKIP
    """
    known = Known.asked(lab, cut)
    end = _end(lab, known, horizon_days)
    people = known.customers(lab).select(CUSTOMER)
    if "spells" in lab.tables:
        people = _live(lab, cut).inner_join(people, CUSTOMER).select(CUSTOMER)
    for told in (_left, _spent, _said):
        rows = told(lab, known, end)
        if rows is not None:
            people = people.left_join(rows.rename(_joined=CUSTOMER), people[CUSTOMER] == rows[CUSTOMER])
            people = people.drop("_joined")
    zeros = {name: people[name].fill_null(0) for name in ("later_spend", "later_margin") if name in people.columns}
    return people.mutate(**zeros)


def later_columns(lab: Lab) -> list[str]:
    """Return the names of the later outcomes that a lab can give.

    Parameters
    ----------
    lab : Lab
        An opened lab.

    Returns
    -------
    list of str
        As the columns of `outcomes`.

    Examples
    --------
    >>> later_columns(lab)  # doctest: +SKIP
    """
    names = ["later_left"] if "spells" in lab.tables else []
    if "transactions" in lab.tables:
        names += ["later_spend", *(["later_margin"] if "margin" in lab.table("transactions").columns else [])]
    return names + (["later_nps"] if _answered(lab) else [])


def _end(lab: Lab, known: Known, horizon_days: int) -> dt.date:
    if horizon_days < 1 or known.day is None:
        raise ParameterError(
            f"Later outcomes need a lab with days and a horizon of at least 1: {horizon_days} was given."
        )
    end = known.day + dt.timedelta(days=horizon_days)
    if lab.as_of is None or end > lab.as_of:
        raise ParameterError(
            f"The horizon must end before the as-of day, {lab.as_of}, so that everybody is followed to its end: "
            f"{horizon_days} days from {known.day} end on {end}. Choose an earlier cut or a shorter horizon."
        )
    return end


def _live(lab: Lab, cut: str) -> ir.Table:
    """Customers of whom a spell runs at the start of a day."""
    spells = Following.asked(lab, clock="days", cut=cut).spells(lab)
    # a reason from 3 on: nothing of it is observed yet, but it runs
    running = spells.filter(spells.ended_on.isnull() & (spells[REASON].isnull() | (spells[REASON] >= 3)))
    return running.select(CUSTOMER).distinct()


def _left(lab: Lab, known: Known, end: dt.date) -> ir.Table | None:
    if "spells" not in lab.tables:
        return None
    before, after = _live(lab, str(known.day)), _live(lab, end.isoformat()).rename(_still=CUSTOMER)
    return before.left_join(after, before[CUSTOMER] == after._still).select(
        CUSTOMER, later_left=lambda rows: rows._still.isnull()
    )


def _spent(lab: Lab, known: Known, end: dt.date) -> ir.Table | None:
    if "transactions" not in lab.tables:
        return None
    rows = lab.table("transactions")
    rows = rows.filter(rows.occurred_on >= known.day, rows.occurred_on < end, rows[CUSTOMER].notnull())
    sums = {"later_spend": rows.amount.sum()}
    if "margin" in rows.columns:
        sums["later_margin"] = rows.margin.sum()
    return rows.group_by(CUSTOMER).aggregate(**sums)


def _said(lab: Lab, known: Known, end: dt.date) -> ir.Table | None:
    if not _answered(lab):
        return None
    rows = lab.table("responses")
    said = latest_answers(lab, rows.filter(rows.responded_on >= known.day, rows.responded_on < end))
    return said.select(CUSTOMER, later_nps=points(lab, said.last_nps))


def _answered(lab: Lab) -> bool:
    return "responses" in lab.tables and CUSTOMER in lab.table("responses").columns and dated(lab)
