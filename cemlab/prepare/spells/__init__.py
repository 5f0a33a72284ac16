"""Spells of customers, reduced inside the engine: how long each lasted, and whether its end was seen."""

from cemlab.prepare.replicates import Clusters, clusters
from cemlab.prepare.spells.tables import life_table

__all__ = ["Clusters", "clusters", "life_table"]
