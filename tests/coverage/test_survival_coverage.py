"""Do the intervals of curves and hazard ratios cover as often as they claim?

Many worlds at once: each simulated company is one group of a single life table, so thousands of curves are one
call. Kind: approximate, 93 to 97 % within its range. A defect when the 99.9 % Monte-Carlo interval lies
outside. Ranges: curves and restricted means 200 spells or more, cumulative incidence 400 or more with 30 events
of the cause expected, hazard ratios some 150 events. docs/methods/churn-survival.md publishes what was
measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from evidence import LOW, Recorder, is_defect, margin, runs
from numpy.typing import NDArray

from cemlab.stats import survival
from cemlab.stats.hazards.cells import Roles, prepared
from cemlab.stats.hazards.cox import fitted, sandwich
from cemlab.stats.hazards.design import Design, Term
from cemlab.stats.survival.comparison import chi_square_p, counts_of
from cemlab.stats.survival.lives import Lives

pytestmark = pytest.mark.slow

RUNS = runs(2_000)
DESIGN = Design((Term("plan"), Term("region")))
MONTHS = np.arange(1, 25)
Floats = NDArray[np.float64]


def share_covered(table: pd.DataFrame, truth: float) -> float:
    known = table.dropna(subset=["ci_low", "ci_high"])
    assert len(known) > 0.99 * len(table)
    return float(((known["ci_low"] <= truth) & (truth <= known["ci_high"])).mean())


def worlds(hazard: Floats, *, spells: int, seed: int, late: bool = False, causes: Sequence[float] = ()) -> pd.DataFrame:
    """Life table of RUNS companies of so many spells each, monthly hazards given, censored evenly over 36 months.

    Late: half the spells are seen only from a month in 1 … 6 on, and only if they lasted until then. Causes:
    their shares of all events.
    """
    random = np.random.default_rng(seed)
    size = (RUNS, spells)
    stay = np.append(np.cumprod(1 - hazard), 0)
    left = (
        1 + (random.random(size)[..., None] < stay).sum(axis=-1)
        if len(stay) < 4
        else 1 + np.searchsorted(-stay, -random.random(size))
    )
    seen = random.integers(1, 37, size)
    entry = np.where(random.random(size) < 0.5, random.integers(1, 7, size), 0) if late else np.zeros(size, dtype=int)
    event = (left <= seen) & (left <= len(hazard))
    exit_ = np.minimum(np.minimum(left, seen), len(hazard))
    kept = exit_ > entry
    world = np.broadcast_to(np.arange(RUNS)[:, None], size)
    cause = random.choice(len(causes), size, p=causes) if len(causes) else np.zeros(size, dtype=int)
    parts = [
        pd.DataFrame(
            {
                "world": world[kept],
                "duration": exit_[kept],
                "cause": np.where(event, cause, -1)[kept],
                "entered": 0,
                "events": event[kept] * 1,
                "censored": ~event[kept] * 1,
            }
        )
    ]
    if late:
        inside = kept & (entry > 0)
        parts.append(
            pd.DataFrame(
                {
                    "world": world[inside],
                    "duration": entry[inside],
                    "cause": -1,
                    "entered": 1,
                    "events": 0,
                    "censored": 0,
                }
            )
        )
    table = pd.concat(parts).groupby(["world", "duration", "cause"], as_index=False).sum()
    if not len(causes):
        return table.drop(columns="cause").groupby(["world", "duration"], as_index=False).sum()
    return table.assign(cause=table["cause"].map({-1: None, **{k: f"c{k}" for k in range(len(causes))}}))


FALLING = 0.05 / np.sqrt(MONTHS)
LEVEL = np.full(24, 0.02)
BATHTUB = 0.015 + 0.0005 * (MONTHS - 12.0) ** 2 / 4
SHAPES = {"falling": FALLING, "level": LEVEL, "bathtub": BATHTUB}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("spells", [200, 1_000])
@pytest.mark.parametrize("shape", list(SHAPES))
def test_shares_still_there_cover(shape: str, spells: int, late: bool, record: Recorder) -> None:
    hazard = SHAPES[shape]
    lives = worlds(hazard, spells=spells, seed=spells + late, late=late)
    # One start for all: the months before it are not asked about.
    start = 6.0 if late else 0.0
    found = survival.at(lives, [12, 20], given=start, by=["world"], min_n=1).table
    for month in (12, 20):
        truth = float(np.prod(1 - hazard[int(start) : month]))
        covered = share_covered(found[found["duration"] == month], truth)
        row = {
            "hazard": shape,
            "spells": spells,
            "late entry": "yes" if late else "no",
            "month": month,
            "covered": covered,
        }
        record("Share retained", row, runs=RUNS, seed=spells + late)
        assert not is_defect(covered, RUNS), f"{shape}, {spells}, month {month}: {covered:.4f}"


@pytest.mark.parametrize("spells", [200, 1_000])
@pytest.mark.parametrize("shape", list(SHAPES))
def test_restricted_means_cover(shape: str, spells: int, record: Recorder) -> None:
    hazard = SHAPES[shape]
    lives = worlds(hazard, spells=spells, seed=spells + 2)
    truth = float(np.concatenate([[1.0], np.cumprod(1 - hazard)])[:18].sum())
    covered = share_covered(survival.rmst(lives, tau=18, by=["world"], min_n=1).table, truth)
    row = {"hazard": shape, "spells": spells, "covered": covered}
    record("Restricted mean of 18 months", row, runs=RUNS, seed=spells + 2)
    assert not is_defect(covered, RUNS), f"{covered:.4f}"


@pytest.mark.parametrize("spells", [400, 1_500])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_cumulative_incidence_covers(share: float, spells: int, record: Recorder) -> None:
    lives = worlds(BATHTUB, spells=spells, seed=spells + 3, causes=(share, 1 - share))
    found = survival.cumulative_incidence(lives, times=[12, 20], by=["world"], min_n=1).table
    before = np.concatenate([[1.0], np.cumprod(1 - BATHTUB)])
    for month in (12, 20):
        truth = float(share * (before[:month] * BATHTUB[:month]).sum())
        rows = found[(found["cause"] == "c0") & (found["duration"] == month)]
        covered = share_covered(rows, truth)
        row = {"share of the cause": share, "spells": spells, "month": month, "covered": covered}
        record("Cumulative incidence", row, runs=RUNS, seed=spells + 3)
        assert not is_defect(covered, RUNS), f"share {share}, {spells}, month {month}: {covered:.4f}"


@pytest.mark.parametrize("shares", [(0.3, 0.3), (0.3, 0.6)])
def test_differences_of_cumulative_incidence_cover(shares: tuple[float, float], record: Recorder) -> None:
    sides = []
    for seed, share in enumerate(shares):
        lives = worlds(BATHTUB, spells=400, seed=500 + seed, causes=(share, 1 - share))
        found = survival.cumulative_incidence(lives, times=[12], by=["world"], min_n=1).table
        sides.append(found.loc[found["cause"] == "c0"].reset_index(drop=True))
    # As `incidence_differences` has it, which takes one company at a time.
    gap, half = (
        sides[0]["estimate"] - sides[1]["estimate"],
        1.959964 * np.hypot(sides[0]["std_error"], sides[1]["std_error"]),
    )
    before = np.concatenate([[1.0], np.cumprod(1 - BATHTUB)])
    truth = (shares[0] - shares[1]) * float((before[:12] * BATHTUB[:12]).sum())
    covered = share_covered(pd.DataFrame({"ci_low": gap - half, "ci_high": gap + half}), truth)
    row = {"share of the cause": f"{shares[0]} and {shares[1]}", "covered": covered}
    record("Difference of cumulative incidence at month 12, 400 spells each", row, runs=RUNS, seed=500)
    assert not is_defect(covered, RUNS), f"shares {shares}: {covered:.4f}"


def test_taking_other_causes_for_censoring_is_found_out() -> None:
    """The check can fail: one minus Kaplan–Meier lies outside the interval of the truth."""
    lives = worlds(BATHTUB * 3, spells=1_000, seed=9, causes=(0.4, 0.6))
    found = survival.cumulative_incidence(lives, times=[20], by=["world"], min_n=1).table
    wrong = found[found["cause"] == "c0"]["overstated"].mean()
    before = np.concatenate([[1.0], np.cumprod(1 - BATHTUB * 3)])
    truth = float(0.4 * (before[:20] * BATHTUB[:20] * 3).sum())
    assert wrong > truth + 0.08


def test_medians_cover_at_least_as_often_as_they_claim(record: Recorder) -> None:
    """Kind: conservative, as months are a lattice: at least 93 %."""
    hazard = np.full(24, 0.06)
    found = survival.quantiles(worlds(hazard, spells=300, seed=5), [0.5], by=["world"], min_n=1).table
    truth = float(np.argmax(np.cumprod(1 - hazard) < 0.5) + 1)
    high = found["ci_high"].fillna(np.inf)
    covered = float(((found["ci_low"] <= truth) & (truth <= high)).mean())
    record("Median tenure, at least 0.93", {"spells": 300, "covered": covered}, runs=RUNS, seed=5)
    assert covered + margin(covered, RUNS) > LOW


def test_log_rank_of_equal_groups_rejects_one_time_in_twenty(record: Recorder) -> None:
    random, rejected = np.random.default_rng(7), 0
    groups, none = pd.DataFrame({"plan": range(4)}), np.zeros((24, 4))
    for _ in range(RUNS):
        month = np.minimum(random.geometric(0.03, 400), 25) - 1
        ends = np.bincount(4 * np.minimum(month, 23) + np.arange(400) % 4, minlength=96).reshape(24, 4).astype(float)
        stay = np.bincount((np.arange(400) % 4)[month == 24], minlength=4)
        events = ends - np.vstack([np.zeros((23, 4)), stay])
        lives = Lives(groups, MONTHS.astype(float), none, events, ends - events, (), none[None][:0], ends.sum(axis=0))
        statistic, df = counts_of(lives).test()
        rejected += chi_square_p(statistic, df) < 0.05
    share = rejected / RUNS
    record("Log-rank test of four equal groups", {"spells": 400, "rejected": share}, runs=RUNS, seed=7)
    assert abs(share - 0.05) < margin(share, RUNS) + 0.005


@pytest.mark.parametrize("late", [False, True])
def test_hazard_ratios_cover(late: bool, record: Recorder) -> None:
    """Proportional hazards in days, a few tied, 300 spells of which some 150 left; model-based and robust errors."""
    random, truth, spells = np.random.default_rng(300 + late), math.log(1.8), 300
    covered = {"model": 0, "robust": 0}
    for _ in range(RUNS):
        plan, region = random.integers(0, 2, spells), random.integers(0, 2, spells)
        time = random.exponential(600 / np.exp(truth * plan - 0.3 * region), spells)
        end = random.uniform(30, 720, spells)
        start = (
            np.where(random.random(spells) < 0.5, np.floor(random.uniform(0, 200, spells)), 0)
            if late
            else np.zeros(spells)
        )
        cells = pd.DataFrame(
            {
                "start": start,
                "duration": np.ceil(np.minimum(time, end)),
                "n": 1,
                "events": (time <= end) * 1,
                "plan": plan,
                "region": region,
            }
        )
        data = prepared(cells[cells["duration"] > start], DESIGN, Roles())
        fit = fitted(data.blocks, data.grid, labels=DESIGN.labels, ties="efron", ridge=0.0)
        robust = sandwich(data.blocks, data.grid, fit, ties="efron")
        miss = abs(fit.beta[0] - truth) / 1.959964
        covered["model"] += miss <= math.sqrt(fit.covariance[0, 0])
        covered["robust"] += miss <= math.sqrt(robust[0, 0])
    shares = {kind: count / RUNS for kind, count in covered.items()}
    row = {"spells": spells, "late entry": "yes" if late else "no", **shares}
    record("Hazard ratio of Cox regression, covered by both errors", row, runs=RUNS, seed=300 + late)
    assert not any(is_defect(share, RUNS) for share in shares.values()), shares
