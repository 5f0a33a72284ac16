"""A trend at a constant mix of segments, and what a change of the mix adds to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.metrics import NPS, MetricScale
from cemlab.core.results import Estimates
from cemlab.stats import intervals
from cemlab.stats.change.trends import FEWEST_PERIODS
from cemlab.stats.intervals import Floats
from cemlab.stats.scores.samples import samples_of

NOT_FOLLOWED = (
    "No segment has answers in several of at least three complete periods, so that no trend at a constant mix can be"
    " estimated."
)
_PSEUDO = 3.0
"""Answers with the common variance that are added to those of a segment: a few answers that agree do not pass for certainty."""


def constant_mix(
    counts: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    metric: MetricScale = NPS,
    design: pd.DataFrame | None = None,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the trend at a constant mix of segments, and the rest of the trend, which the mix makes.

    Each segment k keeps its own level: y_kt = a_k + b·x_t, so b = Σc_kt·y_kt, c_kt = n_kt(x_t − x̄_k)/Σn_kt(x_t
    − x̄_k)², x̄_k the mean day of the segment's answers. A mix that changes cannot move b, nor can a segment
    that joins late, of which there is no earlier score to standardise with. Where each segment has the same
    share in every period, b is the slope of the directly standardised score. The raw slope is
    Σk_t·Σ_k(n_kt/n_t)y_kt as in `trend`; raw − b is the part of the mix. Var = Σ coefficient²·v_k/n_kt, v_k the
    variance of one answer within segment and period (n_kt effective); the part of the mix also holds chance in
    the mix itself, Σk_t²·v_between/n_t. Answers of one customer in several periods are taken as independent
    here, which makes the interval of a trend wider rather than narrower.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts by ``period`` and one segment column.
    by : sequence of str
        The segment column.
    metric : MetricScale, default NPS
        The question.
    design : pandas.DataFrame, optional
        Design sums of the same question, segments and periods.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published total.

    Returns
    -------
    Estimates
        Measure ``<metric>_trend``; one row per ``part``, ``constant mix`` and ``change of mix``: ``estimate``
        (first complete period to the last), ``std_error``, ``ci_low``, ``ci_high``, ``p_value``, ``df``,
        ``raw`` (their sum), ``n``, ``n_customers``. No row, and a note, where there are fewer than three
        complete periods, one segment, or no segment in two periods.

    Raises
    ------
    ParameterError
        When `by` does not name exactly one column.
    SchemaError
        When there is no column ``period``, or the counts are not as they must be.
    InsufficientDataError
        When there is no answer.

    References
    ----------
    Kitagawa, E. M. (1955). Components of a difference between two rates. Journal of the American Statistical
    Association, 50(272), 1168–1194. doi:10.1080/01621459.1955.10501299

    Examples
    --------
    >>> cells = pd.MultiIndex.from_product([["2024-01-01", "2024-02-01", "2024-03-01"], ["old", "new"], [9, 5]], names=["period", "branch", "score"])
    >>> counts = pd.DataFrame({"n": [80, 20, 10, 10, 60, 15, 30, 30, 40, 10, 50, 50]}, index=cells).reset_index()
    >>> constant_mix(counts, by=["branch"]).table["estimate"].round(1).abs().tolist()
    [0.0, 29.9]
    """
    names = [by] if isinstance(by, str) else list(by)
    if len(names) != 1 or "period" not in counts:
        raise (ParameterError if len(names) != 1 else SchemaError)(
            f"A constant mix needs one segment column and the column period: {len(names)} segment columns were given,"
            f" and the counts have {', '.join(counts.columns)}."
        )
    samples = samples_of(counts, by=[*names, "period"], scale=metric, design=design)
    cells = samples.table
    cells = cells.loc[cells["complete"]] if "complete" in cells else cells
    periods = cells["period"].nunique()
    rows = _parts(cells.reset_index(drop=True), name=names[0]) if periods >= FEWEST_PERIODS else pd.DataFrame()
    if rows.empty or cells[names[0]].nunique() < 2:
        rows = pd.DataFrame(columns=["part", "estimate", "std_error", "p_value", "df", "raw", "n", "n_customers"])
    factor = samples.scale.factor
    rows[["estimate", "std_error", "raw"]] = rows[["estimate", "std_error", "raw"]].astype(float) * factor
    half = intervals.quantile(level, rows["df"].to_numpy(float)) * rows["std_error"].to_numpy(float)
    return Estimates.build(
        rows.assign(ci_low=rows["estimate"] - half, ci_high=rows["estimate"] + half),
        by=["part"],
        cells=[],
        measure=f"{metric.name}_trend",
        unit=metric.difference_unit,
        level=level,
        min_n=min_n,
        better=metric.better,
        method=(
            f"straight line through the complete periods with a level for each {names[0]}; the rest of the raw trend is"
            " the part of the mix"
        ),
        notes=() if len(rows) else (NOT_FOLLOWED,),
    )


def _parts(cells: pd.DataFrame, *, name: str) -> pd.DataFrame:
    """The two parts of the trend in the unit of an answer's worth; empty where no segment is in two periods."""
    day = (pd.to_datetime(cells["period"]) - pd.to_datetime(cells["period"].min())).dt.days.to_numpy(float)
    size, weight, score = (cells[column].to_numpy(float) for column in ("n_star", "sum_w", "mean"))
    segment, step = cells[name], cells["period"]
    own = day - _mean(day, size, segment)
    leverage = float((size * own**2).sum())
    if not leverage > 0:
        return pd.DataFrame()
    within = size * own / leverage
    # the raw slope: periods by their answers, segments in a period by their weights
    total = _sum(size, step)
    centred = day - np.average(day, weights=size)
    pull = total * centred / float((size * centred**2).sum())
    raw = pull * weight / _sum(weight, step)
    spread = _spread(cells, segment)
    level = _mean(score, size, segment)
    between = float(np.average((level - np.average(level, weights=size)) ** 2, weights=size))
    chance = float(((pull**2 / total)[~step.duplicated()]).sum()) * between
    span, df = float(day.max()), max(float(size.sum()) - segment.nunique() - 1, 1.0)
    found = []
    for part, each, more in (("constant mix", within, 0.0), ("change of mix", raw - within, chance)):
        error = float(np.sqrt((each**2 * spread / size).sum() + more))
        slope = float((each * score).sum())
        found.append(
            {
                "part": part,
                "estimate": span * slope,
                "std_error": span * error,
                "df": df,
                "p_value": float(intervals.two_sided(slope / error, df)) if error > 0 else np.nan,
            }
        )
    people = int(cells.groupby(name, observed=True)["n_customers"].max().sum())
    return pd.DataFrame(found).assign(
        raw=span * float((raw * score).sum()), n=int(cells["n"].sum()), n_customers=people
    )


def _spread(cells: pd.DataFrame, segment: pd.Series) -> Floats:
    """Variance of one answer within its segment and period, pooled over periods and drawn a little to that of all segments."""
    n, size = cells["n"].to_numpy(float), cells["n_star"].to_numpy(float)
    squares, free = (
        _sum(size * cells["spread"].to_numpy(float), segment),
        _sum(np.maximum(size - size / n, 0.0), segment),
    )
    first = ~segment.duplicated()
    common = float(squares[first].sum() / max(float(free[first].sum()), 1.0))
    return np.asarray((squares + _PSEUDO * common) / (free + _PSEUDO))


def _sum(values: Floats, groups: pd.Series) -> Floats:
    """The sum of each row's group."""
    return pd.Series(values, index=groups.index).groupby(groups, observed=True).transform("sum").to_numpy(float)


def _mean(values: Floats, size: Floats, groups: pd.Series) -> Floats:
    """The weighted mean of each row's group."""
    return np.asarray(_sum(values * size, groups) / _sum(size, groups))
