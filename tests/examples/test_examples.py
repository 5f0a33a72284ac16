"""The example labs on the real exports: every row accounted for, and the known traps found, not hidden."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from cemlab.core.lab import Lab
from cemlab.data.intake import Accounting
from cemlab.prepare import cells

Open = Callable[[str], tuple[Lab, Accounting]]

pytestmark = pytest.mark.shared


def rows(lab: Lab, table: str) -> pd.DataFrame:
    """A table as a frame."""
    found: Any = lab.frame(lab.table(table))
    assert isinstance(found, pd.DataFrame)
    return found


def counts(accounting: Accounting, table: str) -> tuple[int, int, int, int]:
    """Rows in, used, excluded, quarantined."""
    ledger = accounting.ledger
    found = [
        ledger.count(outcome, table=table, stage="intake") for outcome in ("in", "used", "excluded", "quarantined")
    ]
    return found[0], found[1], found[2], found[3]


def missing(accounting: Accounting, table: str, column: str) -> int:
    """How many rows of a table have no value."""
    return next(each for each in accounting.tables if each.name == table).missing[column]


def nps(scores: pd.Series[float], weights: pd.Series[float] | None = None) -> float:
    """Promoters less detractors, in points."""
    value = (scores >= 9).astype(float) - (scores <= 6).astype(float)
    weights = pd.Series(1.0, index=scores.index) if weights is None else weights
    return float(100 * (value * weights).sum() / weights.sum())


EXAMPLES = ("botanic_nps", "cdnow", "hotel_bookings", "olist_sample", "sfo_survey", "telco_ibm", "telco_ibm_v11")


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_row_is_accounted_for_and_none_is_quarantined(example: Open, name: str) -> None:
    _, accounting = example(name)
    assert accounting.usable
    for table in accounting.tables:
        found_in, used, excluded, quarantined = counts(accounting, table.name)
        assert found_in == used + excluded + quarantined
        assert (table.name, used) == (table.name, table.rows)
        assert (table.name, quarantined) == (table.name, 0)


def test_sfo_waves_have_their_rows_and_nps_2017_is_the_reference_value(example: Open) -> None:
    lab, accounting = example("sfo_survey")
    responses = rows(lab, "responses")
    waves = responses[responses.metric == "csat"].groupby("survey").size().to_dict()
    assert waves == {"2013": 3_535, "2014": 2_818, "2015": 2_958, "2016": 3_087, "2017": 2_831}
    asked = responses[responses.metric == "nps"]
    scored = asked.dropna(subset="score")
    assert (len(asked), len(scored)) == (2_831, 2_746)
    assert [int((scored.score <= 6).sum()), int(scored.score.between(7, 8).sum()), int((scored.score >= 9).sum())] == [
        342,
        968,
        1_436,
    ]
    assert nps(scored.score) == pytest.approx(39.8398, abs=5e-5)
    assert nps(scored.score, scored.weight) == pytest.approx(40.3984, abs=5e-5)
    assert counts(accounting, "ratings")[0] == 24 * 15_229


def test_sfo_codes_of_no_answer_and_drifting_codes_are_told_apart(example: Open) -> None:
    lab, _ = example("sfo_survey")
    responses, ratings = rows(lab, "responses"), rows(lab, "ratings")
    assert responses.score.max() == 10
    assert ratings.score.dropna().between(1, 5).all()
    assert set(responses.gender.dropna()) == {"male", "female", "other"}
    assert set(responses.age.dropna()) == {"under 18", "18-24", "25-34", "35-44", "45-54", "55-64", "65 and over"}
    days = pd.to_datetime(responses.responded_on)
    assert (days.dt.month == 5).all()
    assert (days.dt.year.astype(str) == responses.survey).all()
    clusters = responses[responses.survey == "2017"]
    assert clusters.cluster.nunique() == 212
    assert clusters.stratum.nunique() == 3


def test_telco_keeps_the_eleven_of_month_zero_and_reads_their_blank_as_no_value(example: Open) -> None:
    lab, accounting = example("telco_ibm")
    spells, customers = rows(lab, "spells"), rows(lab, "customers")
    assert (len(spells), int(spells.ended_on.notna().sum())) == (7_043, 1_869)
    new = spells[spells.tenure_months == 0]
    assert len(new) == 11
    assert missing(accounting, "customers", "total_charges") == 11
    assert set(customers[customers.total_charges.isna()].customer_id) == set(new.customer_id)
    assert set(customers.senior_citizen) == {"Yes", "No"}
    assert lab.as_of == dt.date(2018, 2, 1)
    year = spells[spells.tenure_months == 12]
    assert (pd.to_datetime(year.started_on) == pd.Timestamp("2017-01-31")).all()


def test_telco_in_five_tables_joins_every_customer_and_shows_the_leak(example: Open) -> None:
    lab, accounting = example("telco_ibm_v11")
    customers, spells, responses = (rows(lab, table) for table in ("customers", "spells", "responses"))
    assert len(customers) == len(spells) == len(responses) == 7_043
    assert customers.zip_population.notna().all()
    assert spells.end_reason.notna().sum() == spells.ended_on.notna().sum() == 1_869
    assert missing(accounting, "customers", "internet_type") == 1_526
    assert "zip_code" not in customers
    both = responses.merge(spells[["customer_id", "ended_on"]], on="customer_id")
    left = both.ended_on.notna()
    assert [int((both.score <= 2).sum()), int(left[both.score <= 2].sum())] == [1_440, 1_440]
    assert [int((both.score >= 4).sum()), int(left[both.score >= 4].sum())] == [2_938, 0]


def test_hotel_bookings_are_not_judged_on_days_whose_stayers_arrive_after_the_file(example: Open) -> None:
    unjudged = cells.unjudged_days(example("hotel_bookings")[0], horizon_days=90)
    assert unjudged[["day", "live", "stayed"]].to_numpy().tolist() == [
        ["2017-06-17", 6348, 0],
        ["2017-03-19", 12363, 4304],
        ["2016-12-19", 9717, 5183],
    ]
    assert unjudged["missing_share"].tolist() == pytest.approx([0.462, 0.196, 0.076], abs=1e-3)


def test_hotel_bookings_end_in_three_ways_and_none_is_dropped(example: Open) -> None:
    lab, accounting = example("hotel_bookings")
    spells = rows(lab, "spells")
    assert counts(accounting, "spells") == (119_390, 119_390, 0, 0)
    assert spells.end_reason.value_counts().to_dict() == {"arrived": 75_166, "cancelled": 43_017, "no-show": 1_207}
    assert spells.hotel.value_counts().to_dict() == {"City Hotel": 79_330, "Resort Hotel": 40_060}
    assert spells.spell_id.nunique() == 119_390
    assert (spells.daily_rate.min(), spells.daily_rate.max()) == (-6.38, 5_400)
    assert {name: missing(accounting, "spells", name) for name in ("country", "agent", "company", "children")} == {
        "country": 488,
        "agent": 16_340,
        "company": 112_593,
        "children": 4,
    }
    days = (pd.to_datetime(spells.ended_on) - pd.to_datetime(spells.started_on)).dt.days
    stayed = spells.end_reason != "cancelled"
    assert (days[stayed] == spells.lead_time_days[stayed]).all()
    assert (days[~stayed] <= spells.lead_time_days[~stayed]).all()
    assert (days >= 0).all()


def test_cdnow_keeps_purchases_of_nothing_and_of_one_day(example: Open) -> None:
    lab, accounting = example("cdnow")
    bought, customers = rows(lab, "transactions"), rows(lab, "customers")
    assert (len(bought), len(customers), bought.customer_id.nunique()) == (69_659, 23_570, 23_570)
    assert bought.amount.sum() == pytest.approx(2_500_315.63, abs=0.005)
    assert bought.discs.sum() == 167_881
    assert (bought.amount == 0).sum() == 80
    assert bought.duplicated(["customer_id", "occurred_on"]).sum() == 2_068
    assert counts(accounting, "customers") == (69_659, 23_570, 46_089, 0)
    first = bought.groupby("customer_id").occurred_on.min()
    assert (customers.set_index("customer_id").known_on.sort_index() == first.sort_index()).all()
    assert pd.Timestamp(customers.known_on.max()) < pd.Timestamp("1997-04-01")


def test_olist_finds_the_person_behind_each_order(example: Open) -> None:
    lab, accounting = example("olist_sample")
    customers, responses, events, paid = (
        rows(lab, each) for each in ("customers", "responses", "events", "transactions")
    )
    assert counts(accounting, "customers") == (8_135, 8_016, 119, 0)
    assert (len(responses), len(paid)) == (8_225, 8_924)
    people = set(customers.customer_id)
    for table in (responses, events, paid):
        assert table.customer_id.notna().all()
        assert set(table.customer_id) <= people
    assert responses.score.value_counts().to_dict() == {5: 3_354, 1: 2_638, 4: 1_184, 3: 667, 2: 382}
    assert responses.duplicated("order_id").sum() == 90
    assert events.touchpoint.value_counts().to_dict() == {
        "basket": 8_365,
        "purchase": 8_135,
        "payment": 8_135 - 146,
        "handover": 8_135 - 1_782,
        "delivery": 8_135 - 2_965,
    }
    assert paid.amount.sum() == pytest.approx(1_428_602.81, abs=0.005)
    assert (paid.amount == 0).sum() == 5
    assert not {"comment", "comment_title"} & set(responses)


def test_botanic_keeps_refunds_and_bands_recency(example: Open) -> None:
    lab, _ = example("botanic_nps")
    customers, ratings = rows(lab, "customers"), rows(lab, "ratings")
    assert customers.basket_eur.min() == -991.90
    assert customers.recency_band.value_counts().to_dict() == {
        "1 to 3": 5_463,
        "4 to 9": 4_148,
        "0": 3_063,
        "10 to 17": 1_262,
    }
    assert set(ratings["item"]) == {"satisfaction", "intention"}
