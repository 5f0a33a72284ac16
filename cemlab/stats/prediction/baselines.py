"""What tenure alone foretells: the baseline that a model has to beat."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cemlab.core.courses import Codes, Lookup
from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.scorecards import Scorecard, bin_edges, level_names, rebinned
from cemlab.stats.causes import Cause, label_of
from cemlab.stats.intervals import Floats
from cemlab.stats.prediction.scorecards import Clock
from cemlab.stats.survival.incidence import carried
from cemlab.stats.survival.lives import Lives, lives_of

MONTH = {"days": 365.25 / 12, "months": 1.0}
"""Length of a month on each clock."""
TENURE = "tenure"
NONE_SEEN = 1e-12
"""Stands for a hazard of 0 where its logarithm is needed."""
MIDDLE, PARTS = 0.5, 30
"""Where in a month one point stands for all of it, and into how many parts it is cut for its mean."""
NOBODY = 0.5
"""So many are taken to have left until the longest horizon where nobody did: no risk is nothing."""


def tenure_baseline(
    table: pd.DataFrame,
    *,
    horizons: Sequence[float],
    clock: Clock = "days",
    by: Sequence[str] = (),
    cause: Cause = "",
    passed: float | None = None,
    bins: Mapping[str, Sequence[float]] | None = None,
    min_n: int = 10,
) -> Scorecard:
    """Return the risk of churn by tenure, and by a segment where asked.

    risk = 1 − S(u + h)/S(u), S the Kaplan–Meier curve with late entry; for one cause the Aalen–Johansen share
    from u on. From a life table it is averaged over the recorded month (or bin), from u to v: 1 − ∫S(x +
    h)dx/∫S(x)dx, by the midpoints of thirty parts, S log-linear between times on the clock of months. Where
    only cells are known, or `passed` is given, u is the tenure in whole months and the part of a month (of a
    bin) `passed` since. Errors: Greenwood from there to u + h. Months in which fewer than `min_n` are at risk
    at u or u + h take the nearest earlier month that has enough, then the nearest later one, then all segments.
    Where nobody left until the longest horizon, half a leaver is put in, spread evenly over the time.

    Parameters
    ----------
    table : pandas.DataFrame
        A life table (``duration``, ``events``, ``censored``, ``entered``), or landmark cells of the training
        day with ``tenure`` in months or bins of them, which then are its levels (``duration`` since the day,
        ``n``, ``events``); with ``cause`` where one is asked for.
    horizons : sequence of float
        In units of the clock.
    clock : {"days", "months"}, default "days"
        Unit of the durations.
    by : sequence of str, default ()
        Segments with curves of their own.
    cause : str or float, default ""
        The cause whose risk is asked for; empty for all.
    passed : float, optional
        Part of the month that customers of a whole number of months have all lived beyond it; 0 where tenure is
        counted so. Missing, they are anywhere within the month; on average in its middle.
    bins : mapping of str to sequence of float, optional
        Cut points of those of `by` that are numbers: finer bins are taken into these.
    min_n : int, default 10
        Smallest risk set.

    Returns
    -------
    Scorecard
        Of ``tenure`` by month, its last level open, and `by`.

    Raises
    ------
    SchemaError
        When a column is missing.
    InsufficientDataError
        When no month has `min_n` at risk until the longest horizon.
    ParameterError
        When a horizon is not above 0.

    Examples
    --------
    >>> lives = pd.DataFrame({"duration": [1, 2, 3], "entered": 0, "events": [20, 20, 0], "censored": [0, 0, 60]})
    >>> card = tenure_baseline(lives, horizons=[1], clock="months", passed=0)
    >>> card.of(pd.DataFrame({"tenure": ["0", "1", "2"]}))["risk_1"].round(2).tolist()
    [0.2, 0.25, 0.01]
    """
    asked = np.array(sorted({float(horizon) for horizon in horizons}))
    if not len(asked) or asked[0] <= 0:
        raise ParameterError(f"Horizons must be above 0: {len(asked)} were given.")
    month = MONTH[clock]
    cuts = _cuts(table, month)
    starts = _starts(cuts, month, MIDDLE if passed is None else passed)
    held = {name: tuple(map(float, bins[name])) for name in by if bins and name in bins}
    lives = _lives(_of_cells(table, cuts, starts), by=list(by), bins=held, cause=label_of(cause))
    found = _conditional(lives, starts, asked, min_n=min_n)
    if passed is None and TENURE not in table:
        found = _averaged(found, lives, cuts, month=month, horizons=asked, min_n=min_n)
    enough = np.flatnonzero(found.enough[:, -1])
    if not len(enough):
        raise InsufficientDataError(
            f"A baseline needs {min_n} customers who were followed {asked[-1]:g} {clock}: no tenure has as many."
        )
    beyond, cuts = cuts[enough[-1] :], cuts[: enough[-1]]
    terms = {TENURE: level_names(cuts)} | {name: sorted(set(lives.groups[name].iloc[:-1])) for name in by}
    hazard, spread, weight, lent = _table(found, _columns(lives.groups, terms), len(terms[TENURE]))
    return Scorecard(
        model=" and ".join([TENURE, *by]) if by else "tenure alone",
        terms=tuple(terms),
        time_varying=(),
        bins={TENURE: cuts, **held},
        clock=clock,
        horizons=tuple(asked),
        points=_points(terms, hazard[:, -1], weight),
        cause=label_of(cause),
        notes=_notes(beyond, lent, len(weight), min_n=min_n),
        course=Lookup(tuple(len(levels) for levels in terms.values()), hazard, spread),
    )


def _notes(beyond: Sequence[float], lent: int, risks: int, *, min_n: int) -> tuple[str, ...]:
    """What must be said of tenures that few reached."""
    notes = []
    if beyond:
        notes.append(
            f"Tenure of {beyond[0]:g} months and more counts as less: fewer than {min_n} were followed beyond."
        )
    if lent:
        notes.append(f"{lent} of {risks} risks by tenure are those of a neighbour: fewer than {min_n} were at risk.")
    return tuple(notes)


@dataclass(frozen=True, eq=False)
class _Conditional:
    """From each start, in each group: shapes (starts, groups, horizons) twice and (starts, groups) twice."""

    hazard: Floats
    spread: Floats
    at_risk: Floats
    enough: np.ndarray


def _cuts(table: pd.DataFrame, month: float) -> tuple[float, ...]:
    """Where tenure is cut: as in the cells, else at every month."""
    if TENURE not in table:
        return tuple(float(each) for each in range(1, 1 + int(table["duration"].max() / month)))
    edges = np.array([bin_edges(str(text)) for text in table[TENURE].unique()])
    wrong = int(np.isnan(edges[:, 0]).sum())
    if wrong:
        raise SchemaError(f"`tenure` must be in months or bins of them: {wrong} of {len(edges)} levels are not.")
    if (edges[:, 0] == edges[:, 1]).all():
        return tuple(float(each) for each in range(1, 1 + int(edges.max())))
    return tuple(np.unique(edges[np.isfinite(edges) & (edges > 0)]))


def _starts(cuts: tuple[float, ...], month: float, passed: float) -> Floats:
    """Where on the clock of tenure the customers of each level stand."""
    low = np.array([0.0, *cuts])
    start = (low + passed * np.diff([*low, low[-1] + 1])) * month
    # Days are whole: a grid of halves would have many times more times.
    return np.round(start) if month > 1 else start


def _lives(lives: pd.DataFrame, *, by: list[str], bins: Mapping[str, Sequence[float]], cause: str) -> Lives:
    """The life table, by segment, with all segments together as the last group."""
    missing = [name for name in (*by, *(["cause"] if cause else [])) if name not in lives]
    if missing:
        raise SchemaError(f"A baseline needs the columns {', '.join(missing)}: they are missing.")
    keys = [*by, "duration", *(["cause"] if cause else [])]
    lives = lives.assign(entered=lives.get("entered", 0), **{name: lives[name].astype(str) for name in by})
    lives = lives.assign(**{name: rebinned(lives[name].tolist(), cuts) for name, cuts in bins.items()})
    counts = lives.groupby(keys, observed=True, dropna=False)[["entered", "events", "censored"]].sum().reset_index()
    found = lives_of(counts, by=by, causes=bool(cause))
    if cause and cause not in found.causes:
        raise InsufficientDataError(
            f"The cause asked for must have happened in training: {len(found.causes)} others did."
        )
    split = found.events_by_cause if cause else found.events[None]
    groups = pd.concat([found.groups, pd.DataFrame("", index=[0], columns=by)], ignore_index=True)
    names = [cause, *(name for name in found.causes if name != cause)] if cause else []
    split = split[[found.causes.index(name) for name in names]] if cause else split
    return replace(
        found,
        groups=groups,
        entered=_with_all(found.entered),
        events=_with_all(found.events),
        censored=_with_all(found.censored),
        events_by_cause=_with_all(split),
        customers=_with_all(found.customers),
    )


def _with_all(counts: Floats) -> Floats:
    return np.asarray(np.concatenate([counts, counts.sum(axis=-1, keepdims=True)], axis=-1))


def _of_cells(cells: pd.DataFrame, cuts: tuple[float, ...], starts: Floats) -> pd.DataFrame:
    """Landmark cells as a life table on the clock of tenure: entered at the cut, followed from there; a life table as it is."""
    if TENURE not in cells:
        return cells
    at = pd.Index(level_names(cuts)).get_indexer(pd.Index(rebinned(cells[TENURE].astype(str).tolist(), cuts)))
    keys = cells.drop(columns=[TENURE, "n", "events"])
    ended = keys.assign(
        duration=starts[at] + cells["duration"],
        entered=0,
        events=cells["events"],
        censored=cells["n"] - cells["events"],
    )
    entered = keys.assign(duration=starts[at], entered=cells["n"], events=0, censored=0)
    if "cause" in entered:
        entered["cause"] = None
    return pd.concat([ended, entered.astype(ended.dtypes.to_dict())], ignore_index=True)


def _conditional(lives: Lives, starts: Floats, horizons: Floats, *, min_n: int) -> _Conditional:
    """Cumulative hazards from each start to each horizon, the errors of their logarithms, and who was at risk."""
    groups = lives.events.shape[1]
    share, error = np.zeros((2, len(starts), len(horizons), groups))
    # Whom the next time on the grid finds at risk; nobody after the last.
    risk = np.vstack([lives.at_risk, np.zeros(groups)])
    first, least = np.zeros((len(starts), groups)), np.zeros((len(starts), groups))
    for at, start in enumerate(starts):
        low, *ends = np.searchsorted(lives.times, [start, *(start + horizons)], side="right")
        first[at] = risk[low]
        least[at] = np.vstack([risk[low], risk[np.searchsorted(lives.times, start + horizons, side="left")]]).min(
            axis=0
        )
        inside = np.maximum(lives.at_risk[low : ends[-1]], 1.0)
        if len(inside):
            steps = carried(lives.events_by_cause[:, low : ends[-1]] / inside, inside)
            share[at], error[at] = (np.vstack([np.zeros(groups), each[0]])[np.array(ends) - low] for each in steps)
    share, error = (np.moveaxis(each, 1, 2) for each in (share, error))
    hazard = -np.log1p(-np.minimum(share, 1 - NONE_SEEN))
    known = (share > 0) & (share < 1)
    spread = np.divide(error, (1 - share) * hazard, out=np.full(share.shape, np.nan), where=known)
    none = (hazard[:, :, -1] == 0) & (first > 0)
    hazard[none] = NOBODY / first[none][:, None] * horizons / horizons[-1]
    spread[none] = 1 / np.sqrt(NOBODY)
    return _Conditional(hazard, spread, first, least >= max(min_n, 1))


def _averaged(
    found: _Conditional, lives: Lives, cuts: Sequence[float], *, month: float, horizons: Floats, min_n: int
) -> _Conditional:
    """Hazards of the mean risk of those who are anywhere within each recorded month; the error of its logarithm is that of the middle."""
    points, size = _within(cuts, month)
    base = np.floor(points)
    starts, at = np.unique([base, base + 1], return_inverse=True)
    at, part = at.reshape(2, -1), (points - base)[:, None]
    share, risk, left = _shares(lives, starts, horizons)
    # Between two times hazards are linear, so that survival is log-linear.
    hazard = -np.log1p(-np.minimum(share, 1 - NONE_SEEN))
    hazard = (1 - part)[..., None] * hazard[at[0]] + part[..., None] * hazard[at[1]]
    alive = np.exp(-((1 - part) * left[at[0]] + part * left[at[1]]))
    enough = np.minimum(risk[at[0]], np.where(part > 0, risk[at[1]], np.inf)) >= max(min_n, 1)
    shape = (size, PARTS, -1)
    weight = np.where(enough, alive, 0.0).reshape(shape)
    total = weight.sum(axis=1)
    risks = -np.expm1(-hazard).reshape(*shape[:2], *hazard.shape[1:])
    mean = np.divide(
        (weight[..., None] * risks).sum(axis=1),
        total[..., None],
        out=np.zeros(found.hazard.shape),
        where=total[..., None] > 0,
    )
    # Where nobody churned, in the middle too, half a churner stands there already.
    known = (mean[..., -1] > 0)[..., None]
    averaged = np.where(known, -np.log1p(-np.minimum(mean, 1 - NONE_SEEN)), found.hazard)
    spread = np.where(known & np.isnan(found.spread), 1 / np.sqrt(NOBODY), found.spread)
    return replace(found, hazard=averaged, spread=spread)


def _within(cuts: Sequence[float], month: float) -> tuple[Floats, int]:
    """Midpoints of the parts of each month or bin, in units of the clock, and how many months there are; days are whole."""
    low = np.array([0.0, *cuts])
    ends = np.array([*low, low[-1] + 1]) * month
    ends = np.round(ends) if month > 1 else ends
    points = ends[:-1, None] + np.diff(ends)[:, None] * (np.arange(PARTS) + 0.5) / PARTS
    return np.asarray((np.floor(points) if month > 1 else points).ravel()), len(low)


def _shares(lives: Lives, starts: Floats, horizons: Floats) -> tuple[Floats, Floats, Floats]:
    """Share that churned from each start to each horizon, fewest at risk meanwhile, and the hazard of all causes until each start."""
    risk = np.vstack([lives.at_risk, np.zeros(lives.events.shape[1])])
    floor = np.maximum(lives.at_risk, 1.0)
    rate, every = lives.events_by_cause[0] / floor, lives.events_by_cause.sum(axis=0) / floor
    stay = np.log1p(-np.minimum(every, 1 - NONE_SEEN))
    until = np.vstack([np.zeros(stay.shape[1]), np.cumsum(stay, axis=0)])
    before = np.exp(until[:-1])
    taken = np.vstack([np.zeros(stay.shape[1]), np.cumsum(before * rate, axis=0)])
    low = np.searchsorted(lives.times, starts, side="right")
    high = np.searchsorted(lives.times, starts[:, None] + horizons, side="right")
    last = np.searchsorted(lives.times, starts + horizons[-1], side="left")
    share = (taken[high] - taken[low][:, None]) / np.exp(until[low])[:, None]
    return np.moveaxis(share, 1, 2), np.minimum(risk[low], risk[last]), -until[low]


def _table(found: _Conditional, column: Codes, size: int) -> tuple[Floats, Floats, Floats, int]:
    """Hazard, error and weight of each pattern, and how many patterns take the risk of another."""
    enough, months, all_together = found.enough[:size], np.arange(size)[:, None], found.enough.shape[1] - 1
    earlier = np.maximum.accumulate(np.where(enough, months, -1), axis=0)
    later = np.minimum.accumulate(np.where(enough, months, size)[::-1], axis=0)[::-1]
    row = np.where(earlier >= 0, earlier, later)
    never = row == size
    row = np.where(never, row[:, [-1]], row)[:, column]
    source = np.where(never, all_together, np.arange(all_together + 1))[:, column]
    lent = int(((row != months) | (source != column)).sum())
    shape = (-1, found.hazard.shape[2])
    return (
        found.hazard[row, source].reshape(shape),
        found.spread[row, source].reshape(shape),
        found.at_risk[:size][:, column].ravel(),
        lent,
    )


def _columns(groups: pd.DataFrame, terms: Mapping[str, list[str]]) -> Codes:
    """Position of each combination of segments; that of all together where nobody is of it."""
    position = {key: at for at, key in enumerate(groups.iloc[:-1].itertuples(index=False, name=None))}
    combinations = itertools.product(*(terms[name] for name in groups.columns))
    return np.array([position.get(key, len(groups) - 1) for key in combinations], dtype=np.int64)


def _points(terms: Mapping[str, list[str]], hazard: Floats, weight: Floats) -> pd.DataFrame:
    """Log hazard until the longest horizon by level of each term, over the customers of each level."""
    shape = tuple(len(levels) for levels in terms.values())
    weight = (weight / weight.sum()).reshape(shape)
    mean = weight * hazard.reshape(shape)
    parts = []
    for at, (name, levels) in enumerate(terms.items()):
        others = tuple(axis for axis in range(len(shape)) if axis != at)
        share, summed = weight.sum(axis=others), mean.sum(axis=others)
        points = np.log(np.maximum(np.divide(summed, share, out=np.zeros(len(levels)), where=share > 0), NONE_SEEN))
        parts.append(pd.DataFrame({"term": name, "level": levels, "points": points - points[0], "share": share}))
    return pd.concat(parts, ignore_index=True)
