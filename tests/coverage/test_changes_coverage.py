"""Is churn said to have changed where it has, and not where a season returns or ends are recorded late?

Companies of 3,000 customers in four years. Two evaluation dates of 90 days, in one family with three columns on
the newest; "before" is the former rule, observed over predicted against training alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest
from evidence import Recorder, margin, runs
from prediction_worlds import BINS, END, World, lives, study

from cemlab.stats import prediction

pytestmark = pytest.mark.slow

TERMS = ["plan", "region", "tenure"]
SIZE = 3_000
Columns = Mapping[str, np.ndarray]


def _company(seed: int, factor: Callable[[int, Columns], object]) -> World:
    random = np.random.default_rng(seed)
    columns = {"plan": random.choice(["a", "b", "c"], SIZE), "region": random.choice(["north", "south"], SIZE)}
    usual = np.where(columns["plan"] == "a", 2.0, 0.8)
    return lives(random, columns, rate=lambda day, now: usual * np.asarray(factor(int(day), now), dtype=float))


def _winter(day: int) -> bool:
    return day % 365 >= 275


def no_change(seed: int) -> World:
    return _company(seed, lambda *_: 1.0)


def season_of_all(seed: int) -> World:
    return _company(seed, lambda day, _: 2.0 if _winter(day) else 1.0)


def season_of_one_plan(seed: int) -> World:
    return _company(seed, lambda day, now: np.where(now["plan"] == "b", 2.5 if _winter(day) else 1.0, 1.0))


def more_leave(seed: int) -> World:
    return _company(seed, lambda day, _: 1.8 if day >= END - 90 else 1.0)


def more_leave_than_in_any_winter(seed: int) -> World:
    return _company(seed, lambda day, _: (2.0 if _winter(day) else 1.0) * (1.8 if day >= END - 90 else 1.0))


def plan_reversed(seed: int) -> World:
    return _company(seed, lambda day, now: np.where(now["plan"] == "a", 0.3, 1.6) if day >= END - 90 else 1.0)


def ends_recorded_late(seed: int) -> World:
    return no_change(seed).known(np.random.default_rng(10_000 + seed).integers(30, 61, SIZE))


def low_season(seed: int) -> World:
    return _company(seed, lambda day, _: 0.4 if _winter(day) else 1.0)


def ends_once_a_month(seed: int) -> World:
    world = no_change(seed)
    stays = np.isinf(world.ended)
    last = np.floor(np.ceil(np.where(stays, 0, world.ended) / 30.4) * 30.4)
    return World(world.started, np.where(stays | (last >= END), np.inf, last), world.columns)


def _delay(world: World) -> int:
    return int(prediction.recording_delay(world.by_day()).table["estimate"].iloc[0])


def _said(world: World, *, shift: bool = True) -> dict[str, bool]:
    """What the study says, and what it said before."""
    late = _delay(world)
    found = study(world, terms=TERMS, cuts=2, end=END - late if shift else END)
    newest, risks = found.newest, found.risks
    cells = {day: each.cells for day, each in found.judged.items()}
    of = {"risks": risks["tenure alone"], "training": found.training}
    former = study(world, terms=TERMS, cuts=2) if late else found
    before = prediction.relation_by_day(
        {day: each.cells for day, each in former.judged.items()}, risks=risks["tenure alone"], training=former.training
    )
    dates = prediction.relation_by_day(cells, last_year=found.last_year, **of)  # type: ignore[arg-type]
    columns = prediction.relation_by_level(
        cells[newest],
        terms=TERMS,
        risks=risks["Cox"],
        training=found.training[newest],
        last_year=found.last_year[newest],
        bins=BINS,
    )
    dates, judged = prediction.in_one_family(dates, columns)
    assert judged
    verdicts, moved = dates.table["verdict"], set(judged.parts["terms"].query("flagged")["term"])
    return {
        "late": late > 0,
        "before": bool(before.table["flagged"].any()),
        "changed": "changed" in set(verdicts),
        "season": verdicts.iloc[-1] == "season",
        "plan": "plan" in moved,
        "other column": bool(moved - {"plan"}),
    }


FALSE: dict[Callable[[int], World], list[str]] = {
    no_change: ["changed", "season", "plan", "other column", "late"],
    season_of_all: ["changed", "plan", "other column", "late"],
    season_of_one_plan: ["changed", "plan", "other column", "late"],
    more_leave: ["season", "plan", "other column", "late"],
    more_leave_than_in_any_winter: ["season", "plan", "other column", "late"],
    plan_reversed: ["season", "other column", "late"],
    ends_recorded_late: ["changed", "season", "plan", "other column"],
}
TRUE = {
    season_of_all: "season",
    more_leave: "changed",
    more_leave_than_in_any_winter: "changed",
    plan_reversed: "plan",
    ends_recorded_late: "late",
}


@pytest.mark.parametrize("make", list(FALSE), ids=lambda make: make.__name__)
def test_what_is_said_to_have_changed_has(make: Callable[[int], World], record: Recorder) -> None:
    many = runs(2, full=100)
    said = pd.DataFrame([_said(make(seed)) for seed in range(many)])
    false, shares = int(said[FALSE[make]].any(axis=1).sum()), {str(name): share for name, share in said.mean().items()}
    record(
        "Changes told", {"world": make.__name__.replace("_", " "), **shares, "false": false / many}, runs=many, seed=0
    )
    assert false < max(0.12 * many, 2)  # 12 of 100 against 5 %
    if make in TRUE:
        assert shares[TRUE[make]] + margin(0.8, many) >= 0.8  # power of at least 80 %


@pytest.mark.parametrize(
    ("make", "late"),
    [
        (no_change, False),
        (season_of_all, False),
        (low_season, False),
        (ends_once_a_month, False),
        (ends_recorded_late, True),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_ends_are_said_to_be_recorded_late_where_they_are(
    make: Callable[[int], World], late: bool, record: Recorder
) -> None:
    many = runs(20, full=300)
    days = np.array([_delay(make(seed)) for seed in range(many)])
    enough = float((days >= 60).mean()) if late else float("nan")
    row = {
        "world": make.__name__.replace("_", " "),
        "said": float((days > 0).mean()),
        "at least 60 days left out": enough,
    }
    record("Ends recorded late", row, runs=many, seed=0)
    assert (days > 0).mean() >= 0.95 if late else (days > 0).sum() < max(0.12 * many, 1)
