"""Do the intervals of measures of prediction cover as often as they claim?

A company of six kinds of customers with right predictions: every truth is known in closed form. Counts of many
companies by kind of customer, ending and group stand side by side, so that thousands are quick. Kind:
approximate, 93 to 97 % within its range: 20 groups of customers, and some 40 leavers or more for AUC, Brier
score, calibration and lift. A defect when the 99.9 % Monte-Carlo interval lies outside.
docs/methods/churn-prediction.md publishes what was measured with 4,000 companies of each size.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from evidence import Recorder, is_defect, runs
from numpy.typing import NDArray

from cemlab.stats.prediction.accuracy import briers
from cemlab.stats.prediction.calibration import calibrations
from cemlab.stats.prediction.discrimination import aucs, concordances
from cemlab.stats.prediction.jackknife import Replicated
from cemlab.stats.prediction.outcomes import CENSORED, LEFT, Outcomes, Statistic
from cemlab.stats.prediction.utility import leavers_found

pytestmark = pytest.mark.slow

RUNS = runs(500)
BATCH = 100
NAMES = (
    "auc 12",
    "auc 20",
    "brier 12",
    "brier 20",
    "ipa 12",
    "ipa 20",
    "o/e 12",
    "o/e 20",
    "slope 12",
    "slope 20",
    "lift 12",
    "concordance 12",
)
GROUPS, LAST, LOST = 20, 20, 0.02
HORIZON = 12.0
RISKS = np.array([0.02, 0.05, 0.1, 0.2, 0.35, 0.5])  # up to LAST
KINDS = np.array([0.25, 0.2, 0.2, 0.15, 0.12, 0.08])
TOP = 0.2
Floats = NDArray[np.float64]


def risk_by(time: float | NDArray[np.number[Any]]) -> Floats:
    """Share of each kind that leaves up to a time."""
    return np.asarray(1 - (1 - RISKS) ** (np.asarray(time) / LAST))


@cache
def design() -> tuple[pd.DataFrame, Floats]:
    """Rows by time, ending and kind of customer, and their probabilities."""
    rows, chance = [], []
    for time in range(1, LAST + 1):
        there = (1 - LOST) ** (time - 1)
        leave = there * (risk_by(time) - risk_by(time - 1))
        lost = there * (1 - risk_by(time)) * (LOST if time < LAST else 1.0)
        for ending, share in ((CENSORED, lost), (LEFT, leave)):
            rows += [(time - 1, ending, kind) for kind in range(len(KINDS))]
            chance += list(KINDS * share)
    return pd.DataFrame(rows, columns=["at", "kind", "customer"]), np.array(chance)


def judged() -> Outcomes:
    """The rows alone: counts are drawn apart."""
    rows, chance = design()
    risks = {f"p{time:g}": risk_by(time)[rows["customer"]] for time in (HORIZON, LAST)}
    nobody = pd.DataFrame({"row": [], "group": [], "n": []})
    return Outcomes(
        (), np.arange(1.0, LAST + 1), rows["at"].to_numpy(), rows["kind"].to_numpy(), risks, chance * 1e6, nobody, 10
    )


def truths() -> dict[str, float]:
    known: dict[str, float] = {}
    for time in (HORIZON, float(LAST)):
        risk = risk_by(time)
        left, stayed = KINDS * risk, KINDS * (1 - risk)
        better = (risk[:, None] > risk) + 0.5 * (risk[:, None] == risk)
        mean, score = left.sum(), left @ (1 - risk) ** 2 + stayed @ risk**2
        known |= {
            f"auc {time:g}": left @ better @ stayed / (left.sum() * stayed.sum()),
            f"brier {time:g}": float(score),
            f"ipa {time:g}": 1 - score / (mean * (1 - mean)),
            f"o/e {time:g}": 0.0,
            f"slope {time:g}": 1.0,
        }
    left = KINDS * risk_by(HORIZON)
    top = np.interp(TOP, np.append(0, np.cumsum(KINDS[::-1])), np.append(0, np.cumsum(left[::-1])))
    return known | {"lift 12": top / left.sum(), "concordance 12": concordance()}


def concordance() -> float:
    """Of two customers, one leaving up to HORIZON: those tied in time are no pair."""
    times = np.arange(1, int(HORIZON) + 1)
    leave = KINDS * (risk_by(times[:, None]) - risk_by(times[:, None] - 1))
    outlast = KINDS * (1 - risk_by(times[:, None]))
    better = (RISKS[:, None] > RISKS) + 0.5 * (RISKS[:, None] == RISKS)
    return float(np.einsum("ti,ij,tj->", leave, better, outlast) / (leave.sum(axis=1) @ outlast.sum(axis=1)))


def statistics(rows: Outcomes) -> Statistic:
    """All of NAMES at once."""
    risks = {HORIZON: "p12", float(LAST): "p20"}
    scores, fits, ranks = briers(rows, risks), calibrations(rows, risks), aucs(rows, risks)
    found = leavers_found(rows, "p12", horizon=HORIZON, shares=np.array([TOP]))
    pairs = concordances(rows, {HORIZON: "p12"})

    def _all(n: Floats) -> Floats:
        score, fit = scores(n), fits(n)
        return np.vstack([ranks(n), score[[0, 1, 4, 5]], np.log(fit[:2]), fit[8:10], found(n)[:1], pairs(n)])

    return _all


def covered(n: int, *, worlds: int, seed: int) -> dict[str, float]:
    """How often each truth lies in its interval; a statistic takes the counts of many companies side by side."""
    random, known, rows = np.random.default_rng(seed), truths(), judged()
    statistic = statistics(rows)
    chance = np.tile(design()[1] / GROUPS, GROUPS)
    hits, told = dict.fromkeys(known, 0), dict.fromkeys(known, 0)
    for start in range(0, worlds, BATCH):
        size = min(BATCH, worlds - start)
        counts = random.multinomial(n, chance, size).reshape(size, GROUPS, -1).astype(float)
        whole = counts.sum(axis=1).T
        without = (whole[:, :, None] - counts.transpose(2, 0, 1)).reshape(len(rows.n), -1)
        values, redone = statistic(whole), statistic(without)
        for name, value, others in zip(NAMES, values, redone, strict=True):
            limits = Replicated(value, others.reshape(size, GROUPS)).limits(level=0.95)
            told[name] += int(limits["ci_low"].notna().sum())
            hits[name] += int(((limits["ci_low"] <= known[name]) & (known[name] <= limits["ci_high"])).sum())
    assert all(count > 0.99 * worlds for count in told.values()), told
    return {name: hits[name] / told[name] for name in known}


@pytest.mark.parametrize("n", [500, 1_500, 5_000])
def test_intervals_of_measures_cover_the_truth(n: int, record: Recorder) -> None:
    shares = covered(n, worlds=RUNS, seed=n)
    for name, share in shares.items():
        record("Measures of prediction", {"customers": n, "measure": name, "covered": share}, runs=RUNS, seed=n)
    assert {name: share for name, share in shares.items() if is_defect(share, RUNS)} == {}


def two_models() -> tuple[Statistic, Floats]:
    """Difference of AUC and of accuracy of two models that are wrong about one half of the customers each; chances of the rows."""
    once, chance = design()
    rows = pd.concat([once.assign(half=0), once.assign(half=1)]).assign(chance=np.tile(chance / 2, 2))
    rows = rows.sort_values("at", kind="stable", ignore_index=True)
    risk = risk_by(HORIZON)[rows["customer"]]
    wrong = {name: np.where(rows["half"] == half, 1.5 * risk, risk) for half, name in enumerate("ab")}
    kept = replace(
        judged(), at=rows["at"].to_numpy(), kind=rows["kind"].to_numpy(), risks=wrong, n=rows["chance"].to_numpy() * 1e6
    )
    measures = [(aucs(kept, {HORIZON: name}), briers(kept, {HORIZON: name})) for name in "ab"]

    def _gap(n: Floats) -> Floats:
        one, two = (np.vstack([rank(n), near(n)[2]]) for rank, near in measures)
        return np.asarray(one - two)

    return _gap, rows["chance"].to_numpy()


def covered_differences(n: int, *, worlds: int, seed: int) -> list[float]:
    """How often the interval of a paired difference holds 0, for AUC and the index of prediction accuracy."""
    random, (gap, chance), hits = np.random.default_rng(seed), two_models(), np.zeros(2)
    for _ in range(0, worlds, BATCH):
        counts = random.multinomial(n, np.tile(chance / GROUPS, GROUPS), BATCH).reshape(BATCH, GROUPS, -1).astype(float)
        whole = counts.sum(axis=1).T
        without = (whole[:, :, None] - counts.transpose(2, 0, 1)).reshape(len(chance), -1)
        for place, (value, others) in enumerate(zip(gap(whole), gap(without), strict=True)):
            limits = Replicated(value, others.reshape(BATCH, GROUPS)).limits(level=0.95)
            hits[place] += ((limits["ci_low"] <= 0) & (limits["ci_high"] >= 0)).sum()
    return [float(hit) / worlds for hit in hits]


def test_intervals_of_paired_differences_hold_zero_for_equally_good_models(record: Recorder) -> None:
    shares = covered_differences(1_500, worlds=RUNS, seed=7)
    for name, share in zip(("auc 12", "ipa 12"), shares, strict=True):
        record("Differences of two models", {"customers": 1_500, "measure": name, "covered": share}, runs=RUNS, seed=7)
    assert not any(is_defect(share, RUNS) for share in shares)
