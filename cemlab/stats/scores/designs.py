"""The same answers under other assumptions on how they were drawn."""

from __future__ import annotations

import pandas as pd

from cemlab.core.metrics import NPS, MetricScale
from cemlab.core.results import HIDDEN, Estimates
from cemlab.stats import weighting
from cemlab.stats.scores.levels import estimate

PLAIN, WEIGHTS, STRATA, CLUSTERS = "each answer once", "weights", "strata", "clusters"


def by_design(
    counts: pd.DataFrame,
    *,
    design: pd.DataFrame,
    strata: pd.DataFrame | None = None,
    clusters: pd.DataFrame | None = None,
    metric: MetricScale = NPS,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the score of all answers under each assumption on weights, strata and clusters.

    As `estimate`, with the design left out, taken in part, and taken as it is.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts without groups.
    design : pandas.DataFrame
        Design sums of the same question.
    strata : pandas.DataFrame, optional
        Score counts by ``stratum``, for strata without clusters.
    clusters : pandas.DataFrame, optional
        Design sums without strata (`prepare.responses.unstratified_sums`), for clusters alone.
    metric : MetricScale, default NPS
        The question.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``<metric>_design``; one row per ``assumption`` that these answers allow (the last is the design
        as it is): ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``deff`` (variance over that of as many
        answers drawn at random), ``n``, ``n_customers``, ``n_eff``.

    Raises
    ------
    SchemaError
        When a column is missing, a score is no code of the scale, or counts and design do not match.
    InsufficientDataError
        When there is no answer.

    References
    ----------
    Kish, L. (1965). Survey Sampling. Wiley.

    Examples
    --------
    >>> counts = pd.DataFrame({"score": [9, 5], "n": [30, 20], "sum_w": [30.0, 40.0], "sum_w2": [30.0, 80.0]})
    >>> found = by_design(counts, design=weighting.of_counts(counts, [], NPS.worth))
    >>> found.table[["assumption", "estimate"]].round(2).values.tolist()
    [['each answer once', 20.0], ['weights', -14.29]]
    """
    weighted = weighting.unequal(counts["sum_w"], counts["sum_w2"], counts["n"])
    clustered = bool((design["n_clusters"] < design["n"]).any())
    stratified = len(set(design[weighting.STRATUM])) > 1
    first = [WEIGHTS] if weighted else []
    chosen: list[tuple[str, pd.DataFrame, pd.DataFrame | None]] = []
    chosen.append((PLAIN, counts.drop(columns=["sum_w", "sum_w2"], errors="ignore"), None))
    chosen += [(WEIGHTS, counts, None)] if weighted else []
    if stratified and strata is not None:
        chosen.append((_words([*first, STRATA]), counts, _stratified(strata, metric)))
    if clustered and clusters is not None:
        chosen.append((_words([*first, CLUSTERS]), counts, clusters))
    if clustered and (stratified or clusters is None):
        chosen.append((_words([*first, *([STRATA] if stratified else []), CLUSTERS]), counts, design))
    rows = [
        estimate(part, metric=metric, design=sums, level=level, min_n=1).table.assign(assumption=words)
        for words, part, sums in chosen
    ]
    table = pd.concat(rows, ignore_index=True).drop(columns=list(HIDDEN))
    kept = ["assumption", "estimate", "std_error", "ci_low", "ci_high", "n", "n_customers", "n_eff"]
    table = table.assign(deff=table.get("deff", 1.0)).fillna({"deff": 1.0})
    return Estimates.build(
        table[[*kept, "deff"]],
        by=["assumption"],
        cells=[],
        measure=f"{metric.name}_design",
        unit=metric.unit,
        method="the same answers with the design left out, in part, and as it is",
        level=level,
        min_n=min_n,
        better=metric.better,
    )


def _words(parts: list[str]) -> str:
    return " and ".join(parts) if len(parts) < 3 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _stratified(strata: pd.DataFrame, metric: MetricScale) -> pd.DataFrame:
    """Design sums of answers that are each a cluster of their own, within strata."""
    sums = weighting.of_counts(strata, ["stratum"], metric.worth)
    return sums.assign(**{weighting.STRATUM: sums["stratum"], "stratum_clusters": sums["n"]}).drop(columns="stratum")
