"""Answers of the metric family, reduced inside the engine."""

from cemlab.prepare.responses.arrivals import arrivals, invited
from cemlab.prepare.responses.counts import score_counts, window
from cemlab.prepare.responses.design import design_sums, overlap
from cemlab.prepare.responses.groups import PERIODS, UNKNOWN
from cemlab.prepare.responses.metric import metric_of
from cemlab.prepare.responses.missing import without_score
from cemlab.prepare.responses.question import dated
from cemlab.prepare.responses.ratios import ratio_sums, weighting_sums
from cemlab.prepare.responses.transitions import late_counts, transitions
from cemlab.prepare.responses.unstratified import unstratified_sums
from cemlab.prepare.responses.waves import steps_of
from cemlab.prepare.responses.windows import compared_windows, group_columns

__all__ = [
    "PERIODS",
    "UNKNOWN",
    "arrivals",
    "compared_windows",
    "dated",
    "design_sums",
    "group_columns",
    "invited",
    "late_counts",
    "metric_of",
    "overlap",
    "ratio_sums",
    "score_counts",
    "steps_of",
    "transitions",
    "unstratified_sums",
    "weighting_sums",
    "window",
    "without_score",
]
