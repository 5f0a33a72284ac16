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
    command += ["--data", str(shared_dir / "data" / "sfo_survey"), "-p", "weights", "lab", "--print"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr[-2000:]
    (page,) = out.glob("nps-retrospective/*/report.html")
    return page.parent


ROWS, RUNS = 5396, 417
"""Answers and flights in the reference's design, which holds a second wave beside the one that it reports."""


def test_score_and_its_standard_error_under_each_assumption_agree_with_r_survey(
    published: Path, shared_dir: Path
) -> None:
    reference = json.loads((shared_dir / "reference" / "sfo2017.json").read_text(encoding="utf-8"))["results"]
    found = json.loads((published / "findings.json").read_text(encoding="utf-8"))
    ours = {each["scope"]["assumption"]: each for each in found if each["key"] == "nps.design"}
    # n/(n - 1) counts the units of the whole design: 2,746 answers and 211 flights here
    for assumption, theirs, units, in_all in (
        ("weights", "weights_only", 2746, ROWS),
        ("weights and clusters", "cluster_run", 211, RUNS),
    ):
        one, other = ours[assumption], reference[theirs]
        assert one["value"] == pytest.approx(100 * other["nps"], abs=1e-9)
        per_unit = one["std_error"] ** 2 * (units - 1) / units
        assert per_unit == pytest.approx((100 * other["se"]) ** 2 * (in_all - 1) / in_all, rel=1e-9)
    assert ours["weights and strata"]["std_error"] == pytest.approx(100 * reference["stratified"]["se"], abs=2e-6)
    assert [
        round(ours[name]["std_error"], 2) for name in ("weights", "weights and strata", "weights and clusters")
    ] == [
        1.45,
        1.44,
        1.55,
    ]


def test_plain_and_weighted_scores_are_those_published(published: Path) -> None:
    with (published / "tables" / "nps-design.csv").open(encoding="utf-8") as file:
        rows = {row["assumption"]: float(row["estimate"]) for row in csv.DictReader(file)}
    assert round(rows["each answer once"], 4) == 39.8398
    assert {round(rows[name], 4) for name in rows if name != "each answer once"} == {40.3984}
    assert list(rows)[-1] == "weights, strata and clusters"


def test_each_figure_lies_beside_the_page_as_a_journal_prints_it(published: Path) -> None:
    drawn = sorted(path.name for path in (published / "figures").iterdir())
    assert "nps-weighted-and-unweighted.svg" in drawn
    html = (published / "report.html").read_text(encoding="utf-8")
    assert all(f"<code>{name}</code>" in html for name in drawn)
    assert html.count("<figure>") == len(drawn)
