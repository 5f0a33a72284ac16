"""What real exports need is declared in the lab file, and done."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from cemlab.core.errors import ParameterError, SchemaError, SourceError
from cemlab.data import intake
from cemlab.data.lab import open_lab

MakeLab = Callable[..., Path]

SPELLS = '[[spells]]\nfile = "s.csv"\n{source}\n[spells.columns]\nspell_id = "id"\ncustomer_id = "id"\n{columns}\n'
PURCHASES = '[[transactions]]\nfile = "t.csv"\n{source}\n[transactions.columns]\n{columns}\n'
WIDE = '[[ratings]]\nfile = "nps.csv"\n{source}\n[ratings.columns]\nresponse_id = "id"\n{columns}\n'


def _rows(lab_file: Path, table: str) -> pd.DataFrame:
    lab = open_lab(lab_file)
    return lab.frame(lab.table(table))


def _days(days: pd.Series) -> list[str]:
    return [str(day)[:10] for day in days]


def _outcome(lab_file: Path, table: str) -> dict[str, int]:
    accounting = intake.check(lab_file)
    return {line.reason or line.outcome: line.count for line in accounting.ledger.lines if line.table == table}


def test_a_spell_from_a_tenure_and_a_snapshot_day(make_lab: MakeLab) -> None:
    columns = """
started_on = { constant = 2017-12-31, minus_months = "tenure" }
ended_on = { constant = "2017-12-31", when = { column = "gone", is = "Yes" } }
tenure_months = "tenure"
"""
    lab_file = make_lab(
        SPELLS.format(source="", columns=columns),
        s="id,tenure,gone\n1,0,No\n2,1,Yes\n3,22,Yes\n4,,No\n5,x,No\n6,99999999999,No\n7,-1,No\n",
    )
    rows = _rows(lab_file, "spells")
    assert _days(rows.started_on) == ["2017-12-31", "2017-11-30", "2016-02-29"]
    # what ended on the last known day is known on the day after it
    assert _days(rows.ended_on) == ["NaT", "2017-12-31", "2017-12-31"]
    assert _outcome(lab_file, "spells") == {
        "in": 7,
        "used": 3,
        "`started_on` is missing": 1,
        "`started_on`: its number of months is no whole number": 1,
        "`started_on` lies outside 1900 to 2199": 1,
        "its length is negative": 1,
    }


def test_a_date_from_parts_and_a_number_of_days(make_lab: MakeLab) -> None:
    columns = """
started_on = { template = "{year}-{month}-{day}", format = "%Y-%B-%d", minus_days = "lead" }
ended_on = { template = "{year}-{month}-{day}", format = "%Y-%B-%d", plus_days = "nights" }
"""
    lab_file = make_lab(
        SPELLS.format(source='missing = ["NULL"]', columns=columns),
        s="id,year,month,day,lead,nights\n1,2016,March,1,1,2\n2,2016,NULL,1,1,2\n3,2016,March,32,1,2\n4,2016,May,1,NULL,2\n",
    )
    lab = open_lab(lab_file, as_of="2020-01-01")
    rows = lab.frame(lab.table("spells"))
    assert (_days(rows.started_on), _days(rows.ended_on)) == (["2016-02-29"], ["2016-03-03"])
    assert _outcome(lab_file, "spells") == {
        "in": 4,
        "used": 1,
        "`started_on` is missing": 2,
        "`started_on` is no date": 1,
    }


def test_the_first_of_several_columns_that_has_a_value_counts(make_lab: MakeLab) -> None:
    columns = """
started_on = "start"
end_reason = { from = "state", only = true, values = { Q = "quit", E = "expired", A = "" } }
[spells.columns.ended_on]
from = "quit"
when = { column = "state", is = "Q" }
else = [{ from = "due", format = "%d.%m.%Y", plus_days = "grace", when = { column = "state", is_not = "A" } }, "last"]
"""
    lab_file = make_lab(
        SPELLS.format(source="", columns=columns),
        s=(
            "id,start,state,quit,due,grace,last\n"
            "quit,2024-01-01,Q,2024-02-01,not read,x,nor this\n"
            "expired,2024-01-01,E,not read,01.03.2024,5,nor this\n"
            "no number of days,2024-01-01,E,,01.03.2024,,2024-04-01\n"
            "no value,2024-01-01,Q,,,,2024-05-01\n"
            "on,2024-01-01,A,,,,\n"
            "wrong first,2024-01-01,Q,x,01.03.2024,5,2024-05-01\n"
            "wrong second,2024-01-01,E,,1,5,2024-05-01\n"
            "wrong third,2024-01-01,A,,,,1\n"
            "wrong number,2024-01-01,E,,01.03.2024,x,2024-05-01\n"
        ),
    )
    lab = open_lab(lab_file, as_of="2025-01-01")
    rows = lab.frame(lab.table("spells"))
    assert dict(zip(rows.spell_id, _days(rows.ended_on), strict=True)) == {
        "quit": "2024-02-01",
        "expired": "2024-03-06",
        "no number of days": "2024-04-01",
        "no value": "2024-05-01",
        "on": "NaT",
    }
    assert rows.end_reason.tolist()[:4] == ["quit", "expired", "expired", "quit"]
    assert _outcome(lab_file, "spells") == {
        "in": 9,
        "used": 5,
        "`ended_on` is no date": 3,
        "`ended_on`: its number of days is no whole number": 1,
    }
    kept = pd.read_parquet(intake.check(lab_file).folder / "quarantine" / "spells.parquet")
    assert [json.loads(cells)["ended_on"] for cells in kept.cells] == ["x", "1", "1", "01.03.2024"]


def test_alternatives_may_be_looked_up_and_be_times(make_lab: MakeLab, responses: str) -> None:
    tables = responses.replace('responded_at = "at"', 'responded_at = { from = "at", else = "sent" }').replace(
        'customer_id = "customer"',
        'customer_id = { from = "customer", else = { from = "order", lookup = { file = "o.csv", key = "order", value ='
        ' "buyer" } } }',
    )
    tables += 'wave = { from = "wave", bins = [3], else = { constant = "none" } }\n'
    lab_file = make_lab(
        tables,
        nps=(
            "id,customer,order,score,at,sent,wave\n1,a,1,9,2024-05-01T23:30:00Z,2024-04-01,1\n2,,7,9,,2024-04-02"
            " 10:00:00,5\n3,,8,9,2024-05-03 01:00:00,x,\n"
        ),
        o="order,buyer\n7,b\n",
    )
    rows = _rows(lab_file, "responses")
    assert rows.customer_id.tolist()[:2] == ["a", "b"]
    assert _days(rows.responded_on) == ["2024-05-02", "2024-04-02", "2024-05-03"]
    assert rows.wave.tolist() == ["below 3", "3 and more", "none"]
    (table,) = intake.check(lab_file).tables
    # order 1 is not there either, but that row has its customer
    assert (table.naive, table.remarks) == ({"responded_at": 2}, {"customer_id: looked up in vain": 1})
    (lab_file.parent / "o.csv").unlink()
    with pytest.raises(SourceError, match=r"`o\.csv`"):
        intake.check(lab_file)


@pytest.mark.parametrize("day", ["1899-12-31", "2200-01-01", "9999-12-31", "0001-01-01"])
def test_days_of_other_centuries_are_quarantined(make_lab: MakeLab, responses: str, day: str) -> None:
    lab_file = make_lab(responses, nps=f"id,customer,score,at\n1,a,9,{day}\n2,b,9,2199-12-31\n3,b,9,1900-01-02\n")
    assert _outcome(lab_file, "responses") == {"in": 3, "used": 2, "`responded_at` lies outside 1900 to 2199": 1}


def test_row_numbers_and_templates_make_ids(make_lab: MakeLab) -> None:
    columns = """
transaction_id = { template = "1997/{row_number}" }
customer_id = "id"
occurred_at = { from = "day", format = "%Y%m%d" }
amount = "sum"
place = { row_number = true }
"""
    source = 'delimiter = "blanks"\nwhere = { column = "sum", is_not = "0.00", reason = "nothing was paid" }'
    lab_file = make_lab(
        PURCHASES.format(source=source, columns=columns),
        t="  id  day  sum\r\n 1 19970101  11.77\r\n 1 19970101  0.00\r\n 2  19970112 77.00\r\n",
    )
    rows = _rows(lab_file, "transactions")
    assert rows.transaction_id.tolist() == ["1997/1", "1997/3"]
    assert rows.place.tolist() == ["1", "3"]
    assert rows.amount.tolist() == [11.77, 77.0]
    assert _outcome(lab_file, "transactions") == {"in": 3, "used": 2, "nothing was paid": 1}


def test_row_numbers_of_several_files_say_which(make_lab: MakeLab) -> None:
    columns = 'transaction_id = { row_number = true }\ncustomer_id = "id"\noccurred_at = "day"\namount = "sum"'
    tables = PURCHASES.format(source="", columns=columns).replace('file = "t.csv"', 'files = ["a.csv", "b.csv"]')
    row = "id,day,sum\n1,2024-05-01,2\n"
    rows = _rows(make_lab(tables, a=row, b="sum,id,day\n3,1,2024-05-01\n"), "transactions")
    assert (rows.transaction_id.tolist(), rows.amount.tolist()) == (["1-1", "2-1"], [2, 3])


def test_decimal_commas_and_thousands(make_lab: MakeLab) -> None:
    columns = """
transaction_id = "id"
customer_id = "id"
occurred_at = { constant = "2024-05-01" }
amount = "sum"
margin = { from = "margin", decimal = "." }
pieces = { from = "n", type = "integer" }
"""
    lab_file = make_lab(
        PURCHASES.format(source='delimiter = ";"\ndecimal = ","\nthousands = "."', columns=columns),
        t="id;sum;margin;n\n1;1.234,5;2,345.5;1.000\n2;-12,5;1.5;2\n3;1.23;1;1\n4;12.34,5;1;1\n5;1,5;1;1,5\n6;7;;8\n",
    )
    rows = _rows(lab_file, "transactions")
    assert rows.transaction_id.tolist() == ["2", "6"]
    assert (rows.amount.tolist(), rows.pieces.tolist()) == ([-12.5, 7.0], [2, 8])
    assert _outcome(lab_file, "transactions") == {
        "in": 6,
        "used": 2,
        "`amount` is no number": 2,
        "`margin` is no number": 1,
        "`pieces` is no whole number": 1,
    }


def test_cells_are_looked_up_one_file_after_another(make_lab: MakeLab, responses: str) -> None:
    lookup = """customer_id = { from = "order", values = { p3 = "third" }, lookup = [
  { file = "o.csv", key = "order", value = "buyer", delimiter = ";" }, { file = "b.csv", key = "buyer", value = "person" }] }
"""
    tables = responses.replace('customer_id = "customer"\n', lookup)
    files = {"o": "order;buyer\n1;x\n2;y\n2;y\n3;z\n4;\n", "b": "buyer,person\nx,p1\ny,p2\nz,p3\n"}
    lab_file = make_lab(
        tables, nps="id,order,score,at\n" + "".join(f"{n},{n},9,2024-05-01\n" for n in (3, 2, 1, 4, 5)), **files
    )
    rows = _rows(lab_file, "responses")
    assert rows.response_id.tolist() == ["3", "2", "1", "4", "5"]
    assert rows.customer_id.tolist()[:3] == ["third", "p2", "p1"]
    assert rows.customer_id.isna().tolist()[3:] == [True, True]
    assert intake.check(lab_file).tables[0].remarks == {"customer_id: looked up in vain": 1}
    (lab_file.parent / "b.csv").write_text("buyer,person\nx,p1\nx,p9\ny,p2\n")
    with pytest.raises(SchemaError, match="1 of 2 have more than one `person`"):
        intake.check(lab_file)


def test_a_lookup_larger_than_its_source_leaves_rows_in_order(make_lab: MakeLab, responses: str) -> None:
    tables = responses.replace(
        '"customer"', '{ from = "customer", lookup = { file = "b.csv", key = "k", value = "v" } }'
    )
    lab_file = make_lab(
        tables,
        nps="id,customer,score,at\n"
        + "".join(f"{n},{40 - n},9,2024-05-01\n" for n in range(40))
        + "0,41,9,2024-05-01\n",
        b="k,v\n" + "".join(f"{n},p{n}\n" for n in range(5000)),
    )
    rows = _rows(lab_file, "responses")
    assert rows.response_id.tolist() == [str(n) for n in range(40)]
    assert rows.customer_id.tolist() == [f"p{40 - n}" for n in range(40)]


def test_of_two_rows_with_one_key_that_with_a_value_stays_wherever_it_stands(make_lab: MakeLab, responses: str) -> None:
    tables = responses.replace(
        '"customer"', '{ from = "customer", lookup = { file = "b.csv", key = "k", value = "v" } }'
    )
    rows = "".join(f"{n},{look},9,2024-05-01\n" for n in range(3000) for look in ("there", "nowhere")[:: n % 2 * 2 - 1])
    found = _rows(make_lab(tables, nps=f"id,customer,score,at\n{rows}", b="k,v\nthere,p\n"), "responses")
    assert found.response_id.tolist() == [str(n) for n in range(3000)]
    assert found.customer_id.tolist() == ["p"] * 3000


def test_only_listed_codes_are_taken_when_told(make_lab: MakeLab, responses: str) -> None:
    tables = responses + 'state = { from = "customer", values = { a = "open", b = "" }, only = true }\n'
    rows = "1,a,9,2024-05-01\n2,b,9,2024-05-01\n3,c,9,2024-05-01\n4,,9,2024-05-01\n"
    lab_file = make_lab(tables, nps=f"id,customer,score,at\n{rows}")
    assert _outcome(lab_file, "responses") == {"in": 4, "used": 3, "`state` holds a code that is not listed": 1}
    assert _rows(lab_file, "responses").state.isna().tolist() == [False, True, True]


def test_a_wide_survey_becomes_ratings(make_lab: MakeLab, responses: str) -> None:
    wide = WIDE.format(
        source='items_like = "Q7*"\nitem_names = { Q7A = "cleanliness" }',
        columns="score = { missing = [0, 6], values = { five = 5 } }",
    )
    lab_file = make_lab(
        responses + wide,
        nps="id,customer,score,at,Q7A,Q7B,Q8\n1,a,9,2024-05-01,5,6,1\n2,b,9,2024-05-01,five,x,1\n3,c,44,2024-05-01,1,,1\n4\n",
    )
    rows = _rows(lab_file, "ratings")
    assert rows[["response_id", "item", "score"]].to_numpy().tolist() == [
        ["1", "cleanliness", 5],
        ["2", "cleanliness", 5],
    ]
    assert _outcome(lab_file, "ratings") == {
        "in": 8,
        "used": 2,
        "not rated": 2,
        "`score` is no number": 1,
        "no accepted row of `responses` has its `response_id`": 1,
        "the line has too few cells": 2,
    }
    with pytest.raises(SchemaError, match=r"none of 7 of `nps\.csv` fits `q\*`"):
        intake.check(
            make_lab((responses + wide).replace('"Q7*"', '"q*"'), nps=(lab_file.parent / "nps.csv").read_text())
        )


@pytest.mark.parametrize(
    ("keep", "order", "kept"),
    [
        ("first", "", ["1", "3"]),
        ("last", "", ["4", "3"]),
        ("first", "since", ["2", "3"]),
        ("last", "since", ["4", "3"]),
    ],
)
def test_one_row_per_customer_is_kept(make_lab: MakeLab, keep: str, order: str, kept: list[str]) -> None:
    source = f'undated = true\none_per = "customer_id"\nkeep = "{keep}"\n' + (
        f'order_by = "{order}"\n' if order else ""
    )
    tables = f'[[customers]]\nfile = "c.csv"\n{source}\n[customers.columns]\ncustomer_id = "c"\nline = "n"\n'
    tables += 'since = { from = "day", type = "date", format = "%d.%m.%Y" }\n'
    lab_file = make_lab(
        tables,
        c="n,c,day\n1,a,02.01.2024\n2,a,31.12.2023\n3,b,01.01.2024\n4,a,01.02.2024\n5,a,32.01.2024\n6,,01.01.2024\n",
    )
    lab = open_lab(lab_file)
    rows = lab.frame(lab.table("customers").order_by("customer_id"))
    assert rows.line.tolist() == kept
    assert _outcome(lab_file, "customers") == {
        "in": 6,
        "used": 2,
        "another row of the same `customer_id` was kept": 2,
        "`since` is no date": 1,
        "`customer_id` is missing": 1,
    }


def test_rows_are_wanted_by_codes(make_lab: MakeLab, responses: str) -> None:
    where = 'where = [{ column = "score", is_not = ["", 11] }, { column = "customer", is = ["a", "b"] }]'
    rows = "1,a,11,2024-05-01\n2,a,,2024-05-01\n3,c,9,2024-05-01\n4,b ,9,2024-05-01\n5,a,n/a,2024-05-01\n"
    lab_file = make_lab(
        responses.replace('"nps.csv"', f'"nps.csv"\nmissing = ["n/a"]\n{where}'), nps=f"id,customer,score,at\n{rows}"
    )
    assert _rows(lab_file, "responses").response_id.tolist() == ["4"]
    assert _outcome(lab_file, "responses") == {
        "in": 5,
        "used": 1,
        "not wanted: `score` is not other than the unwanted codes": 3,
        "not wanted: `customer` is not one of the wanted codes": 1,
    }


def test_customers_and_invitations_that_are_not_there_are_counted(make_lab: MakeLab, responses: str) -> None:
    more = """
[[customers]]
file = "c.csv"
undated = true
[customers.columns]
customer_id = "id"
[[invitations]]
file = "i.csv"
[invitations.columns]
invitation_id = "id"
customer_id = "customer"
sent_at = "at"
"""
    lab_file = make_lab(
        responses + 'invitation_id = "inv"\n' + more,
        nps="id,customer,score,at,inv\n1,a,9,2024-05-01,7\n2,z,9,2024-05-01,8\n3,,9,2024-05-01,\n",
        c="id\na\n",
        i="id,customer,at\n7,a,2024-04-01\n",
    )
    tables = {table.name: table for table in intake.check(lab_file).tables}
    assert tables["responses"].rows == 3
    assert tables["responses"].remarks == {
        "customer_id: not in `customers`": 1,
        "invitation_id: not in `invitations`": 1,
    }
    assert tables["invitations"].remarks == {}


def test_headers_that_differ_by_blanks_are_pointed_out(make_lab: MakeLab) -> None:
    with pytest.raises(SchemaError, match="differs only by blanks: write `strip_headers = true`"):
        intake.check(make_lab(nps="id,customer ,score,at\n1,a,9,2024-05-01\n"))


def _ends(make_lab: MakeLab, *ends: str, head: str = "") -> Path:
    """Three contracts of January, and when each ended."""
    rows = "".join(f"{number},2024-01-0{number},{end}\n" for number, end in enumerate(ends, start=1))
    lab_file = make_lab(SPELLS.format(source="", columns='started_on = "a"\nended_on = "b"'), s=f"id,a,b\n{rows}")
    text = lab_file.read_text().replace('company = "Tiny"', f'company = "Tiny"\n{head}')
    lab_file.write_text(text, encoding="utf-8")
    return lab_file


def test_ends_after_the_last_known_row_are_pointed_out_and_not_taken_for_the_last_day(make_lab: MakeLab) -> None:
    lab_file = _ends(make_lab, "2024-01-02", "2024-09-30", "")
    lab = open_lab(lab_file)
    assert str(lab.as_of) == "2024-01-04"
    assert lab.frame(lab.table("spells")).ended_on.notna().sum() == 1
    (line,) = (line for line in intake.check(lab_file).lines() if line.startswith("Data until"))
    assert line.startswith(
        "Data until 2024-01-03: the last on which a row of spells became known. Ends of spells are recorded up to"
        " 2024-09-30"
    )
    assert "say `data_until = 2024-09-30` if they have happened" in line


def test_the_last_day_of_a_lab_does_not_hang_on_when_its_files_were_written(make_lab: MakeLab) -> None:
    lab_file = _ends(make_lab, "2024-05-01", "2024-09-30", "")
    before = open_lab(lab_file)
    os.utime(lab_file.with_name("s.csv"), (0, 0))
    after = open_lab(lab_file)
    assert (before.as_of, before.fingerprint) == (after.as_of, after.fingerprint)


def test_a_declared_last_day_goes_before_any_end(make_lab: MakeLab) -> None:
    lab_file = _ends(make_lab, "2024-05-01", "2024-09-30", "", head="data_until = 2024-06-30")
    lab = open_lab(lab_file)
    assert str(lab.as_of) == "2024-07-01"
    assert lab.frame(lab.table("spells")).ended_on.notna().sum() == 1
    assert any(line.startswith("Data until 2024-06-30: `data_until`") for line in intake.check(lab_file).lines())


def test_a_lab_is_as_of_the_day_after_its_data(make_lab: MakeLab) -> None:
    lab_file = make_lab(SPELLS.format(source="", columns='started_on = "a"'), s="id,a\n1,2024-01-05\n")
    text = lab_file.read_text().replace('company = "Tiny"', 'company = "Tiny"\ndata_until = 2024-03-31')
    lab_file.write_text(text, encoding="utf-8")
    assert str(open_lab(lab_file).as_of) == "2024-04-01"
    assert str(open_lab(lab_file, as_of="2024-02-01").as_of) == "2024-02-01"
    with pytest.raises(ParameterError, match="not be later than 2024-04-01"):
        open_lab(lab_file, as_of="2024-04-02")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('score = "score"', 'score = { template = "words" }', "names a source column"),
        ('score = "score"', 'score = { missing = ["x"] }', "`responses.score` has none"),
        ('score = "score"', 'score = { from = "s", plus_days = "d" }', "Only a date or instant takes days"),
        ('score = "score"', 'since = { from = "s", format = "%Y" }', "Only a date or instant takes a `format`"),
        ('score = "score"', 'score = { from = "s", only = true }', "needs `values` beside `only`"),
        ('score = "score"', 'score = { from = "s", else = {} }', r"`responses.score` \(`else` 1\) has none"),
        ('score = "score"', 'score = { from = "s", else = ["a", { from = "b", plus_days = "d" }] }', r"`else` 2"),
        (
            'score = "score"',
            'score = { from = "s", else = { frm = "b" } }',
            r"`responses.columns.score.else.frm`.*`from`",
        ),
        (
            'score = "score"',
            'score = { from = "s", else = { from = "b", else = "c" } }',
            "`responses.columns.score.else.else`",
        ),
        (
            'score = "score"',
            'score = { from = "s", lookup = { fle = "x" } }',
            r"`responses.columns.score.lookup.fle`.*`file`",
        ),
        ('score = "score"', 'score = { from = "s", when = { column = "x" } }', "takes either `is` or `is_not`"),
        ('file = "nps.csv"', 'files = ["a.csv"]\nfile = "nps.csv"', "takes either `file` or `files`"),
        ('file = "nps.csv"', 'file = "nps.csv"\nitems = { a = "b" }', "Only `ratings` takes `items`"),
        (
            'file = "nps.csv"',
            'file = "nps.csv"\none_per = "custmer_id"',
            "`custmer_id` is not. Did you mean `customer_id`",
        ),
        ('file = "nps.csv"', 'file = "nps.csv"\nformat = "xml"', "`responses.format` in the lab file must hold"),
        ('file = "nps.csv"', 'file = "nps.csv"\nwhere = { colum = "x" }', "`responses.where.colum`.*`column`"),
    ],
)
def test_what_does_not_hold_is_named(make_lab: MakeLab, old: str, new: str, words: str, responses: str) -> None:
    with pytest.raises(SchemaError, match=words):
        intake.check(make_lab(responses.replace(old, new, 1), nps="id,customer,score,at\n", a=""))
