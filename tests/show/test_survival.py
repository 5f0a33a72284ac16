"""The study of churn as survival: which number is told, and in which words."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from cemlab.core.errors import ParameterError
from cemlab.core.results import Estimates, Finding
from cemlab.show import curves, say, survival
from cemlab.show.check import Checked


def _share(value: float, *, half: float = 0.02, **scope: str) -> Finding:
    bounds: dict[str, Any] = {"ci_low": value - half, "ci_high": value + half} if math.isfinite(half) else {}
    return Finding("f", value, "share", scope=scope, level=0.95, n=900, **bounds)


def _ratio(value: float, level: str, *, flagged: bool = True, term: str = "plan") -> Finding:
    return Finding(
        "r",
        value,
        "ratio",
        scope={"term": term, "level": level},
        ci_low=value * 0.9,
        ci_high=value * 1.1,
        level=0.95,
        p_value=0.001 if flagged else 0.5,
        q_value=0.001 if flagged else 0.5,
        flagged=flagged,
        significant=flagged,
    )


def _words(said: say.Message, attribute: str = "") -> str:
    return say.text(said, attribute=attribute).replace("\N{NO-BREAK SPACE}", " ")


def _checked(made: Checked) -> tuple[str, str]:
    return made.state, _words(made.message, "title")


YEAR, TWO = _share(0.72, duration="12.0"), _share(0.58, duration="24.0")
UNSEEN = _share(math.nan, half=math.nan, duration="120.0")
HIDDEN = Finding("f", math.nan, "share", scope={"duration": "12.0"}, suppressed=True, min_n=10)


@pytest.mark.parametrize(
    ("shares", "start", "words"),
    [
        ([YEAR, TWO], 0.0, "Still there: 72% after 12 months (70% to 74%); 58% after 24 months (56% to 60%)."),
        ([YEAR, UNSEEN], 0.0, "Still there: 72% after 12 months (70% to 74%); follow-up ends before 120 months."),
        ([TWO], 6.0, "Of those still there after 6 months, still there later: 58% after 24 months (56% to 60%)."),
        ([UNSEEN], 0.0, "Follow-up ends before the first of these times."),
        ([_share(math.nan, half=math.nan, duration="3.0")], 6.0, "The curve starts after the last of these times."),
        ([HIDDEN], 0.0, "The shares are withheld: too few customers."),
    ],
)
def test_shares_still_there(shares: list[Finding], start: float, words: str) -> None:
    assert _words(survival.stayed(shares, start=start, clock="months")) == words


@pytest.mark.parametrize(
    ("low", "value", "high", "words"),
    [
        (29, 32, 34, "Half have left after 32 months (29 to 34)."),
        (32, 32, 32, "Half have left after 32 months."),
        (29, 32, math.nan, "Half have left after 32 months, at least after 29 months; the upper limit cannot be seen."),
        (math.nan, math.nan, math.nan, "Half of them have not left within the time that can be seen."),
    ],
)
def test_median_with_open_and_missing_limits(low: float, value: float, high: float, words: str) -> None:
    found = Finding("m", value, "months", ci_low=low, ci_high=high, level=0.95)
    assert _words(survival.half_left(found, clock="months")) == words


def test_causes_are_told_most_frequent_first_and_the_short_cut_beside() -> None:
    took = [_share(0.1, cause="price", duration="24.0"), _share(0.33, cause="moved", duration="24.0")]
    said = _words(survival.by_cause(took, clock="months", brief=True))
    assert said == "Left after 24 months: “moved” 33%; “price” 10%."
    claimed = [_share(0.12, half=math.nan, cause="price"), _share(0.36, half=math.nan, cause="moved")]
    assert "instead of" in _words(survival.overstated(took, claimed, cause="price"))
    assert "“price”" in _words(survival.overstated(took, claimed, cause="price"))
    with pytest.raises(ParameterError, match="Did you mean `price`"):
        survival.overstated(took, claimed, cause="prise")


def test_strongest_ratio_is_told_and_never_one_against_the_missing() -> None:
    found = [_ratio(0.28, "yearly"), _ratio(1.5, "trial")]
    said = _words(survival.associated(found, references={"plan": "monthly"}))
    assert said.startswith("“yearly” (plan) customers leave 0.28 times as fast as “monthly” customers (95% CI")
    assert said.endswith("One further ratio is significant.") or "1 further ratio is significant." in said
    missing = [_ratio(3.0, "unknown")]
    assert "missing" in _words(survival.associated(missing, references={"plan": "monthly"}))
    number = [_ratio(1.2, "", term="usage")]
    assert _words(survival.associated(number, references={})).startswith("Per unit of usage, customers leave 1.2 times")


def test_rate_and_share_agree_or_the_pair_furthest_apart_is_named() -> None:
    rates = [_ratio(2.0, "a"), _ratio(1.0, "b")]
    near, far = [_ratio(2.1, "a"), _ratio(1.0, "b")], [_ratio(0.9, "a"), _ratio(1.0, "b")]
    assert "agree" in _words(survival.rate_and_share(rates, near, cause="price"))
    assert "“a” (plan) has a rate 2.0 times" in _words(survival.rate_and_share(rates, far, cause="price"))
    assert "may be shown" in _words(survival.rate_and_share([], [], cause="price"))


def test_only_large_significant_changes_over_time_are_told() -> None:
    tests = [
        Finding("t", 9.0, "ratio", scope={"term": term}, p_value=p, q_value=p, level=0.95)
        for term, p in (("plan", 0.001), ("region", 0.001), ("segment", 0.4), ("(all)", 0.0001))
    ]
    changes = {"plan": 0.8, "region": 0.1, "segment": 2.0}
    assert survival.moving(tests, changes) == [say.Label("plan")]


def test_checks_hold_watch_and_say_why_they_cannot_tell() -> None:
    assert (
        _checked(survival.other_clock(TWO, _share(0.581, duration="730.0"), clock="months", elsewhere="days"))[0]
        == "holds"
    )
    assert (
        _checked(survival.other_clock(TWO, _share(0.7, duration="730.0"), clock="months", elsewhere="days"))[0]
        == "watch"
    )
    late = Finding("late", 12.0, "rows")
    assert _checked(survival.late_entry(TWO, None, late=Finding("l", 0.0, "rows"), clock="months"))[0] == "holds"
    assert _checked(survival.late_entry(TWO, _share(0.8), late=late, clock="months"))[0] == "watch"
    bounds = Finding("b", 0.58, "share", scope={"duration": "24.0"}, ci_low=0.2, ci_high=0.9)
    assert _checked(survival.lost_from_sight(TWO, bounds, clock="months"))[0] == "watch"
    tight = Finding("b", 0.58, "share", scope={"duration": "24.0"}, ci_low=0.58, ci_high=0.58)
    assert _checked(survival.lost_from_sight(TWO, tight, clock="months"))[0] == "holds"
    assert _checked(survival.lost_from_sight(UNSEEN, bounds, clock="months"))[0] == "watch"
    assert _checked(survival.other_ties([_ratio(2.0, "a")], [_ratio(2.01, "a")]))[0] == "holds"
    assert _checked(survival.other_ties([_ratio(2.0, "a")], [_ratio(2.9, "a")]))[0] == "watch"


@pytest.mark.parametrize(
    ("end", "ticks"), [(59, [0, 12, 24, 36, 48]), (5, [0, 1, 2, 3, 4, 5]), (3000, list(range(0, 3001, 500)))]
)
def test_axis_has_round_times(end: float, ticks: list[float]) -> None:
    curve = _curve([end])
    assert curves.axis_times(curve, clock="months") == pytest.approx(ticks) or end == 3000


def _curve(durations: list[float]) -> Estimates:
    frame = pd.DataFrame(
        {"duration": durations, "estimate": [0.9 / (1 + at) for at in range(len(durations))], "n": 100.0}
    )
    frame = frame.assign(ci_low=float("nan"), ci_high=float("nan"))
    parts = {"groups": pd.DataFrame({"start": [0.0], "end": [max(durations)]})}
    return Estimates.build(
        frame, by=["duration"], measure="s", unit="share", method="", level=0.95, min_n=0, cells=[], parts=parts
    )


def test_a_curve_begins_at_one_and_has_no_more_steps_than_can_be_seen() -> None:
    drawn = curves.from_its_start(_curve([float(at) for at in range(1, 400)])).table
    assert drawn.iloc[0][["duration", "estimate"]].tolist() == [0.0, 1.0]
    assert len(drawn) <= curves.MOST_STEPS + 1
    assert drawn["duration"].iloc[-1] == 399
    assert (drawn["ci_low"] == drawn["estimate"]).all()


def test_groups_are_told_at_their_time_and_with_their_mean_time() -> None:
    scope = {"plan": "monthly", "duration": "24.0"}
    gap = Finding(
        "g",
        -0.29,
        "percentage points",
        scope=scope,
        ci_low=-0.35,
        ci_high=-0.22,
        level=0.95,
        p_value=0.001,
        q_value=0.001,
        flagged=True,
        significant=True,
    )
    mean = Finding("m", -6.0, "months", scope={"plan": "monthly"}, ci_low=-8, ci_high=-4, level=0.95)
    said = _words(survival.groups({"plan": [gap]}, clock="months", means={"plan": [mean]}, brief=True))
    assert "“monthly” (plan) 29 percentage points lower after 24 months (22 to 35)" in said
    assert said.endswith("on average it stays 6 months shorter.")
    of_cause = _words(survival.groups({"plan": [gap]}, clock="months", time=24, cause="price"))
    assert "gone for “price”" in of_cause


def test_the_trap_is_told_beside_the_sound_way() -> None:
    told = {"followed": [_ratio(1.5, "yes", term="complaint")], "trap": [_ratio(0.46, "yes", term="complaint")]}
    (said,) = survival.asked_twice(told, term="complaint", reference="no")
    assert "leave 1.5 times as fast as those without" in _words(said)
    assert "a trap, it would seem 0.46" in _words(said)
    assert survival.asked_twice({"trap": told["trap"]}, term="complaint", reference="no") == []
