"""Steps of time that follow survey waves, and when a wave or the calendar step that holds it is complete."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from labs import MemoryLab

from cemlab.prepare import responses
from cemlab.prepare.responses.groups import Waves


def lab(days: list[str], *, as_of: str, wave: list[str] | None = None) -> MemoryLab:
    answers = pd.DataFrame(
        {
            "response_id": [f"r{at}" for at in range(len(days))],
            "responded_at": pd.to_datetime(days),
            "metric": "nps",
            "score": 9,
        }
    )
    answers = answers if wave is None else answers.assign(wave=wave)
    return MemoryLab({"responses": answers}, as_of=dt.date.fromisoformat(as_of))


def yearly(*years: int, until: int = 30) -> list[str]:
    return [f"{year}-05-{day:02d}" for year in years for day in range(2, (until if year == years[-1] else 30) + 1)]


@pytest.mark.parametrize("period", ["wave", "month", "quarter", "year"])
def test_yearly_waves_in_may_are_complete_in_any_step_that_holds_one(period: str) -> None:
    company = lab(yearly(2022, 2023, 2024), as_of="2024-05-31")
    steps = responses.steps_of(company, period=period)
    assert isinstance(steps, Waves)
    assert steps.windows[0] == ("2022-05-02", "2022-05-31")
    counts = responses.score_counts(company, period=steps)
    assert counts[["period", "n", "complete"]].to_numpy().tolist() == [
        ["2022-05-02", 29, True],
        ["2023-05-02", 29, True],
        ["2024-05-02", 29, True],
    ]
    design = responses.design_sums(company, period=steps)
    assert design["period"].tolist() == counts["period"].tolist()


@pytest.mark.parametrize(
    ("as_of", "running"), [("2024-05-11", True), ("2024-05-20", True), ("2024-05-28", False), ("2024-06-20", False)]
)
def test_last_wave_is_over_after_a_silence_or_as_long_as_the_others(as_of: str, running: bool) -> None:
    # 10 days so far, then 17 without an answer; and a wave that is open until the 30th
    days = yearly(2022, 2023, 2024, until=10)
    found = responses.steps_of(lab(days, as_of=as_of), period="wave")
    assert isinstance(found, Waves)
    assert found.running is running
    counts = responses.score_counts(lab(days, as_of=as_of), period=found)
    assert counts["complete"].tolist() == [True, True, not running]


def test_declared_waves_go_before_gaps_where_they_do_not_overlap() -> None:
    days = [f"2024-{month:02d}-{day:02d}" for month in (1, 2, 3) for day in (1, 8, 15, 22)]
    spring = [f"w{day[5:7]}" for day in days]
    found = responses.steps_of(lab(days, as_of="2024-12-31", wave=spring), period="wave")
    assert isinstance(found, Waves)
    assert [first for first, _ in found.windows] == ["2024-01-01", "2024-02-01", "2024-03-01"]
    for other in (["a", "b"] * 6, ["", *spring[1:]]):
        assert responses.steps_of(lab(days, as_of="2024-12-31", wave=other), period="wave") == "year"


@pytest.mark.parametrize(
    "days",
    [
        [f"2024-{month:02d}-15" for month in range(1, 13)],
        [f"2024-{1 + at // 28:02d}-{1 + at % 28:02d}" for at in range(0, 336, 3)],
        ["2024-01-01", "2024-06-01"],
        ["2024-01-01"],
    ],
    ids=["one day a month", "all the time", "two days", "one day"],
)
def test_answers_that_do_not_come_in_waves_keep_the_calendar(days: list[str]) -> None:
    company = lab(days, as_of="2025-01-01")
    assert responses.steps_of(company, period="month") == "month"
    assert responses.steps_of(company, period="wave") == "year"


def test_a_month_that_holds_two_waves_stays_a_month() -> None:
    days = [f"2024-{month:02d}-{day:02d}" for month in (3, 9) for day in (1, 2, 3, 27, 28, 29)]
    company = lab(days, as_of="2025-01-01")
    assert responses.steps_of(company, period="month") == "month"
    assert len(responses.steps_of(company, period="wave").windows) == 4  # type: ignore[union-attr]


def test_ledger_accounts_for_answers_once() -> None:
    company = lab(yearly(2022, 2023), as_of="2024-01-01")
    responses.score_counts(company)
    before = [(line.scope, line.reason, line.count) for line in company.ledger.lines]
    responses.score_counts(company, period=responses.steps_of(company, period="wave"))
    assert [(line.scope, line.reason, line.count) for line in company.ledger.lines] == before
