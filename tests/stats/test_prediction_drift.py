"""Drift is announced where it was planted, and not where it was not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.data import synthetic
from cemlab.data.lab import open_lab
from cemlab.prepare.cells import landmark
from cemlab.stats import hazards, prediction

MONTHS = {30.0: "p30", 60.0: "p60", 90.0: "p90"}
TERMS = ["plan", "tenure"]
CUTS = {"tenure": (6.0, 12.0, 24.0)}


def followed(n: int, *, seed: int, factor: float = 1.0, growth: float = 1.0, rate: float = 0.0015) -> pd.DataFrame:
    """Cells of customers of one kind with right predictions, whose hazard then is `factor` times as high, and grows each month."""
    random = np.random.default_rng(seed)
    steps = np.array([factor * growth**month for month in range(3)]) * rate
    hazard = random.exponential(size=n)
    upto = np.concatenate([[0], np.cumsum(steps * 30)])
    left = np.ceil(np.interp(hazard, upto, [0, 30, 60, 90], right=1e9))
    ends = np.where(random.random(n) < 0.2, random.integers(1, 91, n), 90)
    frame = pd.DataFrame({"duration": np.minimum(left, ends), "events": (left <= ends) * 1, "n": 1})
    cells = frame.groupby("duration", as_index=False).sum()
    return cells.assign(**{name: 1 - np.exp(-rate * day) for day, name in MONTHS.items()})


def test_expected_endings_by_hand() -> None:
    cells = pd.DataFrame(
        {"duration": [15, 30, 45, 60], "n": [10, 20, 30, 40], "events": [0, 20, 6, 0], "p30": 0.1, "p60": 0.2}
    )
    found = prediction.calibration_by_month(cells, risks={60: "p60", 30: "p30"}).table
    first, second = -np.log(0.9), -np.log(0.8) + np.log(0.9)
    np.testing.assert_allclose(found["expected"], [first * (5 + 20 + 30 + 40), second * (15 + 40)], rtol=1e-12)
    assert found[["since", "until", "events", "n"]].to_numpy().tolist() == [[0, 30, 20, 100], [30, 60, 6, 70]]
    np.testing.assert_allclose(found["estimate"], [20 / (first * 95), 6 / (second * 55)], rtol=1e-12)


def test_limits_without_training_are_those_of_a_poisson_count() -> None:
    cells = pd.DataFrame({"duration": [1], "n": [100], "events": [10], "p": 1 - np.exp(-0.1)})
    found = prediction.calibration_by_month(cells, risks={1: "p"})
    # Ten seen, ten expected: Garwood's exact limits.
    assert found.table[["ci_low", "ci_high"]].to_numpy().ravel() == pytest.approx([0.479539, 1.839036], abs=1e-6)
    assert "The model is taken as known" in found.notes[0]
    none = prediction.calibration_by_month(cells.assign(events=0), risks={1: "p"}).table.loc[0]
    assert none["ci_low"] == 0
    assert none["ci_high"] == pytest.approx(0.368888, abs=1e-6)


def test_what_training_did_not_know_widens_the_limits() -> None:
    later, past = followed(3_000, seed=1), followed(3_000, seed=2)
    alone = prediction.calibration_by_month(later, risks=MONTHS).table
    both = prediction.calibration_by_month(later, risks=MONTHS, training=past).table
    np.testing.assert_array_equal(alone["estimate"], both["estimate"])
    widths = [np.log(found["ci_high"] / found["ci_low"]) for found in (alone, both)]
    np.testing.assert_allclose(widths[1] / widths[0], np.sqrt(2), rtol=0.1)


def test_training_in_which_nobody_left_sets_no_limits() -> None:
    cells = pd.DataFrame({"duration": [1], "n": [100], "events": [10], "p": 1 - np.exp(-0.1)})
    found = prediction.calibration_by_month(cells, risks={1: "p"}, training=cells.assign(events=0)).table.loc[0]
    assert found["estimate"] == pytest.approx(1)
    assert found[["std_error", "ci_low", "ci_high"]].isna().all()


def test_a_month_in_which_the_model_expects_nobody_has_no_ratio() -> None:
    cells = pd.DataFrame({"duration": [1, 2], "n": [50, 100], "events": [10, 8], "p": 0.2, "q": 0.2})
    found = prediction.calibration_by_month(cells, risks={1: "p", 2: "q"}, training=cells)
    assert found.table["expected"].tolist() == [pytest.approx(-150 * np.log(0.8)), 0]
    assert found.table["estimate"].isna().tolist() == [False, True]
    assert found.parts["tests"].set_index("test")["p_value"]["all months"] > 0


def test_no_drift_is_announced_seldom_and_drift_mostly() -> None:
    found = {}
    for name, factor, growth in (("none", 1.0, 1.0), ("higher", 1.5, 1.0), ("growing", 1.0, 1.4)):
        runs = []
        for seed in range(40):
            past, later = followed(2_500, seed=seed), followed(2_500, seed=1_000 + seed, factor=factor, growth=growth)
            # The model is learnt: its rate is that of the training customers.
            rate = past["events"].sum() / (past["duration"] @ past["n"])
            learnt = later.assign(**{column: 1 - np.exp(-rate * day) for day, column in MONTHS.items()})
            tests = prediction.calibration_by_month(learnt, risks=MONTHS, training=past).parts["tests"]
            runs.append(tests.set_index("test")["moved"])
        found[name] = pd.DataFrame(runs)
    assert found["none"].any(axis=1).mean() <= 0.1
    assert found["higher"]["all months"].mean() >= 0.8
    assert found["growing"].any(axis=1).mean() >= 0.7


def test_customers_that_did_not_change_are_within_noise() -> None:
    random = np.random.default_rng(3)
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    moved, beyond = [], []
    for _ in range(60):
        past, now = (
            pd.DataFrame({"plan": list("abcd"), "n": random.multinomial(size, shares)}) for size in (3_000, 1_500)
        )
        terms = prediction.drift(past, now, terms=["plan"]).parts["terms"].loc[0]
        moved.append(terms["moved"])
        beyond.append(terms["stability"] > terms["noise"])
    assert not any(moved)
    assert np.mean(beyond) <= 0.15


def test_customers_that_changed_are_named_level_by_level() -> None:
    past = pd.DataFrame({"plan": ["a", "b", "a", "b"], "region": ["x", "x", "y", "y"], "n": [400, 100, 400, 100]})
    found = prediction.drift(past, past.assign(n=[250, 250, 250, 250]), terms=["plan", "region"])
    rows, terms = found.table.set_index(["term", "level"]), found.parts["terms"].set_index("term")
    gap = 0.3 / np.sqrt((0.8 * 0.2 + 0.5 * 0.5) / 2)
    assert rows["estimate"]["plan", "b"] == pytest.approx(gap)
    assert rows["estimate"]["plan", "a"] == pytest.approx(-gap)
    assert rows["estimate"]["region", "x"] == 0
    assert terms["verdict"].to_dict() == {"plan": "moved", "region": "within noise"}
    assert terms["total_variation"]["plan"] == pytest.approx(0.3)
    assert terms["stability"]["plan"] == pytest.approx(0.3 * np.log(2.5) + 0.3 * np.log(0.8 / 0.5), rel=0.01)


def test_intervals_of_a_shift_cover_it() -> None:
    random = np.random.default_rng(4)
    truth = 0.1 / np.sqrt((0.3 * 0.7 + 0.4 * 0.6) / 2)
    inside = []
    for _ in range(120):
        past, now = (
            pd.DataFrame({"plan": ["a", "b"], "n": [k, size - k]})
            for size, k in ((500, random.binomial(500, 0.3)), (300, random.binomial(300, 0.4)))
        )
        row = prediction.drift(past, now, terms=["plan"]).table.iloc[0]
        inside.append(row["ci_low"] <= truth <= row["ci_high"])
    assert 0.88 <= np.mean(inside) < 1


def test_levels_that_training_did_not_have_are_counted() -> None:
    past = pd.DataFrame({"plan": ["a", None], "n": [100, 50]})
    now = pd.DataFrame({"plan": ["a", "unknown", "new"], "n": [80, 50, 20]})
    found = prediction.drift(past, now, terms=["plan"])
    assert found.table.set_index("level")["unseen"].to_dict() == {"a": False, "new": True, "unknown": False}
    assert found.parts["terms"]["unseen_share"].tolist() == [20 / 150]
    assert "`plan` has levels that training did not have: their customers get no score." in found.notes


def test_wrong_use_is_said() -> None:
    cells = pd.DataFrame({"duration": [1], "n": [100], "events": [10], "p": 0.0, "plan": "a"})
    with pytest.raises(InsufficientDataError, match="nobody was"):
        prediction.calibration_by_month(cells, risks={1: "p"})
    with pytest.raises(ParameterError, match="above 0"):
        prediction.calibration_by_month(cells, risks={})
    with pytest.raises(SchemaError, match="p2: they are missing"):
        prediction.calibration_by_month(cells, risks={1: "p2"})
    with pytest.raises(SchemaError, match="region missing"):
        prediction.drift(cells, cells, terms=["region"])
    with pytest.raises(InsufficientDataError, match="100 and 0"):
        prediction.drift(cells, cells.assign(n=0), terms=["plan"])


def since_training(folder: Path, **planted: float) -> Estimates:
    """Calibration by month, from July 2024 on, of a model trained on the half-year before."""
    lab = open_lab(synthetic.write(folder, customers=2_500, seed=7, **planted))  # type: ignore[arg-type]
    past = landmark(lab, day="2024-01-01", cut="2024-07-01", terms=TERMS, bins=CUTS)
    later = landmark(lab, day="2024-07-01", terms=TERMS, bins=CUTS)
    card = prediction.scorecard(hazards.fit_cox(past, terms=TERMS), horizons=[30, 60, 90, 120, 150], bins=CUTS)
    found = prediction.judged(later, [card])
    return prediction.calibration_by_month(found.cells, risks=found.risks["Cox"], training=past)


def test_drift_planted_in_the_demo_company_is_announced_and_none_is_not(tmp_path: Path) -> None:
    calm = since_training(tmp_path / "calm").parts["tests"].set_index("test")
    moved = since_training(tmp_path / "moved", drift=1.8).parts["tests"].set_index("test")
    assert not calm["moved"].any()
    assert calm["ci_low"]["all months"] < 1 < calm["ci_high"]["all months"]
    assert moved["moved"]["all months"]
    assert moved["ci_low"]["all months"] < 1.8 < moved["ci_high"]["all months"] + 0.2
