"""How many more of one group have left for a cause than of all others, the causes competing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.causes import Cause, label_of
from cemlab.stats.intervals import Floats
from cemlab.stats.survival.clustered import CLUSTERED, error_of, notes_of
from cemlab.stats.survival.comparison import of_cause
from cemlab.stats.survival.curves import freedom_of, group_summary, inside
from cemlab.stats.survival.differences import against_rest, by_score, score_statistics
from cemlab.stats.survival.incidence import incidence_contributions, incidence_of
from cemlab.stats.survival.lives import Lives, Window, lives_of, window_of


def incidence_differences(
    lives: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    cause: Cause,
    times: Sequence[float],
    given: float = 0.0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the share of each group that has left for a cause minus that of all others.

    F_g(t) − F_rest(t), both by Aalen and Johansen; Var = the sum of both variances, or clustered; normal or t
    interval and p-value. Never against a total that contains the group. `gray_test` asks of the whole course
    whether groups differ.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table with ``cause``.
    by : sequence of str
        The one group column; any other column that is not the life table's own is refused.
    cause : str or float
        The cause.
    times : sequence of float
        Times at which shares are compared.
    given : float, default 0
        Speak of those still there at this time; 0 for the start that late entry allows.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group, and smallest risk set of a curve.

    Returns
    -------
    Estimates
        Measure ``incidence_difference`` (in percentage points, as a share), one row per group and ``duration``:
        ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``p_value``, ``reason`` (why there is none),
        ``group_value``, ``rest_value``, ``n``, ``n_customers``. A time after a group's or the rest's follow-up
        gives NaN.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, a count is impossible, or an event has no cause.
    ParameterError
        When there is not exactly one group column, no time, nobody left for the cause, or `level` is not in (0, 1).
    InsufficientDataError
        When there are fewer than two groups, no spell, or no group ever has `min_n` at risk.

    References
    ----------
    Aalen, O. O., & Johansen, S. (1978). An empirical transition matrix for non-homogeneous Markov
    chains based on censored observations. Scandinavian Journal of Statistics, 5(3), 141–150.

    Examples
    --------
    >>> lives = pd.DataFrame({"plan": ["a", "a", "b", "b"], "duration": [1, 2, 1, 2], "cause": ["price", None] * 2,
    ...                       "events": [30, 0, 10, 0], "censored": [0, 70, 0, 90]})
    >>> incidence_differences(lives, by=["plan"], cause="price", times=[2]).table[["plan", "estimate"]].round(4).values.tolist()
    [['a', 0.2], ['b', -0.2]]
    """
    table = lives_of(lives, by=by, causes=True)
    of = label_of(cause)
    _check(table, cause=of, times=times)
    own = window_of(table, min_n=min_n, since=given or None)
    rest = table.rest()
    other = Window(own.start, window_of(rest, min_n=0, since=own.start).ends, own.hidden, ())
    asked = [float(time) for time in times]
    at, both = table.causes.index(of), ((table, own), (rest, other))
    sides = [_shares(each, window, asked, cause=at) for each, window in both]
    joint = None
    if table.split:
        parts = [_contributions(each, window, asked, cause=at) for each, window in both]
        df = [freedom_of(each, inside(each, window)) for each, window in both]
        joint = error_of(parts[0] - parts[1]), np.minimum(*df)
    tested = score_statistics(of_cause(table, at), asked, since=own.start)
    rows = against_rest(
        table, asked, sides, tested=tested, level=level, hidden=own.hidden, name="duration", joint=joint
    )
    return Estimates.build(
        rows,
        by=[*table.by, "duration"],
        cells=table.by,
        measure="incidence_difference",
        unit="percentage points",
        level=level,
        method=f"difference from all other groups, Aalen–Johansen, {CLUSTERED if joint else 'Greenwood-type variance'}",
        min_n=min_n,
        better="down",
        notes=(*own.notes, *(notes_of(joint[1][~own.hidden]) if joint else ()), *by_score(rows, sides)),
        parts={"groups": group_summary(table, own)},
    )


def _check(table: Lives, *, cause: str, times: Sequence[float]) -> None:
    if len(table.by) != 1 or not len(times):
        raise ParameterError(
            f"Groups are compared over one group column at chosen times: {len(table.by)} columns and {len(times)} times"
            " were given."
        )
    if len(table.groups) < 2:
        raise InsufficientDataError("A comparison needs two groups with spells: one was found.")
    if cause not in table.causes:
        raise ParameterError(
            f"`cause` must be one for which somebody left: {cause!r} is none of the {len(table.causes)} in the life"
            " table."
        )


def _shares(lives: Lives, window: Window, times: Sequence[float], *, cause: int) -> tuple[Floats, Floats]:
    """Return share and error of the cause at each time, shape (times, groups)."""
    share, error = (each[cause] for each in incidence_of(lives, inside(lives, window)))
    ahead = np.searchsorted(lives.times, times, side="right")
    at, none = np.asarray(times)[:, None], np.zeros((1, share.shape[1]))
    known = (at <= window.ends) & (at >= window.start)
    value, spread = (np.where(known, np.vstack([none, each])[ahead], np.nan) for each in (share, error))
    return value, spread


def _contributions(lives: Lives, window: Window, times: Sequence[float], *, cause: int) -> Floats:
    """What each group of customers contributes to the shares, shape (groups of customers, times, groups)."""
    used, at = inside(lives, window), np.searchsorted(lives.times, times, side="right") - 1
    columns = range(used.shape[1])
    own = [incidence_contributions(lives, used, cause=cause, column=column)[:, at] for column in columns]
    return np.asarray(np.stack(own, axis=2) * (at >= 0)[:, None])
