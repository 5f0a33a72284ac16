"""Estimates keep small cells hidden everywhere; findings and sentences hold only numbers that were estimated."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, SchemaError
from cemlab.core.results import Estimates, Finding, Name, Quote, Sentence

NUMBERS = ["estimate", "std_error", "ci_low", "ci_high", "n"]


def table(n: list[float], **columns: Any) -> pd.DataFrame:
    regions = [f"r{k}" for k in range(len(n))]
    numbers = pd.DataFrame({"region": regions, "estimate": 30.0, "std_error": 2.0, "ci_low": 26.0, "ci_high": 34.0})
    return numbers.assign(n=n, **columns)


def build(
    frame: pd.DataFrame,
    *,
    by: tuple[str, ...] = ("region",),
    cells: tuple[str, ...] | None = None,
    parts: dict[str, pd.DataFrame] | None = None,
) -> Estimates:
    return Estimates.build(
        frame,
        by=by,
        cells=cells,
        measure="nps",
        unit="points",
        method="by hand",
        level=0.9,
        min_n=10,
        better="up",
        parts=parts,
    )


def test_large_cells_are_published_as_they_are() -> None:
    estimates = build(table([40, 50]))
    assert estimates.table[NUMBERS].to_numpy().tolist() == [[30, 2, 26, 34, 40], [30, 2, 26, 34, 50]]
    assert not estimates.table["suppressed"].any()
    assert estimates.by == ("region",)


def test_a_small_cell_and_its_complement_lose_every_number() -> None:
    frame = table([4, 50, 30], q_value=0.01, count=[1, 2, 3], flagged=True, label="kept")
    estimates = build(frame).table.set_index("region")
    assert estimates["suppressed"].to_dict() == {"r0": True, "r1": False, "r2": True}
    assert estimates.loc[["r0", "r2"], [*NUMBERS, "q_value", "count"]].isna().all(axis=None)
    assert estimates["flagged"].to_dict() == {"r0": False, "r1": True, "r2": False}
    assert (estimates["label"] == "kept").all()
    # Only the cell that is small by itself prints as "< 10"; its complement is withheld.
    assert estimates["too_small"].to_dict() == {"r0": True, "r1": False, "r2": False}
    assert estimates.loc[["r1"], NUMBERS].notna().all(axis=None)


def test_customers_decide_and_not_answers() -> None:
    assert build(table([400, 500], n_customers=[4, 500])).table["suppressed"].tolist() == [True, True]


def test_whether_a_period_is_complete_is_told_of_a_hidden_row_too() -> None:
    assert build(table([4, 50], complete=True)).table["complete"].tolist() == [True, True]


def test_a_comparison_brings_its_own_suppression() -> None:
    estimates = build(table([40, 50, 60], suppressed=[False, True, False])).table
    assert estimates["suppressed"].tolist() == [False, True, False]
    assert estimates["estimate"].isna().tolist() == [False, True, False]


def test_rows_of_one_cell_are_hidden_together() -> None:
    frame = pd.concat([table([4, 50, 60]).assign(score=score) for score in (9, 10)], ignore_index=True)
    estimates = build(frame, by=("region", "score"), cells=("region",)).table
    assert estimates.groupby("region")["suppressed"].agg(["all", "any"]).to_numpy().tolist() == [
        [True, True],
        [True, True],
        [False, False],
    ]
    assert estimates["score"].tolist() == [9, 9, 9, 10, 10, 10]


@pytest.mark.parametrize("n", [9.0, 10.0])
def test_one_group_without_columns(n: float) -> None:
    frame = table([n]).drop(columns="region")
    parts = {"wald": pd.DataFrame({"estimate": [30.0]})}
    estimates = build(frame, by=(), parts=parts)
    assert estimates.table["suppressed"].tolist() == [n < 10]
    assert bool(estimates.table["estimate"].isna().iloc[0]) == (n < 10)
    assert bool(estimates.parts["wald"]["estimate"].isna().iloc[0]) == (n < 10)


def test_parts_lose_the_numbers_of_hidden_groups() -> None:
    shares = pd.DataFrame(
        {
            "region": ["r0", "r0", "r1", "r2"],
            "group": ["promoter", "passive", "promoter", "promoter"],
            "count": [1, 2, 3, 4],
        }
    )
    part = build(table([4, 50, 30]), parts={"shares": shares}).parts["shares"]
    assert part["count"].isna().tolist() == [True, True, False, True]
    assert part["group"].tolist() == shares["group"].tolist()
    assert shares["count"].tolist() == [1, 2, 3, 4]


def test_columns_added_later_stay_hidden_too() -> None:
    estimates = build(table([4, 50, 30])).with_columns({"q_value": [0.1, 0.2, 0.3], "flagged": [True, True, True]})
    assert estimates.table["q_value"].isna().tolist() == [True, False, True]
    assert estimates.table["flagged"].tolist() == [False, True, False]


def test_the_table_is_a_copy_and_the_given_frame_is_left_alone() -> None:
    frame = table([4, 50, 30])
    before = frame.copy()
    estimates = build(frame)
    estimates.table["estimate"] = 0.0
    pd.testing.assert_frame_equal(frame, before)
    assert estimates.table["estimate"].iloc[1] == 30
    with pytest.raises(TypeError):
        estimates.parts["new"] = frame  # type: ignore[index]


def test_notes_are_added_once() -> None:
    assert build(table([40])).with_notes("a", "b").with_notes("b", "c").notes == ("a", "b", "c")


@pytest.mark.parametrize("missing", ["region", "estimate", "n"])
def test_a_missing_column_is_named(missing: str) -> None:
    with pytest.raises(SchemaError, match=missing):
        build(table([40]).drop(columns=missing))


def test_a_row_is_named_by_its_groups() -> None:
    estimates = build(table([40, 50]))
    assert estimates.row({"region": "r1"})["n"] == 50
    with pytest.raises(InsufficientDataError, match="2 of 2 rows match"):
        estimates.row()
    with pytest.raises(InsufficientDataError, match="0 of 2 rows match"):
        estimates.row({"region": "elsewhere"})
    with pytest.raises(SchemaError, match="not grouped by `plan`: they have region"):
        estimates.row({"plan": "x"})


def test_a_companion_is_hidden_where_its_estimates_are() -> None:
    parts = {"wald": table([4, 50, 30]).drop(columns="n")}
    wald = build(table([4, 50, 30]), parts=parts).companion("wald", by=["region"], unit="points")
    assert wald.table.set_index("region")["suppressed"].to_dict() == {"r0": True, "r1": False, "r2": True}
    assert wald.row({"region": "r0"})[["estimate", "ci_low", "n"]].isna().all()
    assert (wald.row({"region": "r1"})["n"], wald.level) == (50, 0.9)
    numbered = build(table([4, 50, 30]), parts={"top": table([4, 50, 30]).drop(columns="n").assign(place=[1, 1, 2])})
    top = numbered.companion("top", by=["region", "place"], unit="share")
    # the number that is the row's own key is withheld with its group, so such a row cannot be named
    assert top.table[["region", "place"]].to_numpy().tolist() == [["r1", 1]]
    assert top.row({"region": "r1", "place": 1})["n"] == 50
    with pytest.raises(SchemaError, match="no companion `score`: they have wald"):
        build(table([40]), parts=parts).companion("score", by=["region"], unit="points")


def test_a_finding_has_every_number_of_its_row() -> None:
    extra = {
        "p_value": 0.01,
        "q_value": 0.02,
        "flagged": [False, True],
        "mde": 6.0,
        "family": "run",
        "period": "2024-01",
    }
    estimates = build(table([40, 50], **extra), by=("region", "period"))
    finding = Finding.of("nps.region", estimates, where={"region": "r1"}, label="North", table="regions")
    assert finding == Finding(
        "nps.region",
        30,
        "points",
        "North",
        {"region": "r1"},
        "2024-01",
        2,
        26,
        34,
        0.9,
        50,
        0.01,
        0.02,
        "run",
        True,
        6,
        "up",
        False,
        10,
        "regions",
        1,
    )


def test_a_finding_of_a_hidden_row_has_no_number() -> None:
    finding = Finding.of("nps.region", build(table([4, 50, 30])), where={"region": "r0"})
    assert finding.suppressed
    assert finding.min_n == 10
    for number in (finding.value, finding.std_error, finding.ci_low, finding.ci_high, finding.n):
        assert math.isnan(number)


def test_what_a_row_does_not_have_is_nan_in_its_finding() -> None:
    finding = Finding.of("nps", build(table([40]).drop(columns=["std_error", "region"]), by=()))
    assert math.isnan(finding.std_error)
    assert math.isnan(finding.p_value)
    assert (finding.family, finding.flagged, dict(finding.scope)) == ("", False, {})


@pytest.mark.parametrize("text", ["rose by 3 points", "in 2024", "٣ points"])
def test_a_sentence_holds_no_typed_number(text: str) -> None:
    with pytest.raises(ValueError, match="must hold no digits"):
        Sentence("The score ", text)


def test_a_sentence_quotes_findings_in_order_and_names_may_hold_digits() -> None:
    one, two = (Finding(key, value, "points") for key, value in (("a", 1.0), ("b", 2.0)))
    sentence = Sentence("In ", Name("Q1 2024"), " it was ", one, " to ", Quote(two, "interval"), ".")
    assert sentence.findings == (one, two)
    assert sentence.parts[1] == Name("Q1 2024")


def test_estimates_of_nothing_can_be_built() -> None:
    empty = build(table([]).astype({"n": float}))
    assert len(empty.table) == 0
    assert {"suppressed", "too_small"} <= set(empty.table.columns)
    assert np.isnan(empty.with_columns({"q_value": []}).table["q_value"]).tolist() == []
