"""Leaks that are there are found, and columns that only predict well, or have ceased, are not kept out: planted worlds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from evidence import Recorder, margin, runs
from prediction_worlds import END, World, lives

from cemlab.stats import diagnostics

Make = Callable[[np.random.Generator], World]


def _plain(random: np.random.Generator, size: int = 1_500) -> dict[str, np.ndarray]:
    return {"plan": random.choice(["a", "b", "c"], size), "region": random.choice(["north", "south"], size)}


def contract_that_cannot_be_left(random: np.random.Generator) -> World:
    columns = _plain(random) | {"contract": random.choice(["fixed", "open"], 1_500, p=[0.3, 0.7])}
    return lives(random, columns, rate=lambda _, now: (now["contract"] == "open") * 1.5)


def yearly_contracts(random: np.random.Generator) -> World:
    world = lives(random, _plain(random), monthly=0.04)
    at_end = np.ceil(np.maximum(world.ended - world.started, 1) / 365) * 365
    ended = np.where(world.started + at_end < END, world.started + at_end, np.inf)
    return World(world.started, ended, world.columns)


def many_levels(random: np.random.Generator) -> World:
    return lives(random, _plain(random) | {"city": random.integers(0, 200, 1_500).astype(str)})


def discontinued(random: np.random.Generator) -> World:
    """A plan that is sold no more after the second year, and whose last customers had to go on one day half a year ago."""
    world = lives(random, _plain(random))
    old = (world.started < END // 2) & (random.random(len(world.started)) < 0.3)
    plan = np.where(old, "old", world.columns["plan"])
    ended = np.where(old & (world.ended > END - 180), END - 180, world.ended)
    return World(world.started, ended, world.columns | {"plan": plan})


def migrated(random: np.random.Generator) -> World:
    """A plan whose customers were moved to another one half a year ago; who had left keeps the old name."""
    world = discontinued(random)
    moved = (world.columns["plan"] == "old") & (world.ended == END - 180)
    plan = np.where(moved, "a", world.columns["plan"])
    return World(world.started, np.where(moved, np.inf, world.ended), world.columns | {"plan": plan})


def overwritten(share: float) -> Make:
    def _make(random: np.random.Generator) -> World:
        world = lives(random, _plain(random))
        closed = np.isfinite(world.ended) & (random.random(len(world.ended)) < share)
        return World(world.started, world.ended, world.columns | {"status": np.where(closed, "closed", "active")})

    return _make


def overwritten_plan(random: np.random.Generator) -> World:
    world = lives(random, _plain(random))
    former = np.isfinite(world.ended) & (random.random(len(world.ended)) < 0.2)
    return World(world.started, world.ended, world.columns | {"plan": np.where(former, "none", world.columns["plan"])})


def strong(random: np.random.Generator) -> World:
    columns = _plain(random) | {"debt": random.choice(["yes", "no"], 1_500, p=[0.1, 0.9])}
    return lives(random, columns, rate=lambda _, now: np.where(now["debt"] == "yes", 6.0, 0.7))


def _found(make: Make, seed: int) -> tuple[set[str], set[str]]:
    """Columns that are kept out, and those with a discontinued level."""
    world = make(np.random.default_rng(seed))
    spans = world.spans()
    terms = [*world.columns, "tenure"]
    found = diagnostics.leakage(pd.concat(spans.values()), terms=terms, newest=spans[max(spans)])
    levels = found.parts["levels"]
    out = set(found.table.loc[found.table["leaking"], "term"])
    return out, set(levels.loc[levels["kind"] == "discontinued", "term"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "make", [contract_that_cannot_be_left, yearly_contracts, many_levels, discontinued, migrated, strong]
)
def test_no_column_that_was_known_is_kept_out(make: Make, record: Recorder) -> None:
    many = runs(5, full=100)
    wrong = sum(bool(_found(make, seed)[0]) for seed in range(many))
    record("Columns kept out though known at the time", {"world": make.__name__, "kept out": wrong}, runs=many, seed=0)
    assert wrong < max(0.12 * many, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "make", "term"),
    [
        ("status of 15 %", overwritten(0.15), "status"),
        ("status of all", overwritten(1.0), "status"),
        ("plan of 20 %", overwritten_plan, "plan"),
    ],
)
def test_a_column_overwritten_on_leaving_is_kept_out(name: str, make: Make, term: str, record: Recorder) -> None:
    many = runs(5, full=100)
    right = sum(_found(make, seed)[0] == {term} for seed in range(many))
    record("Overwritten columns kept out", {"world": name, "kept out": right}, runs=many, seed=0)
    assert right / many + margin(0.8, many) >= 0.8  # power of at least 80 %


def test_a_discontinued_plan_is_named() -> None:
    assert [_found(discontinued, seed)[1] for seed in range(3)] == [{"plan"}] * 3


def test_a_column_without_relation_is_no_better_than_chance() -> None:
    """Out of fold, small levels alike in truth rank against themselves: an area below one half is no knowledge."""
    cells = pd.DataFrame({"plan": ["a", "b"], "n": [24, 24], "events": [4, 4]})
    areas = [
        diagnostics.leakage(cells, terms=["plan"], seed=seed, min_n=1).table["estimate"].iloc[0] for seed in range(20)
    ]
    assert max(areas) < 0.7
    assert min(areas) == 0.5
