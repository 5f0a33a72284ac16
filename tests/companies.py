"""Made-up companies as the tests of the generator see them: their files as tables, and their truth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from cemlab.data import synthetic

SINGLE = {"customers", "events", "transactions", "cases"}


@dataclass
class Company:
    """The files of a company, read past intake, so that a fault of either cannot hide the other's."""

    lab_file: Path

    def __post_init__(self) -> None:
        folder = self.lab_file.parent
        self.truth: Mapping[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        self._engine = duckdb.connect()
        for path in [*folder.glob("*.parquet"), *(folder / "truth").glob("*.parquet")]:
            self._engine.execute(f"CREATE VIEW {path.stem} AS FROM read_parquet('{path}')")
        self._engine.execute(f"""
            CREATE VIEW spells AS SELECT * REPLACE (strptime(start, '%d.%m.%Y')::DATE AS start, strptime("end", '%d.%m.%Y')::DATE
                AS "end", strptime(recorded_since, '%d.%m.%Y')::DATE AS recorded_since)
            FROM read_csv('{folder / "spells.csv"}', all_varchar = true)""")
        self._engine.execute(f"CREATE VIEW ratings AS FROM read_csv('{folder / 'ratings.csv'}')")
        for name in ("invitations", "responses"):
            self._engine.execute(
                f"CREATE VIEW {name} AS FROM read_csv('{folder / name}.csv.gz', nullstr = ['n/a', ''], quote = '\"')"
            )

    def frame(self, query: str) -> pd.DataFrame:
        """Return what a query finds."""
        return self._engine.execute(query).df()

    def rows(self, query: str) -> dict[Any, Any]:
        """Return the first column of a query as keys of its second."""
        return {row[0]: row[1] if len(row) == 2 else row[1:] for row in self._engine.execute(query).fetchall()}


def drawn(folder: Path, *, customers: int, seed: int, null: bool = False) -> Company:
    """Draw a company and read it back."""
    return Company(synthetic.write(folder, customers=customers, seed=seed, null=null))
