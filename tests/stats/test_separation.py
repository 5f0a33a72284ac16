"""Which levels a ratio can be told of, and against which."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cemlab.stats import diagnostics, hazards, survival


def _cells(seed: int = 5) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"plan": random.choice(["a", "b", "none leave"], 600), "duration": random.integers(1, 20, 600), "n": 1}
    )
    left = (random.random(600) < 0.5) & (frame["plan"] != "none leave")
    return frame.assign(events=left.astype(int))


def test_levels_without_events_are_left_out_and_levels_of_leavers_only_kept() -> None:
    cells = pd.DataFrame({"plan": ["a", "b", "c"], "n": [100, 50, 80], "events": [40, 0, 80]})
    assert diagnostics.with_events(cells, terms=["plan"])["plan"].tolist() == ["a", "c"]


def test_leaving_out_is_repeated_until_every_level_has_an_event() -> None:
    cells = pd.DataFrame({"plan": ["a", "a", "b"], "region": ["n", "s", "s"], "n": [10, 10, 10], "events": [5, 0, 0]})
    assert diagnostics.with_events(cells, terms=["plan", "region"]).index.tolist() == [0]
    assert diagnostics.with_events(cells.assign(events=0), terms=["plan"]).empty


def test_other_ratios_are_those_of_the_limit() -> None:
    """A level whose ratio runs to zero has no weight: forced there by an offset, the ratio of b to a is the same."""
    cells = _cells()
    kept = hazards.fit_cox(diagnostics.with_events(cells, terms=["plan"]), terms=["plan"])
    weight = np.where(cells["plan"] == "none leave", -30.0, 0.0)
    limit = cells.assign(offset=weight, plan=cells["plan"].replace("none leave", "a"))
    forced = hazards.fit_cox(limit, terms=["plan"], offset="offset")
    assert abs(float(kept.table["estimate"].iloc[0]) - float(forced.table["estimate"].iloc[0])) < 1e-8


def test_bounds_hold_every_fate_of_those_lost_from_sight() -> None:
    lives = pd.DataFrame({"duration": [1, 2, 3], "events": [10, 9, 5], "censored": [10, 20, 46]})
    row = survival.censoring_bounds(lives, 3, min_n=1).table.iloc[0]
    assert row["ci_low"] == pytest.approx(1 - (10 + 10 + 9 + 20 + 5) / 100)
    assert row["ci_high"] == pytest.approx(1 - (10 + 9 + 5) / 100)
    assert row["ci_low"] < row["estimate"] < row["ci_high"]


def test_bounds_meet_where_nobody_is_lost_from_sight() -> None:
    lives = pd.DataFrame({"duration": [1, 2, 3], "events": [10, 9, 0], "censored": [0, 0, 81]})
    row = survival.censoring_bounds(lives, 3).table.iloc[0]
    assert row["ci_low"] == row["ci_high"] == row["estimate"]
