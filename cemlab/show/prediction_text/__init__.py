"""Sentences on predictions: how good they are, whether they can be believed, and what acting on them would bring."""

from cemlab.show.prediction_text.acting import (
    alike,
    assumptions,
    drifted,
    found_by_contacting,
    no_list,
    today,
    unlike,
    worth,
)
from cemlab.show.prediction_text.days import not_judged
from cemlab.show.prediction_text.models import carried, challenged, chosen
from cemlab.show.prediction_text.quality import (
    behind,
    believable,
    calibration,
    calibration_in_short,
    certainty,
    kept_out,
    no_later_time,
    segments_off,
    skill,
    skill_in_short,
    unjudged,
    useful,
    within_snapshot,
)

__all__ = [
    "alike",
    "assumptions",
    "behind",
    "believable",
    "calibration",
    "calibration_in_short",
    "carried",
    "certainty",
    "challenged",
    "chosen",
    "drifted",
    "found_by_contacting",
    "kept_out",
    "no_later_time",
    "no_list",
    "not_judged",
    "segments_off",
    "skill",
    "skill_in_short",
    "today",
    "unjudged",
    "unlike",
    "useful",
    "within_snapshot",
    "worth",
]
