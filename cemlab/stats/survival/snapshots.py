"""What a snapshot allows: the share of those present who left in its window, and no curve from the start."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cemlab.core.results import Estimates
from cemlab.stats.survival.clustered import REPLICATE
from cemlab.stats.survival.curves import at
from cemlab.stats.survival.lives import COLUMNS


def one_step(lives: pd.DataFrame) -> pd.DataFrame:
    """Return a life table whose only time is the window of a snapshot: who left in it, and who did not.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table, as for `kaplan_meier`.

    Returns
    -------
    pandas.DataFrame
        The other columns, ``duration`` (1), ``events``, ``censored``, and ``n_customers`` where the life table has it.

    Examples
    --------
    >>> lives = pd.DataFrame({"duration": [6, 7, 30], "events": [10, 9, 1], "censored": [0, 30, 50]})
    >>> one_step(lives).to_dict("records")
    [{'duration': 1, 'events': 20, 'censored': 80}]
    """
    groups = [name for name in lives.columns if name not in COLUMNS or name == REPLICATE]
    counted = {"events": "sum", "censored": "sum"} | ({"n_customers": "max"} if "n_customers" in lives else {})
    whole = lives.assign(duration=1).groupby([*groups, "duration"], dropna=False, observed=True, as_index=False)
    return whole.agg(counted)


def share_left(lives: pd.DataFrame, *, by: Sequence[str] = (), level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return the share of spells that ended, whenever that was: of a snapshot, or so far.

    1 − S after the one step: d/n, with the log-log interval of S.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table.
    by : sequence of str, default ()
        Its group columns.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``share_left`` as a share; one row per group with ``estimate``, ``std_error``, ``ci_low``, ``ci_high``,
        ``n``, ``n_customers``.

    Raises
    ------
    SchemaError
        When a column is missing or a count is impossible.
    InsufficientDataError
        When there are fewer than `min_n` spells.
    ParameterError
        When `level` is not in (0, 1).

    Examples
    --------
    >>> lives = pd.DataFrame({"duration": [6, 7, 30], "events": [10, 9, 1], "censored": [0, 30, 50]})
    >>> share_left(lives).table[["estimate", "std_error"]].round(3).values.tolist()
    [[0.2, 0.04]]
    """
    stayed = at(one_step(lives), [1.0], by=list(by), level=level, min_n=min_n)
    table = stayed.table.drop(columns=["duration", "followed", "at_risk"])
    table = table.assign(estimate=1 - table["estimate"], ci_low=1 - table["ci_high"], ci_high=1 - table["ci_low"])
    return Estimates.build(
        table.drop(columns=["suppressed", "too_small"], errors="ignore"),
        by=list(by),
        measure="share_left",
        unit="share",
        method="share of spells that ended, log-log interval",
        level=level,
        min_n=min_n,
        better="down",
    )
