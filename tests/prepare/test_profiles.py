"""The customer profile by hand, only from before the day; the published totals of real purchases."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.lab import Lab
from cemlab.data.lab import open_lab
from cemlab.prepare import profiles, spells
from cemlab.prepare.profiles import parts, purchases

if TYPE_CHECKING:
    from labs import MemoryLab

AS_OF = dt.date(2024, 5, 1)
ROOT = Path(__file__).resolve().parents[2]

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d"],
        "account_id": ["x", "x", "y", None],
        "known_at": pd.to_datetime(["2023-01-10", "2023-06-30", "2024-02-01", "2024-04-20"]),
        "plan": ["gold", "iron", None, ""],
        "need_price": [True, False, True, None],
    }
)
SPELLS = pd.DataFrame(
    {
        "spell_id": ["s1", "s2", "s3", "s4"],
        "customer_id": ["a", "b", "b", "c"],
        "started_on": [dt.date(2023, 1, 10), dt.date(2023, 6, 30), dt.date(2024, 3, 1), dt.date(2024, 2, 1)],
        "ended_on": [None, dt.date(2023, 8, 15), None, dt.date(2024, 4, 30)],
    }
)
TRANSACTIONS = pd.DataFrame(
    [
        ("t1", "a", "2023-02-01", 100.0, 30.0),
        ("t2", "a", "2024-04-01", 50.0, 20.0),
        ("t3", "a", "2024-04-01", -20.0, -5.0),
        ("t4", "b", "2024-04-30", 0.0, 0.0),
        ("t5", "c", "2024-03-31", 70.0, None),
    ],
    columns=["transaction_id", "customer_id", "occurred_at", "amount", "margin"],
).assign(occurred_at=lambda rows: pd.to_datetime(rows["occurred_at"]))
EVENTS = pd.DataFrame(
    [
        ("e1", "a", "2024-04-30", "Phone", "complaint"),
        ("e2", "a", "2024-01-02", "web shop", "contact"),
        ("e3", "a", "2023-05-01", "Phone", "contact"),
        ("e4", "b", "2023-12-01", "Phone", "complaint"),
        ("e5", "b", "2024-04-30", None, "contact"),
    ],
    columns=["event_id", "customer_id", "occurred_at", "channel", "kind"],
).assign(occurred_at=lambda rows: pd.to_datetime(rows["occurred_at"]), touchpoint="desk")
RESPONSES = pd.DataFrame(
    [
        ("r1", "a", "2024-01-01", "nps", 9.0),
        ("r2", "a", "2024-04-29", "nps", 3.0),
        ("r3", "a", "2024-04-30", "csat", 5.0),
        ("r4", "b", "2024-03-01", "nps", 8.0),
        ("r5", "b", "2024-04-01", "nps", None),
        ("r6", None, "2024-04-01", "nps", 1.0),
    ],
    columns=["response_id", "customer_id", "responded_at", "metric", "score"],
).assign(responded_at=lambda rows: pd.to_datetime(rows["responded_at"]))
ASSIGNMENTS = pd.DataFrame(
    [
        ("a", "churn_risk", "high", 0.2, "2024-01-01"),
        ("a", "churn_risk", "high", 0.7, "2024-04-01"),
        ("b", "churn_risk", "0.1", None, "2024-04-01"),
        ("a", "segment", "saver", 0.9, "2024-04-01"),
    ],
    columns=["customer_id", "name", "value", "probability", "known_at"],
).assign(known_at=lambda rows: pd.to_datetime(rows["known_at"]))
TABLES = {
    "customers": CUSTOMERS,
    "spells": SPELLS,
    "transactions": TRANSACTIONS,
    "events": EVENTS,
    "responses": RESPONSES,
    "assignments": ASSIGNMENTS,
}


@pytest.fixture
def lab(memory_lab: type[MemoryLab]) -> MemoryLab:
    return memory_lab(TABLES, as_of=AS_OF)


def plain(found: pd.DataFrame) -> pd.DataFrame:
    """What is missing as None."""
    values = {name: [None if pd.isna(value) else value for value in found[name].tolist()] for name in found.columns}
    return pd.DataFrame({name: pd.Series(each, index=found.index, dtype=object) for name, each in values.items()})


def by_customer(lab: Lab, rows: Any) -> pd.DataFrame:
    return plain(lab.frame(rows).set_index("customer_id").sort_index())


def test_a_profile_by_hand(lab: MemoryLab) -> None:
    found = by_customer(lab, profiles.table(lab))
    assert list(found.columns) == profiles.columns(lab)
    expected: dict[str, list[Any]] = {
        "plan": ["gold", "iron", None, ""],
        "live": [True, True, False, None],
        "tenure_months": [15, 2, 3, None],  # b's running contract; c's last, in whose third month it ended
        "stage": ["leaving", "new", "left", None],
        "contacts_365d": [2, 2, 0, 0],  # the event of 2 May 2023 would count; that of the day before does not
        "contacts_phone_share": [0.5, 0.5, None, None],
        "contacts_web_shop_share": [0.5, 0.0, None, None],
        "complaints_90d": [1, 0, 0, 0],
        "responses": [3, 1, 0, 0],
        "last_nps": [3.0, 8.0, None, None],
        "last_nps_group": ["detractor", "passive", None, None],
        "days_since_nps": [2, 61, None, None],
        "recency_days": [30, 1, 31, None],
        "frequency": [2, 1, 1, 0],
        "monetary": [130.0, 0.0, 70.0, 0.0],
        "margin_365d": [15.0, 0.0, 0.0, 0.0],
        "churn_risk": [0.7, 0.1, None, None],
        "segment": ["saver", None, None, None],
    }
    for name, values in expected.items():
        assert found[name].tolist() == values, name


def test_only_what_was_known_before_the_cut(lab: MemoryLab) -> None:
    cut = "2024-04-01"
    found = by_customer(lab, profiles.table(lab, cut=cut))
    assert found.index.tolist() == ["a", "b", "c"]
    assert found["live"].tolist() == [True, True, True]
    assert found["last_nps_group"].tolist() == ["promoter", "passive", None]
    assert found["churn_risk"].tolist() == [0.2, None, None]
    assert found["recency_days"].tolist() == [425, None, 1]
    assert found["monetary"].tolist() == [100.0, 0.0, 70.0]
    assert found["complaints_90d"].tolist() == [0, 0, 0]
    lines = {
        (line.outcome, line.reason): line.count for line in lab.ledger.lines if line.scope == f"profiles until {cut}"
    }
    assert lines == {("in", ""): 4, ("used", ""): 3, ("excluded", "known only on or after the cut"): 1}


def test_a_cut_tells_what_a_lab_opened_on_that_day_tells(memory_lab: type[MemoryLab]) -> None:
    day = dt.date(2024, 4, 1)
    dates = {
        "customers": "known_at",
        "transactions": "occurred_at",
        "events": "occurred_at",
        "responses": "responded_at",
        "assignments": "known_at",
    }
    early = {name: TABLES[name][TABLES[name][column] < pd.Timestamp(day)] for name, column in dates.items()}
    begun = SPELLS[SPELLS["started_on"] < day]
    early["spells"] = begun.assign(ended_on=begun["ended_on"].map(lambda end: end if end and end < day else None))
    then, now = memory_lab(early, as_of=day), memory_lab(TABLES, as_of=AS_OF)
    columns = [name for name in profiles.columns(then) if name != "segment"]
    asked: dict[str, Any] = {"columns": columns, "window_days": 180}
    pd.testing.assert_frame_equal(
        by_customer(now, profiles.table(now, cut=str(day), **asked)), by_customer(then, profiles.table(then, **asked))
    )


def test_asking_for_some_columns_gives_the_same_values(lab: MemoryLab) -> None:
    whole = by_customer(lab, profiles.table(lab))
    for name in ("need_price", "stage", "contacts_365d", "days_since_nps", "monetary_score"):
        some = by_customer(lab, profiles.table(lab, columns=[name]))
        assert some.columns.tolist() == [name]
        assert some[name].tolist() == whole[name].tolist()


def test_a_lab_gives_only_what_it_has(memory_lab: type[MemoryLab]) -> None:
    bought = memory_lab({"transactions": TRANSACTIONS.drop(columns="margin")}, as_of=AS_OF)
    assert profiles.columns(bought) == [
        "recency_days",
        "frequency",
        "monetary",
        "recency_score",
        "frequency_score",
        "monetary_score",
    ]
    assert by_customer(bought, profiles.table(bought)).index.tolist() == ["a", "b", "c"]
    known = memory_lab({"customers": CUSTOMERS}, as_of=AS_OF)
    assert by_customer(known, profiles.table(known, columns=["tenure_months"]))["tenure_months"].tolist() == [
        15,
        10,
        3,
        0,
    ]
    undated = memory_lab({"customers": CUSTOMERS.drop(columns="known_at")}, undated=["customers"])
    assert profiles.columns(undated) == ["account_id", "plan", "need_price"]
    with pytest.raises(ParameterError, match="lab with days"):
        profiles.table(undated, cut="2024-01-01")


def test_errors_of_the_profile(lab: MemoryLab, memory_lab: type[MemoryLab]) -> None:
    with pytest.raises(SchemaError, match=r"`last_npz` is none\. Did you mean `last_nps`"):
        profiles.table(lab, columns=["last_npz"])
    with pytest.raises(ParameterError, match="must not lie after the as-of day"):
        profiles.table(lab, cut="2024-06-01")
    with pytest.raises(InsufficientDataError, match="of 4 none is"):
        profiles.table(lab, cut="2020-01-01")
    with pytest.raises(ParameterError, match="at least 0: -1"):
        lab.frame(profiles.table(lab, window_days=-1, columns=["frequency"]))
    answers = memory_lab({"responses": RESPONSES.drop(columns="customer_id")}, as_of=AS_OF)
    with pytest.raises(SchemaError, match="patterns of answers need neither"):
        profiles.table(answers)


def test_completeness_by_hand(lab: MemoryLab) -> None:
    table = profiles.completeness(lab).set_index("column")
    assert table["customers"].eq(4).all()
    assert table["n"][["plan", "need_price", "last_nps", "monetary"]].tolist() == [2, 3, 2, 4]
    assert table["filled_share"]["last_nps"] == 0.5
    assert table["median_age_days"][["last_nps", "recency_days", "segment"]].tolist() == [31.5, 30.0, 30.0]
    assert np.isnan(table["median_age_days"]["plan"])


def test_rfm_by_hand(lab: MemoryLab) -> None:
    found = by_customer(lab, profiles.rfm(lab))
    assert found[["recency_days", "frequency", "monetary"]].to_numpy().tolist() == [
        [30, 2, 130.0],
        [1, 1, 0.0],
        [31, 1, 70.0],
    ]
    recent = by_customer(lab, profiles.rfm(lab, window_days=30))
    assert recent[["recency_days", "frequency", "monetary"]].to_numpy().tolist() == [[30, 1, 30.0], [1, 1, 0.0]]
    lines = {(line.outcome, line.reason): line.count for line in lab.ledger.lines if line.scope == "rfm"}
    assert lines == {("in", ""): 5, ("used", ""): 3, ("excluded", "before the window"): 2}
    with pytest.raises(InsufficientDataError, match="of 5 transactions none does"):
        profiles.rfm(lab, cut="2022-01-01")


@pytest.mark.parametrize(("rows_at_once", "passes"), [(20_000_000, 1), (200, 1), (50, 5), (7, 35)])
def test_purchases_are_added_up_once_in_passes(
    memory_lab: type[MemoryLab], monkeypatch: pytest.MonkeyPatch, rows_at_once: int, passes: int
) -> None:
    rng = np.random.default_rng(5)
    ids, amounts = [f"c{at:02}" for at in rng.integers(0, 60, 249)], rng.integers(0, 9_999, 249) / 100
    days = pd.Timestamp("2023-05-01") + pd.to_timedelta(rng.integers(0, 365, 249), unit="D")
    rows = pd.DataFrame(
        {"transaction_id": [f"t{at}" for at in range(249)], "customer_id": ids, "occurred_at": days, "amount": amounts}
    )
    lab = memory_lab({"transactions": rows}, as_of=AS_OF)
    held: list[Any] = []

    def hold(asked: Any) -> Any:
        held.append(asked)
        return asked.cache()

    monkeypatch.setattr(purchases, "ROWS_AT_ONCE", rows_at_once)
    monkeypatch.setattr(lab, "held", hold)
    found = profiles.rfm(lab)
    assert len(held) == passes
    assert "GROUP BY" not in ibis.to_sql(found).upper()  # whoever asks on does not add up again
    by_hand = rows.groupby("customer_id").agg(last=("occurred_at", "max"), n=("amount", "size"), sum=("amount", "sum"))
    table = lab.frame(found).set_index("customer_id").sort_index()
    assert table["frequency"].tolist() == by_hand["n"].tolist()
    assert table["monetary"].tolist() == by_hand["sum"].round(6).tolist()
    assert table["recency_days"].tolist() == (pd.Timestamp(AS_OF) - by_hand["last"]).dt.days.tolist()


def bought(memory_lab: type[MemoryLab], amounts: list[float]) -> MemoryLab:
    rows = pd.DataFrame(
        {
            "transaction_id": [f"t{at}" for at in range(len(amounts))],
            "customer_id": [f"c{at:03}" for at in range(len(amounts))],
            "occurred_at": pd.Timestamp("2024-04-01"),
            "amount": amounts,
        }
    )
    return memory_lab({"transactions": rows}, as_of=AS_OF)


def test_scores_are_fifths_and_equal_values_have_equal_scores(memory_lab: type[MemoryLab]) -> None:
    amounts = [float(at) for at in range(1, 101)]
    one = by_customer(lab := bought(memory_lab, amounts), profiles.rfm(lab))
    assert one["monetary_score"].value_counts().to_dict() == dict.fromkeys(range(1, 6), 20)
    assert one["monetary_score"].tolist() == sorted(one["monetary_score"])
    assert one["frequency_score"].unique().tolist() == [1]  # all the same: no reason to tell them apart
    ties = [5.0] * 60 + [1.0] * 20 + [9.0] * 20
    rng = np.random.default_rng(3)
    shuffled = rng.permutation(ties).tolist()
    two = by_customer(lab := bought(memory_lab, shuffled), profiles.rfm(lab))
    pairs = set(zip(two["monetary"].tolist(), two["monetary_score"].tolist(), strict=True))
    assert pairs == {(1.0, 1), (5.0, 2), (9.0, 5)}


def test_refunds_are_no_purchases(memory_lab: type[MemoryLab]) -> None:
    rows = TRANSACTIONS[TRANSACTIONS["transaction_id"] == "t3"]
    lab = memory_lab({"transactions": pd.concat([rows, TRANSACTIONS[TRANSACTIONS["customer_id"] == "c"]])}, as_of=AS_OF)
    assert by_customer(lab, profiles.rfm(lab)).index.tolist() == ["c"]
    found = by_customer(lab, profiles.table(lab, columns=["frequency", "monetary", "recency_days"]))
    assert found.loc[["a"]].to_numpy().tolist() == [[0, -20.0, None]]


def test_later_outcomes_by_hand(lab: MemoryLab) -> None:
    found = by_customer(lab, profiles.outcomes(lab, cut="2024-04-01", horizon_days=30))
    assert found.columns.tolist() == profiles.later_columns(lab)
    assert found["later_left"].tolist() == [False, False, True]
    assert found["later_spend"].tolist() == [30.0, 0.0, 0.0]
    assert found["later_nps"].tolist() == [-100.0, None, None]
    one_day_less = by_customer(lab, profiles.outcomes(lab, cut="2024-04-01", horizon_days=29))
    assert one_day_less["later_left"].tolist() == [False, False, False]
    earlier = by_customer(lab, profiles.outcomes(lab, cut="2023-12-01", horizon_days=60))
    assert earlier.index.tolist() == ["a"]  # b had left, c had not come
    with pytest.raises(ParameterError, match="31 days from 2024-04-01 end on 2024-05-02"):
        profiles.outcomes(lab, cut="2024-04-01", horizon_days=31)


def test_moments_by_hand(lab: MemoryLab) -> None:
    table = profiles.moments(
        lab,
        columns=["margin_365d", "nps", "live", "later_spend"],
        by=["need_price"],
        cut="2024-04-01",
        horizon_days=30,
        replicates=2,
    )
    sums = table.groupby(["segment", "outcome"])[["n", "sum", "sum_sq"]].sum().T.to_dict("list")
    assert sums["true", "customers"] == [2, 2, 2]
    assert sums["true", "margin_365d"] == [2, 0.0, 0.0]
    assert sums["true", "nps"] == [1, 100.0, 10_000.0]
    assert sums["false", "nps"] == [1, 0.0, 0.0]
    assert sums["true", "live"] == [2, 2, 2]
    assert sums["true", "later_spend"] == [2, 30.0, 900.0]
    assert table["replicate"].isin([0, 1]).all()


def test_an_account_is_in_one_group_of_the_jackknife(lab: MemoryLab) -> None:
    table = profiles.moments(lab, columns=[], by=["account_id"], replicates=30)
    assert table.groupby("segment")["replicate"].nunique().tolist() == [1, 1, 1]
    assert table.set_index("segment")["n"].to_dict() == {"x": 2, "y": 1, "unknown": 1}


def test_moments_of_what_was_assigned(lab: MemoryLab) -> None:
    def halves(block: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame({"value": ["buys" if number > 0 else None for number in block[:, 0]], "probability": 0.8})

    who = profiles.assigned(lab, columns=["frequency", "need_price"], rule=halves)
    found = by_customer(lab, who)
    assert found["value"].tolist() == ["buys", "buys", "buys", None]
    assert found["probability"].tolist() == [0.8] * 4
    table = profiles.moments(lab, columns=["monetary"], assigned=who)
    sums = table.groupby(["segment", "outcome"], dropna=False)["sum"].sum()
    assert sums["buys", "monetary"] == 200.0
    assert sums.xs("customers", level="outcome").tolist() == [3, 1]


def test_errors_of_moments(lab: MemoryLab) -> None:
    with pytest.raises(ParameterError, match="neither was given"):
        profiles.moments(lab, columns=["monetary"])
    with pytest.raises(ParameterError, match="`plan` is neither"):
        profiles.moments(lab, columns=["plan"], by=["stage"])
    with pytest.raises(ParameterError, match="need a `cut` and `horizon_days`"):
        profiles.moments(lab, columns=["later_spend"], by=["plan"])
    with pytest.raises(ParameterError, match="`later_luck` is none"):
        profiles.moments(lab, columns=["later_luck"], by=["plan"], cut="2024-04-01", horizon_days=30)
    with pytest.raises(ParameterError, match="2 to 256: 1 were asked for"):
        profiles.moments(lab, columns=["monetary"], by=["plan"], replicates=1)
    with pytest.raises(ParameterError, match="`monetary` has no cut points"):
        profiles.moments(lab, columns=["nps"], by=["monetary"])
    with pytest.raises(ParameterError, match="of 4 customers it returned 1 rows"):
        profiles.assigned(lab, columns=["frequency"], rule=lambda block: pd.DataFrame({"value": block[:1, 0]}))


def test_counts_of_levels_by_hand(lab: MemoryLab) -> None:
    table = profiles.counts(
        lab, columns=["last_nps_group"], by=["stage", "monetary"], cuts={"monetary": [50]}, total="monetary"
    )
    rows = plain(table).sort_values("segment")[["segment", "last_nps_group", "n", "sum"]].to_numpy().tolist()
    assert rows == [
        ["leaving, 50 and over", "detractor", 1, 130.0],
        ["left, 50 and over", None, 1, 70.0],
        ["new, below 50", "passive", 1, 0.0],
        ["unknown, below 50", None, 1, 0.0],
    ]
    with pytest.raises(ParameterError, match="must not be named"):
        profiles.counts(lab, columns=["segment"], by=["plan"])


def test_numbers_come_in_one_order_without_ids(lab: MemoryLab) -> None:
    rows = profiles.numbers(lab, columns=["recency_days", "frequency", "need_price"])
    first, second = (np.vstack(list(rows)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, [[30, 2, 1], [1, 1, 0], [31, 1, 1], [np.nan, 0, np.nan]])
    assert rows.columns == ("recency_days", "frequency", "need_price")
    with pytest.raises(ParameterError, match="1 of 1 columns do, `plan`"):
        profiles.numbers(lab, columns=["plan"])
    with pytest.raises(ParameterError, match="at least one column"):
        profiles.numbers(lab, columns=[])


def test_life_tables_of_segments_add_up_to_that_of_all(lab: MemoryLab) -> None:
    table = profiles.life_table(lab, by=["plan"], clock="days", replicates=5)
    whole = spells.life_table(lab, clock="days")
    counts = ["entered", "events", "censored"]
    pd.testing.assert_frame_equal(
        table.groupby("duration", as_index=False)[counts].sum(), whole[["duration", *counts]], check_like=True
    )
    assert table.groupby("segment")["entered"].sum().to_dict() == {"gold": 1, "iron": 2, "unknown": 1}


def test_value_and_risk_by_hand(lab: MemoryLab) -> None:
    found = by_customer(lab, profiles.placed(lab, value="monetary"))
    assert found.index.tolist() == ["a", "b"]  # of the others no contract runs
    assert found[["amount", "value", "risk"]].to_numpy().tolist() == [[130.0, "high", "high"], [0.0, "low", "low"]]
    found = by_customer(lab, profiles.placed(lab, value="monetary", value_from=200, risk="last_nps_group"))
    assert found[["value", "risk"]].to_numpy().tolist() == [["low", "high"], ["low", "low"]]
    cells = profiles.stakes(lab, by=["plan"], value="monetary")
    assert cells[["segment", "value", "risk", "n", "sum"]].to_numpy().tolist() == [
        ["gold", "high", "high", 1, 130.0],
        ["iron", "low", "low", 1, 0.0],
    ]
    assert cells[["sum_largest", "sum_ten"]].to_numpy().tolist() == [[130.0, 130.0], [0.0, 0.0]]
    with pytest.raises(ParameterError, match="must be a number of the profile: `plan`"):
        profiles.placed(lab, value="plan")
    with pytest.raises(ParameterError, match="`plan` is neither"):
        profiles.placed(lab, value="monetary", risk="plan")


def test_assignments_of_the_lab_do_not_hide_attributes(memory_lab: type[MemoryLab]) -> None:
    own = CUSTOMERS.assign(segment=["home", "work", "home", "work"])
    lab = memory_lab({**TABLES, "customers": own}, as_of=AS_OF)
    assert by_customer(lab, profiles.table(lab, columns=["segment"]))["segment"].tolist() == [
        "home",
        "work",
        "home",
        "work",
    ]
    assert "segment" in parts.ASSIGNED


@pytest.mark.shared
def test_cdnow_totals_as_published(shared_dir: Path) -> None:
    """Fader and Hardie's file: 23,570 customers, 69,659 transactions, 2,500,315.63 dollars."""
    lab = open_lab(ROOT / "examples" / "cdnow" / "lab.toml", data_dir=str(shared_dir / "data" / "cdnow"))
    rows = profiles.rfm(lab)
    found = lab.frame(rows.aggregate(n=rows.count(), frequency=rows.frequency.sum(), monetary=rows.monetary.sum()))
    assert found[["n", "frequency"]].to_numpy().tolist() == [[23_570, 69_659]]
    assert found["monetary"].iloc[0] == pytest.approx(2_500_315.63, abs=1e-6)
    table = profiles.completeness(lab)
    assert table["filled_share"].eq(1).all()
