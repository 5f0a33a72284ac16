"""Run a study: parameters refused early, one owned kernel, an outcome that is derived, one rename.

``runs``: `run` and `Run`; ``execution``: one notebook through papermill; ``kernel``: its process
tree; ``folders``: staging and publishing; ``identity``: keys and names; ``executed``: a page from a
notebook that papermill ran without us.
"""

from cemlab.report.runner.executed import render_executed
from cemlab.report.runner.execution import Progress, Step
from cemlab.report.runner.runs import Run, run

__all__ = ["Progress", "Run", "Step", "render_executed", "run"]
