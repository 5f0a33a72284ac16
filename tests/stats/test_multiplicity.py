"""One family of comparisons: against R, by hand, and what the family must leave alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.results import Estimates, Unit
from cemlab.stats import multiplicity

FOLDER = Path(__file__).parents[1] / "reference"
ADJUSTED = json.loads((FOLDER / "multiplicity.json").read_text())["benjamini_hochberg"]
POWER = json.loads((FOLDER / "power.json").read_text())


def comparisons(
    p_values: list[float], *, estimate: float = 5.0, n: int | list[int] = 500, unit: Unit = "points"
) -> Estimates:
    table = pd.DataFrame(
        {"segment": [f"s{row}" for row in range(len(p_values))], "estimate": estimate, "std_error": 2.0}
    ).assign(p_value=p_values, n=n)
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


@pytest.mark.parametrize(("materiality", "flagged"), [(0.0, True), (5.0, True), (5.1, False)])
def test_flagged_needs_the_materiality_floor(materiality: float, flagged: bool) -> None:
    judged = multiplicity.adjust([comparisons([0.001], estimate=-5)], materiality=materiality)[0]
    assert judged.table["flagged"].tolist() == [flagged]
    assert (multiplicity.SELECTED in judged.notes) is flagged


def test_mde_uses_the_size_of_the_family_and_never_falls_below_the_floor() -> None:
    judged = multiplicity.adjust([comparisons([0.5] * 20)])[0].table
    # z(1 - 0.05/40) = 3.02334 and z(0.8) = 0.84162; z(0.975) = 1.95996.
    assert judged["mde"].tolist() == pytest.approx([2 * (3.023341 + 0.841621)] * 20, abs=1e-5)
    assert judged["mde_unadjusted"].tolist() == pytest.approx([2 * (1.959964 + 0.841621)] * 20, abs=1e-5)
    floored = multiplicity.adjust([comparisons([0.5] * 20)], materiality=7)[0].table
    assert floored["mde_unadjusted"].tolist() == [7] * 20
    assert floored["mde"].tolist() == judged["mde"].tolist()


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
