"""A lab shows what was known before the start of its as-of day, and nothing later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import ibis
import pytest

from cemlab.core.errors import EngineError, InsufficientDataError, ParameterError, SchemaError
from cemlab.data.lab import LATER, open_lab

MakeLab = Callable[..., Path]


MORE = """
[[customers]]
file = "c.csv"
undated = true
[customers.columns]
customer_id = "id"
email = { from = "mail", personal = true }

[[spells]]
file = "s.csv"
[spells.columns]
spell_id = "id"
customer_id = "c"
started_on = "a"
ended_on = "b"
end_reason = "why"

[[ratings]]
file = "r.csv"
[ratings.columns]
response_id = "id"
item = "item"
score = "score"

[[cases]]
file = "k.csv"
[cases.columns]
case_id = "id"
customer_id = "c"
opened_at = "a"
closed_at = "b"
"""


@pytest.fixture
def lab_file(make_lab: MakeLab, responses: str) -> Path:
    tables = responses + 'comment = "words"\n' + MORE
    return make_lab(
        tables,
        nps=(
            "id,customer,score,at,words\n1,a,9,2024-05-01 23:59:59,x\n2,b,8,2024-05-02 00:00:00,y\n3,c,7,2024-05-03,z\n"
        ),
        c="id,mail\na,a@x\nb,b@x\n",
        s="id,c,a,b,why\n1,a,2024-01-01,2024-05-01,left\n2,b,2024-01-01,2024-05-02,left\n3,c,2024-01-01,,\n4,d,2024-05-02,,\n",
        r="id,item,score\n1,price,5\n2,price,5\n3,price,5\n",
        k="id,c,a,b\n1,a,2024-04-01,2024-05-01T21:59:59Z\n2,a,2024-04-01,2024-05-01T22:00:00Z\n",
    )


def test_as_of_is_exclusive_to_the_second_in_the_labs_zone(lab_file: Path) -> None:
    lab = open_lab(lab_file, as_of="2024-05-02")
    assert lab.frame(lab.table("responses")).response_id.tolist() == ["1"]
    assert lab.frame(lab.table("spells")).spell_id.tolist() == ["1", "2", "3"]


def test_rows_with_a_parent_are_known_through_it(lab_file: Path) -> None:
    lab = open_lab(lab_file, as_of="2024-05-03")
    assert set(lab.frame(lab.table("ratings")).response_id) == {"1", "2"}


def test_what_was_overwritten_later_is_masked(lab_file: Path) -> None:
    lab = open_lab(lab_file, as_of="2024-05-02")
    spells = lab.frame(lab.table("spells").order_by("spell_id"))
    assert spells.ended_on.isna().tolist() == [False, True, True]
    assert spells.end_reason.isna().tolist() == [False, True, True]
    cases = lab.frame(lab.table("cases").order_by("case_id"))
    assert cases.closed_at.isna().tolist() == [False, True]
    assert cases.closed_on.isna().tolist() == [False, True]


def test_no_day_means_the_day_after_the_last_known_row(lab_file: Path) -> None:
    lab = open_lab(lab_file)
    assert lab.as_of == dt.date(2024, 5, 4)
    assert lab.ledger.count("excluded", table="responses", stage="as_of") == 0


def test_the_ledger_says_what_was_known_too_late(lab_file: Path) -> None:
    ledger = open_lab(lab_file, as_of="2024-05-02").ledger
    assert ledger.count("in", table="responses", stage="as_of") == 3
    assert ledger.count("excluded", table="responses", stage="as_of", reason=LATER) == 2
    assert ledger.count("excluded", table="ratings", stage="as_of", reason=LATER) == 2
    for table in ("responses", "customers", "spells", "ratings", "cases"):
        used = ledger.count("used", table=table, stage="intake")
        assert used == ledger.count("in", table=table, stage="as_of")


def test_undated_tables_are_always_there(lab_file: Path) -> None:
    lab = open_lab(lab_file, as_of="2024-04-02")
    assert lab.undated == ("customers",)
    assert lab.frame(lab.table("customers").count()) == 2


def test_personal_columns_come_only_by_name(lab_file: Path) -> None:
    lab = open_lab(lab_file)
    assert "comment" not in lab.table("responses").columns
    assert "comment" in lab.table("responses", personal=["comment"]).columns
    assert lab.table("customers").columns == ("customer_id",)
    assert lab.table("customers", personal=["email"]).columns == ("customer_id", "email")
    with pytest.raises(SchemaError, match="Did you mean `email`"):
        lab.table("customers", personal=["mail"])


def test_a_missing_table_says_how_to_map_it(lab_file: Path) -> None:
    lab = open_lab(lab_file)
    with pytest.raises(
        SchemaError, match=r"one row is one purchase.*Add `\[\[transactions\]\]`.*`\[transactions.columns\]`"
    ):
        lab.table("transactions")
    with pytest.raises(SchemaError, match="Did you mean `responses`"):
        lab.table("response")


@pytest.mark.parametrize("day", ["2024-01-01", "1999-12-31"])
def test_a_day_before_everything_is_refused(lab_file: Path, day: str) -> None:
    with pytest.raises(InsufficientDataError, match="after the first known row, of 2024-01-01"):
        open_lab(lab_file, as_of=day)


def test_what_is_no_day_is_refused(lab_file: Path) -> None:
    with pytest.raises(ParameterError, match="YYYY-MM-DD"):
        open_lab(lab_file, as_of="02.05.2024")


def test_a_lab_without_dates_has_no_as_of(make_lab: MakeLab, responses: str) -> None:
    undated = responses.replace('responded_at = "at"\n', "").replace('"nps.csv"', '"nps.csv"\nundated = true')
    lab_file = make_lab(undated, nps="id,customer,score\n1,a,9\n")
    lab = open_lab(lab_file)
    assert (lab.as_of, lab.undated) == (None, ("responses",))
    with pytest.raises(ParameterError, match="none of its 1 tables"):
        open_lab(lab_file, as_of="2024-01-01")


def test_a_dated_lab_without_rows_is_refused(make_lab: MakeLab) -> None:
    with pytest.raises(InsufficientDataError, match="none of 1 dated tables has one"):
        open_lab(make_lab(nps="id,customer,score,at\n"))


def test_an_engines_refusal_quotes_no_values(lab_file: Path) -> None:
    lab = open_lab(lab_file)
    words = lab.table("responses", personal=["comment"]).comment
    with pytest.raises(EngineError) as caught:
        lab.frame(words.cast("int64").sum())
    assert "'x'" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_tables_are_lazy_and_bound_to_the_labs_engine(lab_file: Path) -> None:
    responses = open_lab(lab_file).table("responses")
    assert isinstance(responses, ibis.Table)
    assert responses.schema()["responded_on"].is_date()


def test_the_engine_works_on_the_disk_beyond_its_memory(lab_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CEMLAB_MEMORY", "50MB")
    lab = open_lab(lab_file)
    many = ibis.range(1_000_000).unnest().name("number").as_table()
    words = many.select(word=many.number.cast("string") + " of a long row of words")
    distinct = words.group_by("word").aggregate(n=words.count())
    assert lab.frame(distinct.aggregate(n=distinct.n.sum()))["n"].tolist() == [1_000_000]
    monkeypatch.setenv("CEMLAB_MEMORY", "lots")
    with pytest.raises(ParameterError, match="must be a size such as 2GB"):
        open_lab(lab_file)


def test_blocks_may_rest_on_a_frame(lab_file: Path) -> None:
    lab = open_lab(lab_file)
    chosen = ibis.memtable({"response_id": ["no such answer"]})
    rows = lab.table("responses").anti_join(chosen, "response_id")
    blocks = lab.batches(rows, rows=1, held=False)
    assert sum(block.num_rows for block in blocks) == lab.frame(rows.count())
