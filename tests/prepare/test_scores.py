"""Scores of today's customers: who counts, by which pattern, and what becomes of the rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from cemlab.core.courses import Proportional
from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.lab import Lab
from cemlab.core.scorecards import Scorecard, level_names
from cemlab.data import synthetic
from cemlab.data.lab import open_lab
from cemlab.prepare import cells, responses, scores

if TYPE_CHECKING:
    from labs import MemoryLab

AS_OF = dt.date(2024, 7, 1)
BINS = {"tenure": (12.0,), "fee": (20.0, 40.0)}
LIVES: list[tuple[str, str, str, str | None, str | None, float | None]] = [
    ("s1", "a", "2023-06-30", None, "x", 10.0),
    ("s2", "a", "2024-06-30", None, "y", 20.0),  # lives beside the first, and began last
    ("s3", "b", "2023-07-01", None, "y", 45.0),
    ("s4", "c", "2023-01-01", "2024-06-30", "x", 10.0),
    ("s5", "d", "2023-07-02", None, "new", 30.0),
    ("s6", "e", "2023-07-02", None, None, 30.0),
    ("s7", "f", "2023-07-02", None, "x", None),
    ("s8", "g", "2022-07-02", None, "x", 20.0),
]


def spells() -> pd.DataFrame:
    table = pd.DataFrame(LIVES, columns=["spell_id", "customer_id", "started_on", "ended_on", "plan", "fee"])
    for name in ("started_on", "ended_on"):
        table[name] = pd.Series([dt.date.fromisoformat(day) if day else None for day in table[name]], dtype=object)
    return table


def card(
    terms: dict[str, list[str]], *, bins: Mapping[str, tuple[float, ...]] | None = None, varying: tuple[str, ...] = ()
) -> Scorecard:
    """A scorecard whose level number k of term number t adds 0.3·k·(t + 1) to the log hazard."""
    points = [
        (name, level, 0.3 * at * (term + 1), 1 / len(levels))
        for term, (name, levels) in enumerate(terms.items())
        for at, level in enumerate(levels)
    ]
    table = pd.DataFrame(points, columns=["term", "level", "points", "share"])
    sizes = tuple(len(levels) for levels in terms.values())
    beta = np.array([0.3 * at * (term + 1) for term, size in enumerate(sizes) for at in range(1, size)])
    width = len(beta)
    course = Proportional(
        sizes,
        beta,
        0.01 * np.eye(width),
        np.zeros(width),
        np.array([0.02, 0.1]),
        np.array([1e-6, 1e-5]),
        np.zeros((2, width)),
    )
    return Scorecard("Cox", tuple(terms), varying, bins or {}, "months", (1.0, 6.0), table, course)


PLAIN = card({"plan": ["x", "y"], "tenure": level_names(BINS["tenure"]), "fee": level_names(BINS["fee"])}, bins=BINS)


@pytest.fixture
def lab(memory_lab: type[MemoryLab]) -> MemoryLab:
    bought = pd.DataFrame(
        [
            ("t1", "a", "2023-07-01", 5.0),
            ("t2", "a", "2023-07-02", 7.0),
            ("t3", "a", "2024-06-30", 3.0),
            ("t4", "d", "2024-01-01", 9.0),
        ],
        columns=["transaction_id", "customer_id", "occurred_at", "margin"],
    ).assign(amount=1.0)
    bought["occurred_at"] = pd.to_datetime(bought["occurred_at"])
    customers = pd.DataFrame({"customer_id": list("abg"), "region": ["N", "S", None]})
    return memory_lab({"spells": spells(), "transactions": bought, "customers": customers}, as_of=AS_OF)


def scored(lab: Lab, **asked: Any) -> Any:
    return lab.frame(scores.live(lab, asked.pop("scorecard", PLAIN), **asked)).set_index("customer_id").sort_index()


def test_each_customer_by_hand(lab: MemoryLab) -> None:
    table = scored(lab, by=["region"])
    assert table.index.tolist() == list("abdefg")
    assert table["tenure_months"].tolist() == [0, 12, 11, 11, 11, 23]
    assert table[["plan", "tenure", "fee"]].to_numpy().tolist() == [
        ["y", "below 12", "20 to 40"],
        ["y", "12 and over", "40 and over"],
        ["new", "below 12", "20 to 40"],
        ["unknown", "below 12", "20 to 40"],
        ["x", "below 12", "unknown"],
        ["x", "12 and over", "20 to 40"],
    ]
    points = {"a": 0.3 + 0.9, "b": 0.3 + 0.6 + 1.8, "g": 0.6 + 0.9}
    for who, each in points.items():
        expected = [1 - np.exp(-hazard * np.exp(each)) for hazard in (0.02, 0.1)]
        np.testing.assert_allclose(table.loc[who, ["risk_1", "risk_6"]].astype(float), expected, rtol=1e-12)
        assert table.loc[who, "low_6"] < table.loc[who, "risk_6"] < table.loc[who, "high_6"]
    assert table.loc["b", "reason_1"] == "fee: 40 and over"
    assert table["region"].tolist() == ["N", "S", "unknown", "unknown", "unknown", "unknown"]


def test_who_has_no_score_stands_there_with_the_reason(lab: MemoryLab) -> None:
    table = scored(lab, scope="who")
    assert table["unscored"].to_dict() == {
        "a": "",
        "b": "",
        "g": "",
        "d": "`plan` has a level never seen in training",
        "e": "`plan` is missing",
        "f": "`fee` is missing",
    }
    assert table.loc[list("def"), "risk_1"].isna().all()
    lines = {line.reason: line.count for line in lab.ledger.lines if line.scope == "who" and line.reason}
    assert lines == {
        scores.OVER: 1,
        scores.ANOTHER: 1,
        "no score: `plan` has a level never seen in training": 1,
        "no score: `plan` is missing": 1,
        "no score: `fee` is missing": 1,
    }
    assert lab.ledger.count("used", table="spells", stage="study", scope="who") == 3
    assert lab.ledger.count("in", table="spells", stage="study", scope="who") == 8


def test_value_at_risk_is_a_year_s_margin_times_the_risk(lab: MemoryLab, memory_lab: type[MemoryLab]) -> None:
    table = scored(lab)
    assert table.loc["a", "yearly_margin"] == 10.0  # a purchase of 366 days ago is too old
    np.testing.assert_allclose(table.loc["a", "value_at_risk"], 10 * table.loc["a", "risk_6"])
    assert table.loc[["b", "d"], "value_at_risk"].isna().all()  # nothing bought; no score
    assert "yearly_margin" not in scored(memory_lab({"spells": spells()}, as_of=AS_OF))


@pytest.mark.parametrize("accounts", [False, True])
def test_margins_at_stake_stand_one_by_one_as_far_as_asked(memory_lab: type[MemoryLab], accounts: bool) -> None:
    people = [f"c{at}" for at in range(6)]
    bought = pd.DataFrame({"customer_id": people, "margin": [1.0, 50, 3, 4, 5, 6], "occurred_on": dt.date(2024, 5, 1)})
    begun = pd.DataFrame(
        {"spell_id": people, "customer_id": people, "started_on": dt.date(2023, 7, 1), "plan": ["x", "y"] * 3}
    )
    owners = pd.DataFrame({"customer_id": people, "account_id": ["A", "A", None, None, "B", "A"]})
    tables = {"spells": begun.assign(ended_on=None), "transactions": bought.assign(transaction_id=people)}
    lab = memory_lab(tables | ({"customers": owners} if accounts else {}), as_of=AS_OF)
    model = card({"plan": ["x", "y"]})
    table = scores.live(lab, model)
    every = scores.stakes(lab, table, model)
    assert every["n"].tolist() == [1] * 6
    assert every["sum"].iloc[0] == 50, "the largest margin times risk first"
    assert sorted(every["sum"]) == [1, 3, 4, 5, 6, 50]
    assert "customer_id" not in every
    if accounts:
        owned = every.groupby("account")["sum"].agg(sorted).tolist()
        assert sorted(owned) == [[1, 6, 50], [3], [4], [5]], "a customer without an account stands alone"
    few = scores.stakes(lab, table, model, largest=2)
    assert few["n"].tolist() == [1, 1, 3, 1]
    assert "account" not in few
    assert few["sum"].sum() == every["sum"].sum()
    assert few["sum_sq"].sum() == pytest.approx((every["sum"] ** 2).sum())
    with pytest.raises(SchemaError, match="`margin` of `transactions`"):
        scores.stakes(lab, table.drop("yearly_margin"), model)


def test_another_day_knows_only_what_was_known_before_it(lab: MemoryLab) -> None:
    table = scored(lab, day="2024-06-30", scorecard=card({"plan": ["x", "y"]}))
    # the spell that ended on the day itself was not known to; the one that began on it was not there
    assert table.index.tolist() == list("abcdefg")
    assert table.loc["a", "plan"] == "x"
    assert table.loc["a", "yearly_margin"] == 12.0


def test_bands_hold_every_customer_and_the_expected_leavers(lab: MemoryLab) -> None:
    table = scored(lab)
    found = scores.distribution(lab, PLAIN, horizon=6, bands=[0.2, 0.3])
    assert found["n"].sum() == len(table)
    assert found.loc[found["low"].isna(), ["n", "leavers"]].to_numpy().tolist() == [[3, 0.0]]
    np.testing.assert_allclose(found["leavers"].sum(), table["risk_6"].sum())
    bands = [
        (low, high, int(table["risk_6"].between(low, high, inclusive="left").sum()))
        for low, high in ((0, 0.2), (0.2, 0.3), (0.3, 1))
    ]
    assert found.dropna()[["low", "high", "n"]].to_numpy().tolist() == [list(band) for band in bands if band[2]]
    by = scores.distribution(lab, PLAIN, by=["plan"], horizon=1)
    assert by.groupby("plan")["n"].sum().to_dict() == {"new": 1, "unknown": 1, "x": 2, "y": 2}
    assert not {"customer_id", "spell_id"} & set(by)


def test_wrong_questions_are_refused(lab: MemoryLab) -> None:
    with pytest.raises(ParameterError, match="`fee` has no `bins`"):
        scores.live(lab, card({"fee": ["10.0", "20.0"]}))
    with pytest.raises(ParameterError, match="must be one of the scorecard's, 1, 6: 3 was given"):
        scores.distribution(lab, PLAIN, horizon=3)
    with pytest.raises(ParameterError, match="`bands` must lie between 0 and 1"):
        scores.distribution(lab, PLAIN, bands=[0.2, 1.2])
    with pytest.raises(SchemaError, match="`plna` is none"):
        scores.live(lab, card({"plna": ["x"]}))
    with pytest.raises(InsufficientDataError, match=r"`region` has a level never seen in training: 2"):
        scores.live(lab, card({"region": ["E", "W"]}))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CEMLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        return open_lab(synthetic.write(tmp_path_factory.mktemp("company"), customers=600, seed=5))


def test_customers_of_a_day_are_those_of_its_landmark(company: Lab, tmp_path: Path) -> None:
    """The patterns scored are those that a model of that day was trained on, cell by cell."""
    day, bins = "2024-03-01", {"tenure": (6.0, 18.0), "usage_gb": (50.0, 100.0)}
    varying = ["nps_group", "complaints_90d"]
    terms = ["plan", "region", "tenure", "usage_gb", *varying]
    table = cells.landmark(company, day=day, terms=terms[:4], time_varying=varying, bins=bins)
    seen = {name: sorted(set(table[name])) for name in terms}
    found = scores.live(company, card(seen, bins=bins, varying=tuple(varying)), day=day, by=["segment"])
    found.to_parquet(tmp_path / "live.parquet")
    live = pd.read_parquet(tmp_path / "live.parquet")
    assert live["customer_id"].is_unique
    assert (live["unscored"] == "").all()
    counted, known = (
        frame.groupby(terms)[column].agg(how)
        for frame, column, how in ((live, "customer_id", "size"), (table, "n", "sum"))
    )
    # who ended on the day itself is not known to have ended, and stands in one of the two only
    ended = company.frame(
        company.table("spells").filter(company.table("spells").ended_on == dt.date(2024, 3, 1)).count()
    )
    assert counted.sub(known, fill_value=0).abs().sum() == ended


# answers, by what was assigned before them


def _assigned(*rows: tuple[str, str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["customer_id", "value", "known_at"]).assign(name="churn band")
    return table.assign(known_at=pd.to_datetime(table["known_at"], format="ISO8601"))


ANSWERS = pd.DataFrame(
    [
        ("r1", "a", "2024-03-01", 9.0),
        ("r2", "a", "2024-05-01", 2.0),
        ("r3", "a", "2024-05-02", 3.0),
        ("r4", "b", "2024-05-02", 10.0),
        ("r5", None, "2024-05-02", 8.0),
    ],
    columns=["response_id", "customer_id", "responded_at", "score"],
).assign(metric="nps", responded_at=lambda table: pd.to_datetime(table["responded_at"]))


def test_answers_are_grouped_by_the_last_assignment_before_their_day(memory_lab: type[MemoryLab]) -> None:
    assigned = _assigned(("a", "low", "2024-02-01"), ("a", "high", "2024-05-01"), ("b", "mid", "2024-05-02"))
    lab = memory_lab({"responses": ANSWERS, "assignments": assigned}, as_of=AS_OF)
    counts = responses.score_counts(lab, by=["churn band"])
    assert counts[["churn band", "score", "n"]].to_numpy().tolist() == [
        ["high", 3, 1],
        ["low", 2, 1],
        ["low", 9, 1],
        ["unknown", 8, 1],
        ["unknown", 10, 1],
    ]


def test_answers_that_are_all_older_than_the_assignment_are_said_to_be(memory_lab: type[MemoryLab]) -> None:
    lab = memory_lab({"responses": ANSWERS, "assignments": _assigned(("a", "low", "2024-05-02"))}, as_of=AS_OF)
    with pytest.raises(
        InsufficientDataError,
        match="`churn band` was first assigned on 2024-05-02, and the last of 5 answers was given on 2024-05-02",
    ):
        responses.score_counts(lab, by=["churn band"])
    with pytest.raises(SchemaError, match="Did you mean `churn band`"):
        responses.score_counts(lab, by=["churn bnad"])


def test_bands_of_single_customers_are_those_of_the_distribution(lab: MemoryLab) -> None:
    table = scores.banded(scores.live(lab, PLAIN), risk="risk_6", bands=[0.2, 0.3])
    found = lab.frame(table.group_by("risk_band").aggregate(n=table.count())).set_index("risk_band")["n"].to_dict()
    counted = scores.distribution(lab, PLAIN, horizon=6, bands=[0.2, 0.3]).dropna()
    names = {0.0: "below 0.2", 0.2: "0.2 to 0.3", 0.3: "0.3 and over"}
    assert found == dict(zip(counted["low"].map(names), counted["n"], strict=True))
