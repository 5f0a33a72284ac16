"""How many answers a question needs, and what a number of answers can show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.core.results import Estimates
from cemlab.core.results.estimates import Unit
from cemlab.stats import intervals
from cemlab.stats.intervals import Floats
from cemlab.stats.multiplicity import minimum_detectable


def sample_size(
    variance: ArrayLike,
    other: ArrayLike,
    *,
    difference: ArrayLike,
    alpha: float = 0.05,
    power: float = 0.8,
    ratio: float = 1.0,
) -> Floats:
    """Return the answers of the first group with which a difference is found.

    n₁ = (z₁₋α/₂ + z_power)²·(v₁ + v₂/r)/δ², the second group having r·n₁.

    Parameters
    ----------
    variance, other : array_like
        Of one answer, in each group, in the unit of `difference` squared.
    difference : array_like
        The true difference that must be found.
    alpha : float, default 0.05
        Size of the two-sided test, in (0, 1).
    power : float, default 0.8
        Probability of finding it, in (0, 1).
    ratio : float, default 1
        r, answers of the second group per answer of the first.

    Returns
    -------
    numpy.ndarray
        Not rounded.

    Raises
    ------
    ParameterError
        When alpha or power is not in (0, 1), or the ratio or a difference is not above 0.

    References
    ----------
    Fleiss, J. L., Levin, B., & Paik, M. C. (2003). Statistical Methods for Rates and Proportions
    (3rd ed.). Wiley. doi:10.1002/0471445428

    Examples
    --------
    >>> float(sample_size(0.61, 0.66, difference=0.1).round(4))
    996.8077
    """
    gap = np.abs(np.asarray(difference, dtype=float))
    if not ratio > 0 or not (gap > 0).all():
        raise ParameterError(f"`difference` and `ratio` must be above 0: {np.min(gap):g} and {ratio:g} were given.")
    sigma = np.sqrt(np.asarray(variance, dtype=float) + np.asarray(other, dtype=float) / ratio)
    found: Floats = (minimum_detectable(sigma, alpha=alpha, power=power) / gap) ** 2
    return found


def precision_size(
    variance: ArrayLike, *, margin: ArrayLike, level: float = 0.95, deff: float = 1.0, population: float = np.inf
) -> Floats:
    """Return the answers with which an interval has a given half-width.

    n = deff·z²·v/m²; of a finite population n/(1 + (n − 1)/N).

    Parameters
    ----------
    variance : array_like
        Of one answer, in the unit of `margin` squared.
    margin : array_like
        Half-width of the plain interval.
    level : float, default 0.95
        Confidence level, in (0, 1).
    deff : float, default 1
        Design effect.
    population : float, default infinite
        N, customers in all.

    Returns
    -------
    numpy.ndarray
        Not rounded.

    Raises
    ------
    ParameterError
        When `level` is not in (0, 1), or the margin is not above 0.

    References
    ----------
    Cochran, W. G. (1977). Sampling Techniques (3rd ed.). Wiley.

    Examples
    --------
    >>> float(precision_size(0.61, margin=0.05).round(3))
    937.316
    """
    width = np.asarray(margin, dtype=float)
    if not (width > 0).all():
        raise ParameterError(f"`margin` must be above 0: {np.min(width):g} was given.")
    n = np.asarray(deff * intervals.quantile(level) ** 2 * np.asarray(variance, dtype=float) / width**2)
    return np.asarray(n / (1 + (n - 1) / population), dtype=float)


def answers_needed(
    score: Estimates, *, differences: Sequence[float], alpha: float = 0.05, power: float = 0.8, ratio: float = 1.0
) -> Estimates:
    """Return the answers per group with which differences of given sizes are found.

    `sample_size`, with the variance of one answer as observed, n·std_error²: it holds the design effect.

    Parameters
    ----------
    score : Estimates
        One score (`scores.estimate` without groups).
    differences : sequence of float
        True differences, in the score's unit.
    alpha : float, default 0.05
        Size of the test; divided by the number of comparisons for one in a family.
    power : float, default 0.8
        Probability of finding the difference.
    ratio : float, default 1
        Answers of the second group per answer of the first.

    Returns
    -------
    Estimates
        Measure ``answers_needed`` in answers; one row per ``difference``: ``estimate`` (of the first group,
        rounded up), ``n_second``, ``n`` and ``n_customers`` (those observed).

    Raises
    ------
    InsufficientDataError
        When the score has no standard error.
    ParameterError
        When a difference is not above 0.

    References
    ----------
    Fleiss, J. L., Levin, B., & Paik, M. C. (2003). Statistical Methods for Rates and Proportions
    (3rd ed.). Wiley. doi:10.1002/0471445428

    Examples
    --------
    >>> from cemlab.stats import scores
    >>> score = scores.estimate(pd.DataFrame({"score": [4, 7, 9], "n": [200, 300, 500]}))
    >>> answers_needed(score, differences=[10]).table["estimate"].tolist()
    [958.0]
    """
    variance = _variance(score)
    needed = _up(sample_size(variance, variance, difference=differences, alpha=alpha, power=power, ratio=ratio))
    table = pd.DataFrame({"difference": np.asarray(differences, dtype=float), "estimate": needed})
    table["n_second"] = _up(needed * ratio)
    return _planned(
        score,
        table,
        by="difference",
        measure="answers_needed",
        unit="answers",
        method=f"two groups, size {alpha:g}, power {power:g}",
    )


def detectable(
    score: Estimates, *, sizes: Sequence[int], alpha: float = 0.05, power: float = 0.8, ratio: float = 1.0
) -> Estimates:
    """Return the smallest true differences that given numbers of answers find.

    (z₁₋α/₂ + z_power)·√(v·(1 + 1/r)/n), v as observed.

    Parameters
    ----------
    score : Estimates
        One score (`scores.estimate` without groups).
    sizes : sequence of int
        Answers of the first group.
    alpha : float, default 0.05
        Size of the test.
    power : float, default 0.8
        Probability of finding the difference.
    ratio : float, default 1
        Answers of the second group per answer of the first.

    Returns
    -------
    Estimates
        Measure ``detectable_difference`` in the score's unit; one row per ``answers``: ``estimate``, ``margin``
        (half-width of the plain interval of one group), ``n`` and ``n_customers`` (those observed).

    Raises
    ------
    InsufficientDataError
        When the score has no standard error.
    ParameterError
        When a size is below 1.

    References
    ----------
    Bloom, H. S. (1995). Minimum detectable effects. Evaluation Review, 19(5), 547–556.
    doi:10.1177/0193841X9501900504

    Examples
    --------
    >>> from cemlab.stats import scores
    >>> score = scores.estimate(pd.DataFrame({"score": [4, 7, 9], "n": [200, 300, 500]}))
    >>> detectable(score, sizes=[100]).table["estimate"].round(3).tolist()
    [30.945]
    """
    n = np.asarray(sizes, dtype=float)
    if not (n >= 1).all() or not ratio > 0:
        raise ParameterError(f"`sizes` must be at least 1 and `ratio` above 0: {n.min():g} and {ratio:g} were given.")
    variance = _variance(score)
    table = pd.DataFrame(
        {
            "answers": np.asarray(sizes, dtype=int),
            "estimate": minimum_detectable(np.sqrt(variance * (1 + 1 / ratio) / n), alpha=alpha, power=power),
            "margin": intervals.quantile(score.level) * np.sqrt(variance / n),
        }
    )
    return _planned(
        score,
        table,
        by="answers",
        measure="detectable_difference",
        unit=score.unit,
        method=f"two groups, size {alpha:g}, power {power:g}",
    )


def precision(score: Estimates, *, margins: Sequence[float], population: float = np.inf) -> Estimates:
    """Return the answers with which the score's interval has given half-widths.

    `precision_size`, with the variance of one answer as observed.

    Parameters
    ----------
    score : Estimates
        One score (`scores.estimate` without groups).
    margins : sequence of float
        Half-widths, in the score's unit.
    population : float, default infinite
        Customers in all.

    Returns
    -------
    Estimates
        Measure ``answers_for_precision`` in answers; one row per ``margin``: ``estimate`` (rounded up), ``n`` and
        ``n_customers`` (those observed).

    Raises
    ------
    InsufficientDataError
        When the score has no standard error.
    ParameterError
        When a margin is not above 0.

    References
    ----------
    Cochran, W. G. (1977). Sampling Techniques (3rd ed.). Wiley.

    Examples
    --------
    >>> from cemlab.stats import scores
    >>> score = scores.estimate(pd.DataFrame({"score": [4, 7, 9], "n": [200, 300, 500]}))
    >>> precision(score, margins=[5]).table["estimate"].tolist()
    [938.0]
    """
    needed = _up(precision_size(_variance(score), margin=margins, level=score.level, population=population))
    table = pd.DataFrame({"margin": np.asarray(margins, dtype=float), "estimate": needed})
    return _planned(
        score, table, by="margin", measure="answers_for_precision", unit="answers", method="plain interval of one score"
    )


def _variance(score: Estimates) -> float:
    """Variance of one answer as observed, in the unit of the score squared, design effect included."""
    row = score.row()
    variance = float(row["n"]) * float(row["std_error"]) ** 2
    if not variance > 0:
        raise InsufficientDataError(
            f"Planning needs a score with a standard error: that of {row['n']:g} answers is {row['std_error']:g}. "
            "Plan with `sample_size` and a variance of your own."
        )
    return variance


def _up(n: Floats) -> Floats:
    # a count that is whole but for rounding stays
    return np.ceil(np.asarray(n) - 1e-9)


def _planned(score: Estimates, table: pd.DataFrame, *, by: str, measure: str, unit: Unit, method: str) -> Estimates:
    row = score.row()
    table = table.assign(n=row["n"], n_customers=row["n_customers"], suppressed=bool(row["suppressed"]))
    return Estimates.build(
        table,
        by=[by],
        measure=measure,
        unit=unit,
        method=f"{method}, variance as observed",
        level=score.level,
        min_n=score.min_n,
        notes=score.notes,
    )
