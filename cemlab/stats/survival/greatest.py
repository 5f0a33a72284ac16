"""At which of several times a group and all others are furthest apart: one test over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from cemlab.core.errors import ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats, beyond
from cemlab.stats.survival.clustered import CLUSTERED, half_width
from cemlab.stats.survival.curves import Curves, group_summary, inside
from cemlab.stats.survival.differences import BesideRest, beside_rest, differences, share_contributions

DRAWS = 20_000
"""Normal draws of one test: a p-value of .05 is then known to ±.003 at worst."""

GREATEST = (
    "Each group is compared with all others at {times:,} times; shown is the time at which the difference is largest"
    " for its standard error. P-value and interval allow for that choice, by a multiplier bootstrap of the whole"
    " course."
)


def greatest_gaps(
    lives: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    times: Sequence[float],
    floor: float = 0.0,
    given: float = 0.0,
    level: float = 0.95,
    min_n: int = 10,
    seed: int = 1,
) -> Estimates:
    """Return where each group differs most from all others in what is left, tested over all times together.

    T_g = max over t of |S_g(t) − S_rest(t)|/se(t); p = P(max |Z(t)| ≥ T_g), Z normal (Student's with clusters)
    with the correlation of the differences: the law that normal multipliers on each group's increments of the
    martingale (or on each group of customers) give to counts. Curves that cross differ at some time although
    they agree at another. se(t) is no smaller than the error that the common rate of leaving implies, so that
    few events do not pass for precision.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table, as for `kaplan_meier`.
    by : sequence of str
        The one group column.
    times : sequence of float
        The times asked for; those that a group or the others are not followed to are left out for it.
    floor : float, default 0
        f ≥ 0, as a share: ``p_beyond`` is of the hypothesis that no difference at these times is larger.
    given : float, default 0
        Speak of those still there at this time; 0 for the start that late entry allows.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group, and smallest risk set of a curve.
    seed : int, default 1
        Of the draws.

    Returns
    -------
    Estimates
        Measure ``survival_difference``, as a share; one row per group and ``duration``, the time of the
        greatest gap, with the columns of `differences`, the simultaneous interval over the times, ``p_value``,
        ``p_beyond`` (of the floor), ``times`` (how many were compared) and ``reach`` (the critical value over
        that of a single time; `multiplicity.adjust` uses both).

    Raises
    ------
    ParameterError
        When no time is given, the floor is negative, or there is not exactly one group column.
    InsufficientDataError
        When there are fewer than two groups, no spell, or no group ever has `min_n` at risk.

    References
    ----------
    Lin, D. Y., Wei, L. J., & Ying, Z. (1993). Checking the Cox model with cumulative sums of martingale-based
    residuals. Biometrika, 80(3), 557–572. doi:10.1093/biomet/80.3.557

    Examples
    --------
    >>> lives = pd.DataFrame({"plan": ["a", "a", "b", "b"], "duration": [1, 2, 1, 2], "events": [40, 0, 10, 30],
    ...                       "censored": [0, 60, 0, 60]})
    >>> differences(lives, by=["plan"], times=[2]).table["estimate"].tolist()
    [0.0, 0.0]
    >>> greatest_gaps(lives, by=["plan"], times=[1, 2]).table[["plan", "duration", "estimate"]].round(2).values.tolist()
    [['a', 1.0, -0.3], ['b', 1.0, 0.3]]
    """
    if not len(times) or not floor >= 0:
        raise ParameterError(
            f"Give a time or more and a floor of at least 0: {len(times)} times and {floor} were given."
        )
    asked = sorted({float(time) for time in times})
    single = differences(lives, by=by, times=asked, given=given, level=level, min_n=min_n)
    pair = beside_rest(lives, by=by, given=given, min_n=min_n)
    rng = np.random.default_rng(seed)
    # groups of one table share their draws: the order of the groups then says nothing
    normal, mixed = rng.standard_normal((DRAWS, len(asked))), rng.random(DRAWS)
    rows = single.table.drop(columns="too_small", errors="ignore")
    wider, found = _wider(pair, asked), []
    for column, spread in enumerate(_covariances(pair, asked)):
        course = rows.iloc[column * len(asked) : (column + 1) * len(asked)].reset_index(drop=True)
        course = course.assign(wider=wider[:, column])
        found.append(_greatest(course, spread, Draws(normal, mixed), floor=floor, level=level))
    return Estimates.build(
        pd.DataFrame(found),
        by=[*pair.lives.by, "duration"],
        cells=pair.lives.by,
        measure="survival_difference",
        unit="percentage points",
        level=level,
        min_n=min_n,
        better="up",
        method=(
            "greatest difference from all other groups over the times asked for, multiplier"
            f" bootstrap{f', {CLUSTERED}' if pair.lives.split else ''}"
        ),
        notes=(*single.notes, *((GREATEST.format(times=len(asked)),) if len(asked) > 1 else ())),
        parts={"groups": group_summary(pair.lives, pair.window)},
    )


def _covariances(pair: BesideRest, times: Sequence[float]) -> list[Floats]:
    """Covariance over times of each group's difference, shape (times, times)."""
    own, rest = pair.curves
    if pair.lives.split is not None:
        each = share_contributions(own, times) - share_contributions(rest, times)
        return [np.asarray(each[:, :, column].T @ each[:, :, column]) for column in range(each.shape[2])]
    return [
        _covariance(own, times, column) + _covariance(rest, times, column) for column in range(own.survival.shape[1])
    ]


def _covariance(curves: Curves, times: Sequence[float], column: int) -> Floats:
    """Cov(S(s), S(t)) = S(s)·S(t)·Var(log S(min(s, t)))."""
    share = _at(curves.survival, curves, times, first=1.0)[:, column]
    variance = _at(np.where(curves.survival > 0, curves.variance, 0.0), curves, times)[:, column]
    return np.asarray(np.outer(share, share) * np.minimum.outer(variance, variance))


def _at(values: Floats, curves: Curves, times: Sequence[float], *, first: float = 0.0) -> Floats:
    """Values of a course at some times; `first` before anything happens."""
    ahead = np.searchsorted(curves.lives.times, times, side="right")
    return np.asarray(np.vstack([np.full((1, values.shape[1]), first), values])[ahead])


def _wider(pair: BesideRest, times: Sequence[float]) -> Floats:
    """By how much the error that the common rate of leaving implies is wider than Greenwood's, at least 1; shape (times, groups)."""
    events, risk = pair.lives.events.sum(axis=1, keepdims=True), pair.lives.at_risk.sum(axis=1, keepdims=True)
    rate = np.divide(events, risk, out=np.zeros_like(risk), where=risk > 0)
    rate = np.where((pair.lives.times > pair.window.start)[:, None] | (pair.window.start == 0), rate, 0.0)
    odds = np.divide(rate, 1 - rate, out=np.zeros_like(rate), where=rate < 1)
    own, common = np.zeros((2, len(times), len(pair.lives.groups)))
    for curves in pair.curves:
        there = np.where(inside(curves.lives, curves.window), curves.lives.at_risk, 0.0)
        left = np.where(there > 0, curves.lives.events, 0.0)
        stayed = there * (there - left)
        greenwood = np.cumsum(np.divide(left, stayed, out=np.zeros_like(stayed), where=stayed > 0), axis=0)
        shared = np.cumsum(np.divide(odds, there, out=np.zeros_like(there), where=there > 0), axis=0)
        own += _at(curves.survival**2 * greenwood, curves, times)
        common += _at(np.cumprod(1 - rate, axis=0) ** 2 * shared, curves, times)
    return np.sqrt(np.maximum(np.divide(common, own, out=np.ones_like(own), where=own > 0), 1.0))


@dataclass(frozen=True, eq=False)
class Draws:
    """Independent normal values, and one uniform value of each draw for Student's law.

    Attributes
    ----------
    normal : numpy.ndarray
        Shape (draws, times).
    mixed : numpy.ndarray
        Shape (draws,).
    """

    normal: Floats
    mixed: Floats

    def along(self, spread: Floats, *, known: np.ndarray, df: float) -> Floats:
        """Return draws with the correlation of a course.

        Parameters
        ----------
        spread : numpy.ndarray
            Covariance over times.
        known : numpy.ndarray of bool
            Times whose own error is known; at others draws are independent, which is no less strict (Šidák).
        df : float
            Degrees of freedom; infinite is normal.

        Returns
        -------
        numpy.ndarray
            Shape (draws, times).
        """
        error = np.sqrt(np.where(known, np.diag(spread), 1.0))
        correlation = np.where(np.outer(known, known), spread / np.outer(error, error), 0.0)
        np.fill_diagonal(correlation, 1.0)
        values, vectors = np.linalg.eigh(correlation)
        drawn = self.normal[:, : len(error)] @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
        if np.isfinite(df):
            drawn = drawn / np.sqrt(2 * gammaincinv(df / 2, self.mixed) / df)[:, None]
        return np.asarray(drawn)


def _greatest(course: pd.DataFrame, spread: Floats, draws: Draws, *, floor: float, level: float) -> dict[Any, Any]:
    """The row of the time at which the difference is largest for its standard error."""
    known = course["p_value"].notna().to_numpy() & ~course["suppressed"].to_numpy(bool)
    if not known.any():
        told = course["estimate"].notna().to_numpy()
        return {
            **course.iloc[int(np.argmax(told))].drop("wider").to_dict(),
            "p_beyond": np.nan,
            "times": 0,
            "reach": np.nan,
        }
    rows, spread, df = course[known], spread[np.ix_(known, known)], float(course["df"].iloc[0])
    gap = rows["estimate"].to_numpy(float)
    # nobody, or everybody, of a side has left: the error is the one that the log-rank test implies
    wald = (np.diag(spread) > 0) & np.isclose(rows["std_error"], np.sqrt(np.maximum(np.diag(spread), 0.0)), rtol=1e-6)
    wider = np.where(wald, rows["wider"], 1.0)
    error = rows["std_error"].to_numpy(float) * wider
    drawn = draws.along(spread, known=wald, df=df)
    sizes = np.abs(gap) / error
    best = int(np.argmax(sizes))
    once = float(half_width(level, np.array([df]))[0])
    critical = once if len(gap) == 1 else max(float(np.quantile(np.abs(drawn).max(axis=1), level)), once)
    row, reach = rows.iloc[best], critical / once
    stretch = reach * wider[best]
    low, high = (row["estimate"] + stretch * (row[end] - row["estimate"]) for end in ("ci_low", "ci_high"))
    p_value, p_beyond = (_p_of(gap, error, drawn, floor=each, df=df) for each in (0.0, floor))
    judged = {
        "std_error": error[best],
        "ci_low": low,
        "ci_high": high,
        "p_value": p_value,
        "p_beyond": max(p_beyond, p_value),
    }
    return {**row.drop("wider").to_dict(), **judged, "times": len(gap), "reach": reach}


def _p_of(gap: Floats, error: Floats, drawn: Floats, *, floor: float, df: float) -> float:
    """P-value of the hypothesis that no difference is larger than a floor, at any of the times.

    The largest (|Δ| − f)/se is held against differences of f in the direction seen; never more than the sum over times.
    """
    largest = float(((np.abs(gap) - floor) / error).max())
    bound = float(np.sum(beyond(largest * error + floor, error, floor=floor, df=df)))
    if len(gap) == 1:
        return min(bound, 1.0)
    toward = np.where(gap < 0, -1.0, 1.0) * drawn
    reached = ((toward >= largest) | (toward <= -largest - 2 * floor / error)).any(axis=1)
    return float(min((1 + reached.sum()) / (1 + len(drawn)), bound))
