"""Intake against DuckDB's own CSV → Parquet and against pandas: seconds and peak memory, interleaved in one run.

Seconds are counted from the end of the imports; memory is the peak of the whole process, imports included.

python benchmarks/intake.py [--rows 10000000] [--repeats 3] [--folder DIR]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

LAB = """
[lab]
name = "benchmark"
company = "Benchmark"
time_zone = "Europe/Berlin"

[[responses]]
file = "answers.csv"
[responses.columns]
response_id = "response"
customer_id = "customer"
responded_at = "answered"
metric = { constant = "nps" }
score = "score"
since = { from = "since", type = "date" }
spent = { from = "spent", type = "number" }
comment = "comment"
"""
ANSWERS = """
SELECT 'R' || lpad(i::VARCHAR, 9, '0') AS response, 'C' || lpad((hash(i) % (1 + {rows} // 3))::VARCHAR, 8, '0') AS customer,
    strftime(TIMESTAMP '2023-01-01' + to_seconds((hash(i * 7) % 63072000)::BIGINT), '%Y-%m-%d %H:%M:%S') AS answered,
    (DATE '2015-01-01' + (hash(i * 11) % 2900)::INTEGER)::VARCHAR AS since,
    hash(i * 3) % 11 AS score, round((hash(i * 5) % 100000) / 100.0, 2) AS spent,
    CASE WHEN hash(i * 13) % 10 < 3 THEN 'it went well, "thank you" no. ' || i ELSE '' END AS comment
FROM range({rows}) AS numbers(i)
"""


def _intake(folder: Path) -> tuple[int, float]:
    """Open the lab cold: every row checked, the accounting kept, a snapshot written."""
    from cemlab.data.lab import open_lab

    os.environ["CEMLAB_CACHE"] = tempfile.mkdtemp(dir=folder)
    start = time.perf_counter()
    lab = open_lab(folder / "lab.toml")
    seconds = time.perf_counter() - start
    shutil.rmtree(os.environ["CEMLAB_CACHE"])
    return lab.ledger.count("used", table="responses", stage="intake"), seconds


def _duckdb(folder: Path) -> tuple[int, float]:
    """Let the engine guess the types and copy."""
    import duckdb

    start = time.perf_counter()
    query = f"COPY (FROM '{folder}/answers.csv') TO '{folder}/duckdb.parquet' (FORMAT parquet)"
    (rows,) = duckdb.execute(query).fetchone() or (0,)
    return int(rows), time.perf_counter() - start


def _pandas(folder: Path) -> tuple[int, float]:
    """The same, in memory; days are parsed as any analyst would."""
    import pandas as pd
    import pyarrow.parquet  # noqa: F401 what to_parquet would import

    start = time.perf_counter()
    frame = pd.read_csv(folder / "answers.csv", parse_dates=["answered", "since"])
    frame.to_parquet(folder / "pandas.parquet")
    return len(frame), time.perf_counter() - start


CONTENDERS: dict[str, Callable[[Path], tuple[int, float]]] = {"intake": _intake, "duckdb": _duckdb, "pandas": _pandas}


def _one(name: str, folder: Path) -> None:
    rows, seconds = CONTENDERS[name](folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "mb": peak}))


def _measured(name: str, folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, "--only", name, "--folder", str(folder)], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _compare(folder: Path, *, rows: int, repeats: int) -> None:
    import duckdb

    duckdb.execute(f"COPY ({ANSWERS.format(rows=rows)}) TO '{folder}/answers.csv' (FORMAT csv, HEADER)")
    (folder / "lab.toml").write_text(LAB, encoding="utf-8")
    size = (folder / "answers.csv").stat().st_size / 1e6
    print(f"{rows:,} rows of 7 columns, {size:,.0f} MB of CSV, median of {repeats}, in turn")
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(repeats):
        for name in CONTENDERS:
            found[name].append(_measured(name, folder))
    base = statistics.median(each["seconds"] for each in found["duckdb"])
    print(f"{'':8} {'seconds':>8} {'x duckdb':>9} {'peak MB':>8} {'rows':>12}")
    for name, each in found.items():
        seconds, peak = (statistics.median(one[what] for one in each) for what in ("seconds", "mb"))
        print(f"{name:8} {seconds:8.1f} {seconds / base:9.2f} {peak:8,.0f} {int(each[0]['rows']):12,}")


def main() -> None:
    """Compare, or run one contender in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        _one(options.only, options.folder)
        return
    folder = Path(tempfile.mkdtemp(prefix="intake-", dir=options.folder))
    try:
        _compare(folder, rows=options.rows, repeats=options.repeats)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
