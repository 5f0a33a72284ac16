"""How a net promoter score moved: one period against the one before, or two windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.results import Estimates
from cemlab.core.suppression import hidden_cells
from cemlab.stats import nps

INDEPENDENT = "The two windows are treated as independent samples."


def consecutive(counts: pd.DataFrame, *, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return each complete period's score minus that of the complete period before it.

    N(period) − N(period before); interval, standard error and p_value from one test with
    pseudo-counts in each period (`intervals.difference`). An incomplete period is compared with
    nothing. Where no answer was given in a period, the last complete one with answers is the one
    before; ``period_before`` names it.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts by ``period``; further group columns are followed each on their own.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published period.

    Returns
    -------
    Estimates
        Measure ``nps_change`` in points; one row per pair: the group columns with ``period`` (the
        later one), ``period_before``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``,
        ``p_value``, ``nps_now``, ``nps_before``, ``n``, ``n_before``, ``n_customers``, ``n_eff``. A
        pair is suppressed where either of its periods is. No row when fewer than two periods are
        complete; a note says so.

    Raises
    ------
    SchemaError
        When there is no column ``period``, or the counts are not as they must be.
    InsufficientDataError
        When there is no answer.

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician,
    70(4), 365–372. doi:10.1080/00031305.2016.1198278

    Examples
    --------
    >>> counts = pd.DataFrame(
    ...     {"period": ["2024-01-01"] * 3 + ["2024-02-01"] * 3, "score": [9, 7, 5] * 2, "n": [40, 35, 25, 50, 30, 20]}
    ... )
    >>> consecutive(counts).table[["period", "estimate", "p_value"]].round(4).values.tolist()
    [['2024-02-01', 15.0, 0.1833]]
    """
    if "period" not in counts:
        raise SchemaError(
            f"A course over time needs the column period: the counts have {', '.join(counts.columns)}. "
            "Count with period=… first."
        )
    groups = _with_hidden(nps.group_counts(counts), by=nps.groups_of(counts), min_n=min_n)
    others = [name for name in nps.groups_of(counts) if name != "period"]
    if "complete" in groups:
        groups = groups.loc[groups["complete"]]
    groups = groups.sort_values([*others, "period"], ignore_index=True)
    before = groups.groupby(others, observed=True).shift() if others else groups.shift()
    paired = before["period"].notna()
    now, before = groups.loc[paired].reset_index(drop=True), before.loc[paired].reset_index(drop=True)
    notes = () if len(now) else ("Fewer than two complete periods hold answers, so no change can be estimated.",)
    return _change(now, before, by=[*others, "period"], level=level, min_n=min_n, notes=notes)


def between(before: pd.DataFrame, after: pd.DataFrame, *, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return each group's score in the later window minus that in the earlier one.

    N(after) − N(before); interval, standard error and p_value from one test with pseudo-counts in
    each window (`intervals.difference`).

    Parameters
    ----------
    before, after : pandas.DataFrame
        Score counts of two windows that do not overlap, with the same group columns.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``nps_change`` in points, with the columns of `consecutive` but ``period_before``;
        one row per group that is in both windows. A group is suppressed where it is in either.

    Raises
    ------
    SchemaError
        When the group columns differ, or the counts are not as they must be.
    InsufficientDataError
        When a window holds no answer, or no group is in both.

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician,
    70(4), 365–372. doi:10.1080/00031305.2016.1198278

    Examples
    --------
    >>> before = pd.DataFrame({"score": [9, 7, 5], "n": [40, 35, 25]})
    >>> after = pd.DataFrame({"score": [9, 7, 5], "n": [50, 30, 20]})
    >>> between(before, after).table[["estimate", "p_value"]].round(4).values.tolist()
    [[15.0, 0.1833]]
    """
    by = nps.groups_of(after)
    if set(by) != set(nps.groups_of(before)):
        raise SchemaError(
            f"Both windows must have the same groups: {', '.join(nps.groups_of(before)) or 'none'} before, "
            f"{', '.join(by) or 'none'} after."
        )
    sides = [_with_hidden(nps.group_counts(counts), by=by, min_n=min_n) for counts in (before, after)]
    keys = by or ["_all"]
    first, last = (side.assign(_all=0).set_index(keys).sort_index() for side in sides)
    common = first.index.intersection(last.index)
    if common.empty:
        raise InsufficientDataError(
            f"A group must be in both windows to be compared: {len(first):,} before and {len(last):,} after share none."
        )
    alone = len(first) + len(last) - 2 * len(common)
    notes = (f"Groups in one window only are not compared: {alone:,}.",) if alone else ()
    one, two = (side.loc[common].reset_index(drop=not by) for side in (first, last))
    return _change(two, one, by=by, level=level, min_n=min_n, notes=notes)


def _with_hidden(groups: pd.DataFrame, *, by: Sequence[str], min_n: int) -> pd.DataFrame:
    """Mark what a table of levels would hide: a published change would give it away."""
    return groups.assign(suppressed=hidden_cells(groups, by=by, n="n_customers", min_n=min_n))


def _change(
    now: pd.DataFrame, before: pd.DataFrame, *, by: list[str], level: float, min_n: int, notes: Sequence[str]
) -> Estimates:
    groups = list(nps.GROUPS)
    first, second = (side[groups].to_numpy(dtype=float).reshape(-1, 3) for side in (now, before))
    table = nps.compared(now[by], first, second, level=level, names=("now", "before"))
    if "period" in before:
        table["period_before"] = before["period"]
    table = table.assign(
        n_customers=np.minimum(now["n_customers"], before["n_customers"]),
        n_eff=now["n"].astype(float),
        suppressed=now["suppressed"].astype(bool) | before["suppressed"].astype(bool),
    )
    both = pd.concat([now, before])[["n", "n_customers"]].astype(float)
    return Estimates.build(
        table, by=by, measure="nps_change", unit="points", method=f"later minus earlier, {nps.TWO_SAMPLE}",
        level=level, min_n=min_n, better="up", notes=(INDEPENDENT, *nps.repeated(both), *notes),
    )  # fmt: skip
