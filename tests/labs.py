"""A lab in memory, for tests of rooms above `data`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd

from cemlab.core import schemas
from cemlab.core.errors import SchemaError
from cemlab.core.lab import AT_FAULT, LabInfo, Ledger


class MemoryLab:
    """Frames as canonical tables in an in-memory engine; an instant's lab-local day is added beside it."""

    def __init__(
        self,
        tables: Mapping[str, pd.DataFrame],
        *,
        as_of: dt.date | None = None,
        undated: Iterable[str] = (),
        fingerprint: str = "memory",
        quarantined: Mapping[str, pd.DataFrame] | None = None,
    ) -> None:
        self.info = LabInfo("memory", "Memory & Sons", "Europe/Berlin", synthetic=True)
        self.as_of = as_of
        self.fingerprint = fingerprint
        self.ledger = Ledger()
        self.tables = tuple(tables)
        self.undated = tuple(undated)
        self.queries = 0
        self._engine = ibis.duckdb.connect()
        for name, frame in tables.items():
            dated = _with_days(name, frame)
            self._engine.create_table(name, dated, schema=_schema(name, dated))
        self._aside = dict(quarantined or {})
        for name, frame in self._aside.items():
            dated = _with_days(name, frame)
            self._engine.create_table(f"aside_{name}", dated, schema=_schema(name, dated))

    def table(self, name: str, *, personal: Iterable[str] = ()) -> Any:
        if name not in self.tables:
            raise SchemaError(f"The lab must have the table `{name}`: it has {', '.join(self.tables)}.")
        table = self._engine.table(name)
        hidden = {column.name for column in schemas.TABLES[name].columns if column.personal} - set(personal)
        return table.drop(*(column for column in table.columns if column in hidden))

    def quarantined(self, name: str) -> Any:
        if name in self._aside:
            return self._engine.table(f"aside_{name}")
        return self.table(name).limit(0).mutate(**{AT_FAULT: ibis.null("string")})

    def most_rows(self, table: str, column: str) -> int | None:
        return None

    def frame(self, expression: Any) -> pd.DataFrame:
        self.queries += 1
        frame: pd.DataFrame = self._engine.execute(expression)
        return frame

    def held(self, expression: Any) -> Any:
        return expression.cache()

    def batches(self, expression: Any, *, rows: int, held: bool) -> Iterable[Any]:
        if not held:
            self._engine.execute(expression.limit(0))
        return _Batches(self._engine, expression.cache() if held else expression, rows)


@dataclass(frozen=True)
class _Batches:
    engine: Any
    expression: Any
    rows: int

    def __iter__(self) -> Iterator[Any]:
        yield from self.engine.con.execute(self.engine.compile(self.expression)).to_arrow_reader(self.rows)


_TYPES = {
    "text": "string",
    "integer": "int64",
    "number": "float64",
    "date": "date",
    "instant": "timestamp",
    "boolean": "boolean",
}


def _schema(name: str, frame: pd.DataFrame) -> Any:
    """Declared types for declared columns, so that an empty one has a type too; text where nothing is known."""
    types = {key: "string" if value.is_null() else value for key, value in ibis.memtable(frame).schema().items()}
    for column in schemas.TABLES[name].columns:
        if column.name in types:
            types[column.name] = _TYPES[column.type]
        if column.day in types:
            types[str(column.day)] = "date"
    return ibis.schema(types)


def _with_days(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Add ``responded_on`` beside ``responded_at``, taking the instant's own calendar day."""
    days = {
        column.day: pd.to_datetime(frame[column.name]).dt.date
        for column in schemas.TABLES[name].columns
        if column.day and column.name in frame and column.day not in frame
    }
    return frame.assign(**days)
