"""Figures of staying and leaving: what is drawn, what is said, what is withheld."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import survival_axes, survival_causes, survival_plots, survival_tables
from cemlab.show.figure import Figure
from cemlab.stats import survival

SMALLEST_PX = 11


def _words(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def _sizes(svg: str) -> set[float]:
    styles = [node.get("style", "") for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    found = [re.search(r"(?:font-size: |font: [^;]*?)([\d.]+)px", style) for style in styles]
    assert None not in found, "a text whose size is not known"
    return {float(match.group(1)) for match in found if match}


def _lives(hazards: dict[str, float], *, n: int = 1000, months: int = 30) -> pd.DataFrame:
    """Groups of one size that leave at a constant rate and are all followed to the last month."""
    rows = []
    for name, hazard in hazards.items():
        left = n
        for month in range(1, months + 1):
            events = round(left * hazard)
            left -= events
            rows.append({"plan": name, "duration": month, "events": events, "censored": left if month == months else 0})
    return pd.DataFrame(rows).assign(n_customers=n)


def _drawn(lives: pd.DataFrame, info: LabInfo, *, min_n: int = 10) -> Figure:
    by = ["plan"]
    curve = survival.kaplan_meier(lives, by=by, min_n=min_n)
    ticks = survival_plots.times(curve, clock="months")
    return survival_plots.curves(
        curve,
        risk=survival.at(lives, ticks, by=by, min_n=min_n),
        medians=survival.quantiles(lives, by=by, min_n=min_n),
        clock="months",
        info=info,
    )


def test_each_curve_is_named_with_its_end_and_median(info: LabInfo) -> None:
    figure = _drawn(_lives({"monthly": 0.05, "yearly": 0.01}), info)
    assert "yearly 74 % after 30 months, median not reached" in figure.alt
    assert "monthly 21 % after 30 months, median 14 months" in figure.alt
    assert figure.alt.index("yearly") < figure.alt.index("monthly"), "highest first"
    for svg in (figure.wide, figure.narrow):
        assert {"monthly", "yearly", "at risk", "median", "14", "–"} <= set(_words(svg))


def test_customers_at_risk_stand_below_the_ticks(info: LabInfo) -> None:
    lives = _lives({"monthly": 0.05, "yearly": 0.01})
    at_risk = survival.at(lives, [12], by=["plan"]).table.set_index("plan")["at_risk"]
    words = _words(_drawn(lives, info).wide)
    assert {f"{value:,.0f}" for value in at_risk} <= set(words)
    assert {"0", "6", "12", "18", "24", "30"} <= set(words)


def test_curve_ends_where_the_risk_set_does(info: LabInfo) -> None:
    lives = _lives({"a": 0.05, "b": 0.3}, n=200)
    curve = survival.kaplan_meier(lives, by=["plan"])
    end = float(curve.parts["groups"].set_index("plan")["end"].to_dict()["b"])
    assert end < 30
    assert re.search(rf"b \d+ % after {end:g} months", _drawn(lives, info).alt)


def test_more_than_six_groups_become_small_multiples_and_many_the_largest_only(info: LabInfo) -> None:
    seven = _drawn(_lives({f"plan {i}": 0.01 * (i + 1) for i in range(7)}), info)
    assert any(word.startswith("plan 6 ·") for word in _words(seven.wide))
    assert "at risk" not in _words(seven.wide)
    many = _drawn(_lives({f"plan {i:03d}": 0.02 for i in range(400)}, n=40), info)
    assert many.title.endswith(f"the {survival_plots.MOST_PANELS} largest of 400 groups")
    assert len(many.wide) < 600_000


def test_withheld_groups_are_named_and_nothing_of_them_is_drawn(info: LabInfo) -> None:
    lives = pd.concat([_lives({"monthly": 0.05, "yearly": 0.01}), _lives({"rare": 0.2}, n=4)], ignore_index=True)
    figure = _drawn(lives, info)
    assert "rare" in figure.alt
    assert "Withheld for too few customers: " in figure.alt
    drawn = figure.alt.partition("Withheld")[0]
    assert "rare" not in drawn
    assert "rare" not in _words(figure.wide)


def test_text_is_large_enough_for_desk_and_phone(info: LabInfo) -> None:
    figure = _drawn(_lives({"monthly": 0.05, "yearly": 0.01}), info)
    assert min(_sizes(figure.wide)) >= SMALLEST_PX
    assert min(_sizes(figure.narrow)) * 320 / 340 >= SMALLEST_PX


def test_same_numbers_give_the_same_bytes_and_made_up_ones_a_ribbon(made_up: LabInfo) -> None:
    lives = _lives({"monthly": 0.05, "yearly": 0.01})
    first, second = _drawn(lives, made_up), _drawn(lives, made_up)
    assert (first.wide, first.narrow, first.paper) == (second.wide, second.narrow, second.paper)
    assert first.alt.startswith("Synthetic data. ")


def _causes(info: LabInfo) -> tuple[Figure, Figure, Estimates]:
    rows = []
    left = 1000
    for month in range(1, 21):
        for cause, events in (("moved", 10), ("price", 20)):
            rows.append({"duration": month, "cause": cause, "events": events, "censored": 0})
            left -= events
    rows.append({"duration": 20, "cause": None, "events": 0, "censored": left})
    lives = pd.DataFrame(rows)
    shares = survival.cumulative_incidence(lives)
    at = survival.cumulative_incidence(lives, times=[6, 12, 18])
    return (
        survival_causes.stacked(shares, at=at, clock="months", info=info),
        survival_causes.overstatement(shares, at=at, clock="months", info=info),
        shares,
    )


def test_reasons_stack_to_what_has_left(info: LabInfo) -> None:
    stacked, _, _ = _causes(info)
    assert "price 40 % and moved 20 %; the rest are still there" in stacked.alt
    assert {"price 40 %", "moved 20 %", "still there 40 %"} <= set(_words(stacked.wide))


def test_overstatement_is_drawn_beside_what_a_reason_took(info: LabInfo) -> None:
    _, figure, shares = _causes(info)
    last = shares.table.query("cause == 'moved'").iloc[-1]
    assert last["overstated"] > last["estimate"]
    assert f"moved took 20 %, one less Kaplan–Meier claims {100 * last['overstated']:.0f} %" in figure.alt
    assert any(column.label == "1 − Kaplan–Meier, %" for column in figure.table.columns)


def test_steps_are_thinned_to_what_can_be_seen_and_keep_both_ends() -> None:
    rows = pd.DataFrame({"duration": np.arange(1.0, 2001), "estimate": np.linspace(0.999, 0.2, 2000)})
    rows = rows.assign(ci_low=np.nan, ci_high=np.nan)
    drawn = survival_axes.course(rows, start=0, first=1.0)
    assert len(drawn) == survival_axes.MOST_STEPS
    assert drawn["estimate"].iloc[0] == 1.0
    assert drawn["estimate"].iloc[-1] == pytest.approx(0.2)
    assert drawn["ci_low"].equals(drawn["estimate"].rename("ci_low"))


def test_labels_keep_apart_and_in_order() -> None:
    places = survival_axes.apart([50, 50, 50, 10], gap=6)
    assert sorted(places) == pytest.approx([10, 44, 50, 56])
    assert places[0] < places[1] < places[2]


def test_tables_count_spells_and_leave_a_single_time_to_the_caption(info: LabInfo) -> None:
    lives = _lives({"monthly": 0.05, "yearly": 0.01})
    table = survival_tables.of_spells(
        survival.differences(lives, by=["plan"], times=[12]), caption="12 months", info=info
    )
    labels = [column.label for column in table.columns]
    assert labels[0] == "Plan"
    assert labels[-1] == "Spells"
    assert "Duration" not in labels
    assert "duration" in table.data
    assert "percentage points" in labels[1]


def test_steps_are_written_with_one_number_for_each_line(info: LabInfo) -> None:
    drawn = _drawn(_lives({"monthly": 0.05, "yearly": 0.01}), info).wide
    paths = [node.get("d", "") for node in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}path")]
    longest = max(paths, key=len)
    assert re.fullmatch(r"M[\d.-]+ [\d.-]+([HV][\d.-]+|L[\d.-]+ [\d.-]+)+z?", longest)
    assert longest.count("L") < 0.1 * (longest.count("H") + longest.count("V")), "two numbers only where a line slants"


def test_labels_of_curves_that_all_end_low_stay_above_the_axis() -> None:
    assert survival_axes.apart([0, 1, 0.5], gap=6, low=2) == [2, 14, 8]


def test_each_cause_ends_with_its_share_and_the_one_claimed(info: LabInfo) -> None:
    months = pd.DataFrame({"duration": [1, 2, 3, 4], "n_customers": 1000})
    lives = pd.concat(
        [
            months.assign(cause="price", events=100, censored=0),
            months.assign(cause="moved", events=50, censored=[0, 0, 0, 400]),
        ]
    )
    shares = survival.cumulative_incidence(lives)
    figure = survival_causes.overstatement(shares, at=shares, clock="months", info=info)
    assert {"40 %", "20 %"} <= set(_words(figure.wide))


def test_numbers_at_risk_keep_apart_on_a_phone(info: LabInfo) -> None:
    lives = _lives({"monthly": 0.02, "yearly": 0.01}, n=60_000)
    figure = _drawn(lives, info)
    assert sum("60,000" in word for word in _words(figure.narrow)) == 2
    assert sum("," in word for word in _words(figure.narrow)) < sum("," in word for word in _words(figure.wide))
