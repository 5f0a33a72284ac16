"""Estimate, test and decompose: pure functions from small frames to Estimates."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "arrivals",
        "change",
        "diagnostics",
        "hazards",
        "intervals",
        "multiplicity",
        "nps",
        "perception",
        "planning",
        "prediction",
        "robustness",
        "scores",
        "segments",
        "survival",
        "weighting",
    ],
)
