"""How much of the example labs `cemlab init` guesses: its draft of each export against the finished lab file.

Counted are the canonical columns (and the items of wide surveys) that a finished lab file takes from a source column.
Right is a guess that takes the same table's column from the same column of the same file. `sure and right` says how far
the draft's own word can be trusted: of its canonical columns marked sure, those that the finished lab has just so.

The files of each example lie in a folder of its name (`examples/README.md`); without them there is nothing to measure.

    python benchmarks/drafting.py FOLDER [-v]
"""

from __future__ import annotations

import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cemlab.core.schemas import TABLES
from cemlab.data import declaration, drafting
from cemlab.data.mapping import ColumnMap, Source

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
Mapping_ = tuple[str, str, str, frozenset[str]]
"""Table, file, canonical column, and the source columns that it is made from."""


def mappings(lab_file: Path) -> set[Mapping_]:
    """Canonical columns of a lab file that come from source columns."""
    found = set()
    for table, sources in declaration.load(lab_file).tables.items():
        for source in sources:
            for file in source.names:
                found |= {(table, Path(file).name, *each) for each in _columns(table, source)}
    return found


def _columns(table: str, source: Source) -> Iterator[tuple[str, frozenset[str]]]:
    for column, each in source.columns.items():
        headers = _headers(each)
        if TABLES[table].column(column) and headers:
            yield column, headers
    for header in source.items.values():
        yield "score", frozenset({header})


def _headers(column: ColumnMap) -> frozenset[str]:
    if column.lookup:
        return frozenset({f"{Path(column.lookup[-1].file).name}: {column.lookup[-1].value}"})
    parts = {part for part in column.parts if part != "row_number"}
    return frozenset(parts | {each for each in (column.source, column.offset) if each})


def sure_columns(text: str) -> set[tuple[str, str]]:
    """Table and canonical column of the lines that a draft marks as sure."""
    found, table = set(), ""
    for line in text.splitlines():
        if line.startswith("[[") or (line.startswith("[") and line.endswith(".columns]")):
            table = line.strip("[]").removesuffix(".columns")
        name = line.split(" = ")[0]
        if table in TABLES and TABLES[table].column(name) and "# sure" in line:
            found.add((table, name))
    return found


def compared(name: str, data: Path, folder: Path) -> Mapping[str, Any]:
    """Draft the exports of one example and compare."""
    finished = EXAMPLES / name / "lab.toml"
    raw = tomllib.loads(finished.read_text(encoding="utf-8"))
    files = sorted(data / name / file for file in _files(raw))
    out = folder / f"{name}.toml"
    started = time.perf_counter()
    draft = drafting.write(files, out, company="Company")
    seconds = time.perf_counter() - started
    asked, guessed = mappings(finished), mappings(out)
    sure = sure_columns(draft.text)
    trusted = {each for each in guessed if (each[0], each[2]) in sure}
    return {
        "files": len(files),
        "asked": len(asked),
        "right": len(asked & guessed),
        "sure": len(trusted),
        "sure and right": len(trusted & asked),
        "seconds": round(seconds, 1),
        "missed": sorted((each[0], each[2]) for each in asked - guessed),
    }


def _files(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {str(value["file"])} if "file" in value else set()
        return own.union(*(_files(each) for each in value.values()))
    return set().union(*(_files(each) for each in value)) if isinstance(value, list) else set()


def main(data: Path) -> None:
    """Print one line per example, and the whole."""
    columns = ("files", "asked", "right", "sure", "sure and right", "seconds")
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for lab_file in sorted(EXAMPLES.glob("*/lab.toml")):
            rows[lab_file.parent.name] = compared(lab_file.parent.name, data, Path(folder))
    print(f"{'':<16}" + "".join(f"{column:>16}" for column in columns))
    for name, row in rows.items():
        print(f"{name:<16}" + "".join(f"{row[column]:>16}" for column in columns))
    asked, right = (sum(row[column] for row in rows.values()) for column in ("asked", "right"))
    sure, held = (sum(row[column] for row in rows.values()) for column in ("sure", "sure and right"))
    print(f"right: {right} of {asked} ({right / asked:.0%}); of those marked sure {held} of {sure} ({held / sure:.0%})")
    if "-v" in sys.argv:
        for name, row in rows.items():
            print(name, "missed:", ", ".join(f"{table}.{column}" for table, column in row["missed"]))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        print("skipped: name the folder in which the files of the examples lie, `python benchmarks/drafting.py FOLDER`")
