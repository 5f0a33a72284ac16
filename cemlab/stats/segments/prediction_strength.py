"""How many clusters k-means would find again: prediction strength."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError
from cemlab.core.results import Estimates
from cemlab.core.rows import NumberRows
from cemlab.stats.intervals import Floats
from cemlab.stats.segments.coded import need_one
from cemlab.stats.segments.groups import Scale, logged, taken
from cemlab.stats.segments.k_means import silhouette
from cemlab.stats.threads import one_thread

STRONG = 0.80
"""Prediction strength from which on clusters are found again; Tibshirani and Walther take 0.8 to 0.9."""

HALF_ROWS = 5_000
"""Most customers of a half: with more, what is found again is found again as well."""


def number_of_clusters(
    rows: NumberRows | pd.DataFrame,
    *,
    at_most: int = 8,
    splits: int = 50,
    scale: Scale = "standard",
    logs: Sequence[str] = (),
    starts: int = 5,
    seed: int = 0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how well one half of the customers foretells the clusters of the other, by number of clusters.

    Both halves are clustered. Of the pairs of customers of one half that are together in a cluster there, the
    share that the centres of the other half put together as well; the least of all clusters, and the mean over
    both halves and over splits.

    Parameters
    ----------
    rows : NumberRows or pandas.DataFrame
        Numbers of customers in blocks (`prepare.profiles.numbers`), or a frame with one row per customer, all
        of whose columns are used.
    at_most : int, default 8
        Largest number of clusters.
    splits : int, default 50
        Random divisions into halves.
    scale : {"standard", "none"}, default "standard"
        As in `k_means`.
    logs : sequence of str, default ()
        As in `k_means`.
    starts : int, default 5
        Starts of k-means in each half.
    seed : int, default 0
        Of splits and starts.
    level : float, default 0.95
        Range of splits that ``ci_low`` and ``ci_high`` span, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published table.

    Returns
    -------
    Estimates
        Measure ``prediction_strength``; one row per ``classes``: ``estimate`` (1 for one cluster),
        ``std_error`` (Monte-Carlo), ``ci_low``, ``ci_high`` (middle of the splits), ``silhouette`` (mean width
        of all customers), ``smallest_share``, ``n``, ``best``: the largest number whose strength, with its
        Monte-Carlo error added, reaches 0.80, which may be one.

    Raises
    ------
    ParameterError
        When `at_most`, `splits` or `starts` is below 1.
    InsufficientDataError
        When nobody has all values, a column is constant, or a half would have fewer customers than clusters.

    References
    ----------
    Tibshirani, R., & Walther, G. (2005). Cluster validation by prediction strength. Journal of Computational
    and Graphical Statistics, 14(3), 511–528. doi:10.1198/106186005X59243
    """
    import sklearn.cluster  # noqa: F401  its threads can be limited only once they are there

    need_one("splits", splits)
    numbers = logged(rows, logs)
    customers = taken(numbers, classes=need_one("at_most", at_most), starts=starts, scale=scale, seed=seed)
    x, random = customers.sample, np.random.default_rng(seed)
    half = min(len(x) // 2, HALF_ROWS)
    if half < at_most:
        raise InsufficientDataError(
            f"Each half of the customers must hold as many as there are clusters: {half:,} for {at_most}. Lower"
            " `at_most`."
        )
    with one_thread():
        strengths = np.array(
            [
                _strengths(x[random.permutation(len(x))[: 2 * half]], at_most=at_most, starts=starts, seed=seed + split)
                for split in range(splits)
            ]
        )
        apart = [_apart(x, classes=classes, starts=starts, seed=seed) for classes in range(1, at_most + 1)]
    table = _table(strengths, level=level).assign(
        silhouette=[each[0] for each in apart], smallest_share=[each[1] for each in apart], n=customers.total
    )
    return Estimates.build(
        table,
        by=["classes"],
        cells=[],
        measure="prediction_strength",
        unit="ratio",
        better="up",
        level=level,
        min_n=min_n,
        method=f"prediction strength of k-means over {splits:,} splits; the largest number that reaches {STRONG}",
    )


def _table(strengths: Floats, *, level: float) -> pd.DataFrame:
    """One row per number of clusters, of the strengths in each split, shape (splits, numbers)."""
    splits, many = strengths.shape
    mean, error = strengths.mean(axis=0), strengths.std(axis=0, ddof=min(1, splits - 1)) / np.sqrt(splits)
    return pd.DataFrame(
        {
            "classes": range(1, many + 1),
            "estimate": mean,
            "std_error": error,
            "ci_low": np.quantile(strengths, (1 - level) / 2, axis=0),
            "ci_high": np.quantile(strengths, (1 + level) / 2, axis=0),
            "best": np.arange(many) == np.flatnonzero(mean + error >= STRONG).max(),
        }
    )


def _strengths(x: Floats, *, at_most: int, starts: int, seed: int) -> list[float]:
    """Prediction strength of one, two, … clusters, for one division into halves."""
    one, other = np.array_split(x, 2)
    return [
        1.0,
        *(_strength(one, other, classes=classes, starts=starts, seed=seed) for classes in range(2, at_most + 1)),
    ]


def _strength(one: Floats, other: Floats, *, classes: int, starts: int, seed: int) -> float:
    """Return the mean of both directions: each half is foretold by the other."""
    from sklearn.cluster import KMeans

    fits = [KMeans(classes, n_init=starts, random_state=seed).fit(half) for half in (one, other)]
    found = [
        together(own.labels_, foretelling.predict(half), classes=classes)
        for half, own, foretelling in ((one, fits[0], fits[1]), (other, fits[1], fits[0]))
    ]
    return float(np.mean(found))


def together(own: np.ndarray, foretold: np.ndarray, *, classes: int) -> float:
    """Return the least share, over clusters, of pairs that stay together.

    Parameters
    ----------
    own, foretold : numpy.ndarray
        Cluster of each customer, from 0, in the half's own clustering and by the centres of the other half.
    classes : int
        Number of clusters.

    Returns
    -------
    float
        From 0 to 1; a cluster of one has no pairs, and none is lost.
    """
    table = np.bincount(own * classes + foretold, minlength=classes**2).reshape(classes, classes).astype(float)
    size = table.sum(axis=1)
    pairs = (table * (table - 1)).sum(axis=1)
    return float(np.where(size > 1, pairs / np.maximum(size * (size - 1), 1), 1.0).min())


def _apart(x: Floats, *, classes: int, starts: int, seed: int) -> tuple[float, float]:
    """Return the mean silhouette width and the share of the smallest cluster."""
    from sklearn.cluster import KMeans

    labels = KMeans(classes, n_init=starts, random_state=seed).fit(x).labels_
    return silhouette(x, labels), float(np.bincount(labels).min() / len(x))
