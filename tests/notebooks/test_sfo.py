"""The weighted, clustered score of a real survey, through the whole house."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.shared

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "examples" / "sfo_survey" / "lab.toml"


@pytest.fixture(scope="module")
def published(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a published run."""
    out = tmp_path_factory.mktemp("reports")
    command = [sys.executable, "-m", "cemlab.cli", "run", "nps-retrospective", "--lab", str(LAB), "--out", str(out)]
    command += ["--data", str(shared_dir / "data" / "sfo_survey"), "-p", "weights", "lab"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr[-2000:]
    (page,) = out.glob("nps-retrospective/*/report.html")
    return page.parent


def test_score_and_its_standard_error_under_each_assumption_agree_with_r_survey(
    published: Path, shared_dir: Path
) -> None:
    reference = json.loads((shared_dir / "reference" / "sfo2017.json").read_text(encoding="utf-8"))["results"]
    found = json.loads((published / "findings.json").read_text(encoding="utf-8"))
    ours = {each["scope"]["assumption"]: each for each in found if each["key"] == "nps.design"}
    for assumption, theirs in {
        "weights": "weights_only", "weights and strata": "stratified", "weights and clusters": "cluster_run",
    }.items():  # fmt: skip
        assert ours[assumption]["value"] == pytest.approx(100 * reference[theirs]["nps"], abs=1e-8)
        assert ours[assumption]["std_error"] == pytest.approx(100 * reference[theirs]["se"], abs=2e-5)
    plain = ours["each answer once"]
    assert round(plain["value"], 4) == 39.8398
    assert round(ours["weights"]["value"], 4) == 40.3984
    assert [round(ours[name]["std_error"], 4) for name in ("weights", "weights and strata", "weights and clusters")] == [
        1.4457, 1.4434, 1.5507,
    ]  # fmt: skip


def test_tables_hold_the_same_numbers(published: Path) -> None:
    rows = list(csv.DictReader((published / "tables" / "nps-design.csv").open(encoding="utf-8")))
    assert [row["assumption"] for row in rows][-1] == "weights, strata and clusters"
    assert round(float(rows[0]["estimate"]), 4) == 39.8398


def test_each_figure_lies_beside_the_page_as_a_journal_prints_it(published: Path) -> None:
    drawn = sorted(path.name for path in (published / "figures").iterdir())
    assert "nps-weighted-and-unweighted.svg" in drawn
    html = (published / "report.html").read_text(encoding="utf-8")
    assert all(f"<code>{name}</code>" in html for name in drawn)
    assert html.count("<figure>") == len(drawn)
