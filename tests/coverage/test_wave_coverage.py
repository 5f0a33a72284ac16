"""Is a rise over yearly survey waves told, and is none told where there is none?

Six waves of 2 to 30 May with 1,500 answers each, the day of the report the day after the last answer; before,
the first and the last wave were called incomplete and left out. The trend is in one family with the steps; no
floor.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from evidence import Recorder, margin, runs
from labs import MemoryLab

from cemlab.prepare import responses
from cemlab.prepare.responses.groups import Period
from cemlab.stats import change, multiplicity

pytestmark = pytest.mark.slow


def world(rng: np.random.Generator, rise: float) -> MemoryLab:
    """Answers whose true NPS rises by so many points from the first wave to the last."""
    rows = []
    for at, year in enumerate(range(2019, 2025)):
        up = 0.5 + rise * at / 5 / 200
        days = np.sort(rng.integers(2, 31, 1_500))
        rows.append(
            pd.DataFrame(
                {
                    "responded_at": pd.to_datetime([f"{year}-05-{day:02d}" for day in days]),
                    "score": rng.choice([10, 8, 5], 1_500, p=[up, 0.3, 0.7 - up]),
                }
            )
        )
    answers = pd.concat(rows, ignore_index=True).assign(metric="nps")
    answers["response_id"] = "r" + answers.index.astype(str)
    return MemoryLab({"responses": answers}, as_of=dt.date(2024, 5, 31))


def told(lab: MemoryLab, period: Period) -> bool:
    """Whether the trend is called significant."""
    counts = responses.score_counts(lab, period=period)
    line, _ = multiplicity.adjust([change.trend(counts), change.consecutive(counts)])
    return bool(line.table["significant"].any())


@pytest.mark.parametrize("rise", [0.0, 11.0], ids=["none", "a rise"])
def test_rise_over_yearly_waves_is_told(rise: float, record: Recorder) -> None:
    drawn, rng = runs(3, full=100), np.random.default_rng(6)
    now = before = 0
    for _ in range(drawn):
        lab = world(rng, rise)
        now += told(lab, responses.steps_of(lab, period="wave"))
        before += told(lab, "year")
    record(
        "Six yearly waves",
        {"true rise, points": rise, "told": now / drawn, "told by years before": before / drawn},
        runs=drawn,
        seed=6,
    )
    share = now / drawn
    assert share >= 0.8 - margin(0.8, drawn) if rise else share <= 0.05 + margin(0.05, drawn)
