"""Segments of numbers by Gaussian mixtures (scikit-learn), on rows in blocks."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from cemlab.core.errors import ConvergenceError
from cemlab.core.results import Estimates
from cemlab.core.rows import NumberRows
from cemlab.stats.intervals import Floats
from cemlab.stats.segments.coded import need_one
from cemlab.stats.segments.groups import Scale, Taken, counted, logged, taken
from cemlab.stats.threads import one_thread

NARROWEST = 1e-4
"""Least variance of a component in any direction, over that of the column that varies least."""

MOST_ROWS = 10_000
"""Customers whose numbers a mixture is fitted to: its steps are dear, and all are counted."""

SHORT, LONG = 1e-3, 1e-8
"""Gain of log-likelihood per customer and step below which a start is left at first, and in the end."""

CROWDED = 0.5
"""Share of customers with one and the same value from which on a component closes in on it."""

COVARIANCES: Mapping[str, Literal["full", "tied", "diag", "spherical"]] = {
    "any": "full",
    "one for all": "tied",
    "along the axes": "diag",
    "round": "spherical",
}
"""Shapes of a mixture's components, and scikit-learn's names; in mclust's they are VVV, EEE, VVI and VII."""

Shape = Literal["any", "one for all", "along the axes", "round"]


def mixture(
    rows: NumberRows | pd.DataFrame,
    *,
    classes: int,
    shape: Shape = "any",
    scale: Scale = "standard",
    logs: Sequence[str] = (),
    starts: int = 20,
    seed: int = 0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the components of a Gaussian mixture of numbers.

    Density Σ_k size_k · N(mean_k, covariance_k), by expectation–maximisation.

    Parameters
    ----------
    rows : NumberRows or pandas.DataFrame
        Numbers of customers in blocks (`prepare.profiles.numbers`), or a frame with one row per customer, all
        of whose columns are used.
    classes : int
        Number of components.
    shape : {"any", "one for all", "along the axes", "round"}, default "any"
        What covariances may be: mclust's VVV, EEE, VVI and VII. Its other types (VEV, …) have no counterpart
        here. Round is round on `scale`: it is VII of the columns as they are with "none", and VII of the
        standardised columns with "standard".
    scale : {"standard", "none"}, default "standard"
        Whether each column is centred and divided by its standard deviation first. It helps the search and
        changes no criterion, except of the shape "round".
    logs : sequence of str, default ()
        Columns of which ln(1 + x) is taken before that: none of their values may be negative.
    starts : int, default 20
        Random starts. A quarter of them, those that are best after a few steps, are followed to the end.
    seed : int, default 0
        Of starts and of the customers drawn.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    Estimates
        As `k_means`; ``fit`` has classes, log_likelihood, npar, aic, bic, icl (in the columns' own units, of
        `logs` in those of the logarithm), entropy_r2, smallest_share, n, fitted_to, starts (those followed),
        found. ``estimate`` is the share of those assigned; the part ``centres`` holds the components' means.

    Raises
    ------
    ParameterError
        When classes or starts are below 1, or `logs` are of no column or of negative values.
    InsufficientDataError
        When nobody has all values, a column is constant, or there are fewer different customers than components.
    ConvergenceError
        When no start arrives.

    References
    ----------
    Fraley, C., & Raftery, A. E. (2002). Model-based clustering, discriminant analysis, and density estimation.
    Journal of the American Statistical Association, 97(458), 611–631. doi:10.1198/016214502760047131

    Biernacki, C., Celeux, G., & Govaert, G. (2003). Choosing starting values for the EM algorithm for getting
    the highest likelihood in multivariate Gaussian mixture models. Computational Statistics & Data Analysis,
    41(3–4), 561–575. doi:10.1016/S0167-9473(02)00163-6
    """
    numbers = logged(rows, logs)
    customers = taken(numbers, classes=classes, starts=starts, scale=scale, seed=seed, at_most=MOST_ROWS)
    best, fit = _fitted(customers, numbers.columns, classes=classes, shape=shape, starts=starts, seed=seed)
    method = f"Gaussian mixture, covariances {shape}, best of {starts:,} starts"
    return counted(
        numbers,
        customers,
        library=best,
        centres=best.means_,
        fit=fit,
        method=method,
        starts=starts,
        level=level,
        min_n=min_n,
    )


def number_of_components(
    rows: NumberRows | pd.DataFrame,
    *,
    at_most: int = 8,
    shape: Shape = "any",
    scale: Scale = "standard",
    logs: Sequence[str] = (),
    starts: int = 12,
    seed: int = 0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how well mixtures of one, two, … components fit.

    BIC = −2·log-likelihood + parameters·ln n, as of `number_of_classes`; no test.

    Parameters
    ----------
    rows : NumberRows or pandas.DataFrame
        Numbers of customers, as in `k_means`.
    at_most : int, default 8
        Largest number of components.
    shape, scale, logs, starts, seed, level, min_n : as in `mixture`
        See there.

    Returns
    -------
    Estimates
        Measure ``bic``; one row per ``classes``: ``estimate`` (BIC), what the part ``fit`` of `mixture` holds,
        ``best``. It ends before the first number for which no start arrives.

    Raises
    ------
    ParameterError
        When `at_most` or `starts` is below 1.
    InsufficientDataError
        When nobody has all values, or a column is constant.
    ConvergenceError
        When not even one component arrives: some column follows from the others.

    References
    ----------
    Schwarz, G. (1978). Estimating the dimension of a model. Annals of Statistics, 6(2), 461–464.
    doi:10.1214/aos/1176344136
    """
    numbers = logged(rows, logs)
    customers = taken(numbers, classes=1, starts=starts, scale=scale, seed=seed, at_most=MOST_ROWS)
    fits, notes = list[dict[str, float]](), list[str]()
    for classes in range(1, need_one("at_most", at_most) + 1):
        try:
            fits.append(_fitted(customers, numbers.columns, classes=classes, shape=shape, starts=starts, seed=seed)[1])
        except ConvergenceError:
            if classes == 1:
                raise
            notes.append(f"No start arrived for {classes} components.")
            break
    once = [f"{fit['classes']:.0f}" for fit in fits if fit["classes"] > 1 and fit["starts"] > 1 and fit["found"] <= 1]
    if once:
        notes.append(f"Of {', '.join(once)} components the best solution was found from no second start.")
    table = pd.DataFrame(fits).rename(columns={"bic": "estimate"})
    return Estimates.build(
        table.assign(best=table["estimate"] == table["estimate"].min()),
        by=["classes"],
        cells=[],
        measure="bic",
        unit="ratio",
        method=f"Gaussian mixtures, covariances {shape}; BIC",
        level=level,
        min_n=min_n,
        notes=notes,
    )


def _fitted(
    customers: Taken, columns: Sequence[str], *, classes: int, shape: Shape, starts: int, seed: int
) -> tuple[Any, dict[str, float]]:
    """The best mixture of so many components, and the row of its part ``fit``."""
    import sklearn.mixture  # noqa: F401  its threads can be limited only once they are there

    with one_thread():
        runs = _followed(customers.sample, classes=classes, shape=shape, starts=starts, seed=seed)
    if not runs:
        raise ConvergenceError(
            f"A mixture must arrive from at least one start: none of {starts} did for {classes} components. "
            f'{_shared(customers, columns)}Ask for fewer, or for a simpler `shape` ("along the axes").'
        )
    best = max(runs, key=lambda run: float(run.lower_bound_))
    n = len(customers.sample)
    found = sum(n * (best.lower_bound_ - run.lower_bound_) < 0.01 for run in runs)
    return best, {
        "classes": classes,
        **_criteria(customers, best),
        "n": customers.total,
        "fitted_to": n,
        "starts": len(runs),
        "found": found,
    }


def _followed(x: Floats, *, classes: int, shape: Shape, starts: int, seed: int) -> list[Any]:
    """Short climbs from many starts, the best of them followed to the end."""
    from sklearn.mixture import GaussianMixture

    short = []
    for at in range(starts):
        model = GaussianMixture(
            classes,
            covariance_type=COVARIANCES[shape],
            tol=SHORT,
            max_iter=50,
            reg_covar=1e-9,
            init_params=begin_of(seed + at),
            random_state=seed + at,
        )
        short.append(climbed(x, model))
    sound = [run for run in best_of([run for run in short if run is not None]) if proper(x, run)]
    runs = (climbed(x, followed(run, tol=LONG, steps=1_000)) for run in sound[: max(1, starts // 4)])
    return [run for run in runs if run is not None and run.converged_ and proper(x, run)]


def begin_of(at: int) -> str:
    """Return how a start begins: from k-means and from scattered points in turn, which land on different summits.

    Parameters
    ----------
    at : int
        Number of the start.

    Returns
    -------
    str
        For ``init_params`` of scikit-learn's mixture.
    """
    return "kmeans" if at % 2 else "random_from_data"


def best_of(runs: Sequence[Any]) -> list[Any]:
    """Return mixtures in the order of their likelihood, the best first.

    Parameters
    ----------
    runs : sequence of sklearn.mixture.GaussianMixture
        Fitted to the same rows.

    Returns
    -------
    list
        The same.
    """
    return sorted(runs, key=lambda run: -float(run.lower_bound_))


def followed(run: Any, *, tol: float, steps: int) -> Any:
    """Return a mixture that goes on from where another stopped.

    Parameters
    ----------
    run : sklearn.mixture.GaussianMixture
        Fitted.
    tol : float
        Gain of log-likelihood per customer and step below which it stops.
    steps : int
        Most steps.

    Returns
    -------
    sklearn.mixture.GaussianMixture
        Not yet fitted.
    """
    from sklearn.base import clone

    return clone(run).set_params(
        tol=tol, max_iter=steps, weights_init=run.weights_, means_init=run.means_, precisions_init=run.precisions_
    )


def climbed(x: Floats, model: Any) -> Any:
    """Return the model after its climb, arrived or not.

    Parameters
    ----------
    x : numpy.ndarray
        Scaled numbers.
    model : sklearn.mixture.GaussianMixture
        As it starts.

    Returns
    -------
    sklearn.mixture.GaussianMixture or None
        None where its numbers break down.
    """
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            return model.fit(x)
        except ValueError:
            return None


def proper(x: Floats, model: Any) -> bool:
    """Return whether no component closes in on equal customers, where the likelihood has no bound.

    Parameters
    ----------
    x : numpy.ndarray
        Scaled numbers that it was fitted to.
    model : sklearn.mixture.GaussianMixture
        Fitted.

    Returns
    -------
    bool
        False where a component has shrunk to a point or a line, or holds too few.
    """
    spread = model.covariances_
    narrow = np.linalg.eigvalsh(spread) if model.covariance_type in ("full", "tied") else spread
    return bool(narrow.min() > NARROWEST * x.var(axis=0).min() and (model.weights_ * len(x)).min() > x.shape[1])


def _shared(customers: Taken, columns: Sequence[str]) -> str:
    """Name the columns of which most customers share one value: components close in on it."""
    x = customers.sample
    crowded = [
        name for at, name in enumerate(columns) if np.unique(x[:, at], return_counts=True)[1].max() > CROWDED * len(x)
    ]
    named = ", ".join(f"`{name}`" for name in crowded)
    return f"Most customers share one value of {named}: leave it out, or use k-means or classes. " if crowded else ""


def _criteria(customers: Taken, best: Any) -> dict[str, float]:
    """Likelihood in the columns' own units, and what is made of it."""
    x, classes = customers.sample, best.n_components
    reached = float(best.score_samples(x).sum() - len(x) * np.log(customers.spread).sum())
    chances = best.predict_proba(x)
    entropy = float(-(chances * np.log(np.maximum(chances, 1e-300))).sum())
    npar = int(best._n_parameters())
    bic = -2 * reached + npar * np.log(len(x))
    return {
        "log_likelihood": reached,
        "npar": npar,
        "aic": 2 * npar - 2 * reached,
        "bic": bic,
        "icl": bic + 2 * entropy,
        "entropy_r2": 1 - entropy / (len(x) * np.log(classes)) if classes > 1 else np.nan,
        "smallest_share": float(best.weights_.min()),
    }
