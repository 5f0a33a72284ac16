"""Reduce rows to sufficient statistics inside the engine."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__, submodules=["cells", "items", "patterns", "profiles", "responses", "rows", "scores", "spells"]
)
