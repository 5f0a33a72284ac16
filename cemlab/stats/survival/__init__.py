"""How long customers stay: curves, medians and means, differences, causes."""

from cemlab.stats.survival.bounds import censoring_bounds
from cemlab.stats.survival.comparison import log_rank, pairwise
from cemlab.stats.survival.cumulative_hazard import nelson_aalen
from cemlab.stats.survival.curves import at, kaplan_meier
from cemlab.stats.survival.differences import differences, not_compared
from cemlab.stats.survival.gray import gray_test
from cemlab.stats.survival.greatest import greatest_gaps
from cemlab.stats.survival.incidence import cumulative_incidence
from cemlab.stats.survival.incidence_differences import incidence_differences
from cemlab.stats.survival.lives import from_start
from cemlab.stats.survival.snapshots import one_step, share_left
from cemlab.stats.survival.summaries import quantiles, rmst

__all__ = [
    "at",
    "censoring_bounds",
    "cumulative_incidence",
    "differences",
    "from_start",
    "gray_test",
    "greatest_gaps",
    "incidence_differences",
    "kaplan_meier",
    "log_rank",
    "nelson_aalen",
    "not_compared",
    "one_step",
    "pairwise",
    "quantiles",
    "rmst",
    "share_left",
]
