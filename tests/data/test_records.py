"""Records end at line ends outside quotes, wherever the stream is cut."""

from __future__ import annotations

import pytest

from cemlab.data.records import LIMIT, Marks, Piece, Splitter

COMMAS = Marks(b",", b'"')


def _pieces(content: bytes, *, marks: Marks = COMMAS, cut: int | None = None) -> list[Piece]:
    splitter = Splitter(marks)
    blocks = [content] if cut is None else [content[:cut], content[cut:]]
    return [piece for block in blocks for piece in splitter.feed(block)] + list(splitter.close())


def _counts(pieces: list[Piece]) -> tuple[int, int, int]:
    return sum(p.records for p in pieces), sum(p.blank for p in pieces), sum(len(p.refused) for p in pieces)


@pytest.mark.parametrize(
    ("content", "counts", "plain"),
    [
        (b"a,b\n1,2\n3,4\n", (3, 0, 0), True),
        (b"a,b\n1,2\n3,4", (3, 0, 0), True),
        (b"a,b", (1, 0, 0), True),
        (b"", (0, 0, 0), True),
        (b'a,b\n"x\ny",2\n3,4\n', (3, 0, 0), True),
        (b'a,b\n"he said ""no\n"" twice",2\n3,4\n', (3, 0, 0), True),
        (b'a,b\n"",2\n"""",4\n', (3, 0, 0), True),
        (b'a,b\n5" pipe,2\n3,4\n', (3, 0, 0), False),
        (b'a,b\n "q",2\n3,4\n', (3, 0, 0), False),
        (b'a,b\n1,"x"y,"\n",3\n3,4\n', (3, 0, 1), False),
        (b'a,b\n1,"x" \n3,4\n', (3, 0, 1), False),
        (b"a,b\n\n1,2\n\n\n3,4\n\n", (3, 4, 0), True),
        (b'a,b\n1,"never closed\n3,4\n', (2, 0, 1), False),
        (b"a,b\r\n1,2\r\n\r\n3,4\r\n", (3, 1, 0), True),
        (b'a,b\r\n1,"x\ny"\r\n3,4', (3, 0, 0), True),
        (b'a,b\n1,"x\r\ny\rz"\n3,4\n', (3, 0, 0), True),
        (b"a,b\r1,2\r3,4\r", (3, 0, 0), False),
        (b"a,b\n1,2\r\n3,4\n", (3, 0, 0), False),
        (b"a,b\r\n1,2\n3,4\r\n", (3, 0, 0), False),
        (b"a,b\n1,x\ry,4\n", (3, 0, 0), False),
        (b"a,b\r\n1,2\r\n\n3,4\r\n", (3, 1, 0), False),
        (b"a,b\n1,\x00\n", (2, 0, 0), True),
    ],
)
def test_a_record_ends_at_a_line_end_outside_quotes(content: bytes, counts: tuple[int, int, int], plain: bool) -> None:
    pieces = _pieces(content)
    assert _counts(pieces) == counts
    assert all(piece.plain for piece in pieces) == plain


def test_plain_pieces_are_the_stream_itself() -> None:
    content = b'a,b\n"x\ny",2\n\n3,""""\n5,6'
    assert b"".join(piece.content for piece in _pieces(content)) == content


def test_other_pieces_are_written_with_every_cell_quoted() -> None:
    pieces = _pieces(b'a,b\n5" pipe, "q"\n"""",x\r\n')
    assert b"".join(piece.content for piece in pieces) == b'a,b\n"5"" pipe"," ""q"""\n"""","x"\n'


def test_cutting_the_stream_anywhere_changes_nothing() -> None:
    content = b'a,b\r\n1,"x ""\r\n"" y"\r\n5" z,2\r\n\r\n"",\r\n7,"8"x\r\n9,\r10'
    whole = _pieces(content)
    for cut in range(len(content) + 1):
        pieces = _pieces(content, cut=cut)
        assert _counts(pieces) == _counts(whole) == (7, 1, 1), cut
        assert [text for piece in pieces for text in piece.refused] == [b'7,"8"x'], cut


def test_a_quote_that_never_closes_costs_one_line_of_a_large_file() -> None:
    content = b'a,b\n1,"open\n' + b"2,x\n" * (LIMIT // 4 + 1000)
    assert _counts(_pieces(content)) == (LIMIT // 4 + 1002, 0, 1)


def test_marks_of_several_bytes_are_taken_apart_and_written_with_common_ones() -> None:
    marks = Marks("¦".encode(), "«".encode())
    pieces = _pieces("a¦b\n«x¦y«¦2\n".encode(), marks=marks)
    assert b"".join(piece.content for piece in pieces) == '"a","b"\n"x¦y","2"\n'.encode()


def test_cells_of_a_record_are_given() -> None:
    assert Splitter(COMMAS).cells(b'"a ""x""",b, c\nmore') == [b'a "x"', b"b", b" c"]
    assert Splitter(COMMAS).cells(b'"a"x,b') is None
