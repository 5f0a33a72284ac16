"""One period against the one before, or one window against another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.metrics import NPS, MetricScale
from cemlab.core.results import Estimates
from cemlab.core.suppression import hidden_cells
from cemlab.stats.grouping import groups_in
from cemlab.stats.intervals import Floats
from cemlab.stats.scores.comparison import TWO_SAMPLE, compared
from cemlab.stats.scores.samples import Samples, samples_of
from cemlab.stats.weighting import STRATUM, covariance_parts

INDEPENDENT = "The answers of different periods are treated as independent samples."
SHARED = "Customers or clusters that answered in more than one period are allowed for (covariance of their totals)."

OVERLAP_COLUMNS = ("other", STRATUM, "n_clusters", "cross_aa", "cross_ab", "cross_ba", "cross_bb")
"""Columns of an overlap that are not groups; ``period`` is the later of the two periods."""

Rows = NDArray[np.int64]


def consecutive(
    counts: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    metric: MetricScale = NPS,
    design: pd.DataFrame | None = None,
    shared: pd.DataFrame | None = None,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return each complete period's score minus that of the complete period before it.

    θ(period) − θ(period before); interval, standard error and p_value from one test
    (`scores.differences`). An incomplete period is compared with nothing. Where no answer was given in
    a period, the last complete one with answers is the one before; ``period_before`` names it. Counts of
    two windows (`period` given as windows) make one row: the later less the earlier one.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts by ``period``.
    by : sequence of str, default ()
        Group columns besides ``period``, each followed on its own; any other that is not the counts' own is refused.
    metric : MetricScale, default NPS
        The question.
    design : pandas.DataFrame, optional
        Design sums of the same question, groups and periods.
    shared : pandas.DataFrame, optional
        Overlap (`prepare.responses.overlap`) of the same: clusters that answered in two periods.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published period.

    Returns
    -------
    Estimates
        Measure ``<metric>_change``; one row per pair: the group columns with ``period`` (the
        later one), ``period_before``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``,
        ``p_value``, ``<metric>_now``, ``<metric>_before``, ``n``, ``n_before``, ``n_customers``, ``n_eff``. A
        pair is suppressed where either of its periods is. No row when fewer than two periods are
        complete; a note says so.

    Raises
    ------
    SchemaError
        When there is no column ``period``, one is unknown, or the counts are not as they must be.
    InsufficientDataError
        When there is no answer.

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician,
    70(4), 365–372. doi:10.1080/00031305.2016.1198278

    Examples
    --------
    >>> counts = pd.DataFrame(
    ...     {"period": ["2024-01-01"] * 3 + ["2024-02-01"] * 3, "score": [9, 7, 5] * 2, "n": [40, 35, 25, 50, 30, 20]}
    ... )
    >>> consecutive(counts).table[["period", "estimate", "p_value"]].round(4).values.tolist()
    [['2024-02-01', 15.0, 0.1848]]
    """
    if "period" not in counts:
        raise SchemaError(
            f"A course over time needs the column period: the counts have {', '.join(counts.columns)}. "
            "Count with period=… first."
        )
    others = [by] if isinstance(by, str) else list(by)
    samples = samples_of(counts, by=[*others, "period"], scale=metric, design=design)
    groups = with_hidden(samples.table, by=samples.by, min_n=min_n)
    chosen = groups.loc[groups["complete"]] if "complete" in groups else groups
    chosen = chosen.sort_values([*others, "period"]).assign(_row=lambda table: table.index)
    before = chosen.groupby(others, observed=True).shift() if others else chosen.shift()
    paired = before["period"].notna()
    now, then = chosen.loc[paired], before.loc[paired]
    rows = now.index.to_numpy(), then["_row"].to_numpy(dtype=int)
    notes = () if len(now) else ("Fewer than two complete periods hold answers, so no change can be estimated.",)
    correlation: Floats | float = 0.0
    if samples.designed and design is not None and shared is not None:
        pairs = now[[*others, "period"]].assign(other=then["period"])
        correlation = correlations(samples, design, shared, pairs=pairs, rows=rows)
    if shared is not None and len(shared):
        notes = (*notes, SHARED)
    elif not samples.designed or shared is None:
        notes = (*notes, INDEPENDENT)
    return _change(
        samples,
        samples,
        rows=rows,
        hidden=now["suppressed"].to_numpy(bool) | then["suppressed"].to_numpy(bool),
        correlation=correlation,
        level=level,
        min_n=min_n,
        notes=notes,
    )


def between(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    metric: MetricScale = NPS,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return each group's score in the later window minus that in the earlier one.

    θ(after) − θ(before) of independent samples; interval, standard error and p_value from one test
    (`scores.differences`). Where the same customers are in both windows, count them as windows in one
    frame and use `consecutive` with design sums and overlap.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Score counts of two windows that do not overlap.
    by : sequence of str, default ()
        Group columns; any other column that is not the counts' own is refused.
    metric : MetricScale, default NPS
        The question.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``<metric>_change``, with the columns of `consecutive` but ``period_before``;
        one row per group that is in both windows. A group is suppressed where it is in either.

    Raises
    ------
    SchemaError
        When a column is unknown, or the counts are not as they must be.
    InsufficientDataError
        When a window holds no answer, or no group is in both.

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician,
    70(4), 365–372. doi:10.1080/00031305.2016.1198278

    Examples
    --------
    >>> before = pd.DataFrame({"score": [9, 7, 5], "n": [40, 35, 25]})
    >>> after = pd.DataFrame({"score": [9, 7, 5], "n": [50, 30, 20]})
    >>> between(before, after).table[["estimate", "p_value"]].round(4).values.tolist()
    [[15.0, 0.1848]]
    """
    first, last = (samples_of(counts, by=by, scale=metric) for counts in (before, after))
    names = list(first.by)
    tables = [
        with_hidden(side.table, by=names, min_n=min_n).assign(_all=0, _row=range(len(side.table)))
        for side in (first, last)
    ]
    both = tables[0].merge(tables[1], on=names or ["_all"], suffixes=("_before", "_now")).sort_values(names or ["_all"])
    if both.empty:
        raise InsufficientDataError(
            f"A group must be in both windows to be compared: {len(tables[0]):,} before and {len(tables[1]):,} after "
            "share none."
        )
    alone = len(tables[0]) + len(tables[1]) - 2 * len(both)
    notes = (f"Groups in one window only are not compared: {alone:,}.",) if alone else ()
    return _change(
        last,
        first,
        rows=(both["_row_now"].to_numpy(), both["_row_before"].to_numpy()),
        hidden=(both["suppressed_now"] | both["suppressed_before"]).to_numpy(bool),
        correlation=0.0,
        level=level,
        min_n=min_n,
        notes=(INDEPENDENT, *notes),
    )


def with_hidden(groups: pd.DataFrame, *, by: Sequence[str], min_n: int) -> pd.DataFrame:
    """Return groups with what a table of levels would hide: a published change would give it away.

    As `core.suppression.hidden_cells`.

    Parameters
    ----------
    groups : pandas.DataFrame
        One row per group, with ``n_customers``.
    by : sequence of str
        The group columns.
    min_n : int
        Smallest number of customers in a published group.

    Returns
    -------
    pandas.DataFrame
        With the column ``suppressed``.

    Examples
    --------
    >>> with_hidden(pd.DataFrame({"n_customers": [4]}), by=[], min_n=10)["suppressed"].tolist()
    [True]
    """
    return groups.assign(suppressed=hidden_cells(groups, by=by, n="n_customers", min_n=min_n))


def correlations(
    samples: Samples, design: pd.DataFrame, shared: pd.DataFrame, *, pairs: pd.DataFrame, rows: tuple[Rows, Rows]
) -> Floats:
    """Return the correlation of the scores of two periods, from the clusters that answered in both.

    Cov(θ₁, θ₂)/√(V₁V₂), the covariance from cluster totals (`weighting.covariance_parts`).

    Parameters
    ----------
    samples : Samples
        By period.
    design, shared : pandas.DataFrame
        Design sums and overlap of the same question.
    pairs : pandas.DataFrame
        One row per pair: the other group columns, ``period`` and ``other``, the earlier one.
    rows : tuple of (numpy.ndarray, numpy.ndarray)
        Rows of `samples` of the two periods.

    Returns
    -------
    numpy.ndarray
        One per pair.

    References
    ----------
    Kish, L., & Frankel, M. R. (1974). Inference from complex samples. Journal of the Royal
    Statistical Society B, 36(1), 1–37. doi:10.1111/j.2517-6161.1974.tb00981.x

    Examples
    --------
    >>> found = correlations(samples, design, shared, pairs=pairs, rows=rows)  # doctest: +SKIP
    """
    if pairs.empty:
        return np.zeros(0)
    keys = [name for name in pairs.columns if name != "other"]
    groups_in(shared, keys, own=OVERLAP_COLUMNS, of="the overlap")
    strata = design.groupby(STRATUM)["stratum_clusters"].max().reset_index()
    grid = pairs.assign(_pair=np.arange(len(pairs))).merge(strata, how="cross")
    totals = design[[*keys, STRATUM, "sum_a", "sum_b"]]
    earlier = totals.rename(columns={"period": "other"})
    sides = [
        grid.merge(side, on=on, how="left").fillna({"sum_a": 0.0, "sum_b": 0.0}).set_index(["_pair", STRATUM])
        for side, on in ((totals, [*keys, STRATUM]), (earlier, [*(k for k in keys if k != "period"), "other", STRATUM]))
    ]
    names = {f"cross_{pair}": pair for pair in ("aa", "ab", "ba", "bb")}
    crossed = (
        shared[[*keys, "other", STRATUM, *names]].rename(columns=names).astype(dict.fromkeys(names.values(), float))
    )
    products = grid.merge(crossed, on=[*keys, "other", STRATUM], how="left").set_index(["_pair", STRATUM])
    parts = covariance_parts(sides[0], sides[1], products[list(names.values())].fillna(0.0))
    covariance = parts.groupby(level="_pair").sum().to_numpy(float)
    variance = samples.column("variance")
    product = np.sqrt(variance[rows[0]] * variance[rows[1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(product > 0, covariance / product, 0.0).clip(-1, 1)


def _change(
    now: Samples,
    before: Samples,
    *,
    rows: tuple[Rows, Rows],
    hidden: NDArray[np.bool_],
    correlation: Floats | float,
    level: float,
    min_n: int,
    notes: Sequence[str],
) -> Estimates:
    scale = now.scale
    first, second = now.take(rows[0]), before.take(rows[1])
    table = compared(first, second, correlation=correlation, level=level, names=("now", "before"))
    if "period" in second.table:
        table["period_before"] = second.table["period"]
    table = table.assign(
        n_customers=np.minimum(first.table["n_customers"], second.table["n_customers"]), suppressed=hidden
    )
    return Estimates.build(
        table,
        by=list(now.by),
        measure=f"{scale.name}_change",
        unit=scale.difference_unit,
        method=f"later minus earlier, {TWO_SAMPLE[scale.kind]}",
        level=level,
        min_n=min_n,
        better=scale.better,
        notes=list(dict.fromkeys((*notes, *now.notes, *before.notes))),
    )
