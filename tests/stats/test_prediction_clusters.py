"""What customers who count more than once, or leave for another cause, do to the tests of drift."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, poisson

from cemlab.core.errors import SchemaError
from cemlab.stats import prediction
from cemlab.stats.prediction.clustered import design_effect, overdispersion

MONTHS = {30.0: "p30", 60.0: "p60", 90.0: "p90"}
GROUPS, SHARES = 50, [0.4, 0.3, 0.2, 0.1]


def counted(levels: np.ndarray, groups: np.ndarray) -> pd.DataFrame:
    rows = pd.DataFrame({"plan": levels.astype(str), "replicate": groups, "n": 1})
    return rows.groupby(["plan", "replicate"], as_index=False).sum()


def p_values(past: pd.DataFrame, now: pd.DataFrame) -> tuple[float, float]:
    """Of drift, with rows as they are and with their groups."""
    plain = [frame.drop(columns="replicate") for frame in (past, now)]
    found = [prediction.drift(*each, terms=["plan"]).parts["terms"]["p_value"][0] for each in (plain, (past, now))]
    return float(found[0]), float(found[1])


def test_five_rows_per_customer_are_not_five_customers() -> None:
    draw, found = np.random.default_rng(1), []
    for _ in range(50):
        frames = [
            counted(np.repeat(draw.choice(4, 300, p=SHARES), 5), np.repeat(draw.integers(0, GROUPS, 300), 5))
            for _ in range(2)
        ]
        found.append(p_values(*frames))
    plain, grouped = (np.array(found) < 0.05).mean(axis=0)
    assert plain > 0.4
    assert grouped <= 0.16


def test_customers_who_were_there_at_both_times_make_small_shifts_visible() -> None:
    draw = np.random.default_rng(2)
    level, group = draw.choice(4, 2_000, p=SHARES), draw.integers(0, GROUPS, 2_000)
    moved = np.where((level == 0) & (draw.random(2_000) < 0.05), 1, level)
    plain, grouped = p_values(counted(level, group), counted(moved, group))
    assert plain > 0.05
    assert grouped < 1e-4


def test_the_design_effect_of_independent_customers_is_one() -> None:
    draw, share = np.random.default_rng(3), np.array(SHARES)
    gaps = draw.multinomial(40_000, share, size=2_000) / 40_000
    # As a jackknife over 2,000 groups sees the differences of independent samples of 40,000 in all.
    inflated, df = design_effect(gaps / np.sqrt(2_000), share, 1 / 40_000)
    assert inflated == pytest.approx(1, abs=0.05)
    assert df == pytest.approx(3, abs=0.05)
    assert design_effect(np.zeros((50, 4)), share, 1.0) == (1.0, 3.0)


def test_groups_that_do_not_hold_all_levels_and_missing_levels_are_no_trouble() -> None:
    past = pd.DataFrame({"plan": [None, "10", "2"] * 6, "replicate": np.arange(18) % 12, "n": 30})
    found = prediction.drift(past, past.assign(plan=["2", "10", "new"] * 6), terms=["plan"])
    assert np.isfinite(found.table[["estimate", "std_error"]]).all(axis=None)
    assert found.parts["terms"]["unseen_share"].tolist() == pytest.approx([1 / 3])


def left(n: int, *, together: int, frailty: float, draw: np.random.Generator) -> pd.DataFrame:
    """Cells with right predictions, of customers with some contracts each and a rate of their own."""
    rate, customers = 0.0015, n // together
    own = draw.gamma(1 / frailty, frailty, customers)
    at = np.ceil(draw.exponential(1 / (rate * np.repeat(own, together) + 1e-12)))
    rows = pd.DataFrame(
        {
            "duration": np.minimum(at, 90),
            "events": (at <= 90) * 1,
            "n": 1,
            "replicate": np.repeat(draw.integers(0, GROUPS, customers), together),
        }
    )
    cells = rows.groupby(["duration", "replicate"], as_index=False).sum()
    return cells.assign(**{name: 1 - (1 + frailty * rate * day) ** (-1 / frailty) for day, name in MONTHS.items()})


def test_contracts_of_one_customer_that_end_together_do_not_look_like_drift() -> None:
    draw, rows = np.random.default_rng(4), []
    for _ in range(80):
        cells = left(2_500, together=5, frailty=3.0, draw=draw)
        found = [
            prediction.calibration_by_month(each, risks=MONTHS).parts["tests"]
            for each in (cells.drop(columns="replicate"), cells)
        ]
        rows.append([each["p_value"][0] < 0.05 for each in found])
    plain, grouped = np.mean(rows, axis=0)
    assert plain > 0.1
    assert grouped <= 0.14


def test_overdispersion_by_hand() -> None:
    seen, expected = np.array([10.0, 0, 5, 5]), np.array([5.0, 5, 5, 5])
    assert overdispersion(seen, expected) == pytest.approx(4 / 3 * 50 / 20)
    assert overdispersion(expected, expected) == 1
    assert overdispersion(np.zeros(4), expected) == 1


def test_nobody_left_where_many_were_expected_is_announced() -> None:
    cells = pd.DataFrame({"duration": [1], "n": [100], "events": [0], "p": 1 - np.exp(-0.2)})
    tests = prediction.calibration_by_month(cells, risks={1: "p"}).parts["tests"].iloc[0]
    assert tests["p_value"] == pytest.approx(2 * np.exp(-20))
    assert tests["moved"]


def test_the_p_value_is_that_of_the_exact_test() -> None:
    cells = pd.DataFrame({"duration": [1], "n": [100], "events": [17], "p": 1 - np.exp(-0.1)})
    alone = prediction.calibration_by_month(cells, risks={1: "p"}).table["p_value"][0]
    assert alone == pytest.approx(2 * poisson.sf(16, 10))
    both = prediction.calibration_by_month(cells, risks={1: "p"}, training=cells.assign(events=10)).table["p_value"][0]
    assert both == pytest.approx(2 * binomtest(17, 27, 0.5, alternative="greater").pvalue)


def test_who_leaves_for_another_cause_does_not_make_right_predictions_look_wrong() -> None:
    draw, n, price, moved = np.random.default_rng(5), 60_000, 0.002, 0.006
    first, second = draw.exponential(1 / price, n), draw.exponential(1 / moved, n)
    at = np.minimum(first, second)
    why = pd.Series(np.where(first < second, "price", "moved"), dtype=object).mask(at >= 90)
    cells = pd.DataFrame({"duration": np.ceil(np.minimum(at, 90)), "cause": why, "events": (at < 90) * 1, "n": 1})
    whole = price + moved
    cells = cells.assign(**{name: price / whole * (1 - np.exp(-whole * day)) for day, name in MONTHS.items()})
    day = {"2024-01-01": cells}
    row = prediction.relation_by_day(day, risks=MONTHS, training=day, cause="price").row({"day": "2024-01-01"})
    # Taken from those at risk for any cause, 1.26.
    assert row["estimate"] == pytest.approx(1, abs=0.03)
    assert not row["flagged"]


def test_unequal_sampling_weights_are_refused_everywhere() -> None:
    cells = pd.DataFrame(
        {"duration": [1, 2], "n": [40, 60], "events": [40, 0], "p": 0.3, "plan": "a", "sum_w": [40.0, 90.0]}
    )
    calls: list[Callable[[pd.DataFrame], object]] = [
        lambda each: prediction.brier(each, risks={2: "p"}),
        lambda each: prediction.calibration(each, risks={2: "p"}),
        lambda each: prediction.calibration_by_month(each, risks={2: "p"}),
        lambda each: prediction.drift(each, each, terms=["plan"]),
        lambda each: prediction.person_periods(each, terms=["plan"]),
        lambda each: prediction.stacked([each], terms=["plan"], bins={}),
        lambda each: prediction.rows_of(each, terms=["plan"], bins={}),
    ]
    for call in calls:
        with pytest.raises(SchemaError, match="count once each"):
            call(cells)
        # Weights that are the same for all change nothing.
        call(cells.assign(sum_w=cells["n"] * 2.5))


def test_cells_of_mixed_endings_are_not_dealt_out_as_rows() -> None:
    cells = pd.DataFrame({"duration": [1, 2], "n": [40, 60], "events": [10, 0], "plan": ["a", "b"]})
    with pytest.raises(SchemaError, match="1 of 2 cells"):
        prediction.rows_of(cells, terms=["plan"], bins={})
    with pytest.raises(SchemaError, match="1 of 2 cells"):
        prediction.cross_fitted(cells, terms=["plan"], folds=2)
