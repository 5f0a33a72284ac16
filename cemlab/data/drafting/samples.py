"""The first rows of an export as text, and how the file wants to be read."""

from __future__ import annotations

import codecs
import csv
import io
import json
import math
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path

from cemlab.core.errors import SourceError
from cemlab.data.contents import opened, refuse_other

ROWS = 50_000
"""Most rows of a file that are looked at."""

_BYTES = 8 << 20
_DELIMITERS = (",", ";", "\t", "|")
_TRIED_LINES = 50
_PARQUET = (".parquet", ".pq")
_JSON = (".jsonl", ".ndjson")
_EXCEL = (".xlsx", ".xlsm")
_NUMBER_OR_DAY = re.compile(r"\s*[+-]?\d[\d.,:/ TZ-]*\s*\Z")


@dataclass(frozen=True)
class Sample:
    """The beginning of one export.

    Attributes
    ----------
    path : Path
        The file.
    header : tuple of str
        Names of its columns, as the file writes them.
    rows : tuple of tuple of str
        Up to `ROWS` rows, each as wide as the header; a cell that is not there is empty.
    whole : bool
        True when these are all rows.
    encoding, delimiter : str
        How to read a text file; empty for other formats. Runs of blanks are ``blanks``.
    named : bool
        False when the file has no header and the names were made up.
    """

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    whole: bool
    encoding: str = ""
    delimiter: str = ""
    named: bool = True

    @property
    def layout(self) -> tuple[object, ...]:
        """What files must share to be read as one."""
        return self.header, self.encoding, self.delimiter, self.named, _ending(self.path)


def take(path: Path) -> Sample:
    """Read the beginning of an export.

    Parameters
    ----------
    path : Path
        CSV, TSV or other delimited text (also ``.gz``), Parquet, JSON lines, or Excel.

    Returns
    -------
    Sample
        Its first rows as text.

    Raises
    ------
    SourceError
        When it is not there, is of another format, cannot be read, or holds no row.
    """
    ending = _ending(path)
    if ending not in (*_PARQUET, *_EXCEL):
        refuse_other(path, name=path.name, lines=ending in _JSON)
    try:
        if ending in _PARQUET:
            found = _parquet(path)
        elif ending in _JSON:
            found = _json(path)
        elif ending in _EXCEL:
            found = _excel(path)
        else:
            found = _delimited(path)
    except (OSError, EOFError, zlib.error, ValueError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise SourceError(
            f"Each export must be a readable table: `{path.name}` is not ({reason}). Give CSV (also .gz), TSV, "
            "Parquet, JSON lines (.jsonl) or Excel (.xlsx)."
        ) from None
    if not found.rows:
        raise SourceError(f"An export must hold rows: `{path.name}` has none below its header. Export it again.")
    return found


def _ending(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


def _delimited(path: Path) -> Sample:
    with opened(path) as stream:
        content = stream.read(_BYTES + 1)
    whole, content = len(content) <= _BYTES, content[:_BYTES]
    encoding = _encoding(content)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(content).lstrip("\ufeff").replace("\x00", "")
    if not whole:
        text = text[: text.rfind("\n") + 1]
    delimiter = _delimiter(text)
    records = [record for record in islice(_records(text, delimiter), ROWS + 2) if any(record)]
    whole = whole and len(records) <= ROWS + 1
    names = tuple(records[0]) if records else ()
    named = _is_header(records)
    if not named:
        names = tuple(f"column_{position}" for position in range(1, len(names) + 1))
    return _sample(path, names, records[named:], whole=whole, encoding=encoding, delimiter=delimiter, named=named)


def _sample(
    path: Path,
    header: tuple[str, ...],
    records: Iterable[Iterable[str]],
    *,
    whole: bool,
    encoding: str = "",
    delimiter: str = "",
    named: bool = True,
) -> Sample:
    width = len(header)
    rows = tuple(
        (*cells[:width], *[""] * (width - len(cells))) for cells in (tuple(record) for record in islice(records, ROWS))
    )
    return Sample(path, header, rows, whole, encoding, delimiter, named)


def _encoding(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        # a cut may fall inside a character: the incremental decoder waits for its rest
        codecs.getincrementaldecoder("utf-8")("strict").decode(content)
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    if delimiter == "blanks":
        return (line.split() for line in text.splitlines())
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _delimiter(text: str) -> str:
    """The mark that cuts the most lines into the same number of cells, more than one."""
    lines = "\n".join(text.splitlines()[: _TRIED_LINES + 1])

    def regularity(mark: str) -> tuple[float, int]:
        widths = [len(record) for record in _records(lines, mark) if record]
        width = widths[0] if widths else 0
        return (widths.count(width) / len(widths) if width > 1 else 0.0), width

    scored = {mark: regularity(mark) for mark in _DELIMITERS}
    best = max(scored, key=lambda mark: scored[mark])
    if scored[best][0] > 0:
        return best
    return "blanks" if regularity("blanks")[0] > 0.9 else ","


def _is_header(records: list[list[str]]) -> bool:
    """A row of names: hardly any is a value further down, and none is a number."""
    if not records:
        return True
    first = [cell.strip() for cell in records[0]]
    again = sum(
        any(cell == record[at].strip() for record in records[1:] if at < len(record))
        for at, cell in enumerate(first)
        if cell
    )
    if again > len(first) / 5:
        return False
    numbers = sum(bool(_NUMBER_OR_DAY.match(cell)) for cell in first)
    return numbers == 0 or (len(set(first)) == len(first) and numbers < len(first) / 4)


def _parquet(path: Path) -> Sample:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    batch = next(file.iter_batches(batch_size=ROWS), None)
    columns = [[_text(value) for value in column.to_pylist()] for column in batch.columns] if batch else []
    names = tuple(file.schema_arrow.names)
    return _sample(path, names, zip(*columns, strict=True), whole=file.metadata.num_rows <= ROWS)


def _json(path: Path) -> Sample:
    with opened(path) as stream:
        lines = [line for line in islice(stream, ROWS + 1) if line.strip()]
    objects = [json.loads(line) for line in lines]
    if not all(isinstance(item, dict) for item in objects):
        raise ValueError("not one object a line")
    names = tuple(dict.fromkeys(str(name) for item in objects for name in item))
    rows = ([_text(item.get(name)) for name in names] for item in objects)
    return _sample(path, names, rows, whole=len(lines) <= ROWS)


def _excel(path: Path) -> Sample:
    import zipfile

    import openpyxl

    try:
        sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
    except (zipfile.BadZipFile, KeyError, IndexError):
        raise ValueError("no workbook") from None
    rows = [[_text(value) for value in row] for row in islice(sheet.iter_rows(values_only=True), ROWS + 2)]
    rows = [row for row in rows if any(row)]
    header = tuple(rows[0]) if rows else ()
    return _sample(path, header, rows[1:], whole=len(rows) <= ROWS + 1)


def _text(value: object) -> str:
    """A value as intake reads it: nothing for none, ISO 8601 for days and times, a whole number without a point."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float | Decimal) and value == int(value):
        return str(int(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def relative(path: Path, *, to: Path) -> str:
    """Return a file's name as a lab file writes it.

    Parameters
    ----------
    path : Path
        The file.
    to : Path
        Folder of the lab file.

    Returns
    -------
    str
        With forward slashes, relative to that folder.
    """
    return Path(os.path.relpath(path.resolve(), to.resolve())).as_posix()
