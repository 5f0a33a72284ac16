"""What estimators return and reports assert: Estimates, Finding, Sentence."""

from cemlab.core.results.estimates import HIDDEN, KEPT, Better, Estimates, Unit
from cemlab.core.results.findings import Aspect, Finding, Name, Part, Quote, Sentence
from cemlab.core.results.outcomes import Outcome, outcome_of

__all__ = [
    "HIDDEN",
    "KEPT",
    "Aspect",
    "Better",
    "Estimates",
    "Finding",
    "Name",
    "Outcome",
    "Part",
    "Quote",
    "Sentence",
    "Unit",
    "outcome_of",
]
