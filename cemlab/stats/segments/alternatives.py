"""What else could explain segments: one scale, items that repeat each other, one crowd without groups."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from cemlab.core.errors import SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.segments.crowd import crowd_p_value
from cemlab.stats.segments.dependence import pair_residuals, simpler
from cemlab.stats.segments.groups import Groups
from cemlab.stats.segments.latent_classes import LatentClasses

ONE_SCALE, PAIR, ONE_CROWD = "one scale", "pair", "one crowd"
"""Explanations: a single trait on which customers differ by degree, two items that go together, a crowd without groups."""

CHANCE = 0.05
"""p-value below which a residual, or segments clearer than those of one crowd, are statistically significant."""

BY_BIC = "A simpler model explains the answers as well where its BIC is no larger than that of the classes."
BY_PAIR = (
    "Pairs of items are judged together, by the largest residual of all in samples drawn from the classes (single-step"
    " maxT)."
)
BY_CROWD = "Crowds are drawn with the same margins and correlations, and divided alike."


def simpler_models(fitted: Estimates, *, seed: int = 0, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return what else could explain segments, and whether it does as well.

    Of latent classes: one normal trait behind all items (`one_trait`); fewer classes, or one trait, in which
    pairs of items are taken together; and the pair with the most improbable residual within the classes. Of
    mixtures: one normal factor; of mixtures and k-means: one crowd with the same margins and correlations.

    Parameters
    ----------
    fitted : Estimates
        Of `latent_classes`, `mixture` or `k_means`, of two segments or more.
    seed : int, default 0
        Of starts and samples.
    level : float, default 0.95
        Confidence level of the estimates, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published table.

    Returns
    -------
    Estimates
        Measure ``bic_difference``; one row per ``explanation`` ("one scale", "pair", "one crowd") and
        ``model``: ``estimate`` (BIC less that of the segments; missing for tests), ``npar``, ``p_value``
        (missing for models), ``first``, ``second`` (items of a pair), ``as_good``, ``n``.

    Raises
    ------
    SchemaError
        When `fitted` holds no segments that were sought.

    References
    ----------
    Oberski, D. L., van Kollenburg, G. H., & Vermunt, J. K. (2013). A Monte Carlo evaluation of three methods to
    detect local dependence in binary data latent class models. Advances in Data Analysis and Classification,
    7(3), 267–279. doi:10.1007/s11634-013-0146-2

    Examples
    --------
    >>> from cemlab.stats.segments import latent_classes
    >>> patterns = pd.DataFrame({"a": ["y", "n", "y"], "b": ["y", "n", "n"], "c": ["y", "n", "y"], "n": [40, 50, 10]})
    >>> simpler_models(latent_classes(patterns, items=["a", "b", "c"], classes=2)).table["explanation"].unique().tolist()
    ['one scale', 'pair']
    """
    model = fitted.model
    if isinstance(model, LatentClasses):
        rows, notes = _of_classes(model, seed=seed), [BY_BIC, BY_PAIR]
    elif isinstance(model, Groups):
        rows, notes = _of_numbers(model, fitted.parts["fit"].iloc[0], seed=seed), [BY_BIC, BY_CROWD]
    else:
        raise SchemaError(
            f"Simpler models need the estimates of latent_classes, k_means or mixture: `{fitted.measure}` was given."
        )
    columns = ["explanation", "model", "estimate", "npar", "p_value", "first", "second", "as_good"]
    table = pd.DataFrame(rows, columns=columns).assign(n=float(fitted.parts["fit"]["n"].iloc[0]))
    return Estimates.build(
        table,
        by=["explanation", "model"],
        cells=[],
        measure="bic_difference",
        unit="ratio",
        method="simpler models of the same customers",
        level=level,
        min_n=min_n,
        notes=notes,
    )


def _of_classes(model: LatentClasses, *, seed: int) -> list[tuple[Any, ...]]:
    if len(model.fit.sizes) < 2:
        return []
    rows: list[tuple[Any, ...]] = []
    for each in simpler(model, seed=seed):
        named = "one trait" if not each.classes else "one class" if each.classes == 1 else f"{each.classes} classes"
        told = f"{named} with items taken together" if each.pair else named
        gap = each.bic - each.against
        first, second = each.pair[:2] or ("", "")
        rows.append((PAIR if each.pair else ONE_SCALE, told, gap, each.parameters, np.nan, first, second, gap <= 0))
    worst = pair_residuals(model, seed=seed)[0]
    stands = worst.adjusted < CHANCE
    return [
        *rows,
        (PAIR, "residual within the classes", np.nan, np.nan, worst.adjusted, worst.first, worst.second, stands),
    ]


def _of_numbers(groups: Groups, fit: pd.Series, *, seed: int) -> list[tuple[Any, ...]]:
    if len(groups.order) < 2:
        return []
    rows: list[tuple[Any, ...]] = []
    if "bic" in fit:
        bic, npar = factor_bic(groups)
        rows.append((ONE_SCALE, "one factor", bic - fit["bic"], npar, np.nan, "", "", bic <= fit["bic"]))
    p_value, _ = crowd_p_value(groups, seed=seed)
    return [*rows, (ONE_CROWD, "same margins", np.nan, np.nan, p_value, "", "", p_value >= CHANCE)]


def factor_bic(groups: Groups) -> tuple[float, int]:
    """Return the BIC of one normal factor behind all columns, in their own units, and its parameters.

    Parameters
    ----------
    groups : Groups
        The fitted mixture.

    Returns
    -------
    float
        −2·log-likelihood + parameters·ln n.
    int
        Means, loadings and specific variances; never more than those of any normal distribution.
    """
    from sklearn.decomposition import FactorAnalysis
    from sklearn.exceptions import ConvergenceWarning

    x, width = groups.sample, groups.sample.shape[1]
    with warnings.catch_warnings():
        # Where a column follows from the factor its specific variance falls to zero ever more slowly: the likelihood
        # hardly rises.
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = FactorAnalysis(1, tol=1e-6, max_iter=1_000, svd_method="lapack").fit(x)
    reached = float(found.score_samples(x).sum() - len(x) * np.log(groups.spread).sum())
    npar = min(3 * width, width + width * (width + 1) // 2)
    return -2 * reached + npar * np.log(len(x)), npar
