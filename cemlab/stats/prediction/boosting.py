"""The challenger: gradient boosting of the hazard of each period, tuned inside the training time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError, near_miss
from cemlab.core.rows import DesignBlock, DesignRows
from cemlab.core.scorecards import UNKNOWN, Scorecard, level_names
from cemlab.stats.intervals import Floats
from cemlab.stats.prediction.scorecards import Clock, Judged, judged
from cemlab.stats.threads import one_thread

STEP = {"days": 30.0, "months": 1.0}
"""Longest period on each clock."""
FEWEST_PERIODS = 4
LEAVES = (4, 15)
RATE = 0.1
"""Of learning: one is enough, as the number of trees is tuned to it."""
MOST_TREES = 80
SMALLEST_LEAF = 50
ONE_THREAD = 500_000
"""Rows by period up to which one thread fits: on a busy machine threads wait for one another longer than they work."""
UNTUNED = {"max_leaf_nodes": 4, "learning_rate": RATE, "max_iter": 50}
BOOSTED = "gradient boosting"


@dataclass(frozen=True, eq=False)
class Boosted:
    """A fitted booster.

    Attributes
    ----------
    columns : tuple of str
        What a design row holds.
    edges : numpy.ndarray, shape (periods + 1,)
        Where periods begin and end.
    horizons : tuple of float
        Rising; each the end of a period.
    settings : mapping of str to float
        What tuning chose.
    tuning : pandas.DataFrame
        One row per setting: ``max_leaf_nodes``, ``learning_rate``, ``max_iter``, ``loss`` on the later part of
        the training time.
    used, rows : int
        Rows that were fitted on, and that there were.
    notes : tuple of str
        What a reader must know.
    model : object
        scikit-learn's.
    """

    columns: tuple[str, ...]
    edges: Floats
    horizons: tuple[float, ...]
    settings: Mapping[str, float]
    tuning: pd.DataFrame
    used: int
    rows: int
    notes: tuple[str, ...]
    model: Any

    def risks(self, rows: DesignRows) -> pd.DataFrame:
        """Return the probability of leaving within each horizon, 1 − Π(1 − hazard).

        Parameters
        ----------
        rows : DesignRows
            With the columns of training.

        Returns
        -------
        pandas.DataFrame
            One row per row, in their order: ``risk_<h>`` per horizon.

        Raises
        ------
        ParameterError
            When the columns are others.
        """
        found = [self.of(block.x) for block in _matching(rows, self.columns)]
        names = [f"risk_{horizon:g}" for horizon in self.horizons]
        return pd.DataFrame(np.concatenate(found) if found else np.zeros((0, len(names))), columns=names)

    def of(self, x: Floats) -> Floats:
        """Return the risks of design rows.

        Parameters
        ----------
        x : numpy.ndarray, shape (rows, columns)
            Covariates.

        Returns
        -------
        numpy.ndarray
            Shape (rows, horizons).
        """
        staying = np.ones((len(x), len(self.edges)))
        with _threads(len(x)):
            for period in range(len(self.edges) - 1):
                hazard = self.model.predict_proba(_with_period(x, np.full(len(x), period)))[:, 1]
                staying[:, period + 1] = staying[:, period] * (1 - hazard)
        return np.asarray(1 - staying[:, np.searchsorted(self.edges, self.horizons)])


def boosted(
    rows: DesignRows,
    *,
    horizons: Sequence[float],
    clock: Clock = "days",
    monotone: Mapping[str, int] | None = None,
    seed: int = 1,
    limit: int = 200_000,
    min_n: int = 10,
) -> Boosted:
    """Return a gradient booster of the hazard in each period since the cut.

    A row is at risk in each period that it entered; one that was censored within a period counts there by the
    part that it was seen. The size of trees is chosen, and their number, by the log loss in the later half of
    the periods when the earlier half trains; then all periods train.

    Parameters
    ----------
    rows : DesignRows
        Of the training day, numbers as they are; events are endings.
    horizons : sequence of float
        In units of the clock.
    clock : {"days", "months"}, default "days"
        Unit of the durations.
    monotone : mapping of str to {-1, 0, 1}, optional
        Column → whether the hazard may only fall or rise with it.
    seed : int, default 1
        Of the subset and of the booster.
    limit : int, default 200,000
        Most rows that are fitted on; of more a random subset, said so.
    min_n : int, default 10
        Fewest events.

    Returns
    -------
    Boosted
        The model.

    Raises
    ------
    ParameterError
        When an option is out of range or a column unknown.
    InsufficientDataError
        When fewer than `min_n` left, or rows come under observation late.

    References
    ----------
    Friedman, J. H. (2001). Greedy function approximation: A gradient boosting machine. Annals of
    Statistics, 29(5), 1189–1232. doi:10.1214/aos/1013203451
    """
    asked = tuple(sorted({float(horizon) for horizon in horizons}))
    signs = _signs(monotone or {}, rows.columns)
    if not asked or asked[0] <= 0 or limit < 1:
        raise ParameterError(
            f"Horizons must be above 0 and `limit` at least 1: {len(asked)} horizons and {limit} were given."
        )
    block, total = _subset(rows, limit=limit, seed=seed)
    gone = int(((block.event > 0) & (block.duration <= asked[-1])).sum())
    if gone < max(min_n, 1):
        raise InsufficientDataError(
            f"Boosting needs at least {min_n} events in the horizon: fewer were found in {len(block.event):,} rows."
        )
    edges = _edges(asked, STEP[clock])
    x, y, weight = _periods(block, edges)
    with _threads(len(y)):
        settings, tuning = _tuned(x, y, weight, signs=signs, seed=seed)
        model = _booster(settings, signs=signs, seed=seed).fit(x, y, sample_weight=weight)
    notes = []
    if len(block.event) < total:
        notes.append(f"Boosting was fitted on a random subset: {len(block.event):,} of {total:,} rows.")
    if tuning.empty:
        notes.append("Boosting was not tuned: too few events in the earlier or later part of the training time.")
    return Boosted(rows.columns, edges, asked, settings, tuning, len(block.event), total, tuple(notes), model)


def judged_rows(
    rows: DesignRows,
    cards: Sequence[Scorecard],
    *,
    booster: Boosted,
    reference: Mapping[str, str] | None = None,
) -> Judged:
    """Return test rows with the risks that scorecards and a booster foretold, on the same customers.

    Parameters
    ----------
    rows : DesignRows
        Of the test day, numbers as they are, levels as columns ``term=level``.
    cards : sequence of Scorecard
        The models to compare with.
    booster : Boosted
        The challenger, named "gradient boosting".
    reference : mapping of str to str, optional
        Of each covariate in levels, the one without a column.

    Returns
    -------
    Judged
        As `judged`; a cell is a row.

    Raises
    ------
    ParameterError
        When the booster's columns are others, or two models have one name.
    InsufficientDataError
        When no row can be scored by every scorecard.
    """
    own = {horizon: f"{BOOSTED} {horizon:g}" for horizon in booster.horizons}
    parts = []
    for block in _matching(rows, booster.columns):
        part = _outcomes(block).assign(**_levels(block.x, rows.columns, cards, reference or {}))
        parts.append(part.assign(**dict(zip(own.values(), booster.of(block.x).T, strict=True))))
    found = judged(pd.concat(parts, ignore_index=True), cards)
    return replace(found, risks={**found.risks, BOOSTED: own})


def _signs(monotone: Mapping[str, int], columns: Sequence[str]) -> list[int]:
    unknown = [name for name in monotone if name not in columns]
    if unknown:
        raise ParameterError(f"`{unknown[0]}` is no column of the rows. {near_miss(unknown[0], columns)}")
    if not set(monotone.values()) <= {-1, 0, 1}:
        raise ParameterError(f"`monotone` takes -1, 0 or 1: {len(monotone)} columns have others among them.")
    return [0, *(monotone.get(name, 0) for name in columns)]


def _matching(rows: DesignRows, columns: Sequence[str]) -> Iterable[DesignBlock]:
    if tuple(rows.columns) != tuple(columns):
        raise ParameterError(
            f"A booster needs the columns that it was trained on: {len(set(columns) - set(rows.columns))} of"
            f" {len(columns)} missing, {len(set(rows.columns) - set(columns))} new. Build both designs alike."
        )
    return rows


def _subset(rows: DesignRows, *, limit: int, seed: int) -> tuple[DesignBlock, int]:
    """At most so many rows, each with the same chance, and how many there are."""
    total = sum(len(block.event) for block in rows)
    kept = np.ones(total, dtype=bool)
    if total > limit:
        kept = np.zeros(total, dtype=bool)
        kept[np.random.default_rng(seed).choice(total, size=limit, replace=False)] = True
    first, x, outcomes = 0, [], []
    for block in rows:
        mine = kept[first : first + len(block.event)]
        first += len(block.event)
        if block.start is not None and (block.start > 0).any():
            raise InsufficientDataError(
                f"Rows to predict from are there at the cut: {int((block.start > 0).sum()):,} come later. Build them at"
                " a cut."
            )
        x.append(block.x[mine])
        outcomes.append(_outcomes(block).loc[mine])
    if not total:
        raise InsufficientDataError("A booster needs rows: there are none.")
    found = pd.concat(outcomes)
    duration, events, n = (found[name].to_numpy(float) for name in ("duration", "events", "n"))
    return DesignBlock(np.concatenate(x), duration, events, n=n), total


def _outcomes(block: DesignBlock) -> pd.DataFrame:
    frame = pd.DataFrame({"duration": block.duration, "n": np.ones(len(block.event)) if block.n is None else block.n})
    frame["events"] = block.event * frame["n"]
    return frame if block.replicate is None else frame.assign(replicate=block.replicate)


def _edges(horizons: Sequence[float], step: float) -> Floats:
    """Periods between one horizon and the next, none longer than a step or, on the clock of days, a quarter of the whole."""
    longest = min(step, horizons[-1] / FEWEST_PERIODS) if step > 1 else step
    parts = [
        np.linspace(low, high, 1 + int(np.ceil((high - low) / longest)))
        for low, high in itertools.pairwise([0.0, *horizons])
    ]
    return np.unique(np.concatenate(parts))


def _with_period(x: Floats, period: np.ndarray) -> Floats:
    return np.column_stack([period.astype(float), x])


def _periods(block: DesignBlock, edges: Floats) -> tuple[Floats, np.ndarray, Floats]:
    """Rows by period: covariates after the period, whether it ended, and its weight."""
    n = np.ones(len(block.event)) if block.n is None else block.n
    x, y, weight = [], [], []
    for period, (low, high) in enumerate(itertools.pairwise(edges)):
        here = np.flatnonzero(block.duration > low)
        left = (block.event[here] > 0) & (block.duration[here] <= high)
        seen = np.where(left, 1.0, np.minimum((block.duration[here] - low) / (high - low), 1.0))
        x.append(_with_period(block.x[here], np.full(len(here), period)))
        y.append(left)
        weight.append(n[here] * seen)
    return np.concatenate(x), np.concatenate(y).astype(np.int64), np.concatenate(weight)


def _threads(rows: int) -> Any:
    import sklearn.ensemble  # noqa: F401  its threads can be limited only once they are there

    return one_thread() if rows <= ONE_THREAD else nullcontext()


def _booster(settings: Mapping[str, float], *, signs: Sequence[int], seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=int(settings["max_iter"]),
        max_leaf_nodes=int(settings["max_leaf_nodes"]),
        random_state=seed,
        learning_rate=settings["learning_rate"],
        min_samples_leaf=SMALLEST_LEAF,
        monotonic_cst=list(signs),
        early_stopping=False,
    )


def _tuned(
    x: Floats, y: np.ndarray, weight: Floats, *, signs: Sequence[int], seed: int
) -> tuple[dict[str, float], pd.DataFrame]:
    """The settings with the smallest loss in the later periods when the earlier ones train."""
    middle = (x[:, 0].max() + 1) / 2
    early, late = x[:, 0] < middle, x[:, 0] >= middle
    if min(y[early].sum(), y[late].sum()) < SMALLEST_LEAF:
        return dict(UNTUNED), pd.DataFrame(columns=[*UNTUNED, "loss"])
    tried = []
    for leaves in LEAVES:
        settings = {"max_leaf_nodes": leaves, "learning_rate": RATE, "max_iter": MOST_TREES}
        model = _booster(settings, signs=signs, seed=seed).fit(x[early], y[early], sample_weight=weight[early])
        losses = [_loss(y[late], risk[:, 1], weight[late]) for risk in model.staged_predict_proba(x[late])]
        best = int(np.argmin(losses))
        tried.append({**settings, "max_iter": best + 1, "loss": losses[best]})
    tuning = pd.DataFrame(tried).sort_values(["loss", "max_leaf_nodes"], ignore_index=True)
    chosen = tuning.iloc[0]
    return {name: float(chosen[name]) for name in UNTUNED}, tuning


def _loss(y: np.ndarray, risk: Floats, weight: Floats) -> float:
    risk = np.clip(risk, 1e-12, 1 - 1e-12)
    return float(np.average(-np.where(y > 0, np.log(risk), np.log1p(-risk)), weights=weight))


def _levels(
    x: Floats, columns: Sequence[str], cards: Sequence[Scorecard], reference: Mapping[str, str]
) -> dict[str, np.ndarray]:
    """Design rows back in levels, as the scorecards know them; a number in the finest bins that any of them has."""
    at = {name: number for number, name in enumerate(columns)}
    found = {}
    for term in dict.fromkeys(term for card in cards for term in card.terms):
        if term in at:
            cuts = sorted({cut for card in cards for cut in card.bins.get(term, ())})
            names = np.array(level_names(cuts), dtype=object)
            level = names[np.searchsorted(cuts, x[:, at[term]], side="right")]
            if f"{term} missing" in at:
                level = np.where(x[:, at[f"{term} missing"]] > 0, UNKNOWN, level)
        else:
            own = [name for name in columns if name.startswith(f"{term}=")]
            texts = np.array([reference.get(term, UNKNOWN), *(name.partition("=")[2] for name in own)], dtype=object)
            shown = x[:, [at[name] for name in own]]
            level = (
                texts[np.where(shown.any(axis=1), shown.argmax(axis=1) + 1, 0)] if own else np.full(len(x), texts[0])
            )
        found[term] = level
    return found
