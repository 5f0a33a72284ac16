"""Groups and steps of time: the columns by which answers are counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd

from cemlab.core import schemas
from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError, near_miss
from cemlab.core.lab import Lab
from cemlab.core.names import need_free
from cemlab.prepare.levels import Source, assigned_names, joined
from cemlab.prepare.responses.question import Question, Window, need_dates

if TYPE_CHECKING:
    import ibis.expr.types as ir

PERIODS = ("week", "month", "quarter", "year")
"""Lengths of a step in the course over time; a week begins on Monday."""

OFFSETS = {
    "week": pd.DateOffset(weeks=1),
    "month": pd.DateOffset(months=1),
    "quarter": pd.DateOffset(months=3),
    "year": pd.DateOffset(years=1),
}

UNKNOWN = "unknown"
"""The level of a customer whose value of a group column is missing."""

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_MONDAY = "1970-01-05"


@dataclass(frozen=True)
class Waves:
    """Windows of survey waves, which together hold all answers.

    Attributes
    ----------
    windows : tuple of (str, str)
        Half-open, as ISO days, in order and without overlap.
    running : bool
        Whether the last one is not over.
    """

    windows: tuple[Window, ...]
    running: bool


Period = str | Sequence[Window] | Waves
"""A length of step, or the windows themselves."""


def grouped(
    lab: Lab, question: Question, *, by: Sequence[str], period: Period = "", raw: bool = False
) -> tuple[ir.Table, list[str]]:
    """Return the answers of a question with their group columns, and the names of these.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    question : Question
        Which answers.
    by : sequence of str
        Columns of ``responses``, else of ``customers``, else names of assignments (the latest before each
        answer's day).
    period : str or sequence of (str, str), default ""
        Length of a step, or windows.
    raw : bool, default False
        Leave missing and empty text as it is, for `tidied` to name when the rows are few.

    Returns
    -------
    ibis.Table
        With each of `by` as text, and ``period`` as a number, which `tidied` turns into a day.
    list of str
        The keys.

    Raises
    ------
    SchemaError, ParameterError
        When a group or period cannot be had.
    """
    answers = _with_groups(lab, question.kept(question.answers(lab)), by=by, raw=raw)
    if not period:
        return answers, list(by)
    number = step(lab, answers, period=period) if isinstance(period, str) else _window(answers, question)
    return answers.mutate(period=number), [*by, "period"]


def asked_in(lab: Lab, question: Question, period: Period) -> Question:
    """Return the question, in the windows of `period` where it names any.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    question : Question
        As a study asks it.
    period : str or sequence of (str, str)
        Length of a step, or windows.

    Returns
    -------
    Question
        The same, or in windows.
    """
    if isinstance(period, str):
        return question
    if isinstance(period, Waves):
        # waves are all answers: nothing is left out for the sake of the windows
        return replace(question.within(lab, period.windows), scope=question.scope)
    return question.within(lab, period)


def tidied(found: pd.DataFrame, *, question: Question, by: Sequence[str], period: Period = "") -> pd.DataFrame:
    """Return a reduced frame with missing levels named and periods as their first days.

    Parameters
    ----------
    found : pandas.DataFrame
        With the columns `by` and, with `period`, ``period`` and perhaps ``other`` as numbers.
    question : Question
        Which answers.
    by : sequence of str
        Group columns.
    period : str or sequence of (str, str), default ""
        Length of a step, or windows.

    Returns
    -------
    pandas.DataFrame
        The same rows.
    """
    named = {name: found[name].fillna(UNKNOWN).replace("", UNKNOWN) for name in by}
    days = {name: _first_day(found[name], question, period) for name in ("period", "other") if period and name in found}
    return found.assign(**named, **days)


def _first_day(steps: pd.Series, question: Question, period: Period) -> pd.Series:
    """First days of numbered steps as ISO text, which sorts as time."""
    number = steps.to_numpy(dtype=np.int64)
    if not isinstance(period, str):
        starts = np.array([str(first) for first, _ in question.windows], dtype=object)
        return pd.Series(starts[number], index=steps.index)
    if period == "week":
        days = np.datetime64(_MONDAY) + 7 * number.astype("timedelta64[D]")
    else:
        months = number * _MONTHS[period] - 12 * 1970
        days = months.astype("datetime64[M]").astype("datetime64[D]")
    return pd.Series(np.datetime_as_string(days.astype("datetime64[D]")).astype(object), index=steps.index)


def complete(
    lab: Lab, periods: pd.Series, *, question: Question, period: Period, seen_from: dt.date | None = None
) -> np.ndarray:
    """Return whether each step lies wholly inside what could have been observed.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    periods : pandas.Series of str
        First days.
    question : Question
        Which answers.
    period : str or sequence of (str, str)
        Length of a step, or windows: of these only one that ends after the as-of day is incomplete; of waves
        only a running last one.
    seen_from : date, optional
        Day of the first answer, where it is known already.

    Returns
    -------
    numpy.ndarray of bool
        One per row.
    """
    if isinstance(period, Waves):
        return ~(periods == period.windows[-1][0]).to_numpy() | (not period.running)
    if not isinstance(period, str):
        late = [str(first) for first, last in question.windows if last and lab.as_of and last > lab.as_of]
        return ~periods.isin(late).to_numpy()
    first_asked, last_asked = question.windows[0]
    begin, end = first_asked or seen_from, min((day for day in (last_asked, lab.as_of) if day), default=None)
    if begin is None or end is None:
        kept = question.kept(question.answers(lab))
        seen = lab.frame(kept.aggregate(first=kept.responded_on.min(), last=kept.responded_on.max())).iloc[0]
        begin = begin or pd.Timestamp(seen["first"]).date()
        end = end or (pd.Timestamp(seen["last"]) + pd.Timedelta(days=1)).date()
    first = pd.to_datetime(periods)
    after = first + OFFSETS[period]
    return ((first >= pd.Timestamp(begin)) & (after <= pd.Timestamp(end))).to_numpy()


def groupable(lab: Lab) -> dict[str, list[str]]:
    """Return the columns of ``responses`` and of ``customers`` by which answers can be grouped.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.

    Returns
    -------
    dict of str to list of str
        Table → its columns; one that both tables have stands with ``responses``.
    """
    answers = lab.table("responses")
    own = _groupable("responses", answers)
    known = "customers" in lab.tables and "customer_id" in answers.columns
    theirs = [name for name in _groupable("customers", lab.table("customers")) if name not in own] if known else []
    return {"responses": own, "customers": theirs}


def need_groups(lab: Lab, names: Sequence[str]) -> None:
    """Refuse groups that answers cannot be sorted into.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.
    names : sequence of str
        Columns of ``responses``, else of ``customers``, else names of assignments.

    Raises
    ------
    ParameterError
        When one is named twice, or frames use its name.
    SchemaError
        When one is found nowhere.
    """
    need_free(names, what="A group")
    if len(set(names)) < len(names):
        raise ParameterError(f"Groups must be different columns: {', '.join(names)} were given.")
    known = [name for each in groupable(lab).values() for name in each]
    if not set(names) <= set(known) and "customer_id" in lab.table("responses").columns:
        known += [name for name in assigned_names(lab) if name not in known]
    for name in names:
        if name not in known:
            raise SchemaError(
                f"A group must be a column of `responses` or `customers`, or the name of an assignment: `{name}` is"
                f" none. {near_miss(name, known)}There are: {', '.join(known) or 'none'}."
            )


def _with_groups(lab: Lab, answers: ir.Table, *, by: Sequence[str], raw: bool) -> ir.Table:
    """Add each group column as text, from the answer itself, from its customer, or as a study assigned it before."""
    need_groups(lab, by)
    columns = groupable(lab)
    own, theirs = columns["responses"], columns["customers"]
    customers = lab.table("customers") if theirs else None
    looked_up = [name for name in by if name in theirs]
    if customers is not None and looked_up:
        attributes = customers.select(_joined="customer_id", **{f"_{name}": name for name in looked_up})
        answers = answers.left_join(attributes, answers.customer_id == attributes._joined)
    for name in by:
        if name not in own and name not in theirs:
            answers = _with_assigned(lab, answers, name)
    levels = {name: answers[f"_{name}" if name in looked_up else name] for name in by}
    return answers.mutate({name: _text(column) if raw else _level(column) for name, column in levels.items()})


def _with_assigned(lab: Lab, answers: ir.Table, name: str) -> ir.Table:
    """Add what was assigned last before each answer's day; any, where answers carry no day."""
    source = Source(name, "assignments", numeric=False, undated=False)
    if "responded_on" not in answers.columns:
        return joined(lab, answers, [source])
    assigned = lab.table("assignments")
    first = lab.frame(assigned.filter(assigned.name == name).aggregate(day=assigned.known_on.min()))["day"].iloc[0]
    last = lab.frame(answers.aggregate(day=answers.responded_on.max(), n=answers.count())).iloc[0]
    if last["n"] and not pd.Timestamp(first) < pd.Timestamp(last["day"]):
        raise InsufficientDataError(
            f"A group must be known before the answers: `{name}` was first assigned on {first:%Y-%m-%d}, and the last"
            f" of {last['n']:,} answers was given on {last['day']:%Y-%m-%d}. Have it assigned as of an earlier day, or"
            " wait for later answers."
        )
    return joined(lab, answers, [source], before=answers.responded_on)


def _groupable(name: str, table: ir.Table) -> list[str]:
    """Columns that can be groups: no identifiers, instants, measures or customers' words."""
    declared = schemas.TABLES[name]
    days = {column.day for column in declared.columns}

    def _fits(column: str) -> bool:
        known = declared.column(column)
        if known is None:
            return column not in days and not column.startswith("_")
        return not (known.personal or column.endswith("_id") or known.type in ("instant", "number"))

    return [column for column in table.columns if _fits(column)]


def _text(column: Any) -> ir.StringValue:
    return column if column.type().is_string() else column.cast("string")


def _level(column: Any) -> ir.StringValue:
    return _text(column).nullif("").fill_null(UNKNOWN)


def step(lab: Lab, answers: ir.Table, *, period: str) -> ir.Value:
    """Return the number of the step of time that each row's ``responded_on`` falls into.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    answers : ibis.Table
        With the column.
    period : {"week", "month", "quarter", "year"}
        Length of a step.

    Returns
    -------
    ibis.Value
        For `tidied` to turn into a day.

    Raises
    ------
    ParameterError, SchemaError
        When there is no such step, or answers carry no day.
    """
    if period not in PERIODS:
        raise ParameterError(
            f"`period` must be one of {', '.join(PERIODS)}: {period!r} was given. {near_miss(period, PERIODS)}"
        )
    need_dates(lab, "Steps of time")
    day = answers.responded_on
    if period == "week":
        return day.delta(ibis.date(_MONDAY), unit="day") // 7
    # numbers are grouped several times faster than truncated days
    if period == "month":
        return day.year() * 12 + day.month() - 1
    return day.year() * 4 + day.quarter() - 1 if period == "quarter" else day.year()


def _window(answers: ir.Table, question: Question) -> ir.Value:
    """Number of the window that an answer falls into; windows do not overlap and are in order."""
    starts = [first for first, _ in question.windows if first]
    later = [(answers.responded_on >= first, number) for number, first in enumerate(starts)][:0:-1]
    return ibis.cases(*later, else_=0)
