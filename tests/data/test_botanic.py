"""The example lab of a real survey, on the real file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cemlab.core.lab import Lab
from cemlab.data import intake
from cemlab.data.lab import open_lab

LAB_FILE = Path(__file__).resolve().parents[2] / "examples" / "botanic_nps" / "lab.toml"

pytestmark = pytest.mark.shared


@pytest.fixture
def lab(shared_dir: Path) -> Lab:
    return open_lab(LAB_FILE, data_dir=str(shared_dir / "data" / "botanic_nps"))


def test_every_row_is_accounted_for(lab: Lab) -> None:
    assert lab.ledger.count("in", table="responses", stage="intake") == 13_954
    assert lab.ledger.count("used", table="responses", stage="intake") == 13_954
    assert lab.ledger.count("in", table="ratings", stage="intake") == 2 * 13_954
    assert lab.ledger.count("used", table="ratings", stage="intake") == 27_665
    assert lab.ledger.count("excluded", table="ratings", stage="intake", reason="not rated") == 243
    assert lab.as_of is None


def test_scored_answers_give_the_score_that_the_owner_published(lab: Lab) -> None:
    scores = lab.frame(lab.table("responses"))["score"]
    assert (len(scores), int(scores.isna().sum()), int(scores.notna().sum())) == (13_954, 342, 13_612)
    scored = scores.dropna()
    nps = 100 * ((scored >= 9).mean() - (scored <= 6).mean())
    assert nps == pytest.approx(53.4161, abs=5e-5)


def test_undefined_bytes_are_counted_and_words_are_kept_apart(lab: Lab, shared_dir: Path) -> None:
    accounting = intake.check(LAB_FILE, data_dir=str(shared_dir / "data" / "botanic_nps"))
    responses = next(table for table in accounting.tables if table.name == "responses")
    assert responses.replaced == {"nps.csv": 17}
    assert responses.rows - responses.missing["comment"] == 3_839
    assert "comment" not in lab.table("responses").columns


def test_attributes_are_typed_and_banded(lab: Lab) -> None:
    customers = lab.frame(lab.table("customers"))
    assert customers.visits.dtype.kind in "iu"
    assert customers.recency.dropna().between(0, 17).all()
    assert customers.basket_eur.min() == -991.90
    assert (customers.visit_band[customers.visits == 1] == "1 visit").all()
    assert (customers.visit_band[customers.visits >= 20] == "20 visits and more").all()
    assert customers.visit_band.nunique() == 5
