"""Whether a score rose or fell over all its periods."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import SchemaError
from cemlab.core.metrics import NPS, MetricScale
from cemlab.core.results import Estimates
from cemlab.stats import intervals
from cemlab.stats.change.steps import correlations
from cemlab.stats.intervals import Floats
from cemlab.stats.scores.comparison import adjusted
from cemlab.stats.scores.samples import Samples, samples_of

FEWEST_PERIODS = 3
TOO_FEW = "Fewer than three complete periods hold answers, so no trend can be estimated."
SCATTER = "The periods scatter around the line by more than chance: a straight line is not the whole course."


def trend(
    counts: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    metric: MetricScale = NPS,
    design: pd.DataFrame | None = None,
    shared: pd.DataFrame | None = None,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the change that a straight line through the complete periods shows, first to last.

    Weighted least squares of period scores y_t on the first days x_t, weights the effective answers n*_t:
    slope b = Σk_t·y_t, k_t = n*_t(x_t − x̄)/Σn*_t(x_t − x̄)², x̄ the weighted mean day. The estimate is
    b·(x_last − x_first). Its variance is Σ_s,t k_s·k_t·ρ_st·s_s·s_t, s_t the standard error of y_t with pseudo-answers
    (`scores.comparison.adjusted`), ρ from clusters in two periods (0 without `shared`), with Welch–Satterthwaite
    degrees of freedom. Weights by answers and not by 1/s²: these would lean on the periods that happened to be extreme.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts by ``period``.
    by : sequence of str, default ()
        Group columns besides ``period``, each followed on its own; any other that is not the counts' own is refused.
    metric : MetricScale, default NPS
        The question.
    design, shared : pandas.DataFrame, optional
        Design sums and overlap of the same question, groups and periods.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``<metric>_trend``; one row per group: ``estimate``, ``std_error``, ``ci_low``, ``ci_high``,
        ``p_value``, ``df``, ``per_year`` (the slope), ``at_first`` (the line's level in the first period), ``first`` and
        ``last`` (first days of the periods),
        ``n_periods``, ``scatter_p`` (is the scatter around the line more than chance?), ``n``, ``n_customers``,
        ``n_eff``. No row with fewer than three complete periods; a note says so.

    Raises
    ------
    SchemaError
        When there is no column ``period``, one is unknown, or the counts are not as they must be.
    InsufficientDataError
        When there is no answer.

    References
    ----------
    Cochran, W. G. (1954). Some methods for strengthening the common χ² tests. Biometrics, 10(4),
    417–451. doi:10.2307/3001616

    Examples
    --------
    >>> counts = pd.DataFrame({"period": np.repeat(["2024-01-01", "2024-02-01", "2024-03-01"], 2),
    ...                        "score": [9, 5] * 3, "n": [50, 50, 60, 40, 70, 30]})
    >>> round(float(trend(counts).row()["estimate"]), 1)
    40.0
    """
    if "period" not in counts:
        raise SchemaError(
            f"A trend needs the column period: the counts have {', '.join(counts.columns)}. Count with period=… first."
        )
    others = [by] if isinstance(by, str) else list(by)
    samples = samples_of(counts, by=[*others, "period"], scale=metric, design=design)
    table = samples.table
    kept = table.index[table["complete"]] if "complete" in table else table.index
    chosen = table.loc[kept].sort_values([*others, "period"])
    groups = [part for _, part in chosen.groupby(others, observed=True)] if others else [chosen]
    fits = [_fitted(samples, part, design=design, shared=shared) for part in groups if len(part) >= FEWEST_PERIODS]
    rows = pd.DataFrame(fits, columns=[*others, *_COLUMNS])
    half = intervals.quantile(level, rows["df"].to_numpy(float)) * rows["std_error"].to_numpy(float)
    rows = rows.assign(ci_low=rows["estimate"] - half, ci_high=rows["estimate"] + half)
    notes = [*samples.notes, *([] if fits else [TOO_FEW])]
    notes += [SCATTER] if (rows["scatter_p"] < 0.05).any() else []
    return Estimates.build(
        rows,
        by=others,
        measure=f"{metric.name}_trend",
        unit=metric.difference_unit,
        method="straight line through the complete periods, weighted by answers",
        level=level,
        min_n=min_n,
        better=metric.better,
        notes=notes,
    )


_COLUMNS = (
    "estimate",
    "std_error",
    "p_value",
    "per_year",
    "at_first",
    "first",
    "last",
    "n_periods",
    "scatter_p",
    "n",
    "n_customers",
    "n_eff",
    "df",
)


def _fitted(
    samples: Samples, periods: pd.DataFrame, *, design: pd.DataFrame | None, shared: pd.DataFrame | None
) -> dict[str, object]:
    """The line through one group's periods."""
    rows = periods.index.to_numpy()
    some = samples.take(rows)
    days = (pd.to_datetime(periods["period"]) - pd.Timestamp(periods["period"].iloc[0])).dt.days.to_numpy(float)
    size, score = some.column("n_star"), samples.scale.factor * some.column("mean")
    _, error, df = adjusted(some)
    centred = days - np.average(days, weights=size)
    weight = size * centred / (size * centred**2).sum()
    slope, span = float((weight * score).sum()), days[-1]
    matrix = _correlation(samples, periods, rows, design=design, shared=shared)
    pull = weight * error
    variance = float(pull @ matrix @ pull)
    freedom = (pull**2).sum() ** 2 / (pull**4 / df).sum()
    line = np.average(score, weights=size) + slope * centred
    with np.errstate(divide="ignore", invalid="ignore"):
        scatter = float((((score - line) / error) ** 2).sum())
    from scipy.special import chdtrc

    others = {name: periods[name].iloc[0] for name in samples.by if name != "period"}
    return others | {
        "estimate": slope * span,
        "std_error": span * variance**0.5,
        "p_value": float(intervals.two_sided(slope / variance**0.5, freedom)),
        "per_year": 365.25 * slope,
        "at_first": float(line[0]),
        "first": periods["period"].iloc[0],
        "last": periods["period"].iloc[-1],
        "n_periods": len(periods),
        "scatter_p": float(chdtrc(len(periods) - 2, scatter)),
        "n": int(periods["n"].sum()),
        "n_customers": int(periods["n_customers"].max()),
        "n_eff": float(periods["n_eff"].sum()),
        "df": freedom,
    }


def _correlation(
    samples: Samples,
    periods: pd.DataFrame,
    rows: np.ndarray,
    *,
    design: pd.DataFrame | None,
    shared: pd.DataFrame | None,
) -> Floats:
    """Correlations of all periods with one another."""
    matrix = np.eye(len(rows))
    if not samples.designed or design is None or shared is None:
        return matrix
    late, early = (
        np.array(side) for side in zip(*((j, i) for i, j in itertools.combinations(range(len(rows)), 2)), strict=True)
    )
    others = [name for name in samples.by if name != "period"]
    pairs = periods.iloc[late][[*others, "period"]].assign(other=periods["period"].to_numpy()[early])
    found = correlations(samples, design, shared, pairs=pairs, rows=(rows[late], rows[early]))
    matrix[late, early] = matrix[early, late] = found
    return matrix
