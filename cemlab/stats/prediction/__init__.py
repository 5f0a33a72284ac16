"""Who leaves next: models as scorecards, and how well they foretell later time."""

from cemlab.stats.prediction.accuracy import brier
from cemlab.stats.prediction.baselines import tenure_baseline
from cemlab.stats.prediction.boosting import Boosted, boosted, judged_rows
from cemlab.stats.prediction.calibration import calibration, calibration_curve, observed_expected
from cemlab.stats.prediction.changes import Changes, changes
from cemlab.stats.prediction.choice import choose
from cemlab.stats.prediction.columns import lost, without_each
from cemlab.stats.prediction.comparison import compare
from cemlab.stats.prediction.days import relation_by_day
from cemlab.stats.prediction.discrimination import auc, concordance
from cemlab.stats.prediction.drift import calibration_by_month, drift
from cemlab.stats.prediction.learnt import trained
from cemlab.stats.prediction.pooling import over_days
from cemlab.stats.prediction.recording import recording_delay
from cemlab.stats.prediction.relations import in_one_family, relation_by_level
from cemlab.stats.prediction.scorecards import Judged, judged, judged_spans, person_periods, scorecard, scored
from cemlab.stats.prediction.snapshot import cross_fitted
from cemlab.stats.prediction.spans import challenge, rows_of, stacked, with_challenger
from cemlab.stats.prediction.stakes import margin_at_stake
from cemlab.stats.prediction.usefulness import any_skill, used_model
from cemlab.stats.prediction.utility import decision_curve, lift

__all__ = [
    "Boosted",
    "Changes",
    "Judged",
    "any_skill",
    "auc",
    "boosted",
    "brier",
    "calibration",
    "calibration_by_month",
    "calibration_curve",
    "challenge",
    "changes",
    "choose",
    "compare",
    "concordance",
    "cross_fitted",
    "decision_curve",
    "drift",
    "in_one_family",
    "judged",
    "judged_rows",
    "judged_spans",
    "lift",
    "lost",
    "margin_at_stake",
    "observed_expected",
    "over_days",
    "person_periods",
    "recording_delay",
    "relation_by_day",
    "relation_by_level",
    "rows_of",
    "scorecard",
    "scored",
    "stacked",
    "tenure_baseline",
    "trained",
    "used_model",
    "with_challenger",
    "without_each",
]
