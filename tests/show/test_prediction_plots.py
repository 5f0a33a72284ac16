"""Figures and tables of predictions: what is drawn, what is said, what is withheld."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import forests, prediction_acting, prediction_bands, prediction_plots, prediction_tables, theme
from cemlab.show.figure import Figure

SMALLEST_PX = 11


def _words(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def _sizes(figure: Figure) -> set[float]:
    found = [re.findall(r"(?:font-size: |font: [^;]*?)([\d.]+)px", svg) for svg in (figure.wide, figure.narrow)]
    return {float(each) for sizes in found for each in sizes}


def _made(frame: dict[str, list[object]], *, by: list[str], unit: str = "share", measure: str = "m") -> Estimates:
    return Estimates.build(pd.DataFrame(frame), by=by, measure=measure, unit=unit, method="", level=0.95, min_n=10)  # type: ignore[arg-type]


@pytest.fixture
def curve() -> Estimates:
    return _made(
        {
            "risk_group": [1, 2, 3, 4],
            "predicted": [0.01, 0.02, 0.06, 0.2],
            "estimate": [0.02, 0.03, 0.05, 0.25],
            "ci_low": [0.01, 0.02, 0.04, 0.2],
            "ci_high": [0.03, 0.04, 0.06, 0.3],
            "n": [200, 300, 300, 5],
        },
        by=["risk_group"],
    )


def test_calibration_shows_points_and_how_many_were_given_which_risk(curve: Estimates, info: LabInfo) -> None:
    given = pd.DataFrame({"risk": [0.02, 0.06, 0.2], "n": [300, 300, 5]})
    figure = prediction_plots.calibration(curve, predictions=given, risk="risk", horizon="90 days", info=info)
    assert "2.0 % predicted, 3.0 % left (2.0 to 4.0)" in figure.alt
    assert "20.0 % predicted" not in figure.alt, "a group of five is withheld"
    assert {"as predicted", "% that left", "customers"} <= set(_words(figure.wide))
    assert figure.table.rows[3][-1].text == "< 10"
    assert min(_sizes(figure)) >= SMALLEST_PX


def test_histogram_leaves_out_bars_of_few_and_keeps_the_total() -> None:
    risk, n = np.array([0.01, 0.02, 0.9]), np.array([500.0, 600.0, 4.0])
    bars = prediction_plots.histogram(risk, n, min_n=10)
    assert bars["high"].max() < 10, "four customers do not stretch the axis"
    assert bars["n"].sum() == 1104
    few = prediction_plots.histogram(np.array([0.01, 0.02, 0.03]), np.array([500.0, 3.0, 500.0]), min_n=10)
    assert few["n"].sum() == 1000
    assert prediction_plots.histogram(np.array([math.nan]), np.array([9.0]), min_n=10).empty


def test_segments_stand_by_grouping_and_nobody_left_is_no_dot(info: LabInfo) -> None:
    region = _made(
        {
            "region": ["N", "S"],
            "estimate": [1.3, 0.0],
            "ci_low": [1.1, math.nan],
            "ci_high": [1.5, math.nan],
            "n": [500, 40],
            "flagged": [True, False],
            "conclusion": ["large", "not testable"],
            "floor": [0.0, 0.0],
        },
        by=["region"],
        unit="ratio",
    )
    figure = prediction_plots.segments({"region": region}, info=info)
    assert {"Region", "N", "S", "none"} <= set(_words(figure.wide))
    assert "N 1.3 (1.1 to 1.5); S none" in figure.alt
    assert theme.INK in figure.wide


def test_skill_shows_all_days_together_first_and_each_day(info: LabInfo) -> None:
    days = _made(
        {
            "day": ["2024-03-01", "2024-06-01"],
            "estimate": [0.6, 0.7],
            "ci_low": [0.5, 0.6],
            "ci_high": [0.7, 0.8],
            "n": [900, 900],
        },
        by=["day"],
    )
    whole = _made({"estimate": [0.65], "ci_low": [0.6], "ci_high": [0.7], "n": [1800]}, by=[])
    figure = prediction_plots.skill({"Ranked": days}, overall={"Ranked": whole}, lines={"Ranked": 50.0}, info=info)
    assert "all days together 65 (60 to 70); 2024-03-01 60 (50 to 70)" in figure.alt
    assert "50 is no skill" in figure.alt
    assert [row[1].text for row in figure.table.rows] == ["all", "2024-03-01", "2024-06-01"]
    assert figure.basis == "1,800 customers; 95 % intervals."


def test_lift_runs_from_none_to_all_and_money_marks_its_best(info: LabInfo) -> None:
    found = _made(
        {"share": [0.1, 0.5], "estimate": [0.3, 0.8], "ci_low": [0.2, 0.7], "ci_high": [0.4, 0.9], "n": [900, 900]},
        by=["share"],
    )
    figure = prediction_acting.lift(found, info=info)
    assert "top 10 % of customers hold 30 % of leavers" in figure.alt
    assert [row[0].text for row in figure.table.rows] == ["10", "50"]
    money = _made(
        {
            "threshold": [0.0, 0.1, 0.2],
            "estimate": [-1.0, 0.5, 0.2],
            "ci_low": [-2.0, 0.1, 0.0],
            "ci_high": [0.0, 0.9, 0.4],
            "everybody": [-1.0] * 3,
            "n": [900] * 3,
        },
        by=["threshold"],
        unit="currency",
    )
    told = prediction_acting.money(money, info=info)
    assert "highest with 0.50 at 10.0 %" in told.alt
    assert "contacting everybody brings −1.00" in told.alt
    assert {"by risk", "everybody", "nobody"} <= set(_words(told.wide))


def test_bands_withhold_small_counts_and_what_gives_them_away(info: LabInfo) -> None:
    low, high = [0.0, 0.05, 0.1], [0.05, 0.1, 1.0]
    counts = pd.DataFrame(
        {"plan": list("aaabbbccc"), "low": low * 3, "high": high * 3, "n": [200, 300, 90, 400, 60, 3, 500, 500, 500]}
    )
    figure = prediction_bands.bands({"plan": counts}, info=info, min_n=10)
    rows = {row[1].text: [cell.text for cell in row[2:]] for row in figure.table.rows}
    assert rows["b"][2] == "withheld"
    assert rows["b"].count("withheld") >= 2, "one alone would be the total less the others"
    assert rows["a"].count("withheld") >= 2
    assert rows["c"] == ["500", "500", "500", "1,500"]
    assert "10 % and over withheld" in figure.alt


def test_customers_without_a_score_have_a_band_of_their_own(info: LabInfo) -> None:
    counts = pd.DataFrame({"low": [0.0, math.nan], "high": [1.0, math.nan], "n": [200, 30]})
    assert "no score 13 %" in prediction_bands.bands({"": counts}, info=info, min_n=10).alt


def test_relation_that_moved_is_a_diamond_in_ink(info: LabInfo) -> None:
    found = _made(
        {
            "day": ["2024-03-01", "2024-06-01"],
            "estimate": [1.0, 1.6],
            "ci_low": [0.8, 1.3],
            "ci_high": [1.2, 1.9],
            "n": [900, 900],
            "flagged": [False, True],
        },
        by=["day"],
        unit="ratio",
    )
    figure = prediction_acting.by_day(found, info=info)
    assert "2024-06-01 1.60 (1.30 to 1.90)" in figure.alt
    assert {theme.INK, theme.CONTEXT} <= set(re.findall(r"#[0-9a-f]{6}", figure.wide))


def test_counts_and_mix_print_what_is_withheld_and_the_verdict(info: LabInfo) -> None:
    frame = pd.DataFrame({"group": ["a", "b"], "n": [1200.0, math.nan]})
    table = prediction_tables.of_counts(frame, caption="c", labels={"group": "Group", "n": "Customers"}, info=info)
    assert [[cell.text for cell in row] for row in table.rows] == [["a", "1,200"], ["b", "withheld"]]


def test_rows_of_a_forest_are_spoken_with_as_many_digits_as_they_deserve(info: LabInfo) -> None:
    row = {"estimate": 0.123456, "ci_low": 0.1, "ci_high": 0.15, "n": 50, "suppressed": False}
    made = forests.row(row, label="Plan", unit="share", info=info)
    assert forests.spoken(made, info=info) == "Plan 12 (10 to 15)"
    assert forests.row({**row, "suppressed": True}, label="Plan", unit="share", info=info).kind == "withheld"


def test_no_model_or_column_is_called_as_the_export_calls_it(info: LabInfo) -> None:
    frame = pd.DataFrame(
        {
            "model": ["tenure and deposit_type"],
            "versus": "tenure alone",
            "estimate": 0.1,
            "ci_low": 0.05,
            "ci_high": 0.15,
            "n": 900,
            "flagged": True,
        }
    )
    gain = Estimates.build(frame, by=["model"], measure="g", unit="share", method="", level=0.95, min_n=2)
    drawn = prediction_plots.models(gain, info=info)
    assert drawn.table.rows[0][0].text == "tenure and deposit type"
    assert "deposit_type" not in drawn.wide + drawn.alt
