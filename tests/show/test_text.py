"""Sentences: what may be said of which findings."""

from __future__ import annotations

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
        Finding("d", value, "points", ci_low=value - 2, ci_high=value + 2, mde=4.2, flagged=flagged),
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
    st.floats(-50, 50), st.booleans(), st.booleans(), st.sampled_from(["North", "South", "East", "West"]),
)  # fmt: skip


@given(found=st.lists(findings, max_size=6))
def test_direction_is_named_of_flagged_findings_only(found: list[Finding]) -> None:
    flagged = [each for each in found if each.flagged]
    compared = [each for each in found if not each.suppressed]
    steps = _all_of(text.steps(found, period="month"))
    groups = _all_of(text.groups(found, subject="region"), *text.all_groups({"region": found}))
    assert len(MOVES.findall(steps)) == min(3, len(flagged))
    assert bool(MOVES.search(groups)) == (bool(flagged) and len(compared) > 1)
    for word, sign in (("rose", 1), ("fell", -1)):
        assert (word in steps) <= any(each.value * sign >= 0 for each in flagged)


@given(found=st.lists(findings, max_size=6))
def test_no_sentence_claims_a_cause(found: list[Finding]) -> None:
    said = _all_of(text.steps(found, period="month"), *text.all_groups({"region": found}))
    assert not CAUSES.search(said)


def _every_sentence(nps: Finding, found: Sequence[Finding]) -> list[Sentence]:
    count = Finding("n", 13612.0, "answers")
    return [
        text.level(nps, subject="The NPS of Studio 54"),
        text.answers_behind(count, count),
        text.shape(nps, nps, nps),
        text.steps(found, period="quarter"),
        text.groups(found, subject="age 18 to 24"),
        *text.all_groups({"region 1": found, "region 2": []}),
        text.undated(),
        text.no_groups(),
        *text.certainty(nps),
        *checks.unscored_answers(nps, nps, count).sentences,
        *checks.repeated_answers(count, replace(count, value=5.0)).sentences,
        *checks.other_interval(nps, nps, first_name="One", second_name="Other").sentences,
        *checks.silent_customers().sentences,
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
    said = numbers.plain(text.steps([_difference(-6.4, flagged=True)], period="month"))
    assert said.startswith("It fell by 6 points in 2024-03.")
    assert "tend to be too large" in said


def test_largest_three_steps_are_named_largest_first() -> None:
    found = [_difference(value, flagged=True) for value in (4, -9, 6, 11)]
    said = numbers.plain(text.steps(found, period="month"))
    assert re.findall(r"by (\d+) points", said) == ["11", "9", "6"]
    assert "further months stand out too" in said


def test_quiet_steps_say_what_would_have_been_seen() -> None:
    found = [_difference(1, flagged=False), _difference(2, flagged=False, mde=6.3)]
    assert "(a true difference of 7 points would have been seen" in numbers.plain(text.steps(found, period="month"))


def test_groups_name_both_ends_with_their_intervals() -> None:
    found = [_difference(value, flagged=True, name=name) for value, name in ((-8, "West"), (3, "East"), (17, "North"))]
    assert numbers.plain(text.groups(found, subject="region")) == (
        "West scores 8 points lower than the rest (difference between −10 and −6 points); "
        "North scores 17 points higher than the rest (difference between 15 and 19 points); "
        "more groups by region stand out."
    )


def test_groups_too_small_to_compare_are_said_to_be_so() -> None:
    said = _all_of(*text.all_groups({"plan": [HIDDEN, HIDDEN], "region": [_difference(1, flagged=False)] * 2}))
    assert said == (
        "No group by region differs from the rest by more than chance explains. "
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


@pytest.mark.parametrize(("answers", "state"), [(100.0, "holds"), (105.0, "holds"), (106.0, "watch")])
def test_repeated_answers_hold_up_to_one_in_twenty(answers: float, state: str) -> None:
    found = checks.repeated_answers(Finding("a", answers, "answers"), Finding("c", 100.0, "customers"))
    assert found.state == state
