"""One number per curve: quantiles of the time until leaving, and the mean time up to a horizon."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.results import Estimates, Unit
from cemlab.stats.intervals import Floats
from cemlab.stats.survival.bands import log_log_limits
from cemlab.stats.survival.clustered import CLUSTERED, error_of, half_width
from cemlab.stats.survival.curves import Curves, contributions, curves_of, group_summary, inside
from cemlab.stats.survival.lives import Window, lives_of, window_of

TIE = 1e-9
"""Two shares that differ by less are equal."""


def quantiles(
    lives: pd.DataFrame,
    shares: Sequence[float] = (0.5,),
    *,
    by: Sequence[str] = (),
    unit: Unit = "months",
    given: float = 0.0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the time by which a share has left.

    The first t with 1 − S(t) > q; where 1 − S equals q over an interval, its middle. The limits are where the
    log-log band of S crosses 1 − q (Brookmeyer and Crowley); one that is not reached is open: NaN.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table, as for `kaplan_meier`.
    shares : sequence of float, default (0.5,)
        Shares that have left, in (0, 1); 0.5 is the median.
    by : sequence of str, default ()
        Group columns; any other column that is not the life table's own is refused.
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
        Measure ``time_to_leave``; one row per group and ``share_left`` with ``estimate``, ``ci_low``,
        ``ci_high``, ``reached`` (False where follow-up ends before), ``n``, ``n_customers``. Part: ``groups``.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, or a count is impossible.
    InsufficientDataError
        When there is no spell, or no group ever has `min_n` at risk.
    ParameterError
        When a share or `level` is not in (0, 1).

    References
    ----------
    Brookmeyer, R., & Crowley, J. (1982). A confidence interval for the median survival time.
    Biometrics, 38(1), 29–41. doi:10.2307/2530286

    Examples
    --------
    >>> lives = pd.DataFrame({"duration": [1, 2, 3, 4], "events": [1, 1, 1, 1], "censored": 0})
    >>> quantiles(lives, [0.25, 0.4], min_n=1).table["estimate"].tolist()
    [1.5, 2.0]
    """
    wrong = sum(not 0 < share < 1 for share in shares)
    if wrong or not len(shares):
        raise ParameterError(f"Give shares above 0 and below 1: {wrong} of {len(shares)} are not.")
    table = lives_of(lives, by=by)
    curves = curves_of(table, window_of(table, min_n=min_n, since=given or None))
    low, high = log_log_limits(curves.survival, np.sqrt(curves.variance), level=level, df=curves.df)
    rows = []
    for column in range(len(table.groups)):
        kept = curves.visible[:, column]
        times = table.times[kept]
        found = {
            name: _crossings(times, 1 - values[kept, column], shares, start=curves.window.start)
            for name, values in (("estimate", curves.survival), ("ci_low", low), ("ci_high", high))
        }
        rows.append(pd.DataFrame({"share_left": shares, **found, "_group": column}))
    frame = pd.concat(rows, ignore_index=True)
    keys = table.groups.iloc[frame["_group"]].reset_index(drop=True)
    frame = keys.join(frame.drop(columns="_group")).assign(
        std_error=np.nan,
        reached=frame["estimate"].notna(),
        n=table.spells[frame["_group"]],
        n_customers=table.customers[frame["_group"]],
    )
    return Estimates.build(
        frame,
        by=[*table.by, "share_left"],
        cells=table.by,
        measure="time_to_leave",
        unit=unit,
        min_n=min_n,
        level=level,
        method="quantile of Kaplan–Meier, log-log band inverted (Brookmeyer and Crowley 1982)",
        better="up",
        notes=curves.notes,
        parts={"groups": group_summary(table, curves.window)},
    )


def _crossings(times: Floats, left: Floats, shares: Sequence[float], *, start: float) -> Floats:
    """Where the rising step function `left` first exceeds each share; the middle of a step that equals it."""
    known = ~np.isnan(left)
    times, left = np.append(start, times[known]), np.append(0.0, left[known])
    steps = np.append(True, np.diff(left) > TIE)
    last, times, left = times[-1], times[steps], left[steps]
    result = np.full(len(shares), np.nan)
    for row, share in enumerate(shares):
        touched, passed = np.searchsorted(left, share - TIE), np.searchsorted(left, share + TIE)
        if touched < len(left):
            result[row] = (times[touched] + (times[passed] if passed < len(left) else last)) / 2
            # A step that lies above the share ends nothing: both positions are then the same.
    return result


def rmst(
    lives: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    tau: float | None = None,
    unit: Unit = "months",
    given: float = 0.0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the mean time still there within a horizon: the area under the curve.

    RMST(τ) = t₀ + ∫ S(u) du from t₀ to τ; Var = Σ over events at t ≤ τ of [∫ S(u) du from t to τ]²·d/(Y·(Y − d)).
    One τ for all groups: the smallest end of a displayed curve, or earlier.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table, as for `kaplan_meier`.
    by : sequence of str, default ()
        Group columns; any other column that is not the life table's own is refused.
    tau : float, optional
        The horizon; default the latest that every displayed group is followed to.
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
        Measure ``restricted_mean``; one row per group with ``estimate``, ``std_error``, ``ci_low``, ``ci_high``,
        ``tau``, ``n``, ``n_customers``. Part: ``groups``.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, or a count is impossible.
    InsufficientDataError
        When there is no spell, or no group ever has `min_n` at risk.
    ParameterError
        When `tau` lies outside the follow-up of a displayed group, or `level` is not in (0, 1).

    References
    ----------
    Royston, P., & Parmar, M. K. B. (2013). Restricted mean survival time. BMC Medical Research
    Methodology, 13, 152. doi:10.1186/1471-2288-13-152

    Examples
    --------
    >>> lives = pd.DataFrame({"duration": [1, 2], "events": [50, 0], "censored": [0, 50]})
    >>> rmst(lives).table[["estimate", "std_error", "tau"]].round(4).values.tolist()
    [[1.5, 0.05, 2.0]]
    """
    table = lives_of(lives, by=by)
    window = window_of(table, min_n=min_n, since=given or None)
    horizon = horizon_of(window, tau=tau)
    curves = curves_of(table, window)
    area, error = areas(curves, horizon)
    half = half_width(level, curves.df) * error
    rows = table.groups.assign(
        estimate=area,
        std_error=error,
        ci_low=np.maximum(area - half, 0),
        ci_high=np.minimum(area + half, horizon),
        tau=horizon,
        n=table.spells,
        n_customers=table.customers,
    )
    return Estimates.build(
        rows,
        by=table.by,
        measure="restricted_mean",
        unit=unit,
        method=f"area under Kaplan–Meier, {CLUSTERED if table.split else 'Greenwood-type variance'}",
        level=level,
        min_n=min_n,
        better="up",
        notes=curves.notes,
        parts={"groups": group_summary(table, window)},
    )


def horizon_of(window: Window, *, tau: float | None) -> float:
    """Return the horizon that every displayed group is followed to.

    Parameters
    ----------
    window : Window
        Of all groups.
    tau : float or None
        The horizon asked for.

    Returns
    -------
    float
        `tau`, or the smallest end of a displayed curve.

    Raises
    ------
    ParameterError
        When `tau` lies outside the follow-up.
    """
    latest = float(window.ends[~window.hidden].min())
    if tau is None:
        return latest
    if not window.start < tau <= latest:
        raise ParameterError(
            f"`tau` must lie after {window.start:g} and not after {latest:g}, to which every displayed group is"
            f" followed: {tau:g} was given. Choose an earlier horizon or fewer groups."
        )
    return float(tau)


def areas(curves: Curves, tau: float) -> tuple[Floats, Floats]:
    """Return the area under each curve up to a horizon, and its standard error.

    As `rmst`.

    Parameters
    ----------
    curves : Curves
        All groups.
    tau : float
        The horizon.

    Returns
    -------
    numpy.ndarray
        t₀ plus the area, shape (G,).
    numpy.ndarray
        Standard errors, shape (G,).
    """
    lives, start = curves.lives, curves.window.start
    ahead = np.cumsum(_steps(curves, tau)[::-1], axis=0)[::-1]
    if lives.split is not None:
        return start + ahead[0], error_of(area_contributions(curves, tau)) + 0 * curves.df
    used = inside(lives, curves.window) & (lives.times <= tau)[:, None]
    stayed = lives.at_risk - lives.events
    jumps = np.where(used & (stayed > 0), lives.events, 0.0)
    terms = np.divide(jumps, lives.at_risk * stayed, out=np.zeros_like(jumps), where=jumps > 0)
    variance = (ahead[1:] ** 2 * terms).sum(axis=0)
    return start + ahead[0], np.sqrt(variance)


def area_contributions(curves: Curves, tau: float) -> Floats:
    """Return what each group of customers contributes to the area under each curve.

    Parameters
    ----------
    curves : Curves
        All groups, of a life table that says whose spells are whose.
    tau : float
        The horizon.

    Returns
    -------
    numpy.ndarray
        Shape (groups of customers, G).
    """
    steps, columns = _steps(curves, tau), range(curves.survival.shape[1])
    return np.stack([contributions(curves, column) @ steps[1:, column] for column in columns], axis=1)


def _steps(curves: Curves, tau: float) -> Floats:
    """Row k is the area between time k − 1 and time k; the curve there is the one just after time k − 1."""
    start = curves.window.start
    edges = np.clip(np.concatenate([[start], curves.lives.times, [tau]]), start, tau)
    survival = np.vstack([np.ones((1, curves.survival.shape[1])), curves.survival])
    return np.asarray(np.diff(edges)[:, None] * survival)
