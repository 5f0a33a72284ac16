"""Who they are: latent classes, mixtures and rules, how many, how stable, and what is said of each."""

from cemlab.stats.segments.agreement import agreement, transitions
from cemlab.stats.segments.alternatives import simpler_models
from cemlab.stats.segments.assigned import level_shares, told_by
from cemlab.stats.segments.bch import classification, exact
from cemlab.stats.segments.categories import categories
from cemlab.stats.segments.curves import curves, left_after, medians, not_followed
from cemlab.stats.segments.grid import at_stake, grid
from cemlab.stats.segments.k_means import k_means
from cemlab.stats.segments.latent_classes import latent_classes
from cemlab.stats.segments.mixtures import mixture, number_of_components
from cemlab.stats.segments.naming import contrasts, names, renamed
from cemlab.stats.segments.number import number_of_classes
from cemlab.stats.segments.prediction_strength import number_of_clusters
from cemlab.stats.segments.profiles import differences, profiles, sizes
from cemlab.stats.segments.relearnt import relearnt
from cemlab.stats.segments.rfm import rfm_classes
from cemlab.stats.segments.rules import overall, rules
from cemlab.stats.segments.stability import stability, verdict
from cemlab.stats.segments.trait import one_trait
from cemlab.stats.segments.worth import beats, comparable, upheld

__all__ = [
    "agreement",
    "at_stake",
    "beats",
    "categories",
    "classification",
    "comparable",
    "contrasts",
    "curves",
    "differences",
    "exact",
    "grid",
    "k_means",
    "latent_classes",
    "left_after",
    "level_shares",
    "medians",
    "mixture",
    "names",
    "not_followed",
    "number_of_classes",
    "number_of_clusters",
    "number_of_components",
    "one_trait",
    "overall",
    "profiles",
    "relearnt",
    "renamed",
    "rfm_classes",
    "rules",
    "simpler_models",
    "sizes",
    "stability",
    "told_by",
    "transitions",
    "upheld",
    "verdict",
]
