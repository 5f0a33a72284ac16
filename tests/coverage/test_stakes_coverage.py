"""Does the margin that will be lost lie in its interval where a few accounts hold most of it?

Companies whose margins have heavy tails. A model learns each kind of customer's risk from other customers of
the same company; then those who are here leave or stay. Kind: approximate, 93 to 97 %. A defect when the 99.9 %
Monte-Carlo interval lies outside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from evidence import Recorder, is_defect, runs
from numpy.typing import NDArray

from cemlab.stats import prediction
from cemlab.stats.prediction.learnt import Kind

pytestmark = pytest.mark.slow

RUNS = runs(40)
LEARNT, HERE, HORIZON = 3_000, 400, 90.0
RISKS = np.array([0.05, 0.1, 0.2, 0.4])
MARGINS: dict[str, Callable[[np.random.Generator], NDArray[np.float64]]] = {
    "even": lambda random: random.uniform(50, 150, HERE),
    "lognormal, sd 2": lambda random: np.exp(random.normal(4, 2, HERE)),
    "Pareto, 1.2": lambda random: 50 * (1 + random.pareto(1.2, HERE)),
}


def world(kind: Kind, margins: str, seed: int) -> tuple[dict[str, Any], float, float]:
    """Limits of a company's margin at stake, the true expected loss and the loss that came."""
    random = np.random.default_rng(seed)
    plan = random.integers(0, len(RISKS), LEARNT)
    left = random.random(LEARNT) < RISKS[plan]
    # Of those who left, equally many in each third of the horizon.
    duration = np.where(left, random.integers(1, int(HORIZON) + 1, LEARNT), HORIZON)
    cells = pd.DataFrame({"plan": plan.astype(str), "duration": duration, "n": 1, "events": left.astype(int)})
    cells = cells.groupby(["plan", "duration"], as_index=False)[["n", "events"]].sum()
    _, card = prediction.trained(cells, kind=kind, terms=["plan"], horizons=[30.0, 60.0, HORIZON])
    here, margin = random.integers(0, len(RISKS), HERE), MARGINS[margins](random)
    rows = pd.DataFrame({"plan": here.astype(str), "n": 1, "sum": margin, "sum_sq": margin**2})
    found = prediction.margin_at_stake(rows, card, draws=500, seed=seed).table.set_index("what")
    came = margin @ (random.random(HERE) < RISKS[here])
    return (
        {name: tuple(found.loc[name, ["ci_low", "ci_high"]]) for name in found.index},
        float(margin @ RISKS[here]),
        float(came),
    )


@pytest.mark.parametrize("margins", list(MARGINS))
@pytest.mark.parametrize("kind", ["discrete time", "Cox"])
def test_intervals_of_the_margin_at_stake_cover(kind: Kind, margins: str, record: Recorder) -> None:
    within, low = {"expected": 0, "lost": 0}, {"expected": 0, "lost": 0}
    for seed in range(RUNS):
        limits, expected, came = world(kind, margins, seed)
        for name, truth in (("expected", expected), ("lost", came)):
            within[name] += limits[name][0] <= truth <= limits[name][1]
            low[name] += truth > limits[name][1]
    for name, hits in within.items():
        row = {"model": kind, "margins": margins, "of": name, "covered": hits / RUNS, "above": low[name] / RUNS}
        record("Margin at stake", row, runs=RUNS, seed=0)
    assert not [name for name, hits in within.items() if is_defect(hits / RUNS, RUNS)]
