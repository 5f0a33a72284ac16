"""Survey waves: answers that come in a few weeks and then not for long are counted wave by wave."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cemlab.core.lab import Lab
from cemlab.prepare.responses.groups import OFFSETS, Period, Waves
from cemlab.prepare.responses.question import Question, need_dates

WAVE = "wave"
"""Column of ``responses`` that declares waves, and the length of a step that follows them."""

_LEAST_SILENCE, _TIMES_USUAL = 14, 10
"""Days without an answer that part two waves: at least so many, and at least so many times the usual distance of days with answers."""


def steps_of(
    lab: Lab, *, metric: str = "nps", start: str = "", end: str = "", survey: str = "", period: str = "month"
) -> Period:
    """Return the steps of time in which the course of a score is counted.

    Waves are those of the column ``wave`` of ``responses``, where every answer has one and they do not overlap
    in time; else days with answers that lie apart by no more than max(14, 10·median distance) days. The last
    wave is over when no answer has come for that long before the day of the report, or when it has been open
    for as long as earlier waves were (their median). A calendar step that holds one whole wave and nothing else
    is as complete as its wave.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.
    metric, start, end, survey : str
        As for `score_counts`.
    period : {"week", "month", "quarter", "year", "wave"}, default "month"
        Length of a step.

    Returns
    -------
    str or Waves
        Waves where they are asked for, or where each calendar step holds one at most; else `period`, and
        ``year`` for waves of which there are fewer than two.

    Raises
    ------
    SchemaError
        When answers carry no day.
    ParameterError
        When a day cannot be read, or `start` is not before `end`.

    Examples
    --------
    >>> steps_of(lab, period="wave")  # doctest: +SKIP
    """
    need_dates(lab, "Steps of time")
    question = Question.asked(lab, metric=metric, start=start, end=end, survey=survey)
    kept = question.kept(question.answers(lab))
    named = WAVE in kept.columns
    keys = {"day": kept.responded_on, **({"wave": kept[WAVE].cast("string")} if named else {})}
    days = lab.frame(kept.select(**keys).distinct())
    days = days.assign(day=pd.to_datetime(days["day"])).sort_values("day", ignore_index=True)
    silence = _silence(days["day"])
    spans = (_declared(days) if named and period == WAVE else None) or _by_gaps(days["day"], silence)
    if len(spans) < 2 or (period != WAVE and not _one_in_each(spans, period)):
        return "year" if period == WAVE else period
    last = max(end for _, end in spans)
    horizon = min((day for day in (question.windows[0][1], lab.as_of) if day), default=None)
    until = pd.Timestamp(horizon) if horizon else last + pd.Timedelta(days=1)
    windows = tuple((f"{first:%Y-%m-%d}", f"{end + pd.Timedelta(days=1):%Y-%m-%d}") for first, end in spans)
    return Waves(windows, running=not _over(spans, until=until, silence=silence))


Span = tuple[pd.Timestamp, pd.Timestamp]


def _gaps(days: pd.Series) -> pd.Series[float]:
    """Days since the one before."""
    apart = np.diff(days.to_numpy("datetime64[ns]")) / np.timedelta64(1, "D")
    return pd.Series(np.concatenate([[np.nan], apart])[: len(days)], index=days.index)


def _silence(days: pd.Series) -> int:
    """Days without an answer that part two waves."""
    apart = _gaps(days.drop_duplicates()).dropna()
    return max(_LEAST_SILENCE, int(_TIMES_USUAL * apart.median())) if len(apart) else _LEAST_SILENCE


def _declared(days: pd.DataFrame) -> list[Span] | None:
    """First and last day of each wave that the lab declares; None where an answer has none, or they overlap."""
    if days["wave"].isna().any() or (days["wave"].str.strip() == "").any():
        return None
    found = days.groupby("wave")["day"].agg(["min", "max"]).sort_values("min")
    if (found["min"].iloc[1:].to_numpy() <= found["max"].iloc[:-1].to_numpy()).any():
        return None
    return list(found.itertuples(index=False, name=None))


def _by_gaps(days: pd.Series, silence: int) -> list[Span]:
    """First and last day of each run of days that no long silence parts."""
    number = (_gaps(days) > silence).cumsum()
    return list(days.groupby(number).agg(["min", "max"]).itertuples(index=False, name=None))


def _one_in_each(spans: list[Span], period: str) -> bool:
    """Whether each wave lies within one step of the calendar, and no step holds two."""
    steps = {"week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}
    if period not in OFFSETS:
        return False
    held = [{day.to_period(steps[period]) for day in span} for span in spans]
    return all(len(each) == 1 for each in held) and len(set.union(*held)) == len(spans)


def _over(spans: list[Span], *, until: pd.Timestamp, silence: int) -> bool:
    """Whether the last wave had ended by a day."""
    first, last = spans[-1]
    earlier = pd.Series([(end - begin).days + 1 for begin, end in spans[:-1]])
    return bool((until - last).days > silence or (until - first).days >= earlier.median())
