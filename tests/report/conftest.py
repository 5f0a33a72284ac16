"""Tiny studies for the tests of running: a folder of notebooks, a lab file, and a page in one cell."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from cemlab.core.lab import LabInfo
from cemlab.core.results import Finding
from cemlab.report import records

PARAMETERS = """\
lab_file: str = "lab.toml"  # the lab file
survey: str = ""  # the survey; empty for all
level: float = 0.95  # confidence level, share
segment_by: list[str] = []  # columns to compare by
seed: int = 1  # seed
"""

TILE = Finding(
    "nps.overall", 53.4161, "points", label="NPS", std_error=0.5583, ci_low=52.32, ci_high=54.51, level=0.95, n=13612
)


def page_records() -> list[records.Record]:
    """Return what a notebook displays for a page: which lab, and an answer with one tile."""
    lab = LabInfo("t", "Tiny & Co", "UTC", synthetic=True)
    tile = records.of_finding(TILE)
    head = {"as_of": "2024-12-17", "data_until": "2024-12-16", "fingerprint": "f", "first_day": "", "last_day": ""}
    answer = {"sentences": [[{"words": "It is so."}]], "tiles": [tile], "sure": [], "findings": [tile]}
    return [
        {"kind": "head", "info": records.of_info(lab), "undated": [], "notes": []} | head,
        {"kind": "answer", "change": None, "tables": {"nps.overall": "estimate\r\n53.4161\r\n"}} | answer,
    ]


def write_study(folder: Path, stem: str, *cells: str, group: str = "past", parameters: str = PARAMETERS) -> Path:
    """Write a study whose code cells are `cells`, under one question."""
    (folder / group).mkdir(parents=True, exist_ok=True)
    notebook = new_notebook(
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}},
        cells=[
            new_markdown_cell(f"# Is it {stem}?"),
            new_code_cell(parameters, metadata={"tags": ["parameters"]}),
            new_markdown_cell("Words.\n\n## What is it?"),
            *map(new_code_cell, cells),
        ],
    )
    path = folder / group / f"{stem}.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a lab file and a folder for studies."""
    (tmp_path / "notebooks" / "past").mkdir(parents=True)
    (tmp_path / "lab.toml").write_text('[lab]\nname = "t"\ncompany = "Tiny & Co"\ntime_zone = "UTC"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def study(here: Path) -> Callable[..., Path]:
    """Write a study into the working folder's notebooks: ``study("stem", "a cell", "another")``."""

    def write(stem: str, *cells: str, group: str = "past", parameters: str = PARAMETERS) -> Path:
        return write_study(here / "notebooks", stem, *cells, group=group, parameters=parameters)

    return write


@pytest.fixture
def page_cell() -> str:
    """A cell that displays what a page needs, without the imports of the notebook helper."""
    return (
        "import json\nfrom IPython.display import display\n"
        f"for record in json.loads({json.dumps(page_records())!r}):\n"
        f"    display({{{records.MIME!r}: record}}, raw=True)"
    )
