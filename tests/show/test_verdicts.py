"""Each outcome of a comparison is reached from numbers, and its sentences are those of docs/verdicts.md."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from cemlab.core.results import Estimates, Finding, Outcome
from cemlab.show import checks, hazard_text, segment_text, survival_text, text
from cemlab.show.numbers import plain
from cemlab.stats import multiplicity

PAGE = Path(__file__).parents[2] / "docs" / "verdicts.md"
NO_TEST = "no standard error"
ROWS: dict[Outcome, tuple[float, float, str]] = {
    "large": (9.0, 1.0, ""),
    "significant": (4.0, 1.0, ""),
    "small": (1.0, 0.2, ""),
    "not significant": (0.5, 1.0, ""),
    "not testable": (2.0, math.nan, NO_TEST),
    "not estimable": (math.nan, math.nan, "follow-up ends before then"),
    "withheld": (9.0, 1.0, ""),
}
"""Estimate, standard error and reason that lead to each outcome with a floor of 3."""
SAID: dict[Outcome, str] = {
    "large": "“large” (region) scores 9 points higher than the rest",
    "significant": "Significant, but not shown to be larger than 3 points: “significant” (region), by 4 points",
    "small": "Significant, but too small to matter (less than 3 points): “small” (region), by 1.0 points",
    "not significant": "tested group by region differs significantly from the rest (smallest detectable difference",
    "not testable": f"Could not be tested: “not testable” (region) ({NO_TEST}).",
    "not estimable": "Could not be estimated: “not estimable” (region) (follow-up ends before then).",
    "withheld": "Withheld for too few customers: groups by region.",
}
OF_ONE: dict[Outcome, str] = {
    "large": "it rose by 9 points",
    "significant": "is statistically significant (between 2 and 6 points), but not shown to be larger than 3 points",
    "small": (
        "is statistically significant, but too small to matter (between 0.6 and 1.4 points): it is less than 3 points"
    ),
    "not significant": "is not statistically significant (between −1 and 2 points) (smallest detectable difference",
    "not testable": f"could not be tested ({NO_TEST})",
    "not estimable": "cannot be estimated (follow-up ends before then)",
    "withheld": "is withheld: too few customers answered",
}


def judged(*outcomes: Outcome, floor: float = 3.0) -> list[Finding]:
    """Findings that reach these outcomes, named by them."""
    rows = [(name, *ROWS[name], 4 if name == "withheld" else 400) for name in outcomes]
    table = pd.DataFrame(rows, columns=["region", "estimate", "std_error", "reason", "n"])
    half = 1.96 * table["std_error"]
    z = (table["estimate"] / table["std_error"]).abs()
    table = table.assign(
        ci_low=table["estimate"] - half,
        ci_high=table["estimate"] + half,
        p_value=[math.erfc(each / math.sqrt(2)) for each in z],
        suppressed=table["n"] < 10,
    )
    built = Estimates.build(table, by=["region"], measure="d", unit="points", method="", level=0.95, min_n=10)
    (found,) = multiplicity.adjust([built], materiality=floor)
    return [Finding.of("d", found, where={"region": name}) for name in outcomes]


def _said(*outcomes: Outcome) -> str:
    return " ".join(plain(each) for each in text.all_groups({"region": judged(*outcomes)}))


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_outcome_is_reached_and_said_of_groups_and_of_one_change(outcome: Outcome) -> None:
    beside: tuple[Outcome, ...] = ("not testable",) if outcome == "large" else ("not significant", "not testable")
    names = tuple(dict.fromkeys((*beside, outcome)))
    found = next(each for each in judged(*names) if each.scope["region"] == outcome)
    assert found.outcome == outcome
    assert SAID[outcome] in _said(*names)
    assert OF_ONE[outcome] in plain(text.against_window(found, window="2023"))


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_page_on_verdicts_has_a_row_with_the_words_of_each_outcome(outcome: Outcome) -> None:
    row = next(line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{outcome}` |"))
    assert f"| {text.outcome_words(outcome)} |" in row
    words = re.split(r"[:(]", SAID[outcome])[0].replace("“large” ", "").replace("tested group", "group").strip()
    assert words in row


def test_no_group_differs_is_said_only_where_every_group_was_tested() -> None:
    assert _said("not significant", "not testable").startswith("No tested group by region differs")
    assert _said("not significant", "small").split(". ")[1].startswith("No other group by region differs")
    assert "differs significantly" not in _said("not testable", "not estimable")
    assert "differs significantly" not in _said("large", "not significant")
    short = plain(text.standing_out({"region": judged("not testable", "not estimable")}))
    assert short.startswith("Could not be tested: “not testable” (region)")
    short = plain(text.standing_out({"region": judged("not significant", "not testable")}))
    assert short.startswith("No tested group by region differs significantly from the rest; could not be tested: “not")


def test_answer_says_the_strongest_outcome() -> None:
    every: tuple[Outcome, ...] = ("significant", "small", "not significant", "not testable", "withheld")
    said = plain(text.standing_out({"region": judged(*every)}))
    assert said.startswith(
        "“significant” (region) differs significantly, but is not shown to differ by more than 3 points;"
    )
    said = plain(text.standing_out({"region": judged(*every[1:])}))
    assert said.startswith("“small” (region) differs significantly, but too little to matter: by less than 3 points;")
    assert survival_text.groups_in_short({"region": judged(*every[1:])}, time=12, clock="months") == text.standing_out(
        {"region": judged(*every[1:])}
    )


def test_movement_is_said_by_its_outcome() -> None:
    (line,) = (each for each in judged("small", "not significant") if each.outcome == "small")
    assert "too small to matter" in plain(text.moved(line, [], period="month"))
    assert "could not be tested" in plain(text.moved(judged("not testable")[0], [], period="month"))
    assert "not statistically significant" in plain(text.trend(judged("not significant")[0], period="month"))


def test_ratios_that_were_not_tested_are_not_among_those_that_are_not_significant() -> None:
    ratio = Finding("r", 1.1, "ratio", scope={"term": "plan", "level": "a"}, p_value=0.4)
    bare = Finding("r", 3.0, "ratio", scope={"term": "plan", "level": "b"}, reason=NO_TEST)
    assert (
        plain(hazard_text.strongest([ratio], references={}))
        == "No covariate in the model is significantly associated with churn."
    )
    assert (
        plain(hazard_text.strongest([ratio, bare], references={}))
        == "No tested covariate in the model is significantly associated with churn; could not be tested: “b” (plan)"
        f" ({NO_TEST})."
    )
    assert plain(hazard_text.strongest([bare], references={})).startswith("No covariate in the model could be tested")


def _flagged(key: str, value: float, **scope: str) -> Finding:
    half = 0.1 * abs(value)
    return Finding(
        key,
        value,
        "ratio" if key == "r" else "points",
        scope=scope,
        p_value=1e-6,
        q_value=1e-6,
        flagged=True,
        significant=True,
        ci_low=value - half,
        ci_high=value + half,
        level=0.95,
    )


@pytest.mark.parametrize("missing", ["unknown", "Unknown", "missing"])
def test_those_whose_level_is_missing_are_never_the_group_of_a_headline(missing: str) -> None:
    far, near = _flagged("d", -30.0, region=missing), _flagged("d", 6.0, region="North")
    both, alone_ = {"region": [far, near]}, {"region": [far]}
    for said in (text.standing_out, lambda of: survival_text.groups_in_short(of, clock="months", time=12)):
        assert "“North” (region)" in plain(said(both))
        assert missing not in plain(said(both))
        assert plain(said(alone_)).endswith(", apart from those whose region is not known.")
    ratios = [_flagged("r", 5.0, term="plan", level=missing), _flagged("r", 2.0, term="plan", level="b")]
    assert plain(hazard_text.strongest(ratios, references={"plan": "a"})).startswith("“b” (plan) goes with")
    alone_said = plain(hazard_text.strongest(ratios[:1], references={"plan": "a"}))
    assert (
        alone_said == "No covariate in the model is shown to go with churn, apart from those whose plan is not known."
    )
    assert hazard_text.strongest(ratios[1:], references={"plan": missing}) == hazard_text.strongest(
        ratios[:1], references={}
    )
    gaps = [_flagged("d", 3.0, outcome="nps", segment=missing), _flagged("d", 2.0, outcome="nps", segment="b")]
    assert plain(segment_text.stands_out(gaps, {})).startswith("“b”")
    assert plain(segment_text.stands_out(gaps[:1], {})).endswith("apart from those whose segment is not known.")


def test_trend_and_mix_are_told_together_where_they_disagree() -> None:
    fell, steady = judged("large")[0], judged("not significant", "large")[0]
    mix = judged("large")[0]
    first, second, third = (
        plain(each)
        for each in text.with_mix(text.trend(fell, period="month"), fell, {"branch": [steady, mix]}, period="month")
    )
    assert first.startswith(
        "The mix of answers by branch changed over the complete months, which alone raised the score by 9 points"
    )
    assert second.startswith("At a constant mix its linear trend is not statistically significant")
    assert third.startswith("A line through all complete months rises")
    agree = [
        plain(each)
        for each in text.with_mix(text.trend(fell, period="month"), fell, {"branch": [fell, mix]}, period="month")
    ]
    assert agree[0].startswith("A line through")
    assert agree[2].startswith("At a constant mix it rose by 9 points")
    unmoved = text.with_mix(text.trend(fell, period="month"), fell, {"branch": [fell, steady]}, period="month")
    assert unmoved == [text.trend(fell, period="month")]
    assert [
        checks.change_of_mix(fell, {"branch": pair}).state for pair in ([steady, mix], [fell, mix], [fell, steady], [])
    ] == [
        "overturns",
        "watch",
        "holds",
        "watch",
    ]
