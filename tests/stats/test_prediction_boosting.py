"""The booster finds what is there, keeps to its signs, and is judged on the same rows as the scorecards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.core.rows import DesignBlock
from cemlab.core.scorecards import level_names
from cemlab.stats import hazards, prediction

CUTS = (15.0, 30.0, 45.0)
REFERENCE = {"plan": "basic"}


@dataclass
class Rows:
    """Rows of a frame in blocks."""

    frame: pd.DataFrame
    columns: tuple[str, ...] = ("age", "plan=plus")
    size: int = 1_500

    def __iter__(self) -> Iterator[DesignBlock]:
        for first in range(0, len(self.frame), self.size):
            part = self.frame.iloc[first : first + self.size]
            yield DesignBlock(
                part[list(self.columns)].to_numpy(float),
                part["duration"].to_numpy(float),
                part["event"].to_numpy(float),
                replicate=part["replicate"].to_numpy(),
            )


def drawn(n: int, *, seed: int) -> pd.DataFrame:
    """Customers whose hazard rises with age up to 30 for one plan, and falls for the other: no sum of points is right."""
    random = np.random.default_rng(seed)
    age, plus = random.uniform(0, 60, n), random.integers(0, 2, n)
    rate = 0.003 * np.exp(0.08 * (np.minimum(age, 30) - 20) * (1 - 2 * plus))
    left = np.ceil(random.exponential(1 / rate))
    ends = np.where(random.random(n) < 0.2, random.integers(1, 91, n), 90)
    return pd.DataFrame(
        {
            "age": age,
            "plan=plus": plus,
            "duration": np.minimum(left, ends),
            "event": (left <= ends) * 1.0,
            "replicate": random.integers(0, 20, n),
            "true": 1 - np.exp(-90 * rate),
        }
    )


def in_levels(frame: pd.DataFrame) -> pd.DataFrame:
    names = np.array(level_names(CUTS))
    return frame.assign(
        age=names[np.searchsorted(CUTS, frame["age"], side="right")],
        plan=np.where(frame["plan=plus"] > 0, "plus", "basic"),
        n=1,
        events=frame["event"],
    )


@pytest.fixture(scope="module")
def past() -> pd.DataFrame:
    return drawn(4_000, seed=1)


@pytest.fixture(scope="module")
def booster(past: pd.DataFrame) -> prediction.Boosted:
    return prediction.boosted(Rows(past), horizons=[30, 90])


def test_it_finds_risks_that_no_sum_of_points_gives(booster: prediction.Boosted) -> None:
    later = drawn(3_000, seed=2)
    found = booster.risks(Rows(later))
    assert found.columns.tolist() == ["risk_30", "risk_90"]
    assert (found["risk_90"] - later["true"]).abs().mean() < 0.045
    assert found["risk_90"].mean() == pytest.approx(later["true"].mean(), rel=0.08)
    assert (found["risk_30"] < found["risk_90"]).all()


def test_its_risk_never_rises_with_what_may_only_lower_it(past: pd.DataFrame) -> None:
    booster = prediction.boosted(Rows(past), horizons=[90], monotone={"age": -1}, limit=1_000)
    ages = np.linspace(0, 60, 200)
    for plus in (0.0, 1.0):
        risks = booster.of(np.column_stack([ages, np.full(200, plus)]))
        assert (np.diff(risks, axis=0) <= 1e-12).all()


def test_tuning_looks_at_the_training_time_only_and_keeps_the_best(booster: prediction.Boosted) -> None:
    assert len(booster.tuning) == 2
    assert booster.tuning["loss"].is_monotonic_increasing
    assert booster.settings == booster.tuning.iloc[0].drop("loss").to_dict()
    assert not booster.notes


def test_the_same_rows_give_the_same_model_whatever_their_blocks(
    past: pd.DataFrame, booster: prediction.Boosted
) -> None:
    again = prediction.boosted(Rows(past, size=700), horizons=[90, 30])
    later = drawn(200, seed=3)
    pd.testing.assert_frame_equal(again.risks(Rows(later)), booster.risks(Rows(later, size=64)))


def test_more_rows_than_the_limit_are_a_stated_subset(past: pd.DataFrame) -> None:
    found = prediction.boosted(Rows(past), horizons=[90], limit=1_000)
    assert found.notes == ("Boosting was fitted on a random subset: 1,000 of 4,000 rows.",)
    assert (found.used, found.rows) == (1_000, 4_000)


def test_few_events_are_not_tuned_on(past: pd.DataFrame) -> None:
    few = past.assign(event=past["event"] * (np.arange(len(past)) % 15 == 0))
    assert "was not tuned" in prediction.boosted(Rows(few), horizons=[90]).notes[0]
    with pytest.raises(InsufficientDataError, match="at least 10 events"):
        prediction.boosted(Rows(past.assign(event=0.0)), horizons=[90])


def test_it_is_judged_on_the_rows_of_the_scorecards(past: pd.DataFrame, booster: prediction.Boosted) -> None:
    fit = hazards.fit_cox(in_levels(past), terms=["age", "plan"])
    card = prediction.scorecard(fit, horizons=[30, 90], bins={"age": CUTS})
    later = drawn(6_000, seed=4)
    found = prediction.judged_rows(Rows(later), [card], booster=booster, reference=REFERENCE)
    np.testing.assert_array_equal(found.cells["Cox 90"], card.of(in_levels(later))["risk_90"])
    np.testing.assert_array_equal(found.cells["gradient boosting 90"], booster.risks(Rows(later))["risk_90"])
    chosen = prediction.choose(found.cells, risks_by_model=found.risks).table.set_index("model")
    assert chosen["kept"].to_dict() == {"Cox": False, "gradient boosting": True}


def test_a_missing_number_is_a_level_of_its_own(past: pd.DataFrame) -> None:
    known = past.assign(**{"age missing": np.arange(len(past)) % 4 == 0}).astype(float)
    cells = in_levels(known)
    cells["age"] = cells["age"].mask(known["age missing"] > 0, "unknown")
    card = prediction.scorecard(hazards.fit_cox(cells, terms=["age"]), horizons=[90], bins={"age": CUTS})
    rows = Rows(known, columns=("age", "age missing", "plan=plus"))
    found = prediction.judged_rows(
        rows, [card], booster=prediction.boosted(rows, horizons=[90], limit=500), reference=REFERENCE
    )
    np.testing.assert_array_equal(found.cells["age"], cells["age"])
    np.testing.assert_array_equal(found.cells["Cox 90"], card.of(cells)["risk_90"])


def test_wrong_use_is_said(past: pd.DataFrame, booster: prediction.Boosted) -> None:
    with pytest.raises(ParameterError, match="Did you mean `age`"):
        prediction.boosted(Rows(past), horizons=[90], monotone={"agee": 1})
    with pytest.raises(ParameterError, match="-1, 0 or 1"):
        prediction.boosted(Rows(past), horizons=[90], monotone={"age": 2})
    with pytest.raises(ParameterError, match="1 of 2 missing, 0 new"):
        booster.risks(Rows(past, columns=("age",)))
    with pytest.raises(ParameterError, match="above 0"):
        prediction.boosted(Rows(past), horizons=[])
