"""The same rows from files of every kind give the same table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cemlab.core.errors import SchemaError, SourceError
from cemlab.data import intake
from cemlab.data.lab import open_lab

MakeLab = Callable[..., Path]

COLUMNS = ("id", "customer", "score", "at")
ROWS = [("007", "NA", "9", "2024-05-01"), ("2", "b", "8", "2024-05-02 10:30:00")]
EXPECTED = [["007", "NA", 9.0, "2024-05-01"], ["2", "b", 8.0, "2024-05-02"]]


def _text(delimiter: str = ",", end: str = "\n") -> str:
    return "".join(delimiter.join(row) + end for row in (COLUMNS, *ROWS))


def _found(lab_file: Path) -> list[list[object]]:
    lab = open_lab(lab_file)
    rows = lab.frame(lab.table("responses"))
    return [
        [row.response_id, row.customer_id, row.score, str(row.responded_on)[:10]]
        for row in rows.itertuples(index=False)
    ]


def _lab(make_lab: MakeLab, responses: str, name: str, more: str = "") -> Path:
    return make_lab(responses.replace('"nps.csv"', f'"{name}"\n{more}'))


@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("x.tsv", _text("\t"), ""),
        ("x.txt", _text("¦"), 'delimiter = "¦"'),
        ("x.csv", _text(";", "\r\n"), 'delimiter = ";"\nencoding = "utf-16"'),
        ("x.csv", _text("|").replace("b", "'b'"), 'delimiter = "|"\nquote = "\'"\nencoding = "latin-1"'),
        ("x.csv", _text(",", "\r"), 'encoding = "windows-1252"'),
        ("x.csv", "\n".join(",".join(row) for row in ROWS), 'header = ["id", "customer", "score", "at"]'),
        ("x.csv", _text().replace("customer", " customer "), "strip_headers = true"),
        ("x[1]*.csv", _text(), ""),
    ],
)
def test_text(make_lab: MakeLab, responses: str, name: str, content: str, more: str) -> None:
    lab_file = _lab(make_lab, responses, name, more)
    encoding = next((each for each in ("utf-16", "latin-1", "windows-1252") if each in more), "utf-8")
    (lab_file.parent / name).write_bytes(content.encode(encoding))
    assert _found(lab_file) == EXPECTED


def test_json_lines(make_lab: MakeLab, responses: str) -> None:
    lab_file = _lab(make_lab, responses + 'tags = "tags/all"\n', "x.jsonl")
    lines = [json.dumps(dict(zip(COLUMNS, row, strict=True)) | {"tags/all": {"x": [1]}}) for row in ROWS]
    lines += ["", "[1, 2]", "{broken", json.dumps({"id": "4", "customer": None, "at": "2024-05-01"})]
    (lab_file.parent / "x.jsonl").write_text("\n".join(lines), encoding="utf-8")
    lab = open_lab(lab_file)
    rows = lab.frame(lab.table("responses"))
    assert _found(lab_file)[:2] == EXPECTED
    assert rows.tags[0] == '{"x":[1]}'
    assert rows.customer_id.isna().tolist() == [False, False, True]
    assert lab.ledger.count("in", table="responses", stage="intake") == 5
    assert lab.ledger.count("quarantined", table="responses", stage="intake", reason="the line is no JSON object") == 2


def test_json_lines_without_a_mapped_key_are_refused(make_lab: MakeLab, responses: str) -> None:
    lab_file = _lab(make_lab, responses, "x.jsonl")
    (lab_file.parent / "x.jsonl").write_text('{"id": "1", "customers": "a", "score": 5, "at": "2024-05-01"}\n')
    with pytest.raises(SchemaError, match=r"it has no `customer`\. Did you mean `customers`"):
        intake.check(lab_file)


def test_parquet_with_nested_values(make_lab: MakeLab, responses: str) -> None:
    lab_file = _lab(make_lab, responses + 'tags = "tags"\n', "x.parquet")
    table = {name: [row[at] for row in ROWS] for at, name in enumerate(COLUMNS)}
    pq.write_table(pa.table(table | {"tags": [[1, 2], None]}), lab_file.parent / "x.parquet")
    assert _found(lab_file) == EXPECTED
    lab = open_lab(lab_file)
    assert lab.frame(lab.table("responses")).tags.tolist()[0] == "[1,2]"


def test_a_duckdb_file(make_lab: MakeLab, responses: str) -> None:
    lab_file = _lab(make_lab, responses, "x.duckdb", 'table = "answers"')
    with duckdb.connect(str(lab_file.parent / "x.duckdb")) as engine:
        engine.execute("CREATE TABLE other (x INTEGER)")
        engine.execute('CREATE TABLE answers (id VARCHAR, customer VARCHAR, score INTEGER, "at" TIMESTAMP)')
        engine.executemany("INSERT INTO answers VALUES (?, ?, ?, ?)", ROWS)
    assert _found(lab_file) == EXPECTED
    without = _lab(make_lab, responses, "x.duckdb")
    with pytest.raises(SchemaError, match=r"it has `answers`, `other`\. Write `table`"):
        intake.check(without)


def _workbook(path: Path, rows: list[list[object]], sheet: str = "answers") -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "read me"  # type: ignore[union-attr]
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(row)
    book.save(path)


def test_a_workbook(make_lab: MakeLab, responses: str) -> None:
    lab_file = _lab(make_lab, responses, "x.xlsx", 'sheet = "answers"')
    rows: list[list[object]] = [
        [],
        list(COLUMNS),
        ["007", "NA", 9.0, pd.Timestamp("2024-05-01").to_pydatetime()],
        [],
        [2, "b", 8, pd.Timestamp("2024-05-02 10:30").to_pydatetime()],
        [3, "c", "#N/A", pd.Timestamp("2024-05-03").to_pydatetime()],
        [4, "d", "=1/0", pd.Timestamp("2024-05-03").to_pydatetime()],
        [5, "e", 7, pd.Timestamp("2024-05-03").to_pydatetime(), "beyond"],
    ]
    _workbook(lab_file.parent / "x.xlsx", rows)
    assert _found(lab_file)[:2] == EXPECTED
    accounting = intake.check(lab_file)
    assert accounting.tables[0].missing["score"] == 2
    assert accounting.tables[0].remarks == {"cells of x.xlsx with an error of the workbook, read as no value": 1}
    assert (
        accounting.ledger.count("quarantined", table="responses", stage="intake", reason="the line has too many cells")
        == 1
    )


def test_a_workbook_names_its_sheets(make_lab: MakeLab, responses: str) -> None:
    lab_file = _lab(make_lab, responses, "x.xlsx", 'sheet = "answer"')
    _workbook(lab_file.parent / "x.xlsx", [list(COLUMNS)])
    with pytest.raises(SchemaError, match=r"has no `answer`\. Did you mean `answers`"):
        intake.check(lab_file)
    with pytest.raises(SourceError, match="must begin with a header row"):
        intake.check(_lab(make_lab, responses, "x.xlsx"))


@pytest.mark.parametrize("name", ["x.xlsx", "x.duckdb", "x.parquet"])
def test_a_file_of_another_kind_is_refused(make_lab: MakeLab, responses: str, name: str) -> None:
    lab_file = _lab(make_lab, responses, name)
    (lab_file.parent / name).write_text(_text())
    with pytest.raises(SourceError, match=rf"Source `{name}` must be an? "):
        intake.check(lab_file)


def test_a_format_may_be_said_where_the_ending_does_not(make_lab: MakeLab, responses: str) -> None:
    lab_file = _lab(make_lab, responses, "x.data", 'format = "parquet"')
    pd.DataFrame(ROWS, columns=list(COLUMNS)).to_parquet(lab_file.parent / "x.data")
    assert _found(lab_file) == EXPECTED


def test_a_column_that_changes_its_type_after_a_million_rows(make_lab: MakeLab, responses: str) -> None:
    lab_file = _lab(make_lab, responses, "x.csv")
    with (lab_file.parent / "x.csv").open("w") as file:
        file.write("id,customer,score,at\n")
        file.writelines(f"{n},{n},{n % 11},2024-05-01\n" for n in range(1_000_000))
        file.write("x1,c,seven,2024-05-01\n0x2,d,7,someday\nx3,e,7,2024-05-01\n")
    accounting = intake.check(lab_file)
    assert (accounting.tables[0].rows, accounting.tables[0].missing["score"]) == (1_000_001, 0)
    assert [line.reason for line in accounting.ledger.lines if line.outcome == "quarantined"] == [
        "`responded_at` is no date or time",
        "`score` is no number",
    ]
