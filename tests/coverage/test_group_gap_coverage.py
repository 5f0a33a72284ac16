"""How often do groups differ on the page whose curves cross, and how often where nothing differs?

Customers are followed for 6 to 36 months, and compared after 1, 3, 12 and 24. The comparison at the single time
at which about half are left stands beside it: what was said before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest
from evidence import Recorder, margin, runs

from cemlab.core.results import Estimates
from cemlab.stats import multiplicity, survival

pytestmark = pytest.mark.slow

TIMES, FLOOR, MONTHS = [1.0, 3.0, 12.0, 24.0], 0.03, 36
Rates = Mapping[str, Callable[[np.ndarray], np.ndarray]]


def world(rng: np.random.Generator, sizes: Mapping[str, int], rates: Rates) -> pd.DataFrame:
    """The life table of customers who leave at given monthly rates."""
    parts = []
    for name, size in sizes.items():
        leaves = rng.random((size, MONTHS)) < rates[name](np.arange(1, MONTHS + 1))
        left = np.where(leaves.any(axis=1), leaves.argmax(axis=1) + 1, MONTHS + 1)
        until = rng.integers(6, MONTHS + 1, size)
        parts.append(
            pd.DataFrame({"plan": name, "duration": np.minimum(left, until), "events": (left <= until).astype(int)})
        )
    rows = pd.concat(parts).assign(censored=lambda table: 1 - table["events"])
    return rows.groupby(["plan", "duration"], as_index=False)[["events", "censored"]].sum()


def judged(gaps: Estimates) -> pd.DataFrame:
    return multiplicity.adjust([gaps], materiality=FLOOR)[0].table


def flat(rate: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda month: np.full(len(month), rate)


CROSSING: Rates = {
    "a": lambda month: np.where(month <= 12, 0.045, 0.010),
    "b": lambda month: np.where(month <= 12, 0.012, 0.043),
}


def test_curves_that_cross_are_called_different(record: Recorder) -> None:
    drawn, rng = runs(10, full=300), np.random.default_rng(1)
    found = at_twelve = before = 0
    for _ in range(drawn):
        lives = world(rng, {"a": 300, "b": 300}, CROSSING)
        table = judged(survival.greatest_gaps(lives, by=["plan"], times=TIMES, floor=FLOOR))
        found += bool(table["flagged"].all())
        at_twelve += bool((table["duration"] == 12).all())
        before += bool(judged(survival.differences(lives, by=["plan"], times=[24]))["significant"].any())
    row = {
        "larger than the floor": found / drawn,
        "named after 12 months": at_twelve / drawn,
        "after 24 months alone": before / drawn,
    }
    record("Two plans of 300: 57% and 86% left after 12 months, alike after 24", row, runs=drawn, seed=1)
    assert found / drawn >= 0.95 - margin(0.95, drawn)
    assert at_twelve / drawn >= 0.9 - margin(0.9, drawn)


@pytest.mark.parametrize("rate", [0.005, 0.03])
@pytest.mark.parametrize("sizes", [(300, 300), (40, 400), (60, 60, 60, 60)], ids=str)
def test_groups_that_do_not_differ_are_seldom_called_different(
    sizes: tuple[int, ...], rate: float, record: Recorder
) -> None:
    drawn, rng = runs(12, full=1_000), np.random.default_rng(2)
    names = dict(zip("abcd", sizes, strict=False))
    false = 0
    for _ in range(drawn):
        lives = world(rng, names, dict.fromkeys(names, flat(rate)))
        table = judged(survival.greatest_gaps(lives, by=["plan"], times=TIMES, floor=FLOOR))
        false += bool(table["significant"].any())
    row = {"customers": str(sizes), "monthly rate": rate, "called different": false / drawn}
    record("Groups that leave at one rate", row, runs=drawn, seed=2)
    assert false / drawn <= 0.05 + margin(0.05, drawn)


@pytest.mark.parametrize("early", [0.004, 0.0])
def test_difference_as_large_as_the_floor_is_seldom_called_larger(early: float, record: Recorder) -> None:
    drawn, rng = runs(12, full=1_000), np.random.default_rng(3)
    # after 12 months and later three points apart at most, and never more
    rates: Rates = {"a": lambda month: np.where(month <= 12, 0.0026, 0.0) + early, "b": flat(early)}
    false = 0
    for _ in range(drawn):
        lives = world(rng, {"a": 1_500, "b": 1_500}, rates)
        table = judged(survival.greatest_gaps(lives, by=["plan"], times=TIMES, floor=FLOOR))
        false += bool(table["flagged"].any())
    record(
        "Two plans of 1,500, three points apart",
        {"rate of all": early, "called larger": false / drawn},
        runs=drawn,
        seed=3,
    )
    assert false / drawn <= 0.05 + margin(0.05, drawn)
