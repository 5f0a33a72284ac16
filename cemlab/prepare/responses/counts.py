"""Answers of the metric family, counted by score inside the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.lab import Lab
from cemlab.prepare.responses.groups import Period, asked_in, complete, grouped, tidied
from cemlab.prepare.responses.question import UNWEIGHTED, WEIGHT, Question, dated

if TYPE_CHECKING:
    import ibis.expr.types as ir

EXACT_BELOW = 100
"""Customers in a group up to which they are counted exactly, however many answers one customer gave."""


def score_counts(
    lab: Lab,
    *,
    metric: str = "nps",
    start: str = "",
    end: str = "",
    survey: str = "",
    by: Sequence[str] = (),
    period: Period = "",
    weights: str = "none",
    scope: str = "",
) -> pd.DataFrame:
    """Return how often each score was given, in every group.

    The frame is enough for a score, its whole distribution, its interval and its change. What was
    left out, and why, is recorded in the lab's ledger (stage study).

    n(g, s) = #{answers of group g with score s}; with weights, sum_w = Σw and sum_w2 = Σw².

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.
    metric : str, default "nps"
        The question.
    start, end : str, default ""
        Half-open window [start, end) of lab-local days, ISO; empty for no bound.
    survey : str, default ""
        Only answers to this survey; empty for all.
    by : sequence of str
        Group columns: columns of ``responses``, else of ``customers`` (as they are known of the
        customer who answered), else names of assignments (the latest that was written before the day
        of the answer). A missing value becomes the level "unknown".
    period : {"", "week", "month", "quarter", "year"} or sequence of (str, str)
        Count by step of time too; or the windows [start, end) to compare, in order.
    weights : str, default "none"
        ``none``; ``auto`` for those of the lab where it maps any; ``lab`` for the column ``weight`` of
        ``responses``; or the name of an assignment, whose latest weight known before the as-of day counts. An
        answer without a weight, or with weight 0, is left out.
    scope : str, default ""
        Under which the ledger accounts for these rows; empty for `metric`, or for `metric` and the
        windows where `period` names windows.

    Returns
    -------
    pandas.DataFrame
        One row per group and score that occurs, sorted: the columns `by` (text); with `period`, ``period``
        (first day of the step as ISO text, which sorts as time) and ``complete`` (False where the window or the
        data end inside the step; without `start` the first answer is taken as the beginning); ``score``; ``n``
        answers; ``sum_w`` and ``sum_w2`` (sums of weights and of their squares; equal to n while no weights are
        in use); ``n_customers``, the distinct customers of the whole group, repeated on its rows (an answer
        without a customer is a customer of its own). In a group of many answers it may be given as the least
        number that there can be: n over the most answers of one customer.

    Raises
    ------
    SchemaError
        When a group column or weight does not exist, a weight is negative, or a window or period is
        asked of undated answers.
    ParameterError
        When a day cannot be read, `start` is not before `end`, or a group is named twice.
    InsufficientDataError
        When no answer remains.

    References
    ----------
    Reichheld, F. F. (2003). The one number you need to grow. Harvard Business Review, 81(12).

    Examples
    --------
    >>> counts = score_counts(lab, by=["region"])  # doctest: +SKIP
    """
    question = asked_in(
        lab,
        Question.asked(lab, metric=metric, start=start, end=end, survey=survey, weights=weights, scope=scope),
        period,
    )
    answers, keys = grouped(lab, question, by=by, period=period, raw=True)
    open_start = bool(period) and not question.windows[0][0]
    found = refuse_negative(
        lab.frame(_counted(answers, keys, weighted=question.weights != UNWEIGHTED, days=open_start))
    )
    question.record(lab, used=int(found["n"].sum()))
    if found.empty:
        raise InsufficientDataError(question.nothing_left(lab))
    seen_from = pd.Timestamp(found.pop("first").min()).date() if open_start else None
    counts = _tidied(tidied(found, question=question, by=by, period=period), keys)
    counts = _with_customers(lab, counts, question, by=by, period=period)
    if period:
        counts["complete"] = complete(lab, counts["period"], question=question, period=period, seen_from=seen_from)
    return counts


def window(lab: Lab, *, metric: str = "nps", start: str = "", end: str = "", survey: str = "") -> pd.DataFrame:
    """Return which answers a question rests on: first and last day, and how many.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.
    metric : str, default "nps"
        The question.
    start, end : str, default ""
        Half-open window [start, end) of lab-local days, ISO; empty for no bound.
    survey : str, default ""
        Only answers to this survey; empty for all.

    Returns
    -------
    pandas.DataFrame
        One row: ``first_on`` and ``last_on`` (days of the first and last answer as ISO text, empty
        where answers carry no date), ``n`` answers, ``n_customers`` distinct customers.

    Raises
    ------
    SchemaError
        When a window is asked of undated answers.
    ParameterError
        When a day cannot be read, or `start` is not before `end`.

    Examples
    --------
    >>> window(lab, metric="nps")  # doctest: +SKIP
    """
    question = Question.asked(lab, metric=metric, start=start, end=end, survey=survey)
    kept = question.kept(question.answers(lab))
    has_days = dated(lab)
    days = {
        "first_on": kept.responded_on.min().cast("string") if has_days else ibis.literal(""),
        "last_on": kept.responded_on.max().cast("string") if has_days else ibis.literal(""),
    }
    found = lab.frame(kept.aggregate(n=kept.count(), n_customers=customers(kept), **days))
    return found[["first_on", "last_on", "n", "n_customers"]].fillna({"first_on": "", "last_on": ""})


def customers(answers: ir.Table) -> ir.IntegerScalar:
    """Return the distinct customers of answers, as an expression.

    Parameters
    ----------
    answers : ibis.Table
        Chosen answers.

    Returns
    -------
    ibis integer
        An answer whose customer is not known is a customer of its own.
    """
    if "customer_id" not in answers.columns:
        return answers.count()
    return answers.customer_id.nunique() + answers.customer_id.isnull().sum().fill_null(0)


def refuse_negative(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the counts without the column that counts negative weights, which must be empty.

    Parameters
    ----------
    counts : pandas.DataFrame
        With ``negative`` where answers are weighted.

    Returns
    -------
    pandas.DataFrame
        Without it.

    Raises
    ------
    SchemaError
        When a weight is negative.
    """
    if "negative" not in counts:
        return counts
    if counts["negative"].sum():
        raise SchemaError(
            f"A weight must not be negative: {int(counts['negative'].sum()):,} answers have one that is. Mend the"
            " weights, or leave answers unweighted."
        )
    return counts.drop(columns="negative")


def _counted(answers: ir.Table, keys: list[str], *, weighted: bool, days: bool) -> ir.Table:
    """Count by group and score; with `days` give the first day of each too."""
    sums = {"n": answers.count()}
    if weighted:
        weight = answers[WEIGHT]
        sums |= {"sum_w": weight.sum(), "sum_w2": (weight * weight).sum(), "negative": (weight < 0).sum()}
    if days:
        sums["first"] = answers.responded_on.min()
    return answers.group_by([*keys, "score"]).aggregate(**sums)


def _with_customers(
    lab: Lab, counts: pd.DataFrame, question: Question, *, by: Sequence[str], period: Period
) -> pd.DataFrame:
    """Add the distinct customers of each group: exact in small groups, in large ones at least so many."""
    keys = [*by, *(["period"] if period else [])]
    has_customers = "customer_id" in lab.table("responses").columns
    most = lab.most_rows("responses", "customer_id") if has_customers else 1
    totals = counts.groupby(keys)["n"].transform("sum") if keys else pd.Series(counts["n"].sum(), index=counts.index)
    small = pd.Series(True, index=counts.index) if most is None else totals < EXACT_BELOW * most
    counts = counts.assign(n_customers=-(-totals // (most or 1)))
    if most == 1 or not small.any():
        return counts
    wanted, _ = grouped(lab, question, by=by, period=period)
    for name in by if not small.all() else ():
        wanted = wanted.filter(wanted[name].isin(counts.loc[small, name].unique().tolist()))
    people = wanted.group_by(keys) if keys else wanted
    found = lab.frame(people.aggregate(_people=customers(wanted)))
    if not keys:
        return counts.assign(n_customers=int(found["_people"].iloc[0]))
    found = tidied(found, question=question, by=by, period=period)
    exact = counts[keys].merge(found, on=keys, how="left")["_people"].set_axis(counts.index)
    return counts.assign(n_customers=exact.where(small, counts["n_customers"]).astype("int64"))


def _tidied(counts: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Sort, complete the columns, and give whole scores as integers."""
    score = counts["score"].to_numpy(dtype=float)
    whole = bool((score == np.floor(score)).all())
    counts = counts.assign(score=score.astype(np.int64) if whole else score)
    for name in ("sum_w", "sum_w2"):
        counts[name] = counts[name if name in counts else "n"].astype(float)
    # a missing and an empty level are one
    return counts.groupby([*keys, "score"], as_index=False, sort=True)[["n", "sum_w", "sum_w2"]].sum()
