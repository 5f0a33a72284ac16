"""What answers without a score could do to the score."""

from __future__ import annotations

import pandas as pd

from cemlab.core.results import Estimates
from cemlab.stats import intervals
from cemlab.stats.nps.groups import GROUPS, group_counts


def missing_bounds(counts: pd.DataFrame, *, unscored: int, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return between which limits the score lies whatever the unscored answers would have been.

    With u the share of answers without a score, (1 − u)·N − 100·u to (1 − u)·N + 100·u.

    Parameters
    ----------
    counts : pandas.DataFrame
        Score counts without groups.
    unscored : int
        Answers that gave no score.
    level : float, default 0.95
        Kept for the page; bounds carry no sampling error.
    min_n : int, default 10
        Smallest number of customers in a published group.

    Returns
    -------
    Estimates
        Measure ``nps_bounds`` in points; one row: ``estimate`` (the plain score), ``ci_low`` and
        ``ci_high`` (the bounds), ``unscored_share`` in 0–1, ``n``, ``n_customers``.

    Raises
    ------
    SchemaError
        When a column is missing, a score is no code from 0 to 10, or answers are weighted.
    InsufficientDataError
        When there is no answer.

    References
    ----------
    Manski, C. F. (1989). Anatomy of the selection problem. The Journal of Human Resources, 24(3),
    343–360. doi:10.2307/145818

    Examples
    --------
    >>> counts = pd.DataFrame({"score": [4, 7, 9], "n": [15, 20, 65]})
    >>> missing_bounds(counts, unscored=25).table[["ci_low", "ci_high"]].values.tolist()
    [[20.0, 60.0]]
    """
    groups = group_counts(counts)
    plain = intervals.wald(groups[list(GROUPS)].to_numpy(dtype=float), level=level).estimate
    share = unscored / (unscored + groups["n"])
    table = groups[["n", "n_customers"]].assign(
        estimate=plain,
        unscored_share=share,
        ci_low=(1 - share) * plain - 100 * share,
        ci_high=(1 - share) * plain + 100 * share,
    )
    return Estimates.build(
        table, by=[], measure="nps_bounds", unit="points", method="bounds without any assumption on unscored answers (Manski 1989)",
        level=level, min_n=min_n, better="up",
    )  # fmt: skip
