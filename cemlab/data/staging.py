"""Bring one canonical table's sources into typed Parquet parts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cemlab.core.errors import SourceError
from cemlab.core.schemas import TABLES, with_scales
from cemlab.data.declaration import Declaration, metric_scales
from cemlab.data.mapping import ROW_NUMBER, WIDE_ITEM, WIDE_SCORE, Source
from cemlab.data.numerals import among, plain, plain_sql, pointed
from cemlab.data.queries import LOOKED, Codes, Query, items_of
from cemlab.data.quoting import quoted
from cemlab.data.readers import FRESH, Rows, open_file, positions
from cemlab.data.references import References
from cemlab.data.score_codes import SCORE
from cemlab.data.staged import Staged

_FIRST = 50_000
"""Rows among which declared codes are sought first."""
_UNREAD = "the line could not be separated from its neighbours"


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
        scales = metric_scales(self.declaration.metrics)
        staged = Staged(with_scales(TABLES[name], scales), self.declaration.types(name), scales=scales)
        maps = [source.alternatives for source in self.declaration.tables[name]]
        staged.flags = [f"_{flag}_{column}" for column in staged.instants for flag in ("naive", "moved")]
        staged.flags += [
            f"_{flag}_{column}"
            for column in staged.types
            if any(one.lookup for each in maps for one in each.get(column, {}).values())
            for flag in LOOKED
        ]
        if staged.types.get(SCORE) == "number":
            staged.flags.append(f"_labelled_{SCORE}")
            staged.flags += [f"_recoded_{SCORE}"] if staged.recoded else []
        absent: dict[str, list[str]] = {}
        for source in self.declaration.tables[name]:
            for position, file in enumerate(source.names, start=1):
                self._load(staged, source, file=file, position=position if len(source.names) > 1 else 0)
            for declares, codes in staged.absent.items():
                absent[declares] = [*dict.fromkeys([*absent.get(declares, []), *codes])]
            staged.absent.clear()
        staged.absent = {declares: codes for declares, codes in absent.items() if codes}
        return staged

    def _load(self, staged: Staged, source: Source, *, file: str, position: int) -> None:
        number = len(staged.parts)
        aside = self.folder / f"{staged.table.name}-{number}"
        rows = open_file(self.files[file], layout=source.layout(file), connection=self.connection, aside=aside)
        items = items_of(source, rows)
        wanted = {header for each in source.alternatives.values() for one in each.values() for header in one.headers()}
        wanted |= {condition.column for condition in source.where}
        wanted -= {WIDE_ITEM, WIDE_SCORE}
        if ROW_NUMBER not in rows.columns:
            wanted.discard(ROW_NUMBER)
        found = dict(positions([*sorted(wanted), *items.values()], rows, name=file))
        found |= self._without_point(staged, source, rows, found)
        query = Query(staged, source=source, rows=rows, cells=found, items=items, zone=self.declaration.lab.time_zone)
        part = aside.with_suffix(".part")
        self._seek_codes(query, position=position)
        read = self._write(query.sql(self._references, part=number, position=position), part)
        # a wide survey makes a row of each item
        times = max(1, len(items))
        self._account(staged, rows, file=file, read=read, times=times)
        staged.parts.append((part, source))
        for copy in (".utf8", ".refused", ".parquet"):
            aside.with_suffix(copy).unlink(missing_ok=True)

    def _without_point(self, staged: Staged, source: Source, rows: Rows, found: dict[str, str]) -> dict[str, str]:
        """Cells of texts and ids that are whole numbers with a point throughout."""
        codes: dict[str, list[str]] = {}
        for name, alternatives in source.alternatives.items():
            for one in alternatives.values():
                if one.lookup or one.parts or staged.types[name] == "text":
                    for header in one.headers():
                        codes.setdefault(header, [*(source.missing or ())]).extend(one.missing)
        cells = {header: cell for header, cell in found.items() if header in codes}
        self.connection.execute(FRESH)
        return pointed(self.connection, rows.relation, cells, missing=codes, decimal=source.decimal)

    def _seek_codes(self, query: Query, *, position: int) -> None:
        """Note which declared codes no cell holds; of several files of a source, none of them."""
        absent, decimal = query.staged.absent, query.source.decimal
        declared = query.declared(self._references, position=position)
        for relation in dict.fromkeys(each.relation for each in declared):
            sets = {
                each: absent.get(each.declares, []) if position > 1 else [*each.codes]
                for each in declared
                if each.relation == relation
            }
            # nearly all codes occur among the first rows
            for some in (f" LIMIT {_FIRST}", ""):
                sought = {each: codes for each, codes in sets.items() if codes}
                if sought:
                    seen = self._seen(f"{relation}{some}", sought, decimal=decimal)
                    sets |= {
                        each: [code for code in codes if plain(code, decimal=decimal) not in seen[each]]
                        for each, codes in sought.items()
                    }
            for each, codes in sets.items():
                absent[each.declares] = codes

    def _seen(self, rows: str, sought: Mapping[Codes, list[str]], *, decimal: str) -> dict[Codes, set[str]]:
        """Which of some codes occur in some rows, as they are compared."""
        texts = [(each, text, codes) for each, codes in sought.items() for text in each.texts]
        lists = [
            f"list(DISTINCT {plain_sql(f't{at}', codes, decimal=decimal)}) FILTER"
            f" ({among(f't{at}', codes, decimal=decimal)})"
            for at, (_, _, codes) in enumerate(texts)
        ]
        named = ", ".join(f"{text} AS t{at}" for at, (_, text, _) in enumerate(texts))
        self.connection.execute(FRESH)
        found = self.connection.execute(f"SELECT {', '.join(lists)} FROM (SELECT {named} FROM {rows})").fetchone()
        seen: dict[Codes, set[str]] = {each: set() for each in sought}
        for (each, _, _), held in zip(texts, found, strict=True):
            seen[each] |= set(held or ())
        return seen

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
