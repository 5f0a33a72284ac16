"""Segments of numbers: k-means and Gaussian mixtures by scikit-learn, on rows in blocks."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from cemlab.core.errors import ConvergenceError
from cemlab.core.results import Estimates
from cemlab.core.rows import NumberRows
from cemlab.stats.intervals import Floats
from cemlab.stats.segments.coded import need_one
from cemlab.stats.segments.groups import Groups, Scale, Taken, counted, taken
from cemlab.stats.threads import one_thread

RESAMPLED_ROWS = 10_000
"""Customers drawn in a resample; fewer make a segment look less stable, never more."""

NARROWEST = 1e-4
"""Least variance of a component in any direction, over that of the column that varies least."""

SILHOUETTE_ROWS = 2_000
"""Customers of whom the silhouette is taken: it grows with the square."""

COVARIANCES: Mapping[str, Literal["full", "tied", "diag", "spherical"]] = {
    "any": "full", "one for all": "tied", "along the axes": "diag", "round": "spherical",
}  # fmt: skip
"""Shapes of a mixture's components, and scikit-learn's names; in mclust's they are VVV, EEE, VVI and VII."""

Shape = Literal["any", "one for all", "along the axes", "round"]


def k_means(
    rows: NumberRows,
    *,
    classes: int,
    scale: Scale = "standard",
    starts: int = 20,
    seed: int = 0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return k-means segments of numbers.

    Centres that make the sum of squared distances least, the best of many starts.

    Parameters
    ----------
    rows : NumberRows
        Numbers of customers in blocks (`prepare.profiles.numbers`).
    classes : int
        Number of segments.
    scale : {"standard", "none"}, default "standard"
        Whether each column is centred and divided by its standard deviation first.
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
        Measure ``class_share``; one row per ``segment`` ("1" is the largest): ``estimate`` with Wilson's interval, ``n``. Parts:
        ``centres`` (segment, column, ``estimate`` in the column's units, ``standardised``); ``fit`` (classes, tot_withinss,
        betweenss, totss, silhouette, calinski_harabasz, davies_bouldin, n, fitted_to, starts, found).

    Raises
    ------
    ParameterError
        When classes or starts are below 1.
    InsufficientDataError
        When nobody has all values, a column is constant, or there are fewer different customers than segments.

    References
    ----------
    Lloyd, S. P. (1982). Least squares quantization in PCM. IEEE Transactions on Information Theory, 28(2), 129–137.
    doi:10.1109/TIT.1982.1056489
    """
    from sklearn.cluster import KMeans

    customers = taken(rows, classes=classes, starts=starts, scale=scale, seed=seed)
    with one_thread():
        runs = [
            KMeans(classes, n_init=1, tol=0, max_iter=300, random_state=seed + at).fit(customers.sample)
            for at in range(starts)
        ]
        best = min(runs, key=lambda run: float(run.inertia_))
        apart = _distances(customers.sample, best)
    found = sum(run.inertia_ <= best.inertia_ * (1 + 1e-6) for run in runs)
    fit = {"classes": classes, **apart, "n": customers.total, "fitted_to": len(customers.sample),
           "starts": starts, "found": found}  # fmt: skip
    centres = best.cluster_centers_
    return counted(
        rows,
        customers,
        library=best,
        centres=centres,
        fit=fit,
        method=f"k-means, best of {starts:,} starts",
        level=level,
        min_n=min_n,
    )


def mixture(
    rows: NumberRows,
    *,
    classes: int,
    shape: Shape = "any",
    scale: Scale = "standard",
    starts: int = 20,
    seed: int = 0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the components of a Gaussian mixture of numbers.

    Density Σ_k size_k · N(mean_k, covariance_k), by expectation–maximisation.

    Parameters
    ----------
    rows : NumberRows
        Numbers of customers in blocks (`prepare.profiles.numbers`).
    classes : int
        Number of components.
    shape : {"any", "one for all", "along the axes", "round"}, default "any"
        What covariances may be: mclust's VVV, EEE, VVI and VII. Its other types (VEV, …) have no counterpart here.
    scale : {"standard", "none"}, default "standard"
        Whether each column is centred and divided by its standard deviation first; it helps the search and changes no criterion.
    starts : int, default 20
        Random starts.
    seed : int, default 0
        Of starts and of the customers drawn.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    Estimates
        As `k_means`; ``fit`` has classes, log_likelihood, npar, aic, bic, icl (in the columns' own units), entropy_r2, n, fitted_to,
        starts, found. ``estimate`` is the share of those assigned; the part ``centres`` holds the components' means.

    Raises
    ------
    ParameterError
        When classes or starts are below 1.
    InsufficientDataError
        When nobody has all values, a column is constant, or there are fewer different customers than components.
    ConvergenceError
        When no start arrives.

    References
    ----------
    Fraley, C., & Raftery, A. E. (2002). Model-based clustering, discriminant analysis, and density estimation. Journal of the American
    Statistical Association, 97(458), 611–631. doi:10.1198/016214502760047131
    """
    import sklearn.mixture  # noqa: F401  its threads can be limited only once they are there

    customers = taken(rows, classes=classes, starts=starts, scale=scale, seed=seed)
    with one_thread():
        runs = [
            run
            for run in (_mixed(customers.sample, classes=classes, shape=shape, seed=seed + at) for at in range(starts))
            if run
        ]
    if not runs:
        raise ConvergenceError(
            f"A mixture must arrive from at least one start: none of {starts} did for {classes} components. Ask for fewer, or "
            'for a simpler `shape` ("along the axes").'
        )
    best = max(runs, key=lambda run: float(run.lower_bound_))
    n = len(customers.sample)
    found = sum(n * (best.lower_bound_ - run.lower_bound_) < 0.01 for run in runs)
    fit = {
        "classes": classes,
        **_criteria(customers, best),
        "n": customers.total,
        "fitted_to": n,
        "starts": starts,
        "found": found,
    }
    method = f"Gaussian mixture, covariances {shape}, best of {starts:,} starts"
    return counted(rows, customers, library=best, centres=best.means_, fit=fit, method=method, level=level, min_n=min_n)


def number_of_components(
    rows: NumberRows,
    *,
    at_most: int = 8,
    shape: Shape = "any",
    starts: int = 20,
    seed: int = 0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how well mixtures of one, two, … components fit.

    BIC = −2·log-likelihood + parameters·ln n, as of `number_of_classes`; no test.

    Parameters
    ----------
    rows : NumberRows
        Numbers of customers in blocks.
    at_most : int, default 8
        Largest number of components.
    shape, starts, seed, level, min_n : as in `mixture`
        See there.

    Returns
    -------
    Estimates
        Measure ``bic``; one row per ``classes``: ``estimate`` (BIC), what the part ``fit`` of `mixture` holds, ``best``. It ends before
        the first number for which no start arrives.

    Raises
    ------
    ParameterError
        When `at_most` or `starts` is below 1.
    InsufficientDataError
        When nobody has all values, or a column is constant.

    References
    ----------
    Schwarz, G. (1978). Estimating the dimension of a model. Annals of Statistics, 6(2), 461–464. doi:10.1214/aos/1176344136
    """
    fits, notes = list[pd.DataFrame](), list[str]()
    for classes in range(1, need_one("at_most", at_most) + 1):
        try:
            fits.append(mixture(rows, classes=classes, shape=shape, starts=starts, seed=seed).parts["fit"])
        except ConvergenceError:
            notes.append(f"No start arrived for {classes} components.")
            break
    table = pd.concat(fits, ignore_index=True).rename(columns={"bic": "estimate"})
    return Estimates.build(
        table.assign(best=table["estimate"] == table["estimate"].min()), by=["classes"], cells=[], measure="bic", unit="ratio",
        method=f"Gaussian mixtures, covariances {shape}; BIC", level=level, min_n=min_n, notes=notes,
    )  # fmt: skip


def resampled_groups(groups: Groups, *, resamples: int, starts: int, seed: int) -> Iterator[Floats]:
    """Go through resamples: customers by segment, and by segment found again.

    Customers drawn twice count once, as in Hennig's clusterboot: copies would hold segments together.

    Parameters
    ----------
    groups : Groups
        The fitted division.
    resamples, starts, seed : int
        How many resamples, starts of each, and the seed of both.

    Yields
    ------
    numpy.ndarray
        Shape (segments, segments).
    """
    random, size = np.random.default_rng(seed), min(len(groups.sample), RESAMPLED_ROWS)
    own, classes = groups.place(groups.sample), len(groups.order)
    for at in range(resamples):
        drawn = np.unique(random.integers(len(groups.sample), size=size))
        x = groups.sample[drawn]
        again = _sought(groups.library, x, starts=starts, seed=seed + at).predict(x)
        yield np.bincount(own[drawn] * classes + again, minlength=classes**2).reshape(classes, classes).astype(float)


def _sought(library: Any, x: Floats, *, starts: int, seed: int) -> Any:
    """The same division of other rows, from that of all and from random starts."""
    from sklearn.base import clone

    if hasattr(library, "inertia_"):
        first = clone(library).set_params(init=library.cluster_centers_, n_init=1).fit(x)
        return min(
            first,
            clone(library).set_params(n_init=starts, random_state=seed).fit(x),
            key=lambda run: float(run.inertia_),
        )
    first = clone(library).set_params(
        means_init=library.means_, weights_init=library.weights_, precisions_init=library.precisions_
    )
    runs = [first, *(clone(library).set_params(random_state=seed * starts + at) for at in range(starts))]
    return max(
        (run for run in map(partial(_arrived, x), runs) if run),
        key=lambda run: float(run.lower_bound_),
        default=library,
    )


def _mixed(x: Floats, *, classes: int, shape: Shape, seed: int) -> Any:
    """One start of a mixture; None where it does not arrive."""
    from sklearn.mixture import GaussianMixture

    # Starts from k-means and from scattered points land on different summits.
    begin = "kmeans" if seed % 2 else "random_from_data"
    return _arrived(x, GaussianMixture(
        classes, covariance_type=COVARIANCES[shape], tol=1e-8, max_iter=1_000, reg_covar=1e-9, init_params=begin, random_state=seed
    ))  # fmt: skip


def _arrived(x: Floats, model: Any) -> Any:
    """A fitted mixture; None where it does not arrive or a component shrinks to a point or a line."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            model.fit(x)
        except ValueError:
            return None
    narrow = (np.linalg.eigvalsh(model.covariances_) if model.covariances_.ndim > 1 and model.covariance_type in ("full", "tied")
              else model.covariances_)  # fmt: skip
    # The likelihood has no bound where a component may close in on equal customers.
    proper = narrow.min() > NARROWEST * x.var(axis=0).min() and (model.weights_ * len(x)).min() > x.shape[1]
    return model if model.converged_ and proper else None


def _distances(x: Floats, best: Any) -> dict[str, float]:
    """Sums of squares, and how well the segments lie apart."""
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score

    within, total = float(best.inertia_), float(((x - x.mean(axis=0)) ** 2).sum())
    found = {"tot_withinss": within, "betweenss": total - within, "totss": total}
    names = ("silhouette", "calinski_harabasz", "davies_bouldin")
    if best.n_clusters < 2 or len(x) <= best.n_clusters:
        return {**found, **dict.fromkeys(names, np.nan)}
    size = SILHOUETTE_ROWS if len(x) > SILHOUETTE_ROWS else None
    values = (silhouette_score(x, best.labels_, sample_size=size, random_state=0), calinski_harabasz_score(x, best.labels_),
              davies_bouldin_score(x, best.labels_))  # fmt: skip
    return {**found, **{name: float(value) for name, value in zip(names, values, strict=True)}}


def _criteria(customers: Taken, best: Any) -> dict[str, float]:
    """Likelihood in the columns' own units, and what is made of it."""
    x, classes = customers.sample, best.n_components
    reached = float(best.score_samples(x).sum() - len(x) * np.log(customers.spread).sum())
    chances = best.predict_proba(x)
    entropy = float(-(chances * np.log(np.maximum(chances, 1e-300))).sum())
    npar = int(best._n_parameters())
    bic = -2 * reached + npar * np.log(len(x))
    return {
        "log_likelihood": reached, "npar": npar, "aic": 2 * npar - 2 * reached, "bic": bic, "icl": bic + 2 * entropy,
        "entropy_r2": 1 - entropy / (len(x) * np.log(classes)) if classes > 1 else np.nan,
    }  # fmt: skip
