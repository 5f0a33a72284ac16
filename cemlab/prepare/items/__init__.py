"""What customers may be grouped by: the items of a basis, where numbers are cut, and how much of each is known."""

from cemlab.prepare.items.bases import STAGES, method_of, usual
from cemlab.prepare.items.chosen import BASES, Grouping, grouping
from cemlab.prepare.items.cuts import cut_points, skewed
from cemlab.prepare.items.known import COUNTS, described, filled, first_day, numeric, pairs, risk, worth

__all__ = [
    "BASES",
    "COUNTS",
    "STAGES",
    "Grouping",
    "cut_points",
    "described",
    "filled",
    "first_day",
    "grouping",
    "method_of",
    "numeric",
    "pairs",
    "risk",
    "skewed",
    "usual",
    "worth",
]
