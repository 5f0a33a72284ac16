"""Curves of what is left over time: drawn as steps from their start, with round times below."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from cemlab.core.results import Estimates
from cemlab.show import table as tables

MOST_STEPS = 90
"""More steps than these cannot be told apart at the width of a page."""
_STEPS = {
    "months": (1, 2, 3, 6, 12, 24, 36, 60, 120, 240),
    "days": (1, 2, 5, 7, 10, 14, 30, 60, 90, 180, 365, 730, 1825, 3650),
}

AT_COLUMNS = (
    tables.ratio("duration", label="after", digits=0),
    tables.value(label="still-there"),
    tables.interval(),
    tables.count("at_risk", label="at-risk"),
)
"""Of shares at a few times."""


def axis_times(curve: Estimates, *, clock: str, most: int = 7) -> list[float]:
    """Return round times from 0 to the end of the longest curve.

    Parameters
    ----------
    curve : Estimates
        From ``stats.survival.kaplan_meier`` or ``cumulative_incidence``.
    clock : {"months", "days"}
        Unit of the durations: months fall on years where they can.
    most : int, default 7
        At most so many.

    Returns
    -------
    list of float
        Ascending.
    """
    end = float(curve.table["duration"].max())
    step = next((step for step in _STEPS[clock] if end / step < most), math.ceil(end / (most - 1)))
    return [float(step * place) for place in range(int(end // step) + 1)]


def start_of(curve: Estimates) -> float:
    """Return from when on a curve speaks.

    Parameters
    ----------
    curve : Estimates
        With the part ``groups``.

    Returns
    -------
    float
        0 without late entry.
    """
    start = curve.parts["groups"]["start"].min()
    return 0.0 if pd.isna(start) else float(start)


def from_its_start(curve: Estimates, *, first: float = 1.0) -> Estimates:
    """Return a step function as it is drawn: from its start, with no more steps than can be seen.

    Parameters
    ----------
    curve : Estimates
        By ``duration`` and, before it, any groups.
    first : float, default 1
        Its value at the start.

    Returns
    -------
    Estimates
        A limit that is not known is the estimate.
    """
    by = [name for name in curve.by if name != "duration"]
    parts = [rows for _, rows in curve.table.groupby(by, sort=False)] if by else [curve.table]
    made = pd.concat([_begun(rows, start=start_of(curve), first=first) for rows in parts], ignore_index=True)
    return replace(curve, _table=made, by=("duration", *by), parts={})


def _begun(rows: pd.DataFrame, *, start: float, first: float) -> pd.DataFrame:
    rows = rows.sort_values("duration")
    for name in ("ci_low", "ci_high"):
        rows[name] = rows[name].fillna(rows["estimate"])
    if len(rows) > MOST_STEPS:
        seen = np.linspace(rows["duration"].iloc[0], rows["duration"].iloc[-1], MOST_STEPS)
        rows = rows.iloc[np.unique(np.searchsorted(rows["duration"], seen, side="right") - 1)]
    begin = rows.iloc[:1].assign(duration=start, estimate=first, ci_low=first, ci_high=first)
    hidden = begin["suppressed"].to_numpy(bool)
    return rows if hidden.any() else pd.concat([begin, rows], ignore_index=True)


def medians(halves: Estimates) -> dict[str, float]:
    """Return when half of each group has left, for the marks of a chart.

    Parameters
    ----------
    halves : Estimates
        From ``stats.survival.quantiles``.

    Returns
    -------
    dict of str to float
        Group, empty without groups → its median; NaN where it is not reached.
    """
    rows, by = halves.table, [name for name in halves.by if name != "share_left"]
    names = rows[by[-1]].astype(str) if by else pd.Series([""] * len(rows))
    return dict(zip(names, rows["estimate"].astype(float), strict=True))
