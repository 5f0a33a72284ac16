"""Why customers leave: the share that has left for each cause, when the causes compete."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats
from cemlab.stats.survival.clustered import CLUSTERED, error_of, half_width, notes_of
from cemlab.stats.survival.curves import freedom_of, group_summary, inside, keys_of
from cemlab.stats.survival.lives import Lives, lives_of, window_of


def cumulative_incidence(
    lives: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    times: Sequence[float] = (),
    given: float = 0.0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the share that has left for each cause, the other causes competing.

    F_k(t) = Σ S(s−)·d_k/Y (Aalen–Johansen); the shares of all causes and of those still there sum to 1. Variance:
    the multinomial errors of the increments d_k/Y carried forward (Greenwood-type); without late entry it equals the
    infinitesimal jackknife. Interval F^exp(±z·se/(F·log F)).

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table with ``cause``; every event has one.
    by : sequence of str, default ()
        Group columns; any other column that is not the life table's own is refused.
    times : sequence of float, default ()
        At each of these times; default wherever somebody left or was last seen.
    given : float, default 0
        Speak of those still there at this time; 0 for the start that late entry allows.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group, and smallest risk set of a curve.

    Returns
    -------
    Estimates
        Measure ``cumulative_incidence`` as a share; one row per group, ``cause`` and ``duration`` with
        ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``at_risk``, ``events`` of the cause,
        ``overstated`` (1 − Kaplan–Meier with other causes taken as censoring: the figure not to use),
        ``followed`` (False where the group's curve does not reach the time: no estimate), ``n``,
        ``n_customers``. Parts: ``log`` (log interval), ``groups``.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, a count is impossible, or an event has no cause.
    InsufficientDataError
        When there is no spell, or no group ever has `min_n` at risk.
    ParameterError
        When a time is negative, or `level` is not in (0, 1).

    References
    ----------
    Aalen, O. O., & Johansen, S. (1978). An empirical transition matrix for non-homogeneous Markov
    chains based on censored observations. Scandinavian Journal of Statistics, 5(3), 141–150.

    Examples
    --------
    >>> lives = pd.DataFrame({"duration": [1, 1, 2], "cause": ["price", "moved", None], "events": [10, 20, 0],
    ...                       "censored": [0, 0, 70]})
    >>> cumulative_incidence(lives, times=[2]).table[["cause", "estimate"]].values.tolist()
    [['moved', 0.2], ['price', 0.1]]
    """
    if any(time < 0 for time in times):
        raise ParameterError(f"Times must be at least 0: {sum(time < 0 for time in times)} of {len(times)} are not.")
    table = lives_of(lives, by=by, causes=True)
    window = window_of(table, min_n=min_n, since=given or None)
    used = inside(table, window)
    share, error = incidence_of(table, used)
    df = freedom_of(table, used)
    naive = 1 - np.cumprod(np.where(used, 1 - _rates(table, used), 1.0), axis=1)
    cause, row, column, at = _asked(table, used, times)
    followed = (at >= window.start) & (at <= window.ends[column])
    value, spread, overstated = (
        np.where(followed, np.where(row >= 0, each[cause, row, column], 0.0), np.nan) for each in (share, error, naive)
    )
    keys = keys_of(table, column).assign(cause=np.array(table.causes, dtype=object)[cause], duration=at)
    exact = table.times[row] == at
    low, high = _limits(value, spread, level=level, df=df[column])
    rows = keys.assign(
        estimate=value,
        std_error=spread,
        ci_low=low,
        ci_high=high,
        at_risk=np.where(followed, _at_risk(table, at, column), np.nan),
        events=np.where(followed, np.where(exact, table.events_by_cause[cause, row, column], 0.0), np.nan),
        overstated=overstated,
        followed=followed,
        n=table.spells[column],
        n_customers=table.customers[column],
        suppressed=window.hidden[column],
    )
    half = half_width(level, df[column]) * np.divide(spread, value, out=np.full_like(value, np.nan), where=value > 0)
    logs = keys.assign(
        estimate=value, std_error=spread, ci_low=value * np.exp(-half), ci_high=np.minimum(value * np.exp(half), 1)
    )
    return Estimates.build(
        rows,
        by=[*table.by, "cause", "duration"],
        cells=table.by,
        measure="cumulative_incidence",
        unit="share",
        level=level,
        method=f"Aalen–Johansen, {CLUSTERED if table.split else 'Greenwood-type variance'}, log-log interval",
        min_n=min_n,
        better="down",
        notes=(*window.notes, *notes_of(df[~window.hidden])),
        parts={"log": logs, "groups": group_summary(table, window)},
    )


def incidence_of(lives: Lives, used: np.ndarray) -> tuple[Floats, Floats]:
    """Return the cumulative incidence of each cause and its standard error at every time.

    Parameters
    ----------
    lives : Lives
        With causes.
    used : numpy.ndarray
        Which times of each group belong to its curve, shape (T, G).

    Returns
    -------
    numpy.ndarray
        Shares, shape (K, T, G).
    numpy.ndarray
        Standard errors, shape (K, T, G).
    """
    share, error = carried(_rates(lives, used), np.where(used & (lives.at_risk > 0), lives.at_risk, 1.0))
    if lives.split is None:
        return share, error
    clustered = [
        [error_of(incidence_contributions(lives, used, cause=cause, column=column)) for column in range(share.shape[2])]
        for cause in range(len(share))
    ]
    return share, np.moveaxis(np.array(clustered), 1, 2) + 0 * freedom_of(lives, used)


def incidence_contributions(lives: Lives, used: np.ndarray, *, cause: int, column: int) -> Floats:
    """Return what each group of customers contributes to the cumulative incidence of a cause.

    Parameters
    ----------
    lives : Lives
        With causes, and says whose spells are whose.
    used : numpy.ndarray
        Which times of each group belong to its curve, shape (T, G).
    cause, column : int
        Positions of the cause and of the group.

    Returns
    -------
    numpy.ndarray
        Shape (groups of customers, T); without any where spells are taken as independent.
    """
    if lives.split is None:
        return np.zeros((0, len(lives.times)))
    return lives.split.of(column).of_incidence(
        lives.at_risk[:, column],
        lives.events[:, column],
        used[:, column],
        cause=cause,
        own=lives.events_by_cause[cause, :, column],
    )


def carried(rates: Floats, at_risk: Floats) -> tuple[Floats, Floats]:
    """Return cumulative incidence and its standard error from the shares that leave at each time.

    Parameters
    ----------
    rates : numpy.ndarray
        d_k/Y, shape (K, T, G).
    at_risk : numpy.ndarray
        Y, above 0, shape (T, G).

    Returns
    -------
    numpy.ndarray
        Shares, shape (K, T, G).
    numpy.ndarray
        Standard errors, shape (K, T, G).
    """
    stay = 1 - rates.sum(axis=0)
    after = np.cumprod(stay, axis=0)
    before = np.vstack([np.ones((1, after.shape[1])), after[:-1]])
    share = np.cumsum(before * rates, axis=1)
    if len(rates) == 1:
        # One cause: Greenwood's sum is the same, and needs no step by step.
        parts = np.divide(rates[0], at_risk * stay, out=np.zeros_like(stay), where=stay > 0)
        return share, after[None] * np.sqrt(np.cumsum(parts, axis=0))[None]
    variance, tied, alone = np.zeros(share.shape), np.zeros((len(rates), rates.shape[2])), np.zeros(rates.shape[2])
    total = np.zeros(tied.shape)
    for t in range(rates.shape[1]):
        rate, left, scale = rates[:, t], 1 - stay[t], before[t] ** 2 / at_risk[t]
        # Delta method for F + S·a: S, F and the new increments a, which are independent of the past.
        total = total + 2 * rate * tied + rate**2 * alone + scale * rate * (1 - rate)
        tied = stay[t] * (tied + rate * alone) - scale * rate * (1 - left)
        alone = stay[t] ** 2 * alone + scale * left * (1 - left)
        variance[:, t] = total
    return share, np.sqrt(np.maximum(variance, 0.0))


def _rates(lives: Lives, used: np.ndarray) -> Floats:
    return np.asarray(
        np.where(used & (lives.at_risk > 0), lives.events_by_cause, 0.0)
        / np.where(lives.at_risk > 0, lives.at_risk, 1.0)
    )


def _asked(lives: Lives, used: np.ndarray, times: Sequence[float]) -> tuple[np.ndarray, ...]:
    """Return cause, row on the grid (−1 before it), group and time of every row of the table, in this order of keys."""
    shown = [
        np.asarray(sorted(set(times)), dtype=float) if times else lives.times[mask]
        for mask in (used & (lives.events + lives.censored > 0)).T
    ]
    column = np.concatenate([np.full(len(each) * len(lives.causes), g) for g, each in enumerate(shown)]).astype(int)
    cause = np.concatenate([np.repeat(np.arange(len(lives.causes)), len(each)) for each in shown]).astype(int)
    at = np.concatenate([np.tile(each, len(lives.causes)) for each in shown])
    return cause, np.searchsorted(lives.times, at, side="right") - 1, column, at


def _at_risk(lives: Lives, at: Floats, column: np.ndarray) -> Floats:
    risk = np.vstack([lives.at_risk, np.zeros((1, lives.at_risk.shape[1]))])
    return np.asarray(risk[np.searchsorted(lives.times, at, side="left"), column])


def _limits(share: Floats, error: Floats, *, level: float, df: Floats) -> tuple[Floats, Floats]:
    known = (share > 0) & (share < 1)
    value = np.where(known, share, 0.5)
    half = half_width(level, df) * np.where(known, error, 0.0) / (value * np.abs(np.log(value)))
    low, high = value ** np.exp(half), value ** np.exp(-half)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)
