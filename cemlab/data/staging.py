"""Bring one canonical table's sources into typed Parquet parts, each row with the first thing that it breaks."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis

from cemlab.core.errors import SchemaError, SourceError
from cemlab.core.schemas import TABLES, Table, Type, with_scales
from cemlab.data.conversion import ENGINE_TYPES, Cells, Converted, convert, identifier, origin, quoted
from cemlab.data.declaration import Declaration
from cemlab.data.mapping import ROW_NUMBER, WIDE_ITEM, WIDE_SCORE, Source
from cemlab.data.readers import FRESH, Rows, open_file, positions
from cemlab.data.references import References

NOT_RATED = "not rated"
PART, ROW, FAULT, CELLS = "_part", "_row", "_fault", "_cells"
"""Columns of a part beside the table's own: its number, the row's number in it, what the row breaks, its cells."""

KNOWN_ON = "_known_on"
"""Column of the snapshot's Parquet files: the lab-local day on which a row became known."""

_IBIS_TYPES: Mapping[Type, str] = {
    "text": "string",
    "integer": "int64",
    "number": "float64",
    "date": "date",
    "instant": "timestamp('UTC')",
    "boolean": "boolean",
}
_UNREAD = "the line could not be separated from its neighbours"


@dataclass
class Staged:
    """One table on its way into the snapshot.

    Attributes
    ----------
    table : Table
        The canonical table.
    types : dict of str to type
        Mapped columns.
    parts : list of (Path, Source)
        Parquet files in order, one per source file, and what each was made from.
    flags : list of str
        Boolean columns of the parts: instants without a zone, lookups in vain.
    excluded : set of str
        Reasons for which rows are excluded rather than quarantined.
    rows_in : int
        Records of all sources, counted without the engine.
    lost : dict of str to int
        Lines that never became a row, by reason.
    replaced : dict of str to int
        Source → undecodable sequences.
    remarks : dict of str to int
        What else was seen, and how often.
    """

    table: Table
    types: dict[str, Type]
    parts: list[tuple[Path, Source]] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    excluded: set[str] = field(default_factory=set)
    rows_in: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, int] = field(default_factory=dict)
    remarks: dict[str, int] = field(default_factory=dict)

    @property
    def instants(self) -> list[str]:
        """Columns that are instants."""
        return [name for name, type_ in self.types.items() if type_ == "instant"]

    @property
    def columns(self) -> list[str]:
        """Mapped columns, each instant followed by its day."""
        return [part for name in self.types for part in (name, *([self.day(name)] if name in self.instants else []))]

    def day(self, instant: str) -> str:
        """Return the name of the day that is stored beside an instant.

        Parameters
        ----------
        instant : str
            A column of this table, canonical or free.

        Returns
        -------
        str
            Such as ``responded_on``.
        """
        canonical = self.table.column(instant)
        return (canonical.day if canonical else None) or f"{instant.removesuffix('_at')}_on"


class Stage:
    """The engine's workshop: a connection, a folder for parts, and the lab's declaration.

    Parameters
    ----------
    connection : duckdb connection
        Its session zone is the lab's.
    declaration : Declaration
        The checked lab file.
    files : dict of str to Path
        Source files by name.
    folder : Path
        For parts and copies; emptied by the caller.
    quarantine : Path
        Folder for the lines that never become rows.
    """

    def __init__(
        self, connection: Any, *, declaration: Declaration, files: dict[str, Path], folder: Path, quarantine: Path
    ) -> None:
        self.connection = connection
        self.declaration = declaration
        self.files = files
        self.folder = folder
        self.quarantine = quarantine
        self._references = References(connection, files=files, folder=folder)

    def load(self, name: str) -> Staged:
        """Read every source of a table into parts.

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
        scales = {metric: each.scale for metric, each in self.declaration.metrics.items()}
        staged = Staged(with_scales(TABLES[name], scales), self.declaration.types(name))
        maps = [source.maps for source in self.declaration.tables[name]]
        staged.flags = [f"_naive_{column}" for column in staged.instants]
        staged.flags += [
            f"_vain_{column}" for column in staged.types if any(column in each and each[column].lookup for each in maps)
        ]
        for source in self.declaration.tables[name]:
            for position, file in enumerate(source.names, start=1):
                self._load(staged, source, file=file, position=position if len(source.names) > 1 else 0)
        return staged

    def _load(self, staged: Staged, source: Source, *, file: str, position: int) -> None:
        number = len(staged.parts)
        aside = self.folder / f"{staged.table.name}-{number}"
        rows = open_file(self.files[file], layout=source.layout(file), connection=self.connection, aside=aside)
        items = _items(source, rows)
        wanted = {header for each in source.maps.values() for header in each.headers()}
        wanted |= {condition.column for condition in source.where}
        wanted -= {WIDE_ITEM, WIDE_SCORE}
        if ROW_NUMBER not in rows.columns:
            wanted.discard(ROW_NUMBER)
        found = positions([*sorted(wanted), *items.values()], rows, name=file)
        query = Query(staged, source=source, rows=rows, cells=found, items=items, zone=self.declaration.lab.time_zone)
        part = aside.with_suffix(".part")
        read = self._write(query.sql(self._references, part=number, position=position), part)
        # a wide survey makes a row of each item
        times = max(1, len(items))
        self._account(staged, rows, file=file, read=read, times=times)
        staged.parts.append((part, source))
        for copy in (".utf8", ".refused", ".parquet"):
            aside.with_suffix(copy).unlink(missing_ok=True)

    def _write(self, query: str, part: Path) -> int:
        self.connection.execute(FRESH)
        done = self.connection.execute(
            f"COPY ({query}) TO {quoted(str(part))} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )
        return int(done.fetchone()[0])

    def _account(self, staged: Staged, rows: Rows, *, file: str, read: int, times: int) -> None:
        refused = self._keep_refused(rows, self.quarantine / f"{staged.table.name}-{len(staged.parts)}.lines.parquet")
        unread = rows.records * times - read - sum(refused.values()) * times
        if unread < 0:
            raise SourceError(
                f"The records of `{file}` must be countable: {rows.records:,} were counted, and the reader separated "
                f"{rows.records - unread:,}. Check its `delimiter` and `quote`, and that every quoted cell is closed."
            )
        staged.rows_in += rows.records * times
        for reason, count in refused.items():
            staged.lost[reason] = staged.lost.get(reason, 0) + count * times
        if unread:
            staged.lost[_UNREAD] = staged.lost.get(_UNREAD, 0) + unread
        if rows.replaced:
            staged.replaced[file] = rows.replaced
        staged.remarks |= rows.remarks

    def _keep_refused(self, rows: Rows, path: Path) -> dict[str, int]:
        """Write the lines that never became rows; return how many by reason."""
        if not rows.lines:
            return {}
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE refused_lines AS {rows.lines}")
        counts = self.connection.execute("SELECT reason, count(*) FROM refused_lines GROUP BY reason").fetchall()
        if counts:
            self.connection.execute(f"COPY refused_lines TO {quoted(str(path))} (FORMAT parquet)")
        return {str(reason): int(count) for reason, count in counts}


@dataclass
class Query:
    """The SQL that makes a part of one source file.

    Attributes
    ----------
    staged : Staged
        The table.
    source : Source
        What the lab file says.
    rows : Rows
        The opened file.
    cells : mapping of str to str
        Header → SQL of its cell.
    items : mapping of str to str
        Of a wide survey: item → header.
    zone : str
        The lab's time zone.
    """

    staged: Staged
    source: Source
    rows: Rows
    cells: Mapping[str, str]
    items: Mapping[str, str]
    zone: str

    def sql(self, references: References, *, part: int, position: int) -> str:
        """Return the whole query, one layer of columns upon the other.

        Parameters
        ----------
        references : References
            Makes the tables in which cells are looked up.
        part : int
            Number of the part.
        position : int
            Of the file among the source's files; 0 when it is the only one.

        Returns
        -------
        str
            SQL that gives every column of a part.
        """
        cells = self._cells(position)
        begin, joins, vain = self._looked_up(references, cells)
        converted = {
            name: convert(name, each, type_=self.staged.types[name], cells=cells, begin=begin[name])
            for name, each in self.source.maps.items()
        }
        texts = {held: text for each in converted.values() for held, text in each.texts.items()} | vain
        texts |= {"_base": self._base(cells)}
        values = {name: each.value for name, each in converted.items()}
        values |= {f"_naive_{name}": each.naive for name, each in converted.items() if each.naive}
        days = {self.staged.day(name): each.day for name, each in converted.items() if each.day}
        layers = [
            self._first(),
            f"SELECT {_named(texts)} FROM cells {joins}",
            f"SELECT *, {_named(values)} FROM texts",
            f"SELECT *{', ' * bool(days)}{_named(days)} FROM typed",
            self._ruled([*texts, *values, *days]),
            f"SELECT *, {self._fault(converted)} AS {FAULT} FROM ruled",
        ]
        names = ("cells", "texts", "typed", "dated", "ruled", "judged")
        ctes = ", ".join(f"{name} AS ({layer})" for name, layer in zip(names, layers, strict=True))
        return f"WITH {ctes} SELECT {self._selected(converted, part)} FROM judged"

    def _cells(self, position: int) -> Cells:
        of = {header: f"h{at}" for at, header in enumerate(self.cells)} | {WIDE_ITEM: "item_", WIDE_SCORE: "score_"}
        number = "CAST(row_ AS VARCHAR)"
        return Cells(of, f"'{position}-' || {number}" if position else number, self.source, self.zone)

    def _first(self) -> str:
        """Cells by short names; of a wide survey once per item."""
        cells = [f"{cell} AS h{at}" for at, cell in enumerate(self.cells.values())]
        cells.append(f"{self.rows.fault or 'CAST(NULL AS VARCHAR)'} AS whole_")
        if any(each.row_number or ROW_NUMBER in each.parts for each in self.source.maps.values()):
            cells.append("row_number() OVER () AS row_")
        first = f"SELECT {', '.join(cells)} FROM {self.rows.relation}"
        if not self.items:
            return first
        places = list(self.cells)
        names = ", ".join(quoted(item) for item in self.items)
        scores = ", ".join(f"h{places.index(header)}" for header in self.items.values())
        return f"SELECT *, unnest([{names}]) AS item_, unnest([{scores}]) AS score_ FROM ({first})"

    def _looked_up(self, references: References, cells: Cells) -> tuple[dict[str, str], str, dict[str, str]]:
        """Where each column begins, the joins that this takes, and which lookups were in vain."""
        begin, joins, vain = {}, [], {}
        for name, each in self.source.maps.items():
            begin[name] = origin(each, cells)
            missed = []
            for step, lookup in enumerate(each.lookup):
                table, alias = references.table(lookup, self.source), identifier(f"{name}_{step}")
                joins.append(f"LEFT JOIN {table} AS {alias} ON {alias}.key = {begin[name]}")
                missed.append(f"(({begin[name]}) IS NOT NULL AND {alias}.key IS NULL)")
                begin[name] = f"{alias}.value"
            if f"_vain_{name}" in self.staged.flags:
                vain[f"_vain_{name}"] = " OR ".join(missed) or "false"
        return begin, " ".join(joins), vain

    def _base(self, cells: Cells) -> str:
        """What a row breaks before any column is looked at."""
        cases = ["WHEN whole_ IS NOT NULL THEN whole_"]
        for condition in self.source.where:
            codes = "one of the wanted codes" if condition.wanted is not None else "other than the unwanted codes"
            reason = condition.reason or f"not wanted: `{condition.column}` is not {codes}"
            self.staged.excluded.add(reason)
            cases.append(f"WHEN NOT {cells.holds(condition)} THEN {quoted(reason)}")
        return f"CASE {' '.join(cases)} END"

    def _ruled(self, columns: Iterable[str]) -> str:
        """The rules of the table, as the first reason that one gives."""
        staged = self.staged
        rules = [rule for rule in staged.table.rules if set(rule.needs) <= set(self.source.maps)]
        if not rules:
            return "SELECT *, CAST(NULL AS VARCHAR) AS rule_ FROM dated"
        staged.excluded |= {rule.reason for rule in rules if rule.action == "exclude"}
        dated = ibis.table({name: _IBIS_TYPES[staged.types.get(name, "text")] for name in columns}, name="dated")
        broken = [(rule.broken(dated).fill_null(False), rule.reason) for rule in rules]
        return str(ibis.to_sql(dated.mutate(rule_=ibis.cases(*broken)), dialect="duckdb"))

    def _fault(self, converted: Mapping[str, Converted]) -> str:
        """SQL of the first thing that a row breaks by itself; null when nothing."""
        cases = ["WHEN _base IS NOT NULL THEN _base"]
        if self.items:
            self.staged.excluded.add(NOT_RATED)
            cases.append(f"WHEN text_score IS NULL THEN {quoted(NOT_RATED)}")
        cases += [
            f"WHEN {condition} THEN {quoted(words)}" for each in converted.values() for condition, words in each.faults
        ]
        known_at = self.staged.table.known_at
        needed = [*self.staged.table.required]
        if known_at and not self.source.undated and known_at not in needed:
            needed.append(known_at)
        cases += [f"WHEN {identifier(name)} IS NULL THEN {quoted(f'`{name}` is missing')}" for name in needed]
        return f"CASE {' '.join(cases)} ELSE rule_ END"

    def _selected(self, converted: Mapping[str, Converted], part: int) -> str:
        """The same columns for each part of the table, whether this source fills them or not."""
        staged = self.staged
        kinds = {name: ENGINE_TYPES[type_] for name, type_ in staged.types.items()}
        kinds |= {staged.day(name): "DATE" for name in staged.instants}
        mapped = {
            column for name in converted for column in (name, staged.day(name) if name in staged.instants else name)
        }
        columns = [
            identifier(name) if name in mapped else f"CAST(NULL AS {kinds[name]}) AS {identifier(name)}"
            for name in staged.columns
        ]
        flags = {flag: flag.split("_", 2)[2] in converted for flag in staged.flags}
        columns += [identifier(flag) if there else f"false AS {identifier(flag)}" for flag, there in flags.items()]
        kept = ", ".join(f"{identifier(name)} := {identifier(f'text_{name}')}" for name in converted)
        unwanted = ", ".join(quoted(reason) for reason in sorted(staged.excluded))
        wanted = f"{FAULT} IS NOT NULL" + (f" AND {FAULT} NOT IN ({unwanted})" if unwanted else "")
        columns += [FAULT, f"CASE WHEN {wanted} THEN CAST(to_json(struct_pack({kept})) AS VARCHAR) END AS {CELLS}"]
        return ", ".join([*columns, f"{self._known_on()} AS {KNOWN_ON}", f"{part} AS {PART}"])

    def _known_on(self) -> str:
        """The day on which a row became known by itself."""
        known_at = self.staged.table.known_at
        if known_at is None or known_at not in self.source.maps:
            return "CAST(NULL AS DATE)"
        return identifier(self.staged.day(known_at) if known_at in self.staged.instants else known_at)


def _named(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS {identifier(name)}" for name, sql in columns.items())


def _items(source: Source, rows: Rows) -> dict[str, str]:
    """The items of a wide survey with their headers."""
    if not source.items_like:
        return dict(source.items)
    headers = [header for header in rows.columns if fnmatch.fnmatchcase(header, source.items_like)]
    if not headers:
        raise SchemaError(
            f"`items_like` must fit a header: none of {len(rows.columns)} of `{source.shown}` fits "
            f"`{source.items_like}`. It has: {', '.join(f'`{column}`' for column in rows.columns)}."
        )
    return {source.item_names.get(header, header): header for header in headers}
