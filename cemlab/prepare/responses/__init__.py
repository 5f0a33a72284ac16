"""Answers of the metric family, reduced inside the engine."""

from cemlab.prepare.responses.counts import score_counts, window
from cemlab.prepare.responses.design import design_sums, overlap
from cemlab.prepare.responses.groups import PERIODS, UNKNOWN
from cemlab.prepare.responses.question import dated
from cemlab.prepare.responses.transitions import late_counts, transitions

__all__ = [
    "PERIODS",
    "UNKNOWN",
    "dated",
    "design_sums",
    "late_counts",
    "overlap",
    "score_counts",
    "transitions",
    "window",
]
