"""Bring one canonical table's sources into the engine: typed, each row with what it breaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import pyarrow.parquet as pq

from cemlab.core.errors import SchemaError, SourceError, near_miss
from cemlab.core.schemas import TABLES, Table, Type
from cemlab.data.conversion import ENGINE_TYPES, Converted, convert, day_of, identifier, quoted
from cemlab.data.declaration import Declaration
from cemlab.data.mapping import Source
from cemlab.data.records import scan

_LINE_FAULTS = {
    "TOO MANY COLUMNS": "the line has too many cells",
    "MISSING COLUMNS": "the line has too few cells",
    "UNQUOTED VALUE": "a quote in the line is not closed or not at a cell's end",
    "LINE SIZE OVER MAXIMUM": "the line is too long",
    "INVALID ENCODING": "the line is no text in the declared encoding",
}
_UNREAD = "the line could not be separated from its neighbours"
_DEFAULT_LINE = 2_000_000


@dataclass
class Staged:
    """One table on its way into the snapshot.

    Attributes
    ----------
    table : Table
        The canonical table.
    types : dict of str to type
        Mapped columns.
    rows_in : int
        Records of all sources, counted without the engine.
    lost : dict of str to int
        Lines that never became a row, by reason.
    replaced : dict of str to int
        Source → undecodable sequences.
    """

    table: Table
    types: dict[str, Type]
    rows_in: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, int] = field(default_factory=dict)

    @property
    def instants(self) -> list[str]:
        """Columns that are instants."""
        return [name for name, type_ in self.types.items() if type_ == "instant"]


class Stage:
    """The engine's workshop: a connection, a folder for copies, and the lab's declaration.

    Parameters
    ----------
    connection : duckdb connection
        Its session zone is the lab's.
    declaration : Declaration
        The checked lab file.
    files : dict of str to Path
        Source files by name.
    folder : Path
        For copies in UTF-8 and lines that were refused.
    """

    def __init__(self, connection: Any, *, declaration: Declaration, files: dict[str, Path], folder: Path) -> None:
        self.connection = connection
        self.declaration = declaration
        self.files = files
        self.folder = folder

    def load(self, name: str) -> Staged:
        """Read every source of a table into the temporary table ``staged``.

        Parameters
        ----------
        name : str
            Canonical table.

        Returns
        -------
        Staged
            What was read, and what was lost on the way.

        Raises
        ------
        SourceError, SchemaError
            When a file cannot be read, or lacks a column that is mapped.
        """
        staged = Staged(TABLES[name], self.declaration.types(name))
        columns = [f"{identifier(column)} {ENGINE_TYPES[type_]}" for column, type_ in staged.types.items()]
        columns += [f"{identifier(f'_naive_{column}')} BOOLEAN" for column in staged.instants]
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE staged ({', '.join(columns)}, _fault VARCHAR, _cells VARCHAR)"
        )
        for position, source in enumerate(self.declaration.tables[name]):
            if source.layout(source.names[0]).format == "parquet":
                self._load_parquet(staged, source)
            else:
                self._load_csv(staged, source, aside=self.folder / f"{name}-{position}")
        return staged

    def _load_parquet(self, staged: Staged, source: Source) -> None:
        path = self.files[source.names[0]]
        try:
            header = pq.ParquetFile(path)
            columns, records = header.schema_arrow.names, header.metadata.num_rows
        except (OSError, ValueError) as error:
            raise SourceError(
                f"Source `{source.names[0]}` must be a Parquet file: it cannot be opened as one ({type(error).__name__}). "
                "Export it again."
            ) from None
        cells = {column: f"CAST({identifier(column)} AS VARCHAR)" for column in _wanted(source, columns)}
        before = self._count("staged")
        self._insert(staged, source, cells=cells, relation=f"read_parquet({quoted(str(path))})")
        self._account(staged, source, records=records, read=self._count("staged") - before, refused={})

    def _load_csv(self, staged: Staged, source: Source, *, aside: Path) -> None:
        layout = source.layout(source.names[0])
        found = scan(
            self.files[source.names[0]],
            name=source.names[0],
            encoding=layout.encoding,
            delimiter=layout.delimiter,
            quote=layout.quote,
            aside=aside.with_suffix(".utf8.csv"),
        )
        if found.replaced:
            staged.replaced[source.names[0]] = found.replaced
        position = _wanted(source, list(found.columns))
        columns = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(found.columns)))
        mark = quoted(layout.quote)
        relation = (
            f"read_csv({quoted(str(found.path))}, columns = {{{columns}}}, auto_detect = false, header = true, "
            f"delim = {quoted(layout.delimiter)}, quote = {mark}, escape = {mark}, "
            f"max_line_size = {max(_DEFAULT_LINE, found.longest + 1)}, store_rejects = true, rejects_limit = 0, "
            "rejects_table = 'refused', rejects_scan = 'refused_scans')"
        )
        before = self._count("staged")
        self.connection.execute("DROP TABLE IF EXISTS refused; DROP TABLE IF EXISTS refused_scans")
        self._insert(staged, source, cells={name: f"c{at}" for name, at in position.items()}, relation=relation)
        refused = self._keep_refused(aside.with_suffix(".lines.parquet"))
        self._account(staged, source, records=found.records, read=self._count("staged") - before, refused=refused)
        aside.with_suffix(".utf8.csv").unlink(missing_ok=True)

    def _insert(self, staged: Staged, source: Source, *, cells: dict[str, str], relation: str) -> None:
        zone = self.declaration.lab.time_zone
        converted = {
            name: convert(
                name, each, type_=staged.types[name], source=source, cell=cells.get(each.source or "", ""), zone=zone
            )
            for name, each in source.maps.items()
        }
        texts = ", ".join(f"{each.text} AS {identifier(f'text_{name}')}" for name, each in converted.items())
        values = [f"{each.value} AS {identifier(name)}" for name, each in converted.items()]
        values += [f"{each.naive} AS {identifier(f'_naive_{name}')}" for name, each in converted.items() if each.naive]
        kept = ", ".join(f"{identifier(name)} := {identifier(f'text_{name}')}" for name in converted)
        typed = f"SELECT *, {', '.join(values)} FROM (SELECT {texts} FROM {relation})"
        judged = f"SELECT *, {_fault(staged, converted, undated=source.undated)} AS _fault FROM ({typed})"
        self.connection.execute(
            f"INSERT INTO staged BY NAME SELECT {', '.join(identifier(name) for name in converted)}, "
            + "".join(f"{identifier(f'_naive_{name}')}, " for name, each in converted.items() if each.naive)
            + "_fault, CASE WHEN _fault IS NOT NULL THEN CAST(to_json(struct_pack("
            + kept
            + f")) AS VARCHAR) END AS _cells FROM ({judged})"
        )

    def _keep_refused(self, path: Path) -> dict[str, int]:
        """Write the lines that the reader refused; return how many by reason."""
        cases = " ".join(f"WHEN {quoted(kind)} THEN {quoted(words)}" for kind, words in _LINE_FAULTS.items())
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE refused_lines AS SELECT line, any_value(csv_line) AS text, "
            f"min(CASE CAST(error_type AS VARCHAR) {cases} ELSE 'the line is no CSV' END) AS reason "
            "FROM refused GROUP BY line"
        )
        counts = self.connection.execute("SELECT reason, count(*) FROM refused_lines GROUP BY reason").fetchall()
        if counts:
            self.connection.execute(f"COPY refused_lines TO {quoted(str(path))} (FORMAT parquet)")
        return {str(reason): int(count) for reason, count in counts}

    def _account(self, staged: Staged, source: Source, *, records: int, read: int, refused: dict[str, int]) -> None:
        unread = records - read - sum(refused.values())
        if unread < 0:
            raise SourceError(
                f"The records of `{source.names[0]}` must be countable: {records:,} were counted, and the reader separated "
                f"{records - unread:,}. Check its `delimiter` and `quote`, and that every quoted cell is closed."
            )
        staged.rows_in += records
        for reason, count in {**refused, _UNREAD: unread}.items():
            if count:
                staged.lost[reason] = staged.lost.get(reason, 0) + count

    def _count(self, table: str) -> int:
        return int(self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def judge(engine: Any, staged: Staged, *, zone: str, parent: Path | None) -> dict[str, str]:
    """Create the view ``judged``: staged rows with their days, and the first thing that each breaks.

    Parameters
    ----------
    engine : ibis backend
        Over the connection that holds ``staged``.
    staged : Staged
        The table.
    zone : str
        The lab's time zone.
    parent : Path or None
        Accepted rows of the table through which these are known.

    Returns
    -------
    dict of str to str
        Reason → ``quarantined`` or ``excluded``, for the reasons that rules give.
    """
    connection, table = engine.con, staged.table
    connection.execute(_second_rows(table))
    if parent:
        connection.execute(_orphans(table, parent))
    rules = [rule for rule in table.rules if set(rule.needs) <= set(staged.types)]
    rows = engine.table("staged")
    broken = [(rule.broken(rows).fill_null(False), rule.reason) for rule in rules]
    if broken:
        rows = rows.mutate(_fault=ibis.coalesce(rows._fault, ibis.cases(*broken)))
    days = "".join(
        f", {day_of(identifier(column), zone)} AS {identifier(day)}"
        for column in staged.instants
        if (day := day_name(table, column))
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW judged AS SELECT *{days} FROM ({ibis.to_sql(rows, dialect='duckdb')})"
    )
    return {rule.reason: "excluded" if rule.action == "exclude" else "quarantined" for rule in rules}


def day_name(table: Table, column: str) -> str:
    """Return the name of the day that is stored beside an instant.

    Parameters
    ----------
    table : Table
        The canonical table.
    column : str
        An instant of it, canonical or free.

    Returns
    -------
    str
        Such as ``responded_on``.
    """
    canonical = table.column(column)
    return (canonical.day if canonical else None) or f"{column.removesuffix('_at')}_on"


def _fault(staged: Staged, converted: dict[str, Converted], *, undated: bool) -> str:
    """SQL of the first thing that a row breaks by itself; null when nothing."""
    cases = [
        f"WHEN {identifier(f'text_{name}')} IS NOT NULL AND {identifier(name)} IS NULL THEN {quoted(each.fault)}"
        for name, each in converted.items()
        if each.fault
    ]
    needed = [*staged.table.required]
    known_at = staged.table.known_at
    if known_at and not undated and known_at not in needed:
        needed.append(known_at)
    cases += [f"WHEN {identifier(name)} IS NULL THEN {quoted(f'`{name}` is missing')}" for name in needed]
    return f"CASE {' '.join(cases)} END" if cases else "CAST(NULL AS VARCHAR)"


def _second_rows(table: Table) -> str:
    key = ", ".join(identifier(name) for name in table.key)
    reason = f"an earlier row has the same {' and '.join(f'`{name}`' for name in table.key)}"
    return (
        f"UPDATE staged SET _fault = {quoted(reason)} WHERE rowid IN (SELECT again.rowid FROM staged AS again JOIN "
        f"(SELECT {key}, min(rowid) AS first FROM staged WHERE _fault IS NULL GROUP BY {key} HAVING count(*) > 1) "
        f"USING ({key}) WHERE again._fault IS NULL AND again.rowid > first)"
    )


def _orphans(table: Table, parent: Path) -> str:
    name, column = table.parent or ("", "")
    return (
        f"UPDATE staged SET _fault = {quoted(f'no accepted row of `{name}` has its `{column}`')} "
        f"WHERE _fault IS NULL AND {identifier(column)} NOT IN "
        f"(SELECT {identifier(column)} FROM read_parquet({quoted(str(parent))}))"
    )


def _wanted(source: Source, columns: list[str]) -> dict[str, int]:
    """Position of each source column that the lab file maps."""
    wanted = sorted({each.source for each in source.maps.values() if each.source is not None})
    for name in wanted:
        if name not in columns:
            raise SchemaError(
                f"`{source.names[0]}` must have each column that the lab file maps: it has no `{name}`. "
                f"{near_miss(name, columns)}It has: {', '.join(f'`{column}`' for column in columns)}."
            )
        if columns.count(name) > 1:
            raise SchemaError(
                f"A mapped column must be there once: `{source.names[0]}` has {columns.count(name)} columns `{name}`. "
                "Rename one in the file."
            )
    return {name: columns.index(name) for name in wanted}
