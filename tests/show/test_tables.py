"""Display tables and their CSV."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pandas as pd
import pytest

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import tables

HOSTILE = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\n=1", "＝1+1"]


def _texts(table: tables.Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_headings_hold_units_and_level(regions: Estimates, info: LabInfo) -> None:
    extra = {"mde": "Seen from", "flagged": "Stands out"}
    table = tables.of_estimates(regions, caption="c", info=info, label="NPS", extra=extra)
    assert [column.label for column in table.columns] == [
        "Region",
        "NPS, points",
        "95 % interval, points",
        "Seen from, points",
        "Stands out",
        "Answers",
    ]
    assert [column.numeric for column in table.columns] == [False, True, True, True, True, True]


def test_one_precision_per_column_from_the_median_half_width(regions: Estimates, info: LabInfo) -> None:
    table = tables.of_estimates(regions, caption="c", info=info, extra={"mde": "Seen from"})
    assert _texts(table)[0] == ["North", "41", "38 to 44", "5", "1,250"]
    assert _texts(table)[1] == ["South", "−3", "−10 to 3", "7", "480"]
    sharp = regions.table.assign(ci_low=lambda t: t["estimate"] - 0.3, ci_high=lambda t: t["estimate"] + 0.3)
    sharp = sharp.drop(columns=["suppressed", "too_small"])
    again = Estimates.build(sharp, by=["region"], measure="nps", unit="points", method="", level=0.999, min_n=2)
    table = tables.of_estimates(again, caption="c", info=info)
    assert [row[1] for row in _texts(table)[:2]] == ["41.3", "−3.4"]
    assert table.columns[2].label == "99.9 % interval, points"


def test_small_cell_and_its_complement_show_no_number(regions: Estimates, info: LabInfo) -> None:
    extra = {"mde": "Seen from", "flagged": "Stands out"}
    rows = _texts(tables.of_estimates(regions, caption="c", info=info, extra=extra))
    assert rows[2] == ["East", "–", "–", "–", "–", "< 10"]
    assert rows[3] == ["West", "–", "–", "–", "–", "withheld"]


def test_suppressed_numbers_are_missing_in_the_csv_too(regions: Estimates, info: LabInfo) -> None:
    written = tables.csv(tables.of_estimates(regions, caption="c", info=info).data)
    east = next(row for row in csv.DictReader(io.StringIO(written)) if row["region"] == "East")
    assert {east[name] for name in ("estimate", "ci_low", "ci_high", "n", "mde")} == {""}


def test_share_is_percent_in_the_table_and_a_share_in_the_csv(info: LabInfo) -> None:
    frame = pd.DataFrame({"group": ["promoter"], "estimate": [0.622], "ci_low": [0.614], "ci_high": [0.63], "n": [90]})
    shares = Estimates.build(frame, by=["group"], measure="s", unit="share", method="", level=0.95, min_n=2)
    table = tables.of_estimates(shares, caption="c", info=info)
    assert table.columns[1].label == "Estimate, %"
    assert _texts(table)[0][1:3] == ["62.2", "61.4 to 63.0"]
    assert "0.622" in tables.csv(table.data)


def test_locale_rules_the_table(regions: Estimates) -> None:
    french = LabInfo("a", "A", "UTC", locale="fr-FR")
    assert _texts(tables.of_estimates(regions, caption="c", info=french))[0][-1] == "1\u202f250"


def test_numbers_sort_by_value_and_withheld_ones_last(regions: Estimates, info: LabInfo) -> None:
    keys = [row[1].sort for row in tables.of_estimates(regions, caption="c", info=info).rows]
    assert keys[:2] == [41.26, -3.4]
    assert all(isinstance(key, float) and math.isnan(key) for key in keys[2:])


def test_ordered_puts_the_highest_first_and_withheld_rows_last(regions: Estimates) -> None:
    assert tables.ordered(regions).table["region"].tolist()[:2] == ["North", "South"]
    assert tables.ordered(regions, ascending=True).table["region"].tolist()[:2] == ["South", "North"]
    assert tables.ordered(regions).table["suppressed"].tolist() == [False, False, True, True]


@pytest.mark.parametrize("label", HOSTILE)
@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_no_label_can_run_in_a_spreadsheet(label: str, dtype: str) -> None:
    frame = pd.DataFrame({"region": pd.Series([label, "fine"], dtype=dtype), "n": [1, 2]})
    read = list(csv.DictReader(io.StringIO(tables.csv(frame), newline="")))
    assert [row["region"] for row in read] == [f"'{label}", "fine"]


def test_a_line_break_inside_a_label_starts_no_new_row() -> None:
    frame = pd.DataFrame({"region": ["a\r=1+1", "b\r\n=2", "c\n=3"], "n": [1, 2, 3]})
    read = list(csv.DictReader(io.StringIO(tables.csv(frame), newline="")))
    assert [(row["region"], row["n"]) for row in read] == [("a\n=1+1", "1"), ("b\n=2", "2"), ("c\n=3", "3")]


def test_no_heading_can_run_in_a_spreadsheet() -> None:
    assert tables.csv(pd.DataFrame({"=1+1": [1]})).startswith("'=1+1")


def test_numbers_of_the_csv_are_left_alone() -> None:
    frame = pd.DataFrame({"a": [-1.5, 2.25, np.nan], "b": [-3, 4, 5], "c": [True, False, True]})
    read = pd.read_csv(io.StringIO(tables.csv(frame)))
    pd.testing.assert_frame_equal(read, frame)


def test_missing_text_stays_missing() -> None:
    assert tables.csv(pd.DataFrame({"a": pd.Series([None, "x"], dtype="string")})).splitlines()[1] == '""'


@pytest.mark.parametrize("label", ["x" * 300, "<b onclick='x()'>bold</b> & \"more\"", "🦊 naïve 東京", "{{ 7 * 7 }}"])
def test_label_stays_as_it_is(label: str, info: LabInfo) -> None:
    table = tables.of_frame(pd.DataFrame({"what": [label], "n": [4]}), caption="c", labels={"what": "W"}, info=info)
    assert table.rows[0][0].text == label
    assert table.columns == (tables.Column("W"),)


def test_frame_prints_counts_whole_and_numbers_right(info: LabInfo) -> None:
    frame = pd.DataFrame({"what": ["a"], "n": [12345.0]})
    table = tables.of_frame(frame, caption="c", labels={"what": "W", "n": "N"}, info=info)
    assert _texts(table) == [["a", "12,345"]]
    assert table.columns[1].numeric


def test_heading_is_a_column_name_in_words() -> None:
    assert tables.heading("visit_band") == "Visit band"


def test_without_an_interval_nothing_is_said_to_stand_out_or_not(info: LabInfo) -> None:
    frame = pd.DataFrame(
        {
            "plan": ["a", "b"],
            "estimate": [0.3, 0.1],
            "ci_low": [math.nan, 0.05],
            "ci_high": [math.nan, 0.15],
            "n": [90, 80],
            "flagged": [False, True],
        }
    )
    found = Estimates.build(frame, by=["plan"], measure="s", unit="percentage points", method="", level=0.95, min_n=2)
    rows = _texts(tables.of_estimates(found, caption="c", info=info, extra={"flagged": "Stands out"}))
    assert [row[3] for row in rows] == ["–", "yes"]


def test_csv_holds_no_digit_that_the_order_of_a_sum_decides() -> None:
    one, other = sum([0.1, 0.2, 0.3]), sum([0.3, 0.2, 0.1])
    assert one != other
    assert tables.csv(pd.DataFrame({"value": [one]})) == tables.csv(pd.DataFrame({"value": [other]}))
