"""Turn Estimates into figures, display tables and sentences."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__, submodules=["checks", "figure", "nps_plots", "numbers", "tables", "text", "theme"]
)
