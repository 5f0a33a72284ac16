"""Does the bootstrap likelihood-ratio test call a class too many real as often as it claims, one time in twenty?

Small samples of known classes, each tested for one class more. A test is a defect when the share of p-values up
to 0.05 lies outside the
99.9 % Monte-Carlo limits of 5 %. docs/methods/segments.md publishes what was measured.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cemlab.stats.intervals import Floats
from cemlab.stats.segments import em, number, samples
from cemlab.stats.segments.coded import coded
from cemlab.stats.segments.latent_classes import LatentClasses
from cemlab.stats.threads import one_thread

pytestmark = pytest.mark.slow

RUNS, CUSTOMERS, CHANCE, WITHIN_999 = 200, 300, 0.05, 3.2905
ITEMS = list("abcde")
YES = {1: [[0.4] * 5], 2: [[0.8] * 5, [0.2] * 5]}
SIZES = {1: [1.0], 2: [0.6, 0.4]}
PATTERNS = np.array(list(itertools.product([0, 1], repeat=len(ITEMS))))


def drawn(classes: int, *, seed: int) -> Floats:
    """How often each pattern occurs in each sample, shape (runs, patterns)."""
    joint = np.where(PATTERNS[:, None, :] == 1, YES[classes], 1 - np.array(YES[classes])).prod(axis=2) @ SIZES[classes]
    return np.random.default_rng(seed).multinomial(CUSTOMERS, joint, size=RUNS).astype(float)


@pytest.mark.parametrize("classes", [1, 2])
def test_a_class_too_many_is_called_real_one_time_in_twenty(classes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # One sample that gains as much settles that p is above 1 in 20, so a test may end there; few are then drawn at a
    # time.
    monkeypatch.setattr(number, "ENOUGH", 1)
    monkeypatch.setattr(samples, "BATCH", 5)
    data = coded(pd.DataFrame(PATTERNS, columns=ITEMS).astype(str).assign(n=1), items=ITEMS)
    n, random = drawn(classes, seed=classes), np.random.default_rng(0)
    with one_thread():
        any_classes = (em.random_starts(data, classes=k, starts=1, random=random)[0] for k in (classes, classes + 1))
        fits = [em.refitted(data, first, n=n, starts=20, random=random) for first in any_classes]
    models = ([LatentClasses(replace(data, n=counts), fit[at]) for fit in fits] for at, counts in enumerate(n))
    found = [number._tested(*pair, resamples=19, seed=at).p_value <= CHANCE for at, pair in enumerate(models)]
    assert abs(np.mean(found) - CHANCE) <= WITHIN_999 * math.sqrt(CHANCE * (1 - CHANCE) / RUNS)
