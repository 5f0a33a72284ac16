"""Does a covariate know the answer: what was written down only because the customer churned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.results import Estimates
from cemlab.core.scorecards import UNKNOWN, bin_edges
from cemlab.stats.hazards.design import is_number
from cemlab.stats.intervals import Floats

RANKS = 0.95
"""A covariate that ranks churners this well alone is too good."""
EXEMPT = ("tenure",)
"""Follows from the first day and the day of prediction alone: it cannot be written later."""
OVERALL = 0.95
"""Where more than this share churned, a level in which everybody did is no surprise."""
EMPTIED = 10
"""Smallest level of which it means something that everybody churned."""
GONE = 5
"""So many churned at a level that is gone, and so many would be expected to have stayed."""
CHURNERS = 20
"""So many churners make a ranking within the newest span worth judging."""
CHANCE = 0.01
"""Probability of one false level, or more, over all levels of all covariates."""
FOLDS = 5

REASONS = {
    "late": "is known only after the cut",
    "ranks": f"ranks who left almost perfectly (more than {RANKS:g})",
    "emptied": "has a level at which everybody left",
    "gone": "has a level that past churners have and no present customer has",
}
_LEVEL = ["term", "level", "kind", "n", "churned", "expected", "p_value"]


def leakage(
    cells: pd.DataFrame,
    *,
    terms: Sequence[str],
    newest: pd.DataFrame | None = None,
    known_late: Sequence[str] = (),
    seed: int = 1,
    min_n: int = 10,
) -> Estimates:
    """Return which covariates give the outcome away and must be kept out.

    Leaking: known only after the cut; max(AUC, 1 − AUC) > 0.95, levels scored by their share of churners in the
    other four of five folds; a level of ten rows or more in which everybody churned, where fewer than 95 % did
    overall; or, with `newest`, a level at which everybody churned in the newest span, so that no present
    customer has it, although five or more would have stayed at the rate of former spans. The exact probability
    of such a level (binomial, and Fisher's with the odds ratio of all other levels) must be below
    0.01 over the number of all levels of all covariates. A level that ceased before the newest span was over is discontinued: named in a
    note, not kept out. A level in which nobody churned is never a leak, nor is ``tenure``.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells with ``n`` and ``events``, of all spans.
    terms : sequence of str
        The covariates.
    newest : pandas.DataFrame, optional
        Those of the newest span, with ``duration``: who stayed in it is a customer at its end. A covariate that
        it lacks is judged without it. For "gone", `cells` hold it too.
    known_late : sequence of str, default ()
        Those known only after the cut.
    seed : int, default 1
        Of the folds.
    min_n : int, default 10
        Kept with the result.

    Returns
    -------
    Estimates
        Measure ``leakage``; one row per ``term``: ``estimate`` (max(AUC, 1 − AUC)), ``leaking``, ``reason``,
        ``n``. Part ``levels``: one row per level that everybody left or that has ceased: ``term``, ``level``,
        ``kind`` ("emptied", "gone" or "discontinued"), ``n``, ``churned``, ``expected`` (stayed, at the former
        rate), ``p_value``. A note names each covariate that leaks and each that has a discontinued level.

    Raises
    ------
    SchemaError
        When a column is missing.
    InsufficientDataError
        When all or none churned.

    References
    ----------
    Kaufman, S., Rosset, S., Perlich, C., & Stitelman, O. (2012). Leakage in data mining: formulation,
    detection, and avoidance. ACM Transactions on Knowledge Discovery from Data, 6(4), 15.
    doi:10.1145/2382577.2382579

    Examples
    --------
    >>> cells = pd.DataFrame({"plan": ["a", "a", "b", "b"], "mood": ["1", "2", "1", "2"], "n": [50, 50, 50, 50], "events": [0, 30, 0, 25]})
    >>> leakage(cells.assign(mood=["1", "2", "1", "gone"]), terms=["plan", "mood"]).table[["term", "leaking"]].values.tolist()
    [['plan', False], ['mood', False]]
    >>> leakage(cells.assign(mood=["1", "gone", "1", "2"], events=[5, 50, 5, 5]), terms=["plan", "mood"]).table[["term", "leaking"]].values.tolist()
    [['plan', False], ['mood', True]]
    """
    _need_both(cells, newest, terms)
    total = float(cells["n"].sum())
    levels = _levels(cells, newest, [term for term in terms if term not in EXEMPT])
    rows = []
    for term in terms:
        ranked = _ranked(cells, term, seed=seed)
        if newest is not None and term in newest and CHURNERS <= newest["events"].sum() < newest["n"].sum():
            ranked = max(ranked, _ranked(newest, term, seed=seed))
        kinds = set(levels.loc[levels["term"] == term, "kind"])
        signs = {"late": term in known_late, "ranks": ranked > RANKS and term not in EXEMPT} | {
            kind: kind in kinds for kind in ("emptied", "gone")
        }
        reason = next((name for name, found in signs.items() if found), "")
        rows.append(
            {
                "term": term,
                "estimate": ranked,
                "std_error": np.nan,
                "leaking": bool(reason),
                "reason": REASONS.get(reason, ""),
                "n": total,
            }
        )
    table = pd.DataFrame(rows)
    ceased = levels.loc[levels["kind"] == "discontinued", "term"].unique()
    notes = [
        *(f"`{row.term}` was kept out: it {row.reason}." for row in table[table["leaking"]].itertuples()),
        *(
            f"`{term}` has a discontinued level: no present customer has it. The column is not kept out."
            for term in ceased
        ),
    ]
    return Estimates.build(
        table,
        by=["term"],
        cells=[],
        measure="leakage",
        unit="share",
        method="area under the curve of each covariate alone",
        level=0.95,
        min_n=min_n,
        notes=notes,
        parts={"levels": levels},
    )


def _need_both(cells: pd.DataFrame, newest: pd.DataFrame | None, terms: Sequence[str]) -> None:
    """Refuse cells without a column that is needed, or in which all or none churned."""
    for frame, names in ((cells, terms), (cells if newest is None else newest, ())):
        missing = [name for name in (*names, "n", "events") if name not in frame]
        if missing:
            raise SchemaError(f"Cells need the columns {', '.join(missing)}: they are missing.")
    total, churned = float(cells["n"].sum()), float(cells["events"].sum())
    if not 0 < churned < total:
        raise InsufficientDataError(
            f"Leakage is judged where some left and some stayed: {int(churned):,} of {int(total):,} spells left."
        )


def ranking(cells: pd.DataFrame, *, terms: Sequence[str], seed: int = 1) -> list[str]:
    """Return covariates by how well each alone ranks churners, the best first.

    Parameters
    ----------
    cells : pandas.DataFrame
        Covariate cells with ``n`` and ``events``.
    terms : sequence of str
        The covariates.
    seed : int, default 1
        Of the folds.

    Returns
    -------
    list of str
        All of them; ties keep their order.

    Examples
    --------
    >>> cells = pd.DataFrame({"plan": ["a", "b"], "shop": ["x", "x"], "n": [50, 50], "events": [5, 30]})
    >>> ranking(cells, terms=["shop", "plan"])
    ['plan', 'shop']
    """
    areas = {term: _ranked(cells, term, seed=seed) for term in terms}
    return sorted(terms, key=lambda term: -areas[term])


def _ranked(cells: pd.DataFrame, term: str, *, seed: int) -> float:
    if is_number(cells[term]):
        found = cells.groupby(term, observed=True)[["n", "events"]].sum()
        area = area_under_curve(
            found.index.to_numpy(float), found["events"].to_numpy(float), (found["n"] - found["events"]).to_numpy(float)
        )
        area = max(area, 1 - area)
    else:
        found = _by_level(cells, term).astype(np.int64)
        # levels are drawn in the order of their counts: a name decides nothing, and nor does another covariate
        found = found.sort_values(["n", "events"])
        random = np.random.default_rng(seed)
        area = _out_of_fold(found["events"].to_numpy(), (found["n"] - found["events"]).to_numpy(), random)
    # Scored on other customers, levels without a relation rank against themselves: that is no better than chance.
    return max(area, 0.5)


def _by_level(cells: pd.DataFrame, term: str) -> pd.DataFrame:
    found: pd.DataFrame = cells.groupby(_named(cells[term]), observed=True)[["n", "events"]].sum()
    return found


def _named(levels: pd.Series) -> pd.Series:
    return levels.astype(object).where(levels.notna(), UNKNOWN).astype(str)


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


def _levels(cells: pd.DataFrame, newest: pd.DataFrame | None, terms: Sequence[str]) -> pd.DataFrame:
    """Levels at which everybody churned by more than chance allows, and levels that have ceased."""
    whole = {term: _by_level(cells, term) for term in terms}
    limit = CHANCE / max(sum(len(found) for found in whole.values()), 1)
    parts = [_emptied(found, limit=limit).assign(term=term) for term, found in whole.items()]
    held = [] if newest is None else [term for term in terms if term in newest]
    if newest is not None:
        parts += [_gone(whole[term], _by_level(newest, term), limit=limit).assign(term=term) for term in held]
    levels = pd.concat(parts).rename_axis("level").reset_index() if parts else pd.DataFrame(columns=_LEVEL)
    levels = levels.reindex(columns=_LEVEL)
    if newest is not None:
        pairs = zip(levels["term"], levels["level"], strict=True)
        ceased = [term in held and _ceased(newest, term, level) for term, level in pairs]
        levels.loc[np.array(ceased, dtype=bool), "kind"] = "discontinued"
    return levels.drop_duplicates(["term", "level"], ignore_index=True)


def _emptied(found: pd.DataFrame, *, limit: float) -> pd.DataFrame:
    """Levels at which everybody churned, over all spans."""
    n, events = found["n"], found["events"]
    overall = events.sum() / n.sum()
    chance = overall**n
    kept = (events == n) & (n >= EMPTIED) & (chance < limit) & (overall < OVERALL)
    table = pd.DataFrame(
        {"kind": "emptied", "n": n, "churned": events, "expected": n * (1 - overall), "p_value": chance}
    )
    return pd.DataFrame(table.loc[kept])


def _gone(found: pd.DataFrame, last: pd.DataFrame, *, limit: float) -> pd.DataFrame:
    """Levels at which everybody churned in the newest span, or that were no longer there, although five would have stayed."""
    last = last.reindex(found.index, fill_value=0)
    former = found - last
    before, after = former.sum(), last.sum()
    rest = (former["n"] - former["events"]) / max(before["n"] - before["events"], 1) * (after["n"] - after["events"])
    stayed = last["n"] * (1 - former["events"] / former["n"].clip(lower=1))
    expected = stayed.where(last["n"] > 0, rest)
    table = pd.DataFrame({"kind": "gone", "n": found["n"], "churned": found["events"], "expected": expected})
    table["p_value"] = [
        _all_churned(then, now, former=before - then, latest=after - now)
        for (_, then), (_, now) in zip(former.iterrows(), last.iterrows(), strict=True)
    ]
    table["p_value"] = np.where(last["n"] > 0, table["p_value"], np.exp(-expected))
    kept = (found["events"] >= GONE) & (expected >= GONE) & (table["p_value"] < limit)
    return pd.DataFrame(table.loc[kept])


def _all_churned(then: pd.Series, now: pd.Series, *, former: pd.Series, latest: pd.Series) -> float:
    """Probability that everybody at a level churned in the newest span, given the margins, at the odds ratio of the other levels."""
    from scipy.stats import nchypergeom_fisher

    if not now["n"] or now["events"] < now["n"] or then["n"] == then["events"]:
        return float("nan")
    odds = [(each["events"] + 0.5) / (each["n"] - each["events"] + 0.5) for each in (latest, former)]
    both, churned, size = int(then["n"] + now["n"]), int(then["events"] + now["events"]), int(now["n"])
    return float(nchypergeom_fisher.pmf(size, both, size, churned, odds[0] / odds[1]))


def _ceased(newest: pd.DataFrame, term: str, level: str) -> bool:
    """Whether a level was no longer there in the newest span, or its customers had churned, or joined, too early to be a chance draw."""
    left = newest[newest["events"] > 0]
    own = _named(left[term]) == level
    if not own.any():
        return True
    times = [-left["duration"].to_numpy(float)] if "duration" in left else []
    tenures = [[bin_edges(text)[0] for text in _named(left[name])] for name in EXEMPT if name in left]
    times += [np.nan_to_num(np.array(each), nan=-np.inf) for each in tenures]
    weight, mine = left["events"].to_numpy(float), own.to_numpy()
    count = weight[mine].sum()
    shares = [weight[each >= each[mine].min()].sum() / weight.sum() for each in times]
    return any(float(share) ** count < CHANCE for share in shares)
