"""Clusters of numbers by k-means (scikit-learn), on rows in blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from cemlab.core.results import Estimates
from cemlab.core.rows import NumberRows
from cemlab.stats.intervals import Floats
from cemlab.stats.segments.groups import Scale, counted, logged, taken
from cemlab.stats.threads import one_thread

SILHOUETTE_ROWS = 2_000
"""Customers of whom the silhouette is taken: it grows with the square."""


def k_means(
    rows: NumberRows | pd.DataFrame,
    *,
    classes: int,
    scale: Scale = "standard",
    logs: Sequence[str] = (),
    starts: int = 20,
    seed: int = 0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return k-means segments of numbers.

    Centres that make the sum of squared distances least, the best of many starts.

    Parameters
    ----------
    rows : NumberRows or pandas.DataFrame
        Numbers of customers in blocks (`prepare.profiles.numbers`), or a frame with one row per customer, all
        of whose columns are used.
    classes : int
        Number of segments.
    scale : {"standard", "none"}, default "standard"
        Whether each column is centred and divided by its standard deviation first.
    logs : sequence of str, default ()
        Columns of which ln(1 + x) is taken before that: none of their values may be negative.
    starts : int, default 20
        Starts (k-means++).
    seed : int, default 0
        Of starts and of the customers drawn.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    Estimates
        Measure ``class_share``; one row per ``segment`` ("1" is the largest): ``estimate`` with Wilson's
        interval, ``n``. Parts: ``centres`` (segment, column, ``estimate`` in the column's units,
        ``standardised``); ``sizes`` (segment, share); ``fit`` (classes, tot_withinss, betweenss, totss,
        silhouette, calinski_harabasz, davies_bouldin, n, fitted_to, starts, found).

    Raises
    ------
    ParameterError
        When classes or starts are below 1, or `logs` are of no column or of negative values.
    InsufficientDataError
        When nobody has all values, a column is constant, or there are fewer different customers than segments.

    References
    ----------
    Lloyd, S. P. (1982). Least squares quantization in PCM. IEEE Transactions on Information Theory, 28(2), 129–137.
    doi:10.1109/TIT.1982.1056489
    """
    from sklearn.cluster import KMeans

    numbers = logged(rows, logs)
    customers = taken(numbers, classes=classes, starts=starts, scale=scale, seed=seed)
    with one_thread():
        runs = [
            KMeans(classes, n_init=1, tol=0, max_iter=300, random_state=seed + at).fit(customers.sample)
            for at in range(starts)
        ]
        best = min(runs, key=lambda run: float(run.inertia_))
        apart = _distances(customers.sample, best)
    found = sum(run.inertia_ <= best.inertia_ * (1 + 1e-6) for run in runs)
    fit = {
        "classes": classes,
        **apart,
        "n": customers.total,
        "fitted_to": len(customers.sample),
        "starts": starts,
        "found": found,
    }
    centres = best.cluster_centers_
    return counted(
        numbers,
        customers,
        library=best,
        centres=centres,
        fit=fit,
        method=f"k-means, best of {starts:,} starts",
        starts=starts,
        level=level,
        min_n=min_n,
    )


def silhouette(x: Floats, labels: np.ndarray) -> float:
    """Return the mean silhouette width: how much nearer customers are to their own cluster than to the next.

    Parameters
    ----------
    x : numpy.ndarray
        Scaled numbers, shape (customers, columns); of many, `SILHOUETTE_ROWS` are drawn.
    labels : numpy.ndarray
        Cluster of each.

    Returns
    -------
    float
        From −1 to 1; NaN for one cluster, or as many as customers.

    References
    ----------
    Rousseeuw, P. J. (1987). Silhouettes: a graphical aid to the interpretation and validation of cluster
    analysis. Journal of Computational and Applied Mathematics, 20, 53–65. doi:10.1016/0377-0427(87)90125-7
    """
    from sklearn.metrics import silhouette_score

    if not 1 < len(np.unique(labels)) < len(x):
        return float("nan")
    size = SILHOUETTE_ROWS if len(x) > SILHOUETTE_ROWS else None
    return float(silhouette_score(x, labels, sample_size=size, random_state=0))


def _distances(x: Floats, best: Any) -> dict[str, float]:
    """Sums of squares, and how well the segments lie apart."""
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

    within, total = float(best.inertia_), float(((x - x.mean(axis=0)) ** 2).sum())
    found = {"tot_withinss": within, "betweenss": total - within, "totss": total}
    names = ("silhouette", "calinski_harabasz", "davies_bouldin")
    if best.n_clusters < 2 or len(x) <= best.n_clusters:
        return {**found, **dict.fromkeys(names, np.nan)}
    values = (
        silhouette(x, best.labels_),
        calinski_harabasz_score(x, best.labels_),
        davies_bouldin_score(x, best.labels_),
    )
    return {**found, **{name: float(value) for name, value in zip(names, values, strict=True)}}
