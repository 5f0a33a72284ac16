"""Charts: what is drawn stands in the table and in words, withheld groups in neither."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from cemlab import show
from cemlab.core.results import Estimates, Name
from cemlab.show import scores, stack, table, theme
from cemlab.show.format import Style


def _texts(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_dots_are_named_counted_and_withheld(regions: Estimates, overall: Estimates) -> None:
    chart = show.intervals("nps-forest", {"region": regions}, whole=overall, measure="nps", metric=Name("NPS"))
    drawn = chart.draw()
    words = _texts(drawn.wide)
    assert {"North", "South", "1,250"} <= set(words)
    assert words.count("withheld") == 2
    assert "Region: North 41 (38 to 44)" in drawn.alt
    assert "12.0" not in drawn.wide + drawn.alt, "a withheld number"
    assert "1,794 answers; 95% confidence intervals." in drawn.basis


def test_flagged_groups_are_named_in_words(regions: Estimates) -> None:
    chart = show.intervals("nps-forest", {"region": regions}, measure="nps", metric=Name("NPS"))
    assert "Significant and larger than the floor: North." in chart.draw().alt


def test_ratios_stand_on_a_logarithmic_axis_around_one() -> None:
    frame = pd.DataFrame(
        {
            "term": ["plan", "plan"],
            "level": ["a", "b"],
            "estimate": [0.5, 2.0],
            "ci_low": [0.4, 1.6],
            "ci_high": [0.63, 2.5],
            "n": [90, 90],
        }
    )
    made = Estimates.build(frame, by=["term", "level"], measure="hr", unit="ratio", method="", level=0.95, min_n=10)
    chart = show.intervals("survival-ratios", made, line=1.0, scale="ratio", measure="hazard-ratio", cause=Name(""))
    drawn = chart.draw()
    dots = list(ET.fromstring(drawn.wide).iter("{http://www.w3.org/2000/svg}use"))
    assert dots
    assert "Plan: " in drawn.alt
    assert "0.5" in " ".join(_texts(drawn.wide))


def test_many_groups_are_cut_to_the_ends_and_the_title_says_so() -> None:
    frame = pd.DataFrame({"shop": [f"s{at:03d}" for at in range(90)], "estimate": range(90), "n": 100}).astype(
        {"estimate": float}
    )
    frame = frame.assign(ci_low=frame["estimate"] - 1, ci_high=frame["estimate"] + 1)
    made = Estimates.build(frame, by=["shop"], measure="nps", unit="points", method="", level=0.95, min_n=10)
    drawn = show.intervals("nps-forest", {"shop": table.ordered(made)}, measure="nps", metric=Name("NPS")).draw()
    assert "the 20 highest and the 20 lowest of 90" in drawn.title
    words = _texts(drawn.wide)
    assert "s089" in words
    assert "s045" not in words
    assert len(drawn.table.rows) == 90


def _course(**more: list[object]) -> Estimates:
    frame = pd.DataFrame(
        {
            "period": ["2024-01-01", "2024-02-01", "2024-03-01"],
            "estimate": [10.0, 20.0, 30.0],
            "ci_low": [5.0, 15.0, 25.0],
            "ci_high": [15.0, 25.0, 35.0],
            "n": [100, 100, 100],
            "complete": [True, True, False],
            **more,
        }
    )
    return Estimates.build(frame, by=["period"], measure="nps", unit="points", method="", level=0.95, min_n=10)


def test_a_course_names_its_periods_and_marks_what_is_open() -> None:
    drawn = show.lines("nps-course", _course(), measure="nps", metric=Name("NPS"), period="month", trend=False).draw()
    assert "NPS: 10 in January 2024 at first, 20 in February 2024 at last" in drawn.alt
    assert "One incomplete period." in drawn.alt
    assert "hatched: incomplete" in " ".join(_texts(drawn.wide))


def test_a_significant_trend_is_drawn_with_its_band_and_another_is_not() -> None:
    line = pd.DataFrame({"estimate": [20.0], "ci_low": [12.0], "ci_high": [28.0], "n": [300], "at_first": [9.0]})

    def ends(significant: bool) -> tuple[float, ...]:
        made = Estimates.build(
            line.assign(significant=significant), by=[], measure="t", unit="points", method="", level=0.95, min_n=10
        )
        return scores.trend_line(made)

    assert ends(True) == (9.0, 29.0, 8.0)
    assert ends(False) == ()
    drawn = [
        show.lines(
            "nps-course",
            _course(),
            straight=straight,
            measure="nps",
            metric=Name("NPS"),
            period="month",
            trend=bool(straight),
        ).draw()
        for straight in (ends(True), ())
    ]
    assert [each.wide.count(theme.SERIES[0]) > 0 for each in drawn] == [True, False]


def test_steps_have_those_at_risk_below_and_medians_ringed() -> None:
    frame = pd.DataFrame(
        {
            "duration": [0.0, 12.0, 24.0],
            "estimate": [1.0, 0.7, 0.5],
            "ci_low": [1, 0.65, 0.45],
            "ci_high": [1, 0.75, 0.55],
            "n": [100] * 3,
            "at_risk": [100, 70, 50],
        }
    )
    made = Estimates.build(frame, by=["duration"], measure="s", unit="share", method="", level=0.95, min_n=0, cells=[])
    drawn = show.lines(
        "survival-curve",
        made,
        x="duration",
        step=True,
        risk=made,
        marks={"": 24.0},
        measure="still-there",
        across="since",
        across_unit="months",
        counted="spells",
    ).draw()
    words = _texts(drawn.wide)
    assert {"100", "70", "50", "at risk"} <= set(words)
    assert "Time since the start; months" in words
    assert "50% in 24 months at last" in drawn.alt.replace("\xa0", " ")


@pytest.mark.parametrize("layout", ["piled", "diverging"])
def test_bars_of_shares_hold_their_numbers(layout: str) -> None:
    frame = pd.DataFrame(
        {
            "period": ["2024-01-01"] * 3,
            "group": ["promoter", "passive", "detractor"],
            "estimate": [0.5, 0.3, 0.2],
            "ci_low": [0.45, 0.25, 0.15],
            "ci_high": [0.55, 0.35, 0.25],
            "n": [200] * 3,
        }
    )
    made = Estimates.build(
        frame, by=["period", "group"], measure="s", unit="share", method="", level=0.95, min_n=10, cells=["period"]
    )
    parts = ["promoter", "passive", "detractor"]
    if layout == "piled":
        drawn = show.bars("nps-mix-course", made, layout="piled", parts=parts, period="month").draw()
    else:
        drawn = show.bars("nps-mixes", {"period": made}, layout="diverging", parts=parts).draw()
    assert "50% promoters, 30% passives and 20% detractors" in drawn.alt
    assert {theme.GROUPS["promoter"], theme.GROUPS["detractor"]} <= {
        each for each in theme.GROUPS.values() if each in drawn.wide
    }


def test_everything_withheld_is_said_in_the_charts_place(regions: Estimates) -> None:
    hidden = regions.with_columns({"suppressed": [True] * 4, "estimate": [math.nan] * 4})
    drawn = show.intervals("nps-forest", {"region": hidden}, measure="nps", metric=Name("NPS")).draw()
    assert "Withheld: too few customers." in _texts(drawn.wide)


def test_paper_is_drawn_only_when_asked_for(regions: Estimates) -> None:
    chart = show.intervals("nps-forest", {"region": regions}, measure="nps", metric=Name("NPS"))
    assert chart.draw().paper == ""
    assert 'width="174mm"' in chart.draw(paper=True).paper


def test_levels_with_their_judged_differences_show_what_was_detectable(regions: Estimates) -> None:
    judged = stack.judged(
        regions, regions.with_columns({"estimate": [10.0, -5.0, 0.0, 1.0], "nps_rest": [31.0, 35.0, 30.0, 30.0]})
    )
    assert {"difference", "mde", "rest", "flagged"} <= set(judged.table)
    drawn = show.intervals("nps-forest", {"region": judged}, measure="nps", metric=Name("NPS")).draw(
        style=Style("de", "de-DE")
    )
    assert "Raute" in " ".join(_texts(drawn.wide))
