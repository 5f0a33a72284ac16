"""Days on which nobody could be seen to stay, because of how the file was cut."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.lab import Lab

FEW = 0.01
"""Of those who were here, a share that is next to nobody."""
MISSING = 0.05
"""Where more of a day's customers are not in the file at all, the day is not judged: as many too many leave."""
_YEAR_DAYS = 365
_COLUMNS = ["day", "live", "stayed", "missing_share"]


def unjudged_days(lab: Lab, *, horizon_days: int, incomplete_days: int = 0) -> pd.DataFrame:
    """Return the newest days on which a prediction cannot be judged, because those who stayed could not be seen.

    Days lie `horizon_days` apart, the newest as long before the lab's as-of day; the list ends before the first
    that can be judged. A day is on it where fewer than 1 % of those who were here stayed to its horizon. It is
    also on it where the file holds only spells that have ended (of those here on the newest day, fewer than 1 %
    are open) and more than 5 % of its customers are missing: who lives on day d and ends after the file's last
    end L is in no such file. Their share is estimated by Σ lasted more than L − d/Σ lived, over days
    `horizon_days` apart (30 at least) in the year before d.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``, with days.
    horizon_days : int
        How far ahead is predicted.
    incomplete_days : int, default 0
        On how many of the newest days ends are not all recorded yet; days are counted from before them.

    Returns
    -------
    pandas.DataFrame
        One row per day, newest first: ``day`` (ISO), ``live`` (spells that live then), ``stayed`` (those seen
        to last to the horizon), ``missing_share`` (of those who lived then, how many the file lacks; 0 where it
        holds open spells too). Without rows in most labs.

    Raises
    ------
    ParameterError
        When the horizon is below 1 day.

    References
    ----------
    Lagakos, S. W., Barraj, L. M. and De Gruttola, V. (1988). Nonparametric analysis of truncated survival data,
    with application to AIDS. Biometrika, 75(3), 515–523. doi:10.1093/biomet/75.3.515

    Examples
    --------
    >>> unjudged_days(lab, horizon_days=90)  # doctest: +SKIP
    """
    if horizon_days < 1:
        raise ParameterError(f"`horizon_days` must be at least 1: {horizon_days} was given.")
    rows = lab.table("spells")
    found: list[list[Any]] = []
    if lab.as_of is None or "ended_on" not in rows.columns:
        return pd.DataFrame(found, columns=_COLUMNS)
    step, day = dt.timedelta(days=horizon_days), lab.as_of - dt.timedelta(days=horizon_days + incomplete_days)
    end = _last_end(lab, day)
    while True:
        live, stayed, missing = _at(lab, day, step, end=end)
        if not live or (stayed >= FEW * live and missing <= MISSING):
            break
        found.append([day.isoformat(), live, stayed, missing])
        day -= step
    return pd.DataFrame(found, columns=_COLUMNS)


def _last_end(lab: Lab, newest: dt.date) -> dt.date | None:
    """Return the last end of a file that holds only spells which have ended; None of any other."""
    rows = lab.table("spells")
    here = _live(rows, newest)
    # a sum over no rows is null, and a column of nothing else comes without a type
    live, still = here.sum().fill_null(0), (here & rows.ended_on.isnull()).sum().fill_null(0)
    asked = {"ended": rows.ended_on.count(), "last": rows.ended_on.max(), "live": live, "open": still}
    row = lab.frame(rows.aggregate(**asked)).iloc[0]
    if not row["ended"] or not row["live"] > 0 or row["open"] >= FEW * row["live"]:
        return None
    return pd.Timestamp(row["last"]).date()


def _at(lab: Lab, day: dt.date, step: dt.timedelta, *, end: dt.date | None) -> tuple[int, int, float]:
    """Return who lives on a day, who of them stayed to its horizon, and which share of all who lived then the file lacks."""
    rows = lab.table("spells")
    asked = {"live": _live(rows, day).sum(), "stayed": _lasts(rows, day, step).sum()}
    apart = max(step, dt.timedelta(days=30))
    earlier = [day - number * apart for number in range(1, math.ceil(_YEAR_DAYS / apart.days) + 1)] if end else []
    for number, then in enumerate(earlier):
        rest = max(end - day, dt.timedelta()) + dt.timedelta(days=1) if end else step
        asked[f"live_{number}"] = _live(rows, then).sum()
        asked[f"lasted_{number}"] = _lasts(rows, then, rest).sum()
    row = lab.frame(rows.aggregate(**{name: count.fill_null(0) for name, count in asked.items()})).iloc[0]
    lived, lasted = (
        sum(float(row[f"{what}_{number}"]) for number in range(len(earlier))) for what in ("live", "lasted")
    )
    return int(row["live"]), int(row["stayed"]), lasted / lived if lived else 0.0


def _live(rows: Any, day: dt.date) -> Any:
    seen = rows.started_on < day
    if "observed_from" in rows.columns:
        seen &= rows.observed_from.isnull() | (rows.observed_from <= day)
    return seen & (rows.ended_on.isnull() | (rows.ended_on > day))


def _lasts(rows: Any, day: dt.date, time: dt.timedelta) -> Any:
    return _live(rows, day) & (rows.ended_on.isnull() | (rows.ended_on >= day + time))
