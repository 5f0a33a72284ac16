"""Hostile rows between the sound ones, each counted under the reason that intake must give for it."""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

Row = list[str]
_SAME = "another row has the same "
_BYTES, _NUL = "undecodable byte", "NUL byte"


def _with(position: int, value: str, *, fresh: bool = True) -> Callable[[Row], Row]:
    """A copy with another cell, and an id of its own so that nothing else is wrong with it."""

    def changed(row: Row) -> Row:
        copy = [*row]
        if fresh:
            copy[0] += "-hostile"
        copy[position] = value
        return copy

    return changed


_RECIPES: Mapping[str, Sequence[tuple[str, str, Callable[[Row], Row]]]] = {
    # what it is, the reason that intake gives, how to make it of a sound row
    "responses": (
        ("duplicate", _SAME + "`response_id` and `metric`", list),
        ("score out of scale", "the score lies outside its scale", _with(6, "99")),
        ("text in a number", "`score` is no number", _with(6, "ten")),
        ("impossible date", "`responded_at` is no date or time", _with(3, "2024-02-30 12:00:00")),
        ("missing id", "`response_id` is missing", _with(0, "", fresh=False)),
        ("too many cells", "the line has too many cells", lambda row: [*row, "more", "and more"]),
        ("too few cells", "the line has too few cells", lambda row: row[:4]),
        (_BYTES, _SAME + "`response_id` and `metric`", _with(9, "pi\ufffdce", fresh=False)),
        (_NUL, _SAME + "`response_id` and `metric`", _with(9, "nul\0", fresh=False)),
    ),
    "spells": (
        ("duplicate", _SAME + "`spell_id`", list),
        ("end before start", "it ends before it starts", _with(3, "01.01.1990")),
        ("impossible date", "`started_on` is no date", _with(2, "31.02.2024")),
    ),
    "invitations": (
        ("duplicate", _SAME + "`invitation_id`", list),
        ("impossible date", "`sent_at` is no date or time", _with(2, "yesterday")),
        ("too few cells", "the line has too few cells", lambda row: row[:2]),
    ),
    "ratings": (
        ("orphan", "no accepted row of `responses` has its `response_id`", _with(2, "5")),
        ("text in a number", "`score` is no number", _with(2, "good", fresh=False)),
    ),
}


def soil(path: Path, table: str, *, delimiter: str, rate: float, seed: str) -> dict[str, Counter[str]]:
    """Add hostile rows to a CSV file; the sound ones stay as they are.

    Parameters
    ----------
    path : Path
        The file, gzipped when it ends in ``.gz``.
    table : str
        Its canonical table.
    delimiter : str
        Between its cells.
    rate : float
        Hostile rows per sound row.
    seed : str
        Of the choice of rows.

    Returns
    -------
    dict of str to Counter
        ``quarantined``: reason → rows; ``made``: what it is → rows.
    """
    counts: dict[str, Counter[str]] = {"quarantined": Counter(), "made": Counter()}
    recipes = _RECIPES.get(table, ())
    if not recipes:
        return counts
    chance = random.Random(f"{seed}/{path.name}")
    lines = io.StringIO(_text(path), newline="")
    sound = csv.reader(lines, delimiter=delimiter)
    soiled = io.StringIO(newline="")
    writer = csv.writer(soiled, delimiter=delimiter, lineterminator="\n")
    writer.writerow(next(sound))
    for row in sound:
        writer.writerow(row)
        if chance.random() < rate:
            what, reason, make = recipes[counts["made"].total() % len(recipes)]
            writer.writerow(make(row))
            counts["made"][what] += 1
            counts["quarantined"][reason] += 1
    _write(path, soiled.getvalue().encode().replace("\ufffd".encode(), b"\xe9"))
    return counts


def _text(path: Path) -> str:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.decode()


def _write(path: Path, data: bytes) -> None:
    # without a time stamp the same seed gives the same bytes
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
