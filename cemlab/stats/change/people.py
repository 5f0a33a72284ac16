"""How the same people's answers changed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.metrics import NPS, MetricScale
from cemlab.core.results import Estimates
from cemlab.stats import intervals
from cemlab.stats.grouping import groups_in

NOBODY_MOVED = "Nobody's answer changed its worth, so no interval can be given."
STILL = "nobody's answer changed its worth, or everybody's by as much"
ONLY_TWICE = "Speaks only of customers who answered in both windows."


def paired(
    transitions: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    metric: MetricScale = NPS,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how the score of the same customers changed between two windows.

    D = z₁ − z₀ per customer; mean D, variance (ΣnD² − (ΣnD)²/n)/n², Student's t with n − 1 degrees of
    freedom.

    Parameters
    ----------
    transitions : pandas.DataFrame
        Transitions (`prepare.responses.transitions`): ``from_score``, ``to_score``, ``n``.
    by : sequence of str, default ()
        Group columns; any other column that is not the transitions' own is refused.
    metric : MetricScale, default NPS
        The question.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``<metric>_change_paired``; one row per group: ``estimate``, ``std_error``, ``ci_low``,
        ``ci_high``, ``p_value``, ``df``, ``reason`` (why there is no test), ``<metric>_now``,
        ``<metric>_before``, ``n``, ``n_customers``, ``n_eff``, ``moved_share`` (customers whose answer changed
        its worth). Where nobody moved there is no interval.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, or a score is no code of the scale.
    InsufficientDataError
        When nobody answered in both windows.

    References
    ----------
    Agresti, A., & Min, Y. (2005). Simple improved confidence intervals for comparing matched
    proportions. Statistics in Medicine, 24(5), 729–740. doi:10.1002/sim.1781

    Examples
    --------
    >>> moves = pd.DataFrame({"from_score": [5, 9, 9], "to_score": [9, 9, 7], "n": [10, 80, 10]})
    >>> paired(moves).table[["estimate", "std_error"]].round(3).values.tolist()
    [[10.0, 7.0]]
    """
    _check(transitions, metric)
    names = groups_in(transitions, by, own=("from_score", "to_score", "n"), of="transitions")
    worth = metric.worth
    rows = transitions.assign(
        _all=0,
        _from=transitions["from_score"].map(worth) * transitions["n"],
        _to=transitions["to_score"].map(worth) * transitions["n"],
        _step=transitions["to_score"].map(worth) - transitions["from_score"].map(worth),
    )
    rows = rows.assign(
        _sum=rows["_step"] * rows["n"],
        _square=rows["_step"] ** 2 * rows["n"],
        _moved=rows["n"].where(rows["_step"] != 0, 0),
    )
    sums = rows.groupby(names or ["_all"], observed=True)[["n", "_from", "_to", "_sum", "_square", "_moved"]].sum()
    sums = sums.reset_index(drop=not names)
    n = sums["n"].astype(float)
    estimate = metric.factor * sums["_sum"] / n
    variance = ((sums["_square"] - sums["_sum"] ** 2 / n) / n**2).clip(lower=0)
    still = (sums["_moved"] == 0) | (variance <= 0)
    error = metric.factor * np.sqrt(variance.where(~still))
    half = intervals.quantile(level, n - 1) * error
    table = sums[names].assign(
        estimate=estimate,
        std_error=error,
        ci_low=estimate - half,
        ci_high=estimate + half,
        p_value=intervals.two_sided(estimate / error, n - 1),
        df=n - 1,
        reason=np.where(still, STILL, ""),
        **{
            f"{metric.name}_now": metric.factor * sums["_to"] / n,
            f"{metric.name}_before": metric.factor * sums["_from"] / n,
        },
        n=sums["n"],
        n_customers=sums["n"],
        n_eff=n,
        moved_share=sums["_moved"] / n,
    )
    return Estimates.build(
        table,
        by=names,
        measure=f"{metric.name}_change_paired",
        unit=metric.difference_unit,
        method="mean change of the same customers, Student's t",
        level=level,
        min_n=min_n,
        better=metric.better,
        notes=(ONLY_TWICE, *((NOBODY_MOVED,) if still.any() else ())),
    )


def _check(transitions: pd.DataFrame, metric: MetricScale) -> None:
    missing = [name for name in ("from_score", "to_score", "n") if name not in transitions]
    if missing:
        raise SchemaError(
            f"Transitions need the columns from_score, to_score and n: {', '.join(missing)} missing. Make them with "
            "prepare.responses.transitions."
        )
    if not transitions["n"].sum() > 0:
        raise InsufficientDataError(
            f"At least one customer must have answered in both windows: {len(transitions):,} rows hold 0."
        )
    off = ~transitions[["from_score", "to_score"]].isin(list(metric.codes)).all(axis=1)
    if off.any():
        raise SchemaError(
            f"An answer to `{metric.name}` must be a whole number from {metric.low} to {metric.high}:"
            f" {int(off.sum()):,} of {len(transitions):,} rows are not. Declare other codes as missing in the lab file."
        )
