"""What customers may be grouped by: which items a lab allows, where numbers are cut, what is known of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.prepare import items, patterns, profiles

AS_OF = dt.date(2024, 5, 1)
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": list("abcdef"),
        "known_at": pd.to_datetime(["2023-01-10"] * 6),
        "plan": ["gold", "iron"] * 3,
        "need_price": [True, False, True, True, None, False],
        "need_all": [True] * 6,
        "usage": [1.0, 2.0, 3.0, 10.0, 20.0, 31.4],
    }
)
TRANSACTIONS = pd.DataFrame(
    [(f"t{at}", who, "2024-03-01", float(at)) for at, who in enumerate("aabcc")],
    columns=["transaction_id", "customer_id", "occurred_at", "amount"],
).assign(occurred_at=lambda rows: pd.to_datetime(rows["occurred_at"]))
RATINGS = pd.DataFrame(
    [(f"r{at}", item, score) for at in range(10) for item, score in (("shops", at % 5 + 1), ("flat", 3))],
    columns=["response_id", "item", "score"],
).assign(score=lambda rows: rows["score"].astype(float))
RESPONSES = pd.DataFrame(
    {
        "response_id": [f"r{at}" for at in range(10)],
        "responded_at": pd.to_datetime(["2024-02-01"] * 10),
        "survey": "s",
        "metric": "csat",
        "score": 3.0,
    }
)

Maker = Callable[..., Any]


@pytest.fixture
def company(memory_lab: Maker) -> Any:
    return memory_lab({"customers": CUSTOMERS, "transactions": TRANSACTIONS}, as_of=AS_OF)


@pytest.fixture
def survey(memory_lab: Maker) -> Any:
    return memory_lab({"responses": RESPONSES, "ratings": RATINGS}, as_of=AS_OF)


def test_needs_are_those_declared_else_statements_that_differ_else_ratings(company: Any, survey: Any) -> None:
    assert items.usual(company, basis="needs") == ["need_price"], "what all have alike tells nobody apart"
    company.info = replace(company.info, needs=("plan", "need_price"))
    assert items.usual(company, basis="needs") == ["plan", "need_price"]
    assert items.usual(survey, basis="needs") == ["ratings:shops"]


def test_value_is_scores_and_a_basis_without_columns_is_refused(company: Any, survey: Any) -> None:
    assert items.usual(company, basis="value") == ["recency_score", "frequency_score", "monetary_score"][1:], (
        "all bought on one day"
    )
    with pytest.raises(SchemaError, match="only by something that tells them apart"):
        items.usual(survey, basis="behaviour")


def test_numbers_are_cut_into_thirds_and_ratings_near_their_middle(company: Any, survey: Any) -> None:
    assert items.cut_points(company, ["usage", "plan", "need_price"]) == {"usage": [2.7, 13.0]}
    assert items.cut_points(survey, ["ratings:shops"]) == {"ratings:shops": [3.0]}


def test_cut_point_that_leaves_nobody_below_moves_to_the_next_value(company: Any) -> None:
    assert items.cut_points(company, ["frequency"]) == {"frequency": [1.0, 2.0]}


def test_number_that_is_the_same_for_all_is_refused_by_name(memory_lab: Maker) -> None:
    flat = memory_lab({"customers": CUSTOMERS.assign(usage=4.0)}, as_of=AS_OF)
    with pytest.raises(ParameterError, match="`usage` is the same for everybody"):
        items.cut_points(flat, ["usage", "plan"])


def test_known_share_and_levels_of_items(company: Any) -> None:
    counted = patterns.counts(company, items=["plan", "need_price"])
    found = items.filled(company, ["plan", "need_price"], patterns=counted).set_index("item")
    assert found["n"].tolist() == [6.0, 5.0]
    assert found["filled_share"].round(3).tolist() == [1.0, 0.833]
    assert found["levels"].tolist() == [2, 2]


def test_outcomes_have_units_and_leave_out_what_all_have_alike(company: Any, survey: Any) -> None:
    assert items.described(company) == {
        "frequency": "ratio",
        "monetary": "currency",
        "need_price": "share",
        "usage": "ratio",
    }
    assert (items.worth(company), items.risk(company)) == ("monetary", ""), "all bought on one day"
    assert (items.worth(survey), items.risk(survey)) == ("", "")


def test_pairs_count_whom_both_assign(company: Any) -> None:
    rows = pd.DataFrame({"plan": ["gold", "iron"], "value": ["x", "y"], "probability": 1.0})
    one = patterns.assigned(company, items=["plan"], posterior=rows)
    other = profiles.assigned(
        company,
        columns=["usage"],
        rule=lambda x: pd.DataFrame({"value": ["high" if each > 5 else None for each in x[:, 0]]}),
    )
    assert items.pairs(company, one, other).to_numpy().tolist() == [["x", "high", 1], ["y", "high", 2]]


def test_numeric_items_and_the_first_day(company: Any, survey: Any) -> None:
    assert items.numeric(company, ["usage", "need_price"])
    assert not items.numeric(company, ["usage", "plan"])
    assert not items.numeric(company, ["ratings:shops"])
    assert (items.first_day(company), items.first_day(survey)) == ("2024-03-01", "2024-02-01")


@pytest.mark.parametrize(
    ("basis", "asked", "method"),
    [
        ("needs", "usual", "classes"),
        ("value", "usual", "rules"),
        ("stage", "usual", "rules"),
        ("value", "mixture", "mixture"),
        ("behaviour", "k-means", "k-means"),
    ],
)
def test_basis_has_its_usual_method_and_allows_others(basis: Any, asked: str, method: str) -> None:
    assert items.method_of(basis, asked=asked) == method


@pytest.mark.parametrize(("basis", "asked"), [("stage", "mixture"), ("needs", "rules")])
def test_method_that_a_basis_does_not_allow_is_refused(basis: Any, asked: str) -> None:
    with pytest.raises(ParameterError, match=f"`{basis}` allows .*{asked} was asked for"):
        items.method_of(basis, asked=asked)


def test_items_that_were_asked_for_are_taken_but_not_by_a_rule(company: Any) -> None:
    assert items.usual(company, basis="needs", asked=["usage"]) == ["usage"]
    with pytest.raises(ParameterError, match="A rule has its own items: `items` names 1 others"):
        items.usual(company, basis="value", method="rules", asked=["usage"])


def test_value_by_numbers_is_amounts_and_a_mixture_leaves_out_what_most_share(company: Any, memory_lab: Maker) -> None:
    assert items.usual(company, basis="value", method="k-means") == ["frequency", "monetary"], "all bought on one day"
    # Of six customers three never bought: half share the value, which is not yet most; of five of seven it is.
    assert items.usual(company, basis="value", method="mixture") == ["frequency", "monetary"]
    seven = CUSTOMERS.iloc[[0] * 7].assign(customer_id=[*"abcdefg"])
    idle = memory_lab({"customers": seven, "transactions": TRANSACTIONS}, as_of=AS_OF)
    with pytest.raises(SchemaError, match="only by something that tells them apart"):
        items.usual(idle, basis="value", method="mixture")


def test_skewed_numbers_are_those_with_a_few_large_values(memory_lab: Maker) -> None:
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{at}" for at in range(40)],
            "known_at": pd.to_datetime(["2023-01-10"] * 40),
            "spend": [float(2 ** (at % 12)) for at in range(40)],
            "age": [float(20 + at) for at in range(40)],
            "loss": [-float(2 ** (at % 12)) for at in range(40)],
            "rate": [1.0 if at == 7 else 0.01 for at in range(40)],
            "likes": [at % 9 == 0 for at in range(40)],
        }
    )
    lab = memory_lab({"customers": frame}, as_of=AS_OF)
    assert items.skewed(lab, ["spend", "age", "loss", "rate", "likes"]) == ["spend"]


def test_stages_are_told_in_order_with_the_bounds_of_the_profile() -> None:
    assert list(items.STAGES) == ["new", "established", "leaving", "left"]
    assert str(profiles.tables.NEW_MONTHS) in items.STAGES["new"]


@pytest.mark.parametrize(("basis", "classes"), [("needs", 1), ("value", 4)])
def test_so_many_groups_as_cannot_be_are_refused(basis: Any, classes: int) -> None:
    with pytest.raises(ParameterError, match="`classes` must be 0"):
        items.method_of(basis, classes=classes)


def test_item_that_nobody_rated_is_refused_as_such(survey: Any) -> None:
    with pytest.raises(SchemaError, match="nobody rated `ratings:x`"):
        items.cut_points(survey, ["ratings:x"])
