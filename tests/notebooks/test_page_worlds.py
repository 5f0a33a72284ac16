"""Pages of worlds whose truth is known: what they may not say, and what they must."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from in_process import play
from odd_labs import UNTIL, Company
from said import answer, body

from cemlab.core.errors import SchemaError
from cemlab.data import intake


def crossing(random: np.random.Generator, people: int = 600) -> Company:
    """Two plans: 58% and 87% still there after 12 months, alike after two years."""
    plan, month = np.repeat(["a", "b"], people // 2), np.arange(1, 61)
    started = pd.Timestamp("2021-07-01") + pd.to_timedelta(random.integers(0, 700, people), unit="D")
    rates = {"a": np.where(month <= 12, 0.045, 0.01), "b": np.where(month <= 12, 0.012, 0.043)}
    leaves = random.random((people, 60)) < np.array([rates[name] for name in plan])
    after = np.where(leaves.any(axis=1), leaves.argmax(axis=1) + random.random(people), 99)
    ended = started + pd.to_timedelta((after * 30.44).astype(int) + 1, unit="D")
    over = np.asarray(ended <= pd.Timestamp(UNTIL))
    who = [f"c{number}" for number in range(people)]
    spells = pd.DataFrame(
        {
            "spell_id": who,
            "customer_id": who,
            "started_on": started.date,
            "ended_on": np.where(over, ended.strftime("%Y-%m-%d"), ""),
            "end_reason": np.where(over, random.choice(["price", "moved"], people), ""),
        }
    )
    return Company(
        {"customers": pd.DataFrame({"customer_id": who, "plan": plan}), "spells": spells}, segments=("plan",)
    )


def test_curves_that_cross_are_told_with_their_time_and_that_the_ratio_changes(tmp_path: Path) -> None:
    said = answer(play("churn-survival", crossing(np.random.default_rng(4)).write(tmp_path)))
    (of_groups,) = (each for each in said if "all others" in each)
    assert of_groups.startswith("Furthest from all others in the share still there")
    assert "after 12\xa0months" in of_groups
    assert "on average it stays" in of_groups
    assert "the ratio of plan changes over time" in said[-1]
    assert not any("differs significantly" in each for each in said)


def test_with_a_cause_the_answer_and_what_is_said_of_groups_are_of_that_cause(tmp_path: Path) -> None:
    played = play("churn-survival", crossing(np.random.default_rng(4)).write(tmp_path), cause="price")
    assert all("“price”" in each for each in answer(played)), answer(played)
    assert not any("moved" in each for each in answer(played))
    groups = [each for each in body(played) if "(plan)" in each or "group differs" in each]
    assert groups
    assert all("“price”" in each for each in groups), groups


def joined_late(random: np.random.Generator) -> Company:
    """Two branches whose true scores stay what they are; the worse one opens after half a year."""
    rows = [
        {"responded_at": f"2023-{month:02d}-{1 + number % 28:02d}", "branch": branch, "score": score}
        for month in range(1, 13)
        for branch, often in (("Old", (0.05, 0.2, 0.75)), ("New", (0.35, 0.3, 0.35)))
        for number, score in enumerate(random.choice([5, 8, 10], 100 if branch == "Old" or month > 6 else 0, p=often))
    ]
    answers = pd.DataFrame(rows).assign(response_id=lambda table: [f"r{at}" for at in table.index], metric="nps")
    return Company({"responses": answers}, segments=("branch",), until="2023-12-31")


def test_change_of_mix_is_named_before_the_fall_that_it_makes(tmp_path: Path) -> None:
    played = play("nps-retrospective", joined_late(np.random.default_rng(2)).write(tmp_path))
    level, mix, raw, *_ = answer(played)
    assert "NPS" in level
    assert mix.startswith("A changed mix of answers by branch lowered it by")
    assert mix.endswith("at a constant mix there is no evidence of a trend.")
    assert "fell by" in raw
    (check,) = (each for each in played.records if each["kind"] == "check" and "check-mix" in each["messages"])
    assert check["state"] == "overturns"


def on_a_scale(codes: list[int], answers: int = 400) -> Company:
    """Answers on some scale that were mapped as answers to the NPS question."""
    random = np.random.default_rng(3)
    table = pd.DataFrame(
        {
            "response_id": [f"r{at}" for at in range(answers)],
            "responded_at": [f"2024-0{1 + at % 6}-1{at % 9}" for at in range(answers)],
            "metric": "nps",
            "score": random.choice(codes, answers),
        }
    )
    return Company({"responses": table}, segments=())


def test_answers_on_a_scale_of_five_are_doubted_first_by_the_page_and_by_check(tmp_path: Path) -> None:
    lab_file = on_a_scale([1, 2, 3, 4, 5]).write(tmp_path)
    said = answer(play("nps-retrospective", lab_file))
    assert said[0].startswith("None of 400 answers is above 5, although this question is asked from 0 to 10")
    warning = intake.check(lab_file).lines()[1]
    assert warning.startswith("Warning: `nps` is asked from 0 to 10, and none of 400 answers is above 5.")


@pytest.mark.parametrize(("codes", "answers"), [([1, 2, 3, 4, 5], 29), ([0, 3, 5, 6], 400)])
def test_few_answers_and_one_above_five_are_not_doubted(codes: list[int], answers: int, tmp_path: Path) -> None:
    lab_file = on_a_scale(codes, answers).write(tmp_path)
    assert not any(line.startswith("Warning") for line in intake.check(lab_file).lines())


def test_answers_on_a_scale_of_a_hundred_have_no_score(tmp_path: Path) -> None:
    said = answer(play("nps-retrospective", on_a_scale(list(range(0, 101, 5))).write(tmp_path)))
    assert "No score is reported" in said[0]


def test_declared_scale_of_the_nps_question_is_refused(tmp_path: Path) -> None:
    company = on_a_scale([1, 5])
    company.more = "[metrics.nps]\nscale = [1, 5]\n"
    with pytest.raises(SchemaError, match="always asked from 0 to 10"):
        intake.check(company.write(tmp_path))
