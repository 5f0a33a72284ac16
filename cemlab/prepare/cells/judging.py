"""Days for judging a prediction on later time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.core.lab import Lab
from cemlab.core.scorecards import bin_edges
from cemlab.prepare.cells.landmarks import landmark
from cemlab.prepare.cells.unseen import unjudged_days
from cemlab.prepare.levels import Bins
from cemlab.prepare.spells.sections import CrossSection, cross_section

_YEAR_DAYS = 365
_COLUMNS = ["train_day", "test_day", "end_day"]


def judging_days(lab: Lab, *, horizon_days: int, cuts: int = 3, incomplete_days: int = 0) -> pd.DataFrame:
    """Return the days on which models are trained and judged, so that they are judged on later time only.

    A model is trained on the spells that live at the training day, followed for `horizon_days` until the test
    day, and judged on those that live at the test day, followed as long again until the end. The first cut ends
    on the lab's as-of day, or as many days before it as ends are not all recorded yet; each further one lies
    `horizon_days` earlier, so that no time is judged twice. Days whose customers could not be seen to stay come
    before the first cut (see `unjudged_days`).

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    horizon_days : int
        How far ahead is predicted.
    cuts : int, default 3
        At most so many; fewer where in some of them nobody lives, nobody leaves or nobody stays.
    incomplete_days : int, default 0
        On how many of the newest days ends are not all recorded yet.

    Returns
    -------
    pandas.DataFrame
        One row per cut, newest first: ``train_day``, ``test_day``, ``end_day``, each an ISO day.

    Raises
    ------
    ParameterError
        When a number is below 1.
    InsufficientDataError
        When the lab has no later time on which to judge: says why.

    References
    ----------
    Royston, P. and Altman, D. G. (2013). External validation of a Cox prognostic model: principles and methods.
    BMC Medical Research Methodology, 13, 33. doi:10.1186/1471-2288-13-33

    Examples
    --------
    >>> days = judging_days(lab, horizon_days=90)  # doctest: +SKIP
    """
    for name, value, least in (
        ("horizon_days", horizon_days, 1),
        ("cuts", cuts, 1),
        ("incomplete_days", incomplete_days, 0),
    ):
        if value < least:
            raise ParameterError(f"`{name}` must be at least {least}: {value} was given.")
    if lab.as_of is None:
        raise InsufficientDataError(
            "A prediction is judged on later time: nothing in this lab carries a day. Map the days on which spells "
            "start and end."
        )
    step = dt.timedelta(days=horizon_days)
    unjudged = unjudged_days(lab, horizon_days=horizon_days, incomplete_days=incomplete_days)
    end = lab.as_of - dt.timedelta(days=incomplete_days) - len(unjudged) * step
    days = [(end - (back + 2) * step, end - (back + 1) * step, end - back * step) for back in range(cuts)]
    counts = _counted(lab, days)
    needed = ("live_train", "ends_train", "live_test", "ends_test", "stays_test")
    kept = [
        [day.isoformat() for day in cut]
        for number, cut in enumerate(days)
        if all(counts.get(f"{what}_{number}") for what in needed)
    ]
    if not kept:
        raise InsufficientDataError(
            _why(counts, days[0], horizon_days=horizon_days, unjudged=unjudged, section=cross_section(lab))
        )
    return pd.DataFrame(kept, columns=_COLUMNS)


def no_later_time(lab: Lab, *, horizon_days: int, incomplete_days: int = 0) -> str:
    """Return why a lab has no later time on which a prediction could be judged; empty when it has.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    horizon_days : int
        How far ahead is predicted.
    incomplete_days : int, default 0
        As in `judging_days`.

    Returns
    -------
    str
        What `judging_days` would refuse with, for a page that goes on without it.

    Examples
    --------
    >>> because = no_later_time(lab, horizon_days=90)  # doctest: +SKIP
    """
    try:
        judging_days(lab, horizon_days=horizon_days, cuts=1, incomplete_days=incomplete_days)
    except InsufficientDataError as reason:
        return str(reason)
    return ""


def year_ago(lab: Lab, cells: pd.DataFrame, *, terms: Sequence[str]) -> pd.DataFrame | None:
    """Return landmark cells of who was a customer a year before the as-of day, followed to it.

    They say which levels of a column have customers still, and which have ceased.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    cells : pandas.DataFrame
        Covariate cells with the same terms.
    terms : sequence of str
        The covariates; those that are cut into bins are left out, as their bins may differ.

    Returns
    -------
    pandas.DataFrame or None
        None where nothing carries a day, nobody was a customer then, or every covariate is a number.

    Examples
    --------
    >>> cells = covariates(lab, terms=["plan"])  # doctest: +SKIP
    >>> recent = year_ago(lab, cells, terms=["plan"])  # doctest: +SKIP
    """
    named = [name for name in terms if not any(_is_bin(str(level)) for level in cells[name].unique())]
    if lab.as_of is None or "started_on" not in lab.table("spells").columns or not named:
        return None
    day = (lab.as_of - dt.timedelta(days=_YEAR_DAYS)).isoformat()
    try:
        return landmark(lab, day=day, terms=named, scope="there a year before")
    except InsufficientDataError:
        return None


def spans_last_year(
    lab: Lab,
    days: Sequence[str],
    *,
    horizon_days: int,
    terms: Sequence[str],
    time_varying: Sequence[str] = (),
    survey: str = "",
    bins: Bins | None = None,
    replicates: int = 0,
) -> dict[str, pd.DataFrame]:
    """Return landmark cells of the same span a year before each day.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    days : sequence of str
        First days of spans, ISO days.
    horizon_days : int
        How long they are.
    terms, time_varying, survey, bins, replicates : as in `landmark`
        The covariates, cut as on the day itself.

    Returns
    -------
    dict of str to pandas.DataFrame
        Day → cells; without days before which nobody was a customer, or nobody left, in that span.

    Examples
    --------
    >>> before = spans_last_year(lab, ["2024-10-01"], horizon_days=90, terms=["plan"])  # doctest: +SKIP
    """
    asked: dict[str, Any] = {
        "terms": terms,
        "time_varying": time_varying,
        "survey": survey,
        "bins": bins,
        "replicates": replicates,
    }
    found = {}
    for day in days:
        then = dt.date.fromisoformat(day) - dt.timedelta(days=_YEAR_DAYS)
        until = (then + dt.timedelta(days=horizon_days)).isoformat()
        try:
            cells = landmark(lab, day=then.isoformat(), cut=until, scope=f"a year before {day}", **asked)
        except InsufficientDataError:
            continue
        if cells["events"].sum() > 0:
            found[day] = cells
    return found


def _is_bin(level: str) -> bool:
    low, high = bin_edges(level)
    return low < high


def _counted(lab: Lab, days: Sequence[tuple[dt.date, dt.date, dt.date]]) -> dict[str, Any]:
    """Count who lives at each day, and who of them ends until the next."""
    rows = lab.table("spells")
    if "ended_on" not in rows.columns:
        return {"ends": 0}
    seen = rows.started_on
    if "observed_from" in rows.columns:
        seen = (rows.observed_from > seen).fill_null(False).ifelse(rows.observed_from, seen)
    asked: dict[str, Any] = {"ends": rows.ended_on.count()}
    for number, (train, test, end) in enumerate(days):
        for name, begin, until in (("train", train, test), ("test", test, end)):
            live = (seen <= begin) & (rows.started_on < begin) & (rows.ended_on.isnull() | (rows.ended_on > begin))
            asked[f"live_{name}_{number}"] = live.sum().fill_null(0)
            gone = (live & (rows.ended_on < until)).fill_null(False)
            asked[f"ends_{name}_{number}"] = gone.sum().fill_null(0)
            asked[f"stays_{name}_{number}"] = (live & ~gone).sum().fill_null(0)
    return {str(name): value for name, value in lab.frame(rows.aggregate(**asked)).iloc[0].items()}


def _why(
    counts: dict[str, Any],
    cut: tuple[dt.date, dt.date, dt.date],
    *,
    horizon_days: int,
    unjudged: pd.DataFrame,
    section: CrossSection | None,
) -> str:
    """Say what there would have to be for one cut at least."""
    train, test, end = cut
    must = "A prediction is judged on later time: "
    if not counts["ends"]:
        return f"{must}no end of a spell is recorded before {end}. Map `ended_on`, or choose a later `as_of`."
    if section:
        return (
            f"{must}all {section.ends:,} recorded ends of spells fall on one day, so this lab is a snapshot and "
            "nothing comes after it. Map the days on which spells really ended, or judge on a later export."
        )
    if len(unjudged):
        newest = unjudged.iloc[0]
        return (
            f"{must}of {newest['live']:,.0f} spells that live on {newest['day']}, {newest['stayed']:,.0f} could be seen"
            f" to last {horizon_days} days, and no earlier day has two such spans of history. Choose a shorter"
            " `horizon_days`, or take an export that holds spells which have not ended."
        )
    found = {
        f"spells that live on {train}": counts["live_train_0"],
        f"ends of these before {test}": counts["ends_train_0"],
        f"spells that live on {test}": counts["live_test_0"],
        f"ends of these before {end}": counts["ends_test_0"],
        f"spells among these that last until {end}": counts["stays_test_0"],
    }
    none = next(what for what, n in found.items() if not n)
    return (
        f"{must}with `horizon_days` {horizon_days} this needs two such spans of history before {end}, and there are no "
        f"{none}. Choose a shorter `horizon_days` or a later `as_of`."
    )
