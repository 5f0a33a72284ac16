"""How a score moved: between periods and windows, of the same people, and as a trend."""

from cemlab.stats.change.constant_mix import constant_mix
from cemlab.stats.change.people import paired
from cemlab.stats.change.steps import between, consecutive
from cemlab.stats.change.trends import trend

__all__ = ["between", "consecutive", "constant_mix", "paired", "trend"]
