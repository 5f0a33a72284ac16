"""Do groups differ in how many have left for one cause: Gray's test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.causes import Cause, label_of
from cemlab.stats.intervals import Floats
from cemlab.stats.jackknife import FEWEST
from cemlab.stats.survival.clustered import CLUSTERED, Split
from cemlab.stats.survival.comparison import chi_square_p
from cemlab.stats.survival.lives import Lives, lives_of


@dataclass(eq=False)
class _Sums:
    """What is carried from one time to the next; G groups."""

    score: Floats
    carried: Floats  # (G, G): how the score of a group answers to what comes
    direct: Floats  # (G, G): its covariance so far
    mixed: Floats  # (G, G)
    spread: Floats  # (G,)


def gray_test(
    lives: pd.DataFrame, *, by: Sequence[str] = (), cause: Cause = "", level: float = 0.95, min_n: int = 10
) -> Estimates:
    """Return the test, for each cause, that all groups have one cumulative incidence.

    Score z_g = Σ (d_g − d·R_g/R) with R_g = Y_g·(1 − F_g(t−))/S_g(t−), compared with Gray's variance, or with
    that of the delete-a-group jackknife where the life table says whose spells are whose; χ² with groups − 1
    degrees of freedom. All spells take part.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table with ``cause``, without late entry (`from_start`).
    by : sequence of str
        Group columns; any other column that is not the life table's own is refused.
    cause : str or float, default ""
        Only this cause; empty for each.
    level : float, default 0.95
        Confidence level of the notes; the test has none.
    min_n : int, default 10
        Smallest number of customers in a published table.

    Returns
    -------
    Estimates
        Measure ``gray_test``; one row per ``cause``: ``estimate`` (χ²), ``df``, ``p_value``, ``n``, ``events``.

    Raises
    ------
    SchemaError
        When a column is missing or unknown, a count is impossible, or an event has no cause.
    ParameterError
        When nobody left for the cause asked for.
    InsufficientDataError
        When fewer than two groups hold spells, or spells entered late: the test is not defined for them.

    References
    ----------
    Gray, R. J. (1988). A class of K-sample tests for comparing the cumulative incidence of a
    competing risk. Annals of Statistics, 16(3), 1141–1154. doi:10.1214/aos/1176350951

    Examples
    --------
    >>> lives = pd.DataFrame({"plan": ["a", "a", "b", "b"] * 2, "duration": [1, 2] * 4,
    ...     "cause": ["price"] * 4 + ["moved"] * 4, "events": [30, 10, 10, 10, 20, 10, 20, 10], "censored": [0, 15] * 4})
    >>> gray_test(lives, by=["plan"]).table[["cause", "df"]].values.tolist()
    [['moved', 1], ['price', 1]]
    """
    table = lives_of(lives, by=by, causes=True)
    if len(table.groups) < 2 or table.entered.any():
        raise InsufficientDataError(
            f"Gray's test compares two groups or more that are all followed from the start: {len(table.groups)} groups"
            f" and {int(table.entered.sum()):,} late entries were found. Leave out who entered late (`from_start`), or"
            " compare the causes' hazards."
        )
    of = label_of(cause)
    if of and of not in table.causes:
        raise ParameterError(
            f"`cause` must be one for which somebody left: {cause!r} is none of the {len(table.causes)} in the life"
            " table."
        )
    rows = []
    for position, name in enumerate(table.causes):
        if of not in ("", name):
            continue
        score, variance = _score(table, table.events_by_cause[position])
        if table.split:
            variance = _clustered(table, table.split, position)
        kept = slice(1, None)
        df, known = len(score) - 1, bool(np.isfinite(variance).all())
        inverse = np.linalg.pinv(variance[kept, kept] if known else np.eye(df), hermitian=True)
        statistic = float(score[kept] @ inverse @ score[kept]) if known else np.nan
        rows.append(
            {
                "cause": name,
                "estimate": statistic,
                "df": df,
                "p_value": chi_square_p(statistic, df),
                "n": table.spells.sum(),
                "events": table.events_by_cause[position].sum(),
                "n_customers": table.customers.sum(),
            }
        )
    return Estimates.build(
        pd.DataFrame(rows),
        by=["cause"],
        cells=[],
        measure="gray_test",
        unit="ratio",
        level=level,
        min_n=min_n,
        method=f"Gray's test, {CLUSTERED}" if table.split else "Gray's test",
    )


def _clustered(lives: Lives, split: Split, cause: int) -> Floats:
    """Jackknife covariance of the score over groups of customers; NaN below 10."""
    groups = range(len(lives.groups))
    parts = [split.of(column) for column in groups]
    if split.size < FEWEST:
        return np.full((len(groups), len(groups)), np.nan)
    scores = []
    for at in range(split.size):
        events, risk, own = (
            np.stack([each[at] for each in kind], axis=1)
            for kind in ([p.events for p in parts], [p.at_risk for p in parts], [p.by_cause[cause] for p in parts])
        )
        at_risk = lives.at_risk - risk
        gone = np.vstack([at_risk[:-1] - at_risk[1:], at_risk[-1:]])
        rest = replace(lives, events=lives.events - events, censored=gone - lives.events + events, split=None)
        scores.append(_score(rest, lives.events_by_cause[cause] - own)[0])
    centred = np.array(scores) - np.mean(scores, axis=0)
    return np.asarray((split.size - 1) / split.size * centred.T @ centred)


def _score(lives: Lives, events: Floats) -> tuple[Floats, Floats]:
    """Score of each group and its covariance for one cause; `events` are those of that cause, shape (T, G)."""
    groups = events.shape[1]
    square = (groups, groups)
    sums = _Sums(np.zeros(groups), np.zeros(square), np.zeros(square), np.zeros(square), np.zeros(groups))
    stay, share, pooled = np.ones(groups), np.zeros(groups), 0.0
    for t in np.flatnonzero(lives.events.sum(axis=1) > 0):
        risk, own, other = lives.at_risk[t], events[t], lives.events[t] - events[t]
        there = risk > 0
        safe = np.where(there, risk, 1.0)
        stayed = np.where(there, stay * (safe - own - other) / safe, stay)
        grown = np.where(there, share + stay * own / safe, share)
        scaled = np.where(there, risk / stay, 0.0)
        reached = pooled + own.sum() / scaled.sum()
        _add(sums, scaled=scaled, exposed=scaled * (1 - share), own=own, pooled=pooled)
        _spread_own(sums, scaled=scaled, stay=stay, stayed=stayed, risk=risk, total=own.sum(), reached=reached)
        _spread_other(sums, stay=stay, stayed=stayed, risk=risk, other=other, reached=reached)
        stay, share, pooled = stayed, grown, reached
    carried, mixed = sums.carried, sums.mixed
    variance = sums.direct + (carried * sums.spread) @ carried.T + carried @ mixed.T + mixed @ carried.T
    return sums.score, variance


def _slopes(scaled: Floats) -> Floats:
    return np.asarray(np.diag(scaled) - np.outer(scaled, scaled) / scaled.sum())


def _add(sums: _Sums, *, scaled: Floats, exposed: Floats, own: Floats, pooled: float) -> None:
    sums.score += own - own.sum() * exposed / exposed.sum()
    sums.carried += _slopes(scaled) * own.sum() / (scaled.sum() * (1 - pooled))


def _spread_own(
    sums: _Sums, *, scaled: Floats, stay: Floats, stayed: Floats, risk: Floats, total: float, reached: float
) -> None:
    if not total:
        return
    there = risk > 0
    slope = np.where(there & (stayed > 0), 1 - (1 - reached) / np.where(stayed > 0, stayed, 1.0), 1.0)
    ties = 1 - (total - 1) / (scaled.sum() * stay - 1) if total > 1 else np.ones_like(stay)
    weight = np.where(there, ties * stay * total / (scaled.sum() * np.where(there, risk, 1.0)), 0.0)
    _accumulate(sums, toward=_slopes(scaled) - slope * sums.carried, slope=slope, weight=weight)


def _spread_other(sums: _Sums, *, stay: Floats, stayed: Floats, risk: Floats, other: Floats, reached: float) -> None:
    felt = (other > 0) & (stayed > 0)
    if not felt.any():
        return
    slope = np.where(felt, (1 - reached) / np.where(felt, stayed, 1.0), 0.0)
    ties = 1 - np.where(other > 1, other - 1, 0.0) / np.where(risk > 1, risk - 1, 1.0)
    weight = np.where(felt, ties * stay**2 * other / np.where(felt, risk, 1.0) ** 2, 0.0)
    _accumulate(sums, toward=slope * sums.carried, slope=-slope, weight=weight)


def _accumulate(sums: _Sums, *, toward: Floats, slope: Floats, weight: Floats) -> None:
    sums.direct += (toward * weight) @ toward.T
    sums.mixed += toward * slope * weight
    sums.spread += slope**2 * weight
