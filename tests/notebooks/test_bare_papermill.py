"""Every study under bare papermill, as schedulers call it: other parameters, wrong ones, and the page afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from cemlab.data import synthetic
from cemlab.report.records import MIME

ROOT = Path(__file__).resolve().parents[2]
STUDIES = sorted((ROOT / "notebooks").glob("*/*.ipynb"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lab file of a small demo company."""
    return synthetic.write(tmp_path_factory.mktemp("demo"), customers=600, seed=3)


def _papermill(study: Path, out: Path, **parameters: str) -> subprocess.CompletedProcess[str]:
    given = [word for name, value in parameters.items() for word in ("-p", name, value)]
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(study), str(out), *given]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", params=STUDIES, ids=[path.stem for path in STUDIES])
def executed(request: pytest.FixtureRequest, demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study run with a confidence level that is not its default."""
    study: Path = request.param
    out = tmp_path_factory.mktemp("executed") / study.name
    finished = _papermill(study, out, lab_file=str(demo), level="0.9", as_of="2024-07-01")
    assert finished.returncode == 0, finished.stderr[-2000:]
    return out


def _records(path: Path) -> list[dict[str, Any]]:
    notebook = nbformat.read(path, as_version=4)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output.data[MIME] for output in outputs if MIME in output.get("data", {})]


def _findings(records: object) -> list[dict[str, Any]]:
    """Every finding anywhere in the records."""
    if isinstance(records, dict):
        inner = [found for value in records.values() for found in _findings(value)]
        return [records, *inner] if {"key", "ci_low", "level"} <= records.keys() else inner
    return [found for item in records for found in _findings(item)] if isinstance(records, list) else []


def test_every_cell_ran(executed: Path) -> None:
    cells = [cell for cell in nbformat.read(executed, as_version=4).cells if cell.cell_type == "code" and cell.source]
    assert len(cells) > 5
    assert [cell.source for cell in cells if not cell.execution_count] == []


def test_given_level_is_that_of_every_interval(executed: Path) -> None:
    with_interval = [found for found in _findings(_records(executed)) if found["ci_low"] is not None]
    assert with_interval
    assert {found["level"] for found in with_interval} == {0.9}


def test_nothing_known_later_than_the_given_day_is_said(executed: Path) -> None:
    periods = {found["period"] for found in _findings(_records(executed))} - {""}
    assert periods
    assert max(periods) < "2024-07"


def test_rendered_page_is_that_of_the_study(executed: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    command = [sys.executable, "-m", "cemlab.cli", "render", str(executed), "--out", str(page)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr[-2000:]
    html = page.read_text(encoding="utf-8")
    title = nbformat.read(executed, as_version=4).cells[0].source.splitlines()[0].removeprefix("# ")
    assert html.count("<h1") == 1
    assert title in html


@pytest.mark.parametrize("study", STUDIES, ids=[path.stem for path in STUDIES])
def test_misspelt_parameter_is_refused_inside_the_notebook(study: Path, demo: Path, tmp_path: Path) -> None:
    finished = _papermill(study, tmp_path / "out.ipynb", lab_file=str(demo), levle="0.9")
    assert finished.returncode != 0
    assert "Did you mean `level`?" in finished.stderr
