"""How long latent classes take on counts of patterns, from Parquet to the classes, beside stepmix on rows.

Only the model is measured here, on a plain file of items: how customers are prepared for it,
`benchmarks/segments.py` measures. Ours counts patterns in the engine and fits the counts from twenty starts;
stepmix loads the rows with pandas and fits them from one. Each side runs in a process of its own. Seconds are
counted from the end of the imports, the load from Parquet included; memory is the peak of the whole process,
imports included. stepmix is no dependency: install it elsewhere and name the folder. The two are compared to
the end at 1,000,000 customers, where stepmix takes minutes. At 10,000,000 it would take more than an hour:
there `--steps` ends it after so many steps, which gives a lower bound of its time, and its likelihood says how
far it has come.

    python benchmarks/latent_classes.py --customers 100000 1000000 --stepmix /some/folder
    python benchmarks/latent_classes.py --customers 10000000 --stepmix /some/folder --steps 3
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ITEMS = [f"need_{at}" for at in range(8)]
CLASSES = 3


def make(file: Path, customers: int) -> None:
    """Write customers of three hidden needs and eight yes/no items."""
    import duckdb

    items = ", ".join(
        f"((hash(i * 16 + {at}) % 10000) / 1e4 < CASE WHEN (need + {at}) % {CLASSES} = 0 THEN 0.8 ELSE 0.2 END)::INT AS"
        f" {name}"
        for at, name in enumerate(ITEMS)
    )
    duckdb.sql(
        f"""COPY (SELECT {items} FROM (SELECT i, (greatest(hash(i + 77) % 10, 3) % 3)::INT AS need FROM range({customers}) AS t(i)))
        TO '{file}' (FORMAT parquet)"""
    )


def ours(file: Path, _steps: int) -> Callable[[], float]:
    """Counts of patterns in the engine, then the classes of the counts; twenty starts."""
    import duckdb

    from cemlab.stats import segments

    names = ", ".join(ITEMS)

    def _run() -> float:
        patterns = duckdb.sql(f"SELECT {names}, count(*) AS n FROM '{file}' GROUP BY ALL").df()
        return float(
            segments.latent_classes(patterns, items=ITEMS, classes=CLASSES).parts["fit"]["log_likelihood"].iloc[0]
        )

    return _run


def theirs(file: Path, steps: int) -> Callable[[], float]:
    """The rows by stepmix; one start, at most so many steps."""
    import pandas as pd
    from stepmix.stepmix import StepMix

    def _run() -> float:
        rows = pd.read_parquet(file)
        model = StepMix(
            CLASSES,
            measurement="binary",
            n_init=1,
            max_iter=steps,
            abs_tol=1e-8,
            rel_tol=0,
            random_state=1,
            verbose=0,
            progress_bar=0,
        )
        model.fit(rows)
        return float(model.score(rows) * len(rows))

    return _run


SIDES = {"ours, counts, 20 starts": ours, "stepmix, rows, 1 start": theirs}


def measure(side: str, file: Path, *, steps: int) -> None:
    """Run a side once, in this process; print seconds, peak memory and log-likelihood."""
    run = SIDES[side](file, steps)
    start = time.perf_counter()
    result = run()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"seconds": seconds, "megabytes": peak, "log_likelihood": result}))


def main() -> None:
    """Measure the sizes asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--stepmix", type=Path, help="folder that holds the package; without it, ours alone")
    parser.add_argument("--steps", type=int, default=2_000, help="most steps of stepmix")
    parser.add_argument("--side", choices=list(SIDES))
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.stepmix:
        sys.path.append(str(asked.stepmix))
    if asked.make:
        make(asked.file, asked.make)
        return
    if asked.side:
        measure(asked.side, asked.file, steps=asked.steps)
        return
    print("| customers | side | seconds | peak memory, MB | log-likelihood |\n|---|---|---|---|---|")
    for customers in asked.customers:
        with tempfile.TemporaryDirectory() as name:
            call = [sys.executable, __file__, "--file", str(Path(name) / "rows.parquet")]
            # In a process of its own: a child's peak of memory begins at its parent's.
            subprocess.run([*call, "--make", str(customers)], check=True)
            for side in SIDES if asked.stepmix else list(SIDES)[:1]:
                command = [
                    *call,
                    "--side",
                    side,
                    "--steps",
                    str(asked.steps),
                    *(["--stepmix", str(asked.stepmix)] if asked.stepmix else []),
                ]
                found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
                print(
                    f"| {customers:,} | {side} | {found['seconds']:.2f} | {found['megabytes']:,.0f} |"
                    f" {found['log_likelihood']:.3f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
