"""Who is still there: Kaplan–Meier, also at chosen times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats
from cemlab.stats.survival.bands import log_log_limits, other_limits
from cemlab.stats.survival.clustered import CLUSTERED, error_of, notes_of
from cemlab.stats.survival.lives import Lives, Window, lives_of, window_of

KAPLAN_MEIER = "Kaplan–Meier, Greenwood variance, log-log interval"
NO_EVENT = "A curve has no interval before its first event and after its last customer left."


@dataclass(frozen=True, eq=False)
class Curves:
    """Kaplan–Meier curves of all groups on one grid of times.

    Attributes
    ----------
    lives : Lives
        The life table.
    window : Window
        From when to when they are shown.
    survival : numpy.ndarray
        S(t | T > t₀) just after each time, shape (T, G).
    variance : numpy.ndarray
        Var(log S(t)) just after each time, shape (T, G): Greenwood's, or clustered where the life table says
        whose spells are whose.
    df : numpy.ndarray
        Degrees of freedom of the variance, shape (G,): infinite, or groups of customers less one.
    """

    lives: Lives
    window: Window
    survival: Floats
    variance: Floats
    df: Floats

    @property
    def method(self) -> str:
        """How shares and their intervals are made."""
        return KAPLAN_MEIER.replace("Greenwood variance", CLUSTERED) if self.lives.split else KAPLAN_MEIER

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the window and of few customers."""
        return (*self.window.notes, *notes_of(self.df[~self.window.hidden]))

    @property
    def visible(self) -> np.ndarray:
        """Where something happens in a group while its curve is shown, shape (T, G)."""
        happened = (self.lives.events + self.lives.censored) > 0
        return np.asarray(happened & inside(self.lives, self.window))


def inside(lives: Lives, window: Window) -> np.ndarray:
    """Return which times of each group belong to its curve.

    Parameters
    ----------
    lives : Lives
        The life table.
    window : Window
        From when to when curves are shown.

    Returns
    -------
    numpy.ndarray
        Booleans, shape (T, G).
    """
    times = lives.times[:, None]
    begun = times > window.start if window.start > 0 else times >= 0
    return np.asarray(begun & (times <= window.ends))


def curves_of(lives: Lives, window: Window) -> Curves:
    """Return the Kaplan–Meier curve of each group with its variance.

    S(t) = Π (1 − d/Y) over t₀ < s ≤ t; Var(log S) = Σ d/(Y·(Y − d)) (Greenwood), or Σ U_g² over groups of customers.

    Parameters
    ----------
    lives : Lives
        The life table.
    window : Window
        From when to when curves are shown.

    Returns
    -------
    Curves
        On the grid of `lives`.
    """
    used = inside(lives, window)
    risk, events = np.where(used, lives.at_risk, 1.0), np.where(used, lives.events, 0.0)
    stayed = risk - events
    with np.errstate(divide="ignore", invalid="ignore"):
        survival: Floats = np.cumprod(np.where(used & (risk > 0), stayed / risk, 1.0), axis=0, dtype=float)
        greenwood: Floats = np.cumsum(np.where(events > 0, events / (risk * stayed), 0.0), axis=0)
    if lives.split is None:
        return Curves(lives, window, survival, greenwood, np.full(len(lives.groups), np.inf))
    df = freedom_of(lives, used)
    curves = Curves(lives, window, survival, greenwood, df)
    errors = np.stack([error_of(contributions(curves, column)) for column in range(len(df))], axis=1)
    return replace(curves, variance=errors**2 + 0 * df)


def freedom_of(lives: Lives, used: np.ndarray) -> Floats:
    """Return the degrees of freedom of the errors of each group.

    Parameters
    ----------
    lives : Lives
        The groups.
    used : numpy.ndarray
        Which times of each belong to its curve, shape (T, G).

    Returns
    -------
    numpy.ndarray
        Infinite where spells are independent; NaN below 10 groups of customers.
    """
    if lives.split is None:
        return np.full(used.shape[1], np.inf)
    return np.array([lives.split.of(column).degrees(used[:, column]) for column in range(used.shape[1])])


def contributions(curves: Curves, column: int) -> Floats:
    """Return what each group of customers contributes to the logarithm of a curve.

    Parameters
    ----------
    curves : Curves
        Of a life table that says whose spells are whose.
    column : int
        Position of the curve.

    Returns
    -------
    numpy.ndarray
        Shape (groups of customers, T); without any where spells are taken as independent.
    """
    lives, used = curves.lives, inside(curves.lives, curves.window)[:, column]
    if lives.split is None:
        return np.zeros((0, len(lives.times)))
    return lives.split.of(column).of_log_survival(lives.at_risk[:, column], lives.events[:, column], used)


def kaplan_meier(
    lives: pd.DataFrame, *, by: Sequence[str] = (), given: float = 0.0, level: float = 0.95, min_n: int = 10
) -> Estimates:
    """Return the share still there after each time.

    S(t) = Π (1 − d/Y), d events among Y at risk; std_error = S·√(Σ d/(Y·(Y − d))). With late entry the
    curves begin at t₀, where the longest span begins in which every displayed group has `min_n` at risk without a gap,
    and are S(t | T > t₀). They end before the risk set falls below `min_n`.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table: ``duration``, ``events``, ``censored``, optional ``entered``, ``cause`` and ``n_customers``.
    by : sequence of str, default ()
        Group columns; any other column that is not the life table's own is refused.
    given : float, default 0
        Speak of those still there at this time; 0 for the start that late entry allows.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group, and smallest risk set of a curve.

    Returns
    -------
    Estimates
        Measure ``survival`` as a share; one row per group and ``duration`` at which somebody left or was last
        seen, with ``estimate``, ``std_error``, ``ci_low``, ``ci_high`` (log-log), ``at_risk``, ``events``,
        ``censored``, ``n`` spells and ``n_customers`` of the whole group. Parts: ``log``, ``plain`` (other
        intervals); ``groups`` (one row per group: ``start`` t₀, ``end`` of the curve, ``last_seen``, ``n``,
        ``events``).

    Raises
    ------
    SchemaError
        When a column is missing or unknown, or a count is impossible.
    InsufficientDataError
        When there is no spell, or no group ever has `min_n` at risk.
    ParameterError
        When `level` is not in (0, 1).

    References
    ----------
    Kaplan, E. L., & Meier, P. (1958). Nonparametric estimation from incomplete observations. Journal of
    the American Statistical Association, 53(282), 457–481. doi:10.1080/01621459.1958.10501452

    Examples
    --------
    >>> lives = pd.DataFrame({"duration": [1, 2, 3], "events": [10, 9, 0], "censored": [0, 0, 81]})
    >>> kaplan_meier(lives).table[["duration", "estimate", "std_error"]].round(4).values.tolist()
    [[1.0, 0.9, 0.03], [2.0, 0.81, 0.0392], [3.0, 0.81, 0.0392]]
    """
    table = lives_of(lives, by=by)
    curves = curves_of(table, window_of(table, min_n=min_n, since=given or None))
    return curve_estimates(curves, level=level, min_n=min_n)


def curve_estimates(curves: Curves, *, level: float, min_n: int) -> Estimates:
    """Return Kaplan–Meier curves as estimates.

    Parameters
    ----------
    curves : Curves
        All groups.
    level : float
        Confidence level, in (0, 1).
    min_n : int
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        As `kaplan_meier`.
    """
    lives, (row, column) = curves.lives, shown(curves)
    survival, error, df = curves.survival[row, column], np.sqrt(curves.variance[row, column]), curves.df[column]
    keys = keys_of(lives, column).assign(duration=lives.times[row])
    with np.errstate(invalid="ignore"):
        spread = np.where(survival > 0, survival * error, np.nan)
    low, high = log_log_limits(survival, error, level=level, df=df)
    rows = keys.assign(
        estimate=survival,
        std_error=spread,
        ci_low=low,
        ci_high=high,
        at_risk=lives.at_risk[row, column],
        events=lives.events[row, column],
        censored=lives.censored[row, column],
        n=lives.spells[column],
        n_customers=lives.customers[column],
        suppressed=curves.window.hidden[column],
    )
    parts = {
        name: keys.assign(estimate=survival, std_error=spread, ci_low=limits[0], ci_high=limits[1])
        for name, limits in other_limits(survival, error, level=level, df=df).items()
    }
    return Estimates.build(
        rows,
        by=[*lives.by, "duration"],
        cells=lives.by,
        measure="survival",
        unit="share",
        method=curves.method,
        level=level,
        min_n=min_n,
        better="up",
        notes=(*curves.notes, *((NO_EVENT,) if np.isnan(low).any() else ())),
        parts={**parts, "groups": group_summary(lives, curves.window)},
    )


def at(
    lives: pd.DataFrame,
    times: Sequence[float],
    *,
    by: Sequence[str] = (),
    given: float = 0.0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the share still there at chosen times, also among those who were there at an earlier one.

    S(t | T > s) = S(t)/S(s), with Greenwood's sum over s < u ≤ t.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table, as for `kaplan_meier`.
    times : sequence of float
        In the unit of the durations; one before the curve's start has no value.
    by : sequence of str, default ()
        Group columns; any other column that is not the life table's own is refused.
    given : float, default 0
        Speak of those still there at this time.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group, and smallest risk set of a curve.

    Returns
    -------
    Estimates
        Measure ``survival`` as a share; one row per group and ``duration`` with ``estimate``, ``std_error``,
        ``ci_low``, ``ci_high``, ``at_risk`` at that time, ``n``, ``n_customers`` and ``followed`` (False before
        the start and after the end of the group's curve, where the rest is NaN). Parts: ``log``, ``plain``,
        ``groups``.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, or a count is impossible.
    InsufficientDataError
        When there is no spell, or no group ever has `min_n` at risk.
    ParameterError
        When no time is given, or `level` is not in (0, 1).

    Examples
    --------
    >>> lives = pd.DataFrame({"duration": [1, 2, 3], "events": [10, 9, 0], "censored": [0, 0, 81]})
    >>> at(lives, [1.5, 3, 9]).table[["duration", "estimate", "followed"]].round(4).values.tolist()
    [[1.5, 0.9, True], [3.0, 0.81, True], [9.0, nan, False]]
    """
    asked = np.unique(np.asarray(times, dtype=float))
    if not asked.size:
        raise ParameterError("Give one time or more: none was given.")
    table = lives_of(lives, by=by)
    window = window_of(table, min_n=min_n, since=given or None)
    curves = curves_of(table, window)
    position = np.searchsorted(table.times, asked, side="right")
    at_risk = np.vstack([table.at_risk, np.zeros((1, table.at_risk.shape[1]))])
    at_risk = at_risk[np.searchsorted(table.times, asked, side="left")]
    survival, variance = (
        _before(values, position, first) for values, first in ((curves.survival, 1.0), (curves.variance, 0.0))
    )
    followed = (asked[:, None] <= window.ends) & (asked[:, None] >= window.start)
    return _at_times(
        curves,
        asked,
        [np.where(followed, each, np.nan) for each in (survival, np.sqrt(variance), at_risk)],
        level=level,
        min_n=min_n,
    )


def _before(values: Floats, position: np.ndarray, first: float) -> Floats:
    """Values just after each asked time: those of the last time on the grid that is not later."""
    return np.asarray(np.vstack([np.full((1, values.shape[1]), first), values])[position])


def _at_times(curves: Curves, times: Floats, values: list[Floats], *, level: float, min_n: int) -> Estimates:
    lives = curves.lives
    column, row = np.repeat(np.arange(len(lives.groups)), len(times)), np.tile(np.arange(len(times)), len(lives.groups))
    survival, error, at_risk = (each[row, column] for each in values)
    df = curves.df[column]
    low, high = log_log_limits(survival, error, level=level, df=df)
    # Nobody has left yet: the share is 1 and nothing is known of how far from 1 it may be.
    spread = np.multiply(survival, error, out=np.full_like(survival, np.nan), where=survival > 0)
    keys = keys_of(lives, column).assign(duration=times[row])
    rows = keys.assign(
        estimate=survival,
        std_error=spread,
        ci_low=low,
        ci_high=high,
        at_risk=at_risk,
        followed=~np.isnan(survival),
        n=lives.spells[column],
        n_customers=lives.customers[column],
        suppressed=curves.window.hidden[column],
    )
    parts = {
        name: keys.assign(estimate=survival, std_error=spread, ci_low=limits[0], ci_high=limits[1])
        for name, limits in other_limits(survival, error, level=level, df=df).items()
    }
    return Estimates.build(
        rows,
        by=[*lives.by, "duration"],
        cells=lives.by,
        measure="survival",
        unit="share",
        method=curves.method,
        level=level,
        min_n=min_n,
        better="up",
        notes=curves.notes,
        parts={**parts, "groups": group_summary(lives, curves.window)},
    )


def keys_of(lives: Lives, column: np.ndarray) -> pd.DataFrame:
    """Return the group keys of rows that are named by the position of their group.

    Parameters
    ----------
    lives : Lives
        All groups.
    column : numpy.ndarray
        Positions of groups.

    Returns
    -------
    pandas.DataFrame
        One row per position.
    """
    return lives.groups.iloc[column].reset_index(drop=True)


def group_summary(lives: Lives, window: Window) -> pd.DataFrame:
    """Return one row per group: how many, and from when to when they are followed.

    Parameters
    ----------
    lives : Lives
        All groups.
    window : Window
        From when to when curves are shown.

    Returns
    -------
    pandas.DataFrame
        The keys, ``start``, ``end``, ``last_seen``, ``n``, ``events``, ``n_customers``.
    """
    left = (lives.events + lives.censored) > 0
    last = np.where(left, lives.times[:, None], 0.0).max(axis=0, initial=0.0)
    told = pd.DataFrame(
        {
            "start": window.start,
            "end": window.ends,
            "last_seen": last,
            "n": lives.spells,
            "events": lives.events.sum(axis=0),
            "n_customers": lives.customers,
        }
    )
    # A group may have no row in the table and must not show here what it hides there.
    told.loc[window.hidden] = np.nan
    return pd.concat([lives.groups, told], axis=1)


def shown(curves: Curves) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of what is shown, group by group.

    Parameters
    ----------
    curves : Curves
        All groups.

    Returns
    -------
    numpy.ndarray
        Positions of times.
    numpy.ndarray
        Positions of groups.
    """
    column, row = np.nonzero(curves.visible.T)
    return row, column
