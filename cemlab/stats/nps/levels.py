"""The level of the score, and the whole distribution behind it."""

from __future__ import annotations

import pandas as pd

from cemlab.core.results import Estimates
from cemlab.stats import intervals
from cemlab.stats.nps.groups import GROUPS, group_counts, group_of, groups_of, repeated


def estimate(counts: pd.DataFrame, *, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return the net promoter score of each group.

    NPS = 100·(p − d) points; std_error = 100·√((p + d − (p − d)²)/n); interval: adjusted Wald.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts; every column that is not theirs is a group.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``nps`` in points; one row per group with ``estimate``, ``std_error``, ``ci_low``,
        ``ci_high``, ``n``, ``n_customers``, ``n_eff`` and, by period, ``complete``. The adjusted
        interval may leave out the plain score of a very small group. Parts ``wald`` and ``score``
        (``std_error``, ``ci_low``, ``ci_high``) and ``shares`` (one row per group and
        promoter/passive/detractor: ``estimate`` as a share with its Wilson interval, ``count``).

    Raises
    ------
    SchemaError
        When a column is missing, a score is no code from 0 to 10, or answers are weighted.
    InsufficientDataError
        When there is no answer.
    ParameterError
        When `level` is not in (0, 1).

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician,
    70(4), 365–372. doi:10.1080/00031305.2016.1198278

    Examples
    --------
    >>> counts = pd.DataFrame({"score": [4, 7, 9], "n": [15, 20, 65]})
    >>> estimate(counts).table[["estimate", "ci_low", "ci_high"]].round(3).values.tolist()
    [[50.0, 34.149, 62.939]]
    """
    groups = group_counts(counts)
    by = groups_of(counts)
    cells = groups[list(GROUPS)].to_numpy(dtype=float)
    plain, adjusted = intervals.wald(cells, level=level), intervals.adjusted_wald(cells, level=level)
    table = groups[[*by, *_present(groups, "complete")]].assign(
        estimate=plain.estimate, std_error=plain.std_error, ci_low=adjusted.low, ci_high=adjusted.high,
        n=groups["n"], n_customers=groups["n_customers"], n_eff=groups["n"].astype(float),
    )  # fmt: skip
    return Estimates.build(
        table, by=by, measure="nps", unit="points", method="net promoter score, adjusted Wald interval with pseudo-counts (Rocks 2016)",
        level=level, min_n=min_n, better="up", notes=repeated(groups),
        parts={
            "wald": _limits(groups[by], plain),
            "score": _limits(groups[by], intervals.score(cells, level=level)),
            "shares": _shares(groups, by=by, level=level),
        },
    )  # fmt: skip


def distribution(counts: pd.DataFrame, *, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return the share of each score from 0 to 10 in every group.

    p(s) = n(s)/n, with its Wilson interval.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts; every column that is not theirs is a group.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``score_share`` as a share in 0–1; one row per group and ``score`` (all eleven),
        with ``group`` (promoter, passive or detractor), ``estimate``, ``std_error``, ``ci_low``,
        ``ci_high``, ``count`` (answers with this score), ``n`` and ``n_customers`` of the whole
        group. A group is suppressed as one.

    Raises
    ------
    SchemaError
        When a column is missing, a score is no code from 0 to 10, or answers are weighted.
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
    groups = group_counts(counts)
    by = groups_of(counts)
    sizes = groups[[*by, "n", "n_customers", *_present(groups, "complete")]]
    grid = sizes.merge(pd.DataFrame({"score": range(11)}), how="cross")
    given = counts.groupby([*by, "score"], observed=True)["n"].sum().rename("count").reset_index()
    table = grid.merge(given, on=[*by, "score"], how="left").fillna({"count": 0}).astype({"count": counts["n"].dtype})
    shares = intervals.wilson(table["count"], table["n"], level=level)
    table = table.assign(
        group=group_of(table["score"]), estimate=shares.estimate, std_error=shares.std_error,
        ci_low=shares.low, ci_high=shares.high, n_eff=table["n"].astype(float),
    )  # fmt: skip
    return Estimates.build(
        table, by=[*by, "score"], cells=by, measure="score_share", unit="share",
        method="share of answers, Wilson interval", level=level, min_n=min_n, notes=repeated(groups),
    )  # fmt: skip


def _present(table: pd.DataFrame, *names: str) -> list[str]:
    return [name for name in names if name in table]


def _limits(keys: pd.DataFrame, result: intervals.Interval) -> pd.DataFrame:
    return keys.assign(
        estimate=result.estimate, std_error=result.std_error, ci_low=result.low, ci_high=result.high
    )  # fmt: skip


def _shares(groups: pd.DataFrame, *, by: list[str], level: float) -> pd.DataFrame:
    """Share of promoters, passives and detractors, one row each."""
    long = groups.melt([*by, "n"], list(GROUPS), var_name="group", value_name="count")
    shares = intervals.wilson(long["count"], long["n"], level=level)
    return long.assign(
        estimate=shares.estimate, std_error=shares.std_error, ci_low=shares.low, ci_high=shares.high
    )  # fmt: skip
