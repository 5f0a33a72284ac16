"""The study of who leaves next, through the whole house: against the planted truth, and on labs that cannot answer it."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cemlab.data import synthetic

ROOT = Path(__file__).resolve().parents[2]
Findings = dict[tuple[str, ...], dict[str, Any]]


def _run(lab: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "cemlab.cli",
        "run",
        "churn-prediction",
        "--lab",
        str(lab),
        "--out",
        str(out),
        *more,
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _published(out: Path) -> tuple[Findings, str]:
    """Findings by key and scope, and the page."""
    (page,) = out.glob("churn-prediction/*/report.html")
    found = json.loads((page.parent / "findings.json").read_text(encoding="utf-8"))
    return {(each["key"], *each["scope"].values()): each for each in found}, page.read_text(encoding="utf-8")


def _answer(html: str) -> str:
    return html.partition('class="answer"')[2].partition("</section>")[0]


def _ran(lab: Path, out: Path, *more: str) -> tuple[Findings, str]:
    finished = _run(lab, out, *more)
    assert finished.returncode == 0, finished.stderr[-2000:]
    return _published(out)


@pytest.fixture(scope="module")
def told(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Findings, str]:
    """The study on the demo company, without its challenger and with two judged days."""
    out = tmp_path_factory.mktemp("told")
    return (out, *_ran(demo, out, "-p", "challenger", "none", "-p", "cuts", "2"))


def test_risks_of_today_are_the_planted_ones(told: tuple[Path, Findings, str], demo: Path) -> None:
    out, found, html = told
    assert found["skill.auc", "90.0"]["ci_low"] > 0.5
    assert found["calibration.overall", "90.0"]["ci_low"] < 1 < found["calibration.overall", "90.0"]["ci_high"]
    (scores,) = out.glob(".restricted/churn-prediction/*/customers-at-risk.parquet")
    truth = demo.parent / "truth" / "probabilities.parquet"
    row = duckdb.sql(f"""
        SELECT count(*), corr(ln(risk_90), ln(probability_90_days)), avg(risk_90), avg(probability_90_days)
        FROM '{scores}' JOIN '{truth}' USING (customer_id)""").fetchone()
    assert row is not None
    assert row[0] == found["today.scored",]["value"]
    assert row[1] > 0.85
    assert row[2] == pytest.approx(row[3], rel=0.15)
    assert "could not be foretold" not in html


def test_page_tells_nobody_apart_and_the_list_is_for_its_owner(told: tuple[Path, Findings, str]) -> None:
    out, _, html = told
    assert "C00000" not in html
    for name in ("customers-at-risk", "assignments-churn-risk"):
        (path,) = out.glob(f".restricted/churn-prediction/*/{name}.parquet")
        assert path.stat().st_mode & 0o077 == 0
    assert len(html) < 900_000


@pytest.mark.shared
def test_snapshot_says_first_that_it_has_no_later_time(shared_dir: Path, tmp_path: Path) -> None:
    found, html = _ran(ROOT / "examples/telco_ibm/lab.toml", tmp_path, "--data", str(shared_dir / "data/telco_ibm"))
    assert "This lab cannot show whether leaving can be foretold" in html
    assert 0.8 < found["snapshot.concordance",]["value"] < 0.83
    assert "and not on later time" in html
    assert not [key for key in found if key[0].startswith(("today.", "skill.", "calibration."))]
    assert not list(tmp_path.glob(".restricted/churn-prediction/*/*.parquet"))


@pytest.mark.slow
@pytest.mark.shared
def test_column_filled_in_because_somebody_left_is_named_and_kept_out(shared_dir: Path, tmp_path: Path) -> None:
    more = [
        "--data",
        str(shared_dir / "data/telco_ibm_v11"),
        "-p",
        "covariates",
        "contract",
        "-p",
        "covariates",
        "reason_detail",
    ]
    found, html = _ran(ROOT / "examples/telco_ibm_v11/lab.toml", tmp_path, *more)
    assert found["leakage", "reason_detail"]["value"] > 0.95
    assert "“Reason detail” ranks who left almost perfectly" in html
    assert found["snapshot.concordance",]["value"] < 0.9, "without the column that knows"


def _company(folder: Path, spells: list[tuple[str, str, str]]) -> Path:
    """A lab of spells with plan: (first day, last day, plan)."""
    lines = ["id,first,last,plan", *(f"{at},{first},{last},{plan}" for at, (first, last, plan) in enumerate(spells))]
    (folder / "spells.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lab = folder / "lab.toml"
    lab.write_text(
        '[lab]\nname = "small"\ncompany = "Small"\ntime_zone = "UTC"\nsegments = ["plan"]\ndata_until = "2024-06-30"\n'
        '[[spells]]\nfile = "spells.csv"\n[spells.columns]\nspell_id = "id"\ncustomer_id = "id"\nstarted_on = "first"\n'
        'ended_on = "last"\nplan = "plan"\n',
        encoding="utf-8",
    )
    return lab


def test_nobody_left_is_said_and_nothing_is_foretold(tmp_path: Path) -> None:
    lab = _company(tmp_path, [("2022-01-01", "", "a")] * 40 + [("2022-01-01", "", "b")] * 40)
    found, html = _ran(lab, tmp_path / "out")
    assert "no end of a spell is recorded before" in html
    assert not [key for key in found if key[0].startswith(("today.", "skill."))]


@pytest.mark.slow
def test_horizon_beyond_the_history_is_named(tmp_path: Path) -> None:
    ends = [str(dt.date(2024, 1, 1) + dt.timedelta(days=4 * at)) if at < 40 else "" for at in range(100)]
    lab = _company(tmp_path, [("2023-06-01", end, "ab"[at % 2]) for at, end in enumerate(ends)])
    _, html = _ran(lab, tmp_path / "out", "-p", "horizon_days", "400")
    assert "This lab cannot show whether leaving can be foretold" in html
    assert "Choose a shorter" in html


@pytest.mark.slow
def test_where_nothing_has_an_effect_no_model_beats_the_baseline(tmp_path: Path) -> None:
    lab = synthetic.write(tmp_path / "lab", customers=4000, seed=7, null=True)
    found, html = _ran(lab, tmp_path / "out")
    assert [key[1] for key, each in found.items() if key[0] == "models.accuracy" and each["flagged"]] == []
    assert not [key for key, each in found.items() if key[0] == "models.challenger" and each["flagged"]]
    assert "better than one drawn by lot" in _answer(html) or "tenure alone" in html
    assert [key for key, each in found.items() if key[0] == "drift.by_day" and each["flagged"]] == []


@pytest.mark.slow
def test_planted_drift_opens_the_answer(tmp_path: Path) -> None:
    lab = synthetic.write(tmp_path / "lab", customers=4000, seed=7, drift=1.6)
    found, html = _ran(lab, tmp_path / "out", "-p", "challenger", "none")
    assert "Leaving has not gone on as it did" in _answer(html)
    flagged = {key[1]: each["value"] for key, each in found.items() if key[0] == "drift.by_day" and each["flagged"]}
    assert min(flagged) > "2024-05-31", "before July the hazard was as ever"
    assert max(flagged.values()) > 1.25


@pytest.mark.slow
@pytest.mark.shared
def test_bookings_are_judged_on_later_arrivals_for_one_cause(shared_dir: Path, tmp_path: Path) -> None:
    more = ["-p", "cause", "cancelled", "-p", "horizon_days", "60", "-p", "as_of", "2017-03-01"]
    data = ["--data", str(shared_dir / "data/hotel_bookings")]
    found, _ = _ran(ROOT / "examples/hotel_bookings/lab.toml", tmp_path, *data, *more)
    assert found["skill.auc", "60.0"]["ci_low"] > 0.65
    assert found["skill.accuracy", "60.0"]["ci_low"] > 0.02
    assert "today.scored" in {key[0] for key in found}
