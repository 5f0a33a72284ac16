"""One family of comparisons: against R, by hand, and what the family must leave alone."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.results import Estimates, Finding, Unit
from cemlab.stats import change, intervals, multiplicity, scores

FOLDER = Path(__file__).parents[1] / "reference"
ADJUSTED = json.loads((FOLDER / "multiplicity.json").read_text())["benjamini_hochberg"]
RUNS = 40_000
POWER = json.loads((FOLDER / "power.json").read_text())


def comparisons(
    p_values: list[float], *, estimate: float = 5.0, n: int | list[int] = 500, unit: Unit = "points"
) -> Estimates:
    table = pd.DataFrame(
        {"segment": [f"s{row}" for row in range(len(p_values))], "estimate": estimate, "std_error": 2.0}
    ).assign(p_value=p_values, n=n, ci_low=estimate - 3.92, ci_high=estimate + 3.92)
    return Estimates.build(
        table, by=["segment"], measure="nps_difference", unit=unit, method="difference", level=0.95, min_n=10
    )


@pytest.mark.parametrize("name", ADJUSTED)
def test_benjamini_hochberg_agrees_with_r(name: str) -> None:
    p, q = (np.array(ADJUSTED[name][column], dtype=float) for column in "pq")
    np.testing.assert_allclose(multiplicity.benjamini_hochberg(p), q, atol=1e-14)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_benjamini_hochberg_agrees_with_statsmodels(p_values: list[float]) -> None:
    from statsmodels.stats.multitest import multipletests

    expected = multipletests(p_values, method="fdr_bh")[1]
    np.testing.assert_allclose(multiplicity.benjamini_hochberg(p_values), expected, atol=1e-12)


def test_no_p_value_gives_none() -> None:
    assert multiplicity.benjamini_hochberg([]).tolist() == []
    with pytest.raises(SchemaError, match="2 of 3 do not"):
        multiplicity.benjamini_hochberg([-0.1, 0.5, 1.2])


def test_minimum_detectable_agrees_with_r() -> None:
    reference = POWER["minimum_detectable"]
    detractor, _, promoter = reference["shares"]
    variance = promoter + detractor - (promoter - detractor) ** 2
    error = np.sqrt(2 * variance / np.array(reference["n"]))
    np.testing.assert_allclose(multiplicity.minimum_detectable(error), reference["mde"], rtol=1e-12)


@pytest.mark.parametrize("name", POWER["two_sample_n"])
def test_minimum_detectable_is_the_difference_that_r_asks_that_sample_size_for(name: str) -> None:
    case = POWER["two_sample_n"][name]
    for n, alpha, power in (("n", 0.05, 0.8), ("n_power90", 0.05, 0.9), ("n_alpha10", 0.1, 0.8)):
        error = np.sqrt((case["v1"] + case["v2"]) / case[n])
        found = multiplicity.minimum_detectable(error, alpha=alpha, power=power)
        assert float(found) == pytest.approx(abs(case["delta"]), rel=1e-12)


def test_tables_are_adjusted_as_one_family_and_not_each_on_its_own() -> None:
    one, two = comparisons([0.01, 0.04]), comparisons([0.03, 0.9])
    judged = multiplicity.adjust([one, two])
    together = [value for each in judged for value in each.table["q_value"]]
    assert together == pytest.approx([0.04, 0.04 * 4 / 3, 0.04 * 4 / 3, 0.9])
    assert multiplicity.adjust([one])[0].table["q_value"].tolist() == pytest.approx([0.02, 0.04])


def test_order_of_rows_and_tables_does_not_matter() -> None:
    one, two = comparisons([0.01, 0.04, 0.2]), comparisons([0.03, 0.9])
    forwards, backwards = multiplicity.adjust([one, two]), multiplicity.adjust([two, one])
    for each, other in zip(forwards, reversed(backwards), strict=True):
        pd.testing.assert_frame_equal(each.table, other.table)


def test_suppressed_comparisons_are_outside_the_family() -> None:
    table = multiplicity.adjust([comparisons([0.04, 0.001, 0.03], n=[500, 3, 400])])[0].table
    # The small cell hides itself and its complement, the smaller of the two others.
    assert table["suppressed"].tolist() == [False, True, True]
    assert table["q_value"].tolist()[0] == pytest.approx(0.04)
    assert table["q_value"].isna().tolist() == [False, True, True]
    assert table["mde"].isna().tolist() == [False, True, True]
    assert table["flagged"].tolist() == [True, False, False]
    assert table["family"].tolist() == ["run", "", ""]


def test_a_row_without_p_value_is_outside_the_family() -> None:
    table = multiplicity.adjust([comparisons([0.04, float("nan")])])[0].table
    assert table["q_value"].tolist()[0] == pytest.approx(0.04)
    assert table["family"].tolist() == ["run", ""]
    assert not table["flagged"].iloc[1]


@pytest.mark.parametrize(
    ("materiality", "p_material", "outcome"),
    [
        (0.0, 0.0124193, "large"),
        (1.0, 0.0241, "large"),
        (1.8, 0.0551, "significant"),
        (5.0, 0.5, "significant"),
        (9.0, 0.9772, "small"),
    ],
)
def test_flagged_needs_to_be_shown_larger_than_the_floor(materiality: float, p_material: float, outcome: str) -> None:
    # By hand, 5 with a standard error of 2: Φ((f − 5)/2) + Φ((−f − 5)/2); the interval reaches from 1.08 to 8.92.
    for sign in (1, -1):
        judged = multiplicity.adjust([comparisons([0.0124193], estimate=sign * 5.0)], materiality=materiality)[0]
        row = judged.row()
        assert row["p_material"] == pytest.approx(p_material, abs=5e-5)
        assert row["conclusion"] == outcome
        assert (row["flagged"], row["significant"]) == (outcome == "large", True)
        assert (multiplicity.SELECTED in judged.notes) is (outcome == "large")
        assert row["q_ordinary"] == pytest.approx(0.0124193)


def test_floor_of_zero_leaves_every_p_value_as_it_is() -> None:
    p_values = [0.5, 1e-9, 0.03, 1e-300]
    table = multiplicity.adjust([comparisons(p_values)])[0].table
    assert table["p_material"].tolist() == p_values
    assert table["q_value"].tolist() == table["q_ordinary"].tolist()


def test_test_of_the_row_is_the_one_that_is_shifted() -> None:
    # Student's law with four degrees of freedom about a centre of its own, not the normal law about the estimate.
    rows = comparisons([0.01], estimate=9.0).with_columns({"centre": [8.0], "df": [4.0]})
    found = multiplicity.adjust([rows], materiality=3)[0].row()["p_material"]
    assert found == pytest.approx(scipy.stats.t.sf(2.5, 4) + scipy.stats.t.sf(5.5, 4), rel=1e-12)


@pytest.mark.parametrize("producer", ["rest", "steps", "trend", "paired"])
def test_comparisons_of_scores_carry_the_test_of_their_p_value(producer: str) -> None:
    table = judged_scores(producer)
    centre = table.get("centre", table["estimate"])
    close = intervals.beyond(centre, table["std_error"], df=table["df"])
    np.testing.assert_allclose(close, table["p_value"], rtol=1e-12)
    assert ((table["ci_low"] > 0) | (table["ci_high"] < 0)).tolist() == (table["p_value"] < 0.05).tolist()


def judged_scores(producer: str) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    keys = "region" if producer == "rest" else "period"
    names = ["N", "S", "W"] if producer == "rest" else ["2024-01-01", "2024-02-01", "2024-03-01"]
    counts = pd.DataFrame({keys: np.repeat(names, 3), "score": [9, 7, 5] * 3, "n": rng.integers(3, 40, 9)})
    moves = pd.DataFrame({"from_score": [5, 9, 9], "to_score": [9, 9, 7], "n": [10, 80, 4]})
    made = {
        "rest": lambda: scores.against_rest(counts, by=["region"]),
        "steps": lambda: change.consecutive(counts),
        "trend": lambda: change.trend(counts),
        "paired": lambda: change.paired(moves),
    }
    return made[producer]().table


@given(st.floats(-20, 20), st.floats(0.1, 9), st.floats(0, 10), st.one_of(st.just(math.inf), st.floats(1, 200)))
def test_p_value_of_a_floor_grows_with_it_and_equals_that_of_zero_without(
    estimate: float, error: float, floor: float, df: float
) -> None:
    plain, floored, wider = (float(intervals.beyond(estimate, error, floor=f, df=df)) for f in (0.0, floor, floor + 1))
    assert plain == float(intervals.two_sided(estimate / error, df))
    assert plain <= floored + 1e-9 <= wider + 2e-9 <= 1 + 2e-9
    assert floored == float(intervals.beyond(-estimate, error, floor=floor, df=df))


def test_mde_uses_the_size_of_the_family_and_adds_the_floor() -> None:
    judged = multiplicity.adjust([comparisons([0.5] * 20)])[0].table
    # z(1 - 0.05/40) = 3.02334 and z(0.8) = 0.84162; z(0.975) = 1.95996.
    assert judged["mde"].tolist() == pytest.approx([2 * (3.023341 + 0.841621)] * 20, abs=1e-5)
    assert judged["mde_unadjusted"].tolist() == pytest.approx([2 * (1.959964 + 0.841621)] * 20, abs=1e-5)
    floored = multiplicity.adjust([comparisons([0.5] * 20)], materiality=7)[0].table
    # One-sided beyond the floor: z(1 - 0.05/20) = 2.80703 and z(0.95) = 1.64485.
    assert floored["mde"].tolist() == pytest.approx([7 + 2 * (2.807034 + 0.841621)] * 20, abs=1e-5)
    assert floored["mde_unadjusted"].tolist() == pytest.approx([7 + 2 * (1.644854 + 0.841621)] * 20, abs=1e-5)


@pytest.mark.parametrize(("floor", "error"), [(0.0, 2.0), (0.1, 2.0), (1.0, 2.0), (3.0, 2.0), (3.0, 0.5), (10.0, 2.0)])
@pytest.mark.parametrize("df", [math.inf, 8.0, 30.0])
def test_difference_of_the_size_of_the_printed_mde_is_flagged_four_times_out_of_five(
    floor: float, error: float, df: float
) -> None:
    rng = np.random.default_rng(11)
    mde = float(multiplicity.minimum_detectable(error, floor=floor, df=df))
    spread = error * (1.0 if df == math.inf else np.sqrt(rng.chisquare(df, RUNS) / df))
    found = intervals.beyond(mde + error * rng.standard_normal(RUNS), np.broadcast_to(spread, RUNS), floor=floor, df=df)
    assert (found < 0.05).mean() == pytest.approx(0.8, abs=0.02)


def test_mde_without_error_is_the_floor() -> None:
    assert float(multiplicity.minimum_detectable(0.0, floor=3.0)) == 3.0


def test_reason_of_a_row_without_test_is_kept_unless_it_is_withheld() -> None:
    rows = comparisons([0.01, math.nan, math.nan], n=[500, 400, 3]).with_columns(
        {"reason": ["", "nobody left", "nobody left"]}
    )
    table = multiplicity.adjust([rows])[0].table
    assert table["conclusion"].tolist() == ["large", "withheld", "withheld"]
    assert table["reason"].tolist() == ["", "", ""]
    shown = multiplicity.adjust([comparisons([0.01, math.nan]).with_columns({"reason": ["", "nobody left"]})])[0].table
    assert shown["conclusion"].tolist() == ["large", "not testable"]
    assert shown["reason"].tolist() == ["", "nobody left"]


def test_no_comparison_at_all_is_an_empty_family() -> None:
    assert multiplicity.adjust([]) == []
    table = multiplicity.adjust([comparisons([])])[0].table
    assert len(table) == 0
    assert {"q_value", "flagged", "mde", "mde_unadjusted", "family"} <= set(table.columns)


@pytest.mark.parametrize(
    "options", [{"q": 0.0}, {"q": 1.0}, {"power": 1.0}, {"materiality": -1.0}, {"materiality": float("nan")}]
)
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(options))):
        multiplicity.adjust([comparisons([0.5])], **options)


def test_levels_are_not_comparisons_and_units_are_not_mixed() -> None:
    table = pd.DataFrame({"estimate": [1.0], "std_error": [1.0], "n": [50]})
    level = Estimates.build(table, by=[], measure="nps", unit="points", method="", level=0.95, min_n=10)
    with pytest.raises(SchemaError, match=r"1 of 2 tables have no p_value \(nps\)"):
        multiplicity.adjust([comparisons([0.5]), level])
    with pytest.raises(SchemaError, match="points, share were given"):
        multiplicity.adjust([comparisons([0.5]), comparisons([0.5], unit="share")])


@pytest.mark.parametrize("key", ["outcome", "conclusion", "family", "reason", "floor", "group"])
def test_a_key_that_is_named_like_a_judgement_stays_what_it_is(key: str) -> None:
    table = pd.DataFrame({key: ["a", "b"], "estimate": [1.0, 9.0], "std_error": 1.0, "p_value": [0.3, 1e-9], "n": 500})
    found = Estimates.build(table, by=[key], measure="m", unit="ratio", method="", level=0.95, min_n=10)
    (judged,) = multiplicity.adjust([found], family="f")
    assert judged.table[key].tolist() == ["a", "b"]
    assert judged.table["flagged"].tolist() == [False, True]
    finding = Finding.of("m", judged, where={key: "b"})
    assert (finding.scope[key], finding.outcome, finding.floor, finding.reason) == ("b", "large", 0.0, "")
