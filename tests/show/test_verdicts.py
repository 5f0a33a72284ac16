"""Each outcome of a comparison is reached from numbers, and said in the words of docs/verdicts.md."""

from __future__ import annotations

import math
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from cemlab.core.results import Estimates, Finding, Outcome
from cemlab.show import compare, say, scores, survival, table
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
OF_GROUPS: dict[Outcome, str] = {
    "large": "“large” (region) scores 9 points higher than the rest (7 to 11).",
    "significant": "“significant” (region) scores 4 points higher than the rest (2 to 6): significant, but not certainly more than 3 points.",
    "small": "Differences between groups are significant, but below 3 points: too small to matter.",
    "not significant": "No group differs significantly from the rest. Only differences of 6 points or more would be detectable.",
    "not testable": "Differences between groups could not be tested.",
    "not estimable": "Differences between groups could not be tested.",
    "withheld": "There are no two groups large enough to compare.",
}
OF_ONE: dict[Outcome, str] = {
    "large": "the score rose by 9 points (95% CI 7 to 11).",
    "significant": "is significant (95% CI 2 to 6), but not certainly more than 3 points.",
    "small": "is significant, but below 3 points: too small to matter.",
    "not significant": "There is no significant change against the earlier window",
    "not testable": "could not be tested.",
    "not estimable": "could not be tested.",
    "withheld": "Too few customers answered",
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


def _plain(said: say.Message) -> str:
    return say.text(said).replace("\N{NO-BREAK SPACE}", " ")


def _groups(*outcomes: Outcome) -> str:
    return _plain(compare.compared("nps-groups", judged(*outcomes), one="nps-group-one"))


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_outcome_is_reached_and_said_of_groups_and_of_one_change(outcome: Outcome) -> None:
    (found,) = judged(outcome)
    assert found.outcome == outcome
    assert _groups(outcome) == OF_GROUPS[outcome]
    window = say.message("nps-window", change=found, begun=say.Day("2023-01-01"), until=say.Day("2024-01-01"))
    assert OF_ONE[outcome] in _plain(window)


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_page_on_verdicts_has_a_row_with_the_words_of_each_outcome(outcome: Outcome) -> None:
    row = next(line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{outcome}` |"))
    assert f"| {table.outcome_words(outcome)} |" in row


def test_no_group_differs_is_said_only_where_every_group_was_tested() -> None:
    assert _groups("not significant").startswith("No group differs")
    assert _groups("not significant", "not testable").startswith("No tested group differs")
    assert "differs" not in _groups("not testable", "not estimable")


@pytest.mark.parametrize("place", range(5))
def test_strongest_outcome_is_said(place: int) -> None:
    order: tuple[Outcome, ...] = ("large", "significant", "small", "not significant", "not testable")
    strongest = compare.compared("nps-groups-brief", judged(*order[place:]), one="nps-group-one").slots["state"]
    assert strongest == ("large", "significant", "small", "quiet", "untested")[place]


def test_movement_is_said_by_its_outcome() -> None:
    said = {each: _plain(scores.moved(judged(each)[0], [], period="month")) for each in get_args(Outcome)}
    assert said["large"] == "Over the complete months the score rose by 9 points (95% CI 7 to 11)."
    assert "not certainly by more than 3 points" in said["significant"]
    assert "too little to matter" in said["small"]
    assert said["not significant"].startswith("No change over time was significant.")
    assert said["not testable"] == said["withheld"]


def test_ratios_that_were_not_tested_are_not_among_those_that_are_not_significant() -> None:
    ratio = Finding("r", 1.1, "ratio", scope={"term": "plan", "level": "a"}, p_value=0.4)
    bare = Finding("r", 3.0, "ratio", scope={"term": "plan", "level": "b"}, reason=NO_TEST)
    said = [_plain(survival.associated(each, references={"plan": "c"})) for each in ([ratio], [ratio, bare], [bare])]
    assert said == [
        "No covariate is significantly associated with leaving.",
        "No tested covariate is significantly associated with leaving.",
        "Associations with leaving could not be tested.",
    ]


def test_customers_whose_level_is_missing_are_named_only_where_there_is_no_other() -> None:
    found = judged("large")
    missing = [Finding(**{**vars(found[0]), "scope": {"region": "unknown"}, "value": 30.0})]
    assert "unknown" not in _plain(compare.compared("nps-groups", [*missing, *found], one="nps-group-one"))
    assert "“unknown” (region)" in _plain(compare.compared("nps-groups", missing, one="nps-group-one"))
