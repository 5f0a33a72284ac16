"""Intervals of net scores and shares, of the difference of two net scores, and what they share."""

from cemlab.stats.intervals.net import PSEUDO_COUNTS, adjusted_wald, difference, score, wald
from cemlab.stats.intervals.quantiles import (
    Difference,
    Floats,
    Interval,
    beyond,
    need_answers,
    quantile,
    two_sided,
    upper_tail,
)
from cemlab.stats.intervals.shares import wilson

__all__ = [
    "PSEUDO_COUNTS",
    "Difference",
    "Floats",
    "Interval",
    "adjusted_wald",
    "beyond",
    "difference",
    "need_answers",
    "quantile",
    "score",
    "two_sided",
    "upper_tail",
    "wald",
    "wilson",
]
