"""How long the demo company takes, how much memory and how much disk.

``python benchmarks/synthetic.py [CUSTOMERS …]`` draws each size in a process of its own and prints a
table. There is no peer: nothing else draws this company.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

SIZES = (4_000, 100_000, 1_000_000)
COMMAND = "import sys; from cemlab.data import synthetic; synthetic.write(sys.argv[1], customers=int(sys.argv[2]))"


def measured(customers: int) -> tuple[float, float, float, float, int]:
    """Draw a company; return wall seconds, CPU seconds, peak MB, MB on disk, and rows of the Parquet tables."""
    with tempfile.TemporaryDirectory() as name:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([sys.executable, "-c", COMMAND, name, str(customers)], check=True)
        seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        files = [path for path in Path(name).rglob("*") if path.is_file()]
        rows = sum(pq.read_metadata(path).num_rows for path in files if path.suffix == ".parquet")
        disk = sum(path.stat().st_size for path in files) / 1e6
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # the peak is that of the largest process so far: sizes run in rising order
    return seconds, processor, after.ru_maxrss / 1e3, disk, rows


def main() -> None:
    """Measure each size given on the command line, or the usual ones."""
    sizes = sorted(int(size) for size in sys.argv[1:]) or SIZES
    print("| customers | seconds | CPU seconds | peak memory, MB | disk, MB | rows in Parquet |")
    print("|---|---|---|---|---|---|")
    for customers in sizes:
        seconds, processor, memory, disk, rows = measured(customers)
        print(
            f"| {customers:,} | {seconds:,.1f} | {processor:,.1f} | {memory:,.0f} | {disk:,.1f} | {rows:,} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
