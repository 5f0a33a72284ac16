"""A made-up company whose truth is known, drawn inside the engine.

Every draw is a hash of seed, purpose and id, so the same seed gives the same company whatever the number
of threads, and no row passes through Python. What is planted stands in `world`; how lives go on in `lives`.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb

from cemlab.core.errors import EngineError, ParameterError, SourceError
from cemlab.core.parameters import REGISTRY
from cemlab.data.synthetic import company, files, journeys, lives, people, surveys, truth
from cemlab.data.synthetic import dirt as hostile
from cemlab.data.synthetic.world import World

BLOCK = 120_000
"""Customers drawn at once: what the memory must hold, and what goes into one file of a large company."""
WORKERS = 8
"""Blocks drawn side by side at most; each takes about half a gigabyte."""
MIXED_UP_TO = 50_000
"""Larger companies are written as Parquet alone."""

__all__ = ["BLOCK", "MIXED_UP_TO", "World", "write"]


def write(
    folder: str | Path,
    *,
    customers: int = 4000,
    seed: int = 7,
    null: bool = False,
    separation: float = 1.0,
    drift: float = 1.0,
    dirt: float = 0.0,
) -> Path:
    """Write a made-up company: its tables, its lab.toml, and the truth behind them.

    Parameters
    ----------
    folder : str or Path
        Where to; files of the same names are replaced.
    customers : int, default 4000
        How many customers, at least 1.
    seed : int, default 7
        The same seed gives the same company.
    null : bool, default False
        True for a company in which nothing has an effect on anything.
    separation : float, default 1.0
        How far apart the customers' needs lie, from 0 (not at all) to 1.4.
    drift : float, default 1.0
        Factor on the hazard of leaving from July 2024 on.
    dirt : float, default 0.0
        Hostile rows per sound row of the CSV files, from 0 to 1.

    Returns
    -------
    Path
        The ``lab.toml``; ``truth.json`` and ``truth/`` stand beside it.

    Raises
    ------
    ParameterError
        When a number is out of range.
    SourceError
        When the folder cannot be written.
    EngineError
        When there is no room left.
    """
    seed = int(str(REGISTRY["seed"].coerce(seed)))
    _check(customers, separation=separation, drift=drift, dirt=dirt)
    world = World(customers, seed, null, separation, drift)
    folder = Path(folder)
    lab_file = folder / "lab.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lab_file.unlink(missing_ok=True)
        _draw(folder, world, dirt=dirt)
    except OSError as error:
        raise SourceError(
            f"The company must be written to a folder: {error.strerror}. Choose a folder that can be written."
        ) from None
    except duckdb.Error as error:
        raise EngineError(
            f"The engine must be able to draw {customers:,} customers: it stopped with {type(error).__name__}. Check"
            " the room left on the disk, or ask for fewer."
        ) from None
    return lab_file


def _check(customers: int, *, separation: float, drift: float, dirt: float) -> None:
    if customers < 1:
        raise ParameterError(f"`customers` must be at least 1: {customers} was given. Leave it out for 4,000.")
    for name, value, low, high in (
        ("separation", separation, 0, 1.4),
        ("drift", drift, 0.1, 10),
        ("dirt", dirt, 0, 1),
    ):
        if not low <= value <= high:
            raise ParameterError(f"`{name}` must lie between {low} and {high}: {value} was given. Choose one there.")


def _draw(folder: Path, world: World, *, dirt: float) -> None:
    blocks = [(first, min(first + BLOCK, world.customers + 1)) for first in range(1, world.customers + 1, BLOCK)]
    written = files.outputs(mixed=world.customers <= MIXED_UP_TO or dirt > 0)
    _clear(folder)
    with ThreadPoolExecutor(max_workers=min(len(blocks), os.cpu_count() or 1, WORKERS)) as pool:
        drawn = list(
            pool.map(
                lambda part: _block(folder, world, span=blocks[part], written=written, part=part, parts=len(blocks)),
                range(len(blocks)),
            )
        )
    known = truth.planted_in(world)
    known["drawn_by"] = f"duckdb {duckdb.__version__}: its hash() may differ in another version"
    known["in_this_company"] = company.found(company.added(drawn))
    known["dirt"] = _soiled(folder, world, written=written, parts=len(blocks), rate=dirt)
    (folder / "truth.json").write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    # last, so that a lab file stands only beside whole tables
    toml = files.lab_toml(written, parts=len(blocks), description=_description(world, dirt=dirt))
    (folder / "lab.toml").write_text(toml, encoding="utf-8")


def _clear(folder: Path) -> None:
    """Remove what an earlier company left: the other form of a table, or parts that are no longer written."""
    for output in (*files.outputs(mixed=True), *files.outputs(mixed=False), *files.TRUTHS):
        (folder / output.names(1)[0]).unlink(missing_ok=True)
        parts = folder / output.table
        for path in parts.glob(f"[0-9][0-9][0-9][0-9].{output.ending}"):
            path.unlink()
        if parts.is_dir() and not any(parts.iterdir()):
            parts.rmdir()


def _block(
    folder: Path, world: World, *, span: tuple[int, int], written: Iterable[files.Output], part: int, parts: int
) -> dict[str, list[tuple[Any, ...]]]:
    """Draw and write one block of customers; return the sums behind the truth."""
    spill = tempfile.mkdtemp(dir=folder, prefix=".spill-")
    # one thread per block: blocks run side by side, and rows keep one order
    try:
        with duckdb.connect(config={"threads": 1, "temp_directory": spill}) as engine:
            engine.execute("SET enable_progress_bar = false")
            people.create(engine, world, first=span[0], last=span[1])
            lives.begin(engine)
            surveys.begin(engine, world)
            for month in lives.months():
                lives.live(engine, world, month=month)
                journeys.contact(engine, world, month=month)
                surveys.ask(engine, world, month=month)
                journeys.refer(engine, world, month=month)
                lives.age(engine, world, month=month)
            lives.probabilities(engine, world)
            surveys.finish(engine, world)
            journeys.finish(engine, world)
            for output in (*written, *files.TRUTHS):
                output.write(engine, folder / output.names(parts)[part])
            return company.sums(engine)
    finally:
        shutil.rmtree(spill, ignore_errors=True)


def _soiled(
    folder: Path, world: World, *, written: Iterable[files.Output], parts: int, rate: float
) -> Mapping[str, Any]:
    """Add the hostile rows; return how many of which kind."""
    counts: dict[str, Any] = {"rate": rate}
    for output in written if rate else ():
        if output.ending == "parquet":
            continue
        table = {"quarantined": Counter[str](), "made": Counter[str]()}
        for name in output.names(parts):
            seed = f"{world.seed}/{output.table}"
            found = hostile.soil(folder / name, output.table, delimiter=output.delimiter, rate=rate, seed=seed)
            for kind, counted in found.items():
                table[kind].update(counted)
        counts[output.table] = {kind: dict(counted) for kind, counted in table.items()}
    return counts


def _description(world: World, *, dirt: float) -> str:
    words = (
        "A made-up broadband company. Customers are surveyed every three months and after contacts; contracts,"
        " contacts, cases and invoices are recorded from January 2023 to 16 December 2024."
    )
    words += " Nothing has an effect on anything." if world.null else ""
    return words + (" Hostile rows were added." if dirt else "")
