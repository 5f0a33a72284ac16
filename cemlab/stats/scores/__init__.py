"""Scores of the metric family: level, distribution, each segment against the rest."""

from cemlab.stats.scores.comparison import against_rest, compared, differences
from cemlab.stats.scores.designs import by_design
from cemlab.stats.scores.levels import distribution, estimate
from cemlab.stats.scores.missing import bounds_of, missing_bounds
from cemlab.stats.scores.samples import Samples, samples_of
from cemlab.stats.scores.weights import weighting_effect

__all__ = [
    "Samples",
    "against_rest",
    "bounds_of",
    "by_design",
    "compared",
    "differences",
    "distribution",
    "estimate",
    "missing_bounds",
    "samples_of",
    "weighting_effect",
]
