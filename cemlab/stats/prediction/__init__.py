"""Who leaves next: models as scorecards, and how well they foretell later time."""

from cemlab.stats.prediction.accuracy import brier
from cemlab.stats.prediction.baselines import tenure_baseline
from cemlab.stats.prediction.calibration import calibration, calibration_curve, observed_expected
from cemlab.stats.prediction.discrimination import auc, concordance
from cemlab.stats.prediction.scorecards import Judged, judged, person_periods, scorecard, scored

__all__ = [
    "Judged",
    "auc",
    "brier",
    "calibration",
    "calibration_curve",
    "concordance",
    "judged",
    "observed_expected",
    "person_periods",
    "scorecard",
    "scored",
    "tenure_baseline",
]
