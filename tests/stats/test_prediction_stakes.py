"""The margin at stake: against R's revenue at risk, by hand, and where chance decides most of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cemlab.core.courses import Course, Lookup, Periods, Proportional
from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.core.scorecards import Scorecard
from cemlab.stats import prediction


def card_of(risks: list[float], *, spread: float = 0.0) -> Scorecard:
    """A scorecard that gives the level "k" of its one term the k-th risk."""
    levels = [str(at) for at in range(len(risks))]
    hazard = -np.log1p(-np.asarray(risks))[:, None]
    points = pd.DataFrame({"term": "plan", "level": levels, "points": np.log(hazard[:, 0]), "share": 1 / len(levels)})
    return Scorecard(
        "table",
        ("plan",),
        (),
        {},
        "days",
        (90.0,),
        points,
        Lookup((len(levels),), hazard, np.full(hazard.shape, spread)),
    )


def rows_of(margins: list[float], levels: list[int]) -> pd.DataFrame:
    frame = pd.DataFrame({"plan": [str(level) for level in levels], "n": 1, "sum": margins})
    return frame.assign(sum_sq=frame["sum"] ** 2)


def told_by(found: Estimates) -> dict[str, dict[str, Any]]:
    """Rows by what they speak of."""
    return {str(row["what"]): {str(name): each for name, each in row.items()} for row in found.table.to_dict("records")}


@pytest.mark.shared
def test_the_expected_margin_agrees_with_r_and_its_spread_with_theory(shared_dir: Path) -> None:
    told = json.loads((shared_dir / "reference" / "value.json").read_text(encoding="utf-8"))["results"][
        "revenue_at_risk"
    ]
    contracts = pd.read_csv(shared_dir / "reference" / "data" / "value_contracts.csv")
    rows = rows_of(contracts["m"].tolist(), list(range(len(contracts)))).assign(
        account=pd.factorize(contracts["account"])[0]
    )
    found = told_by(prediction.margin_at_stake(rows, card_of(contracts["p"].tolist()), draws=4_000, seed=1))
    assert found["expected"]["estimate"] == pytest.approx(told["at_risk"], rel=1e-12)
    assert found["expected"]["ci_low"] == pytest.approx(found["expected"]["ci_high"]), "risks taken as known"
    p, m = contracts["p"].to_numpy(float), contracts["m"].to_numpy(float)
    alone = np.sqrt((p * (1 - p) * m**2).sum())
    assert found["lost"]["std_error"] == pytest.approx(alone, rel=0.05)
    together = 0.0
    for _, part in contracts.sort_values("p", ascending=False).groupby("account"):
        # One throw for an account: whoever has the lower risk leaves only with the others.
        steps = -np.diff([*part["p"].to_numpy(float), 0.0])
        sums = part["m"].to_numpy(float).cumsum()
        together += (steps * sums**2).sum() - (steps * sums).sum() ** 2
    assert found["lost, accounts together"]["std_error"] == pytest.approx(np.sqrt(together), rel=0.05)


def test_one_account_that_is_most_of_it_is_lost_or_kept() -> None:
    rows = rows_of([1000.0, *[1.0] * 50], [1, *[0] * 50])
    found = prediction.margin_at_stake(rows, card_of([0.1, 0.3]), seed=3)
    table = told_by(found)
    assert table["expected"]["estimate"] == pytest.approx(305.0)
    assert table["lost"]["ci_low"] < 10
    assert table["lost"]["ci_high"] > 1000
    share = found.parts["largest"].set_index("largest")["estimate"]
    assert share.to_dict() == {1: pytest.approx(300 / 305), 10: pytest.approx(300.9 / 305)}


def test_the_error_of_the_model_is_in_both_and_calibration_in_what_is_lost() -> None:
    rows, plain = rows_of([1.0] * 2_000, [0] * 2_000), card_of([0.1])
    sure = told_by(prediction.margin_at_stake(rows, plain))
    noisy = told_by(prediction.margin_at_stake(rows, card_of([0.1], spread=0.2)))
    moved = told_by(prediction.margin_at_stake(rows, plain, calibration=(1.5, 1.2, 1.875)))
    assert noisy["expected"]["std_error"] == pytest.approx(200 * 0.2, rel=0.15)
    assert sure["expected"]["std_error"] == pytest.approx(0, abs=1e-9)
    assert noisy["lost"]["std_error"] > 2 * sure["lost"]["std_error"]
    assert moved["expected"]["estimate"] == sure["expected"]["estimate"] == pytest.approx(200)
    assert moved["lost"]["estimate"] == pytest.approx(2_000 * (1 - 0.9**1.5), rel=0.05)


def test_customers_with_little_at_stake_may_be_summed() -> None:
    margins = np.random.default_rng(2).uniform(1, 3, 3_000)
    rows = rows_of(margins.tolist(), [0, 1] * 1_500)
    kept = rows.iloc[:500]
    rest = rows.iloc[500:].groupby("plan", as_index=False)[["n", "sum", "sum_sq"]].sum()
    one = told_by(prediction.margin_at_stake(rows, card_of([0.1, 0.3], spread=0.05)))
    found = prediction.margin_at_stake(pd.concat([kept, rest]), card_of([0.1, 0.3], spread=0.05))
    other = told_by(found)
    assert any("2,500 customers with less at stake" in note for note in found.notes)
    assert other["expected"]["estimate"] == pytest.approx(one["expected"]["estimate"])
    for name in ("ci_low", "ci_high"):
        assert other["lost"][name] == pytest.approx(one["lost"][name], rel=0.01)


COURSES: list[Course] = [
    Proportional(
        (3,),
        np.array([0.4, -0.3]),
        np.array([[0.02, 0.01], [0.01, 0.04]]),
        np.array([0.2, 0.1]),
        np.array([0.1, 0.3]),
        np.array([1e-4, 4e-4]),
        np.array([[0.01, 0.0], [0.02, 0.01]]),
    ),
    Periods((3,), "cloglog", np.eye(2), np.array([-3.0, -2.5, 0.4, -0.3]), np.diag([0.01, 0.02, 0.03, 0.02]), (1, 2)),
    Periods((3,), "logit", np.eye(2), np.array([-3.0, -2.5, 0.4, -0.3]), np.diag([0.01, 0.02, 0.03, 0.02]), (1, 2)),
    Lookup((3,), np.array([[0.1, 0.2], [0.2, 0.3], [0.05, 0.3]]), np.array([[0.1, 0.2], [0.2, 0.1], [0.1, 0.1]])),
]


@pytest.mark.parametrize("course", COURSES, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("at", [0, 1])
def test_draws_of_a_course_have_its_own_errors(course: Course, at: int) -> None:
    codes = np.array([[0], [1], [2]])
    value, spread = course.cumulative(codes)
    drawn = np.log(course.drawn(codes, at=at, size=20_000, random=np.random.default_rng(0)))
    assert drawn.mean(axis=0) == pytest.approx(np.log(value[:, at]), abs=0.02)
    assert drawn.std(axis=0) == pytest.approx(spread[:, at], rel=0.05)


def test_accounts_that_cannot_be_simulated_are_refused() -> None:
    rows, card = rows_of([1.0, 2.0], [0, 1]), card_of([0.1, 0.3])
    with pytest.raises(SchemaError, match="sum_sq missing"):
        prediction.margin_at_stake(rows.drop(columns="sum_sq"), card)
    with pytest.raises(SchemaError, match="1 of 2 have none"):
        prediction.margin_at_stake(rows.assign(plan=["0", "new"]), card)
    with pytest.raises(SchemaError, match="1 of 2 hold more"):
        prediction.margin_at_stake(rows.assign(n=[1, 5], account=0), card)
    with pytest.raises(InsufficientDataError, match="there is none"):
        prediction.margin_at_stake(rows.assign(n=0), card)
    with pytest.raises(ParameterError, match="`horizon` must be one of"):
        prediction.margin_at_stake(rows, card, horizon=30)
    with pytest.raises(ParameterError, match="`draws` must be at least 2"):
        prediction.margin_at_stake(rows, card, draws=1)
