"""What the study of prediction adds: snapshots, spans of training, columns left out, days judged one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.stats import hazards, prediction
from cemlab.stats.prediction.snapshot import _area
from cemlab.stats.prediction.spans import CellRows


def _cells(rates: dict[str, float], *, n: int = 4000, days: int = 90, seed: int = 3, groups: int = 20) -> pd.DataFrame:
    """Customers of equal groups who leave at constant daily rates, followed for a horizon."""
    random = np.random.default_rng(seed)
    plan = random.choice(list(rates), n)
    time = np.ceil(random.exponential(1 / np.array([rates[name] for name in plan])))
    rows = pd.DataFrame(
        {
            "plan": plan,
            "area": random.choice(["x", "y"], n),
            "duration": np.minimum(time, days).astype(int),
            "left": time <= days,
            "replicate": random.integers(0, groups, n),
        }
    )
    cells = rows.groupby(["plan", "area", "duration", "left", "replicate"]).size().rename("n").reset_index()
    return cells.assign(events=cells["n"].where(cells["left"], 0)).drop(columns="left")


def test_cross_fitting_finds_what_is_there_and_nothing_where_nothing_is() -> None:
    there = prediction.cross_fitted(_cells({"a": 0.001, "b": 0.006}), terms=["plan", "area"]).table.iloc[0]
    assert there["ci_low"] > 0.6
    nothing = prediction.cross_fitted(_cells({"a": 0.003, "b": 0.003}), terms=["plan", "area"]).table.iloc[0]
    assert nothing["ci_low"] < 0.5 < nothing["ci_high"]
    assert nothing["estimate"] < 0.53, "a model judged on its own customers would always seem better than chance"


def test_area_and_its_error_are_delongs_by_hand() -> None:
    score, n = np.array([3.0, 1.0, 2.0, 1.0, 0.0]), np.ones(5)
    left = np.array([True, True, False, False, False])
    # Churned 3 beats 2, 1, 0; churned 1 loses to 2, ties with 1, beats 0: (3 + 1.5)/6.
    area, error = _area(score, n, left)
    assert area == pytest.approx(0.75)
    # By churner 1 and .5: variance .125/2; by stayer 1/2, 3/4, 1: variance .0625/3.
    assert error == pytest.approx(np.sqrt(0.125 / 2 + 0.0625 / 3))
    order = [3, 0, 4, 2, 1]
    assert _area(score[order], n, left[order]) == pytest.approx((area, error))
    assert _area(score, 2 * n, left)[0] == pytest.approx(area)


def test_ranking_of_who_left_is_not_concordance_on_tenure() -> None:
    """New customers leave sooner, but have had no time to: who left first is told well, who had left hardly."""
    random, size = np.random.default_rng(5), 6_000
    new = random.random(size) < 0.5
    seen = np.where(new, random.integers(1, 90, size), random.integers(600, 1_200, size))
    time = np.ceil(random.exponential(np.where(new, 80.0, 800.0)))
    rows = pd.DataFrame(
        {"cohort": np.where(new, "new", "old"), "duration": np.minimum(time, seen).astype(int), "left": time <= seen}
    )
    cells = rows.groupby(["cohort", "duration", "left"]).size().rename("n").reset_index()
    found = prediction.cross_fitted(
        cells.assign(events=cells["n"].where(cells["left"], 0)).drop(columns="left"), terms=["cohort"]
    )
    old_left, new_left = (float(rows.loc[rows["cohort"] == name, "left"].mean()) for name in ("old", "new"))
    assert old_left > new_left
    assert found.parts["concordance"]["estimate"].iloc[0] > 0.6
    assert found.table["ci_high"].iloc[0] < 0.5


def test_cross_fitting_depends_on_its_seed_alone() -> None:
    cells = _cells({"a": 0.001, "b": 0.006}, n=800)
    same = [prediction.cross_fitted(cells, terms=["plan"], seed=seed).table["estimate"].iloc[0] for seed in (1, 1, 2)]
    assert same[0] == same[1] != same[2]


def test_cross_fitting_needs_leavers_in_each_fold_and_a_column_that_varies() -> None:
    cells = pd.DataFrame({"plan": ["a", "b"], "duration": [5, 5], "n": [3, 40], "events": [3, 0]})
    with pytest.raises(InsufficientDataError, match="Each of 5 folds needs somebody who left: 3 did"):
        prediction.cross_fitted(cells, terms=["plan"])
    with pytest.raises(InsufficientDataError, match="A covariate must vary"):
        prediction.cross_fitted(cells.assign(plan="a", n=[90, 400], events=[90, 0]), terms=["plan"])
    with pytest.raises(ParameterError, match="two folds"):
        prediction.cross_fitted(cells, terms=["plan"], folds=1)
    with pytest.raises(SchemaError, match="area"):
        prediction.cross_fitted(cells, terms=["area"])


def test_span_twice_is_every_customer_twice() -> None:
    cells = _cells({"a": 0.001, "b": 0.006}, n=500)
    once, twice = (prediction.stacked([cells] * many, terms=["plan"], bins={}) for many in (1, 2))
    assert twice["n"].tolist() == (2 * once["n"]).tolist()
    fits = [hazards.fit_cox(each, terms=["plan"], ties="breslow").table for each in (once, twice)]
    assert fits[1]["estimate"].iloc[0] == pytest.approx(fits[0]["estimate"].iloc[0], abs=1e-9)
    assert fits[1]["std_error"].iloc[0] == pytest.approx(fits[0]["std_error"].iloc[0] / np.sqrt(2), rel=1e-6)


def test_finer_bins_are_taken_into_those_of_training_and_causes_kept_apart() -> None:
    cells = pd.DataFrame(
        {
            "tenure": ["3 to 4", "13 to 14", "11 to 12"],
            "cause": ["left", None, "left"],
            "duration": 5,
            "n": 2,
            "events": [2, 0, 2],
        }
    )
    found = prediction.stacked([cells], terms=["tenure"], bins={"tenure": [12.0]})
    assert found[["tenure", "n", "events"]].to_numpy().tolist() == [["below 12", 4, 4], ["12 and over", 2, 0]]
    with pytest.raises(SchemaError, match="every one missing of 0 spans"):
        prediction.stacked([], terms=["tenure"], bins={})


def test_rows_are_numbers_in_order_and_levels_in_columns_like_those_of_training() -> None:
    cells = pd.DataFrame(
        {
            "tenure": ["below 3", "3 to 9", "unknown"],
            "plan": ["a", "b", "c"],
            "duration": [1, 2, 3],
            "n": [4, 5, 6],
            "events": [4, 0, 6],
        }
    )
    made = prediction.rows_of(cells, terms=["tenure", "plan"], bins={"tenure": [3.0, 9.0]})
    assert made.columns == ("tenure", "plan=a", "plan=b", "plan=c")
    np.testing.assert_array_equal(made.block.x[:, 0], [2.0, 3.0, np.nan])
    assert made.block.event.tolist() == [1.0, 0.0, 1.0]
    later = prediction.rows_of(
        cells.assign(plan="new"), terms=["tenure", "plan"], bins={"tenure": [3.0, 9.0]}, like=made
    )
    assert later.columns == made.columns
    assert later.block.x[:, 1:].sum() == 0


def test_challenger_foretells_beside_the_others_and_in_the_order_of_the_cells() -> None:
    cells = _cells({"a": 0.001, "b": 0.006})
    rows = prediction.rows_of(cells, terms=["plan", "area"], bins={})
    booster = prediction.boosted(rows, horizons=[45, 90])
    card = prediction.scorecard(hazards.fit_cox(cells, terms=["plan", "area"]), horizons=[45, 90])
    judged = prediction.judged(cells, [card])
    like = prediction.rows_of(judged.cells, terms=["plan", "area"], bins={}, like=rows)
    assert isinstance(like, CellRows)
    found = prediction.with_challenger(judged, booster, like)
    means = found.cells.groupby("plan")["gradient boosting 90"].mean()
    assert means["b"] > 2 * means["a"]
    assert found.cells["Cox 90"].corr(found.cells["gradient boosting 90"]) > 0.95


def test_model_without_the_column_that_matters_loses_and_without_another_does_not() -> None:
    train, later = _cells({"a": 0.001, "b": 0.006}), _cells({"a": 0.001, "b": 0.006}, seed=4)
    whole = prediction.scorecard(hazards.fit_cox(train, terms=["plan", "area"]), horizons=[90])
    fewer = prediction.without_each(train, terms=["plan", "area"], horizons=[90])
    assert [card.terms for card in fewer] == [("area",), ("plan",)]
    judged = prediction.judged(later, [whole, *fewer])
    compared = prediction.compare(judged.cells, risks_by_model=judged.risks, versus="Cox", skills=["ipa"])
    lost = prediction.lost(compared).table
    assert lost["term"].tolist() == ["plan", "area"]
    assert lost["ci_low"].iloc[0] > 0.02
    assert lost["ci_low"].iloc[1] < 0 < lost["ci_high"].iloc[1] or abs(lost["estimate"].iloc[1]) < 0.005
    pd.testing.assert_series_equal(
        lost.set_index("term")["estimate"].sort_index(),
        -compared.table.set_index("model")["estimate"].sort_index(),
        check_names=False,
    )


def test_column_that_alone_varies_cannot_be_left_out() -> None:
    assert prediction.without_each(_cells({"a": 0.003}), terms=["plan"], horizons=[90]) == []


@pytest.mark.parametrize(("factor", "moved"), [(1.0, False), (1.7, True)])
def test_day_from_which_more_leave_is_flagged(factor: float, moved: bool) -> None:
    train = _cells({"a": 0.002, "b": 0.004})
    card = prediction.scorecard(hazards.fit_cox(train, terms=["plan"]), horizons=[30, 60, 90])
    later = _cells({"a": 0.002 * factor, "b": 0.004 * factor}, seed=8)
    judged = prediction.judged(later, [card])
    found = prediction.relation_by_day(
        {"2024-03-01": judged.cells}, risks=judged.risks["Cox"], training={"2024-03-01": train}
    )
    row = found.row()
    assert bool(row["flagged"]) is moved
    assert row["ci_low"] < factor < row["ci_high"]
    assert bool(row["flagged"]) is (not row["ci_low"] < 1 < row["ci_high"]), (
        "of one day the flag and the interval say the same"
    )
    with pytest.raises(SchemaError, match="1 of 1 lack them"):
        prediction.relation_by_day({"2024-03-01": judged.cells}, risks=judged.risks["Cox"], training={})
