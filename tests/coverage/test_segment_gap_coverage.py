"""Small segments against the rest: intervals that cover at least as often as they claim, and no more false flags than agreed.

Each run draws 15 to 50 customers of a segment and 1,000 others, with rates of 0 to 5 %, or money that most do
not spend. The plain jackknife flagged 9 to 91 % of segments that did not differ. docs/methods/segments.md
publishes what was measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from cemlab.stats.intervals import Floats
from cemlab.stats.segments.bch import exact
from cemlab.stats.segments.gaps import gaps
from cemlab.stats.segments.sums import sums_by_class

pytestmark = pytest.mark.slow

GROUPS, OTHERS, RUNS, LEVEL, WITHIN_999 = 40, 1_000, 235, 0.95, 3.2905
CODES = pd.DataFrame({"segment": np.tile(["small", "rest"], GROUPS), "replicate": np.repeat(np.arange(GROUPS), 2)})
MODEL = exact(["small", "rest"])
RATES = [(0.01, 0.01), (0.02, 0.02), (0.05, 0.05), (0.0, 0.05), (0.05, 0.01), (0.01, 0.05)]
Draw = Callable[[np.random.Generator, int], Floats]


def judged(segment: Floats, rest: Floats, draw: np.random.Generator) -> np.ndarray:
    """Limits and p-value of one run."""
    values, side = np.concatenate([segment, rest]), np.repeat([0, 1], [len(segment), len(rest)])
    sums = np.zeros((GROUPS, 2, 3))
    np.add.at(sums, (draw.integers(0, GROUPS, len(values)), side), np.stack([values**0, values, values**2], axis=1))
    flat = sums.reshape(-1, 3)
    found = gaps(sums_by_class(CODES, MODEL, values=flat, n=flat[:, 0], of="drawn"), level=LEVEL)
    return np.asarray(found[["ci_low", "ci_high", "p_value"]].to_numpy()[0])


def runs(n: int, segment: Draw, rest: Draw, *, seed: int) -> np.ndarray:
    """Those runs that were judged at all."""
    draw = np.random.default_rng(seed)
    found = np.array([judged(segment(draw, n), rest(draw, OTHERS), draw) for _ in range(RUNS)])
    return np.asarray(found[np.isfinite(found[:, 2])])


def yes(share: float) -> Draw:
    """Ones with this chance, else zeros."""
    return lambda draw, size: draw.binomial(1, share, size).astype(np.float64)


def most(share: float, count: int) -> float:
    """As many as chance may give when the share is the true one."""
    return share + WITHIN_999 * math.sqrt(share * (1 - share) / count)


@pytest.mark.parametrize("n", [15, 30, 50])
def test_shares_of_small_segments_cover_and_are_not_flagged_falsely(n: int) -> None:
    inside: list[np.ndarray] = []
    false: list[np.ndarray] = []
    for seed, (own, rate) in enumerate(RATES):
        found = runs(n, yes(own), yes(rate), seed=seed)
        assert len(found) > 0.9 * RUNS
        whole = (n * own + OTHERS * rate) / (n + OTHERS)
        truth = (own - rate) / np.sqrt(whole * (1 - whole))
        inside.append((found[:, 0] <= truth) & (truth <= found[:, 1]))
        false += [found[:, 2]] if own == rate else []
    shares, p_values = np.array([each.mean() for each in inside]), np.concatenate(false)
    assert all(1 - share <= most(1 - LEVEL, len(each)) for share, each in zip(shares, inside, strict=True))
    for alpha in (0.05, 0.005):
        assert (p_values < alpha).mean() <= most(alpha, len(p_values))


def test_money_that_most_do_not_spend_is_not_flagged_falsely() -> None:
    draws: dict[str, Draw] = {
        "seldom": lambda draw, size: draw.binomial(1, 0.05, size) * draw.lognormal(3, 1, size),
        "skewed": lambda draw, size: draw.lognormal(3, 1, size),
        "net score": lambda draw, size: draw.choice([-100.0, 0, 100], size, p=[0.05, 0.15, 0.8]),
    }
    for seed, each in enumerate(draws.values()):
        p_values = np.concatenate([runs(n, each, each, seed=100 * seed + n)[:, 2] for n in (15, 50)])
        for alpha in (0.05, 0.005):
            assert (p_values < alpha).mean() <= most(alpha, len(p_values))
