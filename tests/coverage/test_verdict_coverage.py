"""How often is a difference called larger than the floor where it is not, and where it is?

Estimates are normal with known errors; scores are drawn as answers. The false discovery rate is the mean over
worlds of the share of flagged comparisons whose true difference is no larger than the floor; at most 5 %.
Filtering significant differences by size stands beside it.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from evidence import Recorder, margin, runs

from cemlab.core.metrics import NPS
from cemlab.core.results import Estimates
from cemlab.stats import multiplicity, scores, survival
from cemlab.stats.intervals import two_sided

pytestmark = pytest.mark.slow

FLOOR, GROUPS = 3.0, 50
MIX = (0.5, 0.3, 0.2)


def judged(true: np.ndarray, error: float, rng: np.random.Generator, *, floor: float = FLOOR) -> pd.DataFrame:
    """One world of independent comparisons after adjustment."""
    estimate = true + error * rng.standard_normal(len(true))
    table = pd.DataFrame({"group": range(len(true)), "estimate": estimate, "std_error": error, "n": 500})
    table = table.assign(
        ci_low=estimate - 1.96 * error, ci_high=estimate + 1.96 * error, p_value=two_sided(estimate / error)
    )
    built = Estimates.build(table, by=["group"], measure="d", unit="points", method="", level=0.95, min_n=10)
    return multiplicity.adjust([built], materiality=floor)[0].table


@pytest.mark.parametrize(("small", "error"), [(1.0, 1.0), (2.0, 1.0), (2.9, 1.0), (2.9, 0.5), (2.9, 2.0), (3.0, 1.0)])
def test_many_small_true_differences_are_not_called_larger_than_the_floor(
    small: float, error: float, record: Recorder
) -> None:
    drawn, rng = runs(100), np.random.default_rng(1)
    true = np.where(np.arange(GROUPS) < 5, FLOOR + 4 * error, small)
    rates, found = np.zeros((drawn, 2)), np.zeros(drawn)
    for world in range(drawn):
        table = judged(true, error, rng)
        filtered = table["q_ordinary"].lt(0.05) & table["estimate"].abs().ge(FLOOR)
        for column, flagged in enumerate((table["flagged"], filtered)):
            rates[world, column] = (flagged & (true <= FLOOR)).sum() / max(flagged.sum(), 1)
        found[world] = table["flagged"][:5].mean()
    fdr, before = rates.mean(axis=0)
    row = {
        "true difference of 45": small,
        "of 5": FLOOR + 4 * error,
        "standard error": error,
        "false discoveries": float(fdr),
        "filtered by size instead": float(before),
        "of the 5 found": float(found.mean()),
    }
    record(f"{GROUPS} comparisons, floor {FLOOR:g}", row, runs=drawn, seed=1)
    assert fdr <= 0.05 + margin(0.05, drawn)
    assert found.mean() > 0.7


@pytest.mark.parametrize("floor", [0.0, 3.0])
@pytest.mark.parametrize("n", [200, 1000])
def test_score_that_differs_by_the_printed_smallest_difference_is_flagged_four_times_out_of_five(
    n: int, floor: float, record: Recorder
) -> None:
    drawn, rng = runs(100), np.random.default_rng(2)
    error = 100 * (2 * (MIX[0] + MIX[2] - (MIX[0] - MIX[2]) ** 2) / n) ** 0.5
    mde = float(multiplicity.minimum_detectable(error, floor=floor, df=2.0 * n))
    shift = mde / 200
    sides = {"N": (MIX[0] + shift, MIX[1], MIX[2] - shift), "S": MIX}
    flagged = 0
    for _ in range(drawn):
        counts = pd.concat(
            [
                pd.DataFrame({"region": name, "score": [9, 7, 5], "n": rng.multinomial(n, np.array(mix))})
                for name, mix in sides.items()
            ]
        )
        # one comparison: the two rows of two groups say the same
        both = scores.against_rest(counts, metric=NPS, by=["region"])
        one = Estimates.build(
            both.table.head(1).drop(columns=["suppressed", "too_small"]),
            by=["region"],
            measure="d",
            unit="points",
            method="",
            level=0.95,
            min_n=10,
        )
        flagged += int(multiplicity.adjust([one], materiality=floor)[0].table["flagged"].iloc[0])
    row = {"answers on each side": n, "floor": floor, "true difference": mde, "flagged": flagged / drawn}
    record("Power at the printed smallest detectable difference, one comparison of scores", row, runs=drawn, seed=2)
    assert abs(flagged / drawn - 0.8) <= 0.02 + margin(0.8, drawn)


@pytest.mark.parametrize("floor", [0.0, 3.0])
def test_world_in_which_nothing_differs_has_at_most_one_false_flag_a_year(floor: float, record: Recorder) -> None:
    years, rng = runs(20, full=2_000), np.random.default_rng(3)
    flags = sum(int(judged(np.zeros(20), 5.0, rng, floor=floor)["flagged"].sum()) for _ in range(12 * years)) / years
    row = {"floor": floor, "false flags a year": flags}
    record("20 segments, 12 monthly reports, nothing differs", row, runs=years, seed=3)
    assert flags <= 1 + 3.29 * math.sqrt(1 / years)


@pytest.mark.parametrize("group", [20, 40, 80])
@pytest.mark.parametrize("hazard", [0.002, 0.01, 0.03])
def test_group_of_whom_nobody_left_is_seldom_called_different_where_it_is_not(
    group: int, hazard: float, record: Recorder
) -> None:
    drawn, rng = runs(100), np.random.default_rng(4)
    false = quiet = 0
    for _ in range(drawn):
        durations = rng.geometric(hazard, group + 400)
        left = durations <= 12
        quiet += int(not left[:group].any())
        if left[:group].any() or not left.any():
            continue
        rows = pd.DataFrame(
            {
                "plan": np.repeat(["new", "old"], [group, 400]),
                "duration": np.minimum(durations, 12),
                "events": left.astype(int),
                "censored": (~left).astype(int),
            }
        )
        lives = rows.groupby(["plan", "duration"], as_index=False)[["events", "censored"]].sum()
        false += int(survival.differences(lives, times=[12], by=["plan"]).row({"plan": "new"})["p_value"] < 0.05)
    row = {
        "customers": group,
        "monthly hazard of all": hazard,
        "nobody left": quiet / drawn,
        "of all worlds called different": false / drawn,
    }
    record("A group of whom nobody left, beside 400 others", row, runs=drawn, seed=4)
    assert false / drawn <= 0.05 + margin(0.05, drawn)
