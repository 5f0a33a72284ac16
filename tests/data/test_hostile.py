"""Whatever a file holds, every record is accounted for, and sound rows come out as Python's own reader sees them."""

from __future__ import annotations

import csv
import io
import tempfile
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st

from cemlab.data import intake
from cemlab.data.records import Marks, Splitter

LAB = """
[lab]
name = "hostile"
company = "Hostile"
time_zone = "UTC"
[[responses]]
file = "x.csv"
undated = true
[responses.columns]
response_id = "id"
customer_id = "who"
metric = { constant = "own" }
"""

# letters that readers disagree about, and a few that they do not
_CHARACTERS = st.sampled_from(list("ab0 ,;\t\"'\\#éß€\u2028\ufeff\x00\x0b\x1f\u0085"))
_CELL = st.text(_CHARACTERS, max_size=6) | st.sampled_from(
    ["NA", "007", "null", "", '""', "a\nb", "a\r\nb", "\r", "1e5"]
)
_END = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])
_HEAD = "id,who"


def _written(cell: str, style: int) -> str:
    """A cell as an export may write it: quoted, quoted when it must be, or bare whatever it holds."""
    if style == 0 or (style == 1 and any(mark in cell for mark in ',"\r\n')):
        return '"' + cell.replace('"', '""') + '"'
    return cell


@st.composite
def _files(draw: st.DrawFn, bare: bool) -> bytes:
    """A header and rows; most have two cells, and when `bare`, some are written without the quotes that they need."""
    common = draw(_END)
    mixed = draw(st.booleans())
    lines = [_HEAD + common]
    for _ in range(draw(st.integers(0, 8))):
        count = draw(st.sampled_from([2, 2, 2, 2, 1, 3, 0]))
        styles = st.sampled_from([0, 1, 2] if bare else [0, 1])
        cells = [_written(draw(_CELL), draw(styles)) for _ in range(count)]
        lines.append(",".join(cells) + (draw(_END) if mixed else common))
    if draw(st.booleans()):
        lines[-1] = lines[-1].rstrip("\r\n")
    text = "".join(lines).encode()
    # not in the header, which is another matter
    damage = draw(st.sampled_from([b"", b"", b"", b"\xff", b"\xe2\x82", b"\x00"])) if len(lines) > 1 else b""
    at = draw(st.integers(len(_HEAD) + 2, max(len(text), len(_HEAD) + 2)))
    mark = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"]))
    return mark + text[:at] + damage + text[at:]


def _intake(content: bytes) -> tuple[dict[str, int], list[tuple[str | None, str | None]]]:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CEMLAB_CACHE", str(Path(folder) / "cache"))
        (Path(folder) / "x.csv").write_bytes(content)
        (Path(folder) / "lab.toml").write_text(LAB, encoding="utf-8")
        accounting = intake.check(Path(folder) / "lab.toml")
        lines = {line.reason or line.outcome: line.count for line in accounting.ledger.lines}
        table = pq.read_table(accounting.folder / "responses.parquet", columns=["response_id", "customer_id"])
        return lines, [(row["response_id"], row["customer_id"]) for row in table.to_pylist()]


def _reference(content: bytes) -> list[list[str]]:
    """The records as Python's csv sees them, which is stricter here than in its default."""
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    return [row for row in rows[1:] if row]


def _accepted(rows: list[list[str]]) -> list[tuple[str | None, str | None]]:
    """Two cells, an id, and of the rows of its id that whose other cell sorts first, an empty one last.

    Cells after them are no fault when they hold nothing, which to the engine is also one of NULs alone.
    """
    sound = [
        (row[0], row[1] or None)
        for row in rows
        if len(row) >= 2 and not any(cell.strip("\0") for cell in row[2:]) and row[0]
    ]
    kept: dict[str, int] = {}
    for at in sorted(range(len(sound)), key=lambda at: (sound[at][1] is None, (sound[at][1] or "").encode())):
        kept.setdefault(sound[at][0], at)
    return [sound[at] for at in sorted(kept.values())]


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@example(b"id,who\n")
@example(b"id,who")
@example(b'id,who\n1,"a\r\nb"\r2,c\n3,d\r\n')
@example(b"id,who\n\x00,\x00\n1,NA\n")
@example(b'\xef\xbb\xbf"id",who\r\n007,"\xff"\r\n')
@given(_files(bare=False))
def test_well_formed_files_are_read_as_by_python(content: bytes) -> None:
    try:
        rows = _reference(content)
    except csv.Error:  # the damage fell between a quote and a comma
        reject()
    lines, found = _intake(content)
    assert lines["in"] == len(rows)
    assert sum(lines.values()) == 2 * len(rows)
    assert found == _accepted(rows)


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@example(b'id,who\n1,"a"b\n2,c\n')
@example(b'id,who\n1, "a\n2,c"\n')
@example(b'id,who\n"1,a\n2,b\n')
@example(b'id,who\n"","\r"\xff\n')
@example(b'id,who\n"",""\n"007",""\n"NA",""\n"NA",""\n"NA",""\n"NA",""\n')
@given(_files(bare=True))
def test_every_record_of_a_broken_file_is_accounted_for(content: bytes) -> None:
    lines, found = _intake(content)
    counted = lines.pop("in")
    assert sum(lines.values()) == counted
    assert lines["used"] == len(found)
    assert "the line could not be separated from its neighbours" not in lines
    try:
        rows = _reference(content)
    except csv.Error:
        return
    assert (counted, found) == (len(rows), _accepted(rows))


@settings(max_examples=200)
@given(_files(bare=True), st.lists(st.integers(0, 200), max_size=5))
def test_records_do_not_depend_on_where_the_stream_is_cut(content: bytes, cuts: list[int]) -> None:
    whole, parts = Splitter(Marks(b",", b'"')), Splitter(Marks(b",", b'"'))
    places = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    blocks = [content[low:high] for low, high in pairwise(places)]
    one = [*whole.feed(content), *whole.close()]
    many = [piece for block in blocks for piece in parts.feed(block)] + list(parts.close())
    for count in ("records", "blank"):
        assert sum(getattr(piece, count) for piece in one) == sum(getattr(piece, count) for piece in many)
    assert [text for piece in one for text in piece.refused] == [text for piece in many for text in piece.refused]
