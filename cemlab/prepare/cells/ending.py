"""Who was here and who left on each of the last days: what tells whether ends are recorded late."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.lab import Lab

DAYS = 730
_COLUMNS = ["age", "live", "ends"]


def ends_by_day(lab: Lab, *, days: int = DAYS) -> pd.DataFrame:
    """Return who was a customer and who left on each of the last days before the lab's as-of day.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    days : int, default 730
        How far back at most; no further than the first spell that was seen.

    Returns
    -------
    pandas.DataFrame
        One row per day, newest first: ``age`` (1 is the day before the as-of day), ``live`` (spells that live
        as it begins), ``ends``. Without rows where nothing carries a day.

    Raises
    ------
    ParameterError
        When `days` is below 1.

    Examples
    --------
    >>> ends_by_day(lab)  # doctest: +SKIP
    """
    if days < 1:
        raise ParameterError(f"`days` must be at least 1: {days} was given.")
    rows = lab.table("spells")
    if lab.as_of is None or "ended_on" not in rows.columns:
        return pd.DataFrame(columns=_COLUMNS)
    seen = rows.started_on
    if "observed_from" in rows.columns:
        seen = (rows.observed_from > seen).fill_null(False).ifelse(rows.observed_from, seen)
    sound = rows.mutate(_seen=seen).filter(rows.ended_on.isnull() | (rows.ended_on >= seen))
    begun, ended = (
        lab.frame(sound.group_by(day=sound[name]).aggregate(n=sound.count())) for name in ("_seen", "ended_on")
    )
    starts, ends = _at(begun), _at(ended)
    as_of = pd.Timestamp(lab.as_of)
    first = starts.index.min() if len(starts) else as_of
    asked = pd.date_range(max(first + dt.timedelta(days=1), as_of - dt.timedelta(days=days)), as_of, inclusive="left")
    live = [int(starts[starts.index < day].sum() - ends[ends.index < day].sum()) for day in asked]
    counted = ends.reindex(asked, fill_value=0)
    table = pd.DataFrame({"age": [(as_of - day).days for day in asked], "live": live, "ends": counted.to_numpy()})
    return table.iloc[::-1].reset_index(drop=True)


def _at(counts: pd.DataFrame) -> pd.Series:
    """Counts by day; without rows whose day is missing."""
    known = counts[counts["day"].notna()]
    return pd.Series(known["n"].to_numpy("int64"), index=pd.DatetimeIndex(pd.to_datetime(known["day"]))).sort_index()
