"""Customers who answered in two windows, and answers that came late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import ibis
import pandas as pd

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.lab import Lab
from cemlab.prepare.ordering import order_columns
from cemlab.prepare.responses.arrivals import need_invitations
from cemlab.prepare.responses.counts import score_counts
from cemlab.prepare.responses.groups import UNKNOWN, grouped
from cemlab.prepare.responses.question import Question, Window, need_dates
from cemlab.prepare.views import LabView

LATENESS = "answered"
"""Group column of `late_counts`."""


def transitions(
    lab: Lab,
    *,
    windows: Sequence[Window],
    metric: str = "nps",
    survey: str = "",
    by: Sequence[str] = (),
) -> pd.DataFrame:
    """Return how many customers went from each score to each, of those who answered in two windows.

    A customer's last answer in a window counts. n(s₀, s₁) = #{customers with s₀ in the first and s₁ in the second}.

    Parameters
    ----------
    lab : Lab
        An opened lab whose ``responses`` carry customers and days.
    windows : sequence of two (str, str)
        Half-open windows [start, end) of ISO days, the earlier first.
    metric : str, default "nps"
        The question.
    survey : str, default ""
        Only answers to this survey; empty for all.
    by : sequence of str
        Group columns, as of the answer in the second window.

    Returns
    -------
    pandas.DataFrame
        One row per group and pair of scores that occurs, sorted: the columns `by`, ``from_score``, ``to_score``, ``n``
        customers. No row when nobody answered in both.

    Raises
    ------
    SchemaError
        When answers carry no customer or no day, or a group does not exist.
    ParameterError
        When the windows are not two, or overlap.

    Examples
    --------
    >>> moves = transitions(lab, windows=[("2022-01-01", "2023-01-01"), ("2023-01-01", "2024-01-01")])  # doctest: +SKIP
    """
    if len(windows) != 2:
        raise ParameterError(f"Two windows are compared: {len(windows)} were given. Give an earlier and a later one.")
    question = Question.asked(lab, metric=metric, survey=survey).within(lab, windows)
    if "customer_id" not in lab.table("responses").columns:
        raise SchemaError(
            "The same customers can be followed only where answers carry a `customer_id`: the lab maps none. Map it."
        )
    answers, _ = grouped(lab, question, by=by, period=windows)
    answers = answers.filter(answers.customer_id.notnull())
    last = ibis.row_number().over(
        group_by=[answers.customer_id, answers.period],
        order_by=[answers[column].desc() for column in order_columns(answers, "responses")],
    )
    latest = answers.mutate(_rank=last)
    latest = latest.filter(latest._rank == 0)
    latest = latest.select("customer_id", "score", *by, _second=latest.period == 1)
    first, second = latest.filter(~latest._second), latest.filter(latest._second)
    first = first.select(_customer="customer_id", from_score="score")
    both = second.join(first, second.customer_id == first._customer).rename(to_score="score")
    found = lab.frame(both.group_by([*by, "from_score", "to_score"]).aggregate(n=both.count()))
    columns = [*by, "from_score", "to_score", "n"]
    return found[columns].astype({"n": "int64"}).sort_values(columns[:-1], ignore_index=True)


def late_counts(
    lab: Lab,
    *,
    days: int = 14,
    metric: str = "nps",
    start: str = "",
    end: str = "",
    survey: str = "",
    period: str = "",
    weights: str = "none",
) -> pd.DataFrame:
    """Return score counts of answers that came within so many days of their invitation, and of later ones.

    Late: responded_on − sent_on > days. Rows are recorded in the ledger under a scope of their own.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the tables ``responses`` and ``invitations``.
    days : int, default 14
        Days after the invitation; a later answer is late.
    metric, start, end, survey, period, weights : as in `score_counts`
        The same question.

    Returns
    -------
    pandas.DataFrame
        As `score_counts`, with the group column ``answered``: ``in time``, ``late``, or ``unknown`` where the
        answer names no invitation.

    Raises
    ------
    SchemaError
        When the lab has no invitations, or answers do not name theirs.
    ParameterError
        When `days` is negative.
    InsufficientDataError
        When no answer remains.

    Examples
    --------
    >>> counts = late_counts(lab, days=14, period="month")  # doctest: +SKIP
    """
    if days < 0:
        raise ParameterError(f"`days` must be at least 0: {days} was given.")
    need_dates(lab, "Late answers")
    need_invitations(lab)
    return score_counts(
        _WithLateness(lab, days),
        metric=metric,
        start=start,
        end=end,
        survey=survey,
        by=[LATENESS],
        period=period,
        weights=weights,
        scope=f"{metric}, by days after the invitation",
    )


class _WithLateness(LabView):
    """A lab whose answers say whether they came late."""

    def __init__(self, lab: Lab, days: int) -> None:
        super().__init__(lab)
        self._days = days

    def table(self, name: str, *, personal: Iterable[str] = ()) -> Any:
        rows = super().table(name, personal=personal)
        if name != "responses":
            return rows
        sent = super().table("invitations").select(_invitation="invitation_id", _sent="sent_on")
        rows = rows.left_join(sent, rows.invitation_id == sent._invitation)
        waited = rows.responded_on.delta(rows._sent, unit="day")
        word = ibis.cases((waited > self._days, "late"), (waited <= self._days, "in time"), else_=UNKNOWN)
        return rows.mutate(**{LATENESS: word}).drop("_invitation", "_sent")
