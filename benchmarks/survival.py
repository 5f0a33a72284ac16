"""How long curves and hazard models take, from Parquet to the estimate, beside lifelines and the bare aggregation.

Ours reduces in the engine (DuckDB, one aggregation) and estimates on the small frame; lifelines loads the
columns that it needs with pandas. Each side runs in a process of its own, the sides take turns, medians are
shown. Seconds are counted from the end of the imports, the load from Parquet included; memory is the peak of
the whole process, imports included.

    python benchmarks/survival.py --curves 10000000 --cells 1000000 10000000 --rows 1000000 --changes 100000

R takes part where it is installed with its package survival. `--growth` measures curves and Cox's model from
ten thousand spells on and draws seconds and memory against rows (`benchmarks/survival_growth.py`).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import survival_in_r

CATEGORIES = {"contract": 3, "internet": 3, "payment": 4, "senior": 2, "region": 8}
NUMBERS = ("age", "income", "usage", "calls", "price")
SQL = {
    "months": (
        "SELECT segment, month AS duration, sum(event)::DOUBLE AS events, count(*) - sum(event)::DOUBLE AS censored"
        " FROM '{file}' GROUP BY ALL"
    ),
    "days": (
        "SELECT segment, day AS duration, sum(event)::DOUBLE AS events, count(*) - sum(event)::DOUBLE AS censored FROM"
        " '{file}' GROUP BY ALL"
    ),
    "cells": (
        f"SELECT month AS duration, {', '.join(CATEGORIES)}, count(*) AS n, sum(event)::BIGINT AS events FROM"
        " '{file}' GROUP BY ALL"
    ),
    "changes": (
        "SELECT start, stop AS duration, nps, contract, count(*) AS n, sum(event)::BIGINT AS events FROM '{file}' GROUP"
        " BY ALL"
    ),
}


def make_spells(file: Path, rows: int, *, numbers: Sequence[str] = NUMBERS) -> None:
    """Write spells with levels and numbers, days and months; only those of `numbers`."""
    import duckdb

    levels = ", ".join(
        f"'{name} ' || (hash(i + {31 + k}) % {size}) AS {name}" for k, (name, size) in enumerate(CATEGORIES.items())
    )
    drawn = ", ".join(
        f"((hash(i + {71 + k}) % 100000) / 1e5 - 0.5)::DOUBLE AS {name}" for k, name in enumerate(NUMBERS)
    )
    dropped = ", ".join(["i", "leaves", "seen", *(name for name in NUMBERS if name not in numbers)])
    duckdb.sql(f"""COPY (
        WITH spells AS (SELECT i, {levels}, {drawn}, 'segment ' || (hash(i + 5) % 10) AS segment FROM range({rows}) AS t(i)),
        times AS (SELECT *, ceil(-ln(greatest(1e-9, (hash(i + 7) % 1000000) / 1e6)) * 1200
                / exp(0.5 * age - 0.4 * usage + 0.2 * (contract = 'contract 1')::INT))::INT AS leaves, 1 + (hash(i + 9) % 2190)::INT AS seen FROM spells)
        SELECT * EXCLUDE ({dropped}), greatest(least(leaves, seen), 1) AS day, ceil(greatest(least(leaves, seen), 1) / 30.44)::INT AS month,
            (leaves <= seen)::INT AS event FROM times) TO '{file}' (FORMAT parquet)""")


def make_changes(file: Path, rows: int) -> None:
    """Write (start, stop] rows of customers whose NPS group changes every few months."""
    import duckdb

    people = max(rows // 4, 1)
    duckdb.sql(
        f"""COPY (
        SELECT i AS id, 180 * k AS start, 180 * k + CASE WHEN k < last THEN 180 ELSE 1 + (hash(i * 7 + k) % 180)::INT END AS stop,
            (k = last AND hash(i + 3) % 2 = 0)::INT AS event, 'nps ' || (hash(i * 11 + k) % 3) AS nps, 'contract ' || (hash(i) % 3) AS contract
        FROM (SELECT i, (hash(i + 1) % 7)::INT AS last FROM range({people}) AS t(i)), range(7) AS s(k) WHERE k <= last) TO '{file}' (FORMAT parquet)"""
    )


def reduced(file: Path, what: str):  # type: ignore[no-untyped-def]
    """The aggregation, as a frame; text comes as Arrow's codes, with its levels in alphabetical order."""
    import duckdb

    frame = duckdb.sql(SQL[what].format(file=file)).to_arrow_table().to_pandas(strings_to_categorical=True)
    texts = frame.select_dtypes("category")
    return frame.assign(
        **{name: texts[name].cat.reorder_categories(sorted(texts[name].cat.categories)) for name in texts}
    )


def bare(what: str) -> Callable[[Path], Callable[[], float]]:
    """Only the aggregation."""

    def _side(file: Path) -> Callable[[], float]:
        import duckdb  # noqa: F401
        import pandas as pd  # noqa: F401
        import pyarrow as pa  # noqa: F401

        return lambda: float(reduced(file, what)["events"].sum())

    return _side


def our_curves(what: str) -> Callable[[Path], Callable[[], float]]:
    """Kaplan–Meier of ten segments."""

    def _side(file: Path) -> Callable[[], float]:
        import duckdb  # noqa: F401
        import pyarrow as pa  # noqa: F401

        from cemlab.stats import survival

        _ = survival.kaplan_meier  # loads the module
        return lambda: float(survival.kaplan_meier(reduced(file, what), by=["segment"]).table["estimate"].min())

    return _side


def our_test(file: Path) -> Callable[[], float]:
    """Log-rank of ten segments, in months."""
    import duckdb  # noqa: F401
    import pyarrow as pa  # noqa: F401

    from cemlab.stats import survival

    _ = survival.log_rank
    return lambda: float(survival.log_rank(reduced(file, "months"), by=["segment"]).row()["estimate"])


def their_curves(column: str) -> Callable[[Path], Callable[[], float]]:
    """The same by lifelines."""

    def _side(file: Path) -> Callable[[], float]:
        import pandas as pd
        from lifelines import KaplanMeierFitter

        def _run() -> float:
            rows = pd.read_parquet(file, columns=["segment", column, "event"])
            fits = [KaplanMeierFitter().fit(part[column], part["event"]) for _, part in rows.groupby("segment")]
            return float(min(fit.survival_function_.to_numpy().min() for fit in fits))

        return _run

    return _side


def their_test(file: Path) -> Callable[[], float]:
    """The same by lifelines."""
    import pandas as pd
    from lifelines.statistics import multivariate_logrank_test

    def _run() -> float:
        rows = pd.read_parquet(file, columns=["segment", "month", "event"])
        return float(multivariate_logrank_test(rows["month"], rows["segment"], rows["event"]).test_statistic)

    return _run


def our_cells(file: Path) -> Callable[[], float]:
    """Cox on five covariates in levels, monthly ties."""
    import duckdb  # noqa: F401
    import pyarrow as pa  # noqa: F401
    import scipy.special  # noqa: F401  lifelines has it too

    from cemlab.stats import hazards

    _ = hazards.fit_cox
    return lambda: float(hazards.fit_cox(reduced(file, "cells"), terms=list(CATEGORIES)).table["estimate"].iloc[0])


def their_cells(file: Path) -> Callable[[], float]:
    """The same by lifelines."""
    import pandas as pd
    from lifelines import CoxPHFitter

    def _run() -> float:
        rows = pd.read_parquet(file, columns=[*CATEGORIES, "month", "event"])
        rows = pd.get_dummies(rows, columns=list(CATEGORIES), drop_first=True, dtype=float)
        return float(CoxPHFitter().fit(rows, "month", "event").params_.iloc[0])

    return _run


class Batches:
    """Design rows straight from a Parquet file, one batch in memory."""

    columns: tuple[str, ...] = NUMBERS

    def __init__(self, file: Path) -> None:
        self._file = file

    def __iter__(self) -> Iterator[object]:
        import numpy as np
        import pyarrow.parquet as pq

        from cemlab.core.rows import DesignBlock

        for batch in pq.ParquetFile(self._file, pre_buffer=False).iter_batches(
            batch_size=1 << 18, columns=[*NUMBERS, "day", "event"]
        ):
            values = {
                name: batch.column(name).to_numpy(zero_copy_only=False).astype(float) for name in batch.schema.names
            }
            yield DesignBlock(np.stack([values[name] for name in NUMBERS], axis=1), values["day"], values["event"])


def our_rows(file: Path) -> Callable[[], float]:
    """Cox on five numbers, days."""
    import pyarrow.parquet  # noqa: F401
    import scipy.special  # noqa: F401

    from cemlab.stats import hazards

    _ = hazards.fit_cox
    return lambda: float(hazards.fit_cox_rows(Batches(file)).table["estimate"].iloc[0])  # type: ignore[arg-type]


def their_rows(file: Path) -> Callable[[], float]:
    """The same by lifelines."""
    import pandas as pd
    from lifelines import CoxPHFitter

    def _run() -> float:
        rows = pd.read_parquet(file, columns=[*NUMBERS, "day", "event"])
        return float(CoxPHFitter().fit(rows, "day", "event").params_.iloc[0])

    return _run


def our_changes(file: Path) -> Callable[[], float]:
    """Cox on (start, stop] rows with a changing NPS group."""
    import duckdb  # noqa: F401
    import pyarrow as pa  # noqa: F401
    import scipy.special  # noqa: F401

    from cemlab.stats import hazards

    _ = hazards.fit_cox
    return lambda: float(hazards.fit_cox(reduced(file, "changes"), terms=["nps", "contract"]).table["estimate"].iloc[0])


def their_changes(file: Path) -> Callable[[], float]:
    """The same by lifelines."""
    import pandas as pd
    from lifelines import CoxTimeVaryingFitter

    def _run() -> float:
        rows = pd.get_dummies(pd.read_parquet(file), columns=["nps", "contract"], drop_first=True, dtype=float)
        fit = CoxTimeVaryingFitter().fit(rows, id_col="id", start_col="start", stop_col="stop", event_col="event")
        return float(fit.params_.iloc[0])

    return _run


Side = Callable[[Path], Callable[[], float]]
ITEMS: dict[str, dict[str, Side]] = {
    "curves, months": {"ours": our_curves("months"), "bare": bare("months"), "lifelines": their_curves("month")},
    "curves, days": {"ours": our_curves("days"), "bare": bare("days"), "lifelines": their_curves("day")},
    "log-rank": {"ours": our_test, "lifelines": their_test},
    "cox, levels": {"ours": our_cells, "bare": bare("cells"), "lifelines": their_cells},
    "cox, numbers": {"ours": our_rows, "lifelines": their_rows},
    "cox, changes": {"ours": our_changes, "lifelines": their_changes},
}
IN_R = {
    "curves, months": {"fit": survival_in_r.CURVES, "levels": ["segment"]},
    "cox, levels": {"fit": survival_in_r.COX, "levels": list(CATEGORIES)},
}
LARGEST_R = 1_000_000
LARGEST = {"cox, levels": 1_000_000, "cox, numbers": 1_000_000, "cox, changes": 400_000}
"""Rows beyond which the peers are not asked: minutes, or more memory than there is."""


def run_side(item: str, side: str, file: Path) -> None:
    """Run one side in this process and say what it took."""
    import warnings

    warnings.simplefilter("ignore")
    call = ITEMS[item][side](file)
    start, work = time.perf_counter(), time.process_time()
    value = call()
    seconds, work = time.perf_counter() - start, time.process_time() - work
    # The peak of the resource module would count what the process that started this one held.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(status["VmHWM"].split()[0]) / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "work": work, "peak": peak, "value": value}))


def once(item: str, side: str, file: Path) -> dict[str, float]:
    """Run one side in a process of its own; return seconds, seconds of work of all cores, peak MB and the estimate."""
    if side == "R":
        return dict(survival_in_r.run(file, **IN_R[item]))
    command = [sys.executable, __file__, "--item", item, "--side", side, "--file", str(file)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def measured(
    item: str, file: Path, *, rows: int, repeats: int, peers: Sequence[str] = ("lifelines", "R")
) -> dict[str, dict[str, float]]:
    """Run all sides of one item in turns; return the medians of each."""
    few = rows <= LARGEST.get(item, rows)
    sides = [side for side in ITEMS[item] if side in ("ours", "bare") or (side in peers and few)]
    sides += ["R"] if "R" in peers and item in IN_R and few and rows <= LARGEST_R else []
    taken: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
    for _ in range(repeats):
        for side in sides:
            taken[side].append(once(item, side, file))
    return {
        side: {name: statistics.median(each[name] for each in every) for name in every[0]}
        for side, every in taken.items()
    }


def compare(item: str, file: Path, *, rows: int, repeats: int, peers: Sequence[str]) -> None:
    """All sides of one item; a line each."""
    found = measured(item, file, rows=rows, repeats=repeats, peers=peers)
    for side, each in found.items():
        print(
            f"{item:16} {rows:>12,} {side:10} {each['seconds']:9.3f} s"
            f" {each['seconds'] / found['ours']['seconds']:8.2f} x ours {each['work']:9.3f} s of work"
            f" {each['peak']:7,.0f} MB  {each['value']:.6g}"
        )


def main() -> None:
    """Compare, or run one side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curves", type=int, nargs="*", default=[1_000_000])
    parser.add_argument("--cells", type=int, nargs="*", default=[1_000_000])
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000])
    parser.add_argument("--changes", type=int, nargs="*", default=[100_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--growth", action="store_true", help="from ten thousand spells to --most, with a figure")
    parser.add_argument("--most", type=int, default=100_000_000)
    parser.add_argument("--item", choices=list(ITEMS))
    parser.add_argument("--side")
    parser.add_argument("--file", type=Path)
    options = parser.parse_args()
    if options.item:
        run_side(options.item, options.side, options.file)
        return
    why = survival_in_r.missing()
    if why:
        print(why)
    peers = ("lifelines",) if why else ("lifelines", "R")
    if options.growth:
        import survival_growth

        survival_growth.run(most=options.most, repeats=options.repeats, peers=peers)
        return
    asked = {
        "curves, months": options.curves,
        "curves, days": options.curves,
        "log-rank": options.curves,
        "cox, levels": options.cells,
        "cox, numbers": options.rows,
        "cox, changes": options.changes,
    }
    with tempfile.TemporaryDirectory() as folder:
        for item, sizes in asked.items():
            for rows in sizes:
                file = Path(folder) / f"{'changes' if item.endswith('changes') else 'spells'}-{rows}.parquet"
                if not file.exists():
                    (make_changes if item.endswith("changes") else make_spells)(file, rows)
                compare(item, file, rows=rows, repeats=options.repeats, peers=peers)


if __name__ == "__main__":
    main()
