"""Scatter charts and histograms: what is drawn, what is said, what is withheld."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from cemlab import show
from cemlab.core.results import Estimates
from cemlab.show import table, theme


def _made(frame: dict[str, list[float]], *, by: str) -> Estimates:
    return Estimates.build(pd.DataFrame(frame), by=[by], measure="m", unit="share", method="", level=0.95, min_n=10)


def _words(svg: str) -> set[str]:
    return {"".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")}


@pytest.fixture
def curve() -> Estimates:
    return _made(
        {
            "group": [1, 2, 3],
            "predicted": [0.06, 0.02, 0.2],
            "estimate": [0.05, 0.03, 0.25],
            "ci_low": [0.04, 0.02, 0.2],
            "ci_high": [0.06, 0.04, 0.3],
            "n": [300, 300, 5],
        },
        by="group",
    )


def test_points_lie_about_the_diagonal_and_few_are_withheld(curve: Estimates) -> None:
    chart = show.points("risk-calibration-curve", curve, x="predicted", across_unit="share", diagonal=True, horizon=90)
    # two groups are withheld: the one of five, and the next, which would give it away
    assert chart.points["x"].tolist() == [0.02] or chart.points["x"].tolist() == [0.06]
    drawn = chart.draw()
    assert drawn.title == "Predicted risk and share that left within 90 days"
    assert "25%" not in drawn.alt
    assert "as predicted" in _words(drawn.wide)
    assert theme.SERIES[0] in drawn.wide


def test_a_curve_runs_through_its_ends_and_its_best_is_ringed() -> None:
    found = _made(
        {"share": [0.1, 0.5], "estimate": [0.3, 0.8], "ci_low": [0.2, 0.7], "ci_high": [0.4, 0.9], "n": [900, 900]},
        by="share",
    )
    chart = show.points("risk-lift-curve", found, x="share", joined=True, ends=[(0, 0), (1, 1)], diagonal=True)
    assert chart.points["x"].tolist() == [0.0, 0.1, 0.5, 1.0]
    assert "at 0.1: 30% (20% to 40%)" in chart.draw().alt
    assert [row[-1].text for row in table.draw(chart.table).rows] == ["900", "900"]
    plain = show.points("risk-lift-curve", found, x="share", joined=True, line=0.25, ring=0.5, across_unit="share")
    assert "at 50%: 80% (70% to 90%)" in plain.draw().alt


def test_a_histogram_counts_bands_and_leaves_out_few() -> None:
    risks = pd.DataFrame({"risk": [0.01, 0.04, 0.05, 0.3, math.nan], "n": [500, 300, 200, 60, 9]})
    chart = show.distribution(
        "risk-distribution", risks, x="risk", bands=[0.03, 0.1], counted="customers", measure="risk", min_n=10
    )
    assert chart.bands["n"].tolist() == [500, 500, 60]
    assert chart.frame["n"].sum() == 1060
    drawn = chart.draw()
    assert "below 3%: 500 (47%); 3% to 10%: 500 (47%); 10% or more: 60 (6%)" in drawn.alt
    assert "3% to 10%: 500 (47%)" in _words(drawn.wide)
    assert len(re.findall(theme.BANDS[-1], drawn.wide)) >= 2
    assert [row[2].text for row in table.draw(chart.table).rows] == ["500", "500", "60"]


def test_a_band_of_few_is_withheld_with_its_bars_and_with_what_would_give_it_away() -> None:
    risks = pd.DataFrame({"risk": [0.01, 0.04, 0.05, 0.3], "n": [500, 300, 200, 4]})
    chart = show.distribution("risk-distribution", risks, x="risk", bands=[0.03, 0.1], min_n=10)
    assert chart.bands["suppressed"].sum() == 2
    assert chart.frame.loc[chart.frame["band"].eq(2), "suppressed"].all()
    assert "10% or more: withheld" in chart.draw().alt
    rows = table.draw(chart.table).rows
    assert rows[2][2].text == "< 10"


def test_rows_of_a_chart_are_called_by_the_vocabulary_or_as_days() -> None:
    found = _made({"term": ["nps_group"], "estimate": [0.1], "n": [900]}, by="term")  # type: ignore[list-item]
    chart = show.intervals("risk-columns-lost", found, label="term", naming="term", line=0.0)
    assert "Last NPS answer" in chart.draw().alt
    days = _made({"day": ["2024-03-01"], "estimate": [0.1], "n": [900]}, by="day")  # type: ignore[list-item]
    dated = show.intervals("risk-skill-dates", days, label="day", naming="day", line=0.5)
    assert "1 March 2024" in dated.draw().alt
    assert table.draw(dated.table).rows[0][0].text == "1 March 2024"
