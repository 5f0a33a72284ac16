"""Tables: a column is a spec, a withheld row shows nothing, a cell never runs."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from cemlab.core.results import Estimates
from cemlab.show import stack, table
from cemlab.show.format import Style


def _drawn(estimates: Estimates, *columns: table.Column, style: Style = Style()) -> list[list[str]]:  # noqa: B008 - frozen
    spec = table.table("nps-change", estimates, *columns, which="windows")
    made = table.draw(spec, style=style)
    return [[heading.label for heading in made.columns], *[[cell.text for cell in row] for row in made.rows]]


def test_precision_follows_the_interval_and_units_stand_in_headings(regions: Estimates) -> None:
    rows = _drawn(regions, table.text("region"), table.value(label="nps"), table.interval(), table.count())
    assert rows[0] == ["Region", "NPS, points", "95% CI, points", "Answers"]
    assert rows[1] == ["North", "41", "38 to 44", "1,250"]


def test_a_withheld_row_shows_neither_number_nor_interval(regions: Estimates) -> None:
    rows = _drawn(regions, table.text("region"), table.value(), table.interval(), table.value("mde"), table.count())
    east = next(row for row in rows if row[0] == "East")
    assert east[1:] == ["–", "–", "–", "< 10"]
    west = next(row for row in rows if row[0] == "West")
    assert west[-1] == "withheld", "the smallest of the others, which would give the first away"


def test_detectable_differences_are_rounded_up(regions: Estimates) -> None:
    rows = _drawn(regions, table.text("region"), table.value("mde"))
    assert [row[1] for row in rows[1:3]] == ["5", "7"]


def test_shares_are_percent_and_other_languages_have_their_own_signs() -> None:
    frame = pd.DataFrame({"plan": ["a"], "estimate": [0.1234], "ci_low": [0.10], "ci_high": [0.15], "n": [12345]})
    made = Estimates.build(frame, by=["plan"], measure="s", unit="share", method="", level=0.9, min_n=10)
    columns = (table.text("plan"), table.value(label="share"), table.interval(), table.count())
    assert _drawn(made, *columns)[1] == ["a", "12", "10 to 15", "12,345"]
    assert _drawn(made, *columns, style=Style("de", "de-DE"))[0][2] == "90\xa0%-KI, %"
    assert _drawn(made, *columns, style=Style("de", "de-DE"))[1][3] == "12.345"


def test_units_that_differ_stand_in_their_cells() -> None:
    rows = {"estimate": [2.0], "ci_low": [1.0], "ci_high": [3.0], "n": [90]}
    made = {
        unit: Estimates.build(
            pd.DataFrame({"segment": ["a"], **rows}),
            by=["segment"],
            measure="m",
            unit=unit,
            method="",
            level=0.95,
            min_n=10,
        )
        for unit in ("points", "months")
    }
    together = stack.stacked(made, panel="outcome", label="segment")
    cells = [row[1].replace("\xa0", " ") for row in _drawn(together, table.text("segment"), table.value())[1:]]
    assert cells == ["2 points", "2 months"]


def test_p_values_flags_and_outcomes() -> None:
    frame = pd.DataFrame(
        {
            "p_value": [0.0004, 0.0312],
            "flagged": [True, False],
            "conclusion": ["large", "not testable"],
            "floor": [3.0, 3.0],
        }
    )
    columns = (table.p_value(), table.flag("flagged"), table.outcome())
    made = table.draw(table.table("nps-change", frame, *columns, which="windows"))
    assert [[cell.text for cell in row] for row in made.rows] == [
        ["< 0.001", "yes", "significant, larger than the floor"],
        ["0.031", "no", "not tested"],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2", "@x", "\tx", "a\rb"])
def test_no_cell_of_a_csv_file_runs(text: str) -> None:
    written = table.csv(pd.DataFrame({text: [text], "n": [-2.5]}))
    (heading, row) = list(csv.reader(io.StringIO(written)))
    assert not heading[0].startswith(("=", "+", "-", "@", "\t"))
    assert not row[0].startswith(("=", "+", "-", "@", "\t"))
    assert row[1] == "-2.5"


def test_rows_are_ordered_with_withheld_ones_last(regions: Estimates) -> None:
    assert table.ordered(regions).table["region"].tolist()[:2] == ["North", "South"]
    assert set(table.ordered(regions, ascending=True).table["region"].tolist()[-2:]) == {"East", "West"}
