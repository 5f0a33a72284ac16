"""Models of all columns: coarse periods, levels at which nobody left, one cause of several."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.stats import hazards, prediction
from cemlab.stats.prediction.learnt import Kind

TERMS = ["plan", "area"]


def _cells(seed: int = 1, *, quiet: bool = False, n: int = 8_000) -> pd.DataFrame:
    """Landmark cells of 90 days by cause; nobody at the quiet plan leaves for the price."""
    random = np.random.default_rng(seed)
    plan, area = random.choice(["a", "b", "c"], n), random.choice(["x", "y"], n)
    rate = pd.Series(plan).map({"a": 0.001, "b": 0.003, "c": 0.0 if quiet else 0.002}).to_numpy()
    price, moved = (np.ceil(random.exponential(1 / np.maximum(each, 1e-12))) for each in (rate, np.full(n, 0.001)))
    at = np.minimum(np.minimum(price, moved), 90)
    left = np.minimum(price, moved) <= 90
    cause = [("price" if soon else "moved") if gone else None for soon, gone in zip(price <= moved, left, strict=True)]
    frame = pd.DataFrame({"plan": plan, "area": area, "duration": at, "cause": cause, "events": left * 1, "n": 1})
    return frame.groupby(["plan", "area", "duration", "cause"], dropna=False, as_index=False)[["n", "events"]].sum()


def _risks(cells: pd.DataFrame, kind: Kind, *, ridge: float = 1.0, cause: str = "") -> pd.DataFrame:
    _, card = prediction.trained(cells, kind=kind, terms=TERMS, horizons=[30, 60, 90], ridge=ridge, cause=cause)
    return card.of(pd.DataFrame({"plan": ["a", "b", "c"], "area": ["x", "y", "x"]}))


def test_coarse_periods_foretell_what_days_do() -> None:
    cells = _cells()
    for horizon in (30, 60, 90):
        name = f"risk_{horizon}"
        coarse, fine = (_risks(cells, kind)[name] for kind in ("discrete time", "Cox"))
        np.testing.assert_allclose(coarse, fine, rtol=0.02)


def test_periods_by_hand() -> None:
    cells = pd.DataFrame(
        {"plan": "a", "duration": [30, 31, 45, 60, 95], "n": [10, 20, 30, 40, 50], "events": [10, 20, 0, 0, 5]}
    )
    found = prediction.person_periods(cells, terms=["plan"], ends=[30, 60])
    # Thirty were lost from sight within the second period: of it they tell nothing. The five left after all periods.
    assert found[["period", "n_at_risk", "events"]].to_numpy().tolist() == [[1, 150, 10], [2, 110, 20]]


def test_a_horizon_within_a_period_is_refused() -> None:
    cells = _cells()
    periods = prediction.person_periods(cells, terms=TERMS, ends=[30, 90])
    fit = hazards.fit_discrete(periods, terms=TERMS, time="levels")
    assert prediction.scorecard(fit, horizons=[90, 30], ends=[30, 90]).horizons == (30.0, 90.0)
    with pytest.raises(ParameterError, match="1 of 2 are not"):
        prediction.scorecard(fit, horizons=[30, 60], ends=[30, 90])


def test_spells_are_counted_and_not_the_periods_that_they_were_there() -> None:
    cells = _cells()
    fit, _ = prediction.trained(cells, kind="discrete time", terms=TERMS, horizons=[30, 60, 90])
    whole = cells.groupby("plan")["n"].sum()
    plans = fit.table[fit.table["term"] == "plan"].set_index("level")["n"]
    assert plans.to_dict() == whole[plans.index].astype(float).to_dict()
    assert fit.parts["ratios"].set_index(["term", "level"])["n"]["plan", "b"] == whole["b"]
    assert fit.parts["fit"]["n"].iloc[0] == cells["n"].sum()
    rare = pd.concat(
        [cells, pd.DataFrame({"plan": ["z"], "area": "x", "duration": 90.0, "cause": None, "n": 9, "events": 0})]
    )
    few, _ = prediction.trained(rare, kind="discrete time", terms=TERMS, horizons=[30, 60, 90], min_n=10)
    assert bool(few.table.set_index(["term", "level"])["suppressed"]["plan", "z"])


@pytest.mark.parametrize("kind", ["discrete time", "Cox"])
def test_a_level_at_which_nobody_left_has_a_small_risk(kind: Kind) -> None:
    cells = _cells()
    cells["events"] = cells["events"].where(cells["plan"] != "c", 0)
    found = _risks(cells, kind)
    assert 0 < found["risk_90"].iloc[2] < 0.1 * found["risk_90"].iloc[0]
    with pytest.raises(Exception, match=r"(?i)has 0 events|left|runs off|ridge"):
        _risks(cells, kind, ridge=0)


def test_a_level_at_which_nobody_left_for_the_cause_has_a_small_risk() -> None:
    cells = _cells(quiet=True)
    found = _risks(cells, "Fine and Gray", cause="price")
    assert found["unscored"].tolist() == [""] * 3
    assert 0 < found["risk_90"].iloc[2] < 0.2 * found["risk_90"].iloc[0]
    # Among the others hardly anything is shrunk.
    came = cells[cells["cause"] == "price"].groupby("plan")["n"].sum() / cells.groupby("plan")["n"].sum()
    assert found["risk_90"].iloc[0] == pytest.approx(came["a"], rel=0.1)
    with pytest.raises(InsufficientDataError):
        _risks(cells, "Fine and Gray", cause="price", ridge=0)


def test_a_strong_ridge_leaves_the_hazard_over_all() -> None:
    cells = _cells()
    periods = prediction.person_periods(cells, terms=TERMS, ends=[90])
    share = periods["events"].sum() / periods["n_at_risk"].sum()
    fit = hazards.fit_discrete(periods, terms=TERMS, time="levels", ridge=1e9)
    found = prediction.scorecard(fit, horizons=[90], ends=[90]).of(pd.DataFrame({"plan": ["a", "b"], "area": "x"}))
    np.testing.assert_allclose(found["risk_90"], share, rtol=1e-4)
    assert any("Shrunk" in note for note in fit.notes)
    with pytest.raises(ParameterError, match="at least 0"):
        hazards.fit_discrete(periods, terms=TERMS, ridge=-1)


def test_a_cause_goes_with_its_model_alone() -> None:
    for kind, cause in (("Cox", "price"), ("Fine and Gray", ""), ("magic", "")):
        with pytest.raises(ParameterError, match="goes with"):
            prediction.trained(_cells(n=200), kind=kind, terms=TERMS, horizons=[90], cause=cause)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["discrete time", "Cox"])
def test_a_model_of_no_column_is_refused(kind: Kind) -> None:
    with pytest.raises(ParameterError, match="needs a term"):
        prediction.trained(_cells(n=500), kind=kind, terms=[], horizons=[30])
