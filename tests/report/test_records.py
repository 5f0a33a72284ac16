"""Records: what a notebook emits comes back as it was, and is plain JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cemlab.core.lab import LabInfo
from cemlab.core.results import Finding, Name, Quote, Sentence
from cemlab.report import records
from cemlab.show.figure import Figure
from cemlab.show.table import Cell, Heading, Table

numbers = st.floats(allow_infinity=False)
findings = st.builds(
    Finding,
    key=st.text(min_size=1),
    value=numbers,
    unit=st.sampled_from(["points", "share", "answers"]),
    label=st.text(),
    scope=st.dictionaries(st.text(), st.text(), max_size=3),
    period=st.text(),
    ci_low=numbers,
    ci_high=numbers,
    mde=numbers,
    n=numbers,
    flagged=st.booleans(),
    suppressed=st.booleans(),
    better=st.sampled_from(["up", "down", "none"]),
    row=st.integers(0, 10**6),
)


def _through_json(record: Any) -> Any:
    return json.loads(json.dumps(record, allow_nan=False))


def _same(one: Finding, other: Finding) -> bool:
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in dataclasses.fields(Finding)]
    return all(a == b or (isinstance(a, float) and math.isnan(a) and math.isnan(b)) for a, b in pairs)


@given(finding=findings)
def test_finding_comes_back_through_json(finding: Finding) -> None:
    assert _same(records.to_finding(_through_json(records.of_finding(finding))), finding)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_null(value: float) -> None:
    assert records.of_finding(Finding("k", value, "points", ci_high=value))["value"] is None
    assert math.isnan(records.to_finding(_through_json(records.of_finding(Finding("k", value, "points")))).value)


@given(finding=findings, name=st.text())
def test_sentence_comes_back_through_json(finding: Finding, name: str) -> None:
    said = Sentence("It is ", finding, " in ", Name(name), " between ", Quote(finding, "interval"), ".")
    back = _through_json(records.of_sentence(said))
    assert [back[at] for at in (0, 2, 4, 6)] == [{"words": each} for each in ("It is ", " in ", " between ", ".")]
    assert back[3] == {"name": name}
    assert [back[at]["aspect"] for at in (1, 5)] == ["value", "interval"]
    assert all(_same(records.to_finding(back[at]["finding"]), finding) for at in (1, 5))


def _table() -> Table:
    rows = ((Cell("North", "North"), Cell("41", 41.26)), (Cell("East", "East"), Cell("–", math.nan)))
    data = pd.DataFrame({"region": ["North", "East"], "estimate": [41.26, math.nan]})
    return Table("NPS by region", (Heading("Region"), Heading("NPS, points", numeric=True)), rows, data)


def test_table_is_plain_json_with_its_csv() -> None:
    record = _through_json(records.of_table(_table()))
    assert record["csv"] == "region,estimate\nNorth,41.26\nEast,\n"
    assert record["caption"] == "NPS by region"
    assert [(each["label"], each["numeric"]) for each in record["columns"]] == [
        ("Region", False),
        ("NPS, points", True),
    ]
    assert record["rows"] == [[["North", "North"], ["41", 41.26]], [["East", "East"], ["–", None]]]


def test_figure_and_lab_are_plain_json() -> None:
    figure = Figure("T", "alt", "<svg/>", "<svg />", _table())
    assert _through_json(records.of_figure(figure))["alt"] == "alt"
    info = LabInfo("a", "A & Söhne", "UTC", segments=("plan",))
    assert _through_json(records.of_info(info))["company"] == "A & Söhne"


def test_only_our_own_records_are_read_and_in_order() -> None:
    ours = [new_output("display_data", data={records.MIME: {"kind": kind}, "text/html": "x"}) for kind in "ab"]
    foreign = new_output("stream", name="stdout", text="noise")
    picture = new_output("display_data", data={"image/png": "x"})
    notebook = new_notebook(
        cells=[
            new_code_cell("", outputs=[ours[0], foreign]),
            new_markdown_cell("x"),
            new_code_cell("", outputs=[picture, ours[1]]),
        ]
    )
    assert [record["kind"] for record in records.read(notebook)] == ["a", "b"]
