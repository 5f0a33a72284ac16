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

    def spans(
        self, many: int = 6, *, tenures: Sequence[float] | None = None, end: int = END
    ) -> dict[int, pd.DataFrame]:
        """The newest spans by their first day, oldest first; the last ends on day `end`."""
        days = [end - back * SPAN for back in range(many, 0, -1)]
        return {day: self.landmark(day, day + SPAN, tenures=tenures) for day in days}

    def known(self, delays: np.ndarray) -> World:
        """The world as it is known on the day of the report, when each end is recorded so many days late."""
        return World(self.started, np.where(self.ended + delays < END, self.ended, np.inf), self.columns)

    def by_day(self, days: int = 730) -> pd.DataFrame:
        """Customers and ends of each day before the report, as `prepare.cells.ends_by_day` gives them."""
        ages = np.arange(1, days + 1)
        here = [((self.started < END - age) & (self.ended >= END - age)).sum() for age in ages]
        return pd.DataFrame({"age": ages, "live": here, "ends": [(self.ended == END - age).sum() for age in ages]})

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


BINS = {"tenure": [3.0, 6.0, 12.0, 24.0]}
MONTHS = [float(month) for month in range(1, 12 * YEARS + 1)]


@dataclass
class Study:
    """What the study `churn-prediction` judges: the cells of each evaluation date, those of its training, and of a year before."""

    judged: dict[str, prediction.Judged]
    training: dict[str, pd.DataFrame]
    last_year: dict[str, pd.DataFrame]

    @property
    def tests(self) -> pd.DataFrame:
        """Judged cells of all dates."""
        return pd.concat([each.cells.assign(day=day) for day, each in self.judged.items()], ignore_index=True)

    @property
    def newest(self) -> str:
        """The newest evaluation date."""
        return max(self.judged)

    @property
    def risks(self) -> Mapping[str, Mapping[float, str]]:
        """Column of the prediction by model and horizon."""
        return self.judged[self.newest].risks


def study(world: World, *, terms: Sequence[str], cuts: int = 3, end: int = END) -> Study:
    """The calls of the study: training on the spans before each evaluation date, judging on the one after."""
    spans = world.spans(cuts + 3, tenures=MONTHS, end=end)
    found = Study({}, {}, {})
    for day in sorted(spans)[-cuts:]:
        over = [spans[begin] for begin in sorted(spans) if begin + SPAN <= day][-4:]
        train = prediction.stacked(over, terms=[*terms, "replicate"], bins=BINS)
        cards = [prediction.tenure_baseline(world.lives(day), horizons=HORIZONS)]
        varied = [name for name in terms if len(set(train[name])) > 1]
        cards += [
            prediction.trained(train, kind=kind, terms=varied, bins=BINS, horizons=HORIZONS)[1]
            for kind in ("discrete time", "Cox")
        ]
        name, before = f"{day:05d}", world.landmark(day - 365, day - 365 + SPAN, tenures=MONTHS)
        found.judged[name], found.training[name] = prediction.judged(spans[day], cards), train
        found.last_year[name] = prediction.judged(before, cards).cells
    return found
