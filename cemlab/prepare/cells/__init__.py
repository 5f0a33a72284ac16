"""Cells of durations and covariate levels: what models of the hazard need, counted inside the engine."""

from cemlab.prepare.cells.covariates import bins, covariates
from cemlab.prepare.cells.periods import person_periods

__all__ = ["bins", "covariates", "person_periods"]
