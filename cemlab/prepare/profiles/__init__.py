"""The customer profile: one row per customer, as it was known on a day."""

from cemlab.prepare.profiles.blocks import assigned, numbers
from cemlab.prepare.profiles.later import later_columns, outcomes
from cemlab.prepare.profiles.lives import life_table
from cemlab.prepare.profiles.purchases import rfm, rfm_counts
from cemlab.prepare.profiles.stakes import placed, stakes
from cemlab.prepare.profiles.sums import counts, moments
from cemlab.prepare.profiles.tables import columns, completeness, table

__all__ = [
    "assigned",
    "columns",
    "completeness",
    "counts",
    "later_columns",
    "life_table",
    "moments",
    "numbers",
    "outcomes",
    "placed",
    "rfm",
    "rfm_counts",
    "stakes",
    "table",
]
