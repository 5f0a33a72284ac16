"""The NPS of a real survey, through the whole house."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.shared

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "examples" / "botanic_nps" / "lab.toml"


@pytest.fixture(scope="module")
def published(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a published run."""
    out = tmp_path_factory.mktemp("reports")
    command = [sys.executable, "-m", "cemlab.cli", "run", "nps-retrospective", "--lab", str(LAB), "--out", str(out)]
    command += ["--data", str(shared_dir / "data" / "botanic_nps")]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr[-2000:]
    (page,) = out.glob("nps-retrospective/*/report.html")
    return page.parent


@pytest.fixture(scope="module")
def findings(published: Path) -> dict[str, dict[str, Any]]:
    """Findings without a group, by key."""
    found = json.loads((published / "findings.json").read_text(encoding="utf-8"))
    return {each["key"]: each for each in found if not each["scope"]}


def test_score_and_standard_error_agree_with_the_reference(findings: dict[str, dict[str, Any]]) -> None:
    nps = findings["nps.overall"]
    assert round(nps["value"], 4) == 53.4161
    assert round(nps["std_error"], 4) == 0.5583
    assert nps["n"] == 13612


def test_answers_without_a_score_are_left_out_and_counted(findings: dict[str, dict[str, Any]]) -> None:
    assert findings["responses.used"]["value"] == 13612
    assert findings["responses.unscored"]["value"] == 342


def test_page_writes_numbers_in_the_language_of_its_words(published: Path) -> None:
    html = (published / "report.html").read_text(encoding="utf-8")
    assert "The NPS of <span" not in html.partition("</h1>")[0]
    assert '<span class="num">53 points</span>' in html
    # an English page of a French shop writes numbers in English
    assert "13,612" in html
    assert "Synthetic data" not in html


def test_published_run_names_no_path_of_this_machine(published: Path) -> None:
    for path in (published / "run.json", published / "report.html", published / "findings.json"):
        assert str(ROOT.parent) not in path.read_text(encoding="utf-8"), path.name
