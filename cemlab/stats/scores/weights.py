"""What weights do to a score: the paired test of weighted against unweighted, and what they cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cemlab.core.errors import SchemaError
from cemlab.core.metrics import NPS, MetricScale
from cemlab.core.results import Estimates
from cemlab.stats import intervals, weighting
from cemlab.stats.scores.samples import samples_of

ROUNDING = 1e-13
"""Share of the two variances below which that of the difference is rounding."""


def weighting_effect(
    counts: pd.DataFrame,
    *,
    design: pd.DataFrame,
    paired: pd.DataFrame,
    metric: MetricScale = NPS,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the weighted score minus the unweighted one of the same answers, with the paired test of no difference.

    θ_w − θ_u, both ratios over the same clusters: variance V_w + V_u − 2·Σ_h n_h/(n_h − 1)·(Σuv − ΣuΣv/n_h), u
    and v their linearised values; t with clusters less strata degrees of freedom below 100 clusters. The two
    scores share every answer, so their own intervals do not tell whether they differ.

    Parameters
    ----------
    counts : pandas.DataFrame
        Weighted score counts without groups.
    design : pandas.DataFrame
        Design sums of the same answers.
    paired : pandas.DataFrame
        From ``prepare.responses.weighting_sums`` of the same answers.
    metric : MetricScale, default NPS
        The question.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``<metric>_weighting``; one row: ``estimate``, ``std_error``, ``ci_low``, ``ci_high``,
        ``p_value``, ``n``, ``n_customers``, ``n_eff`` (Kish: (Σw)²/Σw²) and ``largest_weight_share`` (of the
        total weight). No interval below 10 clusters.

    Raises
    ------
    SchemaError
        When a column is missing, or the sums are not of the same answers.
    InsufficientDataError
        When there is no answer.

    References
    ----------
    Korn, E. L., & Graubard, B. I. (1999). Analysis of Health Surveys, section 4.4. Wiley. doi:10.1002/9781118032619
    Kish, L. (1965). Survey Sampling. Wiley.

    Examples
    --------
    >>> effect = weighting_effect(counts, design=design, paired=paired)  # doctest: +SKIP
    """
    samples = samples_of(counts, scale=metric, design=design)
    total = float(samples.table["sum_w"].iloc[0])
    _check(paired, n=int(samples.table["n"].iloc[0]), total=total)
    one, two = weighting.linearise(design, []), weighting.linearise(paired, [])
    few = one.n_clusters < weighting.FEWEST
    variance = one.variance + two.variance - 2 * _covariance(design, paired)
    # equal weights leave a rounding rest of no unit
    variance = np.where(variance > ROUNDING * (one.variance + two.variance), variance, 0.0)
    error = np.where(few, np.nan, metric.factor * np.sqrt(variance))
    df = np.where(one.n_clusters < 100, one.df, np.inf)
    gap = metric.factor * (one.mean - two.mean)
    half = intervals.quantile(level, df) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = intervals.two_sided(np.where(error > 0, gap / error, np.nan), df)
    table = samples.table[["n", "n_customers", "n_eff"]].assign(
        estimate=gap,
        std_error=error,
        ci_low=gap - half,
        ci_high=gap + half,
        p_value=p_value,
        largest_weight_share=float(paired["largest_w"].max()) / total,
    )
    return Estimates.build(
        table,
        by=[],
        measure=f"{metric.name}_weighting",
        unit=metric.difference_unit,
        method="weighted minus unweighted score of the same answers, Taylor linearisation from cluster totals",
        level=level,
        min_n=min_n,
        notes=samples.notes,
    )


def _check(paired: pd.DataFrame, *, n: int, total: float) -> None:
    """Raise unless paired sums are of as many answers, and of the same weights."""
    weighting.checked(paired, [], needed=weighting.PAIRED)
    same = np.isclose(paired["sum_w"].sum(), total, rtol=weighting.SAME, atol=0)
    if int(paired["n"].sum()) != n or not same:
        raise SchemaError(
            f"Paired sums must be of the same answers and weights as the counts: {int(paired['n'].sum()):,} there,"
            f" {n:,} here. Ask both with the same window, survey and weights."
        )


def _covariance(design: pd.DataFrame, paired: pd.DataFrame) -> float:
    """Of the weighted and the unweighted score."""
    weighted, plain = (sums.set_index(weighting.STRATUM) for sums in (design, paired))
    products = plain[[f"cross_{pair}" for pair in ("aa", "ab", "ba", "bb")]].set_axis(["aa", "ab", "ba", "bb"], axis=1)
    return float(weighting.covariance_parts(weighted, plain, products).sum())
