"""Simulations as evidence: how many runs, what counts as a defect, and the pages in docs/evidence that hold their tables.

A simulation asks :func:`runs` how often it shall run, and hands each measured row to the fixture ``record``.
With the environment variable CEMLAB_EVIDENCE, a folder, it runs in full and each test module writes one page
there: ``make evidence``.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binom

LOW, HIGH = 0.93, 0.97
"""Kind approximate: an interval of 95 % covers within these."""

WITHIN_999 = 3.2905
FULL = "CEMLAB_EVIDENCE"


def runs(usual: int, *, full: int = 4_000) -> int:
    """How many worlds a simulation draws: `usual` in ``make test``, `full` in ``make evidence``."""
    return full if os.environ.get(FULL) else usual


def margin(share: float, runs: int) -> float:
    """Half-width of the 99.9 % Monte-Carlo interval of a share."""
    return WITHIN_999 * math.sqrt(max(share * (1 - share), 1e-9) / runs)


def is_defect(share: float, runs: int, *, low: float = LOW, high: float = HIGH) -> bool:
    """Whether the exact 99.9 % Monte-Carlo interval of a share lies outside its range."""
    hits = round(share * runs)
    return bool(min(binom.cdf(hits, runs, low), binom.sf(hits - 1, runs, high)) < 0.0005)


@dataclass(frozen=True)
class Recorder:
    """What one test has measured; pytest carries it from its process to the one that writes the pages."""

    page: str
    asks: str
    properties: list[tuple[str, Any]]

    def __call__(self, table: str, row: Mapping[str, object], *, runs: int, seed: int) -> None:
        """Hand over one row of a table; before the assertion, so that what fails is published too."""
        plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in row.items()}
        found = {
            "page": self.page,
            "asks": self.asks,
            "table": table,
            "row": {**plain, "runs": runs, "seed": str(seed)},
        }
        self.properties.append((FULL, found))

    @classmethod
    def of(cls, module: Any, properties: list[tuple[str, Any]]) -> Recorder:
        """The recorder of a test in a module."""
        name = Path(module.__file__).stem.removeprefix("test_").removesuffix("_coverage").replace("_", "-")
        return cls(name, (module.__doc__ or name).strip().splitlines()[0], properties)


@dataclass
class Pages:
    """All that a run of the tests has recorded, page by page."""

    found: list[tuple[tuple[Any, ...], bool, dict[str, Any]]] = field(default_factory=list)

    def add(self, report: Any) -> None:
        """Take the rows from pytest's report on a test."""
        if report.when != "call":
            return
        file, line, _ = report.location
        place = (file, line, tuple(int(part) if part.isdigit() else 0 for part in re.split(r"(\d+)", report.nodeid)))
        rows = [value for name, value in report.user_properties if name == FULL]
        self.found += [((*place, report.nodeid, at), report.passed, row) for at, row in enumerate(rows)]

    def written(self, today: str) -> dict[str, str]:
        """The text of each page by its name."""
        rows = [{**row, "passed": passed} for _, passed, row in sorted(self.found, key=lambda each: each[0])]
        names = dict.fromkeys(row["page"] for row in rows)
        return {name: _page([row for row in rows if row["page"] == name], today) for name in names}

    def write(self, folder: Path, today: str) -> None:
        """Write each page, and the list of all that are there."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.written(today).items():
            (folder / f"{name}.md").write_text(text, encoding="utf-8")
        pages = sorted(page for page in folder.glob("*.md") if page.name != "README.md")
        lines = [f"- [{page.stem}]({page.name}): {page.read_text(encoding='utf-8').splitlines()[2]}" for page in pages]
        text = "\n".join(["# Evidence", "", "Full simulations, written by `make evidence`.", "", *lines, ""])
        (folder / "README.md").write_text(text, encoding="utf-8")


def _page(rows: list[dict[str, Any]], today: str) -> str:
    lines = [f"# Evidence: {rows[0]['page']}", "", rows[0]["asks"], "", f"Written by `make evidence` on {today}.", ""]
    for table in dict.fromkeys(row["table"] for row in rows):
        lines += [f"## {table}", "", *_table([row for row in rows if row["table"] == table]), ""]
    return "\n".join(lines)


def _table(rows: list[dict[str, Any]]) -> Iterable[str]:
    columns = list(dict.fromkeys(name for row in rows for name in row["row"]))
    columns = [name for name in columns if name not in {"runs", "seed"}] + ["runs", "seed"]
    yield f"| {' | '.join([*columns, 'within its range'])} |"
    yield f"|{' --- |' * (len(columns) + 1)}"
    for row in rows:
        cells = [_shown(row["row"].get(name, "")) for name in columns]
        yield f"| {' | '.join([*cells, 'yes' if row['passed'] else '**no**'])} |"


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
