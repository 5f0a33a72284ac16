"""Net promoter score: the calls of `scores`, whose question is NPS unless told otherwise, and what only NPS has."""

from cemlab.stats.nps.groups import GROUPS, group_of
from cemlab.stats.scores import against_rest, distribution, estimate, missing_bounds

__all__ = ["GROUPS", "against_rest", "distribution", "estimate", "group_of", "missing_bounds"]
