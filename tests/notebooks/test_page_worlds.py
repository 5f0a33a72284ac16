"""Pages of worlds whose truth is known: what they may not say, and what they must."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from in_process import play
from odd_labs import UNTIL, Company
from said import answer, body


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
    spells = pd.DataFrame({
        "spell_id": who, "customer_id": who, "started_on": started.date, "ended_on": np.where(over, ended.strftime("%Y-%m-%d"), ""),
        "end_reason": np.where(over, random.choice(["price", "moved"], people), ""),
    })  # fmt: skip
    return Company(
        {"customers": pd.DataFrame({"customer_id": who, "plan": plan}), "spells": spells}, segments=("plan",)
    )


def test_curves_that_cross_are_told_with_their_time_and_that_the_ratio_changes(tmp_path: Path) -> None:
    said = answer(play("churn-survival", crossing(np.random.default_rng(4)).write(tmp_path)))
    (of_groups,) = (each for each in said if "of all others" in each)
    assert of_groups.startswith("After 12 months, when it differs most, the share still there is")
    assert "shorter on average over the time that all groups are followed" in of_groups
    assert "the ratio of plan changes over time" in said[-1]
    assert not any("differs significantly" in each for each in said)


def test_with_a_cause_the_answer_and_what_is_said_of_groups_are_of_that_cause(tmp_path: Path) -> None:
    played = play("churn-survival", crossing(np.random.default_rng(4)).write(tmp_path), cause="price")
    assert all("“price”" in each for each in answer(played)), answer(played)
    assert not any("moved" in each for each in answer(played))
    groups = [each for each in body(played) if "(plan)" in each or "group by plan" in each]
    assert groups
    assert all("“price”" in each for each in groups), groups
