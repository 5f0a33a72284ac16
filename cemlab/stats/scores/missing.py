"""What answers without a score could do to the score."""

from __future__ import annotations

import pandas as pd

from cemlab.core.metrics import NPS, MetricScale
from cemlab.core.results import Estimates
from cemlab.stats.scores.samples import samples_of


def missing_bounds(
    counts: pd.DataFrame,
    *,
    unscored: int,
    metric: MetricScale = NPS,
    weight: float | None = None,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return between which limits the score lies whatever the unscored answers would have been.

    With u the (weighted) share of answers without a usable score, (1 − u)·θ + u·lowest to (1 − u)·θ + u·highest
    score: of ``nps`` (1 − u)·N ∓ 100·u.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts without groups.
    unscored : int
        Answers that gave no score, or one that could not be used.
    metric : MetricScale, default NPS
        The question.
    weight : float, optional
        Their weights' sum, where answers are weighted.
    level : float, default 0.95
        Kept for the page; bounds carry no sampling error.
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``<metric>_bounds``; one row: ``estimate`` (the plain score), ``ci_low`` and
        ``ci_high`` (the bounds), ``unscored_share`` of the weight in 0–1, ``n``, ``n_customers``.

    Raises
    ------
    SchemaError
        When a column is missing, or a score is no code of the scale.
    InsufficientDataError
        When there is no answer.

    References
    ----------
    Manski, C. F. (1989). Anatomy of the selection problem. The Journal of Human Resources, 24(3),
    343–360. doi:10.2307/145818

    Examples
    --------
    >>> counts = pd.DataFrame({"score": [4, 7, 9], "n": [15, 20, 65]})
    >>> missing_bounds(counts, unscored=25).table[["ci_low", "ci_high"]].values.tolist()
    [[20.0, 60.0]]
    """
    samples = samples_of(counts, scale=metric)
    low, high = bounds_of(metric)
    groups, plain = samples.table, metric.factor * samples.column("mean")
    share = unscored / (unscored + groups["n"])
    if weight is not None:
        share = weight / (weight + groups["sum_w"])
    table = groups[["n", "n_customers"]].assign(
        estimate=plain,
        unscored_share=share,
        ci_low=(1 - share) * plain + share * low,
        ci_high=(1 - share) * plain + share * high,
    )
    return Estimates.build(
        table,
        by=[],
        measure=f"{metric.name}_bounds",
        unit=metric.unit,
        method="bounds without any assumption on unscored answers (Manski 1989)",
        level=level,
        min_n=min_n,
        better=metric.better,
    )


def bounds_of(metric: MetricScale) -> tuple[float, float]:
    """Return the lowest and highest score that there can be.

    factor·(smallest, largest worth of an answer).

    Parameters
    ----------
    metric : MetricScale
        The question.

    Returns
    -------
    tuple of (float, float)
        In the metric's unit.

    Examples
    --------
    >>> bounds_of(NPS)
    (-100.0, 100.0)
    """
    worth = metric.worth.values()
    return metric.factor * min(worth), metric.factor * max(worth)
