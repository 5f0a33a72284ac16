"""Other files in which cells are looked up: one key, one value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cemlab.core.errors import SchemaError
from cemlab.data.conversion import Cells
from cemlab.data.layout import Lookup
from cemlab.data.mapping import ColumnMap, Source
from cemlab.data.numerals import pointed
from cemlab.data.quoting import quoted
from cemlab.data.readers import FRESH, open_file, positions


class References:
    """Tables of keys and values, each made once.

    Parameters
    ----------
    connection : duckdb connection
        Where they are made.
    files : dict of str to Path
        Source files by name.
    folder : Path
        For copies.
    """

    def __init__(self, connection: Any, *, files: dict[str, Path], folder: Path) -> None:
        self._connection = connection
        self._files = files
        self._folder = folder
        self._made: dict[str, str] = {}

    def table(self, lookup: Lookup, source: Source) -> str:
        """Return the table in which a lookup finds its values.

        Parameters
        ----------
        lookup : Lookup
            Of one of the source's columns.
        source : Source
            Says how to read the file where the lookup does not.

        Returns
        -------
        str
            A table with the columns ``key`` and ``value``, each key once.

        Raises
        ------
        SchemaError
            When a column is not there, or one key stands for two values.
        SourceError
            When the file cannot be read.
        """
        layout = source.looked_up(lookup)
        missing = lookup.missing if lookup.missing is not None else source.missing
        name = f"{layout.model_dump_json()}{lookup.key}\0{lookup.value}\0{missing}"
        if name not in self._made:
            table = f"reference_{len(self._made)}"
            self._make(table, lookup, source.model_copy(update={"missing": missing}))
            self._made[name] = table
        return self._made[name]

    def _make(self, table: str, lookup: Lookup, source: Source) -> None:
        aside = self._folder / table
        rows = open_file(
            self._files[lookup.file], layout=source.looked_up(lookup), connection=self._connection, aside=aside
        )
        found = dict(positions([lookup.key, lookup.value], rows, name=lookup.file))
        codes = dict.fromkeys(found, source.missing or ())
        self._connection.execute(FRESH)
        found |= pointed(self._connection, rows.relation, found, missing=codes, decimal=source.decimal)
        cells = Cells(found, "", source, "")
        key, value = (cells.present(header, ColumnMap(constant="")) for header in (lookup.key, lookup.value))
        self._connection.execute(FRESH)
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT key, min(value) AS value, max(value) <> min(value) AS"
            f" twice FROM (SELECT {key} AS key, {value} AS value FROM {rows.relation}) WHERE key IS NOT NULL GROUP"
            " BY key"
        )
        for copy in (".utf8", ".refused", ".parquet"):
            aside.with_suffix(copy).unlink(missing_ok=True)
        twice, keys = self._connection.execute(
            f"SELECT count(*) FILTER (WHERE twice), count(*) FROM {table}"
        ).fetchone()
        if twice:
            raise SchemaError(
                f"A lookup must give one value for each `{lookup.key}`: in {quoted(lookup.file)} {twice:,} of {keys:,} "
                f"have more than one `{lookup.value}`. Look up another column, or clean the file."
            )
