"""Evaluation dates are said to differ in 5 % of the worlds in which they do not, and in most of those in which one does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from evidence import Recorder, runs

from cemlab.stats import prediction

GROUPS, DAYS = 50, ("a", "b", "c")


def _differ(factors: tuple[float, ...], *, customers: int, seed: int) -> tuple[bool, bool]:
    """Whether dates are said to differ, and whether Cochran's Q is above what chance gives on average; customers count on several dates."""
    random = np.random.default_rng(seed)
    risk, there = random.choice([0.05, 0.1, 0.2], customers), np.ones(customers, dtype=bool)
    parts = []
    for day, factor in zip(DAYS, factors, strict=True):
        gone = there & (random.random(customers) < factor * risk)
        frame = pd.DataFrame({"p": risk, "events": gone * 1, "replicate": np.arange(customers) % GROUPS})[there]
        cells = frame.groupby(["p", "events", "replicate"]).size().rename("n").reset_index()
        parts.append(cells.assign(events=cells["events"] * cells["n"], duration=2 - cells["events"], day=day))
        there &= ~gone
    cells = pd.concat(parts, ignore_index=True)
    daily = prediction.calibration(cells, risks={2.0: "p"}, by=["day"])
    found = prediction.over_days(prediction.calibration(cells, risks={2.0: "p"}), daily).table.iloc[0]
    return bool(found["differ"]), bool(found["spread"] > 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "factors", "low", "high"),
    [("dates are alike", (1.0, 1.0, 1.0), 0.0, 0.08), ("one date has 1.6 times the churn", (1.0, 1.6, 1.0), 0.8, 1.0)],
)
def test_dates_are_said_to_differ_where_they_do(
    world: str, factors: tuple[float, ...], low: float, high: float, record: Recorder
) -> None:
    many = runs(40, full=1_000)
    found = np.array([_differ(factors, customers=1_500, seed=seed) for seed in range(many)])
    said, before = found.mean(axis=0)
    record("Dates said to differ", {"world": world, "share": said, "by Q > K − 1": before}, runs=many, seed=0)
    allowed = 3.3 * (0.08 * 0.92 / many) ** 0.5
    assert low - allowed <= said <= high + allowed
