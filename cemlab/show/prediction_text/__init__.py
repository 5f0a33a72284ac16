"""Sentences on predictions: how good they are, whether they can be believed, and what acting on them would bring."""

from cemlab.show.prediction_text.acting import alike, assumptions, drifted, found_by_contacting, today, unlike, worth
from cemlab.show.prediction_text.quality import (
    behind,
    believable,
    calibration,
    carried,
    certainty,
    challenged,
    chosen,
    kept_out,
    no_later_time,
    segments_off,
    skill,
    skill_in_short,
    useful,
    within_snapshot,
)

__all__ = [
    "alike",
    "assumptions",
    "behind",
    "believable",
    "calibration",
    "carried",
    "certainty",
    "challenged",
    "chosen",
    "drifted",
    "found_by_contacting",
    "kept_out",
    "no_later_time",
    "segments_off",
    "skill",
    "skill_in_short",
    "today",
    "unlike",
    "useful",
    "within_snapshot",
    "worth",
]
