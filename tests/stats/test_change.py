"""Change between periods and windows: which pairs are compared, and what stays hidden."""

from __future__ import annotations

import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.stats import change, nps


def months(*counts: tuple[int, int, int], complete: list[bool] | None = None, **groups: str) -> pd.DataFrame:
    """Promoters, passives and detractors of consecutive months of 2024."""
    rows = [
        {**groups, "period": f"2024-{month:02}-01", "score": score, "n": n}
        for month, triple in enumerate(counts, start=1)
        for score, n in zip((9, 7, 5), triple, strict=True)
    ]
    frame = pd.DataFrame(rows)
    if complete is not None:
        frame["complete"] = [flag for flag in complete for _ in range(3)]
    return frame


def test_each_period_is_compared_with_the_one_before() -> None:
    table = change.consecutive(months((40, 35, 25), (50, 30, 20), (50, 30, 20))).table
    assert table["period"].tolist() == ["2024-02-01", "2024-03-01"]
    assert table["period_before"].tolist() == ["2024-01-01", "2024-02-01"]
    assert table["estimate"].tolist() == pytest.approx([15, 0])
    # R's difference with pseudo-counts in each sample, on Welch's t.
    assert table["std_error"].iloc[0] == pytest.approx(10.944537075305427)
    assert table["p_value"].iloc[0] == pytest.approx(0.1848420749163374)
    assert table[["nps_before", "nps_now", "n_before", "n"]].iloc[0].tolist() == pytest.approx([15, 30, 100, 100])


def test_incomplete_periods_are_compared_with_nothing() -> None:
    counts = months((9, 9, 9), (40, 35, 25), (50, 30, 20), (1, 9, 40), complete=[False, True, True, False])
    table = change.consecutive(counts).table
    assert table["period"].tolist() == ["2024-03-01"]
    assert table["period_before"].tolist() == ["2024-02-01"]


def test_an_empty_period_is_bridged_and_the_pair_is_named() -> None:
    counts = months((40, 35, 25), (0, 0, 0), (50, 30, 20))
    table = change.consecutive(counts).table
    assert table[["period", "period_before"]].to_numpy().tolist() == [["2024-03-01", "2024-01-01"]]


def test_fewer_than_two_complete_periods_give_no_row_and_a_note() -> None:
    for complete in ([False, False], [True, False]):
        result = change.consecutive(months((40, 35, 25), (50, 30, 20), complete=complete))
        assert len(result.table) == 0
        assert any("Fewer than two complete periods" in note for note in result.notes)


def test_each_group_is_followed_on_its_own() -> None:
    counts = pd.concat(
        [months((40, 35, 25), (50, 30, 20), region="N"), months((20, 20, 20), (30, 20, 10), region="S")]
    ).sample(frac=1, random_state=3)
    table = change.consecutive(counts, by=["region"]).table.set_index("region")
    assert table["estimate"].to_dict() == pytest.approx({"N": 15, "S": 100 / 3})


def test_a_pair_is_hidden_when_either_period_is_hidden_also_as_a_complement() -> None:
    counts = months((400, 350, 250), (20, 10, 5), (2, 1, 1), (300, 100, 100), (310, 100, 100))
    levels = nps.estimate(counts, by=["period"]).table.set_index("period")["suppressed"]
    # March is small; February, the next smallest, hides with it.
    assert levels.tolist() == [False, True, True, False, False]
    pairs = change.consecutive(counts).table.set_index("period")
    assert pairs["suppressed"].tolist() == [True, True, True, False]
    assert (
        pairs.loc[pairs["suppressed"], ["estimate", "p_value", "nps_now", "nps_before", "n", "n_before"]]
        .isna()
        .all(axis=None)
    )
    assert pairs.loc["2024-05-01", "nps_before"] == pytest.approx(40)


def test_windows_are_later_minus_earlier() -> None:
    before, after = (months(counts).drop(columns="period") for counts in ((40, 35, 25), (50, 30, 20)))
    there, back = change.between(before, after).row(), change.between(after, before).row()
    assert there["estimate"] == pytest.approx(15)
    assert back["estimate"] == pytest.approx(-15)
    assert there["p_value"] == back["p_value"] == pytest.approx(0.1848420749163374)
    assert (there["ci_low"], there["ci_high"]) == pytest.approx((-back["ci_high"], -back["ci_low"]))


def test_groups_in_one_window_only_are_counted_and_not_compared() -> None:
    one = pd.concat([months((40, 35, 25), region=name).drop(columns="period") for name in ("N", "S")])
    two = pd.concat([months((50, 30, 20), region=name).drop(columns="period") for name in ("S", "W", "E")])
    result = change.between(one, two, by=["region"])
    assert result.table["region"].tolist() == ["S"]
    assert any(note.endswith("not compared: 3.") for note in result.notes)


def test_a_group_hidden_in_one_window_is_hidden_in_the_change() -> None:
    before = pd.concat(
        [
            months(counts, region=name).drop(columns="period")
            for name, counts in (("N", (400, 1, 1)), ("S", (3, 1, 1)), ("W", (40, 30, 20)))
        ]
    )
    after = pd.concat([months((100, 80, 60), region=name).drop(columns="period") for name in ("N", "S", "W")])
    table = change.between(before, after, by=["region"]).table.set_index("region")
    assert table["suppressed"].to_dict() == {"N": False, "S": True, "W": True}


def test_windows_without_a_common_group_are_an_error_with_counts() -> None:
    one, two = (months((40, 35, 25), region=name).drop(columns="period") for name in ("N", "S"))
    with pytest.raises(InsufficientDataError, match="1 before and 1 after share none"):
        change.between(one, two, by=["region"])
    with pytest.raises(SchemaError, match="`region` missing"):
        change.between(one, two.drop(columns="region"), by=["region"])


def test_a_course_needs_periods() -> None:
    with pytest.raises(SchemaError, match="column period"):
        change.consecutive(pd.DataFrame({"score": [9], "n": [3]}))
    with pytest.raises(InsufficientDataError, match="0 rows hold 0"):
        change.consecutive(pd.DataFrame({"period": [], "score": [], "n": []}))
