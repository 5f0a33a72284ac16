"""A small company in which much happens on the same day, and what may be done to it without changing what is true."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from labs import MemoryLab

Tables = Mapping[str, pd.DataFrame]

AS_OF = dt.date(2025, 1, 1)
CUT = "2024-07-01"
BEGIN = pd.Timestamp("2022-01-01")


def _day(random: np.random.Generator, size: int, *, first: int, last: int, step: int) -> pd.Series:
    """Days in steps, so that many fall together."""
    return pd.Series(BEGIN + pd.to_timedelta(random.integers(first // step, last // step, size) * step, unit="D"))


def company(customers: int = 240, seed: int = 5) -> dict[str, pd.DataFrame]:
    """Return the canonical tables of a company; each third customer has two spells, some begun on one day."""
    random = np.random.default_rng(seed)
    ids = np.array([f"c{number:04d}" for number in range(customers)])
    plans, regions = random.choice(["basic", "plus"], customers), random.choice(["north", "south", "west"], customers)
    people = pd.DataFrame(
        {"customer_id": ids, "plan": plans, "region": regions, "usage": random.gamma(2, 5, customers).round(2)}
    )
    again = random.choice(customers, customers // 3, replace=False)
    owner = np.concatenate([np.arange(customers), again])
    started = _day(random, len(owner), first=0, last=700, step=30)
    lasted = pd.to_timedelta(random.integers(20, 900, len(owner)), unit="D")
    twice = random.random(len(owner)) < 0.3
    begun = started.to_numpy()
    started[customers:] = [
        begun[first] if same else own
        for first, same, own in zip(again, twice[customers:], begun[customers:], strict=True)
    ]
    ended = (started + lasted).where(started + lasted < pd.Timestamp(AS_OF))
    spells = pd.DataFrame(
        {
            "spell_id": [f"s{number:04d}" for number in random.permutation(len(owner))],
            "customer_id": ids[owner],
            "started_on": started.dt.date,
            "ended_on": ended.dt.date,
            "end_reason": pd.Series(random.choice(["price", "moved"], len(owner))).mask(ended.isna()),
            "observed_from": (started + pd.to_timedelta(random.choice([0, 0, 60], len(owner)), unit="D")).dt.date,
            "contract": random.choice(["monthly", "yearly"], len(owner)),
        }
    )
    spells = spells[spells["ended_on"].isna() | (spells["ended_on"] >= spells["observed_from"])].reset_index(drop=True)
    return {
        "customers": people,
        "spells": spells,
        **_surveys(random, ids),
        **_deeds(random, ids),
        "assignments": _written(random, ids),
    }


def _surveys(random: np.random.Generator, ids: np.ndarray) -> dict[str, pd.DataFrame]:
    size = 4 * len(ids)
    whose, sent = random.choice(ids, size), _day(random, size, first=300, last=1080, step=10)
    invitations = pd.DataFrame(
        {"invitation_id": [f"i{k:05d}" for k in range(size)], "customer_id": whose, "sent_at": sent}
    )
    kept = np.sort(random.choice(size, 3 * len(ids), replace=False))
    # Two answers on one minute are usual where a system writes days only.
    at = (sent[kept] + pd.to_timedelta(random.choice([0, 3, 20], len(kept)), unit="D")).to_numpy()
    whose, many = whose[kept], len(kept)
    at[::3], whose[::3] = at[np.arange(0, many, 3) // 6 * 6], whose[np.arange(0, many, 3) // 6 * 6]
    responses = pd.DataFrame(
        {
            "response_id": [f"r{k:05d}" for k in random.permutation(many)],
            "invitation_id": invitations["invitation_id"].to_numpy()[kept],
            "customer_id": whose,
            "responded_at": pd.to_datetime(at),
            "survey": random.choice(["web", "call"], many),
            "metric": "nps",
            "score": random.choice([0.0, 6.0, 7.0, 8.0, 9.0, 10.0], many),
            "touchpoint": random.choice(["shop", "help"], many),
            "weight": random.choice([0.5, 1.0, 2.5], many),
            "stratum": random.choice(["a", "b"], many),
            "cluster": whose,
        }
    )
    ratings = pd.DataFrame(
        {
            "response_id": np.repeat(responses["response_id"].to_numpy(), 2),
            "item": ["price", "service"] * many,
            "score": random.integers(1, 6, 2 * many).astype(float),
        }
    )
    return {"invitations": invitations, "responses": responses, "ratings": ratings}


def _deeds(random: np.random.Generator, ids: np.ndarray) -> dict[str, pd.DataFrame]:
    size = 5 * len(ids)
    events = pd.DataFrame(
        {
            "event_id": [f"e{k:05d}" for k in range(size)],
            "customer_id": random.choice(ids, size),
            "occurred_at": _day(random, size, first=100, last=1090, step=15),
            "touchpoint": "help",
            "channel": random.choice(["phone", "mail"], size),
            "kind": random.choice(["complaint", "price_change", "visit"], size),
        }
    )
    transactions = pd.DataFrame(
        {
            "transaction_id": [f"t{k:05d}" for k in range(size)],
            "customer_id": random.choice(ids, size),
            "occurred_at": _day(random, size, first=100, last=1090, step=15),
            "amount": random.gamma(2, 20, size).round(2),
        }
    ).assign(margin=lambda table: (0.3 * table["amount"]).round(2))
    opened = _day(random, len(ids), first=300, last=1000, step=15)
    cases = pd.DataFrame(
        {
            "case_id": [f"k{k:05d}" for k in range(len(ids))],
            "customer_id": random.choice(ids, len(ids)),
            "opened_at": opened,
            "closed_at": opened + pd.Timedelta(days=5),
            "action": "call",
        }
    )
    return {"events": events, "transactions": transactions, "cases": cases}


def _written(random: np.random.Generator, ids: np.ndarray) -> pd.DataFrame:
    """What a study said twice of each customer: a tier, and a weight."""
    days = [pd.Timestamp("2022-06-01"), pd.Timestamp("2024-03-01")]
    parts = [
        pd.DataFrame(
            {
                "customer_id": ids,
                "name": name,
                "value": random.choice(["gold", "silver"], len(ids)),
                "probability": random.random(len(ids)),
                "weight": random.choice([0.5, 1.5], len(ids)),
                "known_at": day,
            }
        )
        for name in ("tier", "panel")
        for day in days
    ]
    return pd.concat(parts, ignore_index=True)


def lab_of(tables: Tables) -> MemoryLab:
    """Return the company as an opened lab."""
    return MemoryLab(tables, as_of=AS_OF)


def shuffled(tables: Tables, seed: int) -> dict[str, pd.DataFrame]:
    """Return the same rows in another order."""
    return {name: frame.sample(frac=1, random_state=seed + at) for at, (name, frame) in enumerate(tables.items())}


def relabelled(tables: Tables) -> dict[str, pd.DataFrame]:
    """Return the same with other names of plans, in another order of the alphabet."""
    plans = {"basic": "zebra", "plus": "ant"}
    return {**tables, "customers": tables["customers"].assign(plan=tables["customers"]["plan"].map(plans))}


def with_unasked(tables: Tables) -> dict[str, pd.DataFrame]:
    """Return the same with a column that nobody asks for in each table that may have its own."""
    free = ("customers", "spells", "responses", "events", "transactions", "invitations")
    return {
        name: frame.assign(colour=np.where(np.arange(len(frame)) % 3, "red", "blue")) if name in free else frame
        for name, frame in tables.items()
    }


def renamed(tables: Tables) -> dict[str, pd.DataFrame]:
    """Return the same with other ids, which sort as before: what is last of a day stays so."""
    return {
        name: frame.assign(**{column: "x-" + frame[column] for column in frame.columns if column.endswith("_id")})
        for name, frame in tables.items()
    }


def weights_scaled(tables: Tables, factor: float = 1024.0) -> dict[str, pd.DataFrame]:
    """Return the same with all weights times a power of two, which rounds nothing."""
    both = {name: tables[name].assign(weight=tables[name]["weight"] * factor) for name in ("responses", "assignments")}
    return {**tables, **both}


def same(found: Any, expected: Any, *, rtol: float = 1e-12) -> None:
    """Fail unless two results hold the same rows in the same order: counts and texts exactly, floats nearly."""
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=rtol, atol=1e-12)
        whole = expected.select_dtypes(["integer", "bool"]).columns
        assert found[whole].equals(expected[whole])
    elif isinstance(expected, Mapping):
        assert list(found) == list(expected)
        for key, value in expected.items():
            same(found[key], value, rtol=rtol)
    elif isinstance(expected, np.ndarray):
        np.testing.assert_allclose(found, expected, rtol=rtol)
    else:
        assert found == expected


Call = Callable[[MemoryLab], Any]
