"""Run notebooks, render what they show into one page, and keep the catalogue."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__, submodules=["catalogue", "elements", "markdown", "notebook", "records", "render", "runner", "studies"]
)
