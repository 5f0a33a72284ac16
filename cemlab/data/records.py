"""Count the records of a CSV file without the engine, and bring it into a form that the engine can read."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from cemlab.core.errors import SourceError

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Scan:
    """What one pass over a CSV file found.

    Attributes
    ----------
    path : Path
        What the engine reads: the file itself, or a copy in UTF-8 with one kind of line end.
    columns : tuple of str
        The header's cells.
    records : int
        Records below the header; empty lines are none.
    replaced : int
        Bytes or sequences that the encoding does not know, each now U+FFFD.
    longest : int
        Bytes of the longest record.
    """

    path: Path
    columns: tuple[str, ...]
    records: int
    replaced: int
    longest: int


class RecordCounter:
    """Counts records in blocks of bytes; a line end inside quotes ends no record.

    A quote opens a cell only at the cell's start, as in RFC 4180; doubled inside, it stands for itself.

    Parameters
    ----------
    delimiter, quote : str
        One character each.
    """

    def __init__(self, *, delimiter: str, quote: str) -> None:
        self._delimiter, self._quote = delimiter.encode(), quote.encode()
        self._rest = b""
        self._open = False
        self._size = 0
        self._ends = {b"\n": 0, b"\r\n": 0}
        self._header: list[bytes] | None = []
        self._blank = 0
        self.header = b""
        self.records = 0
        self.longest = 0

    @property
    def mixed(self) -> bool:
        """True when records end in more than one way."""
        return all(self._ends.values())

    @property
    def blank_lines(self) -> int:
        """Empty lines between records; in a file of one column each is an empty cell."""
        return self._blank

    def feed(self, block: bytes) -> None:
        """Take in the next bytes.

        Parameters
        ----------
        block : bytes
            Any number, cut anywhere.
        """
        block = self._rest + block
        lines = block.split(b"\n")
        self._rest = lines.pop()
        if self._header is None and not self._open and self._quote not in block:
            self._plain(lines)
            return
        for line in lines:
            self._line(line, ended=True)

    def close(self) -> None:
        """Take in the last record, which may lack its line end."""
        if self._rest:
            self._line(self._rest, ended=False)
        elif self._open:
            self._count()

    def _plain(self, lines: list[bytes]) -> None:
        sizes = list(map(len, lines))
        blank = sizes.count(0) + lines.count(b"\r")
        self.records += len(lines) - blank
        self._blank += blank
        self.longest = max(self.longest, max(sizes, default=0) + 1)
        carriage = sum(line.endswith(b"\r") for line in lines)
        self._ends[b"\r\n"] += carriage
        self._ends[b"\n"] += len(lines) - carriage

    def _line(self, line: bytes, *, ended: bool) -> None:
        bare = line.removesuffix(b"\r")
        if not self._open and not bare:
            self._blank += self._header is None
            return
        self._size += len(line) + 1
        if self._header is not None:
            self._header.append(line)
        if self._quote in line:
            self._open = self._open_after(line)
        if self._open and ended:
            return
        self._ends[b"\r\n" if line != bare else b"\n"] += ended
        self._count()

    def _count(self) -> None:
        if self._header is not None:
            self.header, self._header = b"\n".join(self._header), None
        else:
            self.records += 1
            self.longest = max(self.longest, self._size)
        self._size, self._open = 0, False

    def _open_after(self, line: bytes) -> bool:
        """Whether a quoted cell is still open at the end of `line`."""
        quote, at, is_open = self._quote, 0, self._open
        while True:
            if is_open:
                at = line.find(quote, at)
                if at < 0:
                    return True
                if line.startswith(quote, at + 1):
                    at += 2
                    continue
                at, is_open = at + 1, False
            elif line.startswith(quote, at):
                at, is_open = at + 1, True
                continue
            at = line.find(self._delimiter, at)
            if at < 0:
                return False
            at += 1


def scan(path: Path, *, name: str, encoding: str, delimiter: str, quote: str, aside: Path) -> Scan:
    """Count a CSV file's records, and copy it where the engine could not read it as it is.

    Parameters
    ----------
    path : Path
        The file, gzipped when it ends in ``.gz``.
    name : str
        As the lab file calls it, for messages.
    encoding : str
        A Python codec.
    delimiter, quote : str
        One character each.
    aside : Path
        Where the copy goes if one is needed.

    Returns
    -------
    Scan
        The header, the count, and what to read.

    Raises
    ------
    SourceError
        When the file cannot be read or has no header.
    """
    counter = RecordCounter(delimiter=delimiter, quote=quote)
    path_read, replaced = path, 0
    with _explained(name):
        if codecs.lookup(encoding).name != "utf-8" or not _plain_utf8(path, counter):
            counter = RecordCounter(delimiter=delimiter, quote=quote)
            replaced = _transcode(path, encoding, aside)
            path_read = aside
            with aside.open("rb") as stream:
                for block in _blocks(stream):
                    counter.feed(block)
            counter.close()
    columns = _cells(counter.header, name=name, delimiter=delimiter, quote=quote)
    # the engine reads an empty line of a one-column file as an empty cell
    records = counter.records + (counter.blank_lines if len(columns) == 1 else 0)
    return Scan(path_read, columns, records, replaced, counter.longest)


def _plain_utf8(path: Path, counter: RecordCounter) -> bool:
    """Feed `counter`; False when the file is no clean UTF-8 with one kind of line end."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines_ended = lone_returns = False
    try:
        with _opened(path) as stream:
            for block in _blocks(stream):
                decoder.decode(block)
                counter.feed(block)
                lines_ended |= b"\n" in block
                lone_returns |= b"\r" in block
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    counter.close()
    return not counter.mixed and (lines_ended or not lone_returns)


def _transcode(path: Path, encoding: str, aside: Path) -> int:
    """Write `path` as UTF-8 with newlines; return how many undecodable sequences became U+FFFD."""
    make = codecs.getincrementaldecoder(encoding)
    decoder, strict = make(errors="replace"), make(errors="ignore")
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    replaced = 0
    with _opened(path) as stream, aside.open("w", encoding="utf-8", newline="") as copy:
        blocks = _blocks(stream)
        while True:
            block = next(blocks, b"")
            held = decoder.getstate()
            text = decoder.decode(block, final=not block)
            if "\ufffd" in text:
                # the same bytes with errors left out are shorter by one mark per error
                strict.setstate(held)
                replaced += len(text) - len(strict.decode(block, final=not block))
            copy.write(newlines.decode(text, final=not block))
            if not block:
                return replaced


def _cells(header: bytes, *, name: str, delimiter: str, quote: str) -> tuple[str, ...]:
    text = header.decode("utf-8", errors="replace").removeprefix("\ufeff")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote))
    except csv.Error:
        rows = []
    if not rows:
        raise SourceError(
            f"Source `{name}` must begin with a header row: it holds none. Check that it was exported whole."
        )
    return tuple(rows[0])


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "it is damaged or cut short"
        raise SourceError(f"Source `{name}` must be readable from end to end: {reason}. Export it again.") from None


def _opened(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "rb")) if path.suffix.lower() == ".gz" else path.open("rb")


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block
