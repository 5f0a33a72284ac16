"""Cells of durations and covariate levels: what models of the hazard need, counted inside the engine."""

from cemlab.prepare.cells.covariates import bins, covariates
from cemlab.prepare.cells.ending import ends_by_day
from cemlab.prepare.cells.immortal import immortal_time
from cemlab.prepare.cells.judging import judging_days, no_later_time, spans_last_year, year_ago
from cemlab.prepare.cells.known import need_history, time_varying
from cemlab.prepare.cells.landmarks import cut_points, landmark
from cemlab.prepare.cells.periods import person_periods
from cemlab.prepare.cells.splits import start_stop
from cemlab.prepare.cells.unseen import unjudged_days
from cemlab.prepare.replicates import replicate, with_replicates

__all__ = [
    "bins",
    "covariates",
    "cut_points",
    "ends_by_day",
    "immortal_time",
    "judging_days",
    "landmark",
    "need_history",
    "no_later_time",
    "person_periods",
    "replicate",
    "spans_last_year",
    "start_stop",
    "time_varying",
    "unjudged_days",
    "with_replicates",
    "year_ago",
]
