"""How long a net promoter score of 20 segments in 36 months takes, with standard errors.

Ours goes through `open_lab` on a warm snapshot and the calls of the notebook; the peers read the snapshot's own
Parquet file. Each side runs in a process of its own, the sides take turns, medians are shown. Seconds are counted from
the end of the imports; memory is the peak of the whole process, imports included.

    python benchmarks/nps.py --rows 100000 1000000 10000000
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

SEGMENTS, MONTHS, ANSWERS_EACH = 20, 36, 2.5
LAB = """
[lab]
name = "benchmark"
company = "Benchmark"
time_zone = "UTC"
synthetic = true

[[responses]]
file = "responses.parquet"

[responses.columns]
response_id = "response_id"
customer_id = "customer_id"
responded_at = "responded_at"
metric = { constant = "nps" }
score = "score"
region = "region"
weight = "weight"
"""
NET = "count(*) FILTER (score >= 9) AS promoters, count(*) FILTER (score <= 6) AS detractors"
COUNTS = f"""
SELECT region, date_trunc('month', responded_on) AS period, count(*) AS n, {NET}
FROM read_parquet('{{file}}') WHERE metric = 'nps' AND score IS NOT NULL GROUP BY ALL
"""
DESIGN = """
WITH clusters AS (
  SELECT region, date_trunc('month', responded_on) AS period, customer_id,
         sum(weight * ((score >= 9)::INT - (score <= 6)::INT)) AS a, sum(weight) AS b
  FROM read_parquet('{file}') WHERE metric = 'nps' AND score IS NOT NULL AND weight > 0 GROUP BY ALL
)
SELECT region, period, count(*) AS n_clusters, sum(a) AS a, sum(b) AS b, sum(a * a) AS aa, sum(a * b) AS ab, sum(b * b) AS bb
FROM clusters GROUP BY ALL
"""


def make(folder: Path, rows: int) -> None:
    """Write a lab of so many answers and its snapshot."""
    import duckdb

    from cemlab import open_lab

    people = max(int(rows / ANSWERS_EACH), 1)
    folder.mkdir(parents=True, exist_ok=True)
    duckdb.sql("SELECT setseed(0.5)")
    duckdb.sql(f"""COPY (
            SELECT 'r' || i AS response_id, 'c' || (hash(i) % {people}) AS customer_id,
                   TIMESTAMP '2021-01-01' + to_days((hash(i + 7) % 1095)::INT) + to_hours((hash(i + 11) % 24)::INT) AS responded_at,
                   least(10, greatest(0, round(8 + 2.2 * (random() + random() + random() - 1.5) - (hash(i + 3) % 3))))::INT AS score,
                   'region ' || (hash(i + 5) % {SEGMENTS}) AS region, 0.5 + (hash(i + 13) % 100) / 100 AS weight
            FROM range({rows}) AS t(i)
        ) TO '{folder / "responses.parquet"}' (FORMAT parquet)""")
    (folder / "lab.toml").write_text(LAB, encoding="utf-8")
    os.environ["CEMLAB_CACHE"] = str(folder / "cache")
    open_lab(folder / "lab.toml")


def snapshot_file(folder: Path) -> Path:
    """Return the Parquet file of the snapshot."""
    files = (folder / "cache").rglob("responses.parquet")
    return next(path for path in files if "quarantine" not in path.parts)


def ours(folder: Path) -> Callable[[], float]:
    """Counts and standard errors as the notebook asks for them."""
    from cemlab import open_lab, prepare, stats

    count, estimate = prepare.responses.score_counts, stats.scores.estimate

    def _run() -> float:
        lab = open_lab(folder / "lab.toml")
        counts = count(lab, by=["region"], period="month")
        return float(estimate(counts, by=["region", "period"]).table["std_error"].sum())

    return _run


def ours_design(folder: Path) -> Callable[[], float]:
    """Weighted, customers as clusters."""
    from cemlab import open_lab, prepare, stats

    sums, linearise = prepare.responses.design_sums, stats.weighting.linearise

    def _run() -> float:
        lab = open_lab(folder / "lab.toml")
        design = sums(lab, by=["region"], period="month", weights="lab")
        return float(100 * (linearise(design, ["region", "period"]).variance ** 0.5).sum())

    return _run


def sql(folder: Path) -> Callable[[], float]:
    """Bare DuckDB."""
    import duckdb
    import pandas as pd  # noqa: F401  its import is not part of the time

    def _run() -> float:
        found = duckdb.sql(COUNTS.format(file=snapshot_file(folder))).df()
        return _errors(found["promoters"], found["detractors"], found["n"])

    return _run


def sql_design(folder: Path) -> Callable[[], float]:
    """Bare DuckDB, sums over clusters."""
    import duckdb
    import pandas as pd  # noqa: F401  its import is not part of the time

    def _run() -> float:
        found = duckdb.sql(DESIGN.format(file=snapshot_file(folder))).df()
        theta = found["a"] / found["b"]
        return float(100 * ((found["aa"] - 2 * theta * found["ab"] + theta**2 * found["bb"]) ** 0.5 / found["b"]).sum())

    return _run


def polars(folder: Path) -> Callable[[], float]:
    """Polars, lazily from the file."""
    import polars as pl

    def _run() -> float:
        rows = pl.scan_parquet(snapshot_file(folder)).filter(pl.col("metric") == "nps", pl.col("score").is_not_null())
        found = (
            rows.group_by("region", pl.col("responded_on").dt.truncate("1mo"))
            .agg(n=pl.len(), promoters=(pl.col("score") >= 9).sum(), detractors=(pl.col("score") <= 6).sum())
            .collect()
            .cast({"n": pl.Int64, "promoters": pl.Int64, "detractors": pl.Int64})
        )
        return _errors(found["promoters"].to_numpy(), found["detractors"].to_numpy(), found["n"].to_numpy())

    return _run


def pandas(folder: Path) -> Callable[[], float]:
    """Pandas, the columns that it needs."""
    import pandas as pd

    def _run() -> float:
        rows = pd.read_parquet(snapshot_file(folder), columns=["region", "responded_on", "score", "metric"])
        rows = rows[(rows["metric"] == "nps") & rows["score"].notna()]
        rows["period"] = pd.to_datetime(rows["responded_on"]).dt.to_period("M")
        rows["promoters"], rows["detractors"] = rows["score"] >= 9, rows["score"] <= 6
        found = rows.groupby(["region", "period"]).agg({"promoters": "sum", "detractors": "sum", "score": "size"})
        return _errors(found["promoters"], found["detractors"], found["score"])

    return _run


def _errors(promoters, detractors, n) -> float:  # type: ignore[no-untyped-def]
    share, net = (promoters + detractors) / n, (promoters - detractors) / n
    return float(100 * (((share - net**2) / n) ** 0.5).sum())


SIDES = {
    "ours": ours,
    "sql": sql,
    "polars": polars,
    "pandas": pandas,
    "ours, design": ours_design,
    "sql, design": sql_design,
}


def run_side(name: str, folder: Path) -> None:
    """Run one side in this process and say what it took."""
    os.environ["CEMLAB_CACHE"] = str(folder / "cache")
    call = SIDES[name](folder)
    start = time.perf_counter()
    value = call()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "peak": peak, "value": value}))


def compare(folder: Path, *, repeats: int, sides: list[str]) -> None:
    """Let the sides take turns and print a table."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name in sides:
            command = [sys.executable, __file__, "--side", name, "--folder", str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[name].append(json.loads(done.stdout))
    for name, runs in found.items():
        seconds = sorted(run["seconds"] for run in runs)
        peak = statistics.median(run["peak"] for run in runs)
        sys.stdout.write(
            f"  {name:14} {statistics.median(seconds):7.2f} s  ({seconds[0]:.2f} to {seconds[-1]:.2f})  {peak:6.0f} MB"
            f"   sum of standard errors {runs[0]['value']:.6f}\n"
        )


def main() -> None:
    """Make the labs, compare the sides."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--side", choices=list(SIDES))
    parser.add_argument("--sides", nargs="+", choices=list(SIDES), default=list(SIDES))
    given = parser.parse_args()
    if given.make:
        make(given.folder, given.make)
        return
    if given.side:
        run_side(given.side, given.folder)
        return
    with tempfile.TemporaryDirectory() as temporary:
        for rows in given.rows:
            folder = (given.folder or Path(temporary)) / str(rows)
            if not (folder / "lab.toml").is_file():
                # in a process of its own: a child starts with the peak memory of its parent
                subprocess.run([sys.executable, __file__, "--make", str(rows), "--folder", str(folder)], check=True)
            sys.stdout.write(f"{rows:,} answers, {SEGMENTS} segments, {MONTHS} months, medians of {given.repeats}\n")
            compare(folder, repeats=given.repeats, sides=given.sides)


if __name__ == "__main__":
    main()
