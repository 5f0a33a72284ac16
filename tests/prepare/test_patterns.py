"""Patterns by hand: what is missing stays missing, the latest answer counts, and customers go back to their pattern."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.data.lab import open_lab
from cemlab.prepare import patterns

if TYPE_CHECKING:
    from labs import MemoryLab

AS_OF = dt.date(2024, 5, 1)
ROOT = Path(__file__).resolve().parents[2]

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d", "e"],
        "known_at": pd.to_datetime(["2023-01-10"] * 4 + ["2024-04-01"]),
        "help": [True, False, True, None, True],
        "plan": ["gold", "iron", "gold", "", None],
        "usage": [10.0, 19.5, 20.0, None, 3.0],
    }
)
RESPONSES = pd.DataFrame(
    [
        ("r1", "a", "2024-01-01", "nps", 9.0),
        ("r2", "a", "2024-04-01", "nps", 3.0),
        ("r2", "a", "2024-04-01", "csat", 3.0),
        ("r3", "a", "2024-04-20", "nps", 3.0),
        ("r4", "b", "2024-03-01", "nps", 8.0),
        ("r5", None, "2024-04-02", "nps", 8.0),
    ],
    columns=["response_id", "customer_id", "responded_at", "metric", "score"],
).assign(responded_at=lambda rows: pd.to_datetime(rows["responded_at"]), touchpoint=["x", "y", "y", "y", "x", ""])
RATINGS = pd.DataFrame(
    [
        ("r1", "price", 9.0),
        ("r1", "app", 4.0),
        ("r2", "price", 5.0),
        ("r2", "app", None),
        ("r4", "price", 8.0),
        ("r4", "app", 2.5),
        ("r5", "price", 1.0),
    ],
    columns=["response_id", "item", "score"],
)
TABLES = {"customers": CUSTOMERS, "responses": RESPONSES, "ratings": RATINGS}


@pytest.fixture
def lab(memory_lab: type[MemoryLab]) -> MemoryLab:
    return memory_lab(TABLES, as_of=AS_OF)


def listed(table: pd.DataFrame) -> list[list[Any]]:
    return sorted(
        ([None if pd.isna(value) else value for value in row] for row in table.to_numpy().tolist()),
        key=lambda row: [str(value or "") for value in row],
    )


def test_patterns_of_attributes_by_hand(lab: MemoryLab) -> None:
    table = patterns.counts(lab, items=["help", "plan", "usage"], cuts={"usage": [20]})
    assert table.columns.tolist() == ["help", "plan", "usage", "n"]
    assert listed(table) == [
        [None, None, None, 1],  # empty text is missing, as nothing is
        ["false", "iron", "below 20", 1],
        ["true", None, "below 20", 1],
        ["true", "gold", "20 and over", 1],
        ["true", "gold", "below 20", 1],
    ]


def test_the_latest_answer_with_a_rating_counts(lab: MemoryLab) -> None:
    table = patterns.counts(lab, items=["ratings:price", "ratings:app"], cuts={"ratings:price": [8]})
    assert listed(table) == [
        [None, None, 3],
        ["8 and over", "2.5", 1],
        ["below 8", None, 1],  # a's latest answer left the app out, and the one before it does not fill in
    ]
    earlier = patterns.counts(lab, items=["ratings:price", "ratings:app"], cut="2024-04-01")
    assert listed(earlier) == [[None, None, 2], ["8", "2.5", 1], ["9", "4", 1]]


def test_behaviour_makes_patterns_too(lab: MemoryLab) -> None:
    table = patterns.counts(lab, items=["last_nps_group", "responses"], by=["plan"])
    assert listed(table) == [
        [None, "0", "gold", 1],
        [None, "0", "unknown", 2],  # a group is a level even where it is missing
        ["detractor", "4", "gold", 1],
        ["passive", "1", "iron", 1],
    ]


def test_answers_without_customers_are_their_own_unit(memory_lab: type[MemoryLab]) -> None:
    lab = memory_lab({"responses": RESPONSES.drop(columns="customer_id"), "ratings": RATINGS}, as_of=AS_OF)
    assert patterns.unit(lab) == "answers"
    table = patterns.counts(lab, items=["ratings:price", "touchpoint"], cuts={"ratings:price": [8]})
    assert listed(table) == [[None, "y", 1], ["8 and over", "x", 2], ["below 8", None, 1], ["below 8", "y", 1]]
    lines = {(line.outcome, line.reason): line.count for line in lab.ledger.lines if line.scope == "patterns"}
    assert lines == {("in", ""): 6, ("used", ""): 5, ("excluded", patterns.SAME_ANSWER): 1}
    cut = patterns.counts(lab, items=["touchpoint"], cut="2024-04-01", replicates=3)
    assert cut["n"].sum() == 2
    with pytest.raises(InsufficientDataError, match="of 6 none is"):
        patterns.counts(lab, items=["touchpoint"], cut="2020-01-01")
    with pytest.raises(SchemaError, match="do not say whose they are"):
        patterns.assigned(lab, items=["touchpoint"], posterior=table)
    with pytest.raises(SchemaError, match=r"`touchpont` is none\. Did you mean `touchpoint`"):
        patterns.counts(lab, items=["touchpont"])


def test_every_customer_finds_the_own_pattern(lab: MemoryLab) -> None:
    asked: dict[str, Any] = {"items": ["help", "plan", "usage", "ratings:price"], "cuts": {"usage": [20]}}
    posterior = patterns.counts(lab, **asked)
    posterior = posterior.assign(value=[f"class {at}" for at in range(len(posterior))], probability=0.75)
    who = lab.frame(patterns.assigned(lab, posterior=posterior, **asked))
    assert sorted(who["customer_id"]) == list("abcde")
    assert who["value"].value_counts().to_dict() == posterior.set_index("value")["n"].to_dict()
    assert who["probability"].eq(0.75).all()
    blocks = lab.batches(patterns.assigned(lab, posterior=posterior, **asked), rows=2, held=False)
    assert sum(block.num_rows for block in blocks) == 5
    row = posterior[posterior["plan"].eq("iron")].iloc[0]
    assert who.set_index("customer_id")["value"]["b"] == row["value"]


def test_missing_may_be_written_in_any_way(lab: MemoryLab) -> None:
    posterior = pd.DataFrame({"plan": ["gold", "", "iron"], "value": ["g", "none", "i"], "probability": [1, 0.5, 1]})
    for missing in ("", None, pd.NA, float("nan")):
        written = posterior.assign(plan=posterior["plan"].astype(object).replace("", missing))
        who = lab.frame(patterns.assigned(lab, items=["plan"], posterior=written)).set_index("customer_id")
        assert who["value"].to_dict() == {"a": "g", "b": "i", "c": "g", "d": "none", "e": "none"}


def test_a_pattern_that_was_not_fitted_is_left_unassigned(lab: MemoryLab) -> None:
    posterior = pd.DataFrame({"plan": ["gold"], "value": ["g"], "probability": [0.9]})
    who = lab.frame(patterns.assigned(lab, items=["plan"], posterior=posterior)).set_index("customer_id")
    assert who["value"].notna().to_dict() == {"a": True, "b": False, "c": True, "d": False, "e": False}
    with pytest.raises(ParameterError, match="1 rows repeat"):
        patterns.assigned(lab, items=["plan"], posterior=pd.concat([posterior, posterior]))
    with pytest.raises(SchemaError, match="lacks 1 of them"):
        patterns.assigned(lab, items=["plan"], posterior=posterior.drop(columns="value"))


def test_errors_of_items(lab: MemoryLab) -> None:
    with pytest.raises(ParameterError, match="`usage` has no cut points"):
        patterns.counts(lab, items=["usage"])
    with pytest.raises(ParameterError, match="`plan` is none"):
        patterns.counts(lab, items=["plan"], cuts={"plan": [1]})
    with pytest.raises(ParameterError, match="2 names, of which 1 differ"):
        patterns.counts(lab, items=["plan"], by=["plan"])
    with pytest.raises(ParameterError, match="at least one item"):
        patterns.counts(lab, items=[])
    with pytest.raises(ParameterError, match="`n` is one"):
        patterns.counts(lab, items=["n"])
    with pytest.raises(SchemaError, match=r"`prize` is none\. Did you mean `price`"):
        patterns.counts(lab, items=["ratings:prize"])
    with pytest.raises(SchemaError, match=r"`plann` is none\. Did you mean `plan`"):
        patterns.counts(lab, items=["plann"])
    with pytest.raises(ParameterError, match="2 to 256: 1 were asked for"):
        patterns.counts(lab, items=["plan"], replicates=1)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["x", "y", "", None]), st.sampled_from([True, False, None])), min_size=1, max_size=12
    )
)
def test_counts_are_those_of_a_plain_tally(
    memory_lab: type[MemoryLab], values: list[tuple[str | None, bool | None]]
) -> None:
    rows = pd.DataFrame(values, columns=["one", "two"]).astype(object)
    rows = rows.assign(customer_id=[f"c{at}" for at in range(len(rows))], two=rows["two"].astype("boolean"))
    lab = memory_lab({"customers": rows}, undated=["customers"])
    tally: dict[tuple[str | None, str | None], int] = {}
    for text, holds in values:
        key = (text or None, None if holds is None else str(holds).lower())
        tally[key] = tally.get(key, 0) + 1
    table = patterns.counts(lab, items=["one", "two"], replicates=3)
    found: dict[tuple[str | None, str | None], int] = {}
    for one, two, _, n in listed(table):
        found[one, two] = found.get((one, two), 0) + n
    assert found == tally


@pytest.mark.shared
def test_needs_of_passengers_without_customers(shared_dir: Path) -> None:
    lab = open_lab(ROOT / "examples" / "sfo_survey" / "lab.toml", data_dir=str(shared_dir / "data" / "sfo_survey"))
    items = ["ratings:restaurants", "ratings:wifi"]
    table = patterns.counts(lab, items=items, cuts={item: [5] for item in items}, by=["survey"])
    assert table["n"].sum() == 15_229
    assert table.groupby("survey")["n"].sum().sort_index().index.tolist() == ["2013", "2014", "2015", "2016", "2017"]
    assert table[items].isna().any().all()


def test_placed_customers_are_counted_by_pattern_and_segment_whatever_assigned_them(lab: MemoryLab) -> None:
    posterior = patterns.counts(lab, items=["plan"]).assign(value="1", probability=0.75)
    posterior.loc[posterior.index[0], "value"] = None
    who = patterns.assigned(lab, items=["plan"], posterior=posterior)
    found = patterns.placed(lab, items=["plan"], assigned=who)
    assert found["n"].sum() == posterior["n"].iloc[1:].sum(), "who has no segment is left out"
    assert (found["probability"] == 0.75).all()
    fine = patterns.placed(lab, items=["plan"], assigned=who, replicates=4)
    assert fine.groupby(["plan", "value"], dropna=False)["n"].sum().tolist() == found["n"].tolist()
    assert set(fine.columns) >= {"plan", "replicate", "value", "n", "probability"}
