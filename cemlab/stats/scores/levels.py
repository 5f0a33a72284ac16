"""The level of a score, and the whole distribution behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cemlab.core.metrics import NPS, Kind, MetricScale
from cemlab.core.results import Estimates
from cemlab.stats import intervals
from cemlab.stats.intervals import Floats, Interval
from cemlab.stats.scores.samples import Samples, checked, is_clustered, samples_of

METHODS: Mapping[Kind, str] = {
    "net": "net promoter score, adjusted Wald interval with pseudo-counts (Rocks 2016)",
    "share": "share of top boxes, Wilson interval",
    "mean": "mean code, Student's t interval",
}
EFFECTIVE = " on the effective number of answers (Korn and Graubard 1998)"
DESIGN = ("deff", "n_star", "n_clusters", "largest_share", "small_sample")
"""Columns that only weighted or clustered estimates have."""


def estimate(
    counts: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    metric: MetricScale = NPS,
    design: pd.DataFrame | None = None,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the score of each group.

    θ = Σwz/Σw, z what an answer is worth: 100·(−1, 0, 1) points of ``nps``, 0 or 1 of ``csat``, the code of
    ``ces``. std_error = √(v/n), v the variance of one answer; with weights, strata or clusters the
    Taylor one. Interval: adjusted Wald of ``nps``, Wilson of ``csat``, Student's t of ``ces``; with a design the
    first two stand on n* = min(n, v/V) answers, and on t below 100 clusters.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts.
    by : sequence of str, default ()
        Group columns, ``period`` among them; any other column that is not the counts' own is refused.
    metric : MetricScale, default NPS
        The question (`lab.info.metric`).
    design : pandas.DataFrame, optional
        Design sums of the same question and groups. Needed where customers answered more than once, or
        clusters or strata are declared; weights alone are in the counts.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure: the metric's name; one row per group with ``estimate``, ``std_error``, ``ci_low``, ``ci_high``,
        ``n``, ``n_customers``, ``n_eff`` (Kish: n without weights) and, by period, ``complete``. With a design
        also ``deff`` (V over v/n), ``n_star``, ``n_clusters``, ``largest_share`` of one cluster and
        ``small_sample``; below 10 clusters, or where one holds more than half, there is no interval. The
        adjusted interval may leave out the plain score of a very small group. Parts: ``wald``, ``score`` (of
        ``nps``) and, with weights, ``unweighted``, each with ``estimate``, ``std_error``, ``ci_low``,
        ``ci_high`` (of ``unweighted`` only where answers are not clustered: see `weighting_effect`); ``shares``
        (one row per group and ``group`` of codes: ``estimate`` as a share with its Wilson interval, ``count``).

    Raises
    ------
    SchemaError
        When a column is missing or unknown, a score is no code of the scale, or counts and design do not match.
    InsufficientDataError
        When there is no answer.
    ParameterError
        When `level` is not in (0, 1).

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician,
    70(4), 365–372. doi:10.1080/00031305.2016.1198278
    Korn, E. L., & Graubard, B. I. (1998). Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data. Survey Methodology, 24(2), 193–201.

    Examples
    --------
    >>> counts = pd.DataFrame({"score": [4, 7, 9], "n": [15, 20, 65]})
    >>> estimate(counts).table[["estimate", "ci_low", "ci_high"]].round(3).values.tolist()
    [[50.0, 34.149, 62.939]]
    """
    samples = samples_of(counts, by=by, scale=metric, design=design)
    keys, table = list(samples.by), samples.table
    centre, error, limits = interval_of(samples, level=level)
    kept = [
        name
        for name in ("complete", "n", "n_customers", "n_eff", *(DESIGN if samples.designed else ()))
        if name in table
    ]
    rows = table[[*keys, *kept]].assign(estimate=centre, std_error=error, ci_low=limits.low, ci_high=limits.high)
    parts = {"wald": _limits(table[keys], _wald(samples, level=level)), "shares": shares_of(samples, level=level)}
    if metric.kind == "net":
        parts["score"] = _limits(table[keys], _score(samples, level=level))
    if samples.designed and (table["n_eff"] < 0.999999 * table["n"]).any():
        parts["unweighted"] = _unweighted(counts, metric, by=samples.by, level=level, clustered=is_clustered(design))
    method = METHODS[metric.kind] + (EFFECTIVE if samples.designed and metric.kind != "mean" else "")
    return Estimates.build(
        rows,
        by=keys,
        measure=metric.name,
        unit=metric.unit,
        method=method,
        level=level,
        min_n=min_n,
        better=metric.better,
        notes=samples.notes,
        parts=parts,
    )


def distribution(
    counts: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    metric: MetricScale = NPS,
    design: pd.DataFrame | None = None,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the share of each code of the scale in every group.

    p(s) = Σw of score s over Σw, with its Wilson interval; with a design on n* answers of the score.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts.
    by : sequence of str, default ()
        Group columns, ``period`` among them; any other column that is not the counts' own is refused.
    metric : MetricScale, default NPS
        The question.
    design : pandas.DataFrame, optional
        Design sums of the same question and groups.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``score_share`` as a share in 0–1; one row per group and ``score`` (all codes), with ``group``
        (such as promoter), ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``count`` (answers with this
        score), ``n`` and ``n_customers`` of the whole group. A group is suppressed as one.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, a score is no code of the scale, or counts and design do not match.
    InsufficientDataError
        When there is no answer.
    ParameterError
        When `level` is not in (0, 1).

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference.
    Journal of the American Statistical Association, 22(158), 209–212.
    doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> counts = pd.DataFrame({"score": [4, 7, 9], "n": [15, 20, 65]})
    >>> distribution(counts).table.query("score == 9")["estimate"].tolist()
    [0.65]
    """
    samples = samples_of(counts, by=by, scale=metric, design=design)
    counts = checked(counts, metric)
    names = list(samples.by)
    table = samples.table
    kept = [name for name in ("n", "n_customers", "n_eff", "n_star", "df", "sum_w", "complete") if name in table]
    grid = table[[*names, *kept]].merge(pd.DataFrame({"score": list(metric.codes)}), how="cross")
    given = counts.groupby([*names, "score"], observed=True)[["n", "sum_w"]].sum().reset_index()
    given = given.rename(columns={"n": "count", "sum_w": "_w"})
    rows = grid.merge(given, on=[*names, "score"], how="left").fillna({"count": 0, "_w": 0.0})
    shares = _wilson((rows["_w"] / rows["sum_w"]).clip(upper=1), rows["n_star"], rows["df"], level=level)
    group_of = {code: name for name, codes in metric.groups.items() for code in codes}
    rows = rows.astype({"count": counts["n"].dtype}).assign(
        group=rows["score"].map(group_of),
        estimate=shares.estimate,
        std_error=shares.std_error,
        ci_low=shares.low,
        ci_high=shares.high,
    )
    return Estimates.build(
        rows.drop(columns=["_w", "sum_w", "n_star", "df"]),
        by=[*names, "score"],
        cells=names,
        measure="score_share",
        unit="share",
        method="share of answers, Wilson interval",
        level=level,
        min_n=min_n,
        notes=samples.notes,
    )


def interval_of(samples: Samples, *, level: float) -> tuple[Floats, Floats, Interval]:
    """Return estimate, standard error and default interval of each sample, in the metric's unit.

    As `estimate`.

    Parameters
    ----------
    samples : Samples
        One row per group.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    numpy.ndarray
        Estimates.
    numpy.ndarray
        Standard errors; NaN where there is no interval.
    Interval
        The limits.

    Examples
    --------
    >>> from cemlab.stats.scores.samples import samples_of
    >>> counts = pd.DataFrame({"score": [4, 7, 9], "n": [15, 20, 65]})
    >>> float(interval_of(samples_of(counts, scale=NPS), level=0.95)[2].low.round(3)[0])
    34.149
    """
    kind, n_star, df = samples.scale.kind, samples.column("n_star"), _freedom(samples)
    centre, error = samples.scale.factor * samples.column("mean"), _error(samples)
    if kind == "net":
        limits = intervals.adjusted_wald(samples.shares * n_star[:, None], level=level, df=df)
    elif kind == "share":
        limits = _wilson(samples.column("mean"), n_star, df, level=level)
    else:
        limits = _wald(samples, level=level)
    return centre, error, limits


def shares_of(samples: Samples, *, level: float) -> pd.DataFrame:
    """Return the share of each group of codes, one row each, with its Wilson interval.

    Wilson on n* answers.

    Parameters
    ----------
    samples : Samples
        One row per group.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        The keys, ``group``, ``count``, ``n``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``.

    Examples
    --------
    >>> from cemlab.stats.scores.samples import samples_of
    >>> counts = pd.DataFrame({"score": [4, 7, 9], "n": [15, 20, 65]})
    >>> shares_of(samples_of(counts, scale=NPS), level=0.95)["group"].tolist()
    ['promoter', 'passive', 'detractor']
    """
    pieces = []
    for name in samples.scale.groups:
        table = samples.table
        share = _wilson(table[f"share_{name}"].clip(0, 1), table["n_star"], _freedom(samples), level=level)
        pieces.append(
            table[[*samples.by, "n"]].assign(
                group=name,
                count=table[f"count_{name}"],
                estimate=share.estimate,
                std_error=share.std_error,
                ci_low=share.low,
                ci_high=share.high,
            )
        )
    return pd.concat(pieces, ignore_index=True)


def _error(samples: Samples) -> Floats:
    return np.where(np.isnan(samples.column("df")), np.nan, samples.scale.factor * np.sqrt(samples.column("variance")))


def _freedom(samples: Samples) -> Floats | None:
    return samples.column("df") if samples.designed or samples.scale.kind == "mean" else None


def _wald(samples: Samples, *, level: float) -> Interval:
    """θ ± t·√V; not cut at the ends of the scale, but for a mean code."""
    centre, error = samples.scale.factor * samples.column("mean"), _error(samples)
    half = intervals.quantile(level, samples.column("df")) * error
    low, high = centre - half, centre + half
    if samples.scale.kind == "mean":
        low, high = low.clip(samples.scale.low), high.clip(max=samples.scale.high)
    return Interval(centre, error, low, high)


def _score(samples: Samples, *, level: float) -> Interval:
    df = _freedom(samples)
    found = intervals.score(samples.shares * samples.column("n_star")[:, None], level=level, df=df)
    known = np.ones(len(samples.table), dtype=bool) if df is None else ~np.isnan(df)
    return Interval(
        found.estimate, found.std_error, np.where(known, found.low, np.nan), np.where(known, found.high, np.nan)
    )


def _wilson(
    share: pd.Series | Floats, n: pd.Series | Floats, df: pd.Series | Floats | None, *, level: float
) -> Interval:
    """Wilson on an effective number of answers; without limits where `df` is not known."""
    p, size = np.asarray(share, dtype=float), np.asarray(n, dtype=float)
    found = intervals.wilson(np.minimum(p * size, size), size, level=level, df=df)
    known = np.ones(p.shape, dtype=bool) if df is None else ~np.isnan(np.asarray(df, dtype=float))
    return Interval(
        p,
        np.where(known, found.std_error, np.nan),
        np.where(known, found.low, np.nan),
        np.where(known, found.high, np.nan),
    )


def _unweighted(
    counts: pd.DataFrame, metric: MetricScale, *, by: Sequence[str], level: float, clustered: bool
) -> pd.DataFrame:
    """The same answers, each counted once; without an interval where that takes the clusters of unweighted sums."""
    plain = counts.drop(columns=["sum_w", "sum_w2"])
    samples = samples_of(plain, by=by, scale=metric)
    centre, error, limits = interval_of(samples, level=level)
    known = np.nan if clustered else 1.0
    return samples.table[list(samples.by)].assign(
        estimate=centre, std_error=error * known, ci_low=limits.low * known, ci_high=limits.high * known
    )


def _limits(keys: pd.DataFrame, result: Interval) -> pd.DataFrame:
    return keys.assign(estimate=result.estimate, std_error=result.std_error, ci_low=result.low, ci_high=result.high)
