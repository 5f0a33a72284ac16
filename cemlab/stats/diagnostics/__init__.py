"""Can a hazard model be trusted: proportional hazards, influence, collinearity, sparse levels, leakage."""

from cemlab.stats.diagnostics.covariates import collinearity, sparse_levels
from cemlab.stats.diagnostics.estimable import estimable, repeating
from cemlab.stats.diagnostics.influence import influence
from cemlab.stats.diagnostics.leakage import leakage, ranking
from cemlab.stats.diagnostics.proportional import proportional_hazards
from cemlab.stats.diagnostics.separation import with_events, without_events

__all__ = [
    "collinearity",
    "estimable",
    "influence",
    "leakage",
    "proportional_hazards",
    "ranking",
    "repeating",
    "sparse_levels",
    "with_events",
    "without_events",
]
