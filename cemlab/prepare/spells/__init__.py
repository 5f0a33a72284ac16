"""Spells of customers, reduced inside the engine: how long each lasted, and whether its end was seen."""

from cemlab.prepare.replicates import Clusters, clusters
from cemlab.prepare.spells.followed import ENDED_AT_ONCE, UNFINISHED_MONTH
from cemlab.prepare.spells.groups import compared_by
from cemlab.prepare.spells.sections import CrossSection, cross_section
from cemlab.prepare.spells.tables import life_table

__all__ = [
    "ENDED_AT_ONCE",
    "UNFINISHED_MONTH",
    "Clusters",
    "CrossSection",
    "clusters",
    "compared_by",
    "cross_section",
    "life_table",
]
