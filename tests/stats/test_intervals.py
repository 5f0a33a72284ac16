"""Intervals against R, by hand, and by what must hold of any interval."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.stats import intervals

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "nps.json").read_text())
METHODS: dict[str, Callable[..., intervals.Interval]] = {
    "wald": intervals.wald,
    "adjusted_wald": intervals.adjusted_wald,
    "score": intervals.score,
}
COUNTS = st.tuples(*[st.integers(0, 400)] * 3).filter(lambda counts: sum(counts) > 0)


def limits(result: intervals.Interval) -> list[float]:
    return [float(result.low), float(result.high)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: "-".join(map(str, case["counts"])))
def test_interval_agrees_with_r(case: dict[str, Any], method: str) -> None:
    assert case[method]
    for level, reference in case[method].items():
        expected = 100 * np.array(reference)
        if method != "wald":
            expected = expected.clip(-100, 100)
        result = METHODS[method](case["counts"], level=float(level))
        # The reference's root finder stops within 1e-12 of the ends, so 1e-8 points are asked.
        assert limits(result) == pytest.approx(expected.tolist(), abs=1e-8)


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: "-".join(map(str, case["counts"])))
def test_standard_error_agrees_with_r(case: dict[str, Any]) -> None:
    assert float(intervals.wald(case["counts"]).std_error) == pytest.approx(100 * case["se"], abs=1e-10)


@pytest.mark.parametrize("case", REFERENCE["wilson"], ids=lambda case: "-".join(map(str, case["counts"])))
def test_wilson_agrees_with_r_desctools(case: dict[str, Any]) -> None:
    result = intervals.wilson(case["counts"], sum(case["counts"]))
    assert result.low == pytest.approx(np.array(case["low"]), abs=1e-12)
    assert result.high == pytest.approx(np.array(case["high"]), abs=1e-12)


@pytest.mark.parametrize("case", REFERENCE["two_sample"], ids=lambda case: f"{case['first']}-{case['second']}")
def test_difference_agrees_with_r(case: dict[str, Any]) -> None:
    result = intervals.difference(case["first"], case["second"])
    assert float(result.estimate) == pytest.approx(100 * case["adjusted"], abs=1e-9)
    assert float(result.std_error) == pytest.approx(100 * case["std_error"], abs=1e-9)
    assert float(result.p_value) == pytest.approx(case["p"], abs=1e-12)
    assert limits(result) == pytest.approx([100 * limit for limit in case["ci"]], abs=1e-8)


def test_intervals_worked_by_hand() -> None:
    assert limits(intervals.wald([65, 20, 15])) == pytest.approx([35.465, 64.535], abs=5e-4)
    assert limits(intervals.adjusted_wald([65, 20, 15])) == pytest.approx([34.149, 62.939], abs=5e-4)
    assert limits(intervals.wald([4, 10, 6])) == pytest.approx([-40.678, 20.678], abs=5e-4)
    assert limits(intervals.adjusted_wald([4, 10, 6])) == pytest.approx([-37.374, 19.983], abs=5e-4)
    assert limits(intervals.wald([10, 0, 0])) == [100, 100]
    assert limits(intervals.adjusted_wald([10, 0, 0])) == pytest.approx([47.504, 100], abs=5e-4)


def test_many_groups_at_once_equal_each_alone() -> None:
    counts = np.array([case["counts"] for case in REFERENCE["cases"]], dtype=float)
    for method in METHODS.values():
        together = method(counts)
        for row, each in enumerate(counts):
            assert limits(method(each)) == [together.low[row], together.high[row]]


@given(COUNTS, st.sampled_from(sorted(METHODS)))
def test_promoters_and_detractors_exchanged_mirror_the_interval(counts: tuple[int, int, int], method: str) -> None:
    plain, mirrored = METHODS[method](counts), METHODS[method](counts[::-1])
    assert limits(plain) == pytest.approx([-limit for limit in limits(mirrored)[::-1]], abs=1e-9)


@given(COUNTS, st.sampled_from(sorted(METHODS)), st.floats(0.5, 0.95))
def test_a_higher_level_gives_an_interval_around_the_lower(
    counts: tuple[int, int, int], method: str, level: float
) -> None:
    narrow, wide = METHODS[method](counts, level=level), METHODS[method](counts, level=level + 0.04)
    assert wide.low <= narrow.low + 1e-9
    assert wide.high >= narrow.high - 1e-9


@given(COUNTS)
def test_score_and_wald_hold_the_estimate_and_limits_stay_on_the_scale(counts: tuple[int, int, int]) -> None:
    net = 100 * (counts[0] - counts[2]) / sum(counts)
    for method in ("wald", "score"):
        result = METHODS[method](counts)
        assert result.low - 1e-9 <= net <= result.high + 1e-9
    for method in ("adjusted_wald", "score"):
        low, high = limits(METHODS[method](counts))
        assert -100 <= low <= high <= 100


@given(COUNTS)
def test_score_limits_solve_the_score_equation(counts: tuple[int, int, int]) -> None:
    """A limit inside the scale is where the constrained likelihood's z is exactly ±1.96."""
    promoters, _, detractors = counts
    n = sum(counts)
    for limit, sign in zip(limits(intervals.score(counts)), (1, -1), strict=True):
        t = limit / 100
        if abs(t) > 0.999:
            continue
        # Detractors' share maximising d·log(x) + p·log(x + t) + rest·log(1 - 2x - t), on a fine grid.
        x = np.linspace(max(0, -t), (1 - t) / 2, 200_001)[1:-1]
        log = detractors * np.log(x) + promoters * np.log(x + t) + counts[1] * np.log(1 - 2 * x - t)
        best = x[np.argmax(log)]
        z = (promoters - detractors - n * t) / np.sqrt(n * (2 * best + t - t**2))
        assert z == pytest.approx(sign * intervals.quantile(0.95), abs=2e-3)


@settings(max_examples=50)
@given(COUNTS, COUNTS, st.floats(0.5, 0.999))
def test_the_test_of_a_difference_is_the_one_its_interval_inverts(
    first: tuple[int, int, int], second: tuple[int, int, int], level: float
) -> None:
    result = intervals.difference(first, second, level=level)
    if abs(result.p_value - (1 - level)) > 1e-9:
        assert bool(result.p_value < 1 - level) == bool((result.low > 0) | (result.high < 0))
    swapped = intervals.difference(second, first, level=level)
    assert limits(swapped) == pytest.approx([-result.high, -result.low])
    assert swapped.p_value == result.p_value


def test_all_alike_still_have_an_interval_and_a_test() -> None:
    result = intervals.difference([10, 0, 0], [10, 0, 0])
    assert result.p_value == 1
    assert result.low < 0 < result.high


def test_fractional_counts_lie_between_their_neighbours() -> None:
    low, middle, high = (float(intervals.score([k, 20, 15]).low) for k in (64, 64.5, 65))
    assert low < middle < high


@pytest.mark.parametrize("level", [0, 1, -0.5, 95, float("nan")])
def test_a_level_outside_0_and_1_is_refused(level: float) -> None:
    with pytest.raises(ParameterError, match="above 0 and below 1"):
        intervals.wald([1, 1, 1], level=level)


@pytest.mark.parametrize("counts", [[1, 2], [1, 2, 3, 4], 5])
def test_counts_not_in_threes_are_refused(counts: object) -> None:
    with pytest.raises(SchemaError, match="promoters, passives, detractors"):
        intervals.wald(counts)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
def test_impossible_counts_are_refused_with_their_number(bad: float) -> None:
    with pytest.raises(SchemaError, match="1 of 6 are not"):
        intervals.score(np.array([[1, 2, 3], [1, bad, 3]]))


def test_an_empty_group_is_refused() -> None:
    with pytest.raises(InsufficientDataError, match="1 of 2 are empty"):
        intervals.adjusted_wald([[1, 2, 3], [0, 0, 0]])
    with pytest.raises(InsufficientDataError, match="1 of 1 are empty"):
        intervals.wilson(0, 0)


def test_more_successes_than_answers_are_refused() -> None:
    with pytest.raises(SchemaError, match="1 of 2 do not"):
        intervals.wilson([1, 4], [3, 3])
