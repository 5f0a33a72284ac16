"""Who leaves next: models as scorecards, and how well they foretell later time."""

from cemlab.stats.prediction.baselines import tenure_baseline
from cemlab.stats.prediction.scorecards import Judged, judged, person_periods, scorecard, scored

__all__ = [
    "Judged",
    "judged",
    "person_periods",
    "scorecard",
    "scored",
    "tenure_baseline",
]
