"""Net promoter score: its level, its whole distribution, and each segment against the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats import intervals

COUNT_COLUMNS = ("score", "n", "sum_w", "sum_w2", "n_customers", "complete")
"""Columns of a score-count frame that are not groups; ``period`` is a group like any other."""

GROUPS = ("promoter", "passive", "detractor")
"""Scores of 9 and 10, of 7 and 8, and of 0 to 6."""

REPEATED = "Some customers answered more than once; these intervals treat answers as independent."
ADJUSTED = "adjusted Wald interval with pseudo-counts (Rocks 2016)"
TWO_SAMPLE = "difference of independent samples with pseudo-counts in each (Rocks 2016)"


def group_of(score: pd.Series) -> pd.Series:
    """Return promoter, passive or detractor for each score.

    Promoter: 9 or 10. Passive: 7 or 8. Detractor: 0 to 6.

    Parameters
    ----------
    score : pandas.Series
        Whole numbers from 0 to 10.

    Returns
    -------
    pandas.Series of str
        On the index of `score`.

    References
    ----------
    Reichheld, F. F. (2003). The one number you need to grow. Harvard Business Review, 81(12).

    Examples
    --------
    >>> group_of(pd.Series([6, 7, 8, 9])).tolist()
    ['detractor', 'passive', 'passive', 'promoter']
    """
    names = np.select([score >= 9, score >= 7], ["promoter", "passive"], "detractor")
    return pd.Series(names, index=score.index, name="group")


def group_counts(counts: pd.DataFrame) -> pd.DataFrame:
    """Return how many promoters, passives and detractors each group has.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts (`prepare.responses.score_counts`).

    Returns
    -------
    pandas.DataFrame
        One row per group: the group columns, ``promoter``, ``passive``, ``detractor``, ``n`` and
        ``n_customers`` (n where it is not given), and ``complete`` where it is.

    Raises
    ------
    SchemaError
        When a column is missing, a score is no code from 0 to 10, or answers are weighted.
    InsufficientDataError
        When there is no answer.

    Examples
    --------
    >>> group_counts(pd.DataFrame({"score": [3, 8, 10], "n": [1, 2, 3]})).to_dict("records")
    [{'promoter': 3, 'passive': 2, 'detractor': 1, 'n': 6, 'n_customers': 6}]
    """
    _check(counts)
    by = groups_of(counts)
    counts = counts.loc[counts["n"] > 0]
    wide = counts.assign(group=group_of(counts["score"]))
    keys = by or ["_all"]
    wide = wide.assign(_all=0)
    table = wide.pivot_table(index=keys, columns="group", values="n", aggfunc="sum", fill_value=0, observed=True)
    table = table.reindex(columns=list(GROUPS), fill_value=0)
    table["n"] = table.sum(axis=1)
    grouped = wide.groupby(keys, observed=True)
    table["n_customers"] = grouped["n_customers"].max() if "n_customers" in wide else table["n"]
    if "complete" in wide:
        table["complete"] = grouped["complete"].all()
    return table.rename_axis(columns=None).reset_index(drop=not by)


def groups_of(counts: pd.DataFrame) -> list[str]:
    """Return the group columns of a score-count frame, ``period`` included.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts.

    Returns
    -------
    list of str
        In the order of the frame.

    Examples
    --------
    >>> groups_of(pd.DataFrame(columns=["region", "score", "n"]))
    ['region']
    """
    return [name for name in counts.columns if name not in COUNT_COLUMNS]


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
        table, by=by, measure="nps", unit="points", method=f"net promoter score, {ADJUSTED}",
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


def missing_bounds(counts: pd.DataFrame, *, unscored: int, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return between which limits the score lies whatever the unscored answers would have been.

    With u the share of answers without a score, (1 − u)·N − 100·u to (1 − u)·N + 100·u.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts without groups.
    unscored : int
        Answers that gave no score.
    level : float, default 0.95
        Kept for the page; bounds carry no sampling error.
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``nps_bounds`` in points; one row: ``estimate`` (the plain score), ``ci_low`` and
        ``ci_high`` (the bounds), ``unscored_share`` in 0–1, ``n``, ``n_customers``.

    Raises
    ------
    SchemaError
        When a column is missing, a score is no code from 0 to 10, or answers are weighted.
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
    groups = group_counts(counts)
    plain = intervals.wald(groups[list(GROUPS)].to_numpy(dtype=float), level=level).estimate
    share = unscored / (unscored + groups["n"])
    table = groups[["n", "n_customers"]].assign(
        estimate=plain,
        unscored_share=share,
        ci_low=(1 - share) * plain - 100 * share,
        ci_high=(1 - share) * plain + 100 * share,
    )
    return Estimates.build(
        table, by=[], measure="nps_bounds", unit="points", method="bounds without any assumption on unscored answers (Manski 1989)",
        level=level, min_n=min_n, better="up",
    )  # fmt: skip


def against_rest(counts: pd.DataFrame, *, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return each segment's score minus that of all other answers.

    N(segment) − N(rest), never against a total that contains the segment. Interval, standard error
    and p_value come from one test: the difference after adding (0.75, 1.5, 0.75) promoters,
    passives and detractors to each side.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts with one group column.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    Estimates
        Measure ``nps_difference`` in points; one row per segment: ``estimate`` (the plain
        difference), ``std_error``, ``ci_low``, ``ci_high``, ``p_value``, ``nps_segment``,
        ``nps_rest``, ``n``, ``n_rest``, ``n_customers``, ``n_eff``.

    Raises
    ------
    ParameterError
        When the counts have not exactly one group column, or `level` is not in (0, 1).
    InsufficientDataError
        When there are fewer than two segments.
    SchemaError
        When a column is missing, a score is no code from 0 to 10, or answers are weighted.

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician,
    70(4), 365–372. doi:10.1080/00031305.2016.1198278

    Examples
    --------
    >>> counts = pd.DataFrame(
    ...     {"region": ["N"] * 3 + ["S"] * 3, "score": [9, 7, 5] * 2, "n": [50, 30, 20, 40, 35, 25]}
    ... )
    >>> against_rest(counts).table[["region", "estimate", "p_value"]].round(4).values.tolist()
    [['N', 15.0, 0.1833], ['S', -15.0, 0.1833]]
    """
    by = groups_of(counts)
    if len(by) != 1 or by == ["period"]:
        raise ParameterError(
            f"A comparison with the rest needs one group column other than period: {len(by)} were given "
            f"({', '.join(by) or 'none'}). Count by one column at a time."
        )
    groups = group_counts(counts)
    if len(groups) < 2:
        raise InsufficientDataError(
            f"A segment can be compared with the rest only if there are two: `{by[0]}` has {len(groups)}."
        )
    ours = groups[list(GROUPS)].to_numpy(dtype=float)
    table = compared(groups[by], ours, ours.sum(axis=0) - ours, level=level, names=("segment", "rest"))
    table = table.assign(n_customers=groups["n_customers"], n_eff=groups["n"].astype(float))
    return Estimates.build(
        table, by=by, measure="nps_difference", unit="points", method=f"segment minus rest, {TWO_SAMPLE}",
        level=level, min_n=min_n, better="up", notes=repeated(groups),
    )  # fmt: skip


def compared(
    keys: pd.DataFrame, first: np.ndarray, second: np.ndarray, *, level: float, names: tuple[str, str]
) -> pd.DataFrame:
    """Return the columns of a comparison of two independent samples, first minus second.

    N₁ − N₂ as the estimate; the rest from `intervals.difference`.

    Parameters
    ----------
    keys : pandas.DataFrame
        The group columns, one row per comparison.
    first, second : numpy.ndarray, shape (k, 3)
        Promoters, passives, detractors.
    level : float
        Confidence level, in (0, 1).
    names : tuple of (str, str)
        What the two samples are, for the columns ``nps_…`` and ``n_…``.

    Returns
    -------
    pandas.DataFrame
        `keys`, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``p_value``, ``nps_<first>``,
        ``nps_<second>``, ``n`` (of the first) and ``n_<second>``.

    Examples
    --------
    >>> keys = pd.DataFrame({"region": ["N"]})
    >>> table = compared(keys, np.array([[5, 3, 2]]), np.array([[4, 3, 3]]), level=0.95, names=("now", "before"))
    >>> table[["nps_now", "nps_before", "estimate"]].round(6).values.tolist()
    [[30.0, 10.0, 20.0]]
    """
    one, two = intervals.wald(first, level=level), intervals.wald(second, level=level)
    test = intervals.difference(first, second, level=level)
    columns = {
        "estimate": one.estimate - two.estimate,
        "std_error": test.std_error,
        "ci_low": test.low,
        "ci_high": test.high,
        "p_value": test.p_value,
        f"nps_{names[0]}": one.estimate,
        f"nps_{names[1]}": two.estimate,
        "n": np.asarray(first).sum(axis=-1),
        f"n_{names[1]}": np.asarray(second).sum(axis=-1),
    }
    return keys.reset_index(drop=True).assign(**columns)


def repeated(groups: pd.DataFrame) -> tuple[str, ...]:
    """Return the note on repeated answers, where some group has fewer customers than answers.

    Parameters
    ----------
    groups : pandas.DataFrame
        With ``n`` and ``n_customers``.

    Returns
    -------
    tuple of str
        The note, or nothing.

    Examples
    --------
    >>> repeated(pd.DataFrame({"n": [5], "n_customers": [5]}))
    ()
    """
    return (REPEATED,) if (groups["n_customers"] < groups["n"]).any() else ()


def _check(counts: pd.DataFrame) -> None:
    missing = [name for name in ("score", "n") if name not in counts]
    if missing:
        raise SchemaError(
            f"Score counts need the columns score and n: {', '.join(missing)} missing among {len(counts.columns)}. "
            "Make them with prepare.responses.score_counts."
        )
    answers = counts["n"].sum()
    if not answers > 0:
        raise InsufficientDataError(f"At least one answer is needed: {len(counts):,} rows hold {answers:g}.")
    off = ~counts["score"].isin(range(11))
    if off.any():
        raise SchemaError(
            f"An NPS score must be a whole number from 0 to 10: {int(off.sum()):,} of {len(counts):,} rows are not. "
            "Declare codes such as 'no answer' as missing in the lab file, or choose the metric that this question is."
        )
    if "sum_w" in counts and not np.allclose(counts["sum_w"], counts["n"]):
        raise SchemaError("These estimates are for unweighted answers: the counts carry weights other than 1.")


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
