"""Sentences made of findings, so that they stay true when the parameters change."""

from cemlab.show.text.differences import (
    all_groups,
    beliefs,
    no_groups,
    standing_out,
    weighted_sample,
    weighting,
)
from cemlab.show.text.levels import answers_behind, certainty, heaping, level, measured, other_scale, shape
from cemlab.show.text.losses import Lost, after_losses, no_score
from cemlab.show.text.mixes import course_in_short, with_mix
from cemlab.show.text.moves import against_window, moved, same_people, steps, trend, undated
from cemlab.show.text.outcomes import alone, in_short, not_flagged, outcome_words, with_outcome
from cemlab.show.text.power import detectable, planning

__all__ = [
    "Lost",
    "after_losses",
    "against_window",
    "all_groups",
    "alone",
    "answers_behind",
    "beliefs",
    "certainty",
    "course_in_short",
    "detectable",
    "heaping",
    "in_short",
    "level",
    "measured",
    "moved",
    "no_groups",
    "no_score",
    "not_flagged",
    "other_scale",
    "outcome_words",
    "planning",
    "same_people",
    "shape",
    "standing_out",
    "steps",
    "trend",
    "undated",
    "weighted_sample",
    "weighting",
    "with_mix",
    "with_outcome",
]
