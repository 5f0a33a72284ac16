"""Segments by rule: recency, frequency and monetary value, the baseline that any other segmentation must beat."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import wilson

SCORES = ("recency_score", "frequency_score", "monetary_score")
"""Fifths, 5 the best."""

RULES = (
    ("champions", "bought lately (4–5), and often or much (4–5 on average)"),
    ("loyal", "bought not long ago (3–5), and often or much (3–5 on average)"),
    ("recent", "bought lately (4–5), but seldom and little"),
    ("occasional", "bought not long ago (3), but seldom and little"),
    ("at risk", "not lately (1–2), though once often or much (3–5 on average)"),
    ("lapsed", "not lately (1–2), seldom and little"),
)
"""Segments in the order in which the rules are tried, and the rule in words."""


def rfm_classes(counts: pd.DataFrame, *, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return segments by rules on the fifths of recency, frequency and monetary value.

    With r the score of recency and v the mean of those of frequency and monetary value: champions r ≥ 4, v ≥ 4;
    loyal r ≥ 3, v ≥ 3; recent r ≥ 4; occasional r = 3; at risk v ≥ 3; lapsed the rest.

    Parameters
    ----------
    counts : pandas.DataFrame
        One row per combination of ``recency_score``, ``frequency_score`` and ``monetary_score`` (1 to 5, 5 the best;
        `prepare.profiles.rfm`, counted), and ``n`` customers.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    Estimates
        Measure ``class_share``; one row per ``segment`` that has customers: ``estimate``, Wilson's interval,
        ``n``, ``rule``. Part ``posterior``: the three scores, ``n``, ``value`` and ``probability`` (1).

    Raises
    ------
    SchemaError
        When a column is missing or a score is not 1 to 5.
    InsufficientDataError
        When there is no customer.

    References
    ----------
    Hughes, A. M. (1994). Strategic database marketing. Probus. The bounds are this project's own; the names are
    in common use.

    Examples
    --------
    >>> counts = pd.DataFrame({"recency_score": [5, 1], "frequency_score": [4, 2], "monetary_score": [5, 3], "n": [30, 70]})
    >>> rfm_classes(counts).table[["segment", "estimate"]].values.tolist()
    [['champions', 0.3], ['lapsed', 0.7]]
    """
    missing = [name for name in (*SCORES, "n") if name not in counts]
    if missing:
        raise SchemaError(
            f"Counts need {', '.join(SCORES)} and n: {', '.join(missing)} missing. Make them with prepare.profiles.rfm."
        )
    wrong = ~counts[list(SCORES)].isin(range(1, 6)).all(axis=1)
    if wrong.any():
        raise SchemaError(
            f"A score must be a whole number from 1 to 5: {int(wrong.sum()):,} of {len(counts):,} rows hold others."
        )
    if not counts["n"].sum() > 0:
        raise InsufficientDataError(
            f"At least one customer must have bought: {len(counts):,} rows hold 0. Choose a longer window."
        )
    recency, value = counts[SCORES[0]], (counts[SCORES[1]] + counts[SCORES[2]]) / 2
    conditions = [(recency >= 4) & (value >= 4), (recency >= 3) & (value >= 3), recency >= 4, recency == 3, value >= 3]
    names = [name for name, _ in RULES]
    placed = counts[[*SCORES, "n"]].assign(value=np.select(conditions, names[:-1], names[-1]), probability=1.0)
    n = placed.groupby("value")["n"].sum().reindex(names).dropna()
    n = n[n > 0]
    found = wilson(n, n.sum(), level=level)
    table = pd.DataFrame(
        {
            "segment": n.index,
            "estimate": found.estimate,
            "std_error": found.std_error,
            "ci_low": found.low,
            "ci_high": found.high,
            "n": n.to_numpy(),
            "n_customers": n.to_numpy(),
            "rule": n.index.map(dict(RULES)),
        }
    )
    return Estimates.build(
        table,
        by=["segment"],
        measure="class_share",
        unit="share",
        method="rules on fifths of recency, frequency and monetary value",
        level=level,
        min_n=min_n,
        parts={"posterior": placed},
    )
