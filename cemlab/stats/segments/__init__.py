"""Who they are: latent classes, mixtures and rules, how many, how stable, and what is said of each."""

from cemlab.stats.segments.bch import classification, exact
from cemlab.stats.segments.categories import categories
from cemlab.stats.segments.latent_classes import latent_classes
from cemlab.stats.segments.profiles import differences, profiles, sizes

__all__ = ["categories", "classification", "differences", "exact", "latent_classes", "profiles", "sizes"]
