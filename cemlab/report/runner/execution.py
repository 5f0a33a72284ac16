"""One execution of a notebook by papermill, and what really came of it.

papermill calls a notebook complete when its kernel was killed, when a cell ran over its limit, and
when a cell left by ``sys.exit(0)``. So the outcome is derived here from the exception and from what
the cells hold.
"""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cemlab
from cemlab.core import errors
from cemlab.core.parameters import Value
from cemlab.report import studies
from cemlab.report.runner.kernel import Limit, Warden, manager_class

_FILE = re.compile(r"^File (\S+?):\d+", flags=re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_OWN_ERRORS: Mapping[str, int] = {
    name: kind.exit_code
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.CemlabError)
}


@dataclass(frozen=True)
class Step:
    """How far a run has come.

    Attributes
    ----------
    cell, cells : int
        The code cell that starts now, counted from 1, and how many there are.
    question : str
        The question that it belongs to; empty before the first.
    seconds : float
        Since the execution began.
    """

    cell: int
    cells: int
    question: str
    seconds: float


Progress = Callable[[Step], None]


@dataclass(frozen=True)
class Outcome:
    """What came of an execution.

    Attributes
    ----------
    exit_code : int
        0 when every cell ran; otherwise the code of the run.
    error : str
        Why it failed, without any customer's values; empty when it did not.
    """

    exit_code: int
    error: str


def execute(
    notebook: Any,
    *,
    parameters: Mapping[str, Value],
    folder: Path,
    environment: dict[str, str],
    warden: Warden,
    progress: Progress | None = None,
) -> tuple[Any, Outcome]:
    """Run a notebook in a kernel of its own and say what came of it.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The source; it is not changed.
    parameters : mapping of str to value
        Checked values for the parameters cell.
    folder : pathlib.Path
        Working folder of the kernel.
    environment : dict of str to str
        The kernel's environment.
    warden : Warden
        Takes charge of the kernel; the caller ends it.
    progress : callable, optional
        Told of every code cell as it starts.

    Returns
    -------
    tuple of (nbformat.NotebookNode, Outcome)
        The executed notebook, as far as it came.
    """
    import papermill

    watched = _Watched(notebook, progress)
    failure: BaseException | None = None
    try:
        with _quiet():
            papermill.execute_notebook(
                watched.notebook,
                None,
                parameters=dict(parameters),
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                cwd=str(folder),
                kernel_manager_class=manager_class(warden, environment=environment, log=folder / "kernel.log"),
                on_notebook_start=watched.start,
                on_cell_start=watched.step,
            )
    except Exception as error:  # noqa: BLE001 - papermill and nbclient raise many kinds; outcome() tells them apart
        failure = error
    return watched.notebook, outcome(watched.notebook, failure=failure, broken=warden.broken)


def outcome(notebook: Any, *, failure: BaseException | None = None, broken: Limit = "") -> Outcome:
    """Return what came of an execution, from what the notebook holds.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        As far as it was executed.
    failure : BaseException, optional
        What the execution raised.
    broken : {"", "time", "memory"}
        The limit that ended it.

    Returns
    -------
    Outcome
        Exit code 0 only when no cell shows an error and every code cell was executed.
    """
    if broken:
        return Outcome(4, f"A run must stay within its {broken} limit: this one was ended there{_where(notebook)}.")
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return _failed_cell(notebook, index, output)
    if failure is not None and type(failure).__name__ == "PapermillExecutionError":
        return Outcome(1, f"A cell failed and left no message{_where(notebook)}.")
    if failure is not None:
        kind = type(failure).__name__
        return Outcome(3, f"The kernel must live as long as the run: it died{_where(notebook)} ({kind}).")
    cells = _code_cells(notebook.cells)
    missed = len([cell for cell in cells if cell.execution_count is None])
    if missed:
        return Outcome(1, f"Every code cell must be executed: {missed} of {len(cells)} were not.")
    return Outcome(0, "")


def _failed_cell(notebook: Any, index: int, output: Any) -> Outcome:
    """Show the message of an error of our own only: those hold no customer's values."""
    place = _place(notebook, index)
    if output.ename in _OWN_ERRORS and _raised_here(output):
        message = _COLOUR.sub("", output.evalue).strip()
        return Outcome(_OWN_ERRORS[output.ename], f"{message} ({output.ename} in {place})")
    if output.ename == "SystemExit":
        return Outcome(1, f"A study must run to its last cell: {place} left it by SystemExit.")
    code = 4 if output.ename == "MemoryError" else 1
    if output.ename == "OSError" and output.evalue.startswith(("[Errno 28]", "[Errno 122]")):
        code = 5
    return Outcome(
        code, f"{output.ename} in {place}. Its message stands in the executed notebook, which is restricted."
    )


def _raised_here(output: Any) -> bool:
    """Return False for another library's error of the same name (lifelines has a ConvergenceError too)."""
    files = _FILE.findall(_COLOUR.sub("", "\n".join(output.get("traceback", []))))
    return not files or Path(files[-1]).expanduser().is_relative_to(Path(cemlab.__file__).parent)


def _code_cells(cells: list[Any]) -> list[Any]:
    return [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]


def _place(notebook: Any, index: int) -> str:
    number = len(_code_cells(notebook.cells[: index + 1]))
    question = studies.headings(notebook, level=2)[index]
    return f"code cell {number}" + (f", “{question}”" if question else "")


def _where(notebook: Any) -> str:
    """Return the place of the last cell that started, ready to follow a verb."""
    started = [
        index
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.get("metadata", {}).get("papermill", {}).get("start_time")
    ]
    return f" in {_place(notebook, started[-1])}" if started else " before the first cell"


class _Watched:
    """The notebook under execution: papermill raises without handing it over, a hook sees it."""

    def __init__(self, notebook: Any, progress: Progress | None) -> None:
        self.notebook = notebook
        self._progress = progress
        self._questions: list[str] = []
        self._begin = time.monotonic()

    def start(self, *, notebook: Any) -> None:
        self.notebook = notebook
        self._questions = studies.headings(notebook, level=2)

    def step(self, *, cell: Any, cell_index: int) -> None:
        if self._progress is None or cell.cell_type != "code" or not cell.source.strip():
            return
        number = len(_code_cells(self.notebook.cells[: cell_index + 1]))
        step = Step(
            cell=number,
            cells=len(_code_cells(self.notebook.cells)),
            question=self._questions[cell_index],
            seconds=time.monotonic() - self._begin,
        )
        self._progress(step)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence papermill's logger, which would repeat on stderr what the run reports itself."""
    logger = logging.getLogger("papermill")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before
