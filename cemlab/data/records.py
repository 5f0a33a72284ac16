"""Find where the records of a text file end, without the engine.

A quote opens a cell only at the cell's start, as in RFC 4180; doubled inside, it stands for itself.
A record ends at a line end outside quotes. A block of bytes is *plain* when every reader must see the
same cells in it; only other blocks are taken apart cell by cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

LIMIT = 1 << 24
"""Bytes after which a quoted cell is taken to be one that was never closed."""
UNCLOSED = "a quote in the line is not closed or not at a cell's end"

Places = npt.NDArray[np.int64]

_NONE: Places = np.empty(0, np.int64)
_WINDOW = 1 << 18
_MOST = 1 << 12
_LINE, _RETURN = 10, 13
_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True)
class Marks:
    """What separates and encloses the cells of a file.

    Attributes
    ----------
    delimiter, quote : bytes
        Each a character in UTF-8; an empty quote means that no cell is quoted.
    """

    delimiter: bytes
    quote: bytes

    @property
    def simple(self) -> bool:
        """True when both are single bytes."""
        return len(self.delimiter) == 1 and len(self.quote) <= 1


@dataclass
class Piece:
    """Whole records.

    Attributes
    ----------
    content : bytes
        The records as they stand when `plain`, else written again with every cell quoted.
    plain : bool
        True when the engine may read them as they stand.
    records, blank, longest : int
        Records; empty lines between them; bytes of the longest record.
    refused : list of bytes
        Records, counted in `records` and not in `content`, whose quotes do not match.
    headless : bool
        True when the first record is one of those.
    """

    content: bytes
    plain: bool
    records: int = 0
    blank: int = 0
    longest: int = 0
    refused: list[bytes] = field(default_factory=list)
    headless: bool = False


class Splitter:
    """Cuts a stream of UTF-8 into pieces of whole records.

    Parameters
    ----------
    marks : Marks
        Of the file.
    """

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._rest = b""
        self._wanted = 0
        self._line_end = b""
        delimiter, quote = re.escape(marks.delimiter), re.escape(marks.quote)
        stop = rb"(" + delimiter + rb"|\r\n|\n|\r|\Z)"
        bare = rb"(?:(?!" + delimiter + rb")[^\r\n])*+"
        inner = rb"(?:(?!" + quote + rb").|" + quote * 2 + rb")*+"
        self._bare = re.compile(rb"(" + bare + rb")" + stop, re.DOTALL)
        self._quoted = re.compile(quote + rb"(" + inner + rb")" + quote + stop, re.DOTALL)
        self._broken = re.compile(quote + rb"(" + inner + quote + bare + rb")" + stop, re.DOTALL)

    @property
    def written(self) -> Marks:
        """The marks in pieces that are not plain: the file's own, where the engine takes them."""
        return self._marks if self._marks.simple else Marks(b",", b'"')

    def feed(self, block: bytes) -> Iterator[Piece]:
        """Take in the next bytes.

        Parameters
        ----------
        block : bytes
            Any number, cut anywhere.

        Yields
        ------
        Piece
            The records that are complete by now.
        """
        self._rest += block
        # a record longer than a block is looked at again only when there is twice as much of it
        if len(self._rest) >= self._wanted:
            yield from self._cut(final=False)
            self._wanted = 2 * len(self._rest)

    def close(self) -> Iterator[Piece]:
        """Take in the last record, which may lack its line end.

        Yields
        ------
        Piece
            What was left.
        """
        yield from self._cut(final=True)

    def cells(self, record: bytes) -> list[bytes] | None:
        """Return the cells of one record.

        Parameters
        ----------
        record : bytes
            Beginning with it; what follows is not looked at.

        Returns
        -------
        list of bytes or None
            None when its quotes do not match.
        """
        return self._record(record, 0, final=True)[0]

    def _cut(self, *, final: bool) -> Iterator[Piece]:
        if not self._rest or not self._learn(final=final):
            return
        data, at, most = self._rest, 0, 1
        while at < len(data):
            window = data[at : at + _WINDOW]
            last = at + len(window) == len(data)
            # the last line may lack its end; it is plain all the same
            added = self._line_end if final and last and not window.endswith(b"\n") else b""
            piece, doubt = _plain(window + added, self._marks, self._line_end)
            if piece.content:
                piece.content = piece.content[: len(window)]
                at += len(piece.content)
                most = 1 if piece.records > most else most
                yield piece
            if not doubt and ((piece.content and not last) or (last and not final and len(data) - at <= LIMIT)):
                if last:
                    break
                continue
            piece, done = self._taken_apart(data, at, most=most, final=final)
            if done == at:
                break
            # where there is much to doubt, more is taken apart at a time
            at, most = done, min(2 * most, _MOST)
            yield piece
        self._rest = data[at:]

    def _learn(self, *, final: bool) -> bool:
        """Take the first line end to be the file's; False when there is none yet."""
        found = None if self._line_end else _END.search(self._rest)
        if found and (found.end() < len(self._rest) or final):
            self._line_end = b"\r\n" if found.group() == b"\r\n" else b"\n"
        elif final and not self._line_end:
            self._line_end = b"\n"
        return bool(self._line_end)

    def _taken_apart(self, data: bytes, at: int, *, most: int, final: bool) -> tuple[Piece, int]:
        """Read so many records from `at` on, cell by cell; return them and where they end."""
        piece = Piece(b"", plain=False)
        written: list[bytes] = []
        while at < len(data) and piece.records < most:
            cells, end = self._record(data, at, final=final)
            if end < 0 and len(data) - at <= LIMIT:
                break
            if end < 0:  # its quote was never closed: refuse its first line and go on after that
                found = _END.search(data, at)
                cells, end = None, found.end() if found else len(data)
            if cells:
                written.append(self._again(cells))
                piece.longest = max(piece.longest, len(written[-1]))
            elif cells is None:
                piece.headless = piece.headless or not piece.records
                piece.refused.append(data[at:end].rstrip(b"\r\n"))
            else:
                piece.blank += 1
                written.append(self._line_end)
            piece.records += cells != []
            at = end
        piece.content = b"".join(written)
        return piece, at

    def _record(self, data: bytes, at: int, *, final: bool) -> tuple[list[bytes] | None, int]:
        """Cells of the record at `at` (none for an empty line, None when its quotes do not match) and its end.

        The end is -1 when it is not here yet.
        """
        cells: list[bytes] = []
        start, sound, quote = at, True, self._marks.quote
        while True:
            quoted = bool(quote) and data.startswith(quote, at)
            found = (self._quoted if quoted else self._bare).match(data, at)
            if found is None:
                sound, found = False, self._broken.match(data, at)
            # at the end of what is here, neither a return nor a quote shows yet what it is
            if found is None or (found.end() == len(data) and found.group(2) in (b"", b"\r") and not final):
                return None, len(data) if final else -1
            cell = found.group(1)
            cells.append(cell.replace(quote * 2, quote) if quoted else cell)
            at, stop = found.end(), found.group(2)
            if stop != self._marks.delimiter:
                empty = at - len(stop) == start
                return ([] if empty else cells) if sound else None, at

    def _again(self, cells: list[bytes]) -> bytes:
        """The record with every cell quoted."""
        marks = self.written
        quote = marks.quote
        quoted = [quote + cell.replace(quote, quote * 2) + quote for cell in cells] if quote else cells
        return marks.delimiter.join(quoted) + self._line_end


def _plain(data: bytes, marks: Marks, line_end: bytes) -> tuple[Piece, bool]:
    """The complete records before the first that a reader could be in doubt about, and whether there is one."""
    if not marks.simple:
        return Piece(b"", plain=True), True
    codes = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(codes == marks.quote[0]) if marks.quote and marks.quote in data else _NONE
    ends = _outside(np.flatnonzero(codes == _LINE), quotes)
    doubts = [_misplaced(codes, quotes, marks), *_other_ends(data, codes, ends=ends, quotes=quotes, line_end=line_end)]
    first = min((int(each[0]) for each in doubts if len(each)), default=len(data))
    doubt = first < len(data)
    ends = ends[: np.searchsorted(ends, first)]
    if not len(ends):
        return Piece(b"", plain=True), doubt
    sizes = np.diff(ends, prepend=-1)
    blank = int((sizes == len(line_end)).sum())
    longest = int(sizes.max())
    return Piece(data[: int(ends[-1]) + 1], plain=True, records=len(ends) - blank, blank=blank, longest=longest), doubt


def _outside(places: Places, quotes: Places) -> Places:
    """Those places that lie outside quotes."""
    return places[np.searchsorted(quotes, places) % 2 == 0] if len(quotes) else places


def _misplaced(codes: npt.NDArray[np.uint8], quotes: Places, marks: Marks) -> Places:
    """The first opening quote that does not begin a cell, or closing one that does not end it."""
    if not len(quotes):
        return _NONE
    opening, closing = quotes[0::2], quotes[1::2]
    opening, closing = opening[opening > 0], closing[closing < len(codes) - 1]
    before, after = codes[opening - 1], codes[closing + 1]
    delimiter, quote = marks.delimiter[0], marks.quote[0]
    # a quote beside another one is a doubled quote, which the two halves of the pair agree on
    opens = (before == delimiter) | (before == _LINE) | (before == quote)
    closes = (after == delimiter) | (after == _LINE) | (after == _RETURN) | (after == quote)
    return np.sort(np.concatenate([opening[~opens][:1], closing[~closes][:1]]))


def _other_ends(
    data: bytes, codes: npt.NDArray[np.uint8], *, ends: Places, quotes: Places, line_end: bytes
) -> Iterator[Places]:
    """Line ends of another kind than the file's."""
    if line_end == b"\r\n":
        yield ends[(ends == 0) | (codes[ends - 1] != _RETURN)][:1]
    if b"\r" in data:
        returns = _outside(np.flatnonzero(codes == _RETURN), quotes)
        # at the end of what is here, a return may still be followed
        returns = returns[returns < len(data) - 1]
        yield returns[(codes[returns + 1] != _LINE) | (line_end == b"\n")][:1]
