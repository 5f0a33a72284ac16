"""The study of who leaves next, through the whole house: against the planted truth, and on labs that cannot answer it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

from cemlab.data import synthetic

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "notebooks/potential/churn-prediction.ipynb"
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


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """The study's cells in this process, without drawing: what they leave behind."""
    monkeypatch.setattr("cemlab.show.figure._svg", lambda *_, **__: "<svg></svg>")
    cells = [cell for cell in nbformat.read(STUDY, as_version=4).cells if cell.cell_type == "code"]

    def _work(lab: Path, **parameters: object) -> dict[str, Any]:
        left: dict[str, Any] = {"__name__": "__main__"}
        for cell in cells:
            exec(cell.source, left)  # noqa: S102  our own notebook
            if "parameters" in cell.metadata.get("tags", []):
                left |= {"lab_file": str(lab), "challenger": "none", "cuts": 2, **parameters}
        return left

    return _work


def _against_truth(scores: pd.DataFrame, lab: Path) -> tuple[int, float, float, float]:
    """Customers, correlation of logarithms, mean of predicted and of planted risks."""
    truth = pd.read_parquet(lab.parent / "truth" / "probabilities.parquet")
    both = scores.merge(truth, on="customer_id")
    predicted, planted = both["risk_90"], both["probability_90_days"]
    return len(both), float(np.corrcoef(np.log(predicted), np.log(planted))[0, 1]), predicted.mean(), planted.mean()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Findings, str]:
    """The study on a company of 3,500 with known risks, without its challenger and with two judged days."""
    folder = tmp_path_factory.mktemp("told")
    lab = synthetic.write(folder / "lab", customers=3500, seed=7)
    return (folder, *_ran(lab, folder, "-p", "challenger", "none", "-p", "cuts", "2"))


def test_risks_of_today_are_the_planted_ones(told: tuple[Path, Findings, str]) -> None:
    folder, found, html = told
    assert found["skill.auc", "90.0"]["ci_low"] > 0.5
    assert found["calibration.overall", "90.0"]["ci_low"] < 1 < found["calibration.overall", "90.0"]["ci_high"]
    (scores,) = folder.glob(".restricted/churn-prediction/*/customers-at-risk.parquet")
    n, together, predicted, planted = _against_truth(pd.read_parquet(scores), folder / "lab" / "lab.toml")
    assert n == found["today.scored",]["value"]
    assert together > 0.85
    assert predicted == pytest.approx(planted, rel=0.15)
    assert "better than by chance" not in html
    assert {"tenure alone", "discrete time", "Cox"} <= {key[1] for key in found if key[0] == "models.choice"}


@pytest.mark.slow
@pytest.mark.parametrize(("customers", "least"), [(4000, 0.9), (16000, 0.96)])
def test_larger_companies_are_predicted_more_truly(
    customers: int, least: float, tmp_path: Path, worked_out: Callable[..., dict[str, Any]]
) -> None:
    lab = synthetic.write(tmp_path / "lab", customers=customers, seed=7)
    left = worked_out(lab)
    assert left["ratio"].ci_low < 1 < left["ratio"].ci_high
    _, together, predicted, planted = _against_truth(left["lab"].frame(left["live_now"]), lab)
    assert together > least
    assert predicted == pytest.approx(planted, rel=0.1)
    assert left["model"] == "discrete time", "of two models that do as well the one with fewer numbers"


def test_page_tells_nobody_apart_and_the_list_is_for_its_owner(told: tuple[Path, Findings, str]) -> None:
    out, _, html = told
    assert "C00000" not in html
    for name in ("customers-at-risk", "assignments-churn-risk"):
        (path,) = out.glob(f".restricted/churn-prediction/*/{name}.parquet")
        assert path.stat().st_mode & 0o077 == 0
    assert len(html) < 900_000


@pytest.mark.shared
def test_snapshot_says_first_that_it_has_no_later_time(
    shared_dir: Path, worked_out: Callable[..., dict[str, Any]]
) -> None:
    left = worked_out(ROOT / "examples/telco_ibm/lab.toml", data_dir=str(shared_dir / "data/telco_ibm"))
    assert [each.id for each in left["said"]] == ["risk-no-later-time", "risk-snapshot"]
    assert 0.78 < left["within"].value < 0.81
    assert 0.8 < left["crossed"].parts["concordance"]["estimate"].iloc[0] < 0.83
    assert left["live_now"] is None, "no list"
    assert not {"pairs", "ratio"} & set(left), "no skill, nothing that came true"


@pytest.mark.shared
def test_column_filled_in_because_somebody_left_is_named_and_kept_out(
    shared_dir: Path, worked_out: Callable[..., dict[str, Any]]
) -> None:
    lab, data = ROOT / "examples/telco_ibm_v11/lab.toml", shared_dir / "data/telco_ibm_v11"
    left = worked_out(lab, data_dir=str(data), covariates=["contract", "reason_detail"])
    assert left["leaks"].row({"term": "reason_detail"})["estimate"] > 0.95
    assert left["terms"] == ["contract"]
    assert left["leaks"].row({"term": "reason_detail"})["reason"].startswith("ranks who left almost perfectly")
    assert left["within"].value < 0.9, "without the column that knows"


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


def test_nobody_left_is_said_and_nothing_is_predicted(
    tmp_path: Path, worked_out: Callable[..., dict[str, Any]]
) -> None:
    left = worked_out(_company(tmp_path, [("2022-01-01", "", "a")] * 40 + [("2022-01-01", "", "b")] * 40))
    assert left["said"][0].id == "risk-no-later-time"
    assert "no end of a spell is recorded before" in left["because"]
    assert left["live_now"] is None
    assert "pairs" not in left


@pytest.mark.slow
def test_where_nothing_has_an_effect_no_model_beats_the_baseline(
    tmp_path: Path, worked_out: Callable[..., dict[str, Any]]
) -> None:
    left = worked_out(synthetic.write(tmp_path / "lab", customers=2000, seed=7, null=True), challenger="boosting")
    assert left["gain"].table.query("flagged and estimate > 0").empty
    assert not (left["won"].flagged and left["won"].value > 0)
    assert left["model"] == "tenure alone"
    assert not left["changes"].dates.table["flagged"].any()


@pytest.mark.slow
def test_planted_drift_opens_the_answer(tmp_path: Path, worked_out: Callable[..., dict[str, Any]]) -> None:
    left = worked_out(synthetic.write(tmp_path / "lab", customers=4000, seed=7, drift=1.6), cuts=3)
    assert "risk-changed" in [each.id for each in left["said"][:2]], "right after the answer to the title"
    assert left["said"][1].slots["state"] == "changed"
    moved = left["changes"].dates.table.query("flagged").set_index("day")["estimate"]
    assert moved.index.min() > "2024-05-31", "before July the hazard was as ever"
    assert moved.max() > 1.25


@pytest.mark.slow
@pytest.mark.shared
def test_bookings_are_judged_on_later_arrivals_for_one_cause(
    shared_dir: Path, worked_out: Callable[..., dict[str, Any]]
) -> None:
    asked = {"cause": "cancelled", "horizon_days": 60, "as_of": "2017-03-01"}
    lab = ROOT / "examples/hotel_bookings/lab.toml"
    left = worked_out(lab, data_dir=str(shared_dir / "data/hotel_bookings"), **asked)
    assert left["pairs"].ci_low > 0.65
    assert left["removed"].ci_low > 0.02
    assert left["scored"].value > 0
    assert left["unscored"].value == 0, "a level at which nobody cancelled has a score too"
