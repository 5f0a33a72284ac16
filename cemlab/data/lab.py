"""Open a lab: its accepted rows as they were known before the start of a day."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import ibis
from ibis.common.exceptions import IbisError

from cemlab.core.errors import EngineError, ParameterError, SchemaError, near_miss
from cemlab.core.lab import AT_FAULT, Lab, LabInfo, Ledger, LedgerLine
from cemlab.core.parameters import REGISTRY
from cemlab.core.schemas import TABLES, Table
from cemlab.data.acceptance import TableRecord
from cemlab.data.asof import as_of_day
from cemlab.data.declaration import metric_scales
from cemlab.data.retention import spill_folder
from cemlab.data.sections import LabSection, MetricSection
from cemlab.data.snapshot import Snapshot, ensure
from cemlab.data.staged import KNOWN_ON

if TYPE_CHECKING:
    import pandas as pd

_ASIDE = "quarantined_"
LATER = "known only on or after the as-of day"


@contextmanager
def _own_words() -> Iterator[None]:
    """Say in our words that the engine stopped: its own may quote customers' values."""
    try:
        yield
    except (duckdb.Error, IbisError, OSError, MemoryError) as error:
        raise EngineError(
            f"The engine must be able to run each query: it stopped with {type(error).__name__}. Check the columns "
            "and types that the query names, and the room left in memory and on the disk."
        ) from None


@dataclass(frozen=True)
class _Batches:
    """The rows of an expression, as blocks."""

    engine: Any
    expression: Any
    rows: int

    def __iter__(self) -> Iterator[Any]:
        # ibis 12 reads batches by a call that DuckDB 1.5 warns of
        with _own_words():
            yield from self.engine.con.execute(self.engine.compile(self.expression)).to_arrow_reader(self.rows)


@dataclass
class SnapshotLab:
    """A lab over a snapshot, in an engine inside this process (see `cemlab.core.lab.Lab`)."""

    info: LabInfo
    as_of: dt.date | None
    fingerprint: str
    ledger: Ledger
    tables: tuple[str, ...]
    undated: tuple[str, ...]
    _engine: Any
    _records: dict[str, TableRecord] = field(repr=False)
    _aside: frozenset[str] = frozenset()
    _known: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def table(self, name: str, *, personal: Iterable[str] = ()) -> Any:
        """Return a canonical table as a lazy Ibis table.

        Parameters
        ----------
        name : str
            Canonical name.
        personal : iterable of str
            Personal columns that are wanted; the others are left out.

        Returns
        -------
        ibis.Table
            Rows known before the as-of day, with what was overwritten since masked.

        Raises
        ------
        SchemaError
            When the lab has no such table or column: says how to map it.
        """
        record = self._record(name)
        wanted = set(personal)
        for column in wanted:
            if column not in record.columns:
                raise SchemaError(
                    f"`{name}` must hold each column asked for: it has no `{column}`. "
                    f"{near_miss(column, record.columns)}It has: {', '.join(record.columns)}."
                )
        # asking the engine for the columns of a table takes longer than most of what is asked of it
        if name not in self._known:
            self._known[name] = _as_known(self._engine.table(name), record, self.as_of)
        rows = self._known[name]
        return rows.select([column for column in record.columns if column not in set(record.personal) - wanted])

    def quarantined(self, name: str) -> Any:
        """Return the rows of a table that were quarantined, as a lazy Ibis table.

        Parameters
        ----------
        name : str
            Canonical name.

        Returns
        -------
        ibis.Table
            The columns of `table`, and ``_at_fault``: the column because of which the row is there, missing where it is
            not one. Rows that were known before the as-of day.

        Raises
        ------
        SchemaError
            When the lab has no such table.
        """
        record = self._record(name)
        shown = [column for column in record.columns if column not in record.personal]
        if name not in self._aside:
            return self.table(name).limit(0).mutate(**{AT_FAULT: ibis.null("string")})
        rows = self._engine.table(f"{_ASIDE}{name}")
        if self.as_of is not None and record.dated:
            rows = rows.filter(rows[KNOWN_ON] < self.as_of)
        return rows.select([*shown, AT_FAULT])

    def most_rows(self, table: str, column: str) -> int | None:
        """Return how many rows at most share one value of a column, where that is known.

        Parameters
        ----------
        table : str
            Canonical name.
        column : str
            Its column.

        Returns
        -------
        int or None
            An upper bound, missing values aside; None when the snapshot did not count them.
        """
        return self._record(table).most_rows.get(column)

    def frame(self, expression: Any) -> pd.DataFrame:
        """Run a lazy expression in the engine and return its (small) result.

        Parameters
        ----------
        expression : ibis expression
            Over tables of this lab.

        Returns
        -------
        pandas.DataFrame
            Its rows.

        Raises
        ------
        EngineError
            When the engine refuses it.
        """
        with _own_words():
            found: pd.DataFrame = self._engine.execute(expression)
        return found

    def held(self, expression: Any) -> Any:
        """Work a lazy expression out once, in the engine, for as long as what comes of it is in use.

        Parameters
        ----------
        expression : ibis.Table
            Made from this lab's tables.

        Returns
        -------
        ibis.Table
            The same rows, from a temporary table that the engine lays on the disk where its memory does not suffice.

        Raises
        ------
        EngineError
            When the engine refuses it.
        """
        with _own_words():
            return expression.cache()

    def batches(self, expression: Any, *, rows: int, held: bool) -> Iterable[Any]:
        """Return the result of a lazy expression in blocks, which may be gone through again and again.

        Parameters
        ----------
        expression : ibis.Table
            Made from this lab's tables.
        rows : int
            How many rows a block holds at most.
        held : bool
            True to work the expression out once; False to read anew at each pass.

        Returns
        -------
        iterable of pyarrow.RecordBatch
            The same blocks at each pass.

        Raises
        ------
        EngineError
            When the engine refuses it.
        """
        if held:
            return _Batches(self._engine, self.held(expression), rows)
        with _own_words():
            # the engine learns of frames that the expression holds only when it runs one
            self._engine.execute(expression.limit(0))
            return _Batches(self._engine, expression, rows)

    def _record(self, name: str) -> TableRecord:
        if name in self._records:
            return self._records[name]
        if name not in TABLES:
            raise SchemaError(
                f"A table must be a canonical one: `{name}` is not. {near_miss(name, TABLES)}Known:"
                f" {', '.join(TABLES)}."
            )
        table = TABLES[name]
        raise SchemaError(
            f"This needs the table `{name}`, of which one row is {table.row}: lab `{self.info.name}` has only "
            f"{', '.join(self.tables)}. Add `[[{name}]]` with its `file` to the lab file, and under "
            f"`[{name}.columns]` at least {', '.join(table.required)}."
        )


def open_lab(lab_file: str | Path, *, as_of: str = "", data_dir: str = "") -> Lab:
    """Open a lab as it was known before the start of a day.

    Parameters
    ----------
    lab_file : str or Path
        The ``lab.toml``.
    as_of : str, default ""
        ISO day; rows known on it or later are not there. Empty for the day after the lab's `data_until`, or else after
        the last known row.
    data_dir : str, default ""
        Folder of the source files; empty for the folder of the lab file.

    Returns
    -------
    Lab
        Its tables, lazy, and the ledger of what happened to every row.

    Raises
    ------
    ParameterError
        When `as_of` is no day, later than the sources are complete, or given although no table has dates.
    SourceError, SchemaError
        When a source or the lab file does not hold.
    InsufficientDataError
        When nothing was known before `as_of`.
    """
    asked = str(REGISTRY["as_of"].coerce(as_of))
    snapshot = ensure(lab_file, data_dir=data_dir)
    day = as_of_day(asked, snapshot)
    engine = _engine(snapshot)
    for record in snapshot.tables:
        engine.read_parquet(snapshot.file(record.name), table_name=record.name)
    aside = {record.name: snapshot.quarantine(record.name) for record in snapshot.tables}
    aside = {name: file for name, file in aside.items() if file.exists()}
    for name, file in aside.items():
        engine.read_parquet(file, table_name=f"{_ASIDE}{name}")
    ledger = Ledger()
    for record in snapshot.tables:
        ledger.record(line for line in snapshot.ledger if line.table == record.name)
        ledger.record(_as_of_lines(engine, record, day))
    return SnapshotLab(
        info=replace(
            LabSection.model_validate(snapshot.lab).info,
            metrics=metric_scales({name: MetricSection(**each) for name, each in snapshot.metrics.items()}),
        ),
        as_of=day,
        fingerprint=snapshot.fingerprint,
        ledger=ledger,
        tables=tuple(record.name for record in snapshot.tables),
        undated=tuple(record.name for record in snapshot.tables if not record.dated),
        _engine=engine,
        _records={record.name: record for record in snapshot.tables},
        _aside=frozenset(aside),
    )


def _engine(snapshot: Snapshot) -> Any:
    """An engine that works on the disk, beside the snapshots, where its memory does not suffice."""
    memory = os.environ.get("CEMLAB_MEMORY", "")
    spill = spill_folder(snapshot.folder)
    try:
        engine = ibis.duckdb.connect(temp_directory=str(spill), **({"memory_limit": memory} if memory else {}))
    except duckdb.Error:
        raise ParameterError(
            f"CEMLAB_MEMORY must be a size such as 2GB: it holds {len(memory)} characters that are none. Mend or"
            " unset it."
        ) from None
    # a lazy table outlives its lab and still reads the snapshot: that stays for as long as the engine does
    engine.snapshot_in_use = snapshot.use
    return engine


def _as_of_lines(engine: Any, record: TableRecord, as_of: dt.date | None) -> list[LedgerLine]:
    used = record.rows
    if as_of and record.dated and record.last_known >= as_of.isoformat():
        rows = engine.table(record.name)
        used = int(engine.execute((rows[KNOWN_ON] < as_of).sum().fill_null(0)))
    return [
        LedgerLine("as_of", record.name, "in", "", record.rows),
        LedgerLine("as_of", record.name, "used", "", used),
        LedgerLine("as_of", record.name, "excluded", LATER, record.rows - used),
    ]


def _as_known(rows: Any, record: TableRecord, as_of: dt.date | None) -> Any:
    """Keep what was known before `as_of`, and blank what the source has overwritten since."""
    if as_of is None:
        return rows
    if record.dated and record.last_known >= as_of.isoformat():
        rows = rows.filter(rows[KNOWN_ON] < as_of)
    for column, beside in TABLES[record.name].masked.items():
        if column in record.columns:
            rows = rows.mutate(**_masked(rows, TABLES[record.name], column, beside=beside, as_of=as_of))
    return rows


def _masked(rows: Any, table: Table, column: str, *, beside: tuple[str, ...], as_of: dt.date) -> dict[str, Any]:
    canonical = table.column(column)
    day = (canonical.day if canonical else None) or column
    later = (rows[day] >= as_of).fill_null(False)
    return {
        name: ibis.ifelse(later, ibis.null(rows[name].type()), rows[name])
        for name in dict.fromkeys((column, day, *beside))
        if name in rows.columns
    }
