"""Does a covariate know the answer: what was written down only because the customer left."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.hazards.design import is_number
from cemlab.stats.intervals import Floats

RANKS = 0.95
"""A covariate that ranks leavers this well alone is too good."""
PURE = 0.20
OVERALL = (0.05, 0.95)
EMPTIED = 10
"""Smallest level of which it means something that everybody left."""
FOLDS = 5

REASONS = {
    "late": "is known only after the cut",
    "ranks": f"ranks who left almost perfectly (more than {RANKS:g})",
    "pure": f"has levels with {100 * PURE:g} % of the rows or more in which everybody left or nobody did",
    "gone": f"has levels with {100 * PURE:g} % of those who left or more in which everybody left",
}


def leakage(
    cells: pd.DataFrame,
    *,
    terms: Sequence[str],
    known_late: Sequence[str] = (),
    seed: int = 1,
    min_n: int = 10,
) -> Estimates:
    """Return which covariates give the outcome away and must be kept out.

    Leaking: max(AUC, 1 − AUC) > 0.95, levels scored by their share of leavers in the other four of five folds; or levels holding 20 % of
    the rows or more in which nobody or everybody left, where 5 to 95 % left overall; or levels holding 20 % of the leavers or more in
    which everybody left, where fewer than half did overall (what is overwritten when a customer leaves); or known only after the cut.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells with ``n`` and ``events``.
    terms : sequence of str
        The covariates.
    known_late : sequence of str, default ()
        Those known only after the cut.
    seed : int, default 1
        Of the folds.
    min_n : int, default 10
        Kept with the result.

    Returns
    -------
    Estimates
        Measure ``leakage``; one row per ``term``: ``estimate`` (max(AUC, 1 − AUC)), ``pure_share`` of rows, ``gone_share`` of leavers, ``leaking``, ``reason``, ``n``. A
        note names each that leaks.

    Raises
    ------
    SchemaError
        When a column is missing.
    InsufficientDataError
        When all or none left.

    Examples
    --------
    >>> cells = pd.DataFrame({"plan": ["a", "a", "b", "b"], "mood": [1, 2, 1, 2], "n": [50, 50, 50, 50], "events": [0, 30, 0, 25]})
    >>> leakage(cells.assign(mood=cells["mood"].astype(str)), terms=["plan", "mood"]).table[["term", "leaking"]].values.tolist()
    [['plan', False], ['mood', True]]
    """
    missing = [name for name in (*terms, "n", "events") if name not in cells]
    if missing:
        raise SchemaError(f"Cells need the columns {', '.join(missing)}: they are missing.")
    total, gone = float(cells["n"].sum()), float(cells["events"].sum())
    if not 0 < gone < total:
        raise InsufficientDataError(
            f"Leakage is judged where some left and some stayed: {int(gone):,} of {int(total):,} spells left."
        )
    random = np.random.default_rng(seed)
    rows = []
    for term in terms:
        ranked, (pure, left) = _ranked(cells, term, random), _pure(cells, term, overall=gone / total)
        signs = {"late": term in known_late, "ranks": ranked > RANKS, "pure": pure >= PURE, "gone": left >= PURE}
        reason = next((name for name, found in signs.items() if found), "")
        rows.append({"term": term, "estimate": ranked, "std_error": np.nan, "pure_share": pure, "gone_share": left,
                     "leaking": bool(reason), "reason": REASONS.get(reason, ""), "n": total})  # fmt: skip
    table = pd.DataFrame(rows)
    notes = [
        f"`{term}` was kept out: it {reason}."
        for term, leaks, reason in zip(terms, table["leaking"], table["reason"], strict=True)
        if leaks
    ]
    return Estimates.build(
        table, by=["term"], cells=[], measure="leakage", unit="share", method="area under the curve of each covariate alone", level=0.95,
        min_n=min_n, notes=notes,
    )  # fmt: skip


def _ranked(cells: pd.DataFrame, term: str, random: np.random.Generator) -> float:
    if is_number(cells[term]):
        found = cells.groupby(term, observed=True)[["n", "events"]].sum()
        area = area_under_curve(found.index.to_numpy(float), found["events"].to_numpy(float), (found["n"] - found["events"]).to_numpy(float))  # fmt: skip
    else:
        found = cells.groupby(cells[term].astype(str), observed=True)[["n", "events"]].sum().astype(np.int64)
        area = _out_of_fold(found["events"].to_numpy(), (found["n"] - found["events"]).to_numpy(), random)
    return max(area, 1 - area)


def _out_of_fold(gone: np.ndarray, stayed: np.ndarray, random: np.random.Generator) -> float:
    """Area under the curve of levels that are scored on the other folds: a level of one row then says nothing."""
    folds = [np.zeros((len(gone), FOLDS), dtype=np.int64), np.zeros((len(gone), FOLDS), dtype=np.int64)]
    for counts, fold in zip((gone, stayed), folds, strict=True):
        left = counts.copy()
        for k in range(FOLDS - 1):
            fold[:, k] = random.binomial(left, 1 / (FOLDS - k))
            left = left - fold[:, k]
        fold[:, -1] = left
    others = [counts[:, None] - fold for counts, fold in zip((gone, stayed), folds, strict=True)]
    overall = gone.sum() / (gone.sum() + stayed.sum())
    score = (others[0] + overall) / (others[0] + others[1] + 1)
    # Folds are compared within themselves: their overall shares differ by chance.
    areas = [
        area_under_curve(score[:, k], folds[0][:, k].astype(float), folds[1][:, k].astype(float)) for k in range(FOLDS)
    ]
    known = [area for area in areas if not np.isnan(area)]
    return float(np.mean(known)) if known else 0.5


def area_under_curve(score: Floats, gone: Floats, stayed: Floats) -> float:
    """Return the probability that one who left has the higher score, ties counting half.

    Parameters
    ----------
    score : numpy.ndarray
        Of each group.
    gone, stayed : numpy.ndarray
        How many of each group left and stayed.

    Returns
    -------
    float
        NaN when nobody left or nobody stayed.

    Examples
    --------
    >>> area_under_curve(np.array([1.0, 2.0]), np.array([0.0, 10.0]), np.array([10.0, 10.0]))
    0.75
    """
    if not gone.sum() or not stayed.sum():
        return float("nan")
    _, position = np.unique(score, return_inverse=True)
    left, right = np.bincount(position, weights=gone), np.bincount(position, weights=stayed)
    below = np.cumsum(right) - right / 2
    return float(left @ below / (left.sum() * right.sum()))


def _pure(cells: pd.DataFrame, term: str, *, overall: float) -> tuple[float, float]:
    """Share of rows at levels where nobody or everybody left, and of leavers where everybody did; 0 where that is no surprise."""
    found = cells.groupby(term, observed=True)[["n", "events"]].sum()
    # A level of a few rows is pure by chance; it must have had a fair chance of being mixed.
    chance = np.minimum(overall ** found["n"], 1.0) + (1 - overall) ** found["n"]
    everybody, nobody = found["events"] == found["n"], found["events"] == 0
    rows = found.loc[(everybody | nobody) & (chance < 0.01), "n"].sum() / found["n"].sum()
    emptied = everybody & (found["n"] >= EMPTIED) & (overall ** found["n"] * len(found) < 0.01)
    left = found.loc[emptied, "events"].sum() / found["events"].sum()
    return float(rows) if OVERALL[0] <= overall <= OVERALL[1] else 0.0, float(left) if overall < 0.5 else 0.0
