"""Landmarks: who is still here on a day, what was known before it, and what came after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.lab import Lab
from cemlab.core.parameters import REGISTRY
from cemlab.prepare.cells.counting import exits
from cemlab.prepare.cells.terms import QUANTILES, fixed, levelled
from cemlab.prepare.history import WINDOW_DAYS, History
from cemlab.prepare.levels import Bins
from cemlab.prepare.replicates import REPLICATE, with_replicates
from cemlab.prepare.spells.clock import days_between, months_whole
from cemlab.prepare.spells.followed import ENTRY, EXIT, REASON, UNFINISHED, Following, first_that_applies

if TYPE_CHECKING:
    import ibis.expr.types as ir

YOUNGER = "it began on the day that is looked ahead from, or later"
OVER = "it was over, or out of sight, on that day"
UNSEEN = "it came into sight after that day"
NO_STEP = "no full month was seen after that day"

TENURE = "tenure"
"""Whole months from a spell's first day to the landmark: a covariate that every spell has."""

WHY = "_why"
"""Number of the reason why a spell is left out at a landmark; null where it is not."""

_ON = "_landmark"


def landmark(
    lab: Lab,
    *,
    after_days: int = 0,
    day: str = "",
    terms: Sequence[str] = (),
    time_varying: Sequence[str] = (),
    window_days: int = WINDOW_DAYS,
    survey: str = "",
    clock: str = "days",
    cause: str = "",
    cut: str = "",
    bins: Bins | None = None,
    quantiles: int = QUANTILES,
    replicates: int = 0,
    scope: str = "",
) -> pd.DataFrame:
    """Return covariate cells of the spells that live at a landmark: known before it, counted from it.

    The clock starts at the landmark, so nobody has to survive to be classified. A spell that ended
    on the landmark, or came under observation only after it, is left out and accounted for.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    after_days : int, default 0
        The landmark as days after each spell's first.
    day : str, default ""
        The landmark as one ISO day for all, instead of `after_days`.
    terms, time_varying, window_days, survey : as in `cemlab.prepare.cells.person_periods`
        The covariates, as known strictly before the landmark. ``tenure`` among `terms` is the whole months
        from the spell's first day to the landmark.
    clock : {"days", "months"}, default "days"
        Unit of the durations after it.
    cause, cut, bins, quantiles : as in `cemlab.prepare.cells.covariates`
        Which endings, known when, numbers cut where.
    replicates : int, default 0
        Into how many groups customers, or accounts where declared, are hashed for the jackknife: 2 to 256; −1:
        each its own; 0: none.
    scope : str, default ""
        Under which the ledger accounts for the spells; empty for the landmark's name.

    Returns
    -------
    pandas.DataFrame
        One row per cell, sorted: ``duration`` since the landmark, ``replicate`` (group, from 0, where asked for),
        ``cause`` (as in `covariates`), the covariates (text), ``n`` spells, ``events``.

    Raises
    ------
    SchemaError
        When a covariate does not exist.
    ParameterError
        When both or neither landmark is given, or another option is none.
    InsufficientDataError
        When no spell lives at the landmark.

    References
    ----------
    Anderson, J. R., Cain, K. C. and Gelber, R. D. (1983). Analysis of survival by tumor response.
    Journal of Clinical Oncology, 1(11), 710–719. doi:10.1200/JCO.1983.1.11.710

    Examples
    --------
    >>> cells = landmark(lab, after_days=180, time_varying=["nps_group"])  # doctest: +SKIP
    """
    on = asked(after_days, day)
    following = Following.asked(
        lab, clock=clock, cut=cut, scope=scope or f"looked ahead from {on if day else f'day {on}'}"
    )
    history = History.of(lab, time_varying, window_days=window_days, survey=survey)
    live = lives(lab, following, on)
    record(lab, following, live)
    kept = live.filter(live[WHY].isnull())
    own = [name for name in terms if name == TENURE]
    spells, _ = levelled(lab, kept, terms, declared=bins, quantiles=quantiles, own=own, strict=True)
    known = history.levels(lab, spells, begin="started_on").rename(duration=EXIT)
    keys = ["duration"]
    if replicates:
        known, keys = with_replicates(lab, known, replicates), ["duration", REPLICATE]
    levels = [*terms, *time_varying]
    return exits(lab, known, [*keys, *levels], levels=levels, cause=cause)


def cut_points(
    lab: Lab,
    *,
    day: str,
    terms: Sequence[str],
    cut: str = "",
    quantiles: int = QUANTILES,
) -> dict[str, tuple[float, ...]]:
    """Return where numeric covariates are cut, from the spells that live at a landmark.

    Fixed on the day of training, and passed as ``bins`` to training, judging and scoring alike, they keep what a
    level means. A number of few values begins a level at each of them.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.
    day : str
        The landmark, an ISO day.
    terms : sequence of str
        Covariates as in `landmark`; of those that are no numbers nothing is returned.
    cut : str, default ""
        ISO day: only what was known before it; empty for the lab's as-of day.
    quantiles : int, default 4
        Into how many bins a number of more values is cut.

    Returns
    -------
    dict of str to tuple of float
        Cut points of each numeric covariate, in the order of `terms`; none where all have the same value.

    Raises
    ------
    SchemaError, ParameterError
        As `landmark`.

    Examples
    --------
    >>> bins = cut_points(lab, day="2024-01-01", terms=["plan", "tenure"])  # doctest: +SKIP
    """
    following = Following.asked(lab, clock="days", cut=cut)
    live = lives(lab, following, asked(0, day))
    own = [name for name in terms if name == TENURE]
    return fixed(lab, live.filter(live[WHY].isnull()), terms, quantiles=quantiles, own=own)


def asked(after_days: int, day: str) -> int | dt.date:
    """Return the landmark that is asked for.

    Parameters
    ----------
    after_days : int
        Days after each spell's first.
    day : str
        One ISO day for all.

    Returns
    -------
    int or datetime.date
        Whichever is given.

    Raises
    ------
    ParameterError
        When both or neither is, or it is none.
    """
    if bool(day) == bool(after_days):
        raise ParameterError(f"A landmark is `after_days` or a `day`: {'both were' if day else 'neither was'} given.")
    if after_days < 0:
        raise ParameterError(f"`after_days` must not be negative: {after_days} was given.")
    return dt.date.fromisoformat(str(REGISTRY["as_of"].coerce(day))) if day else after_days


def lives(lab: Lab, following: Following, on: int | dt.date) -> ir.Table:
    """Return every spell as from its landmark on, and why it is left out, if it is.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    following : Following
        Until when, and on which clock.
    on : int or datetime.date
        The landmark, as `asked` returns it.

    Returns
    -------
    ibis.Table
        ``started_on`` is the landmark; with the times from there, `TENURE` and `WHY`.
    """
    daily = replace(following, clock="days")
    rows = daily.spells(lab)
    then = ibis.date(on.isoformat()) if isinstance(on, dt.date) else rows.started_on + ibis.interval(days=on)
    rows = rows.mutate(**{_ON: then.cast("date")})
    at = days_between(rows.started_on, rows[_ON])
    base = len(daily.reasons)
    out = [rows[REASON] == number for number in range(base)]
    out += [at < 1, rows[EXIT] <= at, rows[ENTRY] > at]
    rows = rows.mutate(**{WHY: first_that_applies(out), TENURE: months_whole(rows.started_on, rows[_ON])})
    rows = following.restarted(rows, on=rows[_ON])
    return rows.mutate(**{WHY: rows[WHY].fill_null((rows[EXIT] < 1).ifelse(base + 3, None).cast("int8"))})


def record(lab: Lab, following: Following, live: ir.Table, *, further: Mapping[str, int] | None = None) -> None:
    """Account for the spells at a landmark.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    following : Following
        Until when, and on which clock.
    live : ibis.Table
        As `lives` returns them.
    further : mapping of str to int, optional
        Further reasons, and how many of those that live at the landmark are left out for each.

    Raises
    ------
    InsufficientDataError
        When no spell remains.
    """
    reasons = (*replace(following, clock="days").reasons, YOUNGER, OVER, UNSEEN, NO_STEP)
    counts = lab.frame(live.group_by(WHY).aggregate(n=live.count(), unfinished=live[UNFINISHED].sum()))
    left = counts[counts[WHY].notna()].sort_values(WHY)
    why = {reasons[int(number)]: int(n) for number, n in zip(left[WHY], left["n"], strict=True)}
    why |= {reason: n for reason, n in (further or {}).items() if n}
    unfinished = 0 if further else int(counts.loc[counts[WHY].isna(), "unfinished"].sum())
    following.record(lab, why, used=int(counts["n"].sum()) - sum(why.values()), unfinished=unfinished)
