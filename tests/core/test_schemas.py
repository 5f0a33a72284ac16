"""The canonical tables hold together: what they refer to exists, and their rules find what they should."""

from __future__ import annotations

import datetime as dt
from typing import Any

import ibis
import pandas as pd
import pytest

from cemlab.core.metrics import NPS, declared
from cemlab.core.scales import METRIC_SCALES
from cemlab.core.schemas import TABLES, Column, with_scales


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_name_that_a_table_uses_is_one_of_its_columns(name: str) -> None:
    table = TABLES[name]
    columns = {column.name for column in table.columns}
    assert len(columns) == len(table.columns)
    assert table.name == name
    assert set(table.key) <= columns
    assert table.known_at is None or table.known_at in columns
    assert set(table.masked) | {column for blanked in table.masked.values() for column in blanked} <= columns
    for rule in table.rules:
        assert set(rule.needs) <= columns
    if table.parent:
        parent, column = table.parent
        assert column in columns
        assert TABLES[parent].column(column) is not None
    # A row without its own date is known through another table, never at once.
    assert (table.known_at is None) == (table.parent is not None)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_names_are_snake_case_and_explained(name: str) -> None:
    for column in TABLES[name].columns:
        assert column.name.isidentifier()
        assert column.name == column.name.lower()
        assert column.help
        assert column.type != "instant" or column.name.endswith("_at")
        assert column.type != "date" or not column.name.endswith("_at")


def test_an_instant_has_a_day_beside_it_and_nothing_else_has() -> None:
    assert Column("responded_at", "instant", "").day == "responded_on"
    assert Column("started_on", "date", "").day is None


def test_a_column_is_found_by_name_or_not_at_all() -> None:
    column = TABLES["responses"].column("score")
    assert column is not None
    assert column.unit == "scale points"
    assert TABLES["responses"].column("scores") is None
    assert TABLES["responses"].required == ("response_id", "metric")


def test_a_customers_words_are_personal() -> None:
    comment = TABLES["responses"].column("comment")
    assert comment is not None
    assert comment.personal


def broken(table: str, rule: str, **values: Any) -> bool | None:
    found = next(each for each in TABLES[table].rules if each.name == rule)
    assert set(found.needs) <= set(values)
    row = ibis.memtable(pd.DataFrame([values]))
    result = found.broken(row).execute().iloc[0]
    return None if pd.isna(result) else bool(result)


@pytest.mark.parametrize(
    ("metric", "score", "is_broken"),
    [
        ("nps", 0.0, False),
        ("nps", 10.0, False),
        ("nps", 11.0, True),
        ("nps", -1.0, True),
        ("nps", 7.5, False),
        ("csat", 0.0, True),
        ("ces", 7.0, False),
        ("ces", 8.0, True),
        ("a lab's own", 99.0, False),
    ],
)
def test_a_score_off_the_scale_of_its_metric_breaks_the_rule(metric: str, score: float, is_broken: bool) -> None:
    assert broken("responses", "score_off_scale", metric=metric, score=score) is is_broken


@pytest.mark.parametrize(
    ("metric", "score", "is_broken"),
    [("nps", 7.0, False), ("nps", 7.5, True), ("nps", 1e300, False), ("stars", 4.1, False), ("stars", 4.25, True)],
)
def test_a_score_between_codes_breaks_the_rule_but_for_tenths_where_they_are_codes(
    metric: str, score: float, is_broken: bool
) -> None:
    stars = declared("stars", scale=(1, 5), top=(4, 5)).with_decimals("own")
    table = with_scales(TABLES["responses"], [NPS, stars])
    (rule,) = (each for each in table.rules if each.name == "score_between_codes")
    row = ibis.memtable(pd.DataFrame({"metric": [metric], "score": [score]}))
    assert bool(rule.broken(row).execute().iloc[0]) is is_broken


def test_a_missing_score_does_not_break_the_rule() -> None:
    found = next(each for each in TABLES["responses"].rules if each.name == "score_off_scale")
    rows = ibis.memtable(pd.DataFrame({"metric": ["nps", "csat"], "score": [None, 5.0]}))
    assert not found.broken(rows).fill_null(False).execute().any()


@pytest.mark.parametrize(("end", "is_broken"), [("2024-01-01", False), ("2023-12-31", True)])
def test_a_spell_that_ends_before_it_starts_breaks_the_rule(end: str, is_broken: bool) -> None:
    days = {"started_on": dt.date(2024, 1, 1), "ended_on": dt.date.fromisoformat(end)}
    assert broken("spells", "end_before_start", **days) is is_broken


def test_every_scale_runs_upwards_and_nps_is_0_to_10() -> None:
    assert METRIC_SCALES["nps"] == (0, 10)
    assert all(low < high for low, high in METRIC_SCALES.values())
