"""Words on staying and leaving: numbers are findings, what is not known is said."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from cemlab.core.errors import ParameterError
from cemlab.core.results import Finding
from cemlab.show import survival_checks, survival_snapshots, survival_spells, survival_text
from cemlab.show.numbers import plain
from cemlab.stats import survival


def _share(value: float, *, at: float, half: float = 0.02, **more: object) -> Finding:
    scope = {"duration": f"{at}", **{name: str(each) for name, each in more.items() if name == "cause"}}
    return Finding(
        "survival.left", value, "share", scope=scope, ci_low=value - half, ci_high=value + half, level=0.95, n=900
    )


def _gap(value: float, group: str, *, flagged: bool) -> Finding:
    return Finding(
        "g",
        value,
        "percentage points",
        scope={"plan": group, "duration": "12.0"},
        ci_low=value - 0.02,
        ci_high=value + 0.02,
        flagged=flagged,
        p_value=0.001 if flagged else 0.5,
    )


def test_shares_are_told_in_order_and_what_lies_beyond_is_named() -> None:
    said = survival_text.still_there([_share(0.9, at=3), _share(0.7, at=12), _share(math.nan, at=24)], clock="months")
    assert (
        plain(said)
        == "Of those who begin, 90 % are still there after 3 months (between 88 and 92 %) and 70 % after 12 months"
        " (between 68 and 72 %); follow-up ends before 24 months."
    )


def test_late_start_speaks_of_those_still_there() -> None:
    said = survival_text.still_there([_share(0.7, at=12)], start=3, clock="months")
    assert plain(said).startswith("Of those still there after 3 months, 70 % are still there after 12 months")


def test_nothing_followed_is_said() -> None:
    assert "ends before the first" in plain(survival_text.still_there([_share(math.nan, at=1)], clock="days"))


def test_median_that_is_not_reached_and_open_limits_are_said() -> None:
    reached = Finding("m", 14.0, "months", ci_low=13.0, ci_high=16.0)
    assert (
        plain(survival_text.median(reached, clock="months"))
        == "Half have left after 14 months (between 13 and 16 months)."
    )
    open_end = Finding("m", 14.0, "months", ci_low=13.0)
    assert "at least 13 months; the upper limit lies beyond" in plain(survival_text.median(open_end, clock="months"))
    assert "have not left" in plain(survival_text.median(Finding("m", math.nan, "months"), clock="months"))


def test_reasons_are_told_most_frequent_first() -> None:
    shares = [_share(0.1, at=12, cause="moved"), _share(0.3, at=12, cause="price")]
    said = plain(survival_text.causes(shares, clock="months", brief=True))
    assert said == "After 12 months, “price” has taken 30 % and “moved” 10 %."


def test_overstatement_speaks_of_the_reason_asked_for() -> None:
    shares = [_share(0.1, at=12, cause="moved"), _share(0.3, at=12, cause="price")]
    claimed = [_share(0.2, at=12, cause="moved"), _share(0.4, at=12, cause="price")]
    assert "40 % instead of 30 % for “price”" in plain(survival_text.overstated(shares, claimed, clock="months"))
    asked = survival_text.overstated(shares, claimed, cause="moved", clock="months")
    assert "20 % instead of 10 % for “moved”" in plain(asked)


def test_only_flagged_groups_are_called_different() -> None:
    compared = {
        "plan": [_gap(-0.3, "monthly", flagged=True), _gap(0.1, "yearly", flagged=False)],
        "region": [_gap(0.01, "N", flagged=False)],
    }
    said = [plain(each) for each in survival_text.groups(compared, time=12, clock="months")]
    assert (
        said[0]
        == "After 12 months, the share of “monthly” (plan) still there is 30 percentage points lower than that of all"
        " others (difference between −32 and −28 percentage points)."
    )
    assert "yearly" not in said[0]
    assert said[1] == "No group by region differs significantly from the others."
    assert (
        plain(survival_text.groups_in_short(compared, time=12, clock="months"))
        == "After 12 months the share still there is 30 percentage points lower of “monthly” (plan) than of all others"
        " (between −32 and −28 percentage points)."
    )


@pytest.mark.parametrize(("ignored", "state"), [(0.71, "holds"), (0.79, "watch")])
def test_late_entry_is_to_be_watched_where_much_hangs_on_it(ignored: float, state: str) -> None:
    late = Finding("late", 120.0, "rows")
    check = survival_checks.late_entry(_share(0.7, at=12), _share(ignored, at=12), late=late, clock="months")
    assert check.state == state
    assert "120 relationships" in plain(check.sentences[0])


def test_nobody_late_and_nobody_lost_hold() -> None:
    nobody = Finding("late", 0.0, "rows")
    assert survival_checks.late_entry(_share(0.7, at=12), None, late=nobody, clock="months").state == "holds"
    same = _share(0.7, at=12, half=0)
    assert survival_checks.lost_from_sight(_share(0.7, at=12), same, clock="months").state == "holds"


def test_bounds_outside_the_interval_are_to_be_watched() -> None:
    wide = _share(0.7, at=12, half=0.2)
    check = survival_checks.lost_from_sight(_share(0.7, at=12), wide, clock="months")
    assert check.state == "watch"
    assert "between 50 and 90 %" in plain(check.sentences[0])


def test_withheld_and_unfollowed_shares_cannot_be_checked() -> None:
    hidden = Finding("s", math.nan, "share", scope={"duration": "12"}, suppressed=True)
    unknown = _share(math.nan, at=12)
    for share in (hidden, unknown):
        check = survival_checks.other_clock(share, share, clock="months", other_clock="days")
        assert check.state == "watch"
        assert "cannot be told" in plain(check.sentences[0])


def test_other_rule_for_ties_names_the_ratio_that_moves_most() -> None:
    def _ratio(value: float, level: str) -> Finding:
        return Finding(
            "r", value, "ratio", scope={"term": "plan", "level": level}, ci_low=value - 0.2, ci_high=value + 0.2
        )

    check = survival_checks.other_ties([_ratio(2.0, "a"), _ratio(3.0, "b")], [_ratio(2.0, "a"), _ratio(2.5, "b")])
    assert "Plan: b" in plain(check.sentences[0])
    assert check.state == "watch"


def test_nobody_who_left_and_everybody_who_left_are_told_in_words() -> None:
    def _count(value: float) -> Finding:
        return Finding("n", value, "rows")

    assert plain(survival_spells.spells_behind(_count(80), _count(0))[0]).endswith("none of which churned.")
    assert plain(survival_spells.spells_behind(_count(80), _count(80))[0]).endswith("all of which churned.")
    whole = Finding("survival.left", 1.0, "share", scope={"duration": "12.0"}, n=80)
    assert "–" not in plain(survival_text.still_there([whole], clock="months")), "no limits, no brackets"
    assert "has no interval" in plain(survival_text.certainty(whole)[0])
    assert survival_checks.other_clock(whole, whole, clock="months", other_clock="days").state == "holds"


def test_a_median_that_chance_does_not_move_has_no_empty_interval() -> None:
    found = Finding("m", 2.0, "months", ci_low=2.0, ci_high=2.0)
    said = plain(survival_text.median(found, clock="months"))
    assert said == "Half have left after 2 months: on a clock of months chance does not move it."


def test_the_short_cut_is_printed_as_finely_as_the_share_it_is_held_against() -> None:
    share = Finding("c", 0.0974, "share", scope={"cause": "price", "duration": "24.0"}, ci_low=0.090, ci_high=0.105)
    naive = Finding("n", 0.1026, "share", scope=share.scope)
    assert "would claim 10.3 % instead of 9.7 %" in plain(survival_text.overstated([share], [naive], clock="months"))


def test_a_group_is_named_with_what_it_is_one_of() -> None:
    compared = {"internet": [_gap(0.17, "No", flagged=True)], "plan": [_gap(-0.1, "monthly", flagged=True)]}
    assert (
        plain(survival_text.groups_in_short(compared, time=24, clock="months"))
        == "After 24 months the share still there is 17 percentage points higher of “No” (internet) than of all others"
        " (between 15 and 19 percentage points); groups by plan differ too."
    )


def test_a_cause_for_which_nobody_left_is_refused_with_the_nearest() -> None:
    share = Finding("c", 0.2, "share", scope={"cause": "price", "duration": "24.0"})
    with pytest.raises(ParameterError, match=r"'prize' is none. Did you mean `price`\? There are: price\."):
        survival_text.overstated([share], [share], cause="prize", clock="months")


def test_a_group_that_could_not_be_tested_is_named_with_the_reason() -> None:
    bare = Finding(
        "g", 0.3, "percentage points", scope={"plan": "two years", "duration": "12.0"}, reason="nobody left by then"
    )
    late = Finding(
        "g",
        math.nan,
        "percentage points",
        scope={"plan": "trial", "duration": "12.0"},
        reason="follow-up ends before then",
    )
    compared = {"plan": [_gap(0.1, "yearly", flagged=False), late, bare]}
    said = [plain(each) for each in survival_text.groups(compared, time=12, clock="months")]
    assert said == [
        "No tested group by plan differs significantly from the others.",
        "Could not be tested: “two years” (plan) (nobody left by then).",
        "Could not be estimated: “trial” (plan) (follow-up ends before then).",
    ]


def test_ends_in_the_unfinished_month_are_part_of_the_count_and_named() -> None:
    used, ended, last, early = (Finding("n", float(each), "rows") for each in (3000, 1835, 35, 4))
    said = [plain(each) for each in survival_spells.spells_behind(used, ended, unfinished=last, early=early, start=3)]
    assert (
        said[0]
        == "The answer rests on 3,000 relationships, of which 1,835 churned, of which 35 in the unfinished month."
    )
    assert "last complete month" in said[1]
    assert said[2].startswith("Another 4 churned")
    assert "Curves start at 3 months" in said[3]
    assert "“given”" in said[3]


@pytest.mark.parametrize("readable", [True, False])
def test_a_snapshot_is_named_before_its_share_and_never_as_a_cohort(readable: bool) -> None:
    left, ends = Finding("l", 0.2, "share", ci_low=0.19, ci_high=0.22, level=0.95), Finding("n", 602.0, "rows")
    said = [
        plain(each) for each in survival_snapshots.told(left, ends, day="2024-06-15", shortest=6, readable=readable)
    ]
    assert said[0] == "This lab is a snapshot: all 602 recorded ends fall on one day, 2024-06-15."
    assert ("6 months" in said[1]) is not readable
    assert said[2] == "Of those present, 20 % churned in its window (between 19 and 22 %)."
    assert not any("still there" in each for each in said)
    assert survival_snapshots.earlier_ends(readable=readable).state == "watch"


def test_groups_of_a_snapshot_are_compared_by_what_is_retained() -> None:
    compared = {"plan": [_gap(0.2, "yearly", flagged=True)]}
    (said,) = survival_text.groups(compared, time=1, clock="months", snapshot=True)
    short = survival_text.groups_in_short(compared, time=1, clock="months", snapshot=True)
    assert plain(said).startswith(
        "In the snapshot, the share of “yearly” (plan) retained is 20 percentage points higher"
    )
    assert plain(short).startswith("In the snapshot the share retained is 20 percentage points higher of “yearly”")
    assert survival_snapshots.when_compared([1], clock="months", snapshot=True) == "share retained in the snapshot"


def test_times_before_a_late_start_are_not_called_beyond_follow_up() -> None:
    said = [_share(math.nan, at=12), _share(0.6, at=72), _share(math.nan, at=200)]
    told = plain(survival_text.still_there(said, start=26, clock="months"))
    assert told.endswith("; the curve starts after 12 months; follow-up ends before 200 months.")
    none = plain(survival_text.still_there([_share(math.nan, at=12)], start=26, clock="months"))
    assert none == "The curve starts after the last of these times."


def test_shares_are_told_after_the_start_where_all_times_asked_for_lie_before_it() -> None:
    lives = pd.DataFrame(
        {"duration": [26, 40, 80], "entered": [90, 0, 0], "events": [0, 20, 20], "censored": [0, 0, 50]}
    )
    late = survival.kaplan_meier(lives)
    assert survival_spells.times_told([1, 12], late) == [27, 38]
    assert survival_spells.times_told([1, 72], late) == [1, 72]
    assert survival_spells.times_told([1, 200], survival.kaplan_meier(lives.assign(entered=0))) == [1, 200]
