"""Charts: a few kinds, each a spec of rows, panels, scale and flags; title, alt text and data come once for all."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["bars", "base", "distribution", "intervals", "lines", "points"],
)
