"""A trend at a constant mix: by hand, as a regression, its invariances and what it cannot tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.metrics import NPS
from cemlab.stats import change

PERIODS = ["2024-01-01", "2024-02-01", "2024-03-01", "2024-05-01"]


def counts(answers: dict[str, list[tuple[int, int, int]]]) -> pd.DataFrame:
    """Score counts: segment → promoters, passives and detractors of each period."""
    rows = [
        {"period": period, "branch": name, "score": score, "n": n}
        for name, each in answers.items()
        for period, mix in zip(PERIODS, each, strict=True)
        for score, n in zip((9, 7, 5), mix, strict=True)
    ]
    return pd.DataFrame(rows)


MOVING = counts(
    {
        "old": [(60, 20, 20), (50, 20, 15), (38, 15, 22), (30, 12, 18)],
        "new": [(4, 3, 5), (10, 8, 14), (20, 10, 25), (21, 9, 30)],
    }
)


def test_trend_is_the_slope_of_a_regression_with_a_level_for_each_segment() -> None:
    rows = MOVING.loc[MOVING.index.repeat(MOVING["n"])]
    day = (pd.to_datetime(rows["period"]) - pd.Timestamp(PERIODS[0])).dt.days.to_numpy(float)
    design = np.column_stack([rows["branch"] == "old", rows["branch"] == "new", day]).astype(float)
    worth = rows["score"].map(NPS.worth).to_numpy(float)
    slope = np.linalg.lstsq(design, worth, rcond=None)[0][2]
    found = change.constant_mix(MOVING, by=["branch"])
    assert found.row({"part": "constant mix"})["estimate"] == pytest.approx(100 * slope * day.max())
    raw = change.trend(MOVING.groupby(["period", "score"], as_index=False)[["n"]].sum()).row()["estimate"]
    assert found.table["estimate"].sum() == pytest.approx(raw)
    assert found.table["raw"].tolist() == pytest.approx([raw, raw])


def test_equal_shares_in_every_period_make_it_the_slope_of_the_standardised_score() -> None:
    even = counts(
        {
            "old": [(60, 20, 20), (50, 30, 20), (45, 25, 30), (40, 20, 40)],
            "new": [(10, 10, 30), (12, 8, 30), (9, 9, 32), (5, 15, 30)],
        }
    )
    found = change.constant_mix(even, by=["branch"])
    raw = change.trend(even.groupby(["period", "score"], as_index=False)[["n"]].sum()).row()["estimate"]
    assert found.row({"part": "constant mix"})["estimate"] == pytest.approx(raw)
    assert found.row({"part": "change of mix"})["estimate"] == pytest.approx(0, abs=1e-9)


def test_order_and_names_change_nothing_and_twice_the_answers_are_surer() -> None:
    found = change.constant_mix(MOVING, by=["branch"]).table
    again = change.constant_mix(MOVING.iloc[::-1].assign(branch=lambda rows: "x" + rows["branch"]), by=["branch"]).table
    pd.testing.assert_frame_equal(found, again)
    twice = change.constant_mix(MOVING.assign(n=2 * MOVING["n"]), by=["branch"]).table
    assert twice["estimate"].tolist() == pytest.approx(found["estimate"].tolist())
    assert (twice["std_error"] / found["std_error"]).tolist() == pytest.approx([0.5**0.5] * 2, rel=0.02)


def test_segments_that_joins_late_has_its_own_level() -> None:
    late = pd.concat(
        [
            counts({"old": [(90, 5, 5)] * 4}),
            counts({"new": [(60, 10, 30)] * 4}).query("period > '2024-02-01'"),
        ]
    )
    constant, mix = change.constant_mix(late, by=["branch"]).table.to_dict("records")
    assert constant["estimate"] == pytest.approx(0, abs=1e-9)
    assert mix["estimate"] < -20
    assert mix["p_value"] < 1e-4
    assert constant["p_value"] == pytest.approx(1)


def test_what_cannot_be_told_has_no_row_and_says_so() -> None:
    for none in (
        MOVING.query("period < '2024-03-01'"),
        MOVING.query("branch == 'old'"),
        MOVING.assign(complete=MOVING["period"] < "2024-03-01"),
        MOVING.assign(branch=MOVING["period"]),
    ):
        found = change.constant_mix(none, by=["branch"])
        assert found.table.empty
        assert any("cannot" in note or "no trend" in note for note in found.notes)
    with pytest.raises(ParameterError, match="one segment column"):
        change.constant_mix(MOVING, by=[])
    with pytest.raises(SchemaError, match="column period"):
        change.constant_mix(MOVING.drop(columns="period"), by=["branch"])


def test_answers_that_are_all_alike_have_no_error_and_no_test() -> None:
    alike = change.constant_mix(counts({"old": [(10, 0, 0)] * 4, "new": [(5, 0, 0)] * 4}), by=["branch"]).table
    assert alike["p_value"].isna().all()
    assert (alike["estimate"].abs() < 1e-9).all()
