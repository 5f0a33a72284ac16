"""The validated copy of a lab's tables: built once per content, then only opened."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import ibis
from filelock import FileLock

from cemlab.core.errors import CemlabError, EngineError, SourceError
from cemlab.core.lab import LedgerLine, Outcome
from cemlab.core.schemas import TABLES
from cemlab.data import sources
from cemlab.data.conversion import identifier, quoted
from cemlab.data.declaration import Declaration, load
from cemlab.data.staging import Stage, Staged, day_name, judge

KNOWN_ON = "_known_on"
"""Column of the snapshot's Parquet files: the lab-local day on which a row became known."""


@dataclass(frozen=True)
class TableRecord:
    """What the snapshot knows of one table.

    Attributes
    ----------
    name : str
        Canonical table.
    columns : tuple of str
        Columns that a notebook may see, days included, in order.
    personal : tuple of str
        Those of them that must be asked for by name.
    rows : int
        Accepted rows.
    dated : bool
        True when each row has the day on which it became known.
    first_known, last_known : str
        Its first and last such day, ISO; empty when undated or without rows.
    missing : dict of str to int
        Mapped column → accepted rows without a value.
    naive : dict of str to int
        Instant → accepted values written without a zone.
    replaced : dict of str to int
        Source → sequences that its encoding does not know.
    most_rows : dict of str to int
        Column → rows that share one of its values, at most; for customers only.
    """

    name: str
    columns: tuple[str, ...]
    personal: tuple[str, ...]
    rows: int
    dated: bool
    first_known: str
    last_known: str
    missing: dict[str, int]
    naive: dict[str, int]
    replaced: dict[str, int]
    most_rows: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """A lab's accepted rows on disk.

    Attributes
    ----------
    folder : Path
        Holds ``<table>.parquet``, ``quarantine/`` and ``snapshot.json``.
    fingerprint : str
        Of the content that it was made from.
    lab : dict
        The table ``[lab]``.
    tables : tuple of TableRecord
        In canonical order.
    ledger : tuple of LedgerLine
        Of the stage intake.
    """

    folder: Path
    fingerprint: str
    lab: dict[str, Any]
    tables: tuple[TableRecord, ...]
    ledger: tuple[LedgerLine, ...]

    def file(self, table: str) -> Path:
        """Return where a table's accepted rows are.

        Parameters
        ----------
        table : str
            Canonical name.

        Returns
        -------
        Path
            A Parquet file.
        """
        return self.folder / f"{table}.parquet"


def ensure(lab_file: str | Path, *, data_dir: str = "") -> Snapshot:
    """Return the snapshot of a lab's present content, building it if there is none.

    Parameters
    ----------
    lab_file : str or Path
        The ``lab.toml``.
    data_dir : str, default ""
        Folder of the sources; empty for the folder of the lab file.

    Returns
    -------
    Snapshot
        Complete; another process may be reading it too.

    Raises
    ------
    SourceError, SchemaError
        When a source or the declaration does not hold.
    EngineError
        When there is no room left.
    """
    fingerprint = sources.fingerprint(lab_file, data_dir=data_dir)
    cache = sources.private_folder(sources.cache_dir(lab_file))
    folder = cache / fingerprint
    if not (folder / "snapshot.json").is_file():
        with FileLock(cache / f"{fingerprint}.lock"):
            # another process may have built it while this one waited
            if not (folder / "snapshot.json").is_file():
                _build(lab_file, data_dir=data_dir, fingerprint=fingerprint, folder=folder)
    return _read(folder)


def _read(folder: Path) -> Snapshot:
    kept = json.loads((folder / "snapshot.json").read_text(encoding="utf-8"))
    tables = tuple(
        TableRecord(**{**each, "columns": tuple(each["columns"]), "personal": tuple(each["personal"])})
        for each in kept["tables"]
    )
    return Snapshot(
        folder, kept["fingerprint"], kept["lab"], tables, tuple(LedgerLine(**line) for line in kept["ledger"])
    )


def _build(lab_file: str | Path, *, data_dir: str, fingerprint: str, folder: Path) -> None:
    declaration = load(lab_file)
    files = sources.source_files(lab_file, data_dir=data_dir)
    before = {name: sources.state(path) for name, path in files.items()}
    for left_over in folder.parent.glob(f".{fingerprint}.*"):
        shutil.rmtree(left_over, ignore_errors=True)  # of a process that was killed: the lock is ours
    aside = sources.private_folder(folder.with_name(f".{fingerprint}.{os.getpid()}"))
    try:
        records, ledger = _fill(aside, declaration, files)
        changed = [name for name, path in files.items() if sources.state(path) != before[name]]
        if changed:
            raise SourceError(
                f"A source must stay as it is while it is read: `{changed[0]}` was changed meanwhile. Run again."
            )
        content = {
            "fingerprint": fingerprint,
            "lab": declaration.lab.model_dump(),
            "tables": [asdict(record) for record in records],
            "ledger": [asdict(line) for line in ledger],
        }
        (aside / "snapshot.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
        aside.rename(folder)
    except CemlabError:
        raise
    except (OSError, duckdb.Error) as error:
        # the engine's own words quote the values that it stumbled on
        raise EngineError(
            f"The engine must be able to write a snapshot: it stopped with {type(error).__name__}. Check the room left "
            "on the disk (CEMLAB_CACHE names another folder), and that each file is what the lab file says of it."
        ) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _fill(folder: Path, declaration: Declaration, files: dict[str, Path]) -> tuple[list[TableRecord], list[LedgerLine]]:
    (folder / "quarantine").mkdir()
    (folder / "spill").mkdir()
    connection = duckdb.connect(config={"temp_directory": str(folder / "spill")})
    try:
        engine = ibis.duckdb.from_connection(connection)
        connection.execute(f"SET TimeZone = {quoted(declaration.lab.time_zone)}")
        stage = Stage(connection, declaration=declaration, files=files, folder=folder / "quarantine")
        records: list[TableRecord] = []
        ledger: list[LedgerLine] = []
        for name in declaration.tables:
            staged = stage.load(name)
            parent = TABLES[name].parent
            parent_file = folder / f"{parent[0]}.parquet" if parent and parent[0] in declaration.tables else None
            outcomes = judge(engine, staged, zone=declaration.lab.time_zone, parent=parent_file)
            lines = _lines(connection, staged, outcomes)
            records.append(_write(connection, staged, declaration=declaration, folder=folder))
            ledger += lines
        return records, ledger
    finally:
        connection.close()
        shutil.rmtree(folder / "spill", ignore_errors=True)


def _lines(connection: duckdb.DuckDBPyConnection, staged: Staged, outcomes: dict[str, str]) -> list[LedgerLine]:
    name = staged.table.name
    counts = dict(connection.execute("SELECT coalesce(_fault, ''), count(*) FROM judged GROUP BY ALL").fetchall())
    used = counts.pop("", 0)
    lines = [LedgerLine("intake", name, "in", "", staged.rows_in), LedgerLine("intake", name, "used", "", used)]
    faults = [(reason, count, outcomes.get(reason, "quarantined")) for reason, count in sorted(counts.items())]
    faults += [(reason, count, "quarantined") for reason, count in sorted(staged.lost.items())]
    return lines + [LedgerLine("intake", name, _outcome(word), reason, count) for reason, count, word in faults]


def _outcome(word: str) -> Outcome:
    return "excluded" if word == "excluded" else "quarantined"


def _write(
    connection: duckdb.DuckDBPyConnection, staged: Staged, *, declaration: Declaration, folder: Path
) -> TableRecord:
    """Write the accepted rows, and apart from them those that were not; return what is known of the table."""
    name, table = staged.table.name, staged.table
    days = {column: day_name(table, column) for column in staged.instants}
    columns = [part for column in staged.types for part in (column, days.get(column)) if part]
    known, dated = _known_on(staged, declaration, folder)
    wanted = ", ".join(identifier(column) for column in columns)
    connection.execute(
        f"COPY (SELECT {wanted}, {known} AS {KNOWN_ON} FROM judged WHERE _fault IS NULL) "
        f"TO {quoted(str(folder / f'{name}.parquet'))} (FORMAT parquet, COMPRESSION zstd)"
    )
    connection.execute(
        f"COPY (SELECT {wanted}, _fault AS reason, _cells AS cells FROM judged WHERE _fault IS NOT NULL) "
        f"TO {quoted(str(folder / 'quarantine' / f'{name}.parquet'))} (FORMAT parquet)"
    )
    rows, first, last = _one(
        connection,
        f"SELECT count(*), min({KNOWN_ON}), max({KNOWN_ON}) FROM {quoted(str(folder / f'{name}.parquet'))}",
    )
    missing = _counts(connection, {column: f"{identifier(column)} IS NULL" for column in staged.types})
    naive = _counts(connection, {column: identifier(f"_naive_{column}") for column in staged.instants})
    return TableRecord(
        name=name,
        columns=tuple(columns),
        personal=declaration.personal(name),
        rows=int(rows),
        dated=dated,
        first_known=_iso(first),
        last_known=_iso(last),
        missing=missing,
        naive={column: count for column, count in naive.items() if count},
        replaced=staged.replaced,
        most_rows=_most_rows(connection, folder / f"{name}.parquet", columns),
    )


def _most_rows(connection: duckdb.DuckDBPyConnection, path: Path, columns: Iterable[str]) -> dict[str, int]:
    """How often one customer comes at most: who reads the table can tell that a group holds enough of them."""
    if "customer_id" not in columns:
        return {}
    (most,) = _one(
        connection,
        "SELECT coalesce(max(rows), 0) FROM (SELECT count(*) AS rows FROM "
        f"{quoted(str(path))} WHERE customer_id IS NOT NULL GROUP BY customer_id)",
    )
    return {"customer_id": max(int(most), 1)}


def _known_on(staged: Staged, declaration: Declaration, folder: Path) -> tuple[str, bool]:
    """SQL of the day on which a row of ``judged`` became known, and whether the table has one."""
    table = staged.table
    if declaration.undated(table.name):
        return "CAST(NULL AS DATE)", False
    if table.parent:
        name, column = table.parent
        source = quoted(str(folder / f"{name}.parquet"))
        first = (
            f"(SELECT min(parent.{KNOWN_ON}) FROM {source} AS parent "
            f"WHERE parent.{identifier(column)} = judged.{identifier(column)})"
        )
        return first, True
    known_at = table.known_at or ""
    return identifier(day_name(table, known_at) if known_at in staged.instants else known_at), True


def _counts(connection: duckdb.DuckDBPyConnection, conditions: dict[str, str]) -> dict[str, int]:
    if not conditions:
        return {}
    wanted = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in conditions.values())
    found: Iterable[Any] = _one(connection, f"SELECT {wanted} FROM judged WHERE _fault IS NULL")
    return dict(zip(conditions, (int(count) for count in found), strict=True))


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    if row is None:
        raise EngineError("A count must return one row: the engine returned none. Run again.")
    return tuple(row)


def _iso(day: dt.date | None) -> str:
    return day.isoformat() if day else ""
