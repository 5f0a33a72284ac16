"""Net promoter score: its level, its whole distribution, and each segment against the rest."""

from cemlab.stats.nps.comparison import TWO_SAMPLE, against_rest, compared
from cemlab.stats.nps.groups import GROUPS, REPEATED, group_counts, group_of, groups_of, repeated
from cemlab.stats.nps.levels import distribution, estimate
from cemlab.stats.nps.missing import missing_bounds

__all__ = [
    "GROUPS",
    "REPEATED",
    "TWO_SAMPLE",
    "against_rest",
    "compared",
    "distribution",
    "estimate",
    "group_counts",
    "group_of",
    "groups_of",
    "missing_bounds",
    "repeated",
]
