"""Does the interval over judged days cover, whether days differ or not?

Days' own log ratios are drawn around 0 with a spread of their own, and judged with errors of 0.08, 0.10 and
0.13. Kind: approximate, 91 to 98 % for three days and more: of three days a spread as small as the errors goes
unseen too often. docs/methods/churn-prediction.md publishes what was measured.
"""

from __future__ import annotations

import numpy as np
import pytest
from evidence import Recorder, runs

from cemlab.stats.prediction.pooling import between

pytestmark = pytest.mark.slow

RUNS = runs(4_000)
ERRORS = np.array([0.08, 0.1, 0.13])


def covered(days: int, spread: float) -> tuple[float, float]:
    """Shares in which intervals that hold the spread, and those that do not, hold 0."""
    rng = np.random.default_rng(days)
    errors = np.resize(ERRORS, days)
    weight = errors**-2.0
    hits = np.zeros(2)
    for values in rng.normal(0, np.hypot(errors, spread), (RUNS, days)):
        plain = abs(weight @ values / weight.sum()) < 1.96 / weight.sum() ** 0.5
        found = between(values, errors)
        hits += (found["ci_low"] < 0 < found["ci_high"]) if found["spread"] > 0 else plain, plain
    return float(hits[0] / RUNS), float(hits[1] / RUNS)


@pytest.mark.parametrize("spread", [0.0, 0.1, 0.2, 0.4])
@pytest.mark.parametrize("days", [3, 5])
def test_interval_over_days_covers(days: int, spread: float, record: Recorder) -> None:
    held, plain = covered(days, spread)
    row = {"days": days, "spread between days": spread, "covered": held, "without the spread": plain}
    record("What is common to judged days", row, runs=RUNS, seed=days)
    assert 0.90 < held < 0.985, (held, plain)
    if spread >= 0.2:
        assert plain < 0.75, "what the days share alone would not cover"
