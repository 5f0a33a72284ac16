"""Open one file of any format: its columns, its cells as SQL, and its rows counted without the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cemlab.core.errors import SchemaError, SourceError, listed, near_miss
from cemlab.data import workbook
from cemlab.data.contents import refuse_other
from cemlab.data.layout import Layout
from cemlab.data.quoting import identifier, quoted
from cemlab.data.records import UNCLOSED
from cemlab.data.scanning import refused_beside, scan

_LINE_FAULTS = {
    "TOO MANY COLUMNS": "the line has too many cells",
    "MISSING COLUMNS": "the line has too few cells",
    "UNQUOTED VALUE": UNCLOSED,
    "LINE SIZE OVER MAXIMUM": "the line is too long",
    "INVALID ENCODING": "the line is no text in the declared encoding",
}
FRESH = "DROP TABLE IF EXISTS refused; DROP TABLE IF EXISTS refused_scans"
"""SQL to run before each reading: the engine would add the lines that it refuses to those of the last one."""
_DEFAULT_LINE = 2_000_000
_EXACT = 1 << 53
"""Below this, each whole number is one that a fraction's type holds exactly."""
_NO_OBJECT = "the line is no JSON object"


@dataclass
class Rows:
    """An opened file.

    Attributes
    ----------
    columns : tuple of str
        Its headers.
    records : int
        Its rows, counted without the engine.
    relation : str
        SQL that reads them, to stand after FROM.
    cells : tuple of str
        SQL of each column's cell as text.
    fault : str
        SQL of what is wrong with a whole row; empty when nothing can be.
    replaced : int
        Sequences that the encoding does not know.
    remarks : dict of str to int
        What else was seen, and how often.
    lines : str
        SQL of the lines that never become rows: line, text, reason; empty when there are none.
    """

    columns: tuple[str, ...]
    records: int
    relation: str
    cells: tuple[str, ...]
    fault: str = ""
    replaced: int = 0
    remarks: dict[str, int] = field(default_factory=dict)
    lines: str = ""


def open_file(path: Path, *, layout: Layout, connection: Any, aside: Path) -> Rows:
    """Open a file so that the engine can read it.

    Parameters
    ----------
    path : Path
        The file.
    layout : Layout
        How to read it.
    connection : duckdb connection
        Which will read it.
    aside : Path
        Where copies go, less their endings.

    Returns
    -------
    Rows
        Nothing of them is read by the engine yet.

    Raises
    ------
    SourceError
        When the file is not what it is said to be.
    SchemaError
        When its sheet or table is not there.
    """
    if layout.format == "parquet":
        return _parquet(path, layout)
    if layout.format == "excel":
        copy = aside.with_suffix(".parquet")
        columns, records, errors = workbook.copy(path, layout=layout, to=copy)
        remarks = {f"cells of {layout.file} with an error of the workbook, read as no value": errors} if errors else {}
        cells = tuple(identifier(f"c{at}") for at in range(len(columns)))
        fault = "CASE WHEN beyond THEN 'the line has too many cells' END"
        return Rows(columns, records, f"read_parquet({literal(copy)})", cells, fault, remarks=remarks)
    if layout.format == "duckdb":
        return _database(path, layout, connection)
    return _text(path, layout, connection=connection, aside=aside)


def literal(path: Path) -> str:
    """Return a path as an SQL string in which no character is a pattern.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        In single quotes.
    """
    return quoted("".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path)))


def positions(wanted: Iterable[str], rows: Rows, *, name: str) -> Mapping[str, str]:
    """Return the cells of the columns that a lab file names.

    Parameters
    ----------
    wanted : iterable of str
        Headers.
    rows : Rows
        The opened file.
    name : str
        As the lab file calls it.

    Returns
    -------
    mapping of str to str
        Header → SQL of its cell.

    Raises
    ------
    SchemaError
        When one is not there, or there twice.
    """
    wanted = list(wanted)
    for header in wanted:
        if header not in rows.columns:
            raise SchemaError(
                f"`{name}` must have each column that the lab file maps: it has no `{header}`. "
                f"{_hint(header, rows.columns)}{there(rows.columns, wanted)}"
            )
        if rows.columns.count(header) > 1:
            raise SchemaError(
                f"A mapped column must be there once: `{name}` has {rows.columns.count(header)} columns `{header}`. "
                "Rename one in the file."
            )
    return {header: rows.cells[rows.columns.index(header)] for header in wanted}


def there(columns: tuple[str, ...], known: Iterable[str]) -> str:
    """Return the columns of a file as a message may name them.

    Parameters
    ----------
    columns : tuple of str
        Its headers, as read.
    known : iterable of str
        Headers that the lab file names.

    Returns
    -------
    str
        One sentence. Without a single known header the first line may be a customer's row: then it is not shown.
    """
    if set(columns) & set(known):
        return f"It has: {listed(columns)}."
    return (
        f"None of its {len(columns):,} columns is named in the lab file: check that it is the right file, and that it "
        "begins with a header row."
    )


def _hint(header: str, columns: tuple[str, ...]) -> str:
    if any(column.strip() == header.strip() for column in columns):
        return "It has one that differs only by blanks: write `strip_headers = true` beside the file. "
    return near_miss(header, columns)


def _parquet(path: Path, layout: Layout) -> Rows:
    try:
        header = pq.ParquetFile(path)
        schema, records = header.schema_arrow, header.metadata.num_rows
    except (OSError, ValueError) as error:
        raise SourceError(
            f"Source `{layout.file}` must be a Parquet file: it cannot be opened as one ({type(error).__name__}). "
            "Export it again."
        ) from None
    cells = tuple(_as_text(each.name, _kind(each.type)) for each in schema)
    return Rows(_stripped(schema.names, layout), records, f"read_parquet({literal(path)})", cells)


def _kind(arrow_type: pa.DataType) -> str:
    if pa.types.is_nested(arrow_type):
        return "nested"
    return "float" if pa.types.is_floating(arrow_type) else "decimal" if pa.types.is_decimal(arrow_type) else ""


def _as_text(column: str, kind: str) -> str:
    """The cell as text; a whole number of a column of fractions loses its point, since ids become such once one is missing."""
    name = identifier(column)
    if kind == "nested":
        return f"CAST(to_json({name}) AS VARCHAR)"
    text, whole = f"CAST({name} AS VARCHAR)", f"{name} = trunc({name})"
    if kind == "decimal":
        return f"CASE WHEN {whole} THEN CAST(CAST({name} AS HUGEINT) AS VARCHAR) ELSE {text} END"
    if kind == "float":
        exact = f"{whole} AND abs({name}) < {_EXACT}"
        return f"CASE WHEN {exact} THEN CAST(CAST({name} AS BIGINT) AS VARCHAR) WHEN NOT isnan({name}) THEN {text} END"
    return text


def _stripped(columns: Iterable[str], layout: Layout) -> tuple[str, ...]:
    return tuple(column.strip() if layout.strip_headers else column for column in columns)


def _database(path: Path, layout: Layout, connection: Any) -> Rows:
    try:
        connection.execute("DETACH DATABASE IF EXISTS source")
        connection.execute(f"ATTACH {quoted(str(path))} AS source (READ_ONLY)")
    except duckdb.Error as error:
        raise SourceError(
            f"Source `{layout.file}` must be a DuckDB file: it cannot be opened as one ({type(error).__name__}). Close "
            "what writes to it, or export it again."
        ) from None
    found = connection.execute(
        "SELECT DISTINCT table_name FROM duckdb_columns() WHERE database_name = 'source' ORDER BY ALL"
    ).fetchall()
    tables = [str(name) for (name,) in found]
    wanted = layout.table or (tables[0] if len(tables) == 1 else "")
    if wanted not in tables:
        raise SchemaError(
            f"`{layout.file}` must have the table that the lab file names: it has {listed(tables)}. "
            f"{near_miss(wanted, tables)}Write `table` beside its `file`."
        )
    relation = f"source.{identifier(wanted)}"
    columns = connection.execute(f"DESCRIBE {relation}").fetchall()
    records = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()[0]
    cells = tuple(_as_text(name, _kind_named(type_)) for name, type_, *_ in columns)
    return Rows(_stripped((name for name, *_ in columns), layout), records, relation, cells)


def _kind_named(engine_type: str) -> str:
    if engine_type.endswith("]") or engine_type.startswith(("STRUCT", "MAP", "UNION")):
        return "nested"
    return "float" if engine_type in ("DOUBLE", "FLOAT") else "decimal" if engine_type.startswith("DECIMAL") else ""


def _text(path: Path, layout: Layout, *, connection: Any, aside: Path) -> Rows:
    refuse_other(path, name=layout.file, encoding=layout.encoding, lines=layout.format == "jsonl")
    copy = aside.with_suffix(".utf8")
    found = scan(path, layout=layout, aside=copy)
    mark = quoted(found.marks.quote.decode())
    columns = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(found.columns)))
    headed = "false" if layout.header or layout.format == "jsonl" else "true"
    packed = "gzip" if found.path == path and path.suffix.lower() == ".gz" else "none"
    relation = (
        f"read_csv({literal(found.path)}, columns = {{{columns}}}, auto_detect = false, header = {headed}, "
        f"compression = '{packed}', delim = {quoted(found.marks.delimiter.decode())}, quote = {mark}, escape = {mark}, "
        f"max_line_size = {max(_DEFAULT_LINE, found.longest + 1)}, store_rejects = true, rejects_limit = 0, "
        "rejects_table = 'refused', rejects_scan = 'refused_scans')"
    )
    rows = Rows(found.columns, found.records, relation, tuple(f"c{at}" for at in range(len(found.columns))))
    rows.replaced, rows.lines = found.replaced, _refused(refused_beside(copy) if found.refused else None)
    return _objects(rows, layout, connection) if layout.format == "jsonl" else rows


def _refused(beside: Path | None) -> str:
    """SQL of the lines that the reader refused, and of those that were kept from it."""
    cases = " ".join(f"WHEN {quoted(kind)} THEN {quoted(words)}" for kind, words in _LINE_FAULTS.items())
    lines = (
        "SELECT line, any_value(csv_line) AS text, "
        f"min(CASE CAST(error_type AS VARCHAR) {cases} ELSE 'the line is no CSV' END) AS reason "
        "FROM refused GROUP BY line"
    )
    if beside is None:
        return lines
    return f"{lines} UNION ALL SELECT NULL, text, {quoted(UNCLOSED)} FROM read_parquet({literal(beside)})"


def _objects(rows: Rows, layout: Layout, connection: Any) -> Rows:
    """JSON lines: each key of any of them is a column."""
    # an AND would look into lines that are no JSON too
    sound = "CASE WHEN json_valid(c0) THEN json_type(c0) = 'OBJECT' ELSE false END"
    lines = f"(SELECT c0 AS line, {sound} AS sound FROM {rows.relation} WHERE c0 IS NOT NULL)"
    keys_of = "unnest(CASE WHEN sound THEN json_keys(line) END)"
    connection.execute(FRESH)
    found = connection.execute(f"SELECT DISTINCT {keys_of} FROM {lines} ORDER BY ALL").fetchall()
    keys = [str(key) for (key,) in found]
    pointers = (quoted("/" + key.replace("~", "~0").replace("/", "~1")) for key in keys)
    cells = tuple(f"CASE WHEN sound THEN json_extract_string(line, {pointer}) END" for pointer in pointers)
    fault = f"CASE WHEN NOT sound THEN {quoted(_NO_OBJECT)} END"
    return Rows(_stripped(keys, layout), rows.records, lines, cells, fault, replaced=rows.replaced, lines=rows.lines)
