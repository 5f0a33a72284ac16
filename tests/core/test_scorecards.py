"""Points, risks, intervals and reasons of a scorecard."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from cemlab.core.courses import Lookup, Periods, Proportional
from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.scorecards import Scorecard, bin_edges, level_names, rebinned

POINTS = pd.DataFrame(
    {
        "term": ["plan", "plan", "tenure", "tenure", "tenure"],
        "level": ["a", "b", "below 6", "6 to 12", "12 and over"],
        "points": [0.0, 0.5, 0.0, -0.2, 0.3],
        "share": [0.5, 0.5, 0.2, 0.4, 0.4],
    }
)
COURSE = Proportional(
    sizes=(2, 3),
    beta=np.array([0.5, -0.2, 0.3]),
    covariance=np.diag([0.04, 0.01, 0.01]),
    centre=np.zeros(3),
    hazard=np.array([0.1, 0.2]),
    noise=np.array([0.0001, 0.0004]),
    mean=np.zeros((2, 3)),
)


def card(points: pd.DataFrame = POINTS) -> Scorecard:
    return Scorecard("Cox", ("plan", "tenure"), (), {"tenure": (6.0, 12.0)}, "days", (30.0, 90.0), points, COURSE)


def test_risk_and_its_interval_by_hand() -> None:
    found = card().of(pd.DataFrame({"plan": ["b"], "tenure": ["6 to 12"]}, index=[7])).loc[7]
    hazard, error = 0.1 * math.exp(0.3), math.sqrt(0.0001 / 0.01 + 0.04 + 0.01)
    assert found["risk_30"] == pytest.approx(1 - math.exp(-hazard), abs=1e-14)
    assert found["low_30"] == pytest.approx(1 - math.exp(-hazard * math.exp(-1.959963984540054 * error)), abs=1e-14)
    assert found["high_30"] == pytest.approx(1 - math.exp(-hazard * math.exp(1.959963984540054 * error)), abs=1e-14)
    assert found["risk_90"] == pytest.approx(1 - math.exp(-0.2 * math.exp(0.3)), abs=1e-14)


def test_a_higher_level_widens_the_interval() -> None:
    patterns = pd.DataFrame({"plan": ["a"], "tenure": ["below 6"]})
    narrow, wide = (card().of(patterns, level=level).loc[0] for level in (0.8, 0.99))
    assert wide["low_30"] < narrow["low_30"] < narrow["risk_30"] < narrow["high_30"] < wide["high_30"]


def test_who_cannot_be_scored_is_told_why_without_naming_the_level() -> None:
    patterns = pd.DataFrame({"plan": ["a", "zebra", None, ""], "tenure": ["below 6", "below 6", "unheard", "below 6"]})
    found = card().of(patterns)
    assert found["unscored"].tolist() == [
        "",
        "`plan` has a level never seen in training",
        "`plan` is missing",
        "`plan` is missing",
    ]
    assert found[["risk_30", "low_90"]].isna().all(axis=1).tolist() == [False, True, True, True]
    assert found.loc[1:, "reason_1"].tolist() == ["", "", ""]


def test_a_missing_value_has_a_score_where_training_had_missing_values() -> None:
    points = POINTS.replace({"level": {"b": "unknown"}})
    found = card(points).of(pd.DataFrame({"plan": [None, np.nan, "unknown"], "tenure": "below 6"}))
    assert found["unscored"].eq("").all()
    assert len(found["risk_30"].unique()) == 1


def test_numbers_and_finer_bins_take_the_bins_of_training() -> None:
    texts = card().of(pd.DataFrame({"plan": "b", "tenure": ["6 to 12", "7", "8 to 9", "6"]}))
    numbers = card().of(pd.DataFrame({"plan": "b", "tenure": [7, 11.9, 6, 8]}))
    assert len(texts["risk_30"].unique()) == 1
    assert numbers["risk_30"].unique().tolist() == texts["risk_30"].unique().tolist()
    across = card().of(pd.DataFrame({"plan": ["b"], "tenure": ["4 to 8"]}))
    assert across["unscored"].tolist() == ["`tenure` has a level never seen in training"]


def test_reasons_are_what_exceeds_the_average_customer_largest_first() -> None:
    found = card().of(
        pd.DataFrame({"plan": ["b", "b", "a", "a"], "tenure": ["12 and over", "6 to 12", "12 and over", "6 to 12"]})
    )
    # Means are 0.25 and 0.04: b exceeds by 0.25, twelve months by 0.26.
    assert found["reason_1"].tolist() == ["tenure: 12 and over", "plan: b", "tenure: 12 and over", ""]
    assert found["reason_2"].tolist() == ["plan: b", "", "", ""]
    assert found["reason_3"].eq("").all()


def test_equal_reasons_come_by_name() -> None:
    points = POINTS.assign(points=[0.0, 0.5, 0.0, 0.0, 0.625], share=[0.5, 0.5, 0.2, 0.4, 0.4])
    swapped = Scorecard(
        "Cox",
        ("tenure", "plan"),
        (),
        {},
        "days",
        (30.0, 90.0),
        points,
        Lookup((3, 2), np.full((6, 2), 0.1), np.full((6, 2), 0.1)),
    )
    found = swapped.of(pd.DataFrame({"plan": ["b"], "tenure": ["12 and over"]}), reasons=2).loc[0]
    assert swapped.excess("plan")[1] == 0.25
    assert swapped.excess("tenure")[2] == pytest.approx(0.375)
    even = Scorecard(
        "Cox",
        ("tenure", "plan"),
        (),
        {},
        "days",
        (30.0,),
        points.assign(points=[0, 0.5, 0, 0, 0.25 / 0.6]),
        Lookup((3, 2), np.full((6, 1), 0.1), np.full((6, 1), 0.1)),
    )
    tied = even.of(pd.DataFrame({"plan": ["b"], "tenure": ["12 and over"]}), reasons=2).loc[0]
    assert found["reason_1"] == "tenure: 12 and over"
    assert tied["reason_1"] == "plan: b"


def test_excess_does_not_hang_on_the_reference() -> None:
    moved = POINTS.assign(points=POINTS["points"] - POINTS["term"].map({"plan": 0.5, "tenure": -0.2}))
    for term in ("plan", "tenure"):
        np.testing.assert_allclose(card(moved).excess(term), card().excess(term), atol=1e-15)


def test_the_order_of_rows_and_other_columns_change_nothing() -> None:
    patterns = pd.DataFrame(
        {"plan": ["a", "b", "x"] * 2, "tenure": ["below 6"] * 3 + ["12 and over"] * 3, "n": range(6)}
    )
    found = card().of(patterns)
    pd.testing.assert_frame_equal(card().of(patterns.iloc[::-1]).iloc[::-1], found)
    assert card().of(patterns.iloc[:0]).columns.tolist() == found.columns.tolist()


def test_periods_by_hand() -> None:
    logit = Periods((2,), "logit", np.array([[1.0], [1.0]]), np.array([-2.0, 0.7]), np.diag([0.01, 0.02]), (1, 2))
    hazard = 1 / (1 + math.exp(1.3))
    value, error = logit.cumulative(np.array([[1]]))
    np.testing.assert_allclose(1 - np.exp(-value), [[hazard, 1 - (1 - hazard) ** 2]], rtol=1e-14)
    # One parameter pair shared by both periods: the error of the logarithm is the same.
    slope = hazard / -math.log(1 - hazard)
    np.testing.assert_allclose(error, math.sqrt(0.03) * slope, rtol=1e-12)
    cloglog = Periods((2,), "cloglog", np.array([[1.0], [1.0]]), np.array([-2.0, 0.7]), np.diag([0.01, 0.02]), (1, 2))
    np.testing.assert_allclose(
        cloglog.cumulative(np.array([[1]]))[0], [[math.exp(-1.3), 2 * math.exp(-1.3)]], rtol=1e-14
    )


def test_a_table_has_no_interval_where_nobody_left() -> None:
    none = Scorecard(
        "tenure alone",
        ("tenure",),
        (),
        {"tenure": (6.0, 12.0)},
        "days",
        (30.0,),
        POINTS.iloc[2:],
        Lookup((3,), np.array([[0.0], [0.1], [0.2]]), np.array([[np.nan], [0.1], [0.1]])),
    )
    found = none.of(pd.DataFrame({"tenure": ["below 6", "6 to 12"]}))
    assert found["risk_30"].iloc[0] == 0
    assert np.isnan(found["high_30"].iloc[0])
    assert found["high_30"].iloc[1] > 0.1


def test_names_of_bins_are_read_back() -> None:
    cuts = [0.5, 6.0, 12.0]
    assert [bin_edges(name) for name in level_names(cuts)] == [(-math.inf, 0.5), (0.5, 6), (6, 12), (12, math.inf)]
    assert level_names([]) == ["any"]
    assert np.isnan(bin_edges("gold to silver")).all()
    assert rebinned(level_names([3.0, 6.0, 9.0]), [6.0]) == ["below 6", "below 6", "6 and over", "6 and over"]
    assert rebinned(["below 3", "any"], []) == ["any", "any"]


def test_wrong_use_is_said() -> None:
    with pytest.raises(SchemaError, match="tenure missing of 2"):
        card().of(pd.DataFrame({"plan": ["a"]}))
    with pytest.raises(ParameterError, match=r"`level` must lie in \(0, 1\)"):
        card().of(pd.DataFrame({"plan": ["a"], "tenure": ["below 6"]}), level=95)


def test_a_scorecard_without_terms_or_points_is_refused() -> None:
    with pytest.raises(SchemaError, match="must have a term"):
        Scorecard("Cox", (), (), {}, "days", (30.0,), POINTS.iloc[:0], COURSE)
    with pytest.raises(SchemaError, match="2 were given, 1 of them without points"):
        card(POINTS[POINTS["term"] == "plan"])


def test_no_patterns_give_no_scores() -> None:
    found = card().of(pd.DataFrame({"plan": [], "tenure": []}, dtype=object))
    assert found.empty
    assert list(found.columns[:3]) == ["risk_30", "low_30", "high_30"]


def test_a_bin_of_a_number_that_nobody_had_in_training_is_scored_as_the_nearest() -> None:
    made = card(POINTS.loc[POINTS["level"] != "below 6"])
    found = made.of(
        pd.DataFrame({"plan": "a", "tenure": ["below 6", "3", "6 to 12", "12 and over", "40", "unheard", None]})
    )
    assert found["unscored"].tolist() == [""] * 5 + [
        "`tenure` has a level never seen in training",
        "`tenure` is missing",
    ]
    assert len(set(found["risk_30"].iloc[:3])) == 1
    assert found["risk_30"].iloc[3] == found["risk_30"].iloc[4] != found["risk_30"].iloc[0]
