"""Figures of scores: the distribution of answers, the course over time, groups compared, pairs of scores."""

from cemlab.show.score_plots.course import course
from cemlab.show.score_plots.distribution import distribution
from cemlab.show.score_plots.forest import forest
from cemlab.show.score_plots.labels import MOST_GROUPS
from cemlab.show.score_plots.mixes import mixes
from cemlab.show.score_plots.pairs import beliefs, weighting

__all__ = ["MOST_GROUPS", "beliefs", "course", "distribution", "forest", "mixes", "weighting"]
