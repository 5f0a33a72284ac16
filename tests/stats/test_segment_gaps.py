"""Small segments: what never happened in one is not certain, and what happened once is not striking."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, binomtest

from cemlab.core.errors import SchemaError
from cemlab.core.results import Estimates
from cemlab.stats import segments
from cemlab.stats.intervals import adjusted_wald
from cemlab.stats.segments.bch import Classification

GROUPS = 40


def moments(values: dict[str, np.ndarray], *, outcome: str = "left", groups: int = GROUPS) -> pd.DataFrame:
    """Moments of customers who are dealt to replicate groups in turn."""
    parts = [
        pd.DataFrame(
            {"segment": name, "replicate": np.arange(len(each)) % groups, "n": 1, "sum": each, "sum_sq": each**2}
        )
        for name, each in values.items()
    ]
    return pd.concat(parts).groupby(["segment", "replicate"], as_index=False).sum().assign(outcome=outcome)


def zeros_and_ones(n: int, hits: int) -> np.ndarray:
    """So many customers, of whom some have it, in no order."""
    return np.random.default_rng(3).permutation(np.repeat([1.0, 0.0], [hits, n - hits]))


def gap(segment: np.ndarray, rest: np.ndarray, *, level: float = 0.95) -> pd.Series:
    return segments.differences(moments({"small": segment, "rest": rest}), level=level).row({"segment": "small"})


@pytest.mark.parametrize(("n", "share"), [(12, 0.01), (20, 0.02), (50, 0.05), (50, 0.02)])
def test_what_never_happened_in_a_small_segment_is_not_flagged(n: int, share: float) -> None:
    row = gap(np.zeros(n), zeros_and_ones(2_000, round(2_000 * share)))
    assert binom.pmf(0, n, share) > 0.05
    assert row["p_value"] > 0.05
    assert row["ci_low"] < 0 < row["ci_high"]


def test_the_p_value_of_a_share_is_that_of_the_exact_binomial_test_when_the_rest_is_large() -> None:
    for hits in (0, 2, 9):
        row = gap(zeros_and_ones(40, hits), zeros_and_ones(200_000, 20_000))
        tail = min(binom.cdf(hits, 40, 0.1), binom.sf(hits - 1, 40, 0.1))
        # A little above, as the jackknife may find that customers are worth less than their number.
        assert 0.999 * 2 * tail <= row["p_value"] <= 1.15 * 2 * tail
    # The exact test by the smaller of both tails, doubled, is never below scipy's.
    assert gap(zeros_and_ones(40, 9), zeros_and_ones(200_000, 20_000))["p_value"] > binomtest(9, 40, 0.1).pvalue


def test_the_p_value_is_where_the_interval_reaches_zero() -> None:
    for hits in (1, 4, 12):
        segment, rest = zeros_and_ones(45, hits), zeros_and_ones(600, 40)
        p_value = gap(segment, rest)["p_value"]
        row = gap(segment, rest, level=1 - p_value)
        assert min(abs(row["ci_low"]), abs(row["ci_high"])) == pytest.approx(0, abs=1e-6)


def test_a_share_of_large_segments_is_judged_as_the_usual_test_judges_it() -> None:
    row = gap(zeros_and_ones(20_000, 6_200), zeros_and_ones(50_000, 15_000))
    pooled = np.sqrt(0.3029 * 0.6971 * (1 / 20_000 + 1 / 50_000))
    assert row["estimate"] / row["std_error"] == pytest.approx(0.01 / pooled, rel=0.01)
    assert row["p_value"] == pytest.approx(0.0089, rel=0.1)


def test_a_mean_of_a_segment_in_which_nobody_spent_is_not_certain() -> None:
    rest = np.where(np.arange(1_000) % 20 == 0, 100.0 + np.arange(1_000) % 7, 0.0)
    row = gap(np.zeros(20), rest)
    assert row["p_value"] > 0.05
    assert row["std_error"] == pytest.approx(np.sqrt(1 / 20 + 1 / 1_000), rel=0.01)


def test_a_segment_that_few_groups_hold_is_not_compared() -> None:
    table = segments.differences(
        moments({"a": zeros_and_ones(9, 1), "b": zeros_and_ones(500, 30), "c": zeros_and_ones(12, 1)}), min_n=1
    ).table.set_index("segment")
    assert table.loc[["a"], ["std_error", "ci_low", "ci_high", "p_value"]].isna().all(axis=None)
    assert table.loc[["b", "c"], "p_value"].notna().all()


def test_a_segment_has_the_degrees_of_freedom_of_the_groups_that_hold_it() -> None:
    segment = np.arange(12.0)
    found = segments.profiles(moments({"a": segment, "b": np.arange(400.0)}), units={"left": "currency"})["left"]
    row = found.row({"segment": "a"})
    assert row["std_error"] == pytest.approx(segment.std(ddof=1) / 12**0.5)
    # Student's t with 11 degrees of freedom.
    assert row["ci_high"] == pytest.approx(segment.mean() + 2.200985 * row["std_error"])


def nps(values: dict[str, np.ndarray]) -> Estimates:
    return segments.profiles(moments(values, outcome="nps"), units={"nps": "points"})["nps"]


def test_promoters_alone_are_not_certain_to_stay_so() -> None:
    found = nps({"a": np.full(10, 100.0), "b": np.resize([100.0, 0, -100], 300)})
    row = found.row({"segment": "a"})
    assert row["estimate"] == 100
    # Ten promoters of ten start at 47.504 with the normal law; nine degrees of freedom reach lower.
    assert adjusted_wald([10, 0, 0]).low == pytest.approx(47.504, abs=1e-3)
    assert row["ci_low"] == pytest.approx(float(adjusted_wald([10, 0, 0], df=9).low))
    assert "adjusted Wald" in found.method


def test_customers_who_are_all_alike_give_a_mean_without_interval() -> None:
    found = segments.profiles(moments({"a": np.full(30, 0.1), "b": np.arange(200.0)}), units={"left": "currency"})[
        "left"
    ]
    row = found.row({"segment": "a"})
    assert row["estimate"] == pytest.approx(0.1)
    assert np.isnan(row[["std_error", "ci_low", "ci_high"]].to_numpy(float)).all()
    assert any("same value" in note for note in found.notes)


def test_a_corrected_class_is_not_taken_to_vary_less_than_others() -> None:
    model = Classification(("rest", "small"), np.array([[0.999, 0.001], [0.1, 0.9]]))
    row = segments.differences(
        moments({"small": np.zeros(30), "rest": zeros_and_ones(1_000, 20)}), classification=model
    ).row({"segment": "small"})
    assert row["p_value"] > 0.05
    assert row["std_error"] >= (1 / 30) ** 0.5


def test_scale_and_order_of_rows_change_nothing() -> None:
    draw = np.random.default_rng(1)
    values = {"10": draw.lognormal(3, 1, 40), "2": draw.lognormal(3, 1, 300), "None": draw.lognormal(3, 1, 60)}
    plain = segments.differences(moments(values)).table
    for factor in (1e-9, 1e9):
        scaled = moments({name: each * factor for name, each in values.items()}).sample(frac=1, random_state=2)
        table = segments.differences(scaled).table
        np.testing.assert_allclose(table["p_value"], plain["p_value"], rtol=1e-6)
        np.testing.assert_allclose(table["estimate"], plain["estimate"], rtol=1e-6)


def test_a_curve_that_nobody_left_is_not_certain() -> None:
    rows = pd.DataFrame(
        {
            "segment": np.repeat(["few", "many"], [15, 400]),
            "replicate": np.arange(415) % GROUPS,
            "duration": np.r_[np.full(15, 9), np.arange(400) % 8 + 1],
            "events": np.r_[np.zeros(15), np.arange(400) % 3 == 0],
        }
    )
    rows["censored"] = 1 - rows["events"]
    lives = rows.groupby(["segment", "replicate", "duration"], as_index=False).sum()
    found = segments.curves(lives, classification=segments.exact(["few", "many"]))
    last = found.row({"segment": "few", "duration": 9})
    assert last["estimate"] == 1
    # Of fifteen who all stayed: the exact lower limit of Clopper and Pearson.
    assert last["ci_low"] == pytest.approx(0.025 ** (1 / 15))
    assert last["ci_high"] == 1
    assert pd.isna(last["std_error"])


def test_somebody_assigned_to_a_class_that_is_not_there_is_refused() -> None:
    patterns = pd.DataFrame({"n": [60, 40, 5], "1": [0.9, 0.2, 0.5], "2": [0.1, 0.8, 0.5], "value": ["1", "2", "2.0"]})
    with pytest.raises(SchemaError, match="in 1 of 3 rows"):
        segments.classification(patterns, classes=["1", "2"])
    nobody = patterns.assign(value=pd.Series(["1", "2", None], dtype=object))
    assert segments.classification(nobody, classes=["1", "2"]).errors.shape == (2, 2)
