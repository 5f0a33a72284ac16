"""Score counts: what is counted, what is left out and why, and what each group is."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.prepare import responses

if TYPE_CHECKING:
    from labs import MemoryLab

AS_OF = dt.date(2024, 4, 1)

ANSWERS = pd.DataFrame(
    [
        ("r1", "c1", "2024-01-15", "nps", 9.0, "relational", "web"),
        ("r2", "c1", "2024-02-10", "nps", 10.0, "relational", "web"),
        ("r3", "c2", "2024-02-11", "nps", 3.0, "relational", None),
        ("r4", "c3", "2024-02-12", "nps", 9.0, "relational", "mail"),
        ("r5", None, "2024-02-13", "nps", 9.0, "relational", "mail"),
        ("r6", None, "2024-02-14", "nps", 9.0, "relational", ""),
        ("r7", "c3", "2024-02-15", "nps", None, "relational", "mail"),
        ("r8", "c3", "2024-02-15", "csat", 9.0, "relational", "mail"),
        ("r9", "c2", "2024-03-31", "nps", 7.0, "transactional", "web"),
        ("r10", "c2", "2024-03-31", "csat", None, "transactional", "web"),
    ],
    columns=["response_id", "customer_id", "responded_at", "metric", "score", "survey", "channel"],
)
CUSTOMERS = pd.DataFrame({"customer_id": ["c1", "c2"], "region": ["North", None], "seats": [1, 20]})


@pytest.fixture
def lab(memory_lab: type[MemoryLab]) -> MemoryLab:
    return memory_lab({"responses": ANSWERS, "customers": CUSTOMERS}, as_of=AS_OF)


@pytest.fixture
def undated(memory_lab: type[MemoryLab]) -> MemoryLab:
    answers = ANSWERS.drop(columns=["responded_at", "customer_id", "survey"])
    return memory_lab({"responses": answers}, undated=["responses"])


def excluded(lab: MemoryLab, metric: str = "nps") -> dict[str, int]:
    return {
        line.reason: line.count
        for line in lab.ledger.lines
        if (line.stage, line.scope, line.outcome) == ("study", metric, "excluded")
    }


def test_counts_of_all_answers_worked_by_hand(lab: MemoryLab) -> None:
    counts = responses.score_counts(lab)
    assert list(counts) == ["score", "n", "sum_w", "sum_w2", "n_customers"]
    assert counts[["score", "n"]].to_numpy().tolist() == [[3, 1], [7, 1], [9, 4], [10, 1]]
    assert (counts["sum_w"] == counts["n"]).all()
    assert (counts["sum_w2"] == counts["n"]).all()
    # c1, c2, c3 and two answers that name nobody.
    assert counts["n_customers"].unique().tolist() == [5]
    assert pd.api.types.is_integer_dtype(counts["score"])


def test_every_row_is_accounted_for_once_in_the_order_of_reasons(lab: MemoryLab) -> None:
    responses.score_counts(lab, start="2024-02-01", end="2024-03-01", survey="relational")
    assert excluded(lab) == {
        "asks another question": 2,
        "another survey": 1,
        "outside the window": 1,
        "no score given": 1,
    }
    assert lab.ledger.count("in", table="responses", stage="study", scope="nps") == 10
    assert lab.ledger.count("used", table="responses", stage="study", scope="nps") == 5


def test_recording_twice_counts_once_whatever_the_groups(lab: MemoryLab) -> None:
    responses.score_counts(lab)
    once = list(lab.ledger.lines)
    responses.score_counts(lab, by=["region", "channel"], period="month")
    assert lab.ledger.lines == once
    responses.score_counts(lab, metric="csat")
    assert lab.ledger.count("used", table="responses", stage="study", scope="nps") == 7
    assert excluded(lab, "csat") == {"asks another question": 8, "no score given": 1}


def test_nothing_left_out_asks_the_engine_for_no_reasons(memory_lab: type[MemoryLab]) -> None:
    clean = memory_lab({"responses": ANSWERS.dropna(subset=["score"]).query("metric == 'nps'")}, as_of=AS_OF)
    responses.score_counts(clean)
    assert clean.queries == 3  # scores, customers, rows
    assert excluded(clean) == {}


def test_windows_are_half_open_lab_local_days(lab: MemoryLab) -> None:
    counts = responses.score_counts(lab, start="2024-02-10", end="2024-03-31")
    assert counts.set_index("score")["n"].to_dict() == {3: 1, 9: 3, 10: 1}
    window = responses.window(lab, start="2024-02-10", end="2024-03-31").iloc[0]
    assert window.to_dict() == {"first_on": "2024-02-10", "last_on": "2024-02-14", "n": 5, "n_customers": 5}


def test_groups_come_from_the_answer_else_from_its_customer(lab: MemoryLab) -> None:
    counts = responses.score_counts(lab, by=["region", "channel"])
    cells = counts.groupby(["region", "channel"])["n"].sum().to_dict()
    assert cells == {
        ("North", "web"): 2,
        ("unknown", "mail"): 2,
        ("unknown", "unknown"): 2,
        ("unknown", "web"): 1,
    }


def test_group_sizes_count_each_customer_once(lab: MemoryLab) -> None:
    counts = responses.score_counts(lab, by=["channel"])
    assert counts.groupby("channel")["n_customers"].agg(["min", "max"]).to_numpy().tolist() == [[2, 2], [2, 2], [2, 2]]
    assert counts.groupby("channel")["n"].sum().to_dict() == {"mail": 2, "unknown": 2, "web": 3}


def test_numbers_as_groups_are_text(lab: MemoryLab) -> None:
    assert set(responses.score_counts(lab, by=["seats"])["seats"]) == {"1", "20", "unknown"}


def test_a_column_of_the_answer_hides_the_customers_column_of_that_name(memory_lab: type[MemoryLab]) -> None:
    customers = CUSTOMERS.assign(channel="never")
    both = memory_lab({"responses": ANSWERS, "customers": customers}, as_of=AS_OF)
    assert "never" not in set(responses.score_counts(both, by=["channel"])["channel"])


def test_without_customers_each_answer_is_a_customer_of_its_own(undated: MemoryLab) -> None:
    counts = responses.score_counts(undated, by=["channel"])
    assert counts.groupby("channel")["n_customers"].max().to_dict() == {"mail": 2, "unknown": 2, "web": 3}
    window = responses.window(undated).iloc[0].to_dict()
    assert window == {"first_on": "", "last_on": "", "n": 7, "n_customers": 7}


@pytest.mark.parametrize(
    ("period", "labels"),
    [
        ("week", ["2024-01-15", "2024-02-05", "2024-02-12", "2024-03-25"]),
        ("month", ["2024-01-01", "2024-02-01", "2024-03-01"]),
        ("quarter", ["2024-01-01"]),
        ("year", ["2024-01-01"]),
    ],
)
def test_a_period_is_named_by_its_first_day(lab: MemoryLab, period: str, labels: list[str]) -> None:
    counts = responses.score_counts(lab, period=period)
    assert counts["period"].drop_duplicates().tolist() == labels
    assert int(counts["n"].sum()) == 7


@pytest.mark.parametrize(
    ("start", "end", "complete"),
    [
        ("", "", [False, True, True]),  # the first answer came on 15 January
        ("2024-01-01", "", [True, True, True]),  # as_of is 1 April
        ("2024-01-02", "", [False, True, True]),
        ("2024-01-01", "2024-03-31", [True, True]),
        ("2024-01-01", "2024-12-31", [True, True, True]),
        ("2024-01-01", "2024-02-13", [True, False]),
    ],
)
def test_a_period_that_the_window_cuts_is_incomplete(
    lab: MemoryLab, start: str, end: str, complete: list[bool]
) -> None:
    counts = responses.score_counts(lab, start=start, end=end, period="month")
    assert counts.drop_duplicates("period")["complete"].tolist() == complete


def test_a_period_not_over_before_as_of_is_incomplete(memory_lab: type[MemoryLab]) -> None:
    early = memory_lab({"responses": ANSWERS}, as_of=dt.date(2024, 3, 31))
    counts = responses.score_counts(early, start="2024-01-01", period="month")
    assert counts.drop_duplicates("period")["complete"].tolist() == [True, True, False]


@pytest.mark.parametrize("options", [{"start": "2024-01-01"}, {"end": "2024-01-01"}, {"period": "month"}])
def test_undated_answers_have_no_window_and_no_periods(undated: MemoryLab, options: dict[str, str]) -> None:
    with pytest.raises(SchemaError, match="carries no `responded_at`"):
        responses.score_counts(undated, **options)


def test_answers_are_dated_or_not(lab: MemoryLab, undated: MemoryLab) -> None:
    assert responses.dated(lab)
    assert not responses.dated(undated)


def test_a_survey_needs_its_column(undated: MemoryLab) -> None:
    with pytest.raises(SchemaError, match="the lab maps none"):
        responses.score_counts(undated, survey="relational")


def test_an_unknown_group_names_the_near_miss_and_what_exists(lab: MemoryLab) -> None:
    with pytest.raises(SchemaError, match=r"`regionn` is none. Did you mean `region`\? There are: .*region, seats"):
        responses.score_counts(lab, by=["regionn"])


@pytest.mark.parametrize("by", ["customer_id", "response_id", "comment", "responded_at", "responded_on", "weight"])
def test_identifiers_words_and_instants_are_no_groups(memory_lab: type[MemoryLab], by: str) -> None:
    answers = ANSWERS.assign(comment="a customer's words", weight=1.0)
    with pytest.raises(SchemaError, match="is none") as error:
        responses.score_counts(memory_lab({"responses": answers}, as_of=AS_OF), by=[by])
    assert "customer's words" not in str(error.value)


@pytest.mark.parametrize(
    ("by", "what"),
    [
        (["channel", "channel"], "different columns"),
        *(([name], f"`{name}` is one") for name in ("score", "period", "n")),
    ],
)
def test_groups_named_twice_or_after_a_count_are_refused(lab: MemoryLab, by: list[str], what: str) -> None:
    with pytest.raises(ParameterError, match=what):
        responses.score_counts(lab, by=by)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": "2024-02-01", "end": "2024-02-01"}, "must lie before"),
        ({"start": "yesterday"}, "YYYY-MM-DD"),
        ({"period": "monthly"}, r"Did you mean `month`\?"),
    ],
)
def test_impossible_windows_and_periods_are_refused(lab: MemoryLab, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        responses.score_counts(lab, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "ces"}, r"of 10 rows none does \(asks another question: 10\)"),
        ({"start": "2030-01-01"}, "outside the window: 8"),
        ({"survey": "none"}, "another survey: 8"),
    ],
)
def test_no_answer_left_is_an_error_with_counts_and_is_in_the_ledger(
    lab: MemoryLab, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InsufficientDataError, match=message):
        responses.score_counts(lab, **options)
    assert lab.ledger.count("used", table="responses", stage="study", scope=options.get("metric", "nps")) == 0
    found = responses.window(lab, **options).iloc[0].to_dict()
    assert found == {"first_on": "", "last_on": "", "n": 0, "n_customers": 0}


def test_an_empty_table_is_an_error(memory_lab: type[MemoryLab]) -> None:
    empty = memory_lab({"responses": ANSWERS.head(0).astype({"score": float})}, as_of=AS_OF)
    for options in ({}, {"period": "month"}, {"by": ["channel"]}):
        with pytest.raises(InsufficientDataError, match="of 0 rows none"):
            responses.score_counts(empty, **options)


def test_scores_of_a_labs_own_scale_may_be_fractions(memory_lab: type[MemoryLab]) -> None:
    own = memory_lab({"responses": ANSWERS.assign(metric="effort", score=[k / 2 for k in range(10)])}, as_of=AS_OF)
    assert responses.score_counts(own, metric="effort")["score"].tolist() == [k / 2 for k in range(10)]
