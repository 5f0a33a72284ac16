"""Differences of two scores: of a segment and the rest, and what all comparisons share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.metrics import NPS, Kind, MetricScale
from cemlab.core.results import Estimates
from cemlab.stats import intervals, weighting
from cemlab.stats.intervals import Difference, Floats
from cemlab.stats.scores.samples import Samples, samples_of

TWO_SAMPLE: Mapping[Kind, str] = {
    "net": "difference with pseudo-counts in each sample (Rocks 2016) and Welch's degrees of freedom",
    "share": (
        "difference with two pseudo-answers in each sample (Agresti and Caffo 2000) and Welch's degrees of freedom"
    ),
    "mean": "difference of means, Welch's t",
}
NO_ERROR = "one of its two sides has no standard error"
ONE_GROUP = "Only one group holds answers, so there is no rest to compare it with."


def against_rest(
    counts: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    metric: MetricScale = NPS,
    design: pd.DataFrame | None = None,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return each segment's score minus that of all other answers.

    θ(segment) − θ(rest), never against a total that contains the segment. Interval, standard error
    and p_value come from one test (`differences`). With a design, the covariance of a segment and its
    rest is allowed for: customers may have answered in both.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts.
    by : sequence of str
        The one group column; any other column that is not the counts' own is refused.
    metric : MetricScale, default NPS
        The question.
    design : pandas.DataFrame, optional
        Design sums of the same question and group.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    Estimates
        Measure ``<metric>_difference``; one row per segment: ``estimate`` (the plain difference),
        ``std_error``, ``ci_low``, ``ci_high``, ``p_value``, ``<metric>_segment``, ``<metric>_rest``, ``n``,
        ``n_rest``, ``n_customers``, ``n_eff``. No row, and a note, when there is only one segment.

    Raises
    ------
    ParameterError
        When `by` does not name exactly one group column, or `level` is not in (0, 1).
    SchemaError
        When a column is missing or unknown, a score is no code of the scale, or counts and design do not match.
    InsufficientDataError
        When there is no answer.

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician,
    70(4), 365–372. doi:10.1080/00031305.2016.1198278

    Examples
    --------
    >>> counts = pd.DataFrame(
    ...     {"region": ["N"] * 3 + ["S"] * 3, "score": [9, 7, 5] * 2, "n": [50, 30, 20, 40, 35, 25]}
    ... )
    >>> against_rest(counts, by=["region"]).table[["region", "estimate", "p_value"]].round(4).values.tolist()
    [['N', 15.0, 0.1848], ['S', -15.0, 0.1848]]
    """
    samples = samples_of(counts, by=by, scale=metric, design=design)
    names = list(samples.by)
    if len(names) != 1 or names == ["period"]:
        raise ParameterError(
            f"A comparison with the rest needs one group column other than period: {len(names)} were given "
            f"({', '.join(names) or 'none'}). Count by one column at a time, and name it in `by`."
        )
    alone = len(samples.table) < 2
    rest, correlation = _rest(samples, design, counts)
    table = compared(samples, rest, correlation=correlation, level=level, names=("segment", "rest"))
    table = table.iloc[:0] if alone else table
    return Estimates.build(
        table,
        by=names,
        measure=f"{metric.name}_difference",
        unit=metric.difference_unit,
        method=f"segment minus rest, {TWO_SAMPLE[metric.kind]}",
        level=level,
        min_n=min_n,
        better=metric.better,
        notes=(*samples.notes, *((ONE_GROUP,) if alone else ())),
    )


def compared(
    first: Samples, second: Samples, *, correlation: Floats | float = 0.0, level: float, names: tuple[str, str]
) -> pd.DataFrame:
    """Return the columns of a comparison of two samples, first minus second, row by row.

    θ₁ − θ₂ as the estimate; the rest from `differences`.

    Parameters
    ----------
    first, second : Samples
        As many rows each; the keys are those of the first.
    correlation : numpy.ndarray or float, default 0
        Of the two scores.
    level : float
        Confidence level, in (0, 1).
    names : tuple of (str, str)
        What the two samples are, for the columns ``<metric>_…`` and ``n_…``.

    Returns
    -------
    pandas.DataFrame
        Keys, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``p_value``, ``centre`` and ``df`` of its
        test, ``reason`` (why there is none), ``<metric>_<first>``, ``<metric>_<second>``, ``n`` (of the first),
        ``n_<second>``, ``n_customers``, ``n_eff``.

    Examples
    --------
    >>> one, two = (samples_of(pd.DataFrame({"score": [9, 5], "n": [30, k]}), scale=NPS) for k in (10, 20))
    >>> compared(one, two, level=0.95, names=("now", "before"))[["nps_now", "nps_before", "estimate"]].round(6).values.tolist()
    [[50.0, 20.0, 30.0]]
    """
    scale = first.scale
    test = differences(first, second, correlation=correlation, level=level)
    one, two = scale.factor * first.column("mean"), scale.factor * second.column("mean")
    return first.table[list(first.by)].assign(
        estimate=one - two,
        std_error=test.std_error,
        ci_low=test.low,
        ci_high=test.high,
        p_value=test.p_value,
        centre=test.estimate,
        df=test.df,
        reason=np.where(np.isnan(test.p_value), NO_ERROR, ""),
        **{f"{scale.name}_{names[0]}": one, f"{scale.name}_{names[1]}": two},
        n=first.table["n"],
        **{f"n_{names[1]}": second.table["n"].to_numpy()},
        n_customers=first.table["n_customers"],
        n_eff=first.table["n_eff"],
    )


def differences(
    first: Samples, second: Samples, *, correlation: Floats | float = 0.0, level: float = 0.95
) -> Difference:
    """Return differences of scores with the test that their interval inverts.

    c₁ − c₂ ± t·√(s₁² + s₂² − 2ρs₁s₂), c and s the centre and standard error of each side after adding its
    pseudo-answers (`adjusted`), ρ their correlation, t with Welch's degrees of freedom: with the normal law
    small groups are flagged too often in worlds where nothing differs.

    Parameters
    ----------
    first, second : Samples
        As many rows each.
    correlation : numpy.ndarray or float, default 0
        Of the two scores.
    level : float, default 0.95
        Confidence level, in (0, 1).

    Returns
    -------
    Difference
        In the metric's unit; `estimate` is the adjusted difference; NaN where a side has no interval.

    References
    ----------
    Welch, B. L. (1947). The generalization of 'Student's' problem when several different population
    variances are involved. Biometrika, 34(1–2), 28–35. doi:10.1093/biomet/34.1-2.28

    Examples
    --------
    >>> one, two = (samples_of(pd.DataFrame({"score": [9, 5], "n": [30, k]}), scale=NPS) for k in (10, 20))
    >>> differences(one, two).p_value.round(3).tolist()
    [0.144]
    """
    scale = first.scale
    (one, error_one, df_one), (two, error_two, df_two) = adjusted(first), adjusted(second)
    variance = error_one**2 + error_two**2 - 2 * correlation * error_one * error_two
    with np.errstate(divide="ignore", invalid="ignore"):
        df = (error_one**2 + error_two**2) ** 2 / (error_one**4 / df_one + error_two**4 / df_two)
        error = np.sqrt(np.maximum(variance, 0))
        gap = one - two
        p_value = intervals.two_sided(np.where(error > 0, gap / error, np.nan), df)
    half = intervals.quantile(level, df) * error
    widest = scale.factor * (2 if scale.kind == "net" else 1) if scale.kind != "mean" else scale.high - scale.low
    low, high = (gap - half).clip(-widest, widest), (gap + half).clip(-widest, widest)
    return Difference(gap, error, low, high, p_value, np.asarray(df, dtype=float))


def adjusted(samples: Samples) -> tuple[Floats, Floats, Floats]:
    """Return centre, standard error and degrees of freedom of each score after its pseudo-answers.

    ``nps``: 0.75 promoters, 1.5 passives, 0.75 detractors on n* answers; ``csat``: one answer in and one out of the
    top boxes; ``ces``: none.

    Parameters
    ----------
    samples : Samples
        One row per group.

    Returns
    -------
    numpy.ndarray
        Centres, in the metric's unit.
    numpy.ndarray
        Standard errors.
    numpy.ndarray
        n − 1, or with a design the smaller of n* − 1 and clusters less strata, at least 1; NaN below 10 clusters.

    References
    ----------
    Agresti, A., & Caffo, B. (2000). Simple and effective confidence intervals for proportions and
    differences of proportions result from adding two successes and two failures. The American
    Statistician, 54(4), 280–288. doi:10.1080/00031305.2000.10474560

    Examples
    --------
    >>> centre, error, df = adjusted(samples_of(pd.DataFrame({"score": [9, 7, 5], "n": [65, 20, 15]}), scale=NPS))
    >>> centre.round(3).tolist(), df.tolist()
    ([48.544], [99.0])
    """
    n, mean, scale = samples.column("n_star"), samples.column("mean"), samples.scale
    df = np.maximum(np.minimum(n - 1, samples.column("df")), 1.0)
    if scale.kind == "mean":
        return mean, np.sqrt(samples.column("variance")), df
    if scale.kind == "share":
        centre = (n * mean + 1) / (n + 2)
        return centre, np.sqrt(centre * (1 - centre) / (n + 2)), df
    wald = intervals.wald(samples.shares * n[:, None] + intervals.PSEUDO_COUNTS)
    return wald.estimate, wald.std_error, df


def _rest(samples: Samples, design: pd.DataFrame | None, counts: pd.DataFrame) -> tuple[Samples, Floats | float]:
    """Each segment's rest, and the correlation of the two scores."""
    by = samples.by[0]
    others = counts.groupby("score")[[name for name in ("n", "sum_w", "sum_w2") if name in counts]].sum()
    keys = samples.table[by]
    own = counts.groupby([by, "score"], observed=True)[list(others)].sum()
    full = pd.MultiIndex.from_product([keys, others.index], names=[by, "score"])
    own = own.reindex(full, fill_value=0)
    rest = others.reindex(full, level="score") - own
    # weights leave a rounding rest where nothing is left
    rest = rest.where(rest["n"] > 0, 0).reset_index()
    if len(keys) < 2:
        return samples, 0.0
    if not samples.designed:
        return samples_of(rest, by=[by], scale=samples.scale), 0.0
    source = design if design is not None else weighting.of_counts(counts, samples.by, samples.scale.worth)
    sums, covariance = weighting.rest_of(source, samples.by)
    found = samples_of(rest, by=[by], scale=samples.scale, design=sums)
    if not found.designed:
        return found, 0.0
    product = np.sqrt(samples.column("variance") * found.column("variance"))
    with np.errstate(divide="ignore", invalid="ignore"):
        return found, np.where(product > 0, covariance / product, 0.0)
