"""A number is the same however it is written: as a code of the lab file, and as an id of another file."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cemlab.core.errors import SchemaError
from cemlab.data import drafting, intake
from cemlab.data.lab import open_lab
from cemlab.data.numerals import among, plain, plain_sql

MakeLab = Callable[..., Path]

SURVEY = """
[[responses]]
file = "nps.csv"
{source}
[responses.columns]
response_id = "id"
responded_at = "day"
metric = {{ constant = "nps" }}
{columns}
[[ratings]]
file = "nps.csv"
{source}
items = {{ speed = "speed", price = "price" }}
[ratings.columns]
response_id = "id"
score = {{ missing = [9] }}
"""
ROWS = [
    (f"r{n:02}", f"2024-05-{n % 28 + 1:02}", n % 11, n % 5 + 1, 9 if n % 3 == 0 else n % 4 + 1, n % 2 + 1)
    for n in range(40)
]
HEADER = "id,day,nps,speed,price,wave\n"


def _frame(lab_file: Path, table: str) -> pd.DataFrame:
    lab = open_lab(lab_file)
    return lab.frame(lab.table(table))


def _written(form: str) -> str:
    return HEADER + "".join(
        f"{key},{day}," + ",".join(form.format(value) for value in values) + "\n" for key, day, *values in ROWS
    )


@pytest.mark.parametrize("form", ["{}", "{}.0", "{}.", "+{}", '" {}"', "{}.000"])
@pytest.mark.parametrize("code", ["9", "9.0", '"9"', '"+9.00"'])
def test_codes_meet_cells_that_write_the_number_otherwise(make_lab: MakeLab, form: str, code: str) -> None:
    columns = (
        'score = "nps"\nwave = { from = "wave", only = true, values = { 1 = "spring", "2.0" = "autumn" } }\nnine ='
        f' {{ from = "price", when = {{ column = "price", is = [{code}] }} }}'
    )
    lab_file = make_lab(SURVEY.format(source="", columns=columns), nps=_written(form))
    ratings = _frame(lab_file, "ratings").groupby("item").score.mean()
    prices = [price for *_, price, _ in ROWS if price != 9]
    assert ratings["price"] == pytest.approx(sum(prices) / len(prices))
    assert ratings["speed"] == pytest.approx(3)
    answers = _frame(lab_file, "responses")
    assert answers.wave.value_counts().to_dict() == {"spring": 20, "autumn": 20}
    assert answers.nine.notna().sum() == sum(price == 9 for *_, price, _ in ROWS)


def test_a_condition_on_rows_compares_numbers_too(make_lab: MakeLab) -> None:
    source = 'where = { column = "wave", is_not = 2 }'
    lab_file = make_lab(SURVEY.format(source=source, columns='score = "nps"'), nps=_written("{}.0"))
    assert len(_frame(lab_file, "responses")) == 20


def test_a_decimal_comma_is_the_mark_of_the_cells(make_lab: MakeLab) -> None:
    text = _written('"{},0"')
    lab_file = make_lab(SURVEY.format(source='decimal = ","', columns='score = "nps"'), nps=text)
    assert _frame(lab_file, "ratings").score.max() == 5


def test_a_leading_zero_makes_a_text(make_lab: MakeLab) -> None:
    columns = 'score = "nps"\nbranch = { from = "b", missing = [7], values = { "07" = "seven", 8 = "eight" } }'
    tables = SURVEY.split("[[ratings]]", maxsplit=1)[0].format(source="", columns=columns)
    lab_file = make_lab(
        tables,
        nps="id,day,nps,b\n1,2024-01-01,9,007\n2,2024-01-01,9,07\n3,2024-01-01,9,7.0\n4,2024-01-01,9,08\n5,2024-01-01,9,8.0\n",
    )
    rows = _frame(lab_file, "responses")
    assert rows.branch.fillna("-").tolist() == ["007", "seven", "-", "08", "eight"]


def test_one_code_written_twice_is_refused(make_lab: MakeLab) -> None:
    columns = 'score = "nps"\nwave = { from = "wave", values = { 1 = "a", "1.0" = "b" } }'
    with pytest.raises(SchemaError, match=r"1 and 1\.0 are the same"):
        intake.check(make_lab(SURVEY.format(source="", columns=columns), nps=_written("{}")))


def test_codes_that_occur_nowhere_are_named(make_lab: MakeLab) -> None:
    source = 'missing = ["NA", "n/a"]\nwhere = { column = "wave", is_not = [3] }'
    columns = (
        'score = { from = "nps", missing = [11] }\nwave = { from = "wave", values = { 1 = "a", 2 = "b", 3 = "c", 4 ='
        ' "d" } }\ngone = { constant = "x", when = { column = "price", is = [8, 9] } }'
    )
    text = _written("{}.0").replace("r01,2024-05-02,1.0", "r01,2024-05-02,NA")
    lines = intake.check(make_lab(SURVEY.format(source=source, columns=columns), nps=text)).lines()
    said = [line.strip() for line in lines if "nowhere" in line]
    assert said == [
        "nps.csv: `missing`: `n/a` occurs nowhere",
        "nps.csv: `where` on `wave`: `3` occurs nowhere",
        "nps.csv: `missing` of `score`: `11` occurs nowhere",
        "nps.csv: `values` of `wave`: `3`, `4` occur nowhere",
        "nps.csv: `when` of `gone`: `8` occurs nowhere",
        "nps.csv: `missing`: `n/a` occurs nowhere",
        "nps.csv: `where` on `wave`: `3` occurs nowhere",
    ]


def test_a_code_of_any_of_several_files_occurs(make_lab: MakeLab) -> None:
    tables = (
        '[[responses]]\nfiles = ["a.csv", "b.csv"]\nundated = true\n[responses.columns]\nresponse_id = { row_number ='
        ' true }\nmetric = { constant = "nps" }\nscore = { from = "s", missing = [99, 98, 97] }\n'
    )
    lab_file = make_lab(tables, a="s\n1\n99.0\n", b="s\n98\n2\n")
    assert [line.strip() for line in intake.check(lab_file).lines() if "nowhere" in line] == [
        "a.csv and 1 more: `missing` of `score`: `97` occurs nowhere"
    ]


def test_a_code_past_the_first_rows_occurs(make_lab: MakeLab) -> None:
    tables = (
        '[[responses]]\nfile = "a.csv"\nundated = true\n[responses.columns]\nresponse_id = { row_number = true'
        ' }\nmetric = { constant = "nps" }\nscore = { from = "s", missing = [99] }\n'
    )
    lines = intake.check(make_lab(tables, a="s\n" + "1\n" * 50_001 + "99\n")).lines()
    assert not any("nowhere" in line for line in lines)


NUMBERS = st.from_regex(r"\A *[+-]?(0|[1-9][0-9]{0,20})(\.[0-9]{0,5})? *\Z", fullmatch=True)
TEXTS = st.one_of(
    NUMBERS, st.from_regex(r"\A0[0-9.]{1,4}\Z"), st.sampled_from(["", "NA", "1e5", "1_0", ".5", "--1", "1.2.3", "٣"])
)


@given(TEXTS, TEXTS)
@example("9.0", "9")
@example("09", "9")
def test_the_engine_compares_as_python_does(cell: str, code: str) -> None:
    cells = f"(SELECT '{cell}' AS t)"
    found = duckdb.sql(f"SELECT {plain_sql('t', ['1'])}, {among('t', [code])} FROM {cells}").fetchone()
    assert found == (plain(cell), plain(cell) == plain(code))
    if plain(cell) != cell:
        assert Decimal(plain(cell)) == Decimal(cell.strip())


@given(NUMBERS, NUMBERS)
def test_equal_numbers_are_one_code_and_others_are_not(first: str, second: str) -> None:
    if not {plain(first), plain(second)} & {"-0"}:
        assert (plain(first) == plain(second)) is (Decimal(first.strip()) == Decimal(second.strip()))


CUSTOMERS = (
    '\n[[customers]]\nfile = "{file}"\nundated = true\n[customers.columns]\ncustomer_id = "cust"\nplan = "plan"\n'
)
IDS = [1001 + n for n in range(30)]


def _two(make_lab: MakeLab, answers: str, file: str = "customers.csv") -> Path:
    lines = "".join(f"r{n},{cell},9,2024-01-{n % 28 + 1:02}\n" for n, cell in enumerate(answers.split("|")))
    responses = (
        '[[responses]]\nfile = "nps.csv"\n[responses.columns]\nresponse_id = "id"\ncustomer_id = "cust"\nmetric = {'
        ' constant = "nps" }\nscore = "score"\nresponded_at = "at"\n'
    )
    return make_lab(responses + CUSTOMERS.format(file=file), nps="id,cust,score,at\n" + lines)


@pytest.mark.parametrize("form", ["{}", "{}.0", "{}."])
@pytest.mark.parametrize("kind", ["csv", "float", "decimal", "integer", "text", "duckdb"])
def test_ids_that_became_fractions_meet_their_customers(make_lab: MakeLab, form: str, kind: str) -> None:
    # the last answer is anonymous, which is what makes a tool write fractions
    file = {"csv": "customers.csv", "duckdb": "customers.duckdb"}.get(kind, "customers.parquet")
    lab_file = _two(make_lab, "|".join([form.format(each) for each in IDS[:-1]] + [""]), file)
    plans = ["AB"[n % 2] for n in range(30)]
    if kind == "csv":
        text = "cust,plan\n" + "".join(f"{one},{plan}\n" for one, plan in zip(IDS, plans, strict=True))
        (lab_file.parent / file).write_text(text, encoding="utf-8")
    elif kind == "duckdb":
        with duckdb.connect(str(lab_file.parent / file)) as engine:
            engine.execute("CREATE TABLE c AS SELECT (1001 + i)::DOUBLE AS cust, 'A' AS plan FROM range(30) t(i)")
    else:
        types = {"float": pa.float64(), "decimal": pa.decimal128(38, 10), "integer": pa.int64(), "text": pa.string()}
        ids = [f"{each}.0" if kind == "text" else Decimal(each) if kind == "decimal" else each for each in IDS]
        pq.write_table(pa.table({"cust": pa.array(ids, types[kind]), "plan": plans}), lab_file.parent / file)
    assert not any("not in `customers`" in line for line in intake.check(lab_file).lines())
    rows = _frame(lab_file, "responses")
    assert rows.customer_id.tolist()[:-1] == [str(each) for each in IDS[:-1]]
    assert rows.customer_id.isna().tolist()[-1]


@pytest.mark.parametrize("cells", ["007.0|008.0|009.0", "1.0|2.5|3.0", "1.0.0|2.0.0", "1.0|x", "A1.0|A2.0"])
def test_other_texts_keep_every_sign(make_lab: MakeLab, cells: str) -> None:
    lab_file = _two(make_lab, cells)
    text = "cust,plan\n" + "".join(f"{cell},A\n" for cell in cells.split("|"))
    (lab_file.parent / "customers.csv").write_text(text, encoding="utf-8")
    assert _frame(lab_file, "responses").customer_id.tolist() == cells.split("|")


def test_a_code_of_no_value_beside_fractions_leaves_them_fractions_of_a_tool(make_lab: MakeLab) -> None:
    lab_file = _two(make_lab, "1001.0|NA|1003.0|")
    lab_file.write_text(
        lab_file.read_text(encoding="utf-8").replace('file = "nps.csv"', 'file = "nps.csv"\nmissing = ["NA"]'),
        encoding="utf-8",
    )
    (lab_file.parent / "customers.csv").write_text("cust,plan\n1001,A\n1003,B\n", encoding="utf-8")
    assert _frame(lab_file, "responses").customer_id.fillna("-").tolist() == ["1001", "-", "1003", "-"]


def test_a_number_of_a_parquet_file_stays_a_number(make_lab: MakeLab) -> None:
    tables = (
        '[[transactions]]\nfile = "t.parquet"\n[transactions.columns]\ntransaction_id = "id"\ncustomer_id ='
        ' "id"\noccurred_at = { constant = "2024-01-01" }\namount = "a"\n'
    )
    lab_file = make_lab(tables)
    values = [1.0, 2.5, -0.1, 1e15, 123456789.125]
    pq.write_table(pa.table({"id": [1.0, 2.0, 3.0, 4.0, 5.0], "a": values}), lab_file.parent / "t.parquet")
    rows = _frame(lab_file, "transactions")
    assert rows.amount.tolist() == values
    assert rows.transaction_id.tolist() == ["1", "2", "3", "4", "5"]


def test_not_a_number_is_no_value(make_lab: MakeLab) -> None:
    lab_file = _two(make_lab, "1", "customers.parquet")
    ids = pa.array([1.0, math.nan], pa.float64(), from_pandas=False)
    pq.write_table(pa.table({"cust": ids, "plan": ["A", "B"]}), lab_file.parent / "customers.parquet")
    assert (
        intake.check(lab_file).ledger.count(
            "quarantined", table="customers", stage="intake", reason="`customer_id` is missing"
        )
        == 1
    )


def test_a_draft_keeps_leading_zeros_and_finds_codes_of_no_answer(tmp_path: Path) -> None:
    rows = "".join(f"C{n},2024-05-{n % 28 + 1:02},{(n % 12)}.0,{n % 9 + 1:03},{1000 + n:05}\n" for n in range(120))
    (tmp_path / "a.csv").write_text("customer_id,day,nps,branch,zipcode\n" + rows, encoding="utf-8")
    text = drafting.write([tmp_path / "a.csv"], tmp_path / "lab.toml").text
    assert 'branch = "branch"' in text
    assert 'zipcode = { from = "zipcode", personal = true }' in text
    assert "missing = [11]" in text
    lines = intake.check(tmp_path / "lab.toml").lines()
    assert not any("nowhere" in line or "quarantined:" in line for line in lines)
