"""The customer profile: one row per customer, as it was known on a day."""

from cemlab.prepare.profiles.purchases import rfm
from cemlab.prepare.profiles.tables import completeness, table

__all__ = ["completeness", "rfm", "table"]
