"""Sample sizes and precision, against R and one another."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.stats import multiplicity, planning, scores

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "planning.json").read_text(encoding="utf-8"))


def variance(shares: list[float]) -> float:
    """Of one answer on -1 ... 1; shares are detractor, passive, promoter."""
    detractor, _, promoter = shares
    return promoter + detractor - (promoter - detractor) ** 2


def observed(promoters: int = 500, passives: int = 300, detractors: int = 200) -> pd.DataFrame:
    return pd.DataFrame({"score": [9, 7, 5], "n": [promoters, passives, detractors]})


@pytest.mark.parametrize("case", list(REFERENCE["two_sample_n"]))
def test_sample_size_agrees_with_r(case: str) -> None:
    expected = REFERENCE["two_sample_n"][case]
    one, two = variance(expected["p1_det_pas_pro"]), variance(expected["p2_det_pas_pro"])
    for name, options in {
        "power80": {},
        "power90": {"power": 0.9},
        "power80_alpha10": {"alpha": 0.1},
        "power80_ratio2": {"ratio": 2.0},
    }.items():
        found = planning.sample_size(one, two, difference=expected["delta"], **options)
        assert float(found) == pytest.approx(expected[name]["n1"], rel=1e-12)


@pytest.mark.parametrize("case", list(REFERENCE["precision_n"]))
def test_precision_agrees_with_r(case: str) -> None:
    expected = REFERENCE["precision_n"][case]
    v, margin = variance(expected["p_det_pas_pro"]), np.array(expected["margin"])
    for name, options in {"wald_n": {}, "with_deff1.4": {"deff": 1.4}, "fpc_N2000": {"population": 2000.0}}.items():
        np.testing.assert_allclose(planning.precision_size(v, margin=margin, **options), expected[name], rtol=1e-12)


def test_answers_needed_and_what_they_find_are_inverse() -> None:
    score = scores.estimate(observed())
    needed = planning.answers_needed(score, differences=[3.0, 10.0]).table
    assert needed["estimate"].tolist() == np.ceil(planning.sample_size(6100, 6100, difference=[3.0, 10.0])).tolist()
    found = planning.detectable(score, sizes=needed["estimate"].astype(int).tolist()).table
    assert found["estimate"].tolist() == pytest.approx([3, 10], rel=1e-3)
    assert (found["estimate"] <= [3, 10]).all()


def test_detectable_agrees_with_r() -> None:
    expected = REFERENCE["mde"]
    table = planning.detectable(scores.estimate(observed()), sizes=expected["n"]).table
    assert table["estimate"].tolist() == pytest.approx([100 * each for each in expected["mde"]], rel=1e-9)
    margins = REFERENCE["margin_at_n"]["typical"]
    table = planning.detectable(scores.estimate(observed()), sizes=margins["n"]).table
    assert table["margin"].tolist() == pytest.approx([100 * each for each in margins["moe95"]], rel=1e-9)


def test_precision_of_the_observed_score() -> None:
    table = planning.precision(scores.estimate(observed()), margins=[3.0, 5.0, 10.0]).table
    assert table["estimate"].tolist() == [2604, 938, 235]
    assert table["n"].tolist() == [1000] * 3


def test_design_effects_are_in_the_plan() -> None:
    weighted = observed().assign(sum_w=lambda counts: counts["n"] * 1.0, sum_w2=lambda counts: counts["n"] * 2.0)
    plain, dear = (
        planning.answers_needed(scores.estimate(each), differences=[5]).row() for each in (observed(), weighted)
    )
    assert dear["estimate"] == pytest.approx(2 * plain["estimate"], rel=0.01)


def test_ratio_gives_the_second_group() -> None:
    row = planning.answers_needed(scores.estimate(observed()), differences=[5], ratio=3).row()
    assert row["n_second"] == 3 * row["estimate"]


def test_planning_needs_variance_and_sense() -> None:
    with pytest.raises(InsufficientDataError, match="standard error"):
        planning.answers_needed(scores.estimate(observed(50, 0, 0)), differences=[5])
    score = scores.estimate(observed())
    with pytest.raises(ParameterError, match="above 0"):
        planning.answers_needed(score, differences=[0])
    with pytest.raises(ParameterError, match="above 0"):
        planning.answers_needed(score, differences=[5], ratio=0)
    with pytest.raises(ParameterError, match="above 0"):
        planning.precision(score, margins=[-1])
    with pytest.raises(ParameterError, match="at least 1"):
        planning.detectable(score, sizes=[0])


def test_a_suppressed_score_plans_nothing_in_the_open() -> None:
    with pytest.raises(InsufficientDataError):
        planning.precision(scores.estimate(observed(3, 2, 1)), margins=[5])


def test_power_is_what_was_asked() -> None:
    # alpha and power of the plan are those of the minimum detectable difference
    n = float(planning.sample_size(0.61, 0.61, difference=0.1))
    assert float(multiplicity.minimum_detectable(np.sqrt(2 * 0.61 / n))) == pytest.approx(0.1)
