"""How long answers took to come, by when their invitations were sent."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from cemlab.core.errors import SchemaError
from cemlab.core.lab import Lab
from cemlab.prepare.responses.groups import step, tidied
from cemlab.prepare.responses.question import Question, need_dates


def arrivals(
    lab: Lab, *, metric: str = "nps", start: str = "", end: str = "", survey: str = "", period: str = "month"
) -> pd.DataFrame:
    """Return how many answers came how long after their invitation, by the period of the invitation.

    n(t, a, w) = #{answers to invitations of period t that were sent a days before the last known day, given w
    days after the invitation}; 0 ≤ w ≤ a.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the tables ``responses`` and ``invitations``.
    metric : str, default "nps"
        The question.
    start, end : str, default ""
        Half-open window [start, end) of the days on which invitations were sent, ISO; empty for no bound.
    survey : str, default ""
        Only answers to this survey; empty for all.
    period : {"week", "month", "quarter", "year"}, default "month"
        Length of a step.

    Returns
    -------
    pandas.DataFrame
        One row per combination that occurs, sorted: ``period`` (first day of the step in which the invitation
        was sent, as ISO text), ``survey`` where answers carry one, ``age_days``, ``waited_days``, ``n``
        answers. Answers that name no invitation, or come before theirs, are not counted.

    Raises
    ------
    SchemaError
        When the lab has no invitations, answers do not name theirs, or carry no day.
    ParameterError
        When a day cannot be read, or `start` is not before `end`.

    Examples
    --------
    >>> waits = arrivals(lab, period="month")  # doctest: +SKIP
    """
    need_dates(lab, "Waits for answers")
    need_invitations(lab)
    question = Question.asked(lab, metric=metric, survey=survey)
    sent_in = Question.asked(lab, metric=metric, start=start, end=end).windows[0]
    invitations = lab.table("invitations").select(_invitation="invitation_id", _sent="sent_on")
    rows = question.kept(question.answers(lab)).join(invitations, [("invitation_id", "_invitation")])
    first, last = sent_in
    bounds = [rows._sent >= first] if first else []
    bounds += [rows._sent < last] if last else []
    last_day = (lab.as_of or dt.date.max) - dt.timedelta(days=1)
    rows = rows.mutate(waited_days=rows.responded_on.delta(rows._sent, unit="day"), responded_on=rows._sent)
    rows = rows.mutate(age_days=-rows._sent.delta(last_day, unit="day")).filter(rows.waited_days >= 0, *bounds)
    by = ["survey"] if "survey" in rows.columns else []
    keys = ["period", *by, "age_days", "waited_days"]
    rows = rows.mutate(period=step(lab, rows, period=period))
    counted = lab.frame(rows.group_by(keys).aggregate(n=rows.count()))
    found = tidied(counted, question=question, by=by, period=period)
    return found[[*keys, "n"]].astype({"n": "int64"}).sort_values(keys, ignore_index=True)


def invited(
    lab: Lab, *, days: int = 14, metric: str = "nps", start: str = "", end: str = "", survey: str = ""
) -> pd.DataFrame:
    """Return how many invitations customers were sent, and how many of these they answered.

    m(s, a) = #{customers who were sent s invitations, and gave a score to a of them}. Invitations of the last `days`
    days are not counted: they may still be answered. Nor are those to surveys in which nobody answered this question.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the tables ``responses`` and ``invitations``.
    days : int, default 14
        How long an invitation has to have been out.
    metric : str, default "nps"
        The question.
    start, end : str, default ""
        Half-open window [start, end) of the days on which invitations were sent, ISO; empty for no bound.
    survey : str, default ""
        Only invitations to this survey, where they name theirs; empty for all.

    Returns
    -------
    pandas.DataFrame
        One row per combination that occurs, sorted: ``sent`` ≥ 1, ``answered`` ≤ sent, ``n_customers``.

    Raises
    ------
    SchemaError
        When the lab has no invitations, or answers do not name theirs, or carry no day.
    ParameterError
        When a day cannot be read, or `start` is not before `end`.

    Examples
    --------
    >>> counts = invited(lab, start="2024-01-01")  # doctest: +SKIP
    """
    need_dates(lab, "Response rates")
    need_invitations(lab)
    question = Question.asked(lab, metric=metric, survey=survey)
    first, last = Question.asked(lab, metric=metric, start=start, end=end).windows[0]
    out_for = (lab.as_of or dt.date.max) - dt.timedelta(days=days)
    given = question.kept(question.answers(lab))
    given = given.select(_answered="invitation_id").filter(lambda rows: rows._answered.notnull()).distinct()
    sent = lab.table("invitations")
    sent = sent.left_join(given, sent.invitation_id == given._answered)
    if "survey" in sent.columns:
        asked = sent.filter(sent._answered.notnull()).select(_survey="survey").distinct()
        sent = sent.filter(sent.survey == survey) if survey else sent.semi_join(asked, sent.survey == asked._survey)
    bounds = [sent.sent_on >= first] if first else []
    sent = sent.filter(sent.sent_on < min(last or out_for, out_for), *bounds)
    each = sent.group_by("customer_id").aggregate(sent=sent.count(), answered=sent._answered.count())
    found = lab.frame(each.group_by(["sent", "answered"]).aggregate(n_customers=each.count()))
    return found.astype("int64").sort_values(["sent", "answered"], ignore_index=True)


def need_invitations(lab: Lab) -> None:
    """Raise when the lab does not say when customers were asked.

    Parameters
    ----------
    lab : Lab
        The opened lab.

    Raises
    ------
    SchemaError
        When it has no invitations, or answers do not name theirs.
    """
    if "invitations" not in lab.tables or "invitation_id" not in lab.table("responses").columns:
        raise SchemaError(
            "Late answers can be told only from invitations: the lab maps no table `invitations`, or its answers name "
            "none in `invitation_id`. Map both."
        )
