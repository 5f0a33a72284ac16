"""Until which day are ends complete: where they are recorded late, the newest days seem to lose nobody."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cemlab.core.errors import SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats

WINDOWS = (7, 14, 21, 30, 45, 60, 90)
"""Newest days that are looked at together."""
HALF, SURE = 0.5, 0.01
"""Ends are late where even this share of the lowest earlier rate is refuted with this probability."""
GAP, FEWEST_ENDS = 1.5, 10
"""So many times the longest earlier gap between ends, of ten ends at least, is no chance either."""
LONGEST = 120
"""Days over which ends are taken to become complete, at most."""
REFERENCE = 365
DROP = 1.92
"""Fall of the log likelihood at the end of a 95 % interval."""
LATE = "Ends of the newest days are not all recorded yet: evaluation dates lie before them."


def recording_delay(days: pd.DataFrame, *, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return on how many of the newest days ends are not all recorded yet.

    Ends are recorded late where in one of the newest windows of w days so few are seen that half the lowest
    rate of any w days of the year before is refuted: P(Poisson(½·rate· exposure) ≤ seen) < 0.01; or where
    nobody left for 1.5 times the longest such gap of that year (with ten ends at least). Windows that were ever
    empty in that year, as where contracts end on one day of the month, refute nothing. The share recorded then
    is taken to rise evenly from 0 at g days to 1 at a days; g, a and the rate by maximum likelihood, and the
    upper 95 % limit of a (profile likelihood) is what is told.

    Parameters
    ----------
    days : pandas.DataFrame
        From `prepare.cells.ends_by_day`: ``age`` (1 is the day before the as-of day), ``live``, ``ends``.
    level : float, default 0.95
        Kept with the result.
    min_n : int, default 10
        Kept with the result.

    Returns
    -------
    Estimates
        Measure ``recording_delay`` in days; one row: ``estimate`` (days before the as-of day on which ends are
        incomplete; 0 where nothing shows that), ``expected`` (ends of these days at the rate before),
        ``events`` (seen), ``n`` customers.

    Raises
    ------
    SchemaError
        When a column is missing.

    References
    ----------
    Lawless, J. F. (1994). Adjustments for reporting delays and the prediction of occurred but not reported
    events. Canadian Journal of Statistics, 22(1), 15–31. doi:10.2307/3315820

    Examples
    --------
    >>> days = pd.DataFrame({"age": range(1, 501), "live": 1_000})
    >>> whole, late = days.assign(ends=2), days.assign(ends=[0] * 30 + [1] * 30 + [2] * 440)
    >>> [bool(recording_delay(each).table["estimate"].iloc[0] > 50) for each in (whole, late)]
    [False, True]
    """
    missing = [name for name in ("age", "live", "ends") if name not in days]
    if missing:
        raise SchemaError(f"Ends by day need the columns age, live, ends: {', '.join(missing)} missing.")
    rows = days.sort_values("age")
    live, ends = rows["live"].to_numpy(float), rows["ends"].to_numpy(float)
    until, rate = _complete(live, ends) if _late(live, ends) else (0, 0.0)
    row = {
        "estimate": float(until),
        "expected": rate * live[:until].sum(),
        "events": ends[:until].sum(),
        "n": live[:1].sum(),
        "suppressed": False,
        "too_small": False,
    }
    return Estimates.build(
        pd.DataFrame([row]),
        by=[],
        measure="recording_delay",
        unit="days",
        level=level,
        min_n=min_n,
        method="share of ends recorded by age, profile likelihood",
        notes=[LATE] if until else [],
    )


def _late(live: Floats, ends: Floats) -> bool:
    """Whether some of the newest days have fewer than half the ends of any like days of the year before."""
    from scipy.special import gammaincc

    days = np.flatnonzero(ends)
    year = days[days <= (days[0] if len(days) else 0) + REFERENCE]
    if ends[year].sum() >= FEWEST_ENDS and len(year) > 1 and days[0] > GAP * np.diff(year).max():
        return True
    for width in WINDOWS:
        if len(live) < 3 * width:
            break
        seen, there = ends[:width].sum(), live[:width].sum()
        before = slice(width, width + REFERENCE)
        ended, exposed = (np.convolve(each[before], np.ones(width), "valid") for each in (ends, live))
        rates = np.divide(ended, exposed, out=np.full(len(ended), np.inf), where=exposed > 0)
        lowest = float(rates.min()) if np.isfinite(rates).any() else 0.0
        if lowest > 0 and gammaincc(seen + 1, HALF * lowest * there) < SURE:
            return True
    return False


def _complete(live: Floats, ends: Floats) -> tuple[int, float]:
    """From which age on ends are complete, and their rate there."""
    first = int(np.flatnonzero(ends)[0])
    size = min(len(ends), first + 2 * LONGEST)
    age, live, ends = np.arange(1, size + 1), live[:size], ends[:size]
    begin = np.arange(first + 1)
    full = np.arange(1, min(first + LONGEST, size - 1) + 1)
    share = (age - begin[:, None, None]) / np.maximum(full[:, None] - begin[:, None, None], 1)
    share = np.clip(share, 0.0, 1.0)
    exposure = share @ live
    some = ends > 0
    likely = np.log(np.maximum(share[:, :, some], 1e-12)) @ ends[some] - ends.sum() * np.log(
        np.maximum(exposure, 1e-12)
    )
    likely = np.where(full > begin[:, None], likely, -np.inf)
    profile = likely.max(axis=0)
    until = int(full[profile >= profile.max() - DROP].max())
    rate = ends[until:].sum() / max(live[until:].sum(), 1.0)
    return until, float(rate)
