"""The validated copy of a lab's tables: built once per content, then only opened."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock

from cemlab.core.errors import CemlabError, EngineError, SourceError
from cemlab.core.lab import LedgerLine
from cemlab.core.schemas import TABLES, points_to
from cemlab.data import retention, sources
from cemlab.data.acceptance import TableRecord, accept
from cemlab.data.clocks import prepare_engine
from cemlab.data.declaration import Declaration, load
from cemlab.data.judging import BAD, all_rows, judge
from cemlab.data.matching import check_matches, remember
from cemlab.data.quoting import quoted
from cemlab.data.staged import FAULT, Staged
from cemlab.data.staging import Stage

_MEMORY = "1GB"
"""Beyond this the engine works on the disk."""


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
    metrics : dict
        The tables ``[metrics.…]``.
    tables : tuple of TableRecord
        In canonical order.
    ledger : tuple of LedgerLine
        Of the stage intake.
    use : Use
        Keeps other processes from removing it.
    """

    folder: Path
    fingerprint: str
    lab: dict[str, Any]
    metrics: dict[str, Any]
    tables: tuple[TableRecord, ...]
    ledger: tuple[LedgerLine, ...]
    use: retention.Use = field(repr=False, compare=False)

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

    def quarantine(self, table: str) -> Path:
        """Return where a table's quarantined rows are, if there are any.

        Parameters
        ----------
        table : str
            Canonical name.

        Returns
        -------
        Path
            A Parquet file, which need not exist.
        """
        return self.folder / "quarantine" / f"{table}.parquet"


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
        Complete; another process may be reading it too. Once one was built, old ones are removed (see `retention`).

    Raises
    ------
    ParameterError
        When ``CEMLAB_KEEP`` is no number.
    SourceError, SchemaError
        When a source or the declaration does not hold.
    EngineError
        When there is no room left.
    """
    keep = retention.kept()
    fingerprint = sources.fingerprint(lab_file, data_dir=data_dir)
    cache = sources.private_folder(sources.cache_dir(lab_file))
    folder, built = cache / fingerprint, False
    while (use := retention.use(folder)) is None:
        with FileLock(cache / f"{fingerprint}.lock"):
            # another process may have built it while this one waited
            if not (folder / retention.COMPLETE).is_file():
                _build(lab_file, data_dir=data_dir, fingerprint=fingerprint, folder=folder)
                built = True
    if built:
        with contextlib.suppress(OSError):  # the snapshot is there: who cannot tidy up may still use it
            retention.tidy(cache, keep=keep)
    return _read(folder, use)


def _read(folder: Path, use: retention.Use) -> Snapshot:
    kept = json.loads((folder / retention.COMPLETE).read_text(encoding="utf-8"))
    tables = tuple(
        TableRecord(**{**each, "columns": tuple(each["columns"]), "personal": tuple(each["personal"])})
        for each in kept["tables"]
    )
    return Snapshot(
        folder,
        kept["fingerprint"],
        kept["lab"],
        kept.get("metrics", {}),
        tables,
        tuple(LedgerLine(**line) for line in kept["ledger"]),
        use,
    )


def _build(lab_file: str | Path, *, data_dir: str, fingerprint: str, folder: Path) -> None:
    declaration = load(lab_file).found(Path(data_dir) if data_dir else Path(lab_file).parent)
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
            "metrics": {name: each.model_dump() for name, each in declaration.metrics.items()},
            "tables": [asdict(record) for record in records],
            "ledger": [asdict(line) for line in ledger],
        }
        (aside / retention.COMPLETE).write_text(json.dumps(content, indent=1), encoding="utf-8")
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
    work = folder / "work"
    work.mkdir()
    connection = duckdb.connect(config={"temp_directory": str(work / "spill"), "memory_limit": _MEMORY})
    try:
        connection.execute(f"SET TimeZone = {quoted(declaration.lab.time_zone)}")
        connection.execute(prepare_engine())
        # a join whose sides are swapped gives its rows in another order, and of several rows with one key the first
        # stays
        connection.execute("SET disabled_optimizers = 'build_side_probe_side'")
        stage = Stage(connection, declaration=declaration, files=files, folder=work, quarantine=folder / "quarantine")
        records: list[TableRecord] = []
        ledger: list[LedgerLine] = []
        known: dict[str, Path] = {}
        for name in declaration.tables:
            record, lines = _table(stage, name, folder, known=known)
            records.append(record)
            ledger += lines
        return records, ledger
    finally:
        connection.close()
        shutil.rmtree(work, ignore_errors=True)


def _table(stage: Stage, name: str, folder: Path, *, known: dict[str, Path]) -> tuple[TableRecord, list[LedgerLine]]:
    """Bring one table in: its parts, what is left out of them, the accepted rows in a file of their own."""
    staged = stage.load(name)
    check_matches(stage.connection, staged, known=known)
    if any(
        points_to(TABLES[other], each) == name
        for other in stage.declaration.tables
        for each in stage.declaration.types(other)
    ):
        known[name] = remember(stage.connection, staged, stage.folder)
    parent = TABLES[name].parent
    parent_file = folder / f"{parent[0]}.parquet" if parent and parent[0] in stage.declaration.tables else None
    judge(stage.connection, staged, parent=parent_file)
    lines = _lines(stage.connection, staged)
    record = accept(stage, staged, lines=lines, folder=folder)
    for part, _ in staged.parts:
        part.unlink(missing_ok=True)
    return record, lines


def _lines(connection: duckdb.DuckDBPyConnection, staged: Staged) -> list[LedgerLine]:
    name = staged.table.name
    counts = dict(
        connection.execute(f"SELECT coalesce({FAULT}, ''), count(*) FROM {all_rows(staged)} GROUP BY ALL").fetchall()
    )
    beside = connection.execute(f"SELECT reason, count(*) FROM {BAD} GROUP BY ALL").fetchall()
    used = counts.pop("", 0) - sum(count for _, count in beside)
    lines = [LedgerLine("intake", name, "in", "", staged.rows_in), LedgerLine("intake", name, "used", "", used)]
    faults = [*sorted([*counts.items(), *beside]), *sorted(staged.lost.items())]
    return lines + [
        LedgerLine("intake", name, "excluded" if reason in staged.excluded else "quarantined", reason, count)
        for reason, count in faults
    ]
