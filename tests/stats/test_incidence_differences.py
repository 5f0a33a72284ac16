"""Shares that have left for a cause, group against all others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from survival_frames import as_cells, life_table

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.stats import survival


def _rows(n: int = 900, *, late: bool = False) -> pd.DataFrame:
    random = np.random.default_rng(11)
    plan = random.choice(["a", "b", "c"], n)
    time = np.ceil(random.exponential(np.where(plan == "a", 10, 20)))
    seen = random.integers(1, 40, n)
    event = pd.Series(random.choice(["moved", "price"], n)).where(time <= seen)
    rows = pd.DataFrame({"plan": plan, "duration": np.minimum(time, seen), "event": event})
    start = np.where(random.random(n) < 0.4, random.integers(0, 6, n), 0)
    return rows.assign(start=start).loc[rows["duration"] > start] if late else rows


def test_without_censoring_it_is_a_difference_of_two_shares() -> None:
    lives = pd.DataFrame(
        {
            "plan": ["a", "a", "a", "b", "b", "b"],
            "duration": [1, 1, 2] * 2,
            "cause": ["price", "moved", None] * 2,
            "events": [30, 20, 0, 10, 30, 0],
            "censored": [0, 0, 50, 0, 0, 160],
        }
    )
    row = survival.incidence_differences(lives, cause="price", times=[1], by=["plan"]).row({"plan": "a"})
    assert row["estimate"] == pytest.approx(0.3 - 0.05)
    assert row["std_error"] == pytest.approx(np.sqrt(0.3 * 0.7 / 100 + 0.05 * 0.95 / 200))
    assert (row["group_value"], row["rest_value"]) == pytest.approx((0.3, 0.05))


@pytest.mark.parametrize("late", [False, True])
def test_both_sides_are_the_cumulative_incidence_of_their_own_rows(late: bool) -> None:
    rows = _rows(late=late)
    found = survival.incidence_differences(
        life_table(rows, by=["plan"]), cause="price", times=[6, 12], by=["plan"]
    ).table
    for name in ("a", "c"):
        sides = rows.assign(side=np.where(rows["plan"] == name, "ours", "theirs"))
        table = survival.cumulative_incidence(life_table(sides, by=["side"]), times=[6, 12], min_n=1, by=["side"]).table
        table = table.loc[table["cause"] == "price"].set_index(["side", "duration"])
        ours_there, others = table.xs("ours"), table.xs("theirs")
        gap = ours_there["estimate"].to_numpy(float) - others["estimate"].to_numpy(float)
        error = np.hypot(ours_there["std_error"], others["std_error"])
        ours = found.loc[found["plan"] == name]
        np.testing.assert_allclose(ours["estimate"], gap, rtol=1e-12)
        np.testing.assert_allclose(ours["std_error"], error, rtol=1e-12)


def test_two_groups_mirror_each_other_and_names_do_not_matter() -> None:
    rows = _rows().assign(plan=lambda frame: frame["plan"].eq("a").map({True: "x", False: "y"}))
    table = survival.incidence_differences(life_table(rows, by=["plan"]), cause="moved", times=[9], by=["plan"]).table
    assert table["estimate"].tolist() == pytest.approx([table["estimate"][0], -table["estimate"][0]])
    renamed = life_table(rows.assign(event=rows["event"].replace({"moved": "zz"})), by=["plan"])
    again = survival.incidence_differences(renamed, cause="zz", times=[9], by=["plan"]).table
    assert again["estimate"].tolist() == pytest.approx(table["estimate"].tolist())


def test_times_after_follow_up_and_small_groups_say_nothing() -> None:
    lives = life_table(_rows(), by=["plan"])
    assert survival.incidence_differences(lives, cause="price", times=[400], by=["plan"]).table["estimate"].isna().all()
    few = pd.concat(
        [
            lives,
            pd.DataFrame(
                {"plan": ["d"], "duration": [2], "cause": ["price"], "entered": [0], "events": [3], "censored": [0]}
            ),
        ]
    )
    table = survival.incidence_differences(few, cause="price", times=[6], by=["plan"]).table.set_index("plan")
    assert table.loc["d", "suppressed"]
    assert table.loc[["d"], "estimate"].isna().all()


def test_what_cannot_be_compared_is_refused() -> None:
    lives = life_table(_rows(), by=["plan"])
    with pytest.raises(ParameterError, match="'colour' is none of the 2"):
        survival.incidence_differences(lives, cause="colour", times=[6], by=["plan"])
    with pytest.raises(ParameterError, match="1 columns and 0 times"):
        survival.incidence_differences(lives, cause="price", times=[], by=["plan"])
    with pytest.raises(InsufficientDataError, match="two groups"):
        survival.incidence_differences(lives.loc[lives["plan"] == "a"], cause="price", times=[6], by=["plan"])
    with pytest.raises(ParameterError, match="'colour' is none of the 2"):
        survival.gray_test(lives, cause="colour", by=["plan"])


def test_spells_followed_from_their_start_make_the_life_table_without_the_others() -> None:
    rows = _rows(late=True)
    expected = life_table(rows.loc[rows["start"] == 0].drop(columns="start"), by=["plan"])
    found = survival.from_start(as_cells(rows, terms=["plan"]), by=["plan"])
    whole, part = (survival.gray_test(each, by=["plan"]).table["estimate"].tolist() for each in (expected, found))
    assert part == pytest.approx(whole)
    assert survival.gray_test(found, cause="price", by=["plan"]).table["estimate"].tolist() == pytest.approx([whole[1]])
    with pytest.raises(InsufficientDataError, match=r"late entries were found\. Leave out who entered late"):
        survival.gray_test(life_table(rows, by=["plan"]), by=["plan"])
