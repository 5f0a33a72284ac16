"""The study under bare papermill, as schedulers call it: other parameters, wrong ones, and the page afterwards."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import golden
import nbformat
import pytest

from cemlab.report.records import MIME

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 1_000_000


def _cemlab(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cemlab.cli", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


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


def _body(html: str) -> str:
    """The page up to the facts of its run."""
    start, end = html.index("<body>"), html.index('<section aria-labelledby="provenance">')
    return html[start:end]


@pytest.fixture(scope="session")
def rendered(executed: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page that is made of papermill's output, from another folder."""
    folder = tmp_path_factory.mktemp("rendered")
    finished = _cemlab("render", str(executed), "--out", str(folder / "report.html"), folder=folder)
    assert finished.returncode == 0, finished.stderr[-2000:]
    return (folder / "report.html").read_text(encoding="utf-8")


def test_every_cell_ran_and_printed_nothing_else(executed: Path) -> None:
    cells = [cell for cell in nbformat.read(executed, as_version=4).cells if cell.cell_type == "code" and cell.source]
    assert len(cells) > 5
    assert [cell.source for cell in cells if not cell.execution_count] == []
    stray = [output for cell in cells for output in cell.outputs if MIME not in output.get("data", {})]
    assert stray == []


def test_given_level_is_that_of_every_interval(executed: Path) -> None:
    with_interval = [found for found in _findings(_records(executed)) if found["ci_low"] is not None]
    assert with_interval
    assert {found["level"] for found in with_interval} == {0.9}


def test_nothing_known_later_than_the_given_day_is_said(executed: Path) -> None:
    periods = {found["period"] for found in _findings(_records(executed))} - {""}
    assert periods
    assert max(periods) < "2024-07"


def test_given_groups_and_how_answers_were_asked_for_are_compared(executed: Path) -> None:
    answer = next(record for record in _records(executed) if record["kind"] == "answer")
    scopes = {name for found in answer["findings"] if found["key"].startswith("nps.by_") for name in found["scope"]}
    assert scopes - {"answered"} == {"region", "segment", "touchpoint", "channel", "survey"}


def test_page_is_small_and_asks_for_nothing(rendered: str) -> None:
    assert len(rendered.encode()) < MOST_BYTES
    assert rendered.count("<h1") == 1
    assert re.findall(r'(?:src|srcset|href)="(?!#|data:)[^"]*"', rendered) == []


def test_page_of_papermills_output_is_that_of_cemlab_run(demo: Path, rendered: str, tmp_path: Path) -> None:
    given = [
        word
        for name, value in golden.PARAMETERS[golden.STUDY.stem].items()
        for item in (value if isinstance(value, list) else [value])
        for word in ("-p", name, str(item))
    ]
    finished = _cemlab("run", golden.STUDY.stem, "--lab", str(demo), "--out", str(tmp_path / "reports"), *given)
    assert finished.returncode == 0, finished.stderr[-2000:]
    (page,) = (tmp_path / "reports" / golden.STUDY.stem).glob("*/report.html")
    assert _body(page.read_text(encoding="utf-8")) == _body(rendered)


def test_misspelt_parameter_is_refused_inside_the_notebook(demo: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(golden.STUDY), str(tmp_path / "out.ipynb")]
    command += ["-p", "lab_file", str(demo), "-p", "levle", "0.9"]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert finished.returncode != 0
    assert "Did you mean `level`?" in finished.stderr
    assert _cemlab("render", str(tmp_path / "out.ipynb")).returncode == 2
