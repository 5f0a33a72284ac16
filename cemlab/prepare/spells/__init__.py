"""Spells of customers, reduced inside the engine: how long each lasted, and whether its end was seen."""

from cemlab.prepare.spells.tables import life_table

__all__ = ["life_table"]
