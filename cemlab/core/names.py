"""Names of columns that counts and results have themselves: what customers are compared by must be named otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from cemlab.core.errors import ParameterError
from cemlab.core.scales import METRIC_SCALES

_OF_METRICS = (f"{metric}_{side}" for metric in METRIC_SCALES for side in ("before", "given", "now", "rest", "segment"))

OWN_NAMES = frozenset(
    (
        *_OF_METRICS,
        # of counts
        "cause",
        "censored",
        "complete",
        "count",
        "day",
        "duration",
        "entered",
        "events",
        "from_score",
        "n",
        "n_at_risk",
        "n_clusters",
        "n_customers",
        "other",
        "period",
        "period_before",
        "probability",
        "replicate",
        "sampling_stratum",
        "score",
        "start",
        "sum_w",
        "sum_w2",
        "to_score",
        "value",
        # of results
        "at_first",
        "at_risk",
        "centre",
        "chi_square",
        "ci_high",
        "ci_low",
        "deff",
        "df",
        "end",
        "estimate",
        "expected",
        "first",
        "flagged",
        "followed",
        "group",
        "group_value",
        "horizon",
        "kind",
        "largest_share",
        "last",
        "last_seen",
        "mde",
        "mean",
        "moved_share",
        "n_before",
        "n_eff",
        "n_periods",
        "n_rest",
        "n_star",
        "observed",
        "overstated",
        "p_value",
        "per_year",
        "predicted",
        "q_value",
        "reached",
        "reason",
        "rest_value",
        "scatter_p",
        "share_left",
        "small_sample",
        "spread",
        "std_error",
        "suppressed",
        "tau",
        "too_small",
        "variance",
        "versus",
        # of judged comparisons
        "conclusion",
        "family",
        "floor",
        "mde_unadjusted",
        "p_material",
        "q_ordinary",
        "significant",
    )
)
"""Columns of counts and of results: what customers are compared by, and what a model sees, must be named otherwise."""

PATTERN_NAMES = frozenset(("n", "probability", "replicate", "value"))
"""Columns of patterns and assignments: items must be named otherwise."""

BESIDE: Mapping[str, frozenset[str]] = {"segment_by": OWN_NAMES, "covariates": OWN_NAMES, "items": PATTERN_NAMES}
"""Parameters that name columns of the lab's own, and the columns that they would stand beside."""


_MOST_SMALL, _LEAST_ROWS = 20, 3


def need_free(names: Iterable[str], *, what: str, but: Collection[str] = (), own: Collection[str] = OWN_NAMES) -> None:
    """Raise unless names can stand beside the columns of counts and results.

    Parameters
    ----------
    names : iterable of str
        Columns to compare by, covariates or items.
    what : str
        Where they were named, for the message: "`segment_by`".
    but : collection of str, default ()
        Names that are right here all the same.
    own : collection of str, default OWN_NAMES
        The columns that the names would stand beside.

    Raises
    ------
    ParameterError
        When a name is one of `own`.

    Examples
    --------
    >>> need_free(["plan", "region"], what="`segment_by`")
    """
    taken = sorted({name for name in names if name in own and name not in but})
    if taken:
        listed = ", ".join(f"`{name}`" for name in taken)
        raise ParameterError(
            f"{what} must not name a column that results have themselves: {listed} {'is' if len(taken) == 1 else 'are'}"
            " one. "
            f'Map it under another name in the lab file, such as `own_{taken[0]} = "{taken[0]}"`.'
        )


def is_identifier(levels: int, rows: float) -> bool:
    """Return whether a column of text tells single customers apart, so that its levels must not be named.

    Parameters
    ----------
    levels : int
        Different values.
    rows : float
        Rows that have one.

    Returns
    -------
    bool
        True for more than 20 levels that hold fewer than 3 rows on average.

    Examples
    --------
    >>> is_identifier(900, 1000), is_identifier(200, 2500), is_identifier(12, 12)
    (True, False, False)
    """
    return levels > _MOST_SMALL and rows < _LEAST_ROWS * levels
