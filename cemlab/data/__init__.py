"""Open sources, check every row, keep the ledger, make synthetic customers."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(__name__, submodules=["intake", "lab", "sources", "synthetic"])
