"""Small made-up companies with known truth, as the landmark cells that the study `churn-prediction` reads; no lab, no drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cemlab.core.scorecards import rebinned
from cemlab.stats import prediction

SPAN, YEARS = 90, 4
END = YEARS * 365
HORIZONS = [30.0, 60.0, 90.0]
GROUPS = 50

Rates = Callable[[np.ndarray, Mapping[str, np.ndarray]], np.ndarray]


@dataclass
class World:
    """Spells by day numbers, `END` being the day of the report; `inf` where a customer is still there."""

    started: np.ndarray
    ended: np.ndarray
    columns: dict[str, np.ndarray] = field(default_factory=dict)

    def landmark(self, day: int, until: int, *, tenures: Sequence[float] | None = None) -> pd.DataFrame:
        """Landmark cells, as `prepare.cells.landmark` gives them."""
        here = (self.started < day) & (self.ended > day)
        frame = pd.DataFrame({name: values[here] for name, values in self.columns.items()})
        months = ((day - self.started[here] + 0.5) / (365.25 / 12)).astype(int)
        frame["tenure"] = rebinned([str(month) for month in months], tenures or [3, 6, 12, 24])
        ended = self.ended[here]
        frame["events"] = (ended < until) * 1
        frame["duration"] = np.minimum(ended, until) - day
        frame["replicate"] = np.flatnonzero(here) % GROUPS
        keys = [name for name in frame if name != "events"]
        frame = frame.assign(n=1).groupby([*keys, "events"]).agg(n=("n", "sum")).reset_index()
        return frame.assign(events=frame["events"] * frame["n"])

    def spans(self, many: int = 6) -> dict[int, pd.DataFrame]:
        """The newest spans by their first day, oldest first."""
        return {
            END - back * SPAN: self.landmark(END - back * SPAN, END - (back - 1) * SPAN) for back in range(many, 0, -1)
        }

    def lives(self, day: int) -> pd.DataFrame:
        """The life table of all that was known on a day."""
        known = self.started < day
        start, end = self.started[known], self.ended[known]
        left = end < day
        table = pd.DataFrame(
            {"duration": np.minimum(end, day) - start, "events": left * 1, "censored": ~left * 1, "entered": 0}
        )
        table["duration"] = table["duration"].clip(lower=1)
        return table.groupby("duration").sum().reset_index()


def lives(
    random: np.random.Generator,
    columns: dict[str, np.ndarray],
    *,
    monthly: float = 0.03,
    rate: Rates | None = None,
    first: int = 0,
) -> World:
    """Customers who join evenly over the years and leave at a rate per month, by month and by their columns."""
    size = len(next(iter(columns.values())))
    started = random.integers(first, END, size)
    ended = np.full(size, np.inf)
    step = 5
    for day in range(first, END, step):
        risk = np.full(size, monthly) if rate is None else monthly * rate(np.array(day), columns)
        leaves = (started < day) & np.isinf(ended) & (random.random(size) < -np.expm1(-risk * step / 30.4))
        ended[leaves] = day + random.integers(0, step, leaves.sum())
    return World(started, ended, columns)


def judged(world: World, *, terms: Sequence[str], cuts: int = 3) -> prediction.Judged:
    """The calls of the study: training on the spans before each judged day, judging on the one after."""
    spans = world.spans(cuts + 3)
    days = sorted(spans)[-cuts:]
    cells: list[pd.DataFrame] = []
    risks: Mapping[str, Mapping[float, str]] = {}
    for day in days:
        over = [spans[begin] for begin in sorted(spans) if begin + SPAN <= day][-4:]
        train = prediction.stacked(over, terms=[*terms], bins={})
        cards = [prediction.tenure_baseline(world.lives(day), horizons=HORIZONS)]
        varied = [name for name in terms if len(set(train[name])) > 1]
        cards += [
            prediction.trained(train, kind=kind, terms=varied, bins={}, horizons=HORIZONS)[1]
            for kind in ("discrete time", "Cox")
        ]
        found = prediction.judged(spans[day], cards)
        cells.append(found.cells.assign(day=str(day)))
        risks = found.risks
    return prediction.Judged(pd.concat(cells, ignore_index=True), risks, pd.DataFrame())
