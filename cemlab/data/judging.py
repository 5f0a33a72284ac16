"""What a row breaks beside others: second rows of one key, rows whose parent is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cemlab.data.mapping import Source
from cemlab.data.quoting import identifier, quoted
from cemlab.data.readers import literal
from cemlab.data.staged import FAULT, KNOWN_ON, PART, ROW, Staged

BAD = "left_out"
"""Temporary table of the rows that are left out for the sake of others: part, row, reason."""


def judge(connection: Any, staged: Staged, *, parent: Path | None) -> None:
    """Fill the table `BAD`.

    Parameters
    ----------
    connection : duckdb connection
        Which wrote the parts.
    staged : Staged
        The table, with its parts.
    parent : Path or None
        Accepted rows of the table through which these are known.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {BAD} ({PART} INTEGER, {ROW} BIGINT, reason VARCHAR)")
    sources = {id(source): source for _, source in staged.parts if source.one_per}
    for source in sources.values():
        if source.sum:
            _add_up(connection, staged, source)
        _one_per(connection, staged, source)
    _second_rows(connection, staged)
    if parent:
        _orphans(connection, staged, parent)


def all_rows(staged: Staged) -> str:
    """Return the SQL of a table's rows with their places.

    Parameters
    ----------
    staged : Staged
        The table, with its parts.

    Returns
    -------
    str
        To stand after FROM; a row's place is its part and its number there.
    """
    files = ", ".join(literal(path) for path, _ in staged.parts)
    return (
        f"(SELECT * EXCLUDE (file_row_number), file_row_number AS {ROW} FROM read_parquet([{files}], file_row_number ="
        " true))"
    )


def sound_rows(staged: Staged) -> str:
    """Return the SQL of those rows that break nothing, as far as is known by now.

    Parameters
    ----------
    staged : Staged
        The table, with its parts.

    Returns
    -------
    str
        To stand after FROM.
    """
    return f"(SELECT * FROM {all_rows(staged)} WHERE {FAULT} IS NULL) ANTI JOIN {BAD} USING ({PART}, {ROW})"


def _add_up(connection: Any, staged: Staged, source: Source) -> None:
    """Write the sum over the sound rows of one value into each of them, of which one is kept."""
    parts = {number: path for number, (path, each) in enumerate(staged.parts) if each is source}
    key, own = identifier(source.one_per), f"{PART} IN ({', '.join(map(str, parts))})"
    # the same in every run, whatever order the engine reads in or the file has
    sums = ", ".join(
        (
            f"fsum({identifier(name)} ORDER BY {identifier(name)}) AS {identifier(name)}"
            if staged.types[name] == "number"
            else f"CAST(sum({identifier(name)}) AS BIGINT) AS {identifier(name)}"
        )
        for name in source.sum
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE sums AS SELECT {key} AS sum_of, {sums} FROM {sound_rows(staged)} "
        f"WHERE {own} AND {key} IS NOT NULL GROUP BY ALL"
    )
    unwanted = ", ".join(quoted(reason) for reason in sorted(staged.excluded)) or "''"
    (lacking,) = connection.execute(
        f"SELECT count(DISTINCT {key}) FROM {all_rows(staged)} WHERE {own} AND {FAULT} NOT IN ({unwanted}) "
        f"AND {key} IN (SELECT sum_of FROM sums)"
    ).fetchone()
    if lacking:
        staged.remarks[f"{source.one_per}: sums that lack a row, which was quarantined"] = int(lacking)
    added = ", ".join(
        f"coalesce(sums.{identifier(name)}, part.{identifier(name)}) AS {identifier(name)}" for name in source.sum
    )
    for path in parts.values():
        whole = path.with_suffix(".sums")
        connection.execute(
            f"COPY (SELECT part.* EXCLUDE (file_row_number) REPLACE ({added}) FROM read_parquet({literal(path)},"
            f" file_row_number = true) AS part LEFT JOIN sums ON part.{key} = sum_of AND {FAULT} IS NULL ORDER BY"
            f" file_row_number) TO {quoted(str(whole))} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )
        whole.rename(path)


def _one_per(connection: Any, staged: Staged, source: Source) -> None:
    parts = [str(number) for number, (_, each) in enumerate(staged.parts) if each is source]
    done = "this one was added to it" if source.sum else ""
    reason = f"another row of the same `{source.one_per}` was kept" + f", and {done}" * bool(done)
    staged.excluded.add(reason)
    way = "DESC" if source.keep == "last" else "ASC"
    order = [f"{PART} {way}", f"{ROW} {way}"]
    if source.order_by:
        # of rows that stand at one place in the order asked for, the file does not decide
        order = [f"{name} {way} NULLS LAST" for name in (identifier(source.order_by), PART, *_content(staged))] + order[
            1:
        ]
    _leave_out(
        connection,
        f"SELECT {PART}, {ROW}, row_number() OVER (PARTITION BY {identifier(source.one_per)} ORDER BY"
        f" {', '.join(order)}) AS place FROM {sound_rows(staged)} WHERE {PART} IN ({', '.join(parts)}) AND"
        f" {identifier(source.one_per)} IS NOT NULL",
        reason,
    )


def _second_rows(connection: Any, staged: Staged) -> None:
    """Of several rows with one key keep that of the first source, known first, whose values sort first: never that of a place in the file."""
    key = ", ".join(identifier(name) for name in staged.table.key)
    # a hash a row is less to keep in mind than a key a row; the few that share one are compared in full
    shared = f"SELECT hash({key}) FROM {sound_rows(staged)} GROUP BY ALL HAVING count(*) > 1"
    _leave_out(
        connection,
        f"SELECT {PART}, {ROW}, row_number() OVER (PARTITION BY {key} ORDER BY"
        f" {', '.join((PART, *_content(staged), ROW))}) AS place FROM {sound_rows(staged)} WHERE hash({key}) IN"
        f" ({shared})",
        f"another row has the same {' and '.join(f'`{name}`' for name in staged.table.key)}",
    )


def _content(staged: Staged) -> list[str]:
    """SQL by which rows are ordered wherever they stand in a file: the day on which each became known, then all that it says."""
    return [KNOWN_ON, *(identifier(name) for name in sorted(staged.columns))]


def _leave_out(connection: Any, placed: str, reason: str) -> None:
    connection.execute(f"INSERT INTO {BAD} SELECT {PART}, {ROW}, {quoted(reason)} FROM ({placed}) WHERE place > 1")


def _orphans(connection: Any, staged: Staged, parent: Path) -> None:
    name, column = staged.table.parent or ("", "")
    reason = f"no accepted row of `{name}` has its `{column}`"
    connection.execute(
        f"INSERT INTO {BAD} SELECT {PART}, {ROW}, {quoted(reason)} FROM {sound_rows(staged)} ANTI JOIN "
        f"(SELECT {identifier(column)} FROM read_parquet({literal(parent)})) AS parents USING ({identifier(column)})"
    )
