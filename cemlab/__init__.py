"""Customer-experience research in notebooks.

A notebook opens a lab (a company's own tables as they were known on a day), reduces rows to
sufficient statistics inside an engine, estimates, and shows. Nothing heavy is imported before it
is used: ``import cemlab`` loads neither pandas nor ibis nor papermill.
"""

import lazy_loader as _lazy

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=["core", "data", "prepare", "report", "show", "stats"],
    submod_attrs={"data.lab": ["open_lab"], "stats.frames": ["cox", "kaplan_meier", "nps", "segments"]},
)
__all__ += ["__version__"]
