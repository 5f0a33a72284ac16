"""One estimand has one interval on a page, unless the page says why there is another."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from typing import Any

SAYS_WHY = {
    "score_interval": "another way to compute the interval; the check that shows it names both",
    "missing_bounds": "bounds over every value of the lost answers, and called so",
    "design": "the same answers under each assumption on how they were drawn; the last row is the design as it is",
}
"""The last part of a key → why its intervals may differ from that of the same number elsewhere on the page."""


def conflicts(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return pairs of keys under which one number (same value, unit and n) stands with two intervals.

    Read are all findings of a page and all tables published with it.
    """
    units = {found["table"]: found["unit"] for found in answer["findings"] if found.get("table")}
    seen: dict[tuple[object, ...], list[tuple[str, float, float]]] = {}
    for key, row in _rows(answer["tables"]):
        if key.rpartition(".")[2] in SAYS_WHY:
            continue
        value, low, high, n = (_number(row.get(name)) for name in ("estimate", "ci_low", "ci_high", "n"))
        if any(math.isnan(each) for each in (value, low, high, n)) or value in (0.0, 1.0, 100.0, -100.0):
            continue
        seen.setdefault((units.get(key), f"{value:.10g}", n), []).append((key, low, high))
    found = []
    for same in seen.values():
        first = same[0]
        found += [
            (first[0], key)
            for key, low, high in same[1:]
            if not (math.isclose(low, first[1], rel_tol=1e-9) and math.isclose(high, first[2], rel_tol=1e-9))
        ]
    return found


def _rows(tables: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    for key, text in tables.items():
        for row in csv.DictReader(io.StringIO(text)):
            yield key, row


def _number(text: str | None) -> float:
    try:
        return float(text) if text else math.nan
    except ValueError:
        return math.nan
