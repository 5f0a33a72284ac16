"""Turn Estimates into figures, display tables and sentences."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submodules=[
        "charts",
        "check",
        "compare",
        "curves",
        "figure",
        "format",
        "messages",
        "prediction",
        "say",
        "scores",
        "segments",
        "stack",
        "survival",
        "table",
        "theme",
        "vocabulary",
    ],
    submod_attrs={
        "charts.bars": ["bars"],
        "charts.distribution": ["distribution"],
        "charts.intervals": ["intervals"],
        "charts.lines": ["lines"],
        "charts.matrix": ["matrix"],
        "charts.points": ["points"],
    },
)
