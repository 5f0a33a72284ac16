"""Ids that meet none elsewhere: a join that misses most of its rows is a fault of the lab file, not of the rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cemlab.core.errors import SchemaError
from cemlab.core.schemas import points_to
from cemlab.data.judging import all_rows
from cemlab.data.mapping import Source
from cemlab.data.quoting import identifier, quoted
from cemlab.data.readers import literal
from cemlab.data.staged import FAULT, PART, Staged


def remember(connection: Any, staged: Staged, folder: Path) -> Path:
    """Keep the ids of a table, of the rows that were set aside too: an id that is there was not misspelt.

    Parameters
    ----------
    connection : duckdb connection
        Which wrote the parts.
    staged : Staged
        The table, with its parts.
    folder : Path
        For the file.

    Returns
    -------
    Path
        Parquet with one column, ``id``.
    """
    path = folder / f"{staged.table.name}.ids"
    key = identifier(staged.table.key[0])
    connection.execute(
        f"COPY (SELECT DISTINCT {key} AS id FROM {all_rows(staged)} WHERE {key} IS NOT NULL) TO {quoted(str(path))} "
        "(FORMAT parquet)"
    )
    return path


def check_matches(connection: Any, staged: Staged, *, known: Mapping[str, Path]) -> None:
    """Refuse a lookup, or an id that points to another table, that finds less than half of its rows.

    Parameters
    ----------
    connection : duckdb connection
        Which wrote the parts.
    staged : Staged
        The table, with its parts.
    known : mapping of str to Path
        Of the tables that are read already: the ids of all their rows (see `remember`).

    Raises
    ------
    SchemaError
        With the counts, unless the lab file says ``may_miss = true``.
    """
    for column in staged.types:
        if f"_lost_{column}" in staged.flags:
            lost, asked = identifier(f"_lost_{column}"), identifier(f"_asked_{column}")
            for source, missed, rows in _counted(connection, staged, all_rows(staged), missed=lost, asked=asked):
                raise SchemaError(
                    f"A lookup must find at least half of its cells: `{staged.table.name}.{column}` of `{source.shown}`"
                    f" finds {rows - missed:,} of {rows:,}. Look up by columns that hold the same ids, or write"
                    " `may_miss = true` in the lookup where most are meant to be missing."
                )
    for column in staged.types:
        name = points_to(staged.table, column)
        if name not in known:
            continue
        key = identifier(column)
        rows_of = (
            f"(SELECT rows.*, ids.id FROM {all_rows(staged)} AS rows LEFT JOIN read_parquet({literal(known[name])}) AS "
            f"ids ON rows.{key} = ids.id)"
        )
        asked, missed_sql = f"{key} IS NOT NULL", f"{key} IS NOT NULL AND id IS NULL"
        for source, missed, rows in _counted(connection, staged, rows_of, missed=missed_sql, asked=asked):
            if source.maps[column].may_miss:
                continue
            raise SchemaError(
                f"At least half of the ids in `{staged.table.name}.{column}` must be known to `{name}`: of"
                f" `{source.shown}` {rows - missed:,} of {rows:,} are. Map columns that write the same ids, or write"
                f" `may_miss = true` in `{column}` where most are meant to be unknown."
            )


def _counted(connection: Any, staged: Staged, rows: str, *, missed: str, asked: str) -> list[tuple[Source, int, int]]:
    """Sources of which more than half of the rows that are wanted miss: source, rows that miss, rows that ask."""
    unwanted = ", ".join(quoted(reason) for reason in sorted(staged.excluded)) or "''"
    found = connection.execute(
        f"SELECT {PART}, count(*) FILTER ({missed}), count(*) FILTER ({asked}) FROM {rows} "
        f"WHERE coalesce({FAULT}, '-') NOT IN ({unwanted}) GROUP BY ALL"
    ).fetchall()
    counts = {part: (lost, all_) for part, lost, all_ in found}
    several = {id(source): source for _, source in staged.parts}
    result = []
    for source in several.values():
        own = [counts.get(part, (0, 0)) for part, (_, each) in enumerate(staged.parts) if each is source]
        lost, all_ = (sum(each[at] for each in own) for at in (0, 1))
        if 2 * lost > all_:
            result.append((source, lost, all_))
    return result
