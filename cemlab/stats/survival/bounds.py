"""How far those whose end was not seen could move a curve."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cemlab.core.results import Estimates
from cemlab.stats.survival.curves import at

METHOD = "Kaplan–Meier; bounds: all who were lost from sight before left at once, or all stayed"


def censoring_bounds(
    lives: pd.DataFrame,
    time: float,
    *,
    by: Sequence[str] = (),
    given: float = 0.0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the share still there with the bounds that hold whatever became of those lost from sight.

    Low: every spell censored before t counts as an event there; high: it stays until t. No assumption
    on why spells are lost from sight is left; sampling error is not in the bounds.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table, as for `kaplan_meier`.
    time : float
        t, in the unit of the durations.
    by : sequence of str, default ()
        Group columns; any other column that is not the life table's own is refused.
    given : float, default 0
        Speak of those still there at this time; 0 for the start that late entry allows.
    level : float, default 0.95
        Confidence level, in (0, 1), kept with the result.
    min_n : int, default 10
        Smallest number of customers in a published group, and smallest risk set of a curve.

    Returns
    -------
    Estimates
        Measure ``survival_bounds`` as a share; one row per group and ``duration`` with ``estimate``
        (Kaplan–Meier), ``ci_low`` and ``ci_high`` (the bounds), ``at_risk``, ``n``, ``n_customers``; NaN after
        the end of the group's curve.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, or a count is impossible.
    InsufficientDataError
        When there is no spell, or no group ever has `min_n` at risk.
    ParameterError
        When the time is negative, or `level` is not in (0, 1).

    References
    ----------
    Peterson, A. V. (1976). Bounds for a joint distribution function with fixed sub-distribution functions:
    application to competing risks. Proceedings of the National Academy of Sciences, 73(1), 11–13.
    doi:10.1073/pnas.73.1.11

    Examples
    --------
    >>> lives = pd.DataFrame({"duration": [1, 2], "events": [10, 9], "censored": [10, 71]})
    >>> censoring_bounds(lives, 2).table[["estimate", "ci_low", "ci_high"]].round(4).values.tolist()
    [[0.7988, 0.71, 0.81]]
    """
    lives = lives.drop(columns="cause", errors="ignore").assign(entered=lives.get("entered", 0))
    lost = lives["censored"].where(lives["duration"] < time, 0)
    kept = lives.assign(censored=lives["censored"] - lost)
    stayed = lives.assign(duration=float(time), events=0, entered=0, censored=lost).loc[lost > 0]
    sides = {
        "ci_low": kept.assign(events=kept["events"] + lost),
        "ci_high": pd.concat([kept, stayed], ignore_index=True),
    }
    known = at(lives, [time], by=by, given=given, level=level, min_n=min_n)
    start = min(float(known.parts["groups"]["start"].min()), time)
    table = known.table.drop(columns=["std_error", "suppressed", "too_small"])
    keys = [*known.by]
    for name, side in sides.items():
        found = at(side, [time], by=by, given=start, level=level, min_n=0).table
        table = table.drop(columns=name).merge(found[[*keys, "estimate"]].rename(columns={"estimate": name}), on=keys)
    table[["ci_low", "ci_high"]] = table[["ci_low", "ci_high"]].where(table["estimate"].notna(), float("nan"))
    return Estimates.build(
        table,
        by=keys,
        cells=[name for name in keys if name != "duration"],
        measure="survival_bounds",
        unit="share",
        method=METHOD,
        level=level,
        min_n=min_n,
        better="up",
        notes=known.notes,
    )
