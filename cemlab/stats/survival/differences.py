"""How much more of one group is left than of all others, at a time or on average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.core.results import Estimates, Unit
from cemlab.stats.intervals import Floats, two_sided
from cemlab.stats.survival.clustered import CLUSTERED, error_of, half_width
from cemlab.stats.survival.comparison import counts_of
from cemlab.stats.survival.curves import Curves, contributions, curves_of, group_summary
from cemlab.stats.survival.lives import Lives, Window, lives_of, window_of
from cemlab.stats.survival.summaries import area_contributions, areas, horizon_of

BY_SCORE = (
    "Where nobody of a group, or everybody, has churned, its difference is tested by the log-rank test up to that time"
    " against all others; its interval is the one that this test implies."
)
BEYOND_FOLLOW_UP = "follow-up ends before then"
NO_TEST = "no churn event by then tells it and the others apart, or too few customers or accounts"


def differences(
    lives: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    times: Sequence[float] = (),
    tau: float | None = None,
    unit: Unit = "months",
    given: float = 0.0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return what each group has left minus what all others have left, at chosen times or as mean time.

    S_g(t) − S_rest(t) at `times`, else RMST_g(τ) − RMST_rest(τ); Var = the sum of both variances, or clustered
    (a customer may have spells on both sides); normal or t interval and p-value. Where nobody or everybody of a
    side has left there is no such error: p-value of the log-rank test of the group against the rest up to that
    time, z, and std_error = |difference|/|z|. Never against a total that contains the group.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table, as for `kaplan_meier`.
    by : sequence of str
        The one group column; any other column that is not the life table's own is refused.
    times : sequence of float, default ()
        Times at which shares are compared; none compares restricted means.
    tau : float, optional
        Horizon of the restricted means; default the latest that all displayed groups are followed to.
    unit : {"months", "days"}, default "months"
        Unit of the durations.
    given : float, default 0
        Speak of those still there at this time; 0 for the start that late entry allows.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group, and smallest risk set of a curve.

    Returns
    -------
    Estimates
        Measure ``survival_difference`` (in percentage points, as a share; also by ``duration``) or
        ``restricted_mean_difference`` (in `unit`, column ``tau``): ``estimate``, ``std_error``, ``ci_low``,
        ``ci_high``, ``p_value``, ``group_value``, ``rest_value``, ``n``, ``n_customers``. A time after a
        group's or the rest's follow-up gives NaN; where nobody or everybody of either has left, the difference
        has no error.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, or a count is impossible.
    ParameterError
        When there is not exactly one group column, `tau` lies outside the follow-up, or `level` is not in (0, 1).
    InsufficientDataError
        When there are fewer than two groups, no spell, or no group ever has `min_n` at risk.

    Examples
    --------
    >>> lives = pd.DataFrame({"plan": ["a", "a", "b", "b"], "duration": [1, 2, 1, 2], "events": [30, 10, 10, 10],
    ...                       "censored": [0, 60, 0, 80]})
    >>> differences(lives, by=["plan"], times=[2]).table[["plan", "estimate", "std_error"]].round(4).values.tolist()
    [['a', -0.2, 0.0632], ['b', 0.2, 0.0632]]
    """
    pair = beside_rest(lives, by=by, given=given, min_n=min_n)
    table, own, curves = pair.lives, pair.window, pair.curves
    horizons = [float(time) for time in times] or [horizon_of(own, tau=tau)]
    if times:
        sides = [shares_of(each, horizons) for each in curves]
    else:
        sides = [(value[None, :], error[None, :]) for value, error in (areas(each, horizons[0]) for each in curves)]
    joint = _together(curves, horizons, shares=bool(times)) if table.split else None
    # more events than expected mean that less is left
    tested = -score_statistics(table, horizons, since=own.start)
    name = "duration" if times else "tau"
    rows = against_rest(table, horizons, sides, tested=tested, level=level, hidden=own.hidden, name=name, joint=joint)
    return Estimates.build(
        rows,
        by=[*table.by, *(["duration"] if times else [])],
        cells=table.by,
        unit="percentage points" if times else unit,
        level=level,
        measure="survival_difference" if times else "restricted_mean_difference",
        min_n=min_n,
        better="up",
        method=f"difference from all other groups, {CLUSTERED if table.split else 'Greenwood-type variance'}",
        notes=(*curves[0].notes, *by_score(rows, sides)),
        parts={"groups": group_summary(table, own)},
    )


@dataclass(frozen=True, eq=False)
class BesideRest:
    """Each group and, in its place, all the others.

    Attributes
    ----------
    lives : Lives
        The groups.
    window : Window
        From when to when they are shown.
    curves : tuple of Curves
        Of the groups, and of all others in place of each.
    """

    lives: Lives
    window: Window
    curves: tuple[Curves, Curves]


def beside_rest(lives: pd.DataFrame, *, by: Sequence[str], given: float, min_n: int) -> BesideRest:
    """Return the curves of groups beside those of all others.

    Parameters
    ----------
    lives, by, given, min_n : as in `differences`
        See there.

    Returns
    -------
    BesideRest
        On one grid of times.
    """
    table = lives_of(lives, by=by)
    if len(table.by) != 1:
        raise ParameterError(f"Groups are compared over one group column: {len(table.by)} were given.")
    if len(table.groups) < 2:
        raise InsufficientDataError("A comparison needs two groups with spells: one was found.")
    own = window_of(table, min_n=min_n, since=given or None)
    rest = table.rest()
    other = Window(own.start, window_of(rest, min_n=0, since=own.start).ends, own.hidden, ())
    return BesideRest(table, own, (curves_of(table, own), curves_of(rest, other)))


def not_compared(lives: pd.DataFrame, *, by: Sequence[str] = (), min_n: int = 10) -> str:
    """Return why groups cannot be compared; empty when they can.

    Parameters
    ----------
    lives, by, min_n : as in `differences`
        See there.

    Returns
    -------
    str
        What `differences` would refuse with, for a page that goes on without them.

    Examples
    --------
    >>> lives = pd.DataFrame({"plan": ["a", "a", "b"], "duration": [1, 2, 1], "events": [30, 10, 1], "censored": [0, 60, 0]})
    >>> not_compared(lives, by=["plan"], min_n=1), not_compared(lives, by=["plan"], min_n=10)[:27]
    ('', 'Each published group needs ')
    """
    try:
        differences(lives, by=by, min_n=min_n)
    except InsufficientDataError as reason:
        return str(reason)
    return ""


def by_score(rows: pd.DataFrame, sides: Sequence[tuple[Floats, Floats]]) -> tuple[str, ...]:
    """Return what must be said of differences that the log-rank test judges.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `against_rest`.
    sides : sequence of tuple of numpy.ndarray
        What they were made of.

    Returns
    -------
    tuple of str
        A sentence, or nothing.
    """
    uniform = ~((sides[0][1] > 0) & (sides[1][1] > 0)).T.ravel()
    return (BY_SCORE,) if (uniform & rows["p_value"].notna() & ~rows["suppressed"]).any() else ()


def score_statistics(lives: Lives, times: Sequence[float], *, since: float) -> Floats:
    """Return the log-rank statistic of each group against all others, of what happens up to each time.

    z = (O − E)/√V, V clustered where the life table says whose spells are whose (`counts_of`).

    Parameters
    ----------
    lives : Lives
        The groups.
    times : sequence of float
        Up to when.
    since : float
        Time after which events count; those at the origin count where it is 0.

    Returns
    -------
    numpy.ndarray
        Shape (times, G); NaN where nothing can be expected.

    References
    ----------
    Mantel, N. (1966). Evaluation of survival data and two new rank order statistics arising in its
    consideration. Cancer Chemotherapy Reports, 50(3), 163–170.
    """
    begun = (lives.times > since) | (since == 0)
    found = [counts_of(lives, among=begun & (lives.times <= time)) for time in times]
    excess = np.array([each.observed - each.expected for each in found])
    variance = np.array([np.diag(each.spread) for each in found])
    # of groups that share all their events nothing but rounding is left
    told = variance > 1e-12 * np.maximum(np.array([each.expected for each in found]), 1.0)
    return np.asarray(
        np.divide(excess, np.sqrt(np.where(told, variance, 1.0)), out=np.full_like(excess, np.nan), where=told)
    )


def shares_of(curves: Curves, times: Sequence[float]) -> tuple[Floats, Floats]:
    """Return what is left at some times, and its standard error.

    Parameters
    ----------
    curves : Curves
        All groups.
    times : sequence of float
        When.

    Returns
    -------
    numpy.ndarray
        Shares, shape (times, groups); NaN beyond follow-up.
    numpy.ndarray
        Their errors, in the same shape.
    """
    lives, window = curves.lives, curves.window
    ahead = np.searchsorted(lives.times, times, side="right")
    survival = np.vstack([np.ones((1, len(lives.groups))), curves.survival])[ahead]
    variance = np.vstack([np.zeros((1, len(lives.groups))), curves.variance])[ahead]
    error = survival * np.sqrt(np.where(survival > 0, variance, 0.0))
    # where everybody has left, nobody is followed any further, and nobody comes back
    at = np.asarray(times)[:, None]
    known = ((at <= window.ends) | (survival == 0)) & (at >= window.start)
    return np.where(known, survival, np.nan), np.where(known, error, np.nan)


def _together(curves: Sequence[Curves], times: Sequence[float], *, shares: bool) -> tuple[Floats, Floats]:
    """Clustered errors of the differences, shape (times, groups), and their degrees of freedom, shape (groups,)."""
    sides = [
        share_contributions(each, times) if shares else area_contributions(each, times[0])[:, None] for each in curves
    ]
    return error_of(sides[0] - sides[1]), np.minimum(curves[0].df, curves[1].df)


def share_contributions(curves: Curves, times: Sequence[float]) -> Floats:
    """Return what each group of customers contributes to the shares that are left.

    Parameters
    ----------
    curves : Curves
        Of a life table that says whose spells are whose.
    times : sequence of float
        When.

    Returns
    -------
    numpy.ndarray
        Shape (groups of customers, times, groups).
    """
    # Before the first time nobody has left, and nobody contributes.
    at = np.searchsorted(curves.lives.times, times, side="right") - 1
    known = (at >= 0)[:, None]
    own = [contributions(curves, column)[:, at] for column in range(curves.survival.shape[1])]
    return np.asarray(np.stack(own, axis=2) * np.where(known, curves.survival[at], 0.0))


def against_rest(
    lives: Lives,
    times: Sequence[float],
    sides: Sequence[tuple[Floats, Floats]],
    *,
    tested: Floats,
    level: float,
    hidden: np.ndarray,
    name: str,
    joint: tuple[Floats, Floats] | None = None,
) -> pd.DataFrame:
    """Return differences of groups from all others as rows.

    Parameters
    ----------
    lives : Lives
        The groups.
    times : sequence of float
        When they are compared.
    sides : sequence of tuple of numpy.ndarray
        Values and errors of the groups, then of the rest in place of each group; shape (times, groups).
    tested : numpy.ndarray
        Log-rank statistics in the direction of the difference, for sides without an error; in the same shape.
    level : float
        Confidence level, in (0, 1).
    hidden : numpy.ndarray
        Which groups are not published.
    name : str
        Column of the times.
    joint : tuple of numpy.ndarray, optional
        Clustered errors of the differences, shape (times, groups), and their degrees of freedom, shape
        (groups,); default independent sides.

    Returns
    -------
    pandas.DataFrame
        One row per group and time.
    """
    (ours, error), (theirs, other) = sides
    gap = ours - theirs
    together, df = joint or (np.hypot(error, other), np.full(ours.shape[1], np.inf))
    # Greenwood's formula knows no error of a group of whom nobody, or everybody, has left.
    both = (error > 0) & (other > 0)
    z = _statistics(gap, together, both=both, tested=np.where(np.isnan(df), np.nan, tested))
    spread = np.divide(gap, z, out=np.where(np.isnan(z), np.nan, together), where=np.abs(z) > 0)
    outwards = np.where(both, spread, np.fmax(np.nan_to_num(error), np.nan_to_num(other)))
    half = half_width(level, df)
    columns = {
        "estimate": gap,
        "std_error": spread,
        "ci_low": gap - half * np.where(gap > 0, spread, _where(spread, outwards)),
        "ci_high": gap + half * np.where(gap > 0, _where(spread, outwards), spread),
        "p_value": two_sided(z, np.broadcast_to(df, z.shape) if joint else None),
        "df": np.broadcast_to(df, z.shape),
        "group_value": ours,
        "rest_value": theirs,
    }
    reason = np.where(np.isnan(gap), BEYOND_FOLLOW_UP, np.where(np.isnan(z), NO_TEST, ""))
    column = np.repeat(np.arange(len(lives.groups)), len(times))
    return (
        lives.groups.iloc[column]
        .reset_index(drop=True)
        .assign(
            **{name: np.tile(np.asarray(times, dtype=float), len(lives.groups))},
            **{label: value.T.ravel() for label, value in columns.items()},
            reason=reason.T.ravel(),
            n=lives.spells[column],
            n_customers=lives.customers[column],
            suppressed=hidden[column],
        )
    )


def _where(spread: Floats, outwards: Floats) -> Floats:
    """Away from zero a side of whom nobody or everybody has left can go no further; no interval where there is no error."""
    return np.where(np.isnan(spread), np.nan, outwards)


def _statistics(gap: Floats, together: Floats, *, both: np.ndarray, tested: Floats) -> Floats:
    """The statistic of each difference; NaN where nothing tests it."""
    wald = np.divide(gap, together, out=np.full_like(gap, np.nan), where=both & (together > 0))
    # A score that points the other way is not one of this difference.
    return np.where(both, wald, np.where(gap * tested > 0, tested, np.nan))
