"""The study of the guide is whole: its blocks, put together, run and make a page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "adding-a-study.md"
MOST_LINES = 120


@pytest.fixture(scope="module")
def blocks() -> list[tuple[str, str]]:
    """Language and text of each block of code."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def test_whole_study_costs_fewer_lines_than_a_page_of_print(blocks: list[tuple[str, str]]) -> None:
    assert len(blocks) == 6
    assert sum(len(text.splitlines()) for _, text in blocks) < MOST_LINES


def test_study_of_the_guide_makes_a_page(blocks: list[tuple[str, str]], demo: Path, tmp_path: Path) -> None:
    cells = [new_markdown_cell("# How often are answers extreme?"), new_markdown_cell("## Which channels?")]
    for language, text in blocks:
        if language == "python":
            tags = ["parameters"] if text.startswith("# parameters") else []
            cells.append(new_code_cell(text.strip(), metadata={"tags": tags}))
    folder = tmp_path / "studies" / "past"
    folder.mkdir(parents=True)
    nbformat.write(new_notebook(cells=cells), folder / "extreme-answers.ipynb")
    (words,) = (text for language, text in blocks if language == "text")
    (folder / "extreme-answers.en.ftl").write_text(words, encoding="utf-8")
    command = [sys.executable, "-m", "cemlab.cli", "run", "extreme-answers", "--lab", str(demo)]
    command += ["--notebooks", str(folder.parent), "--out", str(tmp_path / "out")]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr[-2000:]
    (page,) = (tmp_path / "out").glob("extreme-answers/*/report.html")
    html = page.read_text(encoding="utf-8")
    found = json.loads((page.parent / "findings.json").read_text(encoding="utf-8"))
    assert "of answers are extreme" in html
    assert html.count("<figure>") == 1
    assert "Customers who answered often weigh more" in html
    assert {each["key"] for each in found} == {"extreme.all", "extreme.channels"}
