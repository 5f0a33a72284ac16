"""Excel workbooks: a sheet as rows of text, read row by row."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from cemlab.core.errors import SchemaError, SourceError, listed, near_miss
from cemlab.data.layout import Layout

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

_BATCH = 20_000


def copy(path: Path, *, layout: Layout, to: Path) -> tuple[tuple[str, ...], int, int]:
    """Copy a sheet to Parquet as text; empty rows are none.

    Whole numbers lose their decimal point, dates are ISO 8601, a formula is the value that was
    saved with it, and an error (such as a division by zero) is no value.

    Parameters
    ----------
    path : Path
        The workbook.
    layout : Layout
        Names its sheet, and its columns if it has no header.
    to : Path
        Gets columns c0, c1, … and ``beyond``, true for a row with cells past the last header.

    Returns
    -------
    columns : tuple of str
        Headers.
    records : int
        Rows below the header that hold anything.
    errors : int
        Cells with an error.

    Raises
    ------
    SourceError
        When it is no workbook, or its sheet has no header row.
    SchemaError
        When it has no such sheet.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on styles and extensions, which are not read
        try:
            book = load_workbook(path, read_only=True, data_only=True)
        except (InvalidFileException, zipfile.BadZipFile, OSError, KeyError, ValueError) as error:
            raise SourceError(
                f"Source `{layout.file}` must be an Excel workbook: it cannot be opened as one "
                f"({type(error).__name__}). Save it as .xlsx, without a password."
            ) from None
        try:
            return _copied(_sheet(book, layout), layout, to)
        finally:
            book.close()


def _sheet(book: Workbook, layout: Layout) -> Iterator[tuple[Any, ...]]:
    name = layout.sheet or book.sheetnames[0]
    if name not in book.sheetnames:
        raise SchemaError(
            f"`{layout.file}` must have the sheet that the lab file names: it has no `{name}`. "
            f"{near_miss(name, book.sheetnames)}It has: {listed(book.sheetnames)}."
        )
    sheet: Any = book[name]
    sheet.reset_dimensions()  # what the file says of its own size is often wrong
    yield from sheet.iter_rows()


def _copied(rows: Iterator[tuple[Any, ...]], layout: Layout, to: Path) -> tuple[tuple[str, ...], int, int]:
    filled = (row for row in rows if any(cell.value is not None for cell in row))
    columns = layout.header or tuple(_text(cell) or "" for cell in next(filled, ()))
    while columns and not columns[-1]:
        columns = columns[:-1]
    if not columns:
        raise SourceError(
            f"Source `{layout.file}` must begin with a header row: its sheet holds none. Name another `sheet`."
        )
    width, records, errors = len(columns), 0, 0
    schema = pa.schema([*((f"c{at}", pa.string()) for at in range(width)), ("beyond", pa.bool_())])
    with pq.ParquetWriter(to, schema) as writer:
        batch: list[list[Any]] = []
        for row in filled:
            errors += sum(cell.data_type == "e" for cell in row)
            texts: list[Any] = [_text(cell) for cell in row[:width]]
            batch.append([*texts, *[None] * (width - len(texts)), any(cell.value is not None for cell in row[width:])])
            records += 1
            if len(batch) == _BATCH:
                writer.write_batch(_batch(batch, schema))
                batch = []
        writer.write_batch(_batch(batch, schema))
    stripped = tuple(column.strip() if layout.strip_headers else column for column in columns)
    return stripped, records, errors


def _batch(rows: list[list[Any]], schema: pa.Schema) -> pa.RecordBatch:
    turned: list[Any] = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.record_batch(
        [pa.array(list(cells), each.type) for cells, each in zip(turned, schema, strict=True)], schema=schema
    )


def _text(cell: Any) -> str | None:
    value = cell.value
    if value is None or cell.data_type == "e":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)
