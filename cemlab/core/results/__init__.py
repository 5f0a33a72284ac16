"""What estimators return and reports assert: Estimates, Finding, Sentence."""

from cemlab.core.results.estimates import HIDDEN, KEPT, Better, Estimates, Unit
from cemlab.core.results.findings import Aspect, Finding, Name, Part, Quote, Sentence

__all__ = [
    "HIDDEN",
    "KEPT",
    "Aspect",
    "Better",
    "Estimates",
    "Finding",
    "Name",
    "Part",
    "Quote",
    "Sentence",
    "Unit",
]
