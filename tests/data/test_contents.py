"""A file that is no table is refused by the name of its format, and nothing that a file holds stands in a message."""

from __future__ import annotations

import gzip
import io
import json
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cemlab.cli import main
from cemlab.core.errors import SchemaError, SourceError, listed, one_line
from cemlab.data import intake
from cemlab.data.contents import refuse_other

MakeLab = Callable[..., Path]
SECRET = "zq7secret"
"""Planted in cells and headers; it must come out nowhere."""


def _zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, SECRET)
    return stream.getvalue()


def _parquet() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({SECRET: [SECRET]}), stream)
    return stream.getvalue()


OTHERS = {
    "SPSS": b"$FL2@(#) SPSS DATA FILE " + SECRET.encode(),
    "Stata": b"<stata_dta><header>" + SECRET.encode(),
    "Stata, old": b"\x72\x02\x01\x00\x05\x00" + SECRET.encode(),
    "SAS": bytes(12) + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00" + SECRET.encode(),
    "SAS transport": b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000" + SECRET.encode(),
    "old Excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + SECRET.encode(),
    "zip archive": _zipped("survey.csv"),
    "Excel workbook": _zipped("xl/workbook.xml"),
    "binary Excel": _zipped("xl/workbook.bin"),
    "OpenDocument": _zipped("mimetype", "content.xml"),
    "SQLite": b"SQLite format 3\x00" + SECRET.encode(),
    "Parquet": _parquet(),
    "XML": f'<?xml version="1.0"?>\n<log><string value="{SECRET}"/></log>'.encode(),
    "XML, bare": f'<log>\n<string value="{SECRET}"/></log>'.encode(),
    "HTML": f"\n<!DOCTYPE html><table><tr><td>{SECRET}</td></tr></table>".encode(),
    "JSON array": json.dumps([{"id": SECRET, "score": 9}]).encode(),
    "JSON array, indented": json.dumps([{"id": SECRET}], indent=1).encode(),
    "JSON array, of lists": json.dumps([[1, 2], [SECRET, 3]]).encode(),
    "JSON": json.dumps({"SurveyEntry": {"SurveyID": SECRET}}).encode(),
    "no text": b"\x04\x01" + SECRET.encode() + b"\x00\x02,a\n1,2\n",
    "no text, with a clean first line": b"id,score\n" + SECRET.encode() + bytes(range(32)) * 40,
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_file_of_another_format_is_refused_by_its_content(tmp_path: Path, what: str) -> None:
    path = tmp_path / "survey.csv"
    path.write_bytes(OTHERS[what])
    with pytest.raises(SourceError, match=what.split(",", maxsplit=1)[0]) as refused:
        refuse_other(path, name="survey.csv", encoding="utf-8")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [
        b"id,score\n1,2\n",
        b"\xef\xbb\xbfid,score\n1,\x00\n",
        "näme;€\n1;2\n".encode("windows-1252"),
        "näme;€;日本\n1;2;3\n".encode(),
        "id,score\n1,2\n".encode("utf-16"),
        b"[id],[score]\n1,2\n",
        b"{id},<score>\n1,2\n",
        b"",
    ],
)
def test_a_table_in_text_is_not_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "survey.csv"
    path.write_bytes(content)
    refuse_other(path, name="survey.csv")


def test_objects_in_lines_are_json_to_a_reader_of_text_only(tmp_path: Path) -> None:
    path = tmp_path / "survey.json"
    path.write_text('{"id": 1}\n{"id": 2}\n', encoding="utf-8")
    refuse_other(path, name="survey.json", lines=True)
    with pytest.raises(SourceError, match='format = "jsonl"'):
        refuse_other(path, name="survey.json")


def test_a_packed_file_is_looked_into(tmp_path: Path) -> None:
    path = tmp_path / "survey.csv.gz"
    path.write_bytes(gzip.compress(OTHERS["JSON array"]))
    with pytest.raises(SourceError, match="a JSON array"):
        refuse_other(path, name="survey.csv.gz")


MALFORMED = OTHERS | {
    "no header": f"{SECRET},9,2024-01-01\nb,8,2024-01-02\n".encode(),
    "other columns": f"{SECRET},{SECRET} b\n1,2\n".encode(),
    "open quote": f'id,customer,score,at\n1,{SECRET},9,2024-01-01\n2,"{SECRET},3,2024-01-01\n'.encode(),
    "wrong types": f"id,customer,score,at\n1,a,{SECRET},2024-01-01\n2,b,3,{SECRET}\n".encode(),
    "ragged": f"id,customer,score,at\n1,a,9,2024-01-01,{SECRET}\n2,{SECRET}\n".encode(),
    "header twice": f"id,id,customer,score,at\n1,{SECRET},a,9,2024-01-01\n".encode(),
    "one long line": SECRET.encode() * 40_000,
    "line ends in the header": f'"id\n{SECRET}",client\n1,2\n'.encode(),
    "no UTF-8": f"id,customer,score,at\n1,{SECRET}".encode() + b"\xff\xfe,9,2024-01-01\n",
    "a truncated Parquet file": b"PAR1" + SECRET.encode(),
    "only a header": f"{SECRET},b,c\n".encode(),
}


FEW = ["JSON array", "no text", "no header", "a truncated Parquet file"]
TRIED = [(what, "csv") for what in MALFORMED] + [
    (what, ending) for what in FEW for ending in ("jsonl", "parquet", "xlsx", "duckdb", "csv.gz")
]


@pytest.mark.parametrize(("what", "ending"), TRIED)
def test_nothing_that_a_file_holds_comes_out(
    make_lab: MakeLab,
    responses: str,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    what: str,
    ending: str,
) -> None:
    content = gzip.compress(MALFORMED[what]) if ending.endswith("gz") else MALFORMED[what]
    lab_file = make_lab(responses.replace("nps.csv", f"nps.{ending}"))
    source = lab_file.parent / f"nps.{ending}"
    source.write_bytes(content)
    lookup = f'{{ from = "id", lookup = {{ file = "nps.{ending}", key = "id", value = "customer" }} }}'
    looked_up = make_lab(responses.replace('"customer"', lookup), folder="looked-up")
    (looked_up.parent / "nps.csv").write_text("id,score,at\n1,2,2024-01-01\n", encoding="utf-8")
    (looked_up.parent / f"nps.{ending}").write_bytes(content)
    caplog.set_level(logging.DEBUG)
    for lab in (lab_file, looked_up):
        with pytest.raises(SystemExit):
            main(["check", str(lab)])
    told = capsys.readouterr()
    assert SECRET not in told.out + told.err + caplog.text


@pytest.mark.parametrize(
    ("what", "ending"),
    [(what, "dat") for what in OTHERS]
    + [("no text", ending) for ending in ("jsonl", "parquet", "xlsx", "csv.gz")]
    + [("JSON array", "jsonl")],
)
def test_init_shows_nothing_of_a_file_that_is_no_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str, ending: str
) -> None:
    path = tmp_path / f"nps.{ending}"
    path.write_bytes(gzip.compress(OTHERS[what]) if ending.endswith("gz") else OTHERS[what])
    with pytest.raises(SystemExit) as left:
        main(["init", str(path), "--out", str(tmp_path / "lab.toml")])
    told = capsys.readouterr()
    assert left.value.code == SourceError.exit_code
    assert SECRET not in told.out + told.err


def test_a_list_of_columns_is_cut() -> None:
    assert listed(f"c{at}" for at in range(40)).endswith("`c11` and 28 more")
    assert listed([]) == "none"
    assert one_line("a\nb\u2028\x1b" + "x" * 50) == "a\\nb\\u2028\\x1b" + "x" * 34 + "…"


def test_a_header_is_named_only_where_the_lab_file_knows_one(make_lab: MakeLab, responses: str) -> None:
    known = make_lab(responses, nps="id,client,score,at\n1,a,9,2024-01-01\n", folder="known")
    with pytest.raises(SchemaError, match=r"has no `customer`. It has: `id`, `client`, `score`, `at`\."):
        intake.check(known)
    unknown = make_lab(responses, nps="1,Jane Doe,9,2024-01-01\n2,John,8,2024-01-02\n", folder="unknown")
    with pytest.raises(SchemaError, match="None of its 4 columns is named in the lab file"):
        intake.check(unknown)
