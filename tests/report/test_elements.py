"""The pieces that templates are made of."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cemlab.core.lab import LabInfo, LedgerLine
from cemlab.core.results import Finding
from cemlab.report import elements, records
from cemlab.show.format import Style

INFO = LabInfo("t", "T", "UTC", locale="de-DE")
STYLE = Style.of(INFO)


def _finding(low: float, high: float, unit: Any = "points") -> Finding:
    return Finding("k", (low + high) / 2, unit, ci_low=low, ci_high=high)


@pytest.mark.parametrize(
    ("findings", "scale"),
    [
        ([_finding(10, 20), _finding(0.4, 0.6, "share")], (0.0, 100.0)),
        ([_finding(-3, 2), _finding(0.4, 0.6, "share")], (-100.0, 100.0)),
        ([Finding("n", 5.0, "answers")], None),
        ([_finding(90, 140)], None),
        ([], None),
    ],
)
def test_tiles_share_one_scale_or_have_none(findings: list[Finding], scale: elements.Scale | None) -> None:
    assert elements.tile_scale(findings) == scale


@pytest.mark.parametrize(("value", "at"), [(-100, 0), (0, 100), (100, 200), (53.4161, 153.42)])
def test_value_stands_where_the_scale_says(value: float, at: float) -> None:
    assert elements.on_scale(value, (-100, 100)) == at


@pytest.mark.parametrize(
    ("text", "slug"),
    [("NPS by region?", "nps-by-region"), ("../../etc/passwd", "etc-passwd"), ("東京", "table"), ("x" * 300, "x" * 60)],
)
def test_slug_is_a_safe_name(text: str, slug: str) -> None:
    assert elements.slug(text) == slug


def test_anchors_never_collide() -> None:
    taken = {"main"}
    made = [elements.anchor(text, taken=taken) for text in ("Main", "東京", "京都", "a b", "a_b", "a-b")]
    assert made == ["main-2", "table", "table-2", "a-b", "a-b-2", "a-b-3"]
    assert taken == {"main", *made}


def test_data_address_holds_the_text() -> None:
    head, _, data = elements.data_uri("a,ö\n", "text/csv").partition(",")
    assert head == "data:text/csv;base64"
    assert base64.b64decode(data).decode() == "a,ö\n"


def test_accounts_add_up_by_stage_and_keep_each_reason() -> None:
    lines = records.of_ledger(
        [
            LedgerLine("study", "responses", "in", "", 100, scope="nps"),
            LedgerLine("study", "responses", "used", "", 75, scope="nps"),
            LedgerLine("study", "responses", "excluded", "no score given", 20, scope="nps"),
            LedgerLine("study", "responses", "excluded", "other survey", 5, scope="nps"),
            LedgerLine("intake", "responses", "in", "", 0),
            LedgerLine("intake", "responses", "used", "", 0),
        ]
    )
    first, second = elements.accounts(lines)
    assert first["stage"] == "intake"
    assert first["rows"][0]["percent"] == 0
    row = second["rows"][0]
    assert row["table"] == "responses (nps)"
    assert (row["in"], row["used"], row["excluded"], row["quarantined"], row["percent"]) == (100, 75, 25, 0, 75)
    assert row["reasons"] == [("no score given", 20), ("other survey", 5)]


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ({"words": "so <b>"}, "so <b>"),
        ({"name": "Q1 2024"}, "Q1 2024"),
        ({"finding": records.of_finding(_finding(1200, 1300)), "aspect": "value"}, "1.250\xa0Punkte"),
        ({"finding": records.of_finding(_finding(1200, 1300)), "aspect": "interval"}, "1.200 bis 1.300"),
    ],
)
def test_parts_of_a_sentence_are_printed_in_the_locale(part: dict[str, Any], text: str) -> None:
    assert elements.shown(part, Style("de", "de-DE")) == text


def test_names_between_backticks_are_set_as_code_and_nothing_else_is() -> None:
    assert elements.coded("Give `start` <b>`x") == "Give <code>start</code> &lt;b&gt;`x"
    assert elements.coded("`<script>`") == "<code>&lt;script&gt;</code>"


def test_twin_for_jupyterlab_escapes_text_from_data() -> None:
    record = {"kind": "say", "sentences": [[{"name": "<script>x</script>"}, {"words": " is "}]]}
    html = elements.twin(record, style=STYLE)
    assert "<script" not in html
    assert "&lt;script&gt;x&lt;/script&gt;" in html


@pytest.mark.parametrize("kind", ["begin", "head"])
def test_every_kind_has_a_twin(kind: str) -> None:
    record = {"kind": kind, "info": records.of_info(INFO), "data_until": "2024-06-30"}
    assert elements.twin(record, style=STYLE).startswith("<p>")


def test_withheld_tile_shows_neither_number_nor_unit() -> None:
    hidden = Finding("k", 7.0, "points", label="NPS", ci_low=1, ci_high=9, n=4, suppressed=True, min_n=10)
    macros: Any = elements.environment().get_template("elements.html.j2").module
    tile = str(macros.tile(records.of_finding(hidden) | {"ci_low": None}, (0.0, 100.0), STYLE))
    assert "not shown" in tile
    assert "points" not in tile
    assert "n &lt; 10" in tile
