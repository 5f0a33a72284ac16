"""Companies of odd shapes, each a few files and a lab file: what real exports look like on a bad day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

UNTIL = "2024-06-30"
PEOPLE = 150

KEYS = {
    "customers": "customer_id",
    "spells": "spell_id",
    "responses": "response_id",
    "transactions": "transaction_id",
    "events": "event_id",
    "ratings": "response_id",
}
DAYS = {
    "customers": "known_at",
    "spells": "started_on",
    "responses": "responded_at",
    "transactions": "occurred_at",
    "events": "occurred_at",
}
NEEDED = {
    "spells": ["customer_id"],
    "transactions": ["customer_id"],
    "events": ["customer_id", "touchpoint"],
    "responses": ["metric"],
}


@dataclass
class Company:
    """Tables by their canonical names, and what the lab file says beside them."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    segments: tuple[str, ...] = ("region", "plan")
    until: str = UNTIL
    more: str = ""
    undated: bool = False

    def without(self, *names: str) -> Company:
        """Take tables away."""
        for name in names:
            self.tables.pop(name, None)
        return self

    def only(self, *names: str) -> Company:
        """Take all other tables away, and the segments with them."""
        self.without(*(name for name in list(self.tables) if name not in names))
        self.segments = tuple(name for name in self.segments if any(name in each for each in self.tables.values()))
        return self

    def set(self, table: str, **columns: Any) -> Company:
        """Give columns other values; None takes one away."""
        frame = self.tables[table]
        self.tables[table] = frame.drop(columns=[name for name, value in columns.items() if value is None]).assign(
            **{name: value for name, value in columns.items() if value is not None}
        )
        return self

    def keep(self, table: str, rows: Any) -> Company:
        """Keep some rows."""
        self.tables[table] = self.tables[table].loc[rows].reset_index(drop=True)
        return self

    def write(self, folder: Path) -> Path:
        """Write it all, and return the lab file."""
        folder.mkdir(parents=True, exist_ok=True)
        segments = ", ".join(f'"{name}"' for name in self.segments)
        until = f'data_until = "{self.until}"\n' if self.until else ""
        text = [
            (
                '[lab]\nname = "odd"\ncompany = "Odd Company"\ntime_zone = "UTC"\nsegments ='
                f" [{segments}]\n{until}{self.more}\n"
            )
        ]
        for name, frame in self.tables.items():
            frame.to_csv(folder / f"{name}.csv", index=False)
            undated = "undated = true\n" if self.undated or (name in DAYS and DAYS[name] not in frame) else ""
            text += [f'[[{name}]]\nfile = "{name}.csv"\n{undated}[{name}.columns]\n']
            text += [f"{column} = {_mapped(frame[column], str(column))}\n" for column in frame]
        lab = folder / "lab.toml"
        lab.write_text("".join(text), encoding="utf-8")
        return lab


def _mapped(column: pd.Series, name: str) -> str:
    free = not name.endswith(("_id", "_on", "_at")) and name not in (
        "score",
        "amount",
        "margin",
        "weight",
        "tenure_months",
        "quantity",
        "value",
    )
    if free and pd.api.types.is_bool_dtype(column):
        return f'{{ from = "{name}", type = "boolean" }}'
    if free and pd.api.types.is_numeric_dtype(column):
        return f'{{ from = "{name}", type = "number" }}'
    return f'"{name}"'


def usual(people: int = PEOPLE, *, seed: int = 5) -> Company:
    """A company of sound shape: a third has left over three years, half answered, and each bought a few times."""
    random = np.random.default_rng(seed)
    who = np.array([f"c{number:04d}" for number in range(people)], dtype=object)
    started = pd.Timestamp("2021-07-01") + pd.to_timedelta(random.integers(0, 1000, people), unit="D")
    plan = random.choice(["basic", "plus", "max"], people)
    lasted = np.ceil(random.exponential(np.where(plan == "basic", 400, 900))).astype(int) + 1
    ended = started + pd.to_timedelta(lasted, unit="D")
    open_ = ended > pd.Timestamp(UNTIL)
    customers = pd.DataFrame(
        {
            "customer_id": who,
            "known_at": _days(started),
            "region": random.choice(["North", "South", "East"], people),
            "plan": plan,
            "wants_price": random.random(people) < 0.5,
            "wants_help": random.random(people) < 0.4,
            "wants_speed": random.random(people) < 0.3,
            "wants_choice": random.random(people) < 0.5,
        }
    )
    spells = pd.DataFrame(
        {
            "spell_id": [f"s{number}" for number in range(people)],
            "customer_id": who,
            "started_on": _days(started),
            "ended_on": np.where(open_, "", _days(ended)),
            "end_reason": np.where(open_, "", random.choice(["price", "moved"], people)),
        }
    )
    asked = random.integers(0, people, people)
    at = started[asked] + pd.to_timedelta(random.integers(0, 900, people), unit="D")
    at = at.where(at < pd.Timestamp(UNTIL), pd.Timestamp(UNTIL) - pd.Timedelta(days=3))
    responses = pd.DataFrame(
        {
            "response_id": [f"r{number}" for number in range(people)],
            "customer_id": who[asked],
            "responded_at": _days(at),
            "metric": "nps",
            "score": random.integers(0, 11, people),
            "channel": random.choice(["mail", "web"], people),
        }
    )
    bought = random.integers(0, people, 4 * people)
    when = started[bought] + pd.to_timedelta(random.integers(0, 900, 4 * people), unit="D")
    when = when.where(when < pd.Timestamp(UNTIL), pd.Timestamp(UNTIL) - pd.Timedelta(days=5))
    transactions = pd.DataFrame(
        {
            "transaction_id": [f"t{number}" for number in range(4 * people)],
            "customer_id": who[bought],
            "occurred_at": _days(when),
            "amount": np.round(random.lognormal(3, 1, 4 * people), 2),
        }
    )
    events = transactions[["customer_id", "occurred_at"]].assign(
        event_id=[f"e{number}" for number in range(4 * people)],
        touchpoint="service",
        channel=random.choice(["phone", "web"], 4 * people),
        kind=random.choice(["contact", "complaint"], 4 * people, p=[0.8, 0.2]),
    )
    return Company(
        {
            "customers": customers,
            "spells": spells,
            "responses": responses,
            "transactions": transactions,
            "events": events,
        },
        more='currency = "EUR"',
    )


def _days(days: Any) -> np.ndarray:
    return np.asarray(pd.DatetimeIndex(days).strftime("%Y-%m-%d"), dtype=object)


def _young() -> Company:
    made = usual()
    random = np.random.default_rng(1)
    started = pd.Timestamp("2024-02-01") + pd.to_timedelta(random.integers(0, 140, PEOPLE), unit="D")
    ended = started + pd.to_timedelta(random.integers(5, 300, PEOPLE), unit="D")
    later = ended > pd.Timestamp(UNTIL)
    made.set("spells", started_on=_days(started), ended_on=np.where(later, "", _days(ended)))
    made.set("spells", end_reason=np.where(later, "", made.tables["spells"]["end_reason"]))
    made.set("customers", known_at=_days(started))
    for name, column in (("responses", "responded_at"), ("transactions", "occurred_at"), ("events", "occurred_at")):
        n = len(made.tables[name])
        made.set(
            name, **{column: _days(pd.Timestamp("2024-03-01") + pd.to_timedelta(random.integers(0, 115, n), unit="D"))}
        )
    return made


def _few(people: int) -> Company:
    made = usual()
    who = set(made.tables["customers"]["customer_id"][:people])
    for name, frame in made.tables.items():
        made.keep(name, frame["customer_id"].isin(who))
    return made


def _nobody_left(made: Company) -> Company:
    return made.set("spells", ended_on="", end_reason="")


def _one_day(made: Company) -> Company:
    made.set("customers", known_at="2024-03-15").set("spells", started_on="2024-03-15", ended_on="", end_reason="")
    return (
        made.set("responses", responded_at="2024-03-15")
        .set("transactions", occurred_at="2024-03-15")
        .set("events", occurred_at="2024-03-15")
    )


def _constant(made: Company) -> Company:
    made.set(
        "customers",
        region="North",
        plan="basic",
        wants_price=True,
        wants_help=False,
        wants_speed=True,
        wants_choice=True,
    )
    made.set("spells", started_on="2023-01-01", ended_on="", end_reason="").set("responses", score=8, channel="web")
    return made.set("transactions", amount=5.0).set("events", channel="web", kind="contact")


def _undated(made: Company) -> Company:
    made.undated, made.until = True, ""
    made.without("spells", "transactions", "events")
    return made.set("customers", known_at=None).set("responses", responded_at=None)


def _leaks(made: Company) -> Company:
    left = made.tables["spells"]["ended_on"] != ""
    made.segments = ("plan",)
    gone = dict(zip(made.tables["spells"]["customer_id"], left, strict=True))
    return made.set("customers", plan=np.where(made.tables["customers"]["customer_id"].map(gone), "leaver", "stayer"))


def _repeated(made: Company) -> Company:
    made.segments = ("plan", "plan_code", "tariff")
    plan = made.tables["customers"]["plan"]
    return made.set(
        "customers",
        plan_code=plan.map({"basic": "1", "plus": "2", "max": "3"}),
        tariff=plan.map({"basic": "x", "plus": "y", "max": "y"}),
    )


def _survey_began_late(made: Company) -> Company:
    left = made.tables["spells"]["ended_on"]
    early = (left == "") | (left < "2024-01-01")
    made.set("spells", ended_on=left.where(early, ""), end_reason=made.tables["spells"]["end_reason"].where(early, ""))
    return made.set(
        "responses", responded_at=np.resize(["2024-02-10", "2024-04-11", "2024-05-20"], len(made.tables["responses"]))
    )


def _many_levels(made: Company) -> Company:
    made.segments = ("shop",)
    return made.set("customers", shop=[f"shop {number % 400}" for number in range(PEOPLE)])


def _several_spells(made: Company) -> Company:
    spells = made.tables["spells"]
    made.tables["spells"] = pd.concat([spells.assign(spell_id=spells["spell_id"] + f"_{again}") for again in range(5)])
    return made


def _seen_late(made: Company) -> Company:
    return made.set("spells", observed_from="2024-01-01")


def _metric(made: Company, name: str, *, declared: bool = True) -> Company:
    made.more += (
        {
            "csat": "\n[metrics.csat]\nscale = [1, 5]\ntop = [4, 5]\n",
            "ces": "\n[metrics.ces]\nscale = [1, 7]\nlow_effort = [1, 2]\n",
        }[name]
        if declared
        else ""
    )
    return made.set("responses", metric=name, score=made.tables["responses"]["score"] % 5 + 1)


def _ours(made: Company) -> Company:
    """Columns that are called as ours are."""
    made.segments = ("estimate", "segment")
    return made.set(
        "customers",
        estimate=made.tables["customers"]["plan"],
        segment=made.tables["customers"]["region"],
        region=None,
        plan=None,
    )


def _rated(made: Company, items: int) -> Company:
    ids = made.only("responses").tables["responses"]["response_id"]
    random = np.random.default_rng(4)
    made.tables["ratings"] = pd.concat(
        [
            pd.DataFrame({"response_id": ids, "item": f"item {number}", "score": random.integers(1, 6, len(ids))})
            for number in range(items)
        ]
    )
    made.segments = ()
    return made


def _tenures(made: Company) -> Company:
    spells = made.only("customers", "spells").tables["spells"]
    left = spells["ended_on"] != ""
    tenure = (pd.Timestamp(UNTIL) - pd.to_datetime(spells["started_on"])).dt.days // 30
    start = pd.to_datetime(UNTIL) - pd.to_timedelta(tenure * 30, unit="D")
    return made.set("spells", tenure_months=tenure, started_on=_days(start), ended_on=np.where(left, UNTIL, ""))


Maker = Callable[[], Company]
ODD: dict[str, Maker] = {
    "sound": usual,
    "nobody left": lambda: _nobody_left(usual()),
    "all left on one day": (
        lambda: usual().set("spells", started_on="2022-01-01", ended_on="2023-06-15", end_reason="price")
    ),
    "all left within the first month": (
        lambda: usual().set("spells", started_on="2023-01-01", ended_on="2023-01-09", end_reason="price")
    ),
    "one segment": lambda: usual().set("customers", region="North", plan="basic"),
    "five months old": _young,
    "all columns constant": lambda: _constant(usual()),
    "no dates": lambda: _undated(usual()),
    "one customer": lambda: _few(1),
    "two customers": lambda: _few(2),
    "nine customers": lambda: _few(9),
    "twelve customers": lambda: _few(12),
    "one answer": lambda: usual().keep("responses", slice(0, 0)),
    "all answers alike": lambda: usual().set("responses", score=7),
    "nobody answered": lambda: usual().set("responses", score=""),
    "no answer at all": lambda: usual().keep("responses", slice(0, -1)),
    "four hundred levels": lambda: _many_levels(usual()),
    "answers without customers": lambda: usual().only("responses").set("responses", customer_id=None),
    "all customer ids empty": lambda: (
        usual().set("responses", customer_id="").set("transactions", customer_id="").set("events", customer_id="")
    ),
    "days in the future": lambda: usual().set("spells", started_on="2031-01-01", ended_on=""),
    "a single day": lambda: _one_day(usual()),
    "one channel": lambda: usual().set("events", channel="web").set("responses", channel="web"),
    "negative amounts": lambda: usual().set("transactions", amount=-4.5),
    "amounts of zero": lambda: usual().set("transactions", amount=0.0),
    "only customers": lambda: usual().only("customers"),
    "only transactions": lambda: usual().only("transactions"),
    "only answers": lambda: usual().only("responses"),
    "only spells": lambda: usual().only("spells"),
    "only events": lambda: usual().only("events"),
    "plan gives the outcome away": lambda: _leaks(usual()),
    "segments repeat each other": lambda: _repeated(usual()),
    "survey began after the endings": lambda: _survey_began_late(usual()),
    "several spells each": lambda: _several_spells(usual()),
    "seen late": lambda: _seen_late(usual()),
    "satisfaction only": lambda: _metric(usual(), "csat"),
    "effort only": lambda: _metric(usual(), "ces"),
    "a scale that nobody declared": lambda: _metric(usual(), "csat", declared=False),
    "columns that are called as ours": lambda: _ours(usual()),
    "segments that do not exist": lambda: _with_segments(usual(), ("nowhere", "region")),
    "no segments named": lambda: _with_segments(usual(), ()),
    "two ratings": lambda: _rated(usual(), 2),
    "five ratings": lambda: _rated(usual(), 5),
    "tenures instead of days": lambda: _tenures(usual()),
    "weights of zero": lambda: usual().set("responses", weight=0.0),
    "all in one account": lambda: usual().set("customers", account_id="a1"),
    "empty labels": lambda: usual().set("customers", region="", plan=""),
    "one reason only": (
        lambda: usual().set("spells", end_reason=np.where(usual().tables["spells"]["ended_on"] == "", "", "price"))
    ),
}


def _with_segments(made: Company, names: tuple[str, ...]) -> Company:
    made.segments = names
    return made
