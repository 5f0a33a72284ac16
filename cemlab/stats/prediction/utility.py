"""What a prediction is good for: how many leavers the top of the list holds, and what contacting them would bring."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.causes import Cause
from cemlab.stats.intervals import Floats
from cemlab.stats.prediction.jackknife import METHOD, Replicated, notes_of
from cemlab.stats.prediction.outcomes import Judging, Outcomes, Statistic, outcomes_of
from cemlab.stats.prediction.ranking import Ranking
from cemlab.stats.prediction.tabled import by_value, replicates, within_reach
from cemlab.stats.prediction.weights import known_by

SHARES = (0.01, 0.05, 0.1, 0.2, 0.3, 0.5)
STEPS = 40
"""Thresholds at most, where none are asked for."""
ASSUMED = (
    "Assumed, not estimated: a contact costs {cost}; {success} % of the leavers who are contacted stay; each then keeps"
    " {margin}."
)
_DIGITS = 3
"""Of an assumption; what was read from transactions is no more certain than that."""
CHOSEN = "The best threshold is found on the customers it is judged on, so what it brings is a little flattered."


def lift(
    judged: pd.DataFrame,
    *,
    risk: str,
    horizon: float,
    shares: Sequence[float] = SHARES,
    cause: Cause = "",
    by: Sequence[str] = (),
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return which share of all leavers is among the customers with the highest predictions.

    Found(q) = Σ w over leavers T ≤ t in the top q/Σ w over all leavers, w = 1/G(T−); where the limit cuts
    through a tie, its part of the tied customers is taken. Lift = found/q; 1 is contacting at random.

    Parameters
    ----------
    judged : pandas.DataFrame
        Cells of the judged time: ``duration``, ``n``, ``events`` or ``cause``, the prediction, and
        ``replicate`` for intervals.
    risk : str
        Column of the prediction, from 0 to 1.
    horizon : float
        Up to when, in the unit of the durations.
    shares : sequence of float, default (0.01, 0.05, 0.1, 0.2, 0.3, 0.5)
        Shares of customers, highest prediction first, in (0, 1].
    cause : str or float, default ""
        The cause that is judged, others being known not to have left for it; empty for every ending.
    by : sequence of str, default ()
        Each combination is judged by itself.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest published group, and smallest number at risk at the horizon.

    Returns
    -------
    Estimates
        Measure ``leavers_found`` as a share; one row per group and ``share``: ``estimate``, ``std_error``,
        ``ci_low``, ``ci_high``, ``n`` spells. Parts in the same form: ``lift`` (a ratio) and ``leaving`` (share
        of those in the top who leave).

    Raises
    ------
    ParameterError
        When a share is not in (0, 1].
    SchemaError
        When a column is missing or a value impossible.
    InsufficientDataError
        When nobody left up to the horizon, or too few are followed that far.

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [1, 2, 2], "n": [10, 10, 80], "events": [10, 0, 0], "p": [0.5, 0.5, 0.1]})
    >>> lift(cells, risk="p", horizon=2, shares=[0.1, 0.2]).table["estimate"].tolist()
    [0.5, 1.0]
    """
    asked = sorted(set(shares))
    if not asked or not 0 < asked[0] <= asked[-1] <= 1:
        raise ParameterError(f"Shares must be above 0 and at most 1: {len(asked)} were given, some outside.")
    whole, notes = _whole(judged, risk=risk, horizon=horizon, cause=cause, by=by, min_n=min_n)
    found = replicates(whole, lambda group: leavers_found(group, risk, horizon=horizon, shares=np.array(asked)))
    rows = partial(by_value, whole, found, name="share", values=asked)
    limits = partial(Replicated.limits, level=level, low=0)
    table = rows(first=0, laid=partial(limits, high=1))
    parts = {
        "lift": rows(first=len(asked), laid=limits),
        "leaving": rows(first=2 * len(asked), laid=partial(limits, high=1)),
    }
    return Estimates.build(
        table,
        by=[*by, "share"],
        cells=by,
        measure="leavers_found",
        unit="share",
        level=level,
        min_n=min_n,
        better="up",
        method=f"share of leavers by rank of prediction, weighted by the censoring curve, {METHOD}",
        parts=parts,
        notes=(*notes, *notes_of(table, whole.groups)),
    )


def _whole(
    judged: pd.DataFrame, *, risk: str, horizon: float, cause: Cause, by: Sequence[str], min_n: int
) -> tuple[Judging, tuple[str, ...]]:
    if not horizon > 0:
        raise ParameterError(f"`horizon` must be above 0: {horizon} was given.")
    whole = outcomes_of(judged, columns=[risk], cause=cause, by=by, min_n=min_n)
    return whole, (*whole.notes, *within_reach(whole, [horizon]))


def leavers_found(judged: Outcomes, risk: str, *, horizon: float, shares: Floats) -> Statistic:
    """Return the statistic of leavers found.

    Parameters
    ----------
    judged : Outcomes
        The spells.
    risk : str
        Column of the prediction.
    horizon : float
        Up to when.
    shares : numpy.ndarray
        S shares of customers, highest prediction first.

    Returns
    -------
    callable
        From counts, shape (m, B), to shape (3·S, B): share of all leavers found, lift, and share who leave
        among those in the top.
    """
    ranking, reached = Ranking.of(judged.risks[risk]), judged.reaches(horizon)

    def _shares(n: Floats) -> Floats:
        left = ranking.sums(known_by(judged, n, horizon)[0])[::-1]
        contacted = ranking.sums(n)[::-1]
        found = np.stack(
            [
                np.interp(shares, np.append(0, np.cumsum(some)) / some.sum(), np.append(0, np.cumsum(gone)))
                for some, gone in zip(contacted.T, left.T, strict=True)
            ],
            axis=1,
        )
        gone, size = left.sum(axis=0), contacted.sum(axis=0)
        part = np.divide(found, gone, out=np.full_like(found, np.nan), where=(gone > 0) & reached)
        held = np.where(reached, found / (shares[:, None] * size), np.nan)
        return np.vstack([part, part / shares[:, None], held])

    return _shares


def decision_curve(
    judged: pd.DataFrame,
    *,
    risk: str,
    horizon: float,
    margin: float,
    cost: float,
    success: float,
    thresholds: Sequence[float] = (),
    cause: Cause = "",
    by: Sequence[str] = (),
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return what contacting everybody at or above each threshold of risk would bring, per customer.

    Money(q) = (margin·success·Σ w over leavers with p ≥ q − cost·Σ n with p ≥ q)/Σ n. Net benefit = (leavers −
    stayers·q/(1 − q)) with p ≥ q, per customer. With right predictions the best threshold is
    cost/(margin·success).

    Parameters
    ----------
    judged : pandas.DataFrame
        Cells of the judged time: ``duration``, ``n``, ``events`` or ``cause``, the prediction, and
        ``replicate`` for intervals.
    risk : str
        Column of the prediction, from 0 to 1.
    horizon : float
        Up to when, in the unit of the durations.
    margin, cost : float
        What a customer who is kept brings, and what a contact costs; at least 0. Assumptions.
    success : float
        Share of the contacted leavers who then stay, in [0, 1]. An assumption.
    thresholds : sequence of float, default ()
        In [0, 1]; by default quantiles of the predictions, and the threshold that would be best if they were
        right. 0 (everybody) is always there.
    cause, by, level, min_n : as in `lift`
        What is judged, for whom, how surely.

    Returns
    -------
    Estimates
        Measure ``money_per_customer``; one row per group and ``threshold``: ``estimate``, ``std_error``,
        ``ci_low``, ``ci_high``, ``contacted`` and ``leavers`` (shares of all customers: contacted, contacted
        and leaving), ``kept`` (share of all customers), ``net_benefit``, ``everybody`` (money of contacting
        all; contacting nobody brings 0), ``n`` spells. Parts: ``versus_everybody`` (paired difference from
        contacting all); ``best``, one row per group: the threshold as ``estimate``, between ``ci_low`` and
        ``ci_high`` those that bring no less within the noise of a paired comparison, ``money``, ``money_low``,
        ``money_high``.

    Raises
    ------
    ParameterError
        When an assumption is out of range.
    SchemaError
        When a column is missing or a value impossible.
    InsufficientDataError
        When nobody left up to the horizon, or too few are followed that far.

    References
    ----------
    Vickers, A. J., & Elkin, E. B. (2006). Decision curve analysis: a novel method for evaluating prediction
    models. Medical Decision Making, 26(6), 565–574. doi:10.1177/0272989X06295361

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [1, 2, 2], "n": [10, 10, 80], "events": [10, 0, 0], "p": [0.5, 0.5, 0.1]})
    >>> found = decision_curve(cells, risk="p", horizon=2, margin=100, cost=5, success=0.2, thresholds=[0.3])
    >>> found.table[["threshold", "estimate"]].round(4).values.tolist()
    [[0.0, -3.0], [0.3, 1.0]]
    """
    _check(margin=margin, cost=cost, success=success, thresholds=thresholds)
    whole, notes = _whole(judged, risk=risk, horizon=horizon, cause=cause, by=by, min_n=min_n)
    asked = _thresholds(whole, risk, thresholds, right=cost / (margin * success) if margin * success else 1.0)
    found = replicates(
        whole, lambda group: _brought(group, risk, horizon=horizon, thresholds=asked, gain=margin * success, cost=cost)
    )
    size, limits = len(asked), partial(Replicated.limits, level=level)
    rows = partial(by_value, whole, found, name="threshold", values=asked.tolist(), laid=limits)
    table = rows(first=0)
    for place, name in enumerate(("contacted", "leavers", "net_benefit"), start=2):
        table[name] = rows(first=place * size)["estimate"]
    table["kept"] = success * table["leavers"]
    table["everybody"] = np.concatenate([np.full(size, numbers.value[0]) for numbers in found])
    parts = {"versus_everybody": rows(first=size), "best": _best(whole, found, asked, level=level)}
    return Estimates.build(
        table,
        by=[*by, "threshold"],
        cells=by,
        measure="money_per_customer",
        unit="currency",
        level=level,
        min_n=min_n,
        better="up",
        method=f"decision curve, weighted by the censoring curve, {METHOD}",
        parts=parts,
        notes=(
            ASSUMED.format(margin=_rough(margin), cost=_rough(cost), success=_rough(100 * success)),
            CHOSEN,
            *notes,
            *notes_of(table, whole.groups),
        ),
    )


def _check(*, margin: float, cost: float, success: float, thresholds: Sequence[float]) -> None:
    if not (margin >= 0 and cost >= 0 and 0 <= success <= 1):
        raise ParameterError(
            f"`margin` and `cost` must be at least 0 and `success` from 0 to 1: {margin:g}, {cost:g} and {success:g}"
            " were given."
        )
    wrong = sum(not 0 <= each <= 1 for each in thresholds)
    if wrong:
        raise ParameterError(f"Thresholds must lie from 0 to 1: {wrong} of {len(thresholds)} do not.")


def _thresholds(whole: Judging, risk: str, thresholds: Sequence[float], *, right: float) -> Floats:
    if len(thresholds):
        return np.unique([0.0, *thresholds])
    values = np.concatenate([group.risks[risk] for group in whole.groups])
    n = np.concatenate([group.n for group in whole.groups])
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(n[order]) / n.sum()
    places = np.searchsorted(upto, np.arange(1, STEPS) / STEPS)
    return np.unique([0.0, *values[order][np.minimum(places, len(order) - 1)], min(right, 1.0)])


def _brought(judged: Outcomes, risk: str, *, horizon: float, thresholds: Floats, gain: float, cost: float) -> Statistic:
    """Money, its difference from contacting all, share contacted, leavers among them, net benefit; at each threshold."""
    ranking = Ranking.of(judged.risks[risk])
    # A threshold taken from the predictions must find them, although ranks are rounded.
    place = np.searchsorted(ranking.values, thresholds - 1e-12, side="left")
    odds = np.divide(thresholds, 1 - thresholds, out=np.full_like(thresholds, np.nan), where=thresholds < 1)[:, None]
    known = 1.0 if judged.reaches(horizon) else np.nan

    def _above(weights: Floats) -> Floats:
        sums = ranking.sums(weights)
        return np.vstack([np.cumsum(sums[::-1], axis=0)[::-1], np.zeros((1, weights.shape[1]))])[place]

    def _money(n: Floats) -> Floats:
        size = n.sum(axis=0)
        left, stayed = (_above(each) / size * known for each in known_by(judged, n, horizon))
        contacted = _above(n) / size
        money = gain * left - cost * contacted
        return np.vstack([money, money - money[:1], contacted, left, left - stayed * odds])

    return _money


def _best(whole: Judging, found: Sequence[Replicated], thresholds: Floats, *, level: float) -> pd.DataFrame:
    rows = []
    for group, numbers in zip(whole.groups, found, strict=True):
        money = numbers.take(slice(0, len(thresholds)))
        if np.isnan(money.value).all():
            rows.append({**whole.keys(group), "estimate": np.nan, "n": group.n.sum()})
            continue
        best = int(np.nanargmax(money.value))
        less = Replicated(money.value[best] - money.value, money.without[best] - money.without)
        alike = thresholds[less.errors.limits(less.value, level=level)[0] <= 0]
        own = money.take([best]).limits(level=level).iloc[0]
        low, high = (alike.min(), alike.max()) if len(alike) else (np.nan, np.nan)
        rows.append(
            {
                **whole.keys(group),
                "estimate": thresholds[best],
                "ci_low": low,
                "ci_high": high,
                "money": own["estimate"],
                "money_low": own["ci_low"],
                "money_high": own["ci_high"],
                "n": group.n.sum(),
            }
        )
    return pd.DataFrame(rows)


def _rough(value: float) -> str:
    """Return a number without digits that say nothing."""
    whole = len(str(int(abs(value))))
    return (
        f"{round(value, max(_DIGITS - whole, 0)):,g}" if whole <= _DIGITS else f"{round(value, _DIGITS - whole):,.0f}"
    )
