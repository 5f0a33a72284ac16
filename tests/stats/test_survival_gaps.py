"""The greatest difference over several times: one p-value, one interval, and the time that it is of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, norm

from cemlab.core.errors import ParameterError
from cemlab.stats import multiplicity, survival

CROSSING = pd.DataFrame(
    {
        "plan": ["a"] * 3 + ["b"] * 3,
        "duration": [1, 2, 3] * 2,
        "events": [40, 5, 5, 10, 30, 10],
        "censored": [0, 0, 50] * 2,
    }
)


def test_curves_that_cross_differ_at_one_time_though_not_at_the_last() -> None:
    last = survival.differences(CROSSING, by=["plan"], times=[3]).row({"plan": "a"})
    assert last["estimate"] == pytest.approx(0)
    found = survival.greatest_gaps(CROSSING, by=["plan"], times=[1, 2, 3]).row({"plan": "a"})
    assert (found["duration"], found["estimate"]) == (1.0, pytest.approx(-0.3))
    assert found["p_value"] < 1e-4
    assert found["ci_low"] < -0.3 < found["ci_high"] < 0


def test_p_value_over_two_times_is_that_of_two_correlated_normal_values() -> None:
    lives = CROSSING.assign(events=[20, 8, 0, 14, 8, 0], censored=[0, 0, 72, 0, 0, 78])
    each = survival.differences(lives, by=["plan"], times=[1, 2]).table.query("plan == 'a'")
    # whoever left by the first time has left by the second: Cov(S(1), S(2)) = S(1)·S(2)·Var(log S(1)) on either side
    cov = sum(s1 * s2 * d / (100 * (100 - d)) for s1, s2, d in ((0.80, 0.72, 20), (0.86, 0.78, 14)))
    rho = cov / float(np.prod(each["std_error"].to_numpy(float)))
    # each error is the wider one of Greenwood's and that of the common rate
    odds = (34 / 166, 16 / 150)
    shares = ((0.83, 34), (0.75, 16))
    common = [
        shares[0][0] ** 2 * 2 * odds[0] / 100,
        shares[1][0] ** 2 * (2 * odds[0] / 100 + odds[1] * (1 / 80 + 1 / 86)),
    ]
    error = np.maximum(each["std_error"].to_numpy(float), np.sqrt(np.array(common, dtype=float)))
    largest = float(np.max(np.abs(each["estimate"].to_numpy(float)) / error))
    cov_of_both = [[1, rho], [rho, 1]]
    corners = [
        float(multivariate_normal.cdf([x, y], cov=cov_of_both))
        for x, y in ((largest, largest), (-largest, largest), (largest, -largest), (-largest, -largest))
    ]
    expected = 1 - (corners[0] - corners[1] - corners[2] + corners[3])
    found = survival.greatest_gaps(lives, by=["plan"], times=[1, 2]).row({"plan": "a"})
    assert found["p_value"] == pytest.approx(expected, abs=0.01)
    assert 2 * norm.sf(largest) < found["p_value"] < 4 * norm.sf(largest)
    assert 1 < found["reach"] < norm.ppf(1 - 0.05 / 4) / norm.ppf(0.975) + 0.01


def test_one_time_is_the_usual_test() -> None:
    # as many left of either, so that the common rate implies the same error
    usual = survival.differences(CROSSING, by=["plan"], times=[3]).table
    found = survival.greatest_gaps(CROSSING, by=["plan"], times=[3]).table
    assert found["p_value"].tolist() == pytest.approx(usual["p_value"].tolist())
    assert found["reach"].tolist() == [1.0, 1.0]


def test_order_of_rows_names_of_groups_and_a_second_run_change_nothing() -> None:
    found = survival.greatest_gaps(CROSSING, by=["plan"], times=[1, 2, 3], floor=0.03).table
    again = survival.greatest_gaps(CROSSING.iloc[::-1], by=["plan"], times=[3, 1, 2, 2], floor=0.03).table
    pd.testing.assert_frame_equal(found, again)
    renamed = CROSSING.assign(plan=CROSSING["plan"].map({"a": "z", "b": "y"}))
    other = survival.greatest_gaps(renamed, by=["plan"], times=[1, 2, 3], floor=0.03).row({"plan": "z"})
    assert other["p_beyond"] == found.loc[0, "p_beyond"]


def test_clusters_of_one_spell_each_agree_with_no_clusters() -> None:
    rows = CROSSING.melt(id_vars=["plan", "duration"], value_vars=["events", "censored"])
    rows = rows.loc[rows.index.repeat(rows["value"])].reset_index(drop=True)
    each = pd.DataFrame(
        {
            "plan": rows["plan"],
            "duration": rows["duration"],
            "events": (rows["variable"] == "events").astype(int),
            "censored": (rows["variable"] == "censored").astype(int),
            "replicate": rows.index.astype(str),
        }
    )
    plain = survival.greatest_gaps(CROSSING, by=["plan"], times=[1, 2, 3]).table
    clustered = survival.greatest_gaps(each, by=["plan"], times=[1, 2, 3]).table
    for name, tolerance in (("estimate", 1e-12), ("std_error", 0.002), ("reach", 0.02)):
        assert clustered[name].tolist() == pytest.approx(plain[name].tolist(), abs=tolerance)


def test_group_that_nobody_left_is_tested_and_one_not_followed_is_not() -> None:
    lives = pd.DataFrame(
        {
            "plan": ["a", "b", "b", "c"],
            "duration": [24, 6, 24, 2],
            "events": [0, 60, 0, 0],
            "censored": [40, 0, 40, 30],
        }
    )
    found = survival.greatest_gaps(lives, by=["plan"], times=[3, 12, 24]).table.set_index("plan")
    p_values = found["p_value"].astype(float)
    assert p_values["a"] < 0.001
    assert np.isnan(p_values["c"])
    assert found.loc["c", "reason"] == "follow-up ends before then"


def test_floor_and_family_use_the_test_over_all_times() -> None:
    gaps = survival.greatest_gaps(CROSSING, by=["plan"], times=[1, 2, 3], floor=0.1)
    (judged,) = multiplicity.adjust([gaps], materiality=0.1)
    assert judged.table["p_material"].tolist() == gaps.table["p_beyond"].tolist()
    assert (gaps.table["p_beyond"] >= gaps.table["p_value"]).all()
    assert (judged.table["mde"] > 0.1).all()


def test_no_time_and_a_floor_below_nought_are_refused() -> None:
    with pytest.raises(ParameterError, match="0 times"):
        survival.greatest_gaps(CROSSING, by=["plan"], times=[])
    with pytest.raises(ParameterError, match="at least 0"):
        survival.greatest_gaps(CROSSING, by=["plan"], times=[1], floor=-1)
