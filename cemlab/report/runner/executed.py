"""The page of a notebook that papermill executed without us, for schedulers that call it themselves."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cemlab.core.errors import ParameterError, RunError
from cemlab.report import studies
from cemlab.report.runner import identity
from cemlab.report.runner.execution import outcome


def render_executed(path: str | Path, out: str | Path | None = None) -> Path:
    """Make the page of an executed notebook.

    Parameters
    ----------
    path : str or pathlib.Path
        A notebook that papermill executed.
    out : str or pathlib.Path, optional
        A file that ends in ``.html``, for the page alone; or a folder, for all that a run publishes.
        Without it, a file beside the notebook.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    ParameterError
        When `path` is no notebook, or `out` is a folder that holds something else.
    RunError
        When the notebook failed or was not executed to its end.
    """
    from cemlab.report import render

    source = Path(path)
    target = Path(out) if out is not None else source.with_suffix(".html")
    executed = _read(source)
    came = outcome(executed)
    if came.exit_code:
        raise RunError(f"Only a notebook that ran to its end has a page. {came.error}", exit_code=came.exit_code)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".cemlab-") as aside:
        page = Path(aside) / "page"
        page.mkdir()
        render.publish(executed, _record(executed, source), page)
        if target.suffix == ".html":
            return (page / "report.html").replace(target)
        _replace_folder(target, page=page, aside=Path(aside))
    return target / "report.html"


def _read(source: Path) -> Any:
    import nbformat

    try:
        return nbformat.read(source, as_version=4)
    except OSError:
        raise ParameterError(f"A notebook is needed: `{source.name}` cannot be read. Check its path.") from None
    except (ValueError, AttributeError, KeyError, TypeError, nbformat.ValidationError):
        raise ParameterError(f"A notebook is needed: `{source.name}` is none. Name the output of papermill.") from None


def _replace_folder(target: Path, *, page: Path, aside: Path) -> None:
    if target.exists():
        if any(target.iterdir()) and not (target / "report.html").is_file():
            raise ParameterError(
                f"`--out` must be a new folder or one with a report: `{target.name}` holds something else. Name"
                " another."
            )
        target.rename(aside / "before")
    page.rename(target)
    shutil.rmtree(aside / "before", ignore_errors=True)


def _record(executed: Any, source: Path) -> dict[str, object]:
    """Return what run.json would hold, as far as papermill and the notebook recorded it."""
    from cemlab.report import render

    papermill: Mapping[str, Any] = executed.metadata.get("papermill", {})
    provenance = dict(render.provenance(executed))
    stem = str(provenance.get("study") or Path(str(papermill.get("input_path") or source.name)).stem)
    values = {**studies.declared(executed, study=stem), **papermill.get("parameters", {})}
    for name in ("lab_file", "data_dir"):
        if values.get(name):
            values[name] = identity.as_shown(str(values[name]))
    return {
        "run_id": source.stem,
        "study": stem,
        "group": "",
        "title": studies.title_of(executed),
        "status": "published",
        "exit_code": 0,
        "error": "",
        "as_of": provenance.get("as_of", ""),
        "started": papermill.get("start_time", ""),
        "finished": papermill.get("end_time", ""),
        "seconds": papermill.get("duration"),
        "parameters": values,
        "fingerprint": provenance.get("fingerprint", ""),
        "company": provenance.get("company", ""),
        "synthetic": provenance.get("synthetic", False),
        "versions": provenance.get("versions") or identity.versions(),
        "headline": provenance.get("headline"),
    }
