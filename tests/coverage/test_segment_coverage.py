"""Do corrected figures of latent classes cover the truth as often as they claim, and do plain ones not?

Each run draws customers of known classes, assigns each to its most probable one and corrects what is summed.
Many runs are columns of one call. A coverage is a defect when its 99.9 % Monte-Carlo interval lies outside 93
to 97 %. docs/methods/segments.md publishes what was measured.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from cemlab.stats import segments
from cemlab.stats.intervals import Floats
from cemlab.stats.segments.bch import Classification
from cemlab.stats.segments.categories import likeliest
from cemlab.stats.segments.gaps import standardised
from cemlab.stats.segments.sums import Sums, mean_of, quotient, share_limits, sums_by_class

pytestmark = pytest.mark.slow

RUNS, GROUPS, WITHIN_999, LEVEL = 4000, 50, 3.2905, 0.95
LOW, HIGHEST = 0.93, 0.97
SIZES = np.array([0.5, 0.3, 0.2])
HIGH = np.array([[0.8, 0.7, 0.7, 0.2, 0.2], [0.2, 0.3, 0.7, 0.8, 0.3], [0.3, 0.2, 0.2, 0.4, 0.8]])
MEANS, SPREAD = np.array([10.0, 20.0, 40.0]), 8.0
NET = np.array([[0.6, 0.3, 0.1], [0.3, 0.4, 0.3], [0.1, 0.3, 0.6]])
NAMES = ("1", "2", "3")


def truth() -> tuple[Classification, Floats]:
    """The classes' error of classification, and the joint probability of true and assigned class."""
    patterns = np.array(list(itertools.product([0, 1], repeat=HIGH.shape[1])))
    joint = np.prod(np.where(patterns[:, None, :] == 1, HIGH, 1 - HIGH), axis=2) * SIZES
    posterior = joint / joint.sum(axis=1, keepdims=True)
    model = segments.classification(
        pd.DataFrame(posterior, columns=list(NAMES)).assign(n=joint.sum(axis=1)), classes=NAMES
    )
    return model, SIZES[:, None] * model.errors


MODEL, JOINT = truth()


def drawn(n: int, seed: int) -> np.ndarray:
    """Customers by run, replicate group, true and assigned class."""
    draw = np.random.default_rng(seed)
    groups = draw.multinomial(n, np.full(GROUPS, 1 / GROUPS), size=RUNS)
    return draw.multinomial(groups, JOINT.ravel()).reshape(RUNS, GROUPS, 3, 3)


def corrected(values: Floats, n: Floats) -> tuple[Sums, Floats, Floats]:
    """Sums of all runs in one call; full (runs, classes, columns) and without each group (groups, runs, classes, columns)."""
    runs, groups, classes, columns = values.shape
    frame = pd.DataFrame({"segment": np.tile(NAMES, groups), "replicate": np.repeat(np.arange(groups), classes)})
    flat = values.transpose(1, 2, 0, 3).reshape(groups * classes, runs * columns)
    sums = sums_by_class(frame, MODEL, values=flat, n=n.mean(axis=0).ravel(), of="drawn")
    full = sums.full.reshape(classes, runs, columns).transpose(1, 0, 2)
    without = sums.without.reshape(groups, classes, runs, columns).transpose(0, 2, 1, 3)
    return sums, full, without


def coverage(low: Floats, high: Floats, true: Floats) -> Floats:
    """Share of runs whose limits hold the truth, by class."""
    return np.asarray(((low <= true) & (true <= high)).mean(axis=0))


def beyond(share: Floats) -> list[float]:
    margin = WITHIN_999 * np.sqrt(np.maximum(share * (1 - share), 1e-6) / RUNS)
    return [round(float(each), 4) for each in share[(share + margin < LOW) | (share - margin > HIGHEST)]]


@pytest.mark.parametrize("n", [1000, 5000])
def test_corrected_means_cover_and_plain_ones_do_not(n: int) -> None:
    customers, draw = drawn(n, seed=n), np.random.default_rng(n + 1)
    total = customers * MEANS[:, None] + draw.normal(size=customers.shape) * SPREAD * np.sqrt(customers)
    moments = np.stack([customers.sum(axis=2), total.sum(axis=2), np.zeros_like(total.sum(axis=2))], axis=-1)
    sums, full, without = corrected(moments, customers.sum(axis=2))
    errors, mean = sums.errors(mean_of(without)), mean_of(full)
    found = coverage(*errors.limits(mean, level=LEVEL), MEANS)
    assert beyond(found) == []
    assert np.abs(mean.mean(axis=0) - MEANS).max() < 0.02 * MEANS.max()
    plain = mean_of(moments.sum(axis=1))
    assert np.abs(plain.mean(axis=0) - MEANS).max() > 1
    half = 1.96 * SPREAD / np.sqrt(moments[..., 0].sum(axis=1))
    assert coverage(plain - half, plain + half, MEANS).min() < 0.5


@pytest.mark.parametrize("n", [1000, 5000])
def test_corrected_nps_covers(n: int) -> None:
    customers, draw = drawn(n, seed=n + 2), np.random.default_rng(n + 3)
    kinds = draw.multinomial(customers, NET[:, None, :])
    by_assigned = kinds.sum(axis=2)
    total = 100.0 * (by_assigned[..., 0] - by_assigned[..., 2])
    moments = np.stack([customers.sum(axis=2), total, total], axis=-1)
    sums, full, without = corrected(moments, customers.sum(axis=2))
    found = coverage(*sums.errors(mean_of(without)).limits(mean_of(full), level=LEVEL), 100 * (NET[:, 0] - NET[:, 2]))
    assert beyond(found) == []


@pytest.mark.parametrize(
    ("n", "net"), [(1000, NET), (5000, NET), (2000, np.array([[0.85, 0.1, 0.05], [0.3, 0.4, 0.3], [0.05, 0.1, 0.85]]))]
)
def test_shares_by_maximum_likelihood_cover(n: int, net: Floats) -> None:
    customers, draw = drawn(n, seed=n + 4), np.random.default_rng(n + 5)
    counts = draw.multinomial(customers, net[:, None, :]).sum(axis=2).astype(float)
    sums, full, without = corrected(counts, customers.sum(axis=2))
    solved, redone = (quotient(each, each.sum(axis=-1, keepdims=True)) for each in (full, without))
    limits = share_limits(solved, sums.errors(redone), n=np.full(solved.shape, float(n)), level=LEVEL, corrected=True)
    assert beyond(coverage(limits["ci_low"], limits["ci_high"], net)) == []
    joint = likeliest(full, MODEL)
    assert np.abs(quotient(joint, joint.sum(axis=-1, keepdims=True)).mean(axis=0) - net).max() < 0.01


def test_sizes_cover() -> None:
    customers = drawn(1000, seed=9)
    counts = customers.sum(axis=2)
    moments = np.stack([counts] * 3, axis=-1).astype(float)
    sums, full, without = corrected(moments, counts)
    share, redone = (quotient(each[..., 0], each[..., 0].sum(axis=-1, keepdims=True)) for each in (full, without))
    limits = share_limits(share, sums.errors(redone), n=np.full(share.shape, 1000.0), level=LEVEL, corrected=True)
    assert beyond(coverage(limits["ci_low"], limits["ci_high"], SIZES)) == []


def test_standardised_differences_cover() -> None:
    customers, draw = drawn(2000, seed=11), np.random.default_rng(12)
    total = customers * MEANS[:, None] + draw.normal(size=customers.shape) * SPREAD * np.sqrt(customers)
    around = SPREAD**2 * draw.chisquare(np.maximum(customers - 1, 1e-9))
    squares = quotient(total**2, customers.astype(float)) + np.where(customers > 1, around, 0)
    moments = np.stack([each.sum(axis=2) for each in (customers, total, np.nan_to_num(squares))], axis=-1)
    sums, full, without = corrected(moments, customers.sum(axis=2))
    limits = sums.errors(standardised(without)).limits(standardised(full), level=LEVEL)
    rest = ((SIZES * MEANS).sum() - SIZES * MEANS) / (1 - SIZES)
    spread = math.sqrt(SPREAD**2 + (SIZES * MEANS**2).sum() - (SIZES * MEANS).sum() ** 2)
    assert beyond(coverage(*limits, (MEANS - rest) / spread)) == []


def test_corrected_curves_cover() -> None:
    hazards, inside, times = np.array([0.02, 0.05, 0.1]), [], [3, 6, 10]
    for run in range(80):
        draw = np.random.default_rng(run)
        true = draw.choice(3, 2000, p=SIZES)
        assigned = (draw.random(2000)[:, None] > MODEL.errors[true].cumsum(axis=1)).sum(axis=1).clip(max=2)
        left, seen = draw.geometric(hazards[true]), draw.integers(6, 13, 2000)
        rows = pd.DataFrame(
            {
                "segment": np.array(NAMES)[assigned],
                "replicate": draw.integers(0, GROUPS, 2000),
                "duration": np.minimum(left, seen),
                "events": (left <= seen).astype(int),
                "censored": (left > seen).astype(int),
            }
        )
        lives = rows.groupby(["segment", "replicate", "duration"], as_index=False).sum()
        table = segments.curves(lives, classification=MODEL).table
        table = table[table["duration"].isin(times)]
        truth = (1 - hazards)[table["segment"].astype(int) - 1] ** table["duration"]
        inside.append((table["ci_low"].le(truth) & truth.le(table["ci_high"])).to_numpy())
    share = np.array(inside).mean(axis=0)
    margin = WITHIN_999 * math.sqrt(LEVEL * (1 - LEVEL) / 80)
    assert len(share) == 9
    assert (share > LEVEL - 0.01 - margin).all()


def test_classes_learnt_again_cover_where_held_fixed_they_do_not() -> None:
    n, runs, items = 4000, 25, [f"item_{at}" for at in range(6)]
    high = np.hstack([HIGH, HIGH[:, :1]])
    inside: dict[str, list[NDArray[np.bool_]]] = {"again": [], "fixed": []}
    for run in range(runs):
        draw = np.random.default_rng(run)
        true = draw.choice(3, n, p=SIZES)
        people = pd.DataFrame((draw.random((n, 6)) < high[true]).astype(int).astype(str), columns=items)
        people = people.assign(
            replicate=draw.integers(0, GROUPS, n), sum=MEANS[true] + draw.normal(0, SPREAD, n), n=1, outcome="x"
        )
        patterns = people.groupby([*items, "replicate"], as_index=False)[["n"]].sum()
        fit = segments.latent_classes(patterns, items=items, classes=3, starts=5)
        told = people.merge(fit.parts["posterior"][[*items, "value"]], on=items).rename(columns={"value": "segment"})
        moments = (
            told.assign(sum_sq=told["sum"] ** 2)
            .groupby(["segment", "outcome", "replicate"], as_index=False)[["n", "sum", "sum_sq"]]
            .sum()
        )
        for name, model in (
            ("again", segments.relearnt(fit, patterns)),
            ("fixed", segments.classification(fit.parts["posterior"], classes=list(fit.model.labels))),
        ):
            table = segments.profiles(moments, units={"x": "ratio"}, classification=model)["x"].table.sort_values(
                "estimate"
            )
            inside[name].append((table["ci_low"].to_numpy() <= MEANS) & (table["ci_high"].to_numpy() >= MEANS))
    shares = {name: float(np.mean(each)) for name, each in inside.items()}
    # 75 intervals: the 99.9 % Monte-Carlo margin is about 8 points.
    assert shares["again"] > 0.87
    assert shares["fixed"] < shares["again"]
