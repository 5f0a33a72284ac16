"""Does the model rank customers right: Harrell's concordance, from cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError
from cemlab.core.results import Estimates
from cemlab.stats.hazards.cells import checked
from cemlab.stats.hazards.design import Codes
from cemlab.stats.hazards.predicted import model_of
from cemlab.stats.intervals import Floats, quantile
from cemlab.stats.jackknife import FEWEST
from cemlab.stats.survival.clustered import CLUSTERED


def concordance(fit: Estimates, cells: pd.DataFrame, *, cluster: str = "", level: float = 0.95) -> Estimates:
    """Return how often, of two customers, the one who left first had the higher predicted hazard.

    C = (concordant + ½·tied in prediction)/(all comparable pairs): pairs of an event and a spell at risk then
    that lasts longer (a censoring at the same time lasts longer), within strata. std_error: infinitesimal
    jackknife over spells.

    Parameters
    ----------
    fit : Estimates
        From `fit_cox`.
    cells : pandas.DataFrame
        Cells to judge it on: those of the fit, or others with the same terms.
    cluster : str, default ""
        Column of what belongs together, whose influences are added before they are squared; no interval below 10.
    level : float, default 0.95
        Confidence level, in (0, 1).

    Returns
    -------
    Estimates
        Measure ``concordance`` as a share; one row: ``estimate``, ``std_error``, ``ci_low``, ``ci_high``,
        ``n``, and the counts of pairs ``concordant``, ``discordant``, ``tied_prediction``.

    Raises
    ------
    SchemaError
        When a column is missing or a level is unknown to the model.
    InsufficientDataError
        When no two spells can be compared.

    References
    ----------
    Harrell, F. E., Lee, K. L., & Mark, D. B. (1996). Multivariable prognostic models. Statistics in
    Medicine, 15(4), 361–387. doi:10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4
    """
    model = model_of(fit)
    kept = checked(cells, model.roles)
    linear = model.design.matrix(model.design.coded(kept)) @ model.beta
    if model.roles.offset:
        linear = linear + kept[model.roles.offset].to_numpy(float)
    together = pd.factorize(kept[cluster])[0] if cluster else np.zeros(len(kept), dtype=np.int64)
    pairs = np.zeros(3)
    influence: list[Floats] = []
    whose: list[Codes] = []
    for rows in _within(kept, list(model.roles.strata)):
        counts, own, source = _stratum(kept.iloc[rows], linear[rows])
        pairs += counts
        influence.append(own)
        whose.append(together[rows[source]])
    total = pairs.sum()
    if total <= 0:
        raise InsufficientDataError(f"Two spells must be comparable: of {int(kept['n'].sum()):,} spells no pair is.")
    value = (pairs[0] + pairs[2] / 2) / total
    own = np.concatenate(influence)
    # Columns: weight, concordant, discordant and tied pairs that a spell is in.
    shift = (own[:, 1] + own[:, 3] / 2 - value * own[:, 1:].sum(axis=1)) / total
    error, df = float(np.sqrt((own[:, 0] * shift**2).sum())), np.inf
    if cluster:
        error, df = _clustered(own[:, 0] * shift, np.concatenate(whose))
    half = float(quantile(level, df)) * error
    row = pd.DataFrame(
        {
            "estimate": [value],
            "std_error": [error],
            "ci_low": [max(value - half, 0)],
            "ci_high": [min(value + half, 1)],
            "n": [kept["n"].sum()],
            "concordant": [pairs[0]],
            "discordant": [pairs[1]],
            "tied_prediction": [pairs[2]],
        }
    )
    return Estimates.build(
        row,
        by=[],
        measure="concordance",
        unit="share",
        level=level,
        method=f"Harrell's concordance, infinitesimal jackknife{f', {CLUSTERED}' if cluster else ''}",
        min_n=fit.min_n,
        better="up",
    )


def _clustered(shift: Floats, whose: Codes) -> tuple[float, float]:
    """Error and degrees of freedom from the influence of each cluster; NaN below 10."""
    summed = np.bincount(whose, weights=shift)
    if len(summed) < FEWEST:
        return np.nan, np.nan
    return float(np.sqrt((summed**2).sum())), len(summed) - 1.0


def _within(cells: pd.DataFrame, strata: list[str]) -> list[Codes]:
    if not strata:
        return [np.arange(len(cells))]
    groups = cells.reset_index(drop=True).groupby(strata, observed=True, dropna=False).indices
    return [np.asarray(rows) for rows in groups.values()]


@dataclass(frozen=True, eq=False)
class _Spells:
    """Homogeneous rows: leaving time, entry, whether it was an event, how many, rank of the prediction, which cell."""

    stop: Floats
    start: Floats
    event: np.ndarray
    n: Floats
    rank: Codes
    source: Codes


def _stratum(cells: pd.DataFrame, linear: Floats) -> tuple[Floats, Floats, Codes]:
    spells = _spells(cells, linear)
    gone = np.flatnonzero(spells.event)
    # Seen from each event: who is there after its time, by whether they are ranked below or equal.
    below, equal, all_later = _later(spells, spells.stop[gone], spells.rank[gone])
    counts = np.stack([below, all_later - below - equal, equal], axis=1)
    own = np.zeros((len(spells.n), 4))
    own[:, 0] = spells.n
    own[gone, 1:] += counts
    # Seen from each spell: which events it outlasted.
    own[:, 1:] += _earlier(spells, gone)
    return (counts * spells.n[gone, None]).sum(axis=0), own, spells.source


def _spells(cells: pd.DataFrame, linear: Floats) -> _Spells:
    count, events = cells["n"].to_numpy(float), cells["events"].to_numpy(float)
    source = np.concatenate([np.flatnonzero(events > 0), np.flatnonzero(count > events)])
    event = np.arange(len(source)) < (events > 0).sum()
    # Two sums of the same terms in another order are one prediction.
    rank = np.unique(np.round(linear, 12), return_inverse=True)[1].astype(np.int64)
    start = cells["start"].to_numpy(float)
    return _Spells(
        cells["duration"].to_numpy(float)[source],
        np.where(start > 0, start, -np.inf)[source],
        event,
        np.where(event, events[source], (count - events)[source]),
        rank[source],
        source,
    )


def _later(spells: _Spells, time: Floats, rank: Codes) -> tuple[Floats, Floats, Floats]:
    """For each event: how many at risk outlast it with a lower, an equal and any prediction."""
    # A censoring at the time of an event outlasts it, another event does not.
    order = 2 * np.unique(np.concatenate([spells.stop, spells.start, time]), return_inverse=True)[1]
    stop, start, asked = np.split(order, [len(spells.stop), 2 * len(spells.stop)])
    stop = stop + np.where(spells.event, 0, 1)
    found = np.zeros((3, len(time)))
    for keys, sign, inclusive in ((stop, 1.0, False), (start, -1.0, True)):
        late = np.isfinite(spells.start) if sign < 0 else np.ones(len(keys), dtype=bool)
        if not late.any():
            continue
        limit = asked - 1 if inclusive else asked
        lower = dominated(keys[late], spells.rank[late], spells.n[late], above=limit, below=rank)
        upto = dominated(keys[late], spells.rank[late], spells.n[late], above=limit, below=rank + 1)
        everyone = dominated(
            keys[late], np.zeros(late.sum(), dtype=np.int64), spells.n[late], above=limit, below=np.ones_like(rank)
        )
        found += sign * np.stack([lower, upto - lower, everyone])
    return found[0], found[1], found[2]


def _earlier(spells: _Spells, gone: Codes) -> Floats:
    """For each spell: events that it outlasts while at risk, ranked above (concordant), below (discordant) and equal."""
    order = 2 * np.unique(np.concatenate([spells.stop, spells.start]), return_inverse=True)[1]
    stop, start = np.split(order, 2)
    keys, rank, n = -stop[gone], spells.rank[gone], spells.n[gone]
    found = np.zeros((len(spells.n), 3))
    # Events before the end: key −stop above −end; less those at or before the entry.
    end = stop + np.where(spells.event, 0, 1)
    for limit, sign in ((-end, 1.0), (np.where(np.isfinite(spells.start), -start - 1, np.iinfo(np.int64).max), -1.0)):
        lower = dominated(keys, rank, n, above=limit, below=spells.rank)
        upto = dominated(keys, rank, n, above=limit, below=spells.rank + 1)
        everyone = dominated(keys, np.zeros_like(rank), n, above=limit, below=np.ones_like(spells.rank))
        found += sign * np.stack([everyone - upto, lower, upto - lower], axis=1)
    return found


def dominated(key: Codes, rank: Codes, n: Floats, *, above: Codes, below: Codes) -> Floats:
    """Return, for each question, the summed `n` of points with key > above and rank < below.

    Points are sorted by rank once; then a search over blocks of keys, halved level by level, so that no Python loop
    runs over rows.

    Parameters
    ----------
    key, rank, n : numpy.ndarray
        The points.
    above, below : numpy.ndarray
        The questions.

    Returns
    -------
    numpy.ndarray
        One sum per question.

    Examples
    --------
    >>> points = np.array([1, 2, 3]), np.array([5, 6, 7]), np.array([1.0, 10.0, 100.0])
    >>> dominated(*points, above=np.array([1]), below=np.array([7])).tolist()
    [10.0]
    """
    if not len(key) or not len(above):
        return np.zeros(len(above))
    order = np.argsort(-key, kind="stable")
    first = np.searchsorted(-key[order], -above, side="left")  # so many points have a key above the limit
    rank, n = rank[order].astype(np.int64), n[order].astype(float)
    # A prefix of the points is a union of aligned blocks, one per binary digit of its length.
    result = np.zeros(len(above))
    span = max(int(rank.max()), int(below.max())) - min(int(rank.min()), int(below.min())) + 2
    base = min(int(rank.min()), int(below.min()))
    size = 1
    while size <= len(key):
        asked = np.flatnonzero(first & size)
        if len(asked):
            block = np.arange(len(key)) // size
            composite = block * span + (rank - base)
            inside = np.argsort(composite, kind="stable")
            sums = np.concatenate([[0.0], np.cumsum(n[inside])])
            mine = (first[asked] - (first[asked] & (2 * size - 1))) // size
            high = np.searchsorted(composite[inside], mine * span + (below[asked] - base), side="left")
            result[asked] += sums[high] - sums[np.minimum(mine * size, len(key))]
        size *= 2
    return result
