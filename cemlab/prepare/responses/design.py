"""Sums over sampling clusters: what the variance of a weighted or clustered score needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd

from cemlab.core.errors import InsufficientDataError
from cemlab.core.lab import Lab
from cemlab.core.metrics import MetricScale
from cemlab.prepare.responses.counts import refuse_negative
from cemlab.prepare.responses.groups import Period, asked_in, complete, grouped, tidied
from cemlab.prepare.responses.question import UNWEIGHTED, WEIGHT, Question

if TYPE_CHECKING:
    import ibis.expr.types as ir

STRATUM = "sampling_stratum"
NO_STRATUM = "all"
_CLUSTER = "_cluster"
EXACT_BELOW = 100_000
"""Clusters of a stratum up to which they are counted exactly: beyond, n/(n − 1) is 1 to five digits."""

_SUMS = {"sum_aa": ("a", "a"), "sum_ab": ("a", "b"), "sum_bb": ("b", "b")}
_REST = {"rest_aa": ("a", "a"), "rest_ab": ("a", "b"), "rest_ba": ("b", "a"), "rest_bb": ("b", "b")}


def design_sums(
    lab: Lab,
    *,
    metric: str = "nps",
    start: str = "",
    end: str = "",
    survey: str = "",
    by: Sequence[str] = (),
    period: Period = "",
    weights: str = "none",
    share: bool = False,
) -> pd.DataFrame:
    """Return sums over sampling clusters in every group and stratum.

    Per cluster a = Σwz and b = Σw, z what an answer is worth (−1, 0, 1 of ``nps``; 0, 1 of ``csat``;
    the code of ``ces``). A cluster is the declared ``cluster``; else the customer, where one may have
    answered more than once; else the answer. Strata are the declared ``stratum``. Clusters are
    nested in strata. Rows are not recorded in the ledger: `score_counts` of the same question does.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.
    metric, start, end, survey, by, period, weights : as in `score_counts`
        The same question.
    share : bool, default False
        Of a metric that is a mean (``ces``), take the share of its top codes instead.

    Returns
    -------
    pandas.DataFrame
        One row per group and stratum, sorted: the keys and ``complete`` as in `score_counts`,
        ``sampling_stratum``, ``n`` answers, ``n_clusters`` of the group, ``stratum_clusters`` of the stratum in
        all groups together (beyond 100,000 the least number that there can be), ``largest`` (the largest b),
        ``sum_a``, ``sum_b``, ``sum_aa``, ``sum_ab``, ``sum_bb``; with one group column and no period also
        ``rest_aa``, ``rest_ab``, ``rest_ba``, ``rest_bb``: sums of products of a cluster's a or b in the group
        with its a or b in all others, and ``rest_shared``: clusters of the group that answered in another one
        too.

    Raises
    ------
    SchemaError
        When the lab does not declare the metric's scale, a group or weight does not exist, or a
        weight is negative.
    ParameterError
        As `score_counts`.
    InsufficientDataError
        When no answer remains.

    References
    ----------
    Woodruff, R. S. (1971). A simple method for approximating the variance of a complicated
    estimate. Journal of the American Statistical Association, 66(334), 411–414.
    doi:10.1080/01621459.1971.10482279

    Examples
    --------
    >>> design = design_sums(lab, by=["region"], weights="lab")  # doctest: +SKIP
    """
    scale = lab.info.metric(metric)
    question = Question.asked(lab, metric=metric, start=start, end=end, survey=survey, weights=weights)
    question = asked_in(lab, question, period)
    answers, keys = grouped(lab, question, by=by, period=period)
    cells, alone = _cells(
        lab, answers, keys, scale=scale.as_share() if share else scale, weighted=question.weights != UNWEIGHTED
    )
    rest = len(keys) == 1 and not period
    sums = lab.frame(cells if alone else _summed(cells, keys, rest=rest))
    if not sums["n"].sum() > 0:
        raise InsufficientDataError(
            f"At least one `{metric}` answer with a score must remain: none does. Check metric, survey, start and end."
        )
    if STRATUM not in sums:
        sums[STRATUM] = NO_STRATUM
    sums = _of_answers(sums, rest=rest) if alone else sums
    if "stratum_clusters" not in sums:
        sums["stratum_clusters"] = _in_stratum(lab, sums, cells)
    sums = tidied(sums, question=question, by=by, period=period)
    if period:
        sums["complete"] = complete(lab, sums["period"], question=question, period=period)
    return sums.sort_values([*keys, STRATUM], ignore_index=True)


def overlap(
    lab: Lab,
    *,
    metric: str = "nps",
    start: str = "",
    end: str = "",
    survey: str = "",
    by: Sequence[str] = (),
    period: Period = "",
    weights: str = "none",
) -> pd.DataFrame:
    """Return sums of products over clusters that answered in two periods.

    Clusters as in `design_sums`; a and b per cluster and period. Without these, a change between
    periods in which the same customers answered would be given the variance of strangers.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.
    metric, start, end, survey, by, period, weights : as in `score_counts`
        The same question, by period.

    Returns
    -------
    pandas.DataFrame
        One row per group, pair of periods (``period`` after ``other``) and stratum that share a cluster: the columns
        `by`, ``period``, ``other``, ``sampling_stratum``, ``n_clusters`` (shared), ``cross_aa``, ``cross_ab``,
        ``cross_ba``, ``cross_bb`` (the first letter is of ``period``). No row when none is shared.

    Raises
    ------
    SchemaError
        When the lab does not declare the metric's scale, a group or weight does not exist, or answers have no day.
    ParameterError
        As `score_counts`.

    Examples
    --------
    >>> pairs = overlap(lab, period="month")  # doctest: +SKIP
    """
    scale = lab.info.metric(metric)
    question = Question.asked(lab, metric=metric, start=start, end=end, survey=survey, weights=weights)
    question = asked_in(lab, question, period)
    answers, keys = grouped(lab, question, by=by, period=period)
    columns = [*by, "period", "other", STRATUM, "n_clusters", *(f"cross_{pair}" for pair in ("aa", "ab", "ba", "bb"))]
    cells, alone = _cells(lab, answers, keys, scale=scale, weighted=question.weights != UNWEIGHTED)
    if alone or not period:
        return pd.DataFrame(columns=columns)
    before = cells.rename({f"before_{name}": name for name in cells.columns})
    strata = [STRATUM] if STRATUM in cells.columns else []
    same = [cells[name] == before[f"before_{name}"] for name in (*by, *strata, _CLUSTER)]
    pairs = cells.join(before, [*same, before.before_period < cells.period]).mutate(other=ibis._.before_period)
    products = {f"cross_{x}{y}": (pairs[x] * pairs[f"before_{y}"]).sum() for x in "ab" for y in "ab"}
    found = lab.frame(pairs.group_by([*by, "period", "other", *strata]).aggregate(n_clusters=pairs.count(), **products))
    found = found if strata else found.assign(**{STRATUM: NO_STRATUM})
    found = tidied(found, question=question, by=by, period=period)
    return found[columns].sort_values([*by, "period", "other", STRATUM], ignore_index=True)


def _cells(
    lab: Lab, answers: ir.Table, keys: list[str], *, scale: MetricScale, weighted: bool
) -> tuple[ir.Table, bool]:
    """One row per group, stratum and cluster with a and b; or, where each answer is a cluster, the sums at once."""
    weight = answer_weight(lab, answers, weighted=weighted)
    cells, alone = clustered(lab, answers, keys=keys, values={"a": weight * _value(answers.score, scale), "b": weight})
    if not alone:
        return cells, False
    sums = {name: (cells[x] * cells[y]).sum() for name, (x, y) in _SUMS.items()}
    sums = {"n": cells.count(), "largest": cells.b.max(), "sum_a": cells.a.sum(), "sum_b": cells.b.sum(), **sums}
    keys = [*keys, *([STRATUM] if STRATUM in cells.columns else [])]
    return (cells.group_by(keys) if keys else cells).aggregate(**sums), True


def answer_weight(lab: Lab, answers: ir.Table, *, weighted: bool) -> Any:
    """Return what an answer weighs, as an expression.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    answers : ibis.Table
        Those of a question.
    weighted : bool
        False where each weighs one.

    Returns
    -------
    ibis number
        On `answers`.

    Raises
    ------
    SchemaError
        When a weight is negative.
    """
    if not weighted:
        return ibis.literal(1.0)
    _refuse_negative(lab, answers)
    return answers[WEIGHT]


def clustered(lab: Lab, answers: ir.Table, *, keys: list[str], values: Mapping[str, Any]) -> tuple[ir.Table, bool]:
    """Return the sums of values over the answers of each sampling cluster.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    answers : ibis.Table
        Those of a question.
    keys : list of str
        Group columns.
    values : mapping of str to ibis number
        Name → value of an answer, as an expression on `answers`.

    Returns
    -------
    ibis.Table
        One row per group, declared stratum (`STRATUM`) and cluster: the keys, ``n`` answers, and the sums by
        their names.
    bool
        True when each answer is a cluster.
    """
    strata = {STRATUM: answers.stratum.cast("string").fill_null(NO_STRATUM)} if "stratum" in answers.columns else {}
    cluster = _cluster(lab, answers)
    if cluster is None:
        one = {"n": ibis.literal(1, "int64")}
        return answers.select(*keys, **strata, **one, **dict(values)), True
    rows = answers.select(*keys, **strata, **{_CLUSTER: cluster}, **dict(values))
    sums = {name: rows[name].sum() for name in values}
    return rows.group_by([*keys, *strata, _CLUSTER]).aggregate(n=rows.count(), **sums), False


def _summed(cells: ir.Table, keys: list[str], *, rest: bool) -> ir.Table:
    """Sums over clusters; with `rest` also of their products with what the cluster has in other groups."""
    products, shared = dict(_SUMS), {}
    strata = [STRATUM] if STRATUM in cells.columns else []
    if rest:
        clusters = cells.group_by([*strata, _CLUSTER]).aggregate(
            all_n=cells.n.sum(), all_a=cells.a.sum(), all_b=cells.b.sum()
        )
        cells = cells.join(clusters, [*strata, _CLUSTER])
        cells = cells.mutate(rest_a=cells.all_a - cells.a, rest_b=cells.all_b - cells.b)
        products |= {name: (x, f"rest_{y}") for name, (x, y) in _REST.items()}
        shared = {"rest_shared": (cells.all_n > cells.n).sum()}
    sums = {name: (cells[x] * cells[y]).sum() for name, (x, y) in products.items()} | shared
    if not keys:
        sums["stratum_clusters"] = cells.count()
    keys = [*keys, *strata]
    return (cells.group_by(keys) if keys else cells).aggregate(
        n=cells.n.sum(),
        n_clusters=cells.count(),
        largest=cells.b.max(),
        sum_a=cells.a.sum(),
        sum_b=cells.b.sum(),
        **sums,
    )


def _in_stratum(lab: Lab, sums: pd.DataFrame, cells: ir.Table) -> pd.Series:
    """Clusters of each stratum in all groups together, where they are many as the least number that there can be."""
    strata = sums.groupby(STRATUM).agg({"n": "sum", "n_clusters": "max"})
    least = strata["n_clusters"]
    most = None if "cluster" in lab.table("responses").columns else lab.most_rows("responses", "customer_id")
    if most is not None:
        least = least.clip(lower=-(-strata["n"] // most))
    few = least.index[least < EXACT_BELOW].tolist()
    if few:
        some = cells.filter(cells[STRATUM].isin(few)) if STRATUM in cells.columns else cells
        some = some.mutate(**{STRATUM: some[STRATUM] if STRATUM in cells.columns else ibis.literal(NO_STRATUM)})
        some = some.select(STRATUM, _CLUSTER).distinct()
        found = lab.frame(some.group_by(STRATUM).aggregate(exact=some.count())).set_index(STRATUM)["exact"]
        least = found.reindex(least.index).fillna(least).astype("int64")
    return sums[STRATUM].map(least.to_dict())


def _of_answers(sums: pd.DataFrame, *, rest: bool) -> pd.DataFrame:
    """Complete the sums where each answer is a cluster of its own."""
    sums = sums.assign(n_clusters=sums["n"], stratum_clusters=sums.groupby(STRATUM)["n"].transform("sum"))
    return sums.assign(**dict.fromkeys(_REST, 0.0), rest_shared=0) if rest else sums


def _value(score: Any, scale: MetricScale) -> Any:
    """What an answer is worth, as an expression."""
    if scale.kind == "mean":
        return score
    worth = score.isin(scale.top).cast("int8")
    return worth - score.isin(scale.bottom).cast("int8") if scale.bottom else worth


def _refuse_negative(lab: Lab, answers: ir.Table) -> None:
    below = answers.filter(answers[WEIGHT] < 0)
    refuse_negative(lab.frame(below.aggregate(n=below.count(), negative=below.count())))


def _cluster(lab: Lab, answers: ir.Table) -> Any:
    """The cluster of an answer; None when every answer is one."""
    if "cluster" in answers.columns:
        cluster = answers.cluster.cast("string")
    elif "customer_id" in answers.columns and lab.most_rows("responses", "customer_id") != 1:
        cluster = answers.customer_id
    else:
        return None
    nameless = answers.filter(cluster.isnull()).limit(1)
    if not int(lab.frame(nameless.aggregate(n=nameless.count()))["n"].iloc[0]):
        return cluster
    # a separator that no export writes keeps an answer's own name apart from every name of a cluster
    return cluster.fill_null(ibis.literal("\x1f") + answers.response_id)
