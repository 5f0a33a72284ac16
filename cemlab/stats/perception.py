"""The perception gap: what the company believes of its score, against what customers gave."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError, near_miss
from cemlab.core.metrics import NPS, MetricScale
from cemlab.core.results import Estimates
from cemlab.stats import intervals
from cemlab.stats.scores import bounds_of

OVERALL = "all"
"""The ``group`` of a belief about all customers."""


@dataclass(frozen=True)
class Belief:
    """What someone believes a score to be.

    Attributes
    ----------
    column : str
        Group column; empty for all customers.
    group : str
        Its level; ``all`` for all customers.
    score : float
        In the metric's unit.
    """

    column: str
    group: str
    score: float


def parse(believed: Sequence[str], *, metric: MetricScale = NPS) -> list[Belief]:
    """Return beliefs from their text.

    ``"52"`` is about all customers, ``"region:North=40"`` about one group.

    Parameters
    ----------
    believed : sequence of str
        One belief each.
    metric : MetricScale, default NPS
        The question, which bounds what can be believed.

    Returns
    -------
    list of Belief
        In the order given.

    Raises
    ------
    ParameterError
        When one cannot be read, lies outside the scale, or two are about the same group.

    Examples
    --------
    >>> parse(["52", "region:North=40"])[1]
    Belief(column='region', group='North', score=40.0)
    """
    beliefs = [_parsed(text, metric) for text in believed]
    about = [(belief.column, belief.group) for belief in beliefs]
    if len(set(about)) < len(about):
        raise ParameterError(
            f"`believed` must say one score per group: {len(about)} were given for {len(set(about))} groups. Keep one"
            " each."
        )
    return beliefs


def gap(
    believed: Sequence[str],
    *,
    overall: Estimates,
    groups: Mapping[str, Estimates] | None = None,
    metric: MetricScale = NPS,
) -> Estimates:
    """Return how far each believed score lies above the score that customers gave.

    believed − θ, with θ's interval reversed: believed − high to believed − low. p_value is of the test that this
    interval inverts, around its centre (of ``nps`` the adjusted one).

    Parameters
    ----------
    believed : sequence of str
        ``"52"`` or ``"region:North=40"``; see `parse`.
    overall : Estimates
        The score of all customers (`scores.estimate`).
    groups : mapping of str to Estimates, optional
        Group column → scores by that column.
    metric : MetricScale, default NPS
        The question.

    Returns
    -------
    Estimates
        Measure ``<metric>_gap``; one row per belief: ``column`` (empty for all), ``group``, ``estimate``,
        ``std_error``, ``ci_low``, ``ci_high``, ``p_value``, ``centre`` of its test, ``believed``,
        ``<metric>_given``, ``is_plausible`` (the belief lies inside the score's interval), ``n``,
        ``n_customers``, ``n_eff``. A group that is suppressed among the scores is suppressed here.

    Raises
    ------
    ParameterError
        When a belief cannot be read, or is about a group that does not exist.

    References
    ----------
    Allen, J., Reichheld, F. F., et al. (2005). Closing the delivery gap. Bain &
    Company.

    Examples
    --------
    >>> from cemlab.stats import scores
    >>> score = scores.estimate(pd.DataFrame({"score": [4, 7, 9], "n": [15, 20, 65]}))
    >>> gap(["70"], overall=score).table[["estimate", "ci_low", "is_plausible"]].round(3).values.tolist()
    [[20.0, 7.061, False]]
    """
    groups = groups or {}
    rows = [_row(belief, overall=overall, groups=groups, metric=metric) for belief in parse(believed, metric=metric)]
    columns = [
        "column",
        "group",
        "estimate",
        "std_error",
        "ci_low",
        "ci_high",
        "p_value",
        "believed",
        f"{metric.name}_given",
        "is_plausible",
        "n",
        "n_customers",
        "n_eff",
        "suppressed",
    ]
    table = pd.DataFrame(rows, columns=columns).astype({"suppressed": bool, "is_plausible": bool})
    return Estimates.build(
        table,
        by=["column", "group"],
        measure=f"{metric.name}_gap",
        unit=metric.difference_unit,
        method=f"believed minus given; {overall.method}",
        level=overall.level,
        min_n=overall.min_n,
        notes=overall.notes,
    )


def _parsed(text: str, metric: MetricScale) -> Belief:
    about, _, number = text.rpartition("=")
    column, colon, group = about.partition(":")
    try:
        score = float(number)
    except ValueError:
        score = math.nan
    if not math.isfinite(score) or (about and not (colon and column.strip() and group.strip())):
        raise ParameterError(
            f"`believed` must be a score such as 52, or one of a group such as region:North=40: {text!r} is neither."
        )
    low, high = bounds_of(metric)
    if not low <= score <= high:
        raise ParameterError(
            f"A believed score of `{metric.name}` must lie between {low:g} and {high:g}: {score:g} was given."
        )
    return Belief(column.strip(), group.strip() if about else OVERALL, score)


def _row(
    belief: Belief, *, overall: Estimates, groups: Mapping[str, Estimates], metric: MetricScale
) -> dict[str, object]:
    given, level = _given(belief, overall=overall, groups=groups), overall.level
    low, high, size = float(given["ci_low"]), float(given["ci_high"]), float(given.get("n_star", given["n"]))
    # the adjusted interval is cut at the ends of the scale, so its middle is not its centre there
    centre = float(given["estimate"]) * size / (size + 3) if metric.kind == "net" else (low + high) / 2
    half = max(centre - low, high - centre)
    error = half / float(intervals.quantile(level)) if half > 0 else math.nan
    return {
        "column": belief.column,
        "group": belief.group,
        "estimate": belief.score - given["estimate"],
        "std_error": error,
        "ci_low": belief.score - high,
        "ci_high": belief.score - low,
        "centre": belief.score - centre,
        "p_value": float(intervals.beyond(belief.score - centre, error)),
        "believed": belief.score,
        f"{metric.name}_given": given["estimate"],
        "is_plausible": bool(low <= belief.score <= high),
        "n": given["n"],
        "n_customers": given["n_customers"],
        "n_eff": given["n_eff"],
        "suppressed": bool(given["suppressed"]) or np.isnan(given["estimate"]),
    }


def _given(belief: Belief, *, overall: Estimates, groups: Mapping[str, Estimates]) -> pd.Series:
    if not belief.column:
        return overall.row()
    if belief.column not in groups:
        raise ParameterError(
            f"A believed score must be about a column that customers are compared by: `{belief.column}` is none. "
            f"{near_miss(belief.column, groups)}There are: {', '.join(groups) or 'none'}. Add it to `segment_by`."
        )
    table = groups[belief.column].table
    levels = table[belief.column].astype(str).tolist()
    if belief.group not in levels:
        raise ParameterError(
            f"A believed score must be about a group that answered: `{belief.column}` has none of the {len(levels):,}"
            f" levels named so. {near_miss(belief.group, levels)}"
        )
    return table.loc[table[belief.column].astype(str) == belief.group].iloc[0]
