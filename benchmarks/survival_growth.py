"""How time and memory of curves and of Cox's model grow with the number of spells: a table, and a figure on logarithmic axes.

Started by ``python benchmarks/survival.py --growth``; draws into docs/images/survival-growth.svg. The same
numbers give the same bytes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

FIGURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "survival-growth.svg"
FIRST, WRITTEN = 10_000, 10_000_000
MAKE = "import sys, pathlib, survival; survival.make_spells(pathlib.Path(sys.argv[1]), int(sys.argv[2]), numbers=())"
TITLES = {
    "curves, months": "Kaplan–Meier, 10 segments, months",
    "cox, levels": "Cox, five covariates in levels, months",
}
STYLES = {
    "ours": ("#0072b2", "o", "-"),
    "bare": ("#8b939c", ".", ":"),
    "lifelines": ("#d55e00", "s", "--"),
    "R": ("#009e73", "^", "-."),
}
LARGEST = {
    ("curves, months", "lifelines"): 10_000_000,
    ("curves, months", "R"): 1_000_000,
    ("cox, levels", "lifelines"): 1_000_000,
    ("cox, levels", "R"): 1_000_000,
}
"""Rows beyond which a peer needs minutes, or more memory than there is."""
Measured = dict[str, dict[int, dict[str, dict[str, float]]]]


def run(*, most: int, repeats: int, peers: Sequence[str]) -> None:
    """Measure each size and print a line of a table each; draw the figure at the end."""
    import survival

    found: Measured = {item: {} for item in TITLES}
    size = FIRST
    while size <= most:
        with tempfile.TemporaryDirectory() as folder:
            files = _written(Path(folder), size)
            for item in TITLES:
                able = [peer for peer in peers if size <= LARGEST[item, peer]]
                found[item][size] = survival.measured(item, files, rows=size, repeats=repeats, peers=able)
                sys.stdout.write(_line(item, size, found[item][size]) + "\n")
                sys.stdout.flush()
        size *= 10
    draw(found, file=FIGURE)


def _written(folder: Path, size: int) -> Path:
    """Return where spells were written; above `WRITTEN` one file is read under several names, which spares the disk."""
    once = min(size, WRITTEN)
    # What is not measured steps aside for whoever else works on this machine.
    command = ["nice", "-n", "15", sys.executable, "-c", MAKE, str(folder / "spells-0.parquet"), str(once)]
    subprocess.run(command, check=True, cwd=Path(__file__).parent)
    for number in range(1, size // once):
        (folder / f"spells-{number}.parquet").hardlink_to(folder / "spells-0.parquet")
    return folder / "*.parquet" if size > once else folder / "spells-0.parquet"


def _line(item: str, rows: int, sides: Mapping[str, Mapping[str, float]]) -> str:
    cells = [
        f"{sides[side]['seconds']:.3f} s, {sides[side]['peak']:,.0f} MB" if side in sides else "" for side in STYLES
    ]
    return f"| {TITLES[item]} | {rows:,} | {' | '.join(cells)} |"


def draw(found: Measured, *, file: Path) -> None:
    """Draw seconds above and memory below, one column per task."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams.update({"svg.hashsalt": "growth", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9})
    figure, panels = plt.subplots(2, len(found), figsize=(8, 5.4), sharex=True, sharey="row", layout="constrained")
    for column, (item, sizes) in enumerate(found.items()):
        for row, (name, label) in enumerate((("seconds", "seconds"), ("peak", "peak memory, MB"))):
            axes = panels[row][column]
            for side, (colour, marker, line) in STYLES.items():
                at = [size for size in sizes if side in sizes[size]]
                axes.plot(
                    at, [sizes[size][side][name] for size in at], color=colour, marker=marker, ls=line, label=side, ms=4
                )
            axes.set(xscale="log", yscale="log")
            axes.minorticks_off()
            axes.grid(alpha=0.3)
            if not column:
                axes.set_ylabel(label)
        panels[0][column].set_title(TITLES[item], fontsize=9, loc="left")
        panels[1][column].set_xlabel("spells")
    panels[0][0].legend(frameon=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None, "Creator": None})
    plt.close(figure)
