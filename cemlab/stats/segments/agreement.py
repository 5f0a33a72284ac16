"""How far two segmentations of the same customers agree, and who moved from one to the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats import intervals
from cemlab.stats.intervals import Floats

RESAMPLES = 1_000
"""Resampled tables for the interval."""

ONE_GROUP = "Both sides put everyone into one group, so nothing can be told of their agreement."


def agreement(
    pairs: pd.DataFrame, *, between: tuple[str, str] = ("a", "b"), seed: int = 0, level: float = 0.95, min_n: int = 10
) -> Estimates:
    """Return how far two segmentations of the same customers agree: the adjusted Rand index.

    ARI = (Σ C(n_ab, 2) − e)/((Σ C(n_a, 2) + Σ C(n_b, 2))/2 − e), e = Σ C(n_a, 2)·Σ C(n_b, 2)/C(n, 2): pairs of
    customers that are together in both, against chance; 1 the same groups, 0 no more than chance. The interval
    takes quantiles of resampled tables.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Contingency table, long: the two segments and ``n`` customers.
    between : tuple of str, default ("a", "b")
        The two columns.
    seed : int, default 0
        Of the resamples.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers behind a published figure.

    Returns
    -------
    Estimates
        Measure ``adjusted_rand``; one row: ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``n``,
        ``rand``, ``jaccard`` (pairs together in both among those together in either), ``mutual_information``
        (normalised by the mean entropy).

    Raises
    ------
    SchemaError
        When a column is missing or a count is negative.
    InsufficientDataError
        When there are fewer than two customers.

    References
    ----------
    Hubert, L., & Arabie, P. (1985). Comparing partitions. Journal of Classification, 2, 193–218. doi:10.1007/BF01908075

    Examples
    --------
    >>> pairs = pd.DataFrame({"a": ["x", "x", "y"], "b": ["1", "2", "2"], "n": [50, 10, 40]})
    >>> float(agreement(pairs).row()["estimate"].round(3))
    0.636
    """
    table = _table(pairs, between)
    n = table.sum()
    measures: dict[str, Callable[[Floats], Floats]] = {
        "estimate": adjusted_rand,
        "rand": _rand,
        "jaccard": _jaccard,
        "mutual_information": _mutual_information,
    }
    row = {name: float(measure(table[None])[0]) for name, measure in measures.items()}
    random = np.random.default_rng(seed)
    drawn = (
        random.multinomial(round(n), table.ravel() / n, size=RESAMPLES).reshape(RESAMPLES, *table.shape).astype(float)
    )
    again = adjusted_rand(drawn)
    low, high = (
        np.nanquantile(again, [(1 - level) / 2, (1 + level) / 2]) if np.isfinite(row["estimate"]) else (np.nan, np.nan)
    )
    frame = pd.DataFrame(
        [
            {
                **row,
                "std_error": np.nanstd(again) if np.isfinite(row["estimate"]) else np.nan,
                "ci_low": low,
                "ci_high": high,
                "n": n,
            }
        ]
    )
    return Estimates.build(
        frame,
        by=[],
        measure="adjusted_rand",
        unit="ratio",
        method="adjusted Rand index, bootstrap interval",
        level=level,
        min_n=min_n,
        better="up",
        notes=() if np.isfinite(row["estimate"]) else (ONE_GROUP,),
    )


def transitions(
    pairs: pd.DataFrame, *, between: tuple[str, str] = ("before", "now"), level: float = 0.95, min_n: int = 10
) -> Estimates:
    """Return where the customers of each segment are later.

    Share = n(from, to)/n(from), Wilson interval.

    Parameters
    ----------
    pairs : pandas.DataFrame
        The segment at the one and at the other day, and ``n`` customers.
    between : tuple of str, default ("before", "now")
        The two columns, the earlier first.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published cell.

    Returns
    -------
    Estimates
        Measure ``transition_share``; one row per pair of segments, also the empty ones: ``estimate``,
        ``std_error``, ``ci_low``, ``ci_high``, ``n`` (customers who were in the first), ``moved`` (of these,
        now in the second), ``n_customers`` (the same).

    Raises
    ------
    SchemaError
        When a column is missing or a count is negative.
    InsufficientDataError
        When there are fewer than two customers.

    Examples
    --------
    >>> pairs = pd.DataFrame({"before": ["x", "x", "y"], "now": ["x", "y", "y"], "n": [30, 10, 40]})
    >>> transitions(pairs).table["estimate"].tolist()
    [0.75, 0.25, 0.0, 1.0]
    """
    table = _table(pairs, between)
    names = [sorted(pairs[column].astype(str).unique()) for column in between]
    rows = pd.MultiIndex.from_product(names, names=list(between)).to_frame(index=False)
    rows["moved"] = table.ravel()
    rows["n"] = rows.groupby(between[0])["moved"].transform("sum")
    rows = rows[rows["n"] > 0]
    found = intervals.wilson(rows["moved"], rows["n"], level=level)
    return Estimates.build(
        rows.assign(
            estimate=found.estimate,
            std_error=found.std_error,
            ci_low=found.low,
            ci_high=found.high,
            n_customers=rows["moved"],
        ),
        by=list(between),
        measure="transition_share",
        unit="share",
        method="share of the earlier segment, Wilson interval",
        level=level,
        min_n=min_n,
    )


def adjusted_rand(tables: Floats) -> Floats:
    """Return the adjusted Rand index of contingency tables.

    Parameters
    ----------
    tables : numpy.ndarray
        Counts, shape (tables, segments, segments).

    Returns
    -------
    numpy.ndarray
        Shape (tables,); NaN where both sides are one group.
    """
    both, first, second, all_pairs = _pairs_together(tables)
    expected = first * second / all_pairs
    most = (first + second) / 2 - expected
    return np.asarray(np.divide(both - expected, most, out=np.full(len(tables), np.nan), where=most > 0))


def _pairs_together(tables: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Pairs of customers together in both, in the first, in the second, and all pairs."""

    def _choose(counts: Floats) -> Floats:
        return counts * (counts - 1) / 2

    return (
        _choose(tables).sum(axis=(1, 2)),
        _choose(tables.sum(axis=2)).sum(axis=1),
        _choose(tables.sum(axis=1)).sum(axis=1),
        _choose(tables.sum(axis=(1, 2))),
    )


def _rand(tables: Floats) -> Floats:
    both, first, second, all_pairs = _pairs_together(tables)
    return (all_pairs + 2 * both - first - second) / all_pairs


def _jaccard(tables: Floats) -> Floats:
    both, first, second, _ = _pairs_together(tables)
    either = first + second - both
    return np.asarray(np.divide(both, either, out=np.full(len(tables), np.nan), where=either > 0))


def _mutual_information(tables: Floats) -> Floats:
    share = tables / tables.sum(axis=(1, 2), keepdims=True)
    sides = _entropy(share.sum(axis=2)) + _entropy(share.sum(axis=1))
    shared = sides - _entropy(share.reshape(len(share), -1))
    return np.asarray(np.divide(2 * shared, sides, out=np.full(len(share), np.nan), where=sides > 0))


def _entropy(shares: Floats) -> Floats:
    return np.asarray(-(shares * np.log(np.where(shares > 0, shares, 1))).sum(axis=1))


def _table(pairs: pd.DataFrame, between: tuple[str, str]) -> Floats:
    missing = [name for name in (*between, "n") if name not in pairs]
    if missing:
        raise SchemaError(
            f"Pairs of segments need the columns {', '.join((*between, 'n'))}: {', '.join(missing)} missing."
        )
    if (pairs["n"] < 0).any():
        raise SchemaError(f"`n` must be >= 0: {int((pairs['n'] < 0).sum()):,} of {len(pairs):,} rows are negative.")
    if not pairs["n"].sum() > 1:
        raise InsufficientDataError(
            f"At least two customers must be in both segmentations: there are {pairs['n'].sum():,.0f}. Choose days or "
            "segmentations that share customers."
        )
    text = pairs.assign(**{name: pairs[name].astype(str) for name in between})
    return text.pivot_table(index=between[0], columns=between[1], values="n", aggfunc="sum", fill_value=0).to_numpy(
        dtype=float
    )
