"""Intervals of net scores and shares, of the difference of two net scores, and what they share."""

from cemlab.stats.intervals.net import PSEUDO_COUNTS, adjusted_wald, difference, score, wald
from cemlab.stats.intervals.quantiles import Difference, Floats, Interval, need_answers, quantile, two_sided
from cemlab.stats.intervals.shares import wilson

__all__ = [
    "PSEUDO_COUNTS",
    "Difference",
    "Floats",
    "Interval",
    "adjusted_wald",
    "difference",
    "need_answers",
    "quantile",
    "score",
    "two_sided",
    "wald",
    "wilson",
]
