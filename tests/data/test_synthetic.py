"""The made-up company is the same for the same seed, and what was planted can be found in it."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cemlab.core.errors import ParameterError
from cemlab.core.lab import Lab
from cemlab.data import intake, synthetic
from cemlab.data.lab import open_lab


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write(tmp_path_factory.mktemp("demo"), customers=6000, seed=3)


@pytest.fixture
def lab(company: Path) -> Lab:
    return open_lab(company)


@pytest.fixture(scope="module")
def truth(company: Path) -> Any:
    return json.loads((company.parent / "truth.json").read_text(encoding="utf-8"))


def _points(scores: pd.Series) -> pd.Series:
    return 100.0 * ((scores >= 9).astype(int) - (scores <= 6).astype(int))


def _within(found: pd.Series, expected: float) -> bool:
    """Four standard errors: a false alarm in some 16,000."""
    return bool(abs(found.mean() - expected) < 4 * found.std() / math.sqrt(len(found)))


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first = _hashes(synthetic.write(tmp_path / "a", customers=300, seed=11).parent)
    assert _hashes(synthetic.write(tmp_path / "b", customers=300, seed=11).parent) == first
    other = _hashes(synthetic.write(tmp_path / "c", customers=300, seed=12).parent)
    assert [name for name in first if other[name] == first[name]] == ["lab.toml"]


def test_every_row_is_sound(company: Path) -> None:
    accounting = intake.check(company)
    assert accounting.usable
    assert {line.outcome for line in accounting.ledger.lines} == {"in", "used"}
    assert [table.name for table in accounting.tables] == [
        "customers", "spells", "invitations", "responses", "ratings", "events", "transactions",
    ]  # fmt: skip


def test_it_says_that_it_is_made_up_and_stops_in_mid_month(lab: Lab) -> None:
    assert lab.info.synthetic
    assert lab.info.segments == ("segment", "region", "plan")
    assert str(lab.as_of) == "2024-12-17"


def test_scores_by_segment_are_as_planted(lab: Lab, truth: Any) -> None:
    rows = lab.frame(lab.table("responses")).dropna(subset="score")
    month = rows.responded_on.astype("datetime64[s]").dt.to_period("M").astype("int64") - 636
    level = _points(rows.score) - truth["nps_points_per_month"] * (month - 11.5)
    for segment, points in truth["nps_points_by_segment"].items():
        assert _within(level[rows.segment == segment], points), segment
    for region in truth["region_shares"]:
        assert _within(level[rows.region == region], truth["nps_points"]), region
    assert truth["nps_points_by_segment"]["Student"] == truth["nps_points_by_segment"]["Family"] - 15
    assert rows.score.between(0, 10).all()


def test_the_score_rises_as_planted(lab: Lab, truth: Any) -> None:
    rows = lab.frame(lab.table("responses")).dropna(subset="score")
    late = rows.responded_on.astype("datetime64[s]") >= pd.Timestamp("2024-01-01")
    rise = _points(rows.score[late]).mean() - _points(rows.score[~late]).mean()
    assert rise == pytest.approx(12 * truth["nps_points_per_month"], abs=4 * 75 * math.sqrt(4 / len(rows)))


def test_answers_come_at_the_planted_rate(lab: Lab, truth: Any) -> None:
    invitations = lab.frame(lab.table("invitations"))
    answers = lab.frame(lab.table("responses"))
    early = invitations[invitations.sent_on.astype("datetime64[s]") < pd.Timestamp("2024-11-20")]
    assert _within(early.invitation_id.isin(answers.invitation_id).astype(float), truth["response_rate"])
    assert _within(answers.score.isna().astype(float), truth["no_score_share"])
    sent = answers.merge(invitations, on="invitation_id", validate="one_to_one").sent_at
    assert (answers.merge(invitations, on="invitation_id").responded_at >= sent).all()


def test_customers_leave_at_the_planted_hazards(lab: Lab, truth: Any) -> None:
    spells = lab.frame(lab.table("spells"))
    days = spells[["started_on", "ended_on", "observed_from"]].astype("datetime64[s]")
    entry = days.observed_from.fillna(days.started_on)
    months = (days.ended_on.fillna(pd.Timestamp("2024-12-17")) - entry).dt.days / truth["days_per_month"]
    for plan, hazards in truth["churn_hazards_per_month"].items():
        for reason, hazard in hazards.items():
            of_plan = spells.plan == plan
            events = (of_plan & (spells.end_reason == reason)).sum()
            expected = hazard * months[of_plan].sum()
            # ends are rounded up to whole days: half a day in a life of years
            assert abs(events - expected) < 4 * math.sqrt(expected) + 0.03 * expected, (plan, reason)


def test_nobody_is_surveyed_before_joining_or_after_leaving(lab: Lab) -> None:
    invitations = lab.frame(lab.table("invitations"))
    spells = lab.frame(lab.table("spells"))
    both = invitations.merge(spells, on="customer_id", validate="many_to_one")
    sent = both.sent_on.astype("datetime64[s]")
    assert (sent >= both.started_on.astype("datetime64[s]")).all()
    assert (sent < both.ended_on.astype("datetime64[s]").fillna(pd.Timestamp("2100-01-01"))).all()


def test_probabilities_add_up(truth: Any) -> None:
    for shares in truth["score_probabilities_by_segment"].values():
        assert sum(shares.values()) == pytest.approx(1)
    assert sum(truth["segment_shares"].values()) == pytest.approx(1)


def test_impossible_wishes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="at least 1"):
        synthetic.write(tmp_path, customers=0)
    with pytest.raises(ParameterError, match="seed"):
        synthetic.write(tmp_path, seed=-1)
