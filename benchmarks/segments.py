"""How long it takes to prepare customers for segments, out of core: profile, recency–frequency–money, patterns.

No model is fitted here: `benchmarks/latent_classes.py` measures that. Ours goes through `open_lab` on a warm
snapshot and the calls of the notebook; the bare aggregation is DuckDB over the snapshot's own Parquet file,
with neither scores nor accounting. Ten purchases per customer. The memory of our engine is limited; the bare
aggregation has no limit, for in one pass over 100,000,000 rows it stops under this one. Each side runs in a
process of its own, the sides take turns, medians are shown. Seconds are counted from the end of the imports;
memory is the peak of the whole process, imports included.

    python benchmarks/segments.py --customers 100000 1000000 10000000 --memory 600MB
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

EACH = 10
LAB = """
[lab]
name = "benchmark"
company = "Benchmark"
time_zone = "UTC"
synthetic = true
data_until = "2023-12-31"

[[customers]]
file = "customers.parquet"
[customers.columns]
customer_id = "customer_id"
known_at = "known_at"
plan = "plan"
wants_help = "wants_help"
wants_price = "wants_price"

[[transactions]]
file = "transactions.parquet"
[transactions.columns]
transaction_id = "transaction_id"
customer_id = "customer_id"
occurred_at = "occurred_at"
amount = "amount"
"""
BARE = """
SELECT count(*), sum(recency), sum(frequency), sum(monetary) FROM (
    SELECT customer_id, DATE '2024-01-01' - max(occurred_on) AS recency, count(*) AS frequency, sum(amount) AS monetary
    FROM read_parquet('{file}') GROUP BY customer_id)
"""


def make(folder: Path, customers: int) -> None:
    """Write a lab of so many customers and their purchases, and its snapshot."""
    import duckdb

    from cemlab import open_lab

    folder.mkdir(parents=True, exist_ok=True)
    duckdb.sql(f"""COPY (
            SELECT 'c' || i AS customer_id, TIMESTAMP '2018-01-01' + to_days((hash(i) % 1500)::INT) AS known_at,
                'plan ' || (hash(i + 1) % 4) AS plan, hash(i + 2) % 3 = 0 AS wants_help, hash(i + 3) % 2 = 0 AS wants_price
            FROM range({customers}) AS t(i)
        ) TO '{folder / "customers.parquet"}' (FORMAT parquet)""")
    duckdb.sql(f"""COPY (
            SELECT 't' || i AS transaction_id, 'c' || (hash(i + 5) % {customers}) AS customer_id,
                TIMESTAMP '2022-01-01' + to_days((hash(i + 7) % 730)::INT) AS occurred_at,
                (hash(i + 11) % 20000) / 100.0 AS amount
            FROM range({EACH * customers}) AS t(i)
        ) TO '{folder / "transactions.parquet"}' (FORMAT parquet)""")
    (folder / "lab.toml").write_text(LAB, encoding="utf-8")
    os.environ["CEMLAB_CACHE"] = str(folder / "cache")
    open_lab(folder / "lab.toml")


def profile(folder: Path) -> Callable[[], float]:
    """Every customer's profile, attributes, purchases and a score side by side, summed by plan and group of the jackknife."""
    from cemlab import open_lab, prepare

    moments = prepare.profiles.moments
    columns = ["tenure_months", "recency_days", "frequency", "monetary", "monetary_score"]
    return lambda: float(moments(open_lab(folder / "lab.toml"), columns=columns, by=["plan"])["n"].sum())


def rfm(folder: Path) -> Callable[[], float]:
    """Recency, frequency and monetary value with scores, counted by score."""
    from cemlab import open_lab, prepare

    count = prepare.profiles.rfm_counts
    return lambda: float(count(open_lab(folder / "lab.toml"))["n"].sum())


def patterns(folder: Path) -> Callable[[], float]:
    """Patterns of two needs and a plan."""
    from cemlab import open_lab, prepare

    count = prepare.patterns.counts
    return lambda: float(count(open_lab(folder / "lab.toml"), items=["wants_help", "wants_price", "plan"])["n"].sum())


def bare(folder: Path) -> Callable[[], float]:
    """Bare aggregation of purchases by customer."""
    import duckdb
    import pandas as pd  # noqa: F401  its import is not part of the time

    files = (folder / "cache").rglob("transactions.parquet")
    file = next(path for path in files if "quarantine" not in path.parts)
    return lambda: float(duckdb.sql(BARE.format(file=file)).df().iloc[0, 0])


SIDES: dict[str, Callable[[Path], Callable[[], float]]] = {
    "profile by plan": profile,
    "RFM with scores": rfm,
    "patterns of three items": patterns,
    "bare aggregation of purchases": bare,
}


def measure(side: str, folder: Path) -> None:
    """Run a side once, in this process; print seconds and peak memory."""
    os.environ["CEMLAB_CACHE"] = str(folder / "cache")
    run = SIDES[side](folder)
    start = time.perf_counter()
    result = run()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"seconds": seconds, "megabytes": peak, "result": result}))


def compare(customers: int, *, repeats: int, keep: Path | None) -> None:
    """Let the sides take turns; print medians."""
    with tempfile.TemporaryDirectory(dir=keep) as name:
        # in a process of its own: a child's peak of memory begins at its parent's
        subprocess.run([sys.executable, __file__, "--make", str(customers), "--folder", name], check=True)
        found: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
        for _ in range(repeats):
            for side in SIDES:
                command = [sys.executable, __file__, "--side", side, "--folder", name]
                found[side].append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
        for side, each in found.items():
            seconds = statistics.median(one["seconds"] for one in each)
            peak = max(one["megabytes"] for one in each)
            print(f"| {customers:,} | {EACH * customers:,} | {side} | {seconds:.2f} | {peak:,.0f} |", flush=True)


def main() -> None:
    """Measure the sizes asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--memory", default="600MB", help="of our engine (CEMLAB_MEMORY); imports and results come on top"
    )
    parser.add_argument("--side", choices=list(SIDES))
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help="where the lab stands, or is made and deleted")
    asked = parser.parse_args()
    os.environ["CEMLAB_MEMORY"] = asked.memory
    if asked.make:
        make(asked.folder, asked.make)
        return
    if asked.side:
        measure(asked.side, asked.folder)
        return
    print("| customers | purchases | side | seconds | peak memory, MB |\n|---|---|---|---|---|")
    for customers in asked.customers:
        compare(customers, repeats=asked.repeats, keep=asked.folder)


if __name__ == "__main__":
    main()
