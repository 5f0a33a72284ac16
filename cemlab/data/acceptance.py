"""Write the accepted rows of a table, and apart from them those that were quarantined."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from cemlab.core.lab import AT_FAULT, LedgerLine
from cemlab.core.schemas import MONEY, POINTERS
from cemlab.data.declaration import Declaration
from cemlab.data.judging import BAD, all_rows, sound_rows
from cemlab.data.quoting import identifier, quoted
from cemlab.data.readers import literal
from cemlab.data.score_codes import SCORE
from cemlab.data.staged import CELLS, FAULT, KNOWN_ON, PART, ROW, Staged
from cemlab.data.staging import Stage

_MOVED = (
    "times that came twice or never when clocks were moved, taken as the later one or as if they had not been moved"
)
_FORMAT = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1"


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
    remarks : dict of str to int
        What else was seen, and how often.
    last_ended : str
        Last day on which something of its rows ended, ISO; empty where nothing did, or where ends are recorded
        that lie ahead.
    absent : dict of str to list of str
        What declares codes → those that no cell of its source holds.
    scored : dict of str to int
        Of ``responses``: question → accepted answers with a score.
    highest : dict of str to float
        Of ``responses``: question → the highest accepted score.
    unusable : dict of str to dict of str to int
        Of ``responses``: question → why answers are quarantined because of their score → how many.
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
    remarks: dict[str, int] = field(default_factory=dict)
    last_ended: str = ""
    absent: dict[str, list[str]] = field(default_factory=dict)
    scored: dict[str, int] = field(default_factory=dict)
    unusable: dict[str, dict[str, int]] = field(default_factory=dict)
    highest: dict[str, float] = field(default_factory=dict)


def accept(stage: Stage, staged: Staged, *, lines: list[LedgerLine], folder: Path) -> TableRecord:
    """Write a table's rows and return what is known of them.

    Parameters
    ----------
    stage : Stage
        Whose connection holds the table `BAD`.
    staged : Staged
        The table, with its parts.
    lines : list of LedgerLine
        What became of its rows.
    folder : Path
        The snapshot; gets ``<table>.parquet`` and a file in ``quarantine``.

    Returns
    -------
    TableRecord
        Of the accepted rows.
    """
    name, connection, declaration = staged.table.name, stage.connection, stage.declaration
    file = folder / f"{name}.parquet"
    dated = not declaration.undated(name)
    _write_rows(connection, staged, folder, lines=lines, dated=dated)
    flags = "".join(f", count(*) FILTER (WHERE {identifier(flag)})" for flag in staged.flags)
    query = f"SELECT count(*), min({KNOWN_ON}), max({KNOWN_ON}){flags} FROM read_parquet({literal(file)})"
    rows, first, last, *found = connection.execute(query).fetchone()
    counted = dict(zip(staged.flags, found, strict=True))
    scored, highest, unusable, latest = _scores(connection, staged, folder)
    return TableRecord(
        name=name,
        columns=tuple(staged.columns),
        personal=declaration.personal(name),
        rows=int(rows),
        dated=dated,
        first_known=_iso(first),
        # answers whose score cannot be used are accounted for, so they say too how far the rows go
        last_known=max(_iso(last), latest if dated else ""),
        missing=_missing(file, list(staged.types)),
        naive={column: counted[f"_naive_{column}"] for column in staged.instants if counted[f"_naive_{column}"]},
        replaced=staged.replaced,
        most_rows=_most_rows(connection, staged, file),
        last_ended=_last_ended(connection, staged, file) if dated else "",
        absent=staged.absent,
        scored=scored,
        unusable=unusable,
        highest=highest,
        remarks=staged.remarks
        | _flagged(staged, counted)
        | _without_currency(staged, int(rows), currency=declaration.lab.currency)
        | _pointing_nowhere(connection, staged, declaration=declaration, folder=folder),
    )


def _write_rows(connection: Any, staged: Staged, folder: Path, *, lines: list[LedgerLine], dated: bool) -> None:
    """Write the accepted rows, and beside them those that were quarantined."""
    file = folder / f"{staged.table.name}.parquet"
    known = _through_parent(staged, folder) if dated and staged.table.parent else f"rows.{KNOWN_ON}"
    whole = not staged.lost and all(line.outcome in ("in", "used") or not line.count for line in lines)
    if whole and len(staged.parts) == 1 and not (dated and staged.table.parent):
        # every row is accepted: the part is the table
        staged.parts[0][0].rename(file)
    else:
        wanted = ", ".join(identifier(column) for column in [*staged.columns, *staged.flags])
        connection.execute(
            f"COPY (SELECT {wanted}, {known} AS {KNOWN_ON} FROM (SELECT * FROM {sound_rows(staged)}) AS rows) "
            f"TO {quoted(str(file))} ({_FORMAT})"
        )
        _quarantine(connection, staged, folder / "quarantine" / f"{staged.table.name}.parquet")


def _scores(
    connection: Any, staged: Staged, folder: Path
) -> tuple[dict[str, int], dict[str, float], dict[str, dict[str, int]], str]:
    """Answers with a score and the highest one by question; those that are quarantined because of it, by reason, and their last day."""
    kept, aside = (literal(place / f"{staged.table.name}.parquet") for place in (folder, folder / "quarantine"))
    if staged.table.name != "responses" or not {SCORE, "metric"} <= set(staged.types):
        return {}, {}, {}, ""
    accepted = connection.execute(
        f"SELECT metric, count({SCORE}), max({SCORE}) FROM read_parquet({kept}) GROUP BY metric ORDER BY metric"
    ).fetchall()
    scored = {metric: count for metric, count, _ in accepted}
    highest = {metric: float(most) for metric, _, most in accepted if metric is not None and most is not None}
    unusable: dict[str, dict[str, int]] = {}
    latest = ""
    if (folder / "quarantine" / "responses.parquet").exists():
        # an answer that is there in a row of its own as well was not lost
        rows = connection.execute(
            f"SELECT metric, reason, count(DISTINCT response_id), max({KNOWN_ON}) FROM read_parquet({aside}) "
            f"AS aside ANTI JOIN read_parquet({kept}) AS kept USING (response_id, metric) "
            f"WHERE {AT_FAULT} = {quoted(SCORE)} AND metric IS NOT NULL GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        for metric, reason, count, day in rows:
            unusable.setdefault(metric, {})[reason] = count
            latest = max(latest, _iso(day))
    return scored, highest, unusable, latest


def _flagged(staged: Staged, counted: Mapping[str, int]) -> dict[str, int]:
    words = {
        "vain": "looked up in vain",
        "moved": _MOVED,
        "labelled": "written as a code with its label, read as the code",
        "recoded": "decimals turned into codes by the declared rule",
    }
    found = {
        f"{column}: {said}": counted.get(f"_{flag}_{column}", 0)
        for column in staged.types
        for flag, said in words.items()
    }
    return {remark: count for remark, count in found.items() if count}


def _without_currency(staged: Staged, rows: int, *, currency: str) -> dict[str, int]:
    money = [column.name for column in staged.table.columns if column.unit == MONEY and column.name in staged.types]
    if currency or not money or not rows:
        return {}
    return {f"{' and '.join(money)}: no currency declared, write `currency` under `[lab]`": rows}


def _last_ended(connection: Any, staged: Staged, file: Path) -> str:
    days = [
        identifier(staged.day(column) if column in staged.instants else column)
        for column in staged.table.masked
        if column in staged.types
    ]
    if not days:
        return ""
    (latest,) = connection.execute(
        f"SELECT greatest({', '.join(f'max({day})' for day in days)}) FROM read_parquet({literal(file)})"
    ).fetchone()
    return _iso(latest)


def _through_parent(staged: Staged, folder: Path) -> str:
    """SQL of the day on which the parent of a row became known."""
    name, column = staged.table.parent or ("", "")
    return (
        f"(SELECT min(parent.{KNOWN_ON}) FROM read_parquet({literal(folder / f'{name}.parquet')}) AS parent "
        f"WHERE parent.{identifier(column)} = rows.{identifier(column)})"
    )


def _quarantine(connection: Any, staged: Staged, file: Path) -> None:
    excluded = ", ".join(quoted(reason) for reason in sorted(staged.excluded)) or "''"
    wanted = ", ".join(identifier(column) for column in staged.columns)
    cases = " ".join(f"WHEN {quoted(reason)} THEN {quoted(column)}" for reason, column in sorted(staged.faults.items()))
    at_fault = f"CASE {FAULT} {cases} END" if cases else "CAST(NULL AS VARCHAR)"
    connection.execute(
        f"COPY (SELECT {wanted}, coalesce({FAULT}, {BAD}.reason) AS reason, {at_fault} AS {AT_FAULT}, "
        f"{KNOWN_ON}, {CELLS} AS cells "
        f"FROM {all_rows(staged)} LEFT JOIN {BAD} USING ({PART}, {ROW}) "
        f"WHERE coalesce({FAULT}, {BAD}.reason) NOT IN ({excluded})) TO {quoted(str(file))} (FORMAT parquet)"
    )


def _most_rows(connection: Any, staged: Staged, file: Path) -> dict[str, int]:
    """How often one customer comes at most: who reads the table can tell that a group holds enough of them."""
    if "customer_id" not in staged.types:
        return {}
    if staged.table.key == ("customer_id",):
        return {"customer_id": 1}
    # counting hashes takes less memory, and two customers of one hash only raise the bound
    (most,) = connection.execute(
        "SELECT coalesce(max(rows), 0) FROM (SELECT count(*) AS rows FROM "
        f"read_parquet({literal(file)}) WHERE customer_id IS NOT NULL GROUP BY hash(customer_id))"
    ).fetchone()
    return {"customer_id": max(int(most), 1)}


def _missing(file: Path, columns: list[str]) -> dict[str, int]:
    """Rows without a value, as the file's footer counts them."""
    footer = pq.ParquetFile(file).metadata
    places = {footer.schema.column(at).name: at for at in range(footer.num_columns)}
    groups = [footer.row_group(at) for at in range(footer.num_row_groups)]
    return {column: sum(group.column(places[column]).statistics.null_count for group in groups) for column in columns}


def _pointing_nowhere(connection: Any, staged: Staged, *, declaration: Declaration, folder: Path) -> dict[str, int]:
    """Accepted rows whose customer or invitation is not among the accepted ones."""
    found = {}
    for column, name in POINTERS.items():
        if column not in staged.types or staged.table.name == name or name not in declaration.tables:
            continue
        rows, others = (literal(folder / f"{each}.parquet") for each in (staged.table.name, name))
        (count,) = connection.execute(
            f"SELECT count(*) FROM (SELECT {column} FROM read_parquet({rows}) WHERE {column} IS NOT NULL) ANTI JOIN "
            f"(SELECT {column} FROM read_parquet({others})) AS others USING ({column})"
        ).fetchone()
        if count:
            found[f"{column}: not in `{name}`"] = int(count)
    return found


def _iso(day: dt.date | None) -> str:
    return day.isoformat() if day else ""
