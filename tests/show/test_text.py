"""Sentences: what may be said of which findings."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cemlab.core.results import Finding, Sentence
from cemlab.show import checks, numbers, text

MOVES = re.compile(r"\b(rose|fell|higher|lower|increased|decreased)\b")
CAUSES = re.compile(r"\b(drives?|causes?|because of|effect|impact)\b")


def _difference(value: float, *, flagged: bool, name: str = "North", **more: object) -> Finding:
    return replace(
        Finding(
            "d",
            value,
            "points",
            ci_low=value - 2,
            ci_high=value + 2,
            mde=4.2,
            flagged=flagged,
            significant=flagged,
            p_value=0.001 if flagged else 0.5,
        ),
        scope={"region": name},
        period="2024-03-01",
        **more,  # type: ignore[arg-type]
    )


def _all_of(*sentences: Sentence) -> str:
    return " ".join(numbers.plain(sentence) for sentence in sentences)


HIDDEN = Finding("h", float("nan"), "points", suppressed=True, min_n=10)

findings = st.builds(
    lambda value, flagged, hidden, name: replace(
        _difference(value, flagged=flagged and not hidden, name=name), suppressed=hidden
    ),
    st.floats(-50, 50),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["North", "South", "East", "West"]),
)


@given(found=st.lists(findings, max_size=6))
def test_direction_is_named_of_flagged_findings_only(found: list[Finding]) -> None:
    flagged = [each for each in found if each.flagged]
    compared = [each for each in found if not each.suppressed]
    steps = _all_of(*text.steps(found, period="month"))
    groups = _all_of(*text.all_groups({"region": found}), text.standing_out({"region": found}))
    assert len(MOVES.findall(steps)) == min(3, len(flagged))
    assert bool(MOVES.search(groups)) == (bool(flagged) and len(compared) > 1)
    for word, sign in (("rose", 1), ("fell", -1)):
        assert (word in steps) <= any(each.value * sign >= 0 for each in flagged)


@given(found=st.lists(findings, max_size=6))
def test_no_sentence_claims_a_cause(found: list[Finding]) -> None:
    said = _all_of(*text.steps(found, period="month"), *text.all_groups({"region": found}))
    assert not CAUSES.search(said)


def _lost(share: float, *, lead_above: float = 0.05) -> text.Lost:
    counts = [Finding("k", count, "answers") for count in (1000 * share, 1000.0)]
    return text.Lost(counts[0], given=counts[1], share=Finding("k", share, "share"), lead_above=lead_above)


def _every_sentence(nps: Finding, found: Sequence[Finding]) -> list[Sentence]:
    count = Finding("n", 13612.0, "answers")
    return [
        text.level(nps, subject="The NPS of Studio 54"),
        text.answers_behind(count, count),
        text.answers_behind(count, count, _lost(0.2)),
        *text.after_losses([], _lost(0.2)),
        *text.after_losses([], _lost(0.4)),
        text.measured(nps, None, _lost(0.4)),
        text.measured(nps, replace(count, value=9.0)),
        text.shape([replace(nps, scope={"group": name}) for name in ("promoter", "passive", "detractor")]),
        text.shape([replace(nps, scope={"group": name}) for name in ("low effort", "other")]),
        text.heaping(nps),
        text.trend(nps, period="month"),
        text.moved(nps, found, period="month"),
        text.moved(None, found, period="month"),
        text.against_window(nps, window="2023-01-01 to 2024-01-01"),
        text.against_window(nps, window="2023", brief=True),
        text.same_people(nps),
        text.same_people(None),
        text.standing_out({"region 1": found}),
        text.weighting(nps, nps, replace(nps, p_value=0.01)),
        text.weighting(nps, nps, replace(nps, ci_low=math.nan, ci_high=math.nan)),
        text.weighted_sample(count, count, Finding("k", 0.02, "share")),
        text.weighted_sample(count, replace(count, value=math.nan), Finding("k", math.nan, "share")),
        *text.beliefs([replace(each, scope={"group": "54"}) for each in found], [nps] * len(found)),
        text.planning(replace(count, value=3.0), count, observed=count),
        *text.steps(found, period="quarter"),
        *text.all_groups({"age 18 to 24": found}),
        *text.all_groups({"region 1": found, "region 2": []}),
        text.undated(),
        text.no_groups(),
        *text.certainty(nps),
        *checks.unscored_answers(nps, nps, count).sentences,
        *checks.unscored_answers(nps, nps, count, lost=_lost(0.2)).sentences,
        *checks.repeated_answers(count, replace(count, value=5.0)).sentences,
        *checks.other_interval(nps, nps, first_name="One", second_name="Other").sentences,
        *checks.silent_customers().sentences,
        *checks.few_clusters(count, replace(count, value=0.2, unit="share")).sentences,
        *checks.cut_points([replace(nps, scope={"rule": "8 counts as promoter"})] * 2, score=nps).sentences,
        *checks.late_answers(nps, count, score=nps, days=14).sentences,
        *checks.late_answers(
            nps, count, score=nps, days=14, arrived=[replace(nps, unit="share", period="2024-11-01", scope={})] * 2
        ).sentences,
        *checks.incomplete_periods(count).sentences,
        *checks.weights(nps, nps).sentences,
        *checks.weights(replace(nps, suppressed=True), nps).sentences,
    ]


@pytest.mark.parametrize("nps", [_difference(29, flagged=False), HIDDEN], ids=["shown", "withheld"])
@pytest.mark.parametrize("flagged", [True, False])
def test_own_words_hold_no_digits(nps: Finding, flagged: bool) -> None:
    # Sentence refuses them; a name with digits must have come as a name.
    for sentence in _every_sentence(nps, [_difference(5, flagged=flagged), _difference(3, flagged=flagged)]):
        assert not any(isinstance(part, str) and re.search(r"\d", part) for part in sentence.parts)


def test_own_words_with_digits_are_refused() -> None:
    with pytest.raises(ValueError, match="must hold no digits"):
        Sentence("The NPS is 53.")


def test_withheld_numbers_are_never_quoted() -> None:
    said = _all_of(*_every_sentence(HIDDEN, [HIDDEN, HIDDEN]))
    assert numbers.NOT_SHOWN not in said
    assert said.count("withheld") >= 2


def test_step_is_named_as_a_reader_names_its_period() -> None:
    said = _all_of(*text.steps([_difference(-6.4, flagged=True)], period="month"))
    assert said.startswith("It fell by 6 points in 2024-03 (change between −8 and −4 points).")
    assert "tend to be too large" in said


def test_largest_three_steps_are_named_largest_first() -> None:
    found = [_difference(value, flagged=True) for value in (4, -9, 6, 11)]
    said = _all_of(*text.steps(found, period="month"))
    assert re.findall(r"by (\d+) points", said) == ["11", "9", "6"]
    assert "it changed in further months too" in said


def test_quiet_steps_say_what_would_have_been_seen() -> None:
    found = [_difference(1, flagged=False), _difference(2, flagged=False, mde=6.3)]
    assert "(smallest detectable difference 7 points, 80% power)" in _all_of(*text.steps(found, period="month"))


def test_groups_name_both_ends_with_their_intervals() -> None:
    found = [_difference(value, flagged=True, name=name) for value, name in ((-8, "West"), (3, "East"), (17, "North"))]
    assert (
        _all_of(*text.all_groups({"region": found}))
        == "“West” (region) scores 8 points lower than the rest (difference between −10 and −6 points); "
        "“North” (region) scores 17 points higher than the rest (difference between 15 and 19 points); "
        "further groups by region differ too."
    )


def test_groups_too_small_to_compare_are_said_to_be_so() -> None:
    said = _all_of(*text.all_groups({"plan": [HIDDEN, HIDDEN], "region": [_difference(1, flagged=False)] * 2}))
    assert (
        said == "No group by region differs significantly from the rest (smallest detectable difference 5 points, 80%"
        " power). "
        "There are no two groups by plan large enough to compare."
    )


@pytest.mark.parametrize(("moved", "state"), [(0.3, "holds"), (0.5, "watch")])
def test_other_interval_holds_up_to_a_tenth_of_the_width(moved: float, state: str) -> None:
    one = _difference(10, flagged=False)
    other = replace(one, ci_low=one.ci_low + moved)
    assert checks.other_interval(one, other, first_name="One", second_name="Other").state == state


@pytest.mark.parametrize(("low", "state"), [(8.5, "holds"), (7.5, "watch")])
def test_missing_scores_hold_while_their_bounds_lie_inside_the_interval(low: float, state: str) -> None:
    score = _difference(10, flagged=False)
    bounds = replace(score, ci_low=low, ci_high=11.0)
    unscored = Finding("u", 3.0, "answers")
    assert checks.unscored_answers(score, bounds, unscored).state == state
    assert checks.unscored_answers(score, bounds, replace(unscored, value=0.0)).state == "holds"


def test_repeated_answers_hold_since_intervals_allow_for_them() -> None:
    found = checks.repeated_answers(Finding("a", 300.0, "answers"), Finding("c", 100.0, "customers"))
    assert found.state == "holds"
    assert "allow for it" in _all_of(*found.sentences)


@pytest.mark.parametrize(
    ("clusters", "largest", "state"),
    [(9, 0.1, "overturns"), (29, 0.1, "watch"), (100, 0.11, "watch"), (100, 0.1, "holds")],
)
def test_few_clusters_make_the_interval_rough(clusters: float, largest: float, state: str) -> None:
    found = checks.few_clusters(Finding("k", clusters, "rows"), Finding("l", largest, "share"))
    assert found.state == state


@pytest.mark.parametrize(("p_value", "state"), [(0.06, "holds"), (0.04, "overturns"), (math.nan, "watch")])
def test_weights_that_move_the_score_significantly_could_overturn_it(p_value: float, state: str) -> None:
    score = _difference(10, flagged=False)
    moved = replace(score, p_value=p_value, level=0.95)
    assert checks.weights(score, moved).state == state
    said = numbers.plain(text.weighting(score, score, moved))
    assert ("depends on the weights" in said) == (state == "overturns")


@pytest.mark.parametrize(
    ("share", "first", "sentences"),
    [
        (0.0, "the answer", 1),
        (0.05, "the answer", 1),
        (0.06, "6 % of answers (60 of 1,000)", 2),
        (0.3, "30 %", 2),
        (0.31, "31 %", 1),
    ],
)
def test_lost_answers_lead_above_five_percent_and_stand_alone_above_thirty(
    share: float, first: str, sentences: int
) -> None:
    said = [numbers.plain(each) for each in text.after_losses([Sentence("the answer")], _lost(share))]
    assert said[0].startswith(first)
    assert len(said) == sentences
    assert ("no score is reported" in said[0]) == (share > 0.3)


@pytest.mark.parametrize(("share", "state"), [(0.0, "holds"), (0.01, "watch"), (0.31, "overturns")])
def test_lost_answers_are_never_called_every_answer(share: float, state: str) -> None:
    score = _difference(10, flagged=False)
    bounds = replace(score, ci_low=score.ci_low - 1)
    found = checks.unscored_answers(score, bounds, Finding("k", 0.0, "answers"), lost=_lost(share))
    assert found.state == state
    assert (numbers.plain(found.sentences[0]) == "Every answer gave a score.") == (share == 0)


@pytest.mark.parametrize(("early", "state"), [(11.0, "holds"), (13.0, "watch")])
def test_late_answers_are_watched_where_the_others_score_otherwise(early: float, state: str) -> None:
    score = _difference(10, flagged=False)
    found = checks.late_answers(replace(score, value=early), Finding("l", 40.0, "answers"), score=score, days=14)
    assert found.state == state


@given(found=findings)
def test_change_between_windows_has_a_direction_only_when_flagged(found: Finding) -> None:
    for said in (text.against_window(found, window="2023"), text.same_people(found), text.trend(found, period="month")):
        words = numbers.plain(said)
        assert bool(re.search(r"\b(rose|fell|rises|falls)\b", words)) == found.flagged
        assert ("is not statistically significant" in words) == (not found.flagged and not found.suppressed)


def test_answer_names_the_lowest_and_the_highest_group_of_all_groupings() -> None:
    compared = {
        "region": [_difference(value, flagged=True, name=name) for value, name in ((-8, "West"), (3, "East"))],
        "plan": [replace(_difference(17, flagged=True), scope={"plan": "Plus"})],
    }
    assert (
        numbers.plain(text.standing_out(compared))
        == "“West” (region) scores lowest: 8 points below all others (difference between −10 and −6 points); “Plus”"
        " (plan) scores highest: 17 points above all others (difference between 15 and 19 points)."
    )


def test_differences_that_would_have_been_seen_are_told_of_the_largest_and_the_smallest_group() -> None:
    found = [_difference(1, flagged=False), _difference(1, flagged=False, mde=40.0)]
    assert "(smallest detectable differences from 5 points to 40 points, 80% power)" in _all_of(
        *text.all_groups({"region": found})
    )


def test_belief_is_called_wrong_only_where_it_is_flagged() -> None:
    about = {"column": "", "group": "all"}
    given_score = _difference(30, flagged=False)
    for flagged, words in (
        (True, "The belief is 12 points too high"),
        (False, "The gap between the belief and what customers gave, 30 points, is not statistically significant"),
    ):
        gap = replace(_difference(12, flagged=flagged), scope=about)
        assert _all_of(*text.beliefs([gap], [given_score])).startswith(words)


@pytest.mark.parametrize(("answers", "verdict"), [(2000.0, "is enough"), (1999.0, "is not enough")])
def test_plan_says_whether_the_sample_is_enough(answers: float, verdict: str) -> None:
    size, needed = Finding("s", 3.0, "points"), Finding("n", 1000.0, "answers")
    assert verdict in numbers.plain(text.planning(size, needed, observed=Finding("a", answers, "answers")))


def test_where_answers_name_no_customer_nobody_claims_that_all_differ() -> None:
    count = Finding("n", 10, "rows")
    check = checks.repeated_answers(count, count, named=False)
    assert check.state == "watch"
    assert "cannot be known" in numbers.plain(check.sentences[0])


def test_one_period_is_not_complete_and_two_are_not() -> None:
    said = [numbers.plain(checks.incomplete_periods(Finding("n", n, "rows")).sentences[0]) for n in (1, 2)]
    assert [words.partition(" not")[0] for words in said] == ["1 period is", "2 periods are"]
