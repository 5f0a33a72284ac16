"""Count the records of a text file, and copy it where the engine could not read it as it is."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from cemlab.core.errors import SourceError
from cemlab.data.layout import BLANKS, Layout
from cemlab.data.records import Marks, Piece, Splitter

_BLOCK = 1 << 18
_MARK = codecs.BOM_UTF8
_REFUSED = pa.schema([("text", pa.string())])


@dataclass
class Scan:
    """What one pass over a text file found.

    Attributes
    ----------
    path : Path
        What the engine reads: the file itself, or a copy in UTF-8 with one kind of line end.
    marks : Marks
        What separates and encloses cells there.
    columns : tuple of str
        The names of its columns.
    records : int
        Records, without the header; empty lines are none, except in a file of one column.
    replaced : int
        Bytes or sequences that the encoding does not know, each now U+FFFD.
    refused : int
        Records whose quotes do not match; they are not in the copy but in a file beside it.
    longest : int
        Bytes of the longest record.
    """

    path: Path
    marks: Marks
    columns: tuple[str, ...] = ()
    records: int = 0
    replaced: int = 0
    refused: int = 0
    longest: int = 0


def scan(path: Path, *, layout: Layout, aside: Path) -> Scan:
    """Count a text file's records, and copy it where the engine could not read it as it is.

    Parameters
    ----------
    path : Path
        The file, gzipped when it ends in ``.gz``.
    layout : Layout
        How to read it.
    aside : Path
        Where the copy goes if one is needed; refused records go beside it, as ``.refused``.

    Returns
    -------
    Scan
        The header, the count, and what to read.

    Raises
    ------
    SourceError
        When the file cannot be read or has no header.
    """
    marks = _marks(layout)
    with _explained(layout.file):
        clean = codecs.lookup(layout.encoding).name == "utf-8" and layout.delimiter != BLANKS and marks.simple
        found = (_in_place(path, marks, layout) if clean else None) or _copied(path, marks, layout=layout, aside=aside)
    if not found.columns:
        raise SourceError(
            f"Source `{layout.file}` must begin with a header row: it holds none. Check that it was exported whole, or "
            "name its columns with `header`."
        )
    return found


def refused_beside(aside: Path) -> Path:
    """Return where the refused records of a copy are.

    Parameters
    ----------
    aside : Path
        The copy.

    Returns
    -------
    Path
        Parquet with one column, ``text``.
    """
    return aside.with_suffix(".refused")


def _marks(layout: Layout) -> Marks:
    if layout.format == "jsonl":
        return Marks(b"\x01", b"")  # a byte that JSON never holds as it is
    if layout.delimiter == BLANKS:
        return Marks(b"\t", b"")
    return Marks(layout.delimiter.encode(), layout.quote.encode())


def _in_place(path: Path, marks: Marks, layout: Layout) -> Scan | None:
    """Count the records of a file that the engine can read as it is; None when it cannot."""
    found, splitter, blank = Scan(path, marks), Splitter(marks), 0
    try:
        for piece in _pieces(_valid(path), splitter):
            if not piece.plain or (not found.columns and not _named(found, piece, splitter, layout)):
                return None
            _add(found, piece)
            blank += piece.blank
    except UnicodeDecodeError:
        return None
    return _finished(found, blank, layout)


def _valid(path: Path) -> Iterator[bytes]:
    """Blocks of the file without its byte-order mark; raises UnicodeDecodeError where it is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for number, block in enumerate(_blocks(path)):
        if decoder.getstate()[0] or not block.isascii():
            decoder.decode(block)
        yield block.removeprefix(_MARK) if number == 0 else block
    decoder.decode(b"", final=True)


def _copied(path: Path, marks: Marks, *, layout: Layout, aside: Path) -> Scan:
    splitter = Splitter(marks)
    found, blank = Scan(aside, splitter.written), 0
    replaced = [0]
    with aside.open("wb") as copy, pq.ParquetWriter(refused_beside(aside), _REFUSED) as refused:
        for each in _pieces(_decoded(path, layout, replaced), splitter):
            piece = each
            if not found.columns:
                piece = _without_blank(each)
                if piece.records and not _named(found, piece, splitter, layout):
                    break
            _add(found, piece)
            blank += piece.blank
            copy.write(piece.content)
            if piece.refused:
                refused.write_batch(
                    pa.record_batch([pa.array([text.decode() for text in piece.refused])], schema=_REFUSED)
                )
    found.replaced = replaced[0]
    return _finished(found, blank, layout)


def _pieces(blocks: Iterator[bytes], splitter: Splitter) -> Iterator[Piece]:
    for block in blocks:
        yield from splitter.feed(block)
    yield from splitter.close()


def _without_blank(piece: Piece) -> Piece:
    """The engine takes the first line as the header, be it empty or not."""
    kept = piece.content.lstrip(b"\r\n")
    lines = piece.content[: len(piece.content) - len(kept)].count(b"\n")
    return Piece(
        kept,
        piece.plain,
        records=piece.records,
        blank=piece.blank - lines,
        longest=piece.longest,
        refused=piece.refused,
        headless=piece.headless,
    )


def _named(found: Scan, piece: Piece, splitter: Splitter, layout: Layout) -> bool:
    """Take the names of the columns from the first piece; False when it begins otherwise."""
    given = layout.header or (("line",) if layout.format == "jsonl" else ())
    # the header of a copy is written with the marks of the copy
    first = None if piece.headless else (splitter if piece.plain else Splitter(found.marks)).cells(piece.content)
    found.columns = given or tuple(cell.decode() for cell in first or ())
    return bool(given or first)


def _add(found: Scan, piece: Piece) -> None:
    found.records += piece.records
    found.refused += len(piece.refused)
    found.longest = max(found.longest, piece.longest)


def _finished(found: Scan, blank: int, layout: Layout) -> Scan:
    headed = not layout.header and layout.format != "jsonl"
    found.records -= headed and found.records > 0
    # the engine reads an empty line of a one-column file as an empty cell
    found.records += blank if len(found.columns) == 1 and layout.format != "jsonl" else 0
    if layout.strip_headers:
        found.columns = tuple(column.strip() for column in found.columns)
    found.columns = found.columns or layout.header
    return found


def _decoded(path: Path, layout: Layout, replaced: list[int]) -> Iterator[bytes]:
    """Blocks in UTF-8 without a byte-order mark; counts in `replaced` what the encoding does not know."""
    make = codecs.getincrementaldecoder(layout.encoding)
    decoder, strict = make(errors="replace"), make(errors="ignore")
    blocks, first, line = _blocks(path), True, ""
    while True:
        block = next(blocks, b"")
        held = decoder.getstate()
        text = decoder.decode(block, final=not block)
        if "\ufffd" in text:
            # the same bytes with errors left out are shorter by one mark per error
            strict.setstate(held)
            replaced[0] += len(text) - len(strict.decode(block, final=not block))
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        if layout.delimiter == BLANKS:
            text, line = _collapsed(line + text, final=not block)
        yield text.encode("utf-8", errors="replace")
        if not block:
            return


def _collapsed(text: str, *, final: bool) -> tuple[str, str]:
    """Whole lines with each run of blanks as one tab, none at their ends; and the line that is not whole yet."""
    cut = len(text) if final else text.rfind("\n") + 1
    lines = re.sub(r"[ \t]+", "\t", text[:cut])
    return re.sub(r"(?m)^\t|\t(?=\r?\n|\Z)", "", lines), text[cut:]


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "it is damaged or cut short"
        raise SourceError(f"Source `{name}` must be readable from end to end: {reason}. Export it again.") from None


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.suffix.lower() == ".gz" else path.open("rb")


def _blocks(path: Path) -> Iterator[bytes]:
    with _opened(path) as stream:
        while block := stream.read(_BLOCK):
            yield block
