"""How much more of one group is left than of all others, at a time or on average."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.core.results import Estimates, Unit
from cemlab.stats.intervals import Floats, two_sided
from cemlab.stats.survival.clustered import CLUSTERED, error_of, half_width
from cemlab.stats.survival.curves import Curves, contributions, curves_of, group_summary
from cemlab.stats.survival.lives import Lives, Window, lives_of, window_of
from cemlab.stats.survival.summaries import area_contributions, areas, horizon_of

WITHOUT_ERROR = "Where nobody of a group, or everybody, has left, its difference has no interval and is not tested."


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

    S_g(t) − S_rest(t) at `times`, else RMST_g(τ) − RMST_rest(τ); Var = the sum of both variances, or clustered (a customer may have
    spells on both sides); normal or t interval and p-value. Never against a total that contains the group.

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
        Measure ``survival_difference`` (in percentage points, as a share; also by ``duration``) or ``restricted_mean_difference`` (in `unit`, column
        ``tau``): ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``p_value``, ``group_value``, ``rest_value``,
        ``n``, ``n_customers``. A time after a group's or the rest's follow-up gives NaN; where nobody or everybody of
        either has left, the difference has no error.

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
    table = lives_of(lives, by=by)
    if len(table.by) != 1:
        raise ParameterError(f"Groups are compared over one group column: {len(table.by)} were given.")
    if len(table.groups) < 2:
        raise InsufficientDataError("A comparison needs two groups with spells: one was found.")
    own = window_of(table, min_n=min_n, since=given or None)
    rest = table.rest()
    other = Window(own.start, window_of(rest, min_n=0, since=own.start).ends, own.hidden, ())
    horizons = [float(time) for time in times] or [horizon_of(own, tau=tau)]
    curves = [curves_of(each, window) for each, window in ((table, own), (rest, other))]
    if times:
        sides = [_shares(each, horizons) for each in curves]
    else:
        sides = [(value[None, :], error[None, :]) for value, error in (areas(each, horizons[0]) for each in curves)]
    joint = _together(curves, horizons, shares=bool(times)) if table.split else None
    rows = against_rest(
        table, horizons, sides, level=level, hidden=own.hidden, name="duration" if times else "tau", joint=joint
    )
    return Estimates.build(
        rows, by=[*table.by, *(["duration"] if times else [])], cells=table.by, unit="percentage points" if times else unit, level=level,
        measure="survival_difference" if times else "restricted_mean_difference", min_n=min_n, better="up",
        method=f"difference from all other groups, {CLUSTERED if table.split else 'Greenwood-type variance'}",
        notes=(*curves[0].notes, *without_error(rows)),
        parts={"groups": group_summary(table, own)},
    )  # fmt: skip


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


def without_error(rows: pd.DataFrame) -> tuple[str, ...]:
    """Return what must be said of differences that have no interval.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `against_rest`.

    Returns
    -------
    tuple of str
        A sentence, or nothing.
    """
    told = rows["estimate"].notna() & rows["std_error"].isna() & ~rows["suppressed"]
    return (WITHOUT_ERROR,) if told.any() else ()


def _shares(curves: Curves, times: Sequence[float]) -> tuple[Floats, Floats]:
    lives, window = curves.lives, curves.window
    ahead = np.searchsorted(lives.times, times, side="right")
    survival = np.vstack([np.ones((1, len(lives.groups))), curves.survival])[ahead]
    error = survival * np.sqrt(np.vstack([np.zeros((1, len(lives.groups))), curves.variance])[ahead])
    known = (np.asarray(times)[:, None] <= window.ends) & (np.asarray(times)[:, None] >= window.start)
    return np.where(known, survival, np.nan), np.where(known, error, np.nan)


def _together(curves: Sequence[Curves], times: Sequence[float], *, shares: bool) -> tuple[Floats, Floats]:
    """Clustered errors of the differences, shape (times, groups), and their degrees of freedom, shape (groups,)."""
    sides = [
        _share_contributions(each, times) if shares else area_contributions(each, times[0])[:, None] for each in curves
    ]
    return error_of(sides[0] - sides[1]), np.minimum(curves[0].df, curves[1].df)


def _share_contributions(curves: Curves, times: Sequence[float]) -> Floats:
    """What each group of customers contributes to the shares, shape (groups of customers, times, groups)."""
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
    level : float
        Confidence level, in (0, 1).
    hidden : numpy.ndarray
        Which groups are not published.
    name : str
        Column of the times.
    joint : tuple of numpy.ndarray, optional
        Clustered errors of the differences, shape (times, groups), and their degrees of freedom, shape (groups,); default
        independent sides.

    Returns
    -------
    pandas.DataFrame
        One row per group and time.
    """
    (ours, error), (theirs, other) = sides
    column, row = np.repeat(np.arange(ours.shape[1]), len(times)), np.tile(np.arange(len(times)), ours.shape[1])
    # Greenwood's formula knows no error of a group of whom nobody, or everybody, has left.
    together, df = joint or (np.hypot(error, other), np.full(ours.shape[1], np.inf))
    both = np.where((error > 0) & (other > 0), together, np.nan)
    estimate, spread = (ours - theirs)[row, column], both[row, column]
    half = half_width(level, df[column]) * spread
    z = np.divide(estimate, spread, out=np.full_like(estimate, np.nan), where=spread > 0)
    return lives.groups.iloc[column].reset_index(drop=True).assign(**{name: np.asarray(times, dtype=float)[row]}).assign(
        estimate=estimate, std_error=spread, ci_low=estimate - half, ci_high=estimate + half, p_value=two_sided(z, df[column] if joint else None),
        group_value=ours[row, column], rest_value=theirs[row, column], n=lives.spells[column],
        n_customers=lives.customers[column], suppressed=hidden[column],
    )  # fmt: skip
