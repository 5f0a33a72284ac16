"""How long it takes to score every customer who is here, beside lifelines in chunks.

Ours goes through `open_lab` on a warm snapshot and `prepare.scores.live`, and writes a Parquet file with the
customer's id, levels, three risks with their intervals, and three reasons. "risks only" writes of these the id
and the three risks; "summed" writes nothing and sums each risk over the customers, as the side of lifelines
does; "counted" is `prepare.scores.distribution`, which needs no more than the patterns and how many customers
have each; "case" writes the id and the risks from a sum of CASE expressions per customer, without accounting.
lifelines reads the same rows from Parquet in chunks, makes its dummies and predicts, at the three horizons
("lifelines"; "lifelines, written" also writes the id and the risks) or, as it does unless told, at every time
of its baseline ("default times"). All use one fit, made by lifelines beforehand on 20,000 customers. Each side
runs in a process of its own, the sides take turns, medians are shown. Seconds are counted from the end of the
imports, and those of all processors beside them; memory is the peak of the whole process, imports included.

    python benchmarks/scoring.py --rows 1000000 10000000
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

LEVELS = {"contract": 3, "internet": 3, "payment": 4, "senior": 2, "region": 8}
TENURE = (12.0, 24.0, 36.0, 48.0, 60.0)
HORIZONS = (1.0, 3.0, 12.0)
CHUNK = 100_000
TRAINED_ON = 20_000
LARGEST = 10_000_000
"""Rows beyond which lifelines is not asked."""

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
"""
MONTHS = "(12 * (2024 - year(started_on)) + 1 - month(started_on) - (day(started_on) > 1)::INT)"


def make(folder: Path, rows: int) -> None:
    """Write a lab of so many customers, all of them here, and its snapshot."""
    import duckdb

    from cemlab import open_lab

    folder.mkdir(parents=True, exist_ok=True)
    levels = ", ".join(
        f"'{name} ' || (hash(i + {at}) % {size}) AS {name}" for at, (name, size) in enumerate(LEVELS.items())
    )
    duckdb.sql(f"""COPY (
        SELECT 's' || i AS spell_id, 'c' || i AS customer_id, DATE '2018-01-01' + (hash(i + 9) % 2190)::INT AS started_on, {levels}
        FROM range({rows}) AS t(i)) TO '{folder / "spells.parquet"}' (FORMAT parquet)""")
    own = "".join(f'{name} = "{name}"\n' for name in LEVELS)
    (folder / "lab.toml").write_text(LAB + own, encoding="utf-8")
    os.environ["CEMLAB_CACHE"] = str(folder / "cache")
    open_lab(folder / "lab.toml")


def train(file: Path, target: Path) -> None:
    """Fit lifelines once, on made-up months that the levels shorten."""
    import numpy as np
    import pandas as pd
    from lifelines import CoxPHFitter

    rows = columns(next(chunks(file, TRAINED_ON)))
    drawn = np.random.default_rng(1)
    months = np.ceil(drawn.exponential(40 / (1 + rows.to_numpy() @ drawn.uniform(-0.05, 0.3, rows.shape[1]))))
    told = pd.DataFrame({"month": np.minimum(months, 24), "event": months <= 24})
    fit = CoxPHFitter().fit(pd.concat([rows, told], axis=1), "month", "event")
    target.write_bytes(pickle.dumps(fit))


def chunks(file: Path, size: int, *, also: Sequence[str] = ()) -> Iterator[Any]:
    """The rows as frames, so many at a time."""
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(file).iter_batches(batch_size=size, columns=[*also, "started_on", *LEVELS]):
        yield batch.to_pandas()


def columns(rows: Any) -> Any:
    """Levels as columns of 0 and 1, the first of each without one; the same ones for any rows."""
    import numpy as np
    import pandas as pd

    start = pd.to_datetime(rows["started_on"])
    months = 12 * (2024 - start.dt.year) + 1 - start.dt.month - (start.dt.day > 1)
    known = {
        name: pd.Categorical(rows[name], [f"{name} {level}" for level in range(size)]) for name, size in LEVELS.items()
    }
    known["tenure"] = pd.Categorical.from_codes(
        np.searchsorted(TENURE, months, side="right"), categories=pd.Index(_bins())
    )
    return pd.get_dummies(pd.DataFrame(known), drop_first=True, dtype=float)


def _bins() -> list[str]:
    from cemlab.core.scorecards import level_names

    return level_names(TENURE)


def card(fit: Any) -> Any:
    """The fit of lifelines as a scorecard."""
    import numpy as np
    import pandas as pd

    from cemlab.core.courses import Proportional
    from cemlab.core.scorecards import Scorecard

    levels = {name: [f"{name} {level}" for level in range(size)] for name, size in LEVELS.items()} | {"tenure": _bins()}
    points = [
        (name, level, float(fit.params_.get(f"{name}_{level}", 0.0)), 1 / len(each))
        for name, each in levels.items()
        for level in each
    ]
    hazard = fit.baseline_cumulative_hazard_.iloc[:, 0].reindex(HORIZONS).to_numpy()
    sizes = tuple(len(each) for each in levels.values())
    course = Proportional(
        sizes,
        fit.params_.to_numpy(),
        fit.variance_matrix_.to_numpy(),
        fit._norm_mean.to_numpy(),
        hazard,
        np.zeros(3),
        np.zeros((3, sum(sizes) - len(sizes))),
    )
    return Scorecard(
        "Cox",
        tuple(levels),
        (),
        {"tenure": TENURE},
        "months",
        HORIZONS,
        pd.DataFrame(points, columns=["term", "level", "points", "share"]),
        course,
    )


def ours(folder: Path, fit: Any, *, whole: bool) -> Callable[[], float]:
    """Patterns scored and joined back, written by the engine."""
    from cemlab import open_lab, prepare

    live, scorecard = prepare.scores.live, card(fit)

    def _run() -> float:
        table = live(open_lab(folder / "lab.toml"), scorecard)
        kept = table if whole else table.select("customer_id", *(f"risk_{horizon:g}" for horizon in HORIZONS))
        kept.to_parquet(folder / "ours.parquet")
        return 0.0

    return _run


def summed(folder: Path, fit: Any) -> Callable[[], float]:
    """Patterns scored and joined back, and their risks summed: like lifelines, without a file."""
    from cemlab import open_lab, prepare

    live, scorecard = prepare.scores.live, card(fit)

    def _run() -> float:
        lab = open_lab(folder / "lab.toml")
        table = live(lab, scorecard)
        risks = {f"{horizon:g}": table[f"risk_{horizon:g}"].sum() for horizon in HORIZONS}
        return float(lab.frame(table.aggregate(**risks))[f"{HORIZONS[-1]:g}"].iloc[0])

    return _run


def counted(folder: Path, fit: Any) -> Callable[[], float]:
    """Expected leavers by band of risk: one pass, nobody told apart."""
    from cemlab import open_lab, prepare

    distribution, scorecard = prepare.scores.distribution, card(fit)

    def _run() -> float:
        return float(distribution(open_lab(folder / "lab.toml"), scorecard)["leavers"].sum())

    return _run


def case(folder: Path, fit: Any) -> Callable[[], float]:
    """The sum of points per customer, written by the engine."""
    import duckdb

    from cemlab.core.scorecards import level_names

    scorecard = card(fit)
    points = scorecard.points[scorecard.points["points"] != 0]
    tenure = dict(zip(level_names(TENURE), range(len(TENURE) + 1), strict=True))
    bands = (
        "CASE "
        + " ".join(f"WHEN months >= {cut} THEN {at}" for at, cut in reversed(list(enumerate(TENURE, start=1))))
        + " ELSE 0 END"
    )
    sums = [
        f"CASE {bands if term == 'tenure' else term} "
        + " ".join(
            f"WHEN {tenure[each.level] if term == 'tenure' else repr(each.level)} THEN {each.points}"
            for each in part.itertuples()
        )
        + " ELSE 0 END"
        for term, part in points.groupby("term")
    ]
    shift = float(fit._norm_mean @ fit.params_)
    risks = ", ".join(
        f"1 - exp(-{hazard} * exp(lp)) AS risk_{horizon:g}"
        for horizon, hazard in zip(HORIZONS, scorecard.course.hazard, strict=True)
    )
    query = f"""COPY (SELECT customer_id, {risks} FROM (SELECT customer_id, {" + ".join(sums)} - {shift} AS lp
        FROM (SELECT *, {MONTHS} AS months FROM '{folder / "spells.parquet"}'))) TO '{folder / "case.parquet"}' (FORMAT parquet)"""

    def _run() -> float:
        duckdb.sql(query)
        return 0.0

    return _run


def theirs(folder: Path, fit: Any, *, times: tuple[float, ...] | None) -> Callable[[], float]:
    """The same by lifelines, chunk by chunk."""

    def _run() -> float:
        total = 0.0
        for rows in chunks(folder / "spells.parquet", CHUNK):
            staying = fit.predict_survival_function(columns(rows), times=times)
            total += float((1 - staying.loc[HORIZONS[-1]]).sum())
        return total

    return _run


def theirs_written(folder: Path, fit: Any) -> Callable[[], float]:
    """The same by lifelines, with the id and the risks appended to a file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ["customer_id", *(f"risk_{horizon:g}" for horizon in HORIZONS)]

    def _run() -> float:
        schema = pa.schema([(names[0], pa.string()), *((name, pa.float64()) for name in names[1:])])
        with pq.ParquetWriter(folder / "theirs.parquet", schema) as writer:
            for rows in chunks(folder / "spells.parquet", CHUNK, also=names[:1]):
                staying = fit.predict_survival_function(columns(rows), times=HORIZONS).to_numpy()
                values = [pa.array(rows["customer_id"]), *(pa.array(1 - each) for each in staying)]
                writer.write_table(pa.table(values, schema=schema))
        return 0.0

    return _run


SIDES: dict[str, Callable[[Path, Any], Callable[[], float]]] = {
    "ours": lambda folder, fit: ours(folder, fit, whole=True),
    "risks only": lambda folder, fit: ours(folder, fit, whole=False),
    "summed": summed,
    "counted": counted,
    "case": case,
    "lifelines": lambda folder, fit: theirs(folder, fit, times=HORIZONS),
    "lifelines, written": theirs_written,
    "default times": lambda folder, fit: theirs(folder, fit, times=None),
}


def run_side(side: str, folder: Path) -> None:
    """Run one side in this process and say what it took."""
    import warnings

    warnings.simplefilter("ignore")
    os.environ["CEMLAB_CACHE"] = str(folder / "cache")
    call = SIDES[side](folder, pickle.loads((folder / "fit.pickle").read_bytes()))
    start, work = time.perf_counter(), time.process_time()
    value = call()
    seconds, work = time.perf_counter() - start, time.process_time() - work
    sys.stdout.write(json.dumps({"seconds": seconds, "processor": work, "peak": peak(), "value": value}))


def peak() -> float:
    """The most memory that this process held, in MB: where the kernel tells it, without what its parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        return float(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def farthest(folder: Path, name: str) -> float:
    """The largest difference between the risks that were written and those of lifelines, over the first chunk."""
    import duckdb
    import numpy as np

    fit = pickle.loads((folder / "fit.pickle").read_bytes())
    risks = ", ".join(f"risk_{horizon:g}" for horizon in HORIZONS)
    written = duckdb.sql(
        f"SELECT {risks} FROM '{folder / name}' ORDER BY substr(customer_id, 2)::INT LIMIT {CHUNK}"
    ).df()
    staying = fit.predict_survival_function(columns(next(chunks(folder / "spells.parquet", CHUNK))), times=HORIZONS)
    return float(np.abs(written.to_numpy() - (1 - staying.to_numpy().T)).max())


def compare(folder: Path, *, rows: int, repeats: int) -> None:
    """All sides in turns; a line each."""
    sides = [side for side in SIDES if not side.startswith(("lifelines", "default")) or rows <= LARGEST]
    taken: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
    for _ in range(repeats):
        for side in sides:
            done = subprocess.run(
                [sys.executable, __file__, "--side", side, "--folder", str(folder)],
                check=True,
                capture_output=True,
                text=True,
            )
            taken[side].append(json.loads(done.stdout))
    ours_took = statistics.median(each["seconds"] for each in taken["ours"])
    for side in sides:
        seconds = statistics.median(each["seconds"] for each in taken[side])
        work, held = (statistics.median(each[what] for each in taken[side]) for what in ("processor", "peak"))
        print(
            f"{rows:>12,} {side:18} {seconds:9.2f} s {seconds / ours_took:8.2f} x ours {work:9.2f} s of processors"
            f" {held:7,.0f} MB"
        )
    print(
        f"{rows:>12,} largest difference from lifelines: {farthest(folder, 'ours.parquet'):.1e}, case"
        f" {farthest(folder, 'case.parquet'):.1e}"
    )


def main() -> None:
    """Compare, or run one side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--side", choices=list(SIDES))
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.side:
        run_side(options.side, options.folder)
        return
    with tempfile.TemporaryDirectory() as name:
        for rows in options.rows:
            folder = Path(name) / str(rows)
            make(folder, rows)
            train(folder / "spells.parquet", folder / "fit.pickle")
            compare(folder, rows=rows, repeats=options.repeats)


if __name__ == "__main__":
    main()
