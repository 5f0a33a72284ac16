"""Answers of the metric family, reduced to counts inside the engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd

from cemlab.core import schemas
from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError, near_miss
from cemlab.core.lab import Lab, LedgerLine
from cemlab.core.parameters import REGISTRY

if TYPE_CHECKING:
    import ibis.expr.types as ir

PERIODS = {"week": "W", "month": "M", "quarter": "Q", "year": "Y"}
"""Length of a step in the course over time → the engine's unit; a week begins on Monday."""

UNKNOWN = "unknown"
"""The level of a customer whose value of a group column is missing."""

RESERVED = ("period", "score", "n", "sum_w", "sum_w2", "n_customers", "complete")
"""Columns of a score-count frame that are not groups."""

OTHER_METRIC = "asks another question"
OTHER_SURVEY = "another survey"
OUTSIDE = "outside the window"
NO_SCORE = "no score given"


@dataclass(frozen=True)
class _Question:
    """Which answers are wanted: one metric, in a window, of a survey."""

    metric: str
    start: dt.date | None
    end: dt.date | None
    survey: str

    @classmethod
    def asked(cls, lab: Lab, *, metric: str, start: str, end: str, survey: str) -> _Question:
        first, last = (_day(name, value) for name, value in (("start", start), ("end", end)))
        if first and last and first >= last:
            raise ParameterError(f"`start` must lie before `end`: {first} and {last} were given.")
        if first or last:
            _need_dates(lab, "`start` and `end`")
        return cls(metric, first, last, survey)

    def exclusions(self, responses: ir.Table) -> list[tuple[str, ir.BooleanValue]]:
        """Why a row is left out, in the order in which it is counted; none of them is ever null."""
        steps = [(OTHER_METRIC, (responses.metric != self.metric).fill_null(True))]
        if self.survey:
            if "survey" not in responses.columns:
                raise SchemaError(
                    "`survey` must be a column of `responses`: the lab maps none. "
                    "Map it, or leave the parameter `survey` empty."
                )
            steps.append((OTHER_SURVEY, (responses.survey != self.survey).fill_null(True)))
        outside = [responses.responded_on < self.start] if self.start else []
        outside += [responses.responded_on >= self.end] if self.end else []
        if outside:
            steps.append((OUTSIDE, ibis.or_(*outside).fill_null(True)))
        return [*steps, (NO_SCORE, ~responses.score.notnull())]

    def kept(self, responses: ir.Table) -> ir.Table:
        """The answers that the question is about."""
        return responses.filter([~excluded for _, excluded in self.exclusions(responses)])


def score_counts(
    lab: Lab,
    *,
    metric: str = "nps",
    start: str = "",
    end: str = "",
    survey: str = "",
    by: Sequence[str] = (),
    period: str = "",
) -> pd.DataFrame:
    """Return how often each score was given, in every group.

    The frame is enough for a score, its whole distribution, its interval and its change. What was
    left out, and why, is recorded in the lab's ledger (stage study, scope `metric`).

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
        customer who answered). A missing value becomes the level "unknown".
    period : {"", "week", "month", "quarter", "year"}
        Count by step of time too.

    Returns
    -------
    pandas.DataFrame
        One row per group and score that occurs, sorted: the columns `by` (text); with `period`,
        ``period`` (first day of the step as ISO text, which sorts as time) and ``complete`` (False
        where the window or the data end inside the step; without `start` the first answer is
        taken as the beginning); ``score``; ``n`` answers; ``sum_w`` and ``sum_w2`` (equal to n
        while no weights are in use); ``n_customers``, the distinct customers of the whole group,
        repeated on its rows (an answer without a customer is a customer of its own).

    Raises
    ------
    SchemaError
        When a group column does not exist, or a window or period is asked of undated answers.
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
    question = _Question.asked(lab, metric=metric, start=start, end=end, survey=survey)
    responses = lab.table("responses")
    grouped = _with_groups(lab, question.kept(responses), by=by)
    keys = list(by)
    if period:
        grouped = grouped.mutate(period=_step(lab, grouped, period=period))
        keys.append("period")
    counts = lab.frame(_counted(grouped, keys))
    _record(lab, responses, question=question, used=int(counts["n"].sum()))
    if counts.empty:
        raise InsufficientDataError(_nothing_left(lab, question))
    counts = _tidied(counts, keys)
    if period:
        counts["complete"] = _complete(lab, counts["period"], question=question, period=period)
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
    question = _Question.asked(lab, metric=metric, start=start, end=end, survey=survey)
    kept = question.kept(lab.table("responses"))
    has_days = dated(lab)
    days = {
        "first_on": kept.responded_on.min().cast("string") if has_days else ibis.literal(""),
        "last_on": kept.responded_on.max().cast("string") if has_days else ibis.literal(""),
    }
    found = lab.frame(kept.aggregate(n=kept.count(), n_customers=_customers(kept), **days))
    return found[["first_on", "last_on", "n", "n_customers"]].fillna({"first_on": "", "last_on": ""})


def _day(name: str, value: str) -> dt.date | None:
    text = str(REGISTRY[name].coerce(value))
    return dt.date.fromisoformat(text) if text else None


def dated(lab: Lab) -> bool:
    """Return whether the lab's answers carry the day on which they were given.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.

    Returns
    -------
    bool
        False when no window, and no course over time, can be asked of them.

    Raises
    ------
    SchemaError
        When the lab has no answers.

    Examples
    --------
    >>> dated(lab)  # doctest: +SKIP
    """
    return "responses" not in lab.undated and "responded_on" in lab.table("responses").columns


def _need_dates(lab: Lab, what: str) -> None:
    if not dated(lab):
        raise SchemaError(
            f"{what} need the day of each answer: `responses` of this lab carries no `responded_at`. "
            "Map it in the lab file, or leave them empty."
        )


def _with_groups(lab: Lab, answers: ir.Table, *, by: Sequence[str]) -> ir.Table:
    """Add each group column as text, from the answer itself or from its customer."""
    if len(set(by)) < len(by) or set(by) & set(RESERVED):
        raise ParameterError(
            f"Groups must be different columns, none of them {', '.join(RESERVED)}: {', '.join(by)} were given."
        )
    own = _groupable("responses", answers)
    customers = lab.table("customers") if "customers" in lab.tables and "customer_id" in answers.columns else None
    theirs = [] if customers is None else [name for name in _groupable("customers", customers) if name not in own]
    for name in by:
        if name not in own and name not in theirs:
            known = [*own, *theirs]
            raise SchemaError(
                f"A group must be a column of `responses` or `customers`: `{name}` is none. {near_miss(name, known)}"
                f"There are: {', '.join(known) or 'none'}."
            )
    looked_up = [name for name in by if name in theirs]
    if customers is not None and looked_up:
        attributes = customers.select(_joined="customer_id", **{f"_{name}": name for name in looked_up})
        answers = answers.left_join(attributes, answers.customer_id == attributes._joined)
    return answers.mutate({name: _level(answers[f"_{name}" if name in looked_up else name]) for name in by})


def _groupable(name: str, table: ir.Table) -> list[str]:
    """Columns that can be groups: no identifiers, instants, measures or customers' words."""
    declared = schemas.TABLES[name]
    days = {column.day for column in declared.columns}

    def fits(column: str) -> bool:
        known = declared.column(column)
        if known is None:
            return column not in days
        return not (known.personal or column.endswith("_id") or known.type in ("instant", "number"))

    return [column for column in table.columns if fits(column)]


def _level(column: Any) -> ir.StringValue:
    return column.cast("string").nullif("").fill_null(UNKNOWN)


def _step(lab: Lab, answers: ir.Table, *, period: str) -> ir.Value:
    if period not in PERIODS:
        raise ParameterError(
            f"`period` must be one of {', '.join(PERIODS)}: {period!r} was given. {near_miss(period, PERIODS)}"
        )
    _need_dates(lab, "Steps of time")
    return answers.responded_on.truncate(PERIODS[period])


def _customers(answers: ir.Table) -> ir.IntegerScalar:
    """Distinct customers; an answer whose customer is not known is a customer of its own."""
    if "customer_id" not in answers.columns:
        return answers.count()
    return answers.customer_id.nunique() + (~answers.customer_id.notnull()).sum().fill_null(0)


def _counted(answers: ir.Table, keys: list[str]) -> ir.Table:
    """Count by group and score, and beside it the distinct customers of each group."""
    counts = answers.group_by([*keys, "score"]).aggregate(n=answers.count())
    if "customer_id" not in answers.columns:
        return counts
    if not keys:
        people = answers.aggregate(n_customers=_customers(answers))
        return counts.cross_join(people)
    people = answers.group_by(keys).aggregate(n_customers=_customers(answers))
    return counts.join(people, keys)


def _tidied(counts: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Sort, complete the columns, and give whole scores as integers."""
    if "n_customers" not in counts:
        totals = counts.groupby(keys)["n"].transform("sum") if keys else counts["n"].sum()
        counts = counts.assign(n_customers=totals)
    score = counts["score"].to_numpy(dtype=float)
    whole = bool((score == np.floor(score)).all())
    counts = counts.assign(
        score=score.astype(np.int64) if whole else score,
        sum_w=counts["n"].astype(float),
        sum_w2=counts["n"].astype(float),
    )
    if "period" in keys:
        # Engines differ on whether the first day of a step is a date or an instant.
        counts["period"] = pd.to_datetime(counts["period"]).dt.strftime("%Y-%m-%d")
    columns = [*keys, "score", "n", "sum_w", "sum_w2", "n_customers"]
    return counts[columns].sort_values([*keys, "score"], ignore_index=True)


def _record(lab: Lab, responses: ir.Table, *, question: _Question, used: int) -> None:
    """Account for every row; reasons are counted only where a row was left out."""
    rows_in = int(lab.frame(responses.aggregate(n=responses.count()))["n"].iloc[0])
    reasons = {} if used == rows_in else _reasons(lab, responses, question=question)

    def line(outcome: Any, count: int, reason: str = "") -> LedgerLine:
        return LedgerLine("study", "responses", outcome, reason, count, scope=question.metric)

    lab.ledger.record(
        [line("in", rows_in), line("used", used), *(line("excluded", n, why) for why, n in reasons.items())]
    )


def _reasons(lab: Lab, responses: ir.Table, *, question: _Question) -> dict[str, int]:
    """Rows left out, each counted once, under the first reason that applies."""
    steps = question.exclusions(responses)
    earlier: list[ir.BooleanValue] = []
    counts = {}
    for number, (_, excluded) in enumerate(steps):
        first = ibis.and_(excluded, *(~other for other in earlier))
        counts[f"step_{number}"] = first.sum().fill_null(0)
        earlier.append(excluded)
    row = lab.frame(responses.aggregate(**counts)).iloc[0]
    return {reason: int(row[f"step_{number}"]) for number, (reason, _) in enumerate(steps)}


def _nothing_left(lab: Lab, question: _Question) -> str:
    lines = [line for line in lab.ledger.lines if (line.stage, line.scope) == ("study", question.metric)]
    rows_in = sum(line.count for line in lines if line.outcome == "in")
    left_out = "; ".join(f"{line.reason}: {line.count:,}" for line in lines if line.outcome == "excluded")
    return (
        f"At least one `{question.metric}` answer with a score must remain: of {rows_in:,} rows none does"
        f"{f' ({left_out})' if left_out else ''}. Check metric, survey, start and end."
    )


def _complete(lab: Lab, periods: pd.Series, *, question: _Question, period: str) -> np.ndarray:
    """Whether each step lies wholly inside what could have been observed."""
    begin, end = question.start, min((day for day in (question.end, lab.as_of) if day), default=None)
    if begin is None or end is None:
        kept = question.kept(lab.table("responses"))
        seen = lab.frame(kept.aggregate(first=kept.responded_on.min(), last=kept.responded_on.max())).iloc[0]
        begin = begin or pd.Timestamp(seen["first"]).date()
        end = end or pd.Timestamp(seen["last"]).date() + dt.timedelta(days=1)
    first = pd.to_datetime(periods)
    after = first + _OFFSETS[period]
    return ((first >= pd.Timestamp(begin)) & (after <= pd.Timestamp(end))).to_numpy()


_OFFSETS = {
    "week": pd.DateOffset(weeks=1),
    "month": pd.DateOffset(months=1),
    "quarter": pd.DateOffset(months=3),
    "year": pd.DateOffset(years=1),
}
