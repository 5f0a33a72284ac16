"""Figures, tables and words of hazard ratios."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates, Finding
from cemlab.show import hazard_plots, hazard_tables, hazard_text, theme
from cemlab.show.numbers import plain
from cemlab.stats import diagnostics, hazards


def _words(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture
def fit() -> Estimates:
    """Two covariates of several levels, one level too small to show."""
    frame = pd.DataFrame(
        {
            "term": ["plan", "plan", "region", "usage"],
            "level": ["yearly", "two years", "South", ""],
            "reference": ["monthly", "monthly", "North", ""],
            "estimate": np.log([0.5, 0.25, 1.1, 1.02]),
            "ci_low": np.log([0.4, 0.2, 0.9, 1.01]),
            "ci_high": np.log([0.6, 0.3, 1.3, 1.03]),
            "n": [500, 5, 700, 1400],
            "flagged": [True, True, False, True],
            "conclusion": ["large", "large", "not significant", "large"],
            "suppressed": [False, True, False, False],
        }
    )
    return Estimates.build(
        frame, by=["term", "level"], measure="log_hazard_ratio", unit="ratio", method="", level=0.95, min_n=10
    )


def test_forest_names_terms_references_and_what_is_withheld(fit: Estimates, info: LabInfo) -> None:
    figure = hazard_plots.ratios(fit, info=info)
    words = _words(figure.wide)
    assert {"Plan", "monthly (reference)", "yearly", "two years", "withheld", "Usage", "500"} <= set(words)
    assert "Plan yearly against monthly 0.5 (0.4 to 0.6)" in figure.alt
    assert "0.25" not in figure.alt


def test_what_does_not_stand_out_is_grey(fit: Estimates, info: LabInfo) -> None:
    figure = hazard_plots.ratios(fit, info=info)
    assert theme.CONTEXT in figure.wide
    quiet = fit.with_columns({"flagged": [False, False, False, False]})
    assert figure.wide.count(theme.CONTEXT) < hazard_plots.ratios(quiet, info=info).wide.count(theme.CONTEXT)


def test_table_of_ratios_hides_what_is_small(fit: Estimates, info: LabInfo) -> None:
    table = hazard_tables.of_ratios(fit, caption="Ratios", info=info)
    texts = [[cell.text for cell in row] for row in table.rows]
    assert texts[0] == ["Plan", "yearly", "monthly", "0.5", "0.4 to 0.6", "significant", "500"]
    assert texts[1][3:] == ["–", "–", "–", "< 10"]
    assert math.isnan(table.data["hazard_ratio"].to_list()[1])


def _cells() -> pd.DataFrame:
    months = np.arange(1, 25)
    frames = []
    for plan, slope in (("a", 0.0), ("b", 0.06), ("c", 0.0)):
        events = np.maximum(1, np.round(30 * np.exp(-slope * months))).astype(int)
        frames.append(pd.DataFrame({"plan": plan, "duration": months, "n": events, "events": events}))
        frames.append(pd.DataFrame({"plan": [plan], "duration": [24], "n": [300], "events": [0]}))
    return pd.concat(frames, ignore_index=True)


def test_effect_over_time_draws_published_levels_in_slices(info: LabInfo) -> None:
    cells = _cells()
    fit = hazards.fit_cox(cells, terms=["plan"])
    tests = diagnostics.proportional_hazards(fit, cells)
    figure = hazard_plots.over_time(tests, fit=fit, clock="months", info=info)
    assert {"Plan: b", "Plan: c"} <= set(_words(figure.wide))
    assert figure.alt.index("Plan: b") < figure.alt.index("Plan: c"), "what moves most comes first"
    first = float(figure.table.rows[0][3].sort or 0)
    assert f"Plan: b from {first:.2f} to" in figure.alt, "the figure speaks of ratios, as its table does"
    hidden = fit.table.assign(suppressed=fit.table["level"] == "c").drop(columns="too_small")
    small = Estimates.build(hidden, by=["term", "level"], measure="m", unit="ratio", method="", level=0.95, min_n=10)
    assert "Plan: c" not in hazard_plots.over_time(tests, fit=small, clock="months", info=info).alt


def test_slices_that_tell_nothing_are_not_drawn(info: LabInfo) -> None:
    cells = _cells()
    fit = hazards.fit_cox(cells, terms=["plan"])
    tests = diagnostics.proportional_hazards(fit, cells)
    wild = tests.parts["effect"].assign(std_error=1e6, ci_low=-1e6, ci_high=1e6)
    made = Estimates.build(
        tests.table, by=["term"], measure="m", unit="ratio", method="", level=0.95, min_n=10, parts={"effect": wild}
    )
    assert "too few endings to be drawn" in _words(
        hazard_plots.over_time(made, fit=fit, clock="months", info=info).wide
    )


def _way(value: float) -> Estimates:
    frame = pd.DataFrame(
        {
            "term": ["complaint"],
            "level": ["yes"],
            "reference": ["no"],
            "estimate": [math.log(value)],
            "ci_low": [math.log(value * 0.8)],
            "ci_high": [math.log(value * 1.25)],
            "n": [300],
        }
    )
    return Estimates.build(
        frame, by=["term", "level"], measure="log_hazard_ratio", unit="ratio", method="", level=0.95, min_n=10
    )


def test_three_ways_stand_side_by_side_and_the_trap_is_named(info: LabInfo) -> None:
    fits = {"followed over time": _way(1.5), "known at day 180": _way(1.8), "trap: ever happened": _way(0.46)}
    figure = hazard_plots.ways(fits, terms=["complaint", "unknown"], traps=["trap: ever happened"], info=info)
    assert {"Complaint", *fits} <= set(_words(figure.wide))
    assert theme.GROUPS["detractor"] in figure.wide
    assert "trap: ever happened 0.5" in figure.alt
    assert [row[1].text for row in figure.table.rows] == list(fits)


def _ratio(value: float, term: str, level: str, *, flagged: bool = True) -> Finding:
    return Finding(
        "r",
        value,
        "ratio",
        scope={"term": term, "level": level},
        ci_low=value * 0.9,
        ci_high=value * 1.1,
        flagged=flagged,
        p_value=0.001 if flagged else 0.5,
    )


def test_associations_are_told_strongest_first_and_never_as_effects() -> None:
    found = [
        _ratio(1.4, "segment", "Student"),
        _ratio(0.28, "plan", "two years"),
        _ratio(1.1, "region", "S", flagged=False),
    ]
    said = plain(hazard_text.associations(found, references={"plan": "monthly", "segment": "Business"}))
    assert said.startswith("“two years” (plan) goes with a rate of leaving 0.28 times that of “monthly”")
    assert "Region" not in said
    assert "association" in said
    assert not {"causes", "drives", "effect of"} & set(said.split())
    none = hazard_text.associations([_ratio(1.1, "region", "S", flagged=False)], references={})
    assert plain(none) == "No covariate in the model is significantly associated with churn."


def test_ratio_of_a_number_is_told_per_unit() -> None:
    said = plain(hazard_text.strongest([_ratio(1.3, "age", "")], references={"age": ""}))
    assert "Age goes with a rate of leaving 1.3 times that of one unit less" in said


def test_rates_of_one_cause_are_called_so(info: LabInfo) -> None:
    found, references = [_ratio(0.28, "plan", "yearly")], {"plan": "monthly"}
    for say in (hazard_text.associations, hazard_text.strongest):
        said = plain(say(found, references=references, cause="price"))
        assert said.startswith("“yearly” (plan) goes with a rate of leaving for “price” 0.28 times that of “monthly”")
    asked = {
        "followed over time": [_ratio(1.5, "complaint", "yes")],
        "known at day 180": [_ratio(1.8, "complaint", "yes")],
    }
    told = hazard_text.ways(asked, term="complaint", traps=[], reference="no", cause="price")
    assert told is not None
    assert (
        "leaving for “price” 1.5 times as high, followed over time (between 1.4 and 1.7) and 1.8 times, known"
        in plain(told)
    )
    cells = _cells()
    fit = hazards.fit_cox(cells, terms=["plan"])
    assert (
        hazard_plots.ratios(fit, cause="price", info=info).title == "Rate of leaving for “price” against the reference"
    )


def test_only_changes_that_matter_are_told() -> None:
    tests = [
        Finding("t", 9.0, "ratio", scope={"term": term}, p_value=0.001, level=0.95)
        for term in ("plan", "region", "(all)")
    ]
    said = plain(hazard_text.over_time(tests, changes={"plan": 0.9, "region": 0.1, "(all)": 2.0}))
    assert said.startswith("The ratio of Plan is not the same")
    assert plain(hazard_text.over_time(tests, changes={"plan": 0.1})).startswith("No ratio changes")


def test_ways_are_told_with_the_trap_and_not_at_all_without_a_sound_way() -> None:
    asked = {
        "followed over time": [_ratio(1.5, "complaint", "yes")],
        "trap: ever happened": [_ratio(0.46, "complaint", "yes")],
    }
    traps = ["trap: ever happened"]
    said = hazard_text.ways(asked, term="complaint", traps=traps, reference="no")
    assert said is not None
    assert plain(said).startswith("“Complaint” goes with a rate of leaving 1.5 times as high, followed over time")
    assert "which is a trap, it would seem 0.46 times" in plain(said)
    assert hazard_text.ways({traps[0]: asked[traps[0]]}, term="complaint", traps=traps, reference="no") is None
