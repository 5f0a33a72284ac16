"""How often is a change of mix told as a rise or fall, and a rise or fall as a change of mix?

18 months with 120 answers each on average from two branches whose true NPS differ by 48 points; the newer one
grows from a fifth to 70% of answers, every customer scores lower or higher, both, or neither. Materiality floor
3 points; the plain trend, both parts and the steps are one family.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from evidence import Recorder, margin, runs

from cemlab.core.results import Finding
from cemlab.show import say, scores
from cemlab.stats import change, multiplicity

pytestmark = pytest.mark.slow

PERIODS = [f"{2023 + month // 12}-{month % 12 + 1:02d}-01" for month in range(18)]
FELL, ROSE, CHANGED = "it fell by", "it rose by", "a changed mix of answers by branch"


def world(rng: np.random.Generator, *, mix: float, shift: float, answers: int = 120) -> pd.DataFrame:
    """Score counts; `shift` in points of NPS over all months."""
    rows = []
    for at, period in enumerate(PERIODS):
        along = at / (len(PERIODS) - 1)
        total = rng.poisson(answers)
        new = rng.binomial(total, 0.2 + mix * along)
        for branch, size, base in (("old", total - new, 0.54), ("new", new, 0.30)):
            up = base + shift * along / 200
            drawn = rng.multinomial(size, [up, 0.3, 0.7 - up])
            rows += [
                {"period": period, "branch": branch, "score": score, "n": n}
                for score, n in zip((9, 7, 5), drawn, strict=True)
                if n
            ]
    return pd.DataFrame(rows)


def answer(counts: pd.DataFrame) -> tuple[str, bool]:
    """What the page says of the course in its answer, and whether it did so without the mix."""
    whole = counts.groupby(["period", "score"], as_index=False)[["n"]].sum()
    family = [change.trend(whole), change.consecutive(whole), change.constant_mix(counts, by=["branch"])]
    line, steps, parts = multiplicity.adjust(family, materiality=3)
    (trend,) = (Finding.of("trend", line),)
    stepped = [Finding.of("step", steps, where={"period": period}) for period in steps.table["period"]]
    mixes = {"branch": [Finding.of("mix", parts, where={"part": part}) for part in parts.table["part"]]}
    before = say.text(scores.moved(trend, stepped, period="month", brief=True)).lower()
    mix = [say.text(each).lower() for each in scores.mix(trend, mixes, brief=True)]
    return " ".join([*mix, before]), any(word in before for word in (FELL, ROSE))


@pytest.mark.parametrize(
    ("mix", "shift"),
    [(0.0, 0.0), (0.5, 0.0), (0.0, -25.0), (0.5, -25.0), (0.5, 24.0)],
    ids=["neither", "mix only", "score only", "both", "they cancel"],
)
def test_change_of_mix_and_change_of_score_are_told_apart(mix: float, shift: float, record: Recorder) -> None:
    drawn, rng = runs(12, full=300), np.random.default_rng(5)
    changed = within = plain_before = 0
    for _ in range(drawn):
        said, before = answer(world(rng, mix=mix, shift=shift))
        plain_before += before
        changed += CHANGED in said
        within += f"at a constant mix {FELL if shift < 0 else ROSE}" in said or (
            CHANGED not in said and (FELL in said or ROSE in said)
        )
    row = {
        "mix changes": bool(mix),
        "score changes, points": shift,
        "rose or fell, before": plain_before / drawn,
        "mix named": changed / drawn,
        "rose or fell at a constant mix, or without the mix named": within / drawn,
    }
    record("What the answer says of the course", row, runs=drawn, seed=5)
    for share, true in ((changed / drawn, bool(mix)), (within / drawn, bool(shift))):
        assert share >= 0.8 - margin(0.8, drawn) if true else share <= 0.05 + margin(0.05, drawn)
