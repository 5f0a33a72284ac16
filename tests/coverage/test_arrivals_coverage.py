"""Does the interval of the share of answers that had come hold the share that turns out?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from evidence import HIGH, LOW, Recorder, margin, runs

from cemlab.stats.arrivals import share_arrived

pytestmark = pytest.mark.slow

RUNS, DAYS, LONGEST = runs(4_000), 120, 20


def _drawn(random: np.random.Generator, *, per_day: float, shape: float) -> pd.DataFrame:
    """Many companies, each a survey with waits of its own: invitations of 120 days, of which the last 15 make a period."""
    sent = random.poisson(per_day, (RUNS, DAYS))
    edges = (np.arange(LONGEST + 2) / (LONGEST + 1)) ** (1 / shape)
    came = random.multinomial(sent, np.diff(edges))
    survey, day, waited = np.nonzero(came)
    period = [f"{one}, {'last' if at >= DAYS - 15 else 'before'}" for one, at in zip(survey, day, strict=True)]
    rows = {"survey": survey, "period": period, "age_days": DAYS - 1 - day, "waited_days": waited}
    return pd.DataFrame({**rows, "n": came[survey, day, waited]})


def test_interval_covers_what_turns_out(record: Recorder) -> None:
    rows = _drawn(np.random.default_rng(11), per_day=4, shape=4.0)
    seen = rows["waited_days"] <= rows["age_days"]
    table = share_arrived(rows[seen], min_n=1).table.set_index("period")
    truth = rows["n"].where(seen, 0).groupby(rows["period"]).sum() / rows.groupby("period")["n"].sum()
    last = table[table.index.str.endswith("last")].join(truth.rename("truth"))
    share = ((last["ci_low"] <= last["truth"]) & (last["truth"] <= last["ci_high"])).mean()
    error = margin(share, RUNS)
    record(
        "Share of answers that had come, last 15 days", {"invitations a day": 4, "covered": share}, runs=RUNS, seed=11
    )
    assert len(last) == RUNS
    assert abs((last["estimate"] - last["truth"]).mean()) < 0.003
    assert LOW - error <= share <= HIGH + error, share
