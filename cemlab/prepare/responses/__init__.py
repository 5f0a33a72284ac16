"""Answers of the metric family, reduced inside the engine."""

from cemlab.prepare.responses.counts import score_counts, window
from cemlab.prepare.responses.design import design_sums, overlap
from cemlab.prepare.responses.groups import PERIODS, UNKNOWN
from cemlab.prepare.responses.question import dated

__all__ = ["PERIODS", "UNKNOWN", "dated", "design_sums", "overlap", "score_counts", "window"]
