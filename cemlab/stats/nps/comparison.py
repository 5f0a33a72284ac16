"""Each segment's score against that of all other answers, and what two-sample comparisons share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.core.results import Estimates
from cemlab.stats import intervals
from cemlab.stats.nps.groups import GROUPS, group_counts, groups_of, repeated

TWO_SAMPLE = "difference of independent samples with pseudo-counts in each (Rocks 2016)"


def against_rest(counts: pd.DataFrame, *, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return each segment's score minus that of all other answers.

    N(segment) − N(rest), never against a total that contains the segment. Interval, standard error
    and p_value come from one test: the difference after adding (0.75, 1.5, 0.75) promoters,
    passives and detractors to each side.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts with one group column.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    Estimates
        Measure ``nps_difference`` in points; one row per segment: ``estimate`` (the plain
        difference), ``std_error``, ``ci_low``, ``ci_high``, ``p_value``, ``nps_segment``,
        ``nps_rest``, ``n``, ``n_rest``, ``n_customers``, ``n_eff``.

    Raises
    ------
    ParameterError
        When the counts have not exactly one group column, or `level` is not in (0, 1).
    InsufficientDataError
        When there are fewer than two segments.
    SchemaError
        When a column is missing, a score is no code from 0 to 10, or answers are weighted.

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician,
    70(4), 365–372. doi:10.1080/00031305.2016.1198278

    Examples
    --------
    >>> counts = pd.DataFrame(
    ...     {"region": ["N"] * 3 + ["S"] * 3, "score": [9, 7, 5] * 2, "n": [50, 30, 20, 40, 35, 25]}
    ... )
    >>> against_rest(counts).table[["region", "estimate", "p_value"]].round(4).values.tolist()
    [['N', 15.0, 0.1833], ['S', -15.0, 0.1833]]
    """
    by = groups_of(counts)
    if len(by) != 1 or by == ["period"]:
        raise ParameterError(
            f"A comparison with the rest needs one group column other than period: {len(by)} were given "
            f"({', '.join(by) or 'none'}). Count by one column at a time."
        )
    groups = group_counts(counts)
    if len(groups) < 2:
        raise InsufficientDataError(
            f"A segment can be compared with the rest only if there are two: `{by[0]}` has {len(groups)}."
        )
    ours = groups[list(GROUPS)].to_numpy(dtype=float)
    table = compared(groups[by], ours, ours.sum(axis=0) - ours, level=level, names=("segment", "rest"))
    table = table.assign(n_customers=groups["n_customers"], n_eff=groups["n"].astype(float))
    return Estimates.build(
        table, by=by, measure="nps_difference", unit="points", method=f"segment minus rest, {TWO_SAMPLE}",
        level=level, min_n=min_n, better="up", notes=repeated(groups),
    )  # fmt: skip


def compared(
    keys: pd.DataFrame, first: np.ndarray, second: np.ndarray, *, level: float, names: tuple[str, str]
) -> pd.DataFrame:
    """Return the columns of a comparison of two independent samples, first minus second.

    N₁ − N₂ as the estimate; the rest from `intervals.difference`.

    Parameters
    ----------
    keys : pandas.DataFrame
        The group columns, one row per comparison.
    first, second : numpy.ndarray, shape (k, 3)
        Promoters, passives, detractors.
    level : float
        Confidence level, in (0, 1).
    names : tuple of (str, str)
        What the two samples are, for the columns ``nps_…`` and ``n_…``.

    Returns
    -------
    pandas.DataFrame
        `keys`, ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``p_value``, ``nps_<first>``,
        ``nps_<second>``, ``n`` (of the first) and ``n_<second>``.

    Examples
    --------
    >>> keys = pd.DataFrame({"region": ["N"]})
    >>> table = compared(keys, np.array([[5, 3, 2]]), np.array([[4, 3, 3]]), level=0.95, names=("now", "before"))
    >>> table[["nps_now", "nps_before", "estimate"]].round(6).values.tolist()
    [[30.0, 10.0, 20.0]]
    """
    one, two = intervals.wald(first, level=level), intervals.wald(second, level=level)
    test = intervals.difference(first, second, level=level)
    columns = {
        "estimate": one.estimate - two.estimate,
        "std_error": test.std_error,
        "ci_low": test.low,
        "ci_high": test.high,
        "p_value": test.p_value,
        f"nps_{names[0]}": one.estimate,
        f"nps_{names[1]}": two.estimate,
        "n": np.asarray(first).sum(axis=-1),
        f"n_{names[1]}": np.asarray(second).sum(axis=-1),
    }
    return keys.reset_index(drop=True).assign(**columns)
