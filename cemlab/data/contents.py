"""What a file is by its first bytes: what is no table that cemlab reads is refused by the name of its format."""

from __future__ import annotations

import codecs
import gzip
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from cemlab.core.errors import SourceError

_HEAD = 1 << 12
_SURELY = 256
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SAVE = "Save it as CSV or Parquet"
_UNPACK = "Unpack it, and name the table in it"
_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"$FL2", "an SPSS file", _SAVE),
    (b"$FL3", "an SPSS file", _SAVE),
    (b"<stata_dta>", "a Stata file", _SAVE),
    (bytes(12) + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00", "a SAS file", _SAVE),
    (b"HEADER RECORD*******", "a SAS transport file", _SAVE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls), or one with a password", "Save it as .xlsx"),
    (b"SQLite format 3\x00", "an SQLite database", "Export its table as CSV or Parquet"),
    (b"PAR1", "a Parquet file", 'Name it .parquet, or write `format = "parquet"`'),
    (b"ARROW1", "an Arrow file", _SAVE),
    (b"ORC", "an ORC file", _SAVE),
    (b"Obj\x01", "an Avro file", _SAVE),
    (b"\x1f\x8b", "a gzip file", "Name it .csv.gz"),
    (b"BZh", "a bzip2 file", _UNPACK),
    (b"\xfd7zXZ", "an xz file", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"%PDF", "a PDF file", "Export the table itself, as CSV or Parquet"),
)
_OLD_STATA = re.compile(rb"[\x68-\x73][\x01\x02]\x01\x00")
"""Version, byte order, file type and padding of Stata files before version 13."""
_ARCHIVES: tuple[tuple[str, str, str], ...] = (
    ("xl/workbook.xml", "an Excel workbook", 'Name it .xlsx, or write `format = "excel"`'),
    ("xl/workbook.bin", "a binary Excel workbook (.xlsb)", "Save it as .xlsx"),
    ("content.xml", "an OpenDocument file (.ods)", "Save it as .xlsx or CSV"),
    ("word/document.xml", "a Word document", _SAVE),
)
_MARKUP: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"\[\s*([\[{\"\]]|-?\d+\s*,\s*-?\d|\Z)"),
        "a JSON array",
        "Write one object a line, and name it .jsonl",
    ),
    (
        re.compile(r"\{\s*([\"}]|\Z)"),
        "JSON",
        'Write one object a line, and name it .jsonl (or write `format = "jsonl"`)',
    ),
    (re.compile(r"<!doctype html|<html|<table|<meta|<head", re.IGNORECASE), "an HTML page", "Save it as CSV or .xlsx"),
    (re.compile(r"<\?xml|<(log|workbook|root|data)[\s>]", re.IGNORECASE), "an XML file", "Export it as CSV"),
)


def refuse_other(path: Path, *, name: str, encoding: str = "", lines: bool = False) -> None:
    """Refuse a file whose first bytes say that it is no text in lines.

    Parameters
    ----------
    path : Path
        The file, gzipped when it ends in ``.gz``.
    name : str
        What messages call it.
    encoding : str, default ""
        In which it is read; empty when that is not known.
    lines : bool, default False
        True for JSON lines, which may begin as JSON does.

    Raises
    ------
    SourceError
        Naming the format, and nothing of the content.
    """
    try:
        with opened(path) as stream:
            head = stream.read(_HEAD)
    except (OSError, EOFError, zlib.error):
        return  # who reads it says what is wrong
    found = _by_bytes(path, head) or _by_text(_decoded(head, encoding), lines=lines)
    if found:
        what, remedy = found
        raise SourceError(f"Each source must be a table that cemlab reads: `{name}` is {what}. {remedy}.")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, unpacked where its name ends in ``.gz``.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    binary stream
        At its beginning.
    """
    if path.name.lower().endswith(".gz"):
        with gzip.open(path) as unpacked:
            yield cast("IO[bytes]", unpacked)
    else:
        with path.open("rb") as stream:
            yield stream


def _by_bytes(path: Path, head: bytes) -> tuple[str, str] | None:
    for start, what, remedy in _STARTS:
        if head.startswith(start):
            return what, remedy
    if _OLD_STATA.match(head):
        return "a Stata file", _SAVE
    if head[8:12] == b"DUCK":
        return "a DuckDB database", 'Name it .duckdb, or write `format = "duckdb"`'
    return _archive(path) if head.startswith(b"PK\x03\x04") else None


def _archive(path: Path) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            held = set(archive.namelist())
    except (zipfile.BadZipFile, OSError):
        held = set()
    return next(((what, remedy) for part, what, remedy in _ARCHIVES if part in held), ("a zip archive", _UNPACK))


def _decoded(head: bytes, encoding: str) -> str:
    guess = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "latin-1"
    text = codecs.getincrementaldecoder(encoding or guess)("replace").decode(head)
    return text.removeprefix("\ufeff").removeprefix("ï»¿").lstrip()


def _by_text(text: str, *, lines: bool) -> tuple[str, str] | None:
    for look, what, remedy in _MARKUP:
        if look.match(text) and not (lines and what == "JSON"):
            return what, remedy
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    if _CONTROL.search(first) or (len(text) > _SURELY and len(_CONTROL.findall(text)) > len(text) / 20):
        return "no text: it holds control characters where its header should be", _SAVE
    return None
