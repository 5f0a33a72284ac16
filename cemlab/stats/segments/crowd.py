"""One crowd with the same margins: what segments of numbers have to be clearer than."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from cemlab.stats.intervals import Floats
from cemlab.stats.segments.groups import Groups
from cemlab.stats.segments.mixtures import SHORT, climbed
from cemlab.stats.threads import one_thread

CROWDS, ENOUGH = 99, 5
"""Crowds drawn, and how many that are as clear as the customers settle the matter: p is then above .05."""

ROWS = 2_000
"""Customers in each crowd: what is clear is clear in so many."""

STARTS = 3
"""Starts of the division in the customers and in each crowd alike."""


def crowd_p_value(groups: Groups, *, crowds: int = CROWDS, seed: int = 0) -> tuple[float, int]:
    """Return the p-value of segments that are as clear in one crowd as among the customers.

    A crowd is drawn from one normal distribution with the correlations of the customers' normal scores, and
    each column is then given the customers' own values in order (a Gaussian copula with their margins): one
    scale, or any other crowd without groups, skewed or not. Customers and crowds are divided alike; what is
    compared is the sum of squares within the segments of k-means, or the log-likelihood that a mixture gains on
    a single component. p = (1 + crowds as clear)/(1 + crowds), ended once five are.

    Parameters
    ----------
    groups : Groups
        The fitted division, with two segments or more.
    crowds : int, default `CROWDS`
        Most crowds drawn.
    seed : int, default 0
        Of the crowds.

    Returns
    -------
    float
        In (0, 1].
    int
        Crowds drawn.

    References
    ----------
    Liu, Y., Hayes, D. N., Nobel, A., & Marron, J. S. (2008). Statistical significance of clustering for
    high-dimension, low-sample size data. Journal of the American Statistical Association, 103(483), 1281–1293.
    doi:10.1198/016214508000000454

    Besag, J., & Clifford, P. (1991). Sequential Monte Carlo p-values. Biometrika, 78(2), 301–304.
    doi:10.1093/biomet/78.2.301
    """
    random = np.random.default_rng(seed)
    x = groups.sample
    if len(x) > ROWS:
        x = x[random.choice(len(x), ROWS, replace=False)]
    clear = _clearness(groups)
    with one_thread():
        own, as_clear = clear(x), 0
        for at in range(1, crowds + 1):
            as_clear += clear(one_crowd(x, random=random)) >= own
            if as_clear == ENOUGH:
                return ENOUGH / at, at
    return (1 + as_clear) / (1 + crowds), crowds


def one_crowd(x: Floats, *, random: np.random.Generator) -> Floats:
    """Return as many rows from one crowd with the same margins and the same correlations of normal scores.

    Parameters
    ----------
    x : numpy.ndarray
        Rows of numbers.
    random : numpy.random.Generator
        Where they are drawn.

    Returns
    -------
    numpy.ndarray
        In the same shape; each column holds the values of the given one in another order.
    """
    scores = _normal_scores(x)
    correlation = np.atleast_2d(np.corrcoef(scores, rowvar=False))
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0))
    drawn = random.standard_normal(x.shape) @ root.T
    places = drawn.argsort(axis=0).argsort(axis=0)
    return np.asarray(np.take_along_axis(np.sort(x, axis=0), places, axis=0))


def _normal_scores(x: Floats) -> Floats:
    """Normal quantiles of the mid-ranks of each column."""
    from scipy.special import ndtri

    return np.asarray(ndtri((pd.DataFrame(x).rank().to_numpy() - 0.5) / len(x)))


def _clearness(groups: Groups) -> Callable[[Floats], float]:
    """What is larger, the clearer rows fall into so many segments."""
    classes, library = len(groups.order), groups.library
    return _within(classes) if hasattr(library, "inertia_") else _gain(library, classes)


def _within(classes: int) -> Callable[[Floats], float]:
    from sklearn.cluster import KMeans

    def _clear(x: Floats) -> float:
        return -float(KMeans(classes, n_init=STARTS, random_state=0).fit(x).inertia_)

    return _clear


def _gain(library: Any, classes: int) -> Callable[[Floats], float]:
    from sklearn.mixture import GaussianMixture

    shape = library.covariance_type

    def _height(x: Floats, components: int) -> float:
        model = GaussianMixture(
            components,
            covariance_type=shape,
            n_init=1 if components == 1 else STARTS,
            tol=SHORT,
            max_iter=100,
            reg_covar=1e-3,
            random_state=0,
        )
        fitted = climbed(x, model)
        return float("-inf") if fitted is None else float(fitted.score(x))

    return lambda x: _height(x, classes) - _height(x, 1)
