"""One ratio over several judged days: its interval holds what differs between them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import SchemaError
from cemlab.core.results import Estimates
from cemlab.stats import prediction
from cemlab.stats.prediction.pooling import between, equal

SHARED = {"measure": "calibration", "unit": "ratio", "method": "m", "level": 0.95, "min_n": 10}


def _ratios(*values: float, error: float = 0.02) -> tuple[Estimates, Estimates]:
    days = [f"2024-0{number}-01" for number in range(1, len(values) + 1)]
    daily = pd.DataFrame({"day": days, "horizon": 90.0, "estimate": values, "std_error": error, "n": 900})
    mean, half = float(np.mean(values)), 1.96 * error / len(values) ** 0.5
    whole = pd.DataFrame(
        {
            "horizon": [90.0],
            "estimate": mean,
            "std_error": half / 1.96,
            "ci_low": mean - half,
            "ci_high": mean + half,
            "p_value": 0.5,
            "n": 2700,
        }
    )
    return Estimates.build(whole, by=["horizon"], **SHARED), Estimates.build(daily, by=["day", "horizon"], **SHARED)  # type: ignore[arg-type]


def test_days_that_differ_widen_the_interval_of_what_pools_them() -> None:
    pooled, daily = _ratios(0.69, 1.08, 2.53)
    (row,) = prediction.over_days(pooled, daily).table.to_dict("records")
    # With errors that are small beside the spread: the mean of three logarithms, their standard error and Student's t.
    logs = np.log([0.69, 1.08, 2.53])
    half = 4.3027 * logs.std(ddof=1) / 3**0.5
    assert np.log(row["ci_high"] / row["ci_low"]) / 2 == pytest.approx(half, rel=0.01)
    assert np.log(row["estimate"]) == pytest.approx(logs.mean(), rel=0.02)
    assert row["spread"] == pytest.approx(logs.std(ddof=1), rel=0.01)
    assert row["ci_low"] < 0.69
    assert row["ci_high"] > 2.53


def test_days_that_differ_by_chance_leave_the_interval_alone() -> None:
    pooled, daily = _ratios(0.99, 1.0, 1.01)
    found = prediction.over_days(pooled, daily)
    kept = ["estimate", "ci_low", "ci_high", "p_value"]
    pd.testing.assert_frame_equal(found.table[kept], pooled.table[kept])
    assert found.table["spread"].tolist() == [0.0]
    assert found.method == pooled.method


def test_one_day_says_nothing_of_the_spread_and_order_changes_nothing() -> None:
    pooled, daily = _ratios(1.4)
    assert prediction.over_days(pooled, daily).table["ci_low"].tolist() == pooled.table["ci_low"].tolist()
    values, errors = np.array([0.1, 0.5, -0.2]), np.array([0.1, 0.05, 0.2])
    assert between(values[::-1], errors[::-1]) == pytest.approx(between(values, errors))
    with pytest.raises(SchemaError, match="day missing"):
        prediction.over_days(pooled, pooled)


def test_equal_dates_are_tested_with_the_covariance_of_their_customers() -> None:
    from scipy.stats import f

    redone = np.random.default_rng(3).normal(0.0, 0.02, (3, 40))
    redone[1] = redone[0] * 0.5 + redone[1]
    ratios = pd.Series([1.0, 1.1, 1.3], index=["a", "b", "c"])
    rows = [(day, group, redone[at, group]) for at, day in enumerate(ratios.index) for group in range(40)]
    frame = pd.DataFrame(rows, columns=["day", "replicate", "estimate"])
    # By hand, with other contrasts: the test does not depend on them.
    contrast = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]])
    moved, apart = contrast @ redone, contrast @ np.log(ratios.to_numpy())
    variance = 39 / 40 * np.cov(moved, bias=True) * 40
    wald = apart @ np.linalg.inv(variance) @ apart
    assert equal(ratios, frame) == pytest.approx(f.sf(wald * 38 / (39 * 2), 2, 38), rel=1e-9)
    assert equal(ratios, frame.sample(frac=1, random_state=1)) == pytest.approx(equal(ratios, frame))
    assert np.isnan(equal(ratios.head(1), frame))
    assert np.isnan(equal(ratios, frame[frame["replicate"] < 5]))
