"""The side of R in `benchmarks/survival.py`: the same rows, handed over as whole numbers in a binary file, the cheapest way to load them.

Seconds are counted inside R, from the first byte read to the estimate; memory is the peak of its process.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

SCRIPT = """
suppressMessages(library(survival))
start <- proc.time()
source <- file("{file}", "rb")
rows <- list(); for (name in c({names})) rows[[name]] <- readBin(source, "integer", {rows})
close(source)
rows <- as.data.frame(rows)
for (name in c({levels})) rows[[name]] <- factor(rows[[name]])
{fit}
taken <- proc.time() - start
peak <- as.numeric(gsub("[^0-9]", "", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1024
cat(sprintf('{{"seconds": %.6f, "work": %.6f, "peak": %.3f, "value": %.10g}}', taken[["elapsed"]], taken[["user.self"]] + taken[["sys.self"]], peak, value))
"""
COX = "fit <- coxph(Surv(month, event) ~ {terms}, data = rows, ties = 'efron'); value <- coef(fit)[[1]]"
CURVES = "fit <- survfit(Surv(month, event) ~ segment, data = rows); value <- min(fit$surv)"


def missing() -> str:
    """Why R cannot take part; empty when it can."""
    if shutil.which("Rscript") is None:
        return "R is not installed: its side is left out."
    found = subprocess.run(["Rscript", "-e", "library(survival)"], capture_output=True, check=False)
    return "" if found.returncode == 0 else "R's package survival is not installed: its side is left out."


def run(
    file: Path, *, fit: str, levels: Sequence[str], numbers: Sequence[str] = ("month", "event")
) -> Mapping[str, float]:
    """Fit in R what `fit` says on columns of a Parquet file; return seconds, seconds of work, peak MB and the estimate."""
    import duckdb

    codes = ", ".join(
        [f"(dense_rank() OVER (ORDER BY {name}))::INT AS {name}" for name in levels]
        + [f"{name}::INT AS {name}" for name in numbers]
    )
    columns = duckdb.sql(f"SELECT {codes} FROM '{file}'").fetchnumpy()
    names = [*levels, *numbers]
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "rows.bin"
        with binary.open("wb") as out:
            for name in names:
                out.write(columns[name].astype("int32").tobytes())
        script = SCRIPT.format(
            file=binary,
            rows=len(columns[names[0]]),
            fit=fit.format(terms=" + ".join(levels)),
            names=", ".join(f'"{name}"' for name in names),
            levels=", ".join(f'"{name}"' for name in levels),
        )
        done = subprocess.run(["Rscript", "-e", script], check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))
