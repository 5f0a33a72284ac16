"""How many left, and how many were expected to: Poisson counts whose expectation rests on counts too."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.stats.intervals import Floats
from cemlab.stats.jackknife import replicate_codes
from cemlab.stats.prediction.clustered import has_groups, overdispersion
from cemlab.stats.prediction.counted import need_equal_weights


def expected_by_month(judged: pd.DataFrame, risks: Mapping[float, str]) -> tuple[pd.DataFrame, float]:
    """Return who left and who was expected to, between one horizon and the next.

    Parameters
    ----------
    judged : pandas.DataFrame
        Cells of the judged time, with predictions.
    risks : mapping of float to str
        Column of the prediction for each horizon, rising.

    Returns
    -------
    pandas.DataFrame
        ``month``, ``since``, ``until``, ``expected``, ``events``, ``n`` at risk at its beginning.
    float
        How many times the variance of the counts is that of independent customers.

    Raises
    ------
    SchemaError
        When a column is missing.
    ParameterError
        When there is no horizon.
    """
    missing = [name for name in ("duration", "n", "events", *risks.values()) if name not in judged]
    if missing:
        raise SchemaError(f"Judged cells need the columns {', '.join(missing)}: they are missing.")
    if not risks or min(risks) <= 0:
        raise ParameterError(f"Months need horizons above 0: {len(risks)} were given.")
    need_equal_weights(judged)
    duration, n = judged["duration"].to_numpy(float), judged["n"].to_numpy(float)
    gone = judged["events"].to_numpy(float)
    codes, groups = replicate_codes(judged)
    by_group = np.zeros((2, len(groups)))
    hazard, rows = np.zeros(len(judged)), []
    for month, (low, high) in enumerate(itertools.pairwise([0.0, *risks]), start=1):
        upto = -np.log1p(-judged[risks[high]].to_numpy(float))
        lived = np.clip((duration - low) / (high - low), 0.0, 1.0)
        inside = (duration > low) & (duration <= high)
        expected = n * (upto - hazard) * lived
        rows.append((month, low, high, float(expected.sum()), gone[inside].sum(), n[duration > low].sum()))
        by_group += [np.bincount(codes, weights=each, minlength=len(groups)) for each in (gone * inside, expected)]
        hazard = upto
    table = pd.DataFrame(rows, columns=["month", "since", "until", "expected", "events", "n"])
    return table, overdispersion(*by_group) if has_groups(judged) else 1.0


def events_by_month(cells: pd.DataFrame, months: pd.DataFrame) -> Floats:
    """Return how many of a training time left in each month.

    Parameters
    ----------
    cells : pandas.DataFrame
        ``duration``, ``events``.
    months : pandas.DataFrame
        ``since``, ``until``.

    Returns
    -------
    numpy.ndarray
        One count per month.
    """
    edges = np.array([*months["since"], months["until"].iloc[-1]])
    at = np.searchsorted(edges, cells["duration"].to_numpy(float), side="left") - 1
    kept = (at >= 0) & (at < len(months))
    return np.asarray(
        np.bincount(at[kept], weights=cells["events"].to_numpy(float)[kept], minlength=len(months)), dtype=float
    )


def poisson_ratios(table: pd.DataFrame, *, factor: float, level: float) -> dict[str, Floats]:
    """Return observed over expected with limits and p-value; what training learnt is another Poisson count of the same expectation.

    Parameters
    ----------
    table : pandas.DataFrame
        ``events``, ``expected`` and ``learnt`` (endings that the expectation rests on; infinite where it is known).
    factor : float
        Overdispersion: counts are divided by it.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    dict of str to numpy.ndarray
        ``estimate``, ``std_error`` (of its logarithm), ``ci_low``, ``ci_high``, ``p_value``.
    """
    from scipy.special import betainc, betaincc, gammainc, gammaincc
    from scipy.stats import beta, gamma

    seen, learnt, expected = (table[name].to_numpy(float) / factor for name in ("events", "learnt", "expected"))
    # of a month in which the model expects nobody there is no ratio
    expected = np.where(expected > 0, expected, np.nan)
    side, some = (1 - level) / 2, np.where(seen > 0, seen, 1.0)
    if np.isinf(learnt).any():
        low, high = gamma.ppf(side, some) / expected, gamma.ppf(1 - side, seen + 1) / expected
        tails = gammainc(some, expected), gammaincc(seen + 1, expected)
    else:
        known = np.maximum(learnt, 0.5 / factor)
        shares = beta.ppf(side, some, learnt + 1), beta.ppf(1 - side, seen + 1, known)
        # training that saw nobody leave sets no limit
        base = np.where(learnt > 0, learnt, np.nan) / expected
        low, high = (_odds(share) * base for share in shares)
        even = expected / (expected + known)
        tails = betainc(some, learnt + 1, even), betaincc(seen + 1, known, even)
    # Nobody seen is the least there can be: only the other tail tells.
    tails = np.where(seen > 0, tails[0], 1.0), tails[1]
    counted = np.where((seen > 0) & (learnt > 0) & (expected > 0), seen, np.nan)
    error = np.sqrt(1 / counted + 1 / np.where(learnt > 0, learnt, np.nan))
    return {
        "estimate": seen / expected,
        "std_error": error,
        "ci_low": np.where(seen > 0, low, 0.0),
        "ci_high": high,
        "p_value": np.minimum(2 * np.minimum(*tails), 1.0),
    }


def _odds(share: Floats) -> Floats:
    return np.divide(share, 1 - share, out=np.full_like(share, np.inf), where=share < 1)


def seen_and_expected(judged: pd.DataFrame, risks: Mapping[float, str]) -> tuple[float, float, float]:
    """Return how many left, how many were expected to in the time that was lived through, and how many times their variance is Poisson's.

    Parameters
    ----------
    judged : pandas.DataFrame
        As for `calibration_by_month`.
    risks : mapping of float to str
        Column of the prediction for each horizon.

    Returns
    -------
    float
        Endings up to the last horizon.
    float
        Σ n·H, H the cumulative hazard that was predicted for the time that was lived through.
    float
        Overdispersion between groups of customers, at least 1.

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [1, 2], "n": [10, 90], "events": [10, 0], "p": 0.1})
    >>> tuple(round(each, 2) for each in seen_and_expected(cells, {2: "p"}))
    (10.0, 10.01, 1.0)
    """
    table, factor = expected_by_month(judged, dict(sorted(risks.items())))
    return float(table["events"].sum()), float(table["expected"].sum()), factor


def poisson_ratio(
    seen: float, expected: float, *, learnt: float, factor: float = 1.0, level: float = 0.95
) -> dict[str, float]:
    """Return observed over expected where what is expected rests on a Poisson count too.

    Limits invert the exact conditional test: given both counts, the share of the new one is binomial.

    Parameters
    ----------
    seen, expected : float
        Count, and what it is expected to be.
    learnt : float
        The count on which the expectation rests.
    factor : float, default 1
        Overdispersion: counts are divided by it.
    level : float, default 0.95
        Confidence level, in (0, 1).

    Returns
    -------
    dict of str to float
        ``estimate``, ``std_error`` (of its logarithm), ``ci_low``, ``ci_high``, ``p_value`` of 1.

    Examples
    --------
    >>> {name: round(value, 2) for name, value in poisson_ratio(30, 20, learnt=20).items()}
    {'estimate': 1.5, 'std_error': 0.29, 'ci_low': 0.82, 'ci_high': 2.79, 'p_value': 0.2}
    """
    row = pd.DataFrame({"events": [float(seen)], "learnt": [float(learnt)], "expected": [float(expected)]})
    return {name: float(values[0]) for name, values in poisson_ratios(row, factor=factor, level=level).items()}
