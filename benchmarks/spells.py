"""How long it takes to reduce spells to life tables, cells and person-periods, beside the bare aggregation.

Ours goes through `open_lab` on a warm snapshot and the calls of the notebook; the bare aggregation is DuckDB
over the snapshot's own Parquet file, with the same columns read and the same kind of count, but no clock's
rules, no accounting and no frame for the statistics. Each side runs in a process of its own, the sides take
turns, medians are shown. Seconds are counted from the end of the imports; memory is the peak of the whole
process, imports included.

    python benchmarks/spells.py --rows 100000 1000000 10000000
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

DAY = "DATE '2024-01-01'"
LAB = """
[lab]
name = "benchmark"
company = "Benchmark"
time_zone = "UTC"
synthetic = true
data_until = "2023-12-31"

[[spells]]
file = "spells.parquet"

[spells.columns]
spell_id = "spell_id"
customer_id = "customer_id"
started_on = "started_on"
ended_on = "ended_on"
end_reason = "end_reason"
segment = "segment"
plan = "plan"
region = "region"
channel = "channel"
payment = "payment"

[[responses]]
file = "responses.parquet"

[responses.columns]
response_id = "response_id"
customer_id = "customer_id"
responded_at = "responded_at"
metric = { constant = "nps" }
score = "score"
"""
TERMS = ["segment", "plan", "region", "channel", "payment"]
BARE = """
SELECT {keys}, date_diff('{unit}', started_on, coalesce(ended_on, {day})) AS duration, end_reason, count(*) AS n
FROM read_parquet('{file}') GROUP BY ALL
"""


def make(folder: Path, rows: int) -> None:
    """Write a lab of so many spells, with an answer for one in two, and its snapshot."""
    import duckdb

    from cemlab import open_lab

    folder.mkdir(parents=True, exist_ok=True)
    part = "1 + (hash(i + {}) % {})::INT"
    start = "DATE '2014-01-01' + (hash(i) % 3600)::INT"
    end = f"{start} + floor(-ln(greatest(1e-9, (hash(i + 7) % 1000000) / 1e6)) * 900)::INT"
    levels = ", ".join(
        f"'{name} ' || ({part.format(31 + at, size)}) AS {name}"
        for at, (name, size) in enumerate({"segment": 10, "plan": 3, "region": 5, "channel": 3, "payment": 4}.items())
    )
    duckdb.sql(f"""COPY (
            SELECT 's' || i AS spell_id, 'c' || i AS customer_id, {start} AS started_on,
                CASE WHEN {end} < {DAY} THEN {end} END AS ended_on,
                CASE WHEN {end} < {DAY} THEN CASE WHEN hash(i + 3) % 3 = 0 THEN 'payment failed' ELSE 'left' END END AS end_reason,
                {levels}
            FROM range({rows}) AS t(i)
        ) TO '{folder / "spells.parquet"}' (FORMAT parquet)""")
    duckdb.sql(f"""COPY (
            SELECT 'r' || i AS response_id, 'c' || (hash(i + 5) % {rows}) AS customer_id, (hash(i + 9) % 11)::DOUBLE AS score,
                TIMESTAMP '2014-01-01' + to_days((hash(i + 11) % 3600)::INT) AS responded_at
            FROM range({rows // 2}) AS t(i)
        ) TO '{folder / "responses.parquet"}' (FORMAT parquet)""")
    (folder / "lab.toml").write_text(LAB, encoding="utf-8")
    os.environ["CEMLAB_CACHE"] = str(folder / "cache")
    open_lab(folder / "lab.toml")


def table(folder: Path, *, clock: str) -> Callable[[], float]:
    """Life table by ten segments, ours."""
    from cemlab import open_lab, prepare

    count = prepare.spells.life_table
    return lambda: float(count(open_lab(folder / "lab.toml"), by=["segment"], clock=clock)["events"].sum())


def cells(folder: Path) -> Callable[[], float]:
    """Cells of five covariates in months, ours."""
    from cemlab import open_lab, prepare

    count = prepare.cells.covariates
    return lambda: float(count(open_lab(folder / "lab.toml"), terms=TERMS)["n"].sum())


def split(folder: Path) -> Callable[[], float]:
    """Start–stop cells with the group of the last answer, ours."""
    from cemlab import open_lab, prepare

    count = prepare.cells.start_stop
    return lambda: float(count(open_lab(folder / "lab.toml"), terms=["segment"], time_varying=["nps_group"])["n"].sum())


def periods(folder: Path) -> Callable[[], float]:
    """Person-months with the group of the last answer, ours."""
    from cemlab import open_lab, prepare

    count = prepare.cells.person_periods
    return lambda: float(
        count(open_lab(folder / "lab.toml"), terms=["segment"], time_varying=["nps_group"])["n_at_risk"].sum()
    )


def bare(folder: Path, *, keys: list[str], unit: str) -> Callable[[], float]:
    """Bare aggregation."""
    import duckdb
    import pandas as pd  # noqa: F401  its import is not part of the time

    files = (folder / "cache").rglob("spells.parquet")
    file = next(path for path in files if "quarantine" not in path.parts)
    query = BARE.format(keys=", ".join(keys), unit=unit, day=DAY, file=file)
    return lambda: float(duckdb.sql(query).df()["n"].sum())


SIDES: dict[str, Callable[[Path], Callable[[], float]]] = {
    "life table, months": lambda folder: table(folder, clock="months"),
    "bare, months": lambda folder: bare(folder, keys=["segment"], unit="month"),
    "life table, days": lambda folder: table(folder, clock="days"),
    "bare, days": lambda folder: bare(folder, keys=["segment"], unit="day"),
    "cells of five covariates": cells,
    "bare, five covariates": lambda folder: bare(folder, keys=TERMS, unit="month"),
    "start–stop, last answer": split,
    "person-months, last answer": periods,
}
SMALL = {"start–stop, last answer": 100_000, "person-months, last answer": 100_000}
"""Sides that are asked of no more rows than these."""


def measure(side: str, folder: Path) -> None:
    """Run a side once, in this process; print seconds and peak memory."""
    os.environ["CEMLAB_CACHE"] = str(folder / "cache")
    run = SIDES[side](folder)
    start = time.perf_counter()
    result = run()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"seconds": seconds, "megabytes": peak, "result": result}))


def compare(rows: int, *, repeats: int) -> None:
    """Let the sides take turns; print medians."""
    with tempfile.TemporaryDirectory() as name:
        # in a process of its own: a child's peak of memory begins at its parent's
        subprocess.run([sys.executable, __file__, "--make", str(rows), "--folder", name], check=True)
        sides = [side for side in SIDES if rows <= SMALL.get(side, rows)]
        found: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
        for _ in range(repeats):
            for side in sides:
                command = [sys.executable, __file__, "--side", side, "--folder", name]
                found[side].append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
        for side in sides:
            seconds = statistics.median(each["seconds"] for each in found[side])
            peak = max(each["megabytes"] for each in found[side])
            print(f"| {rows:,} | {side} | {seconds:.2f} | {peak:,.0f} |", flush=True)


def main() -> None:
    """Measure the sizes asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--side", choices=list(SIDES))
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.make:
        make(asked.folder, asked.make)
        return
    if asked.side:
        measure(asked.side, asked.folder)
        return
    print("| spells | side | seconds | peak memory, MB |\n|---|---|---|---|")
    for rows in asked.rows:
        compare(rows, repeats=asked.repeats)


if __name__ == "__main__":
    main()
