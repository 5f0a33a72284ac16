"""Records are counted without the engine, and files that it could not read are copied as a stream."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from cemlab.core.errors import SourceError
from cemlab.data.records import RecordCounter, Scan, scan


def _scan(folder: Path, content: bytes, *, encoding: str = "utf-8", name: str = "x.csv", delimiter: str = ",") -> Scan:
    (folder / name).write_bytes(content)
    return scan(folder / name, name=name, encoding=encoding, delimiter=delimiter, quote='"', aside=folder / "aside.csv")


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (b"a,b\n1,2\n3,4\n", 2),
        (b"a,b\n1,2\n3,4", 2),
        (b"a,b\n", 0),
        (b"a,b", 0),
        (b'a,b\n"x\ny",2\n3,4\n', 2),
        (b'a,b\n"he said ""no\n"" twice",2\n3,4\n', 2),
        (b'a,b\n5" pipe,2\n3,4\n', 2),
        (b'a,b\n1,"x"y,"\n",3\n3,4\n', 2),
        (b"a,b\n\n1,2\n\n\n3,4\n\n", 2),
        (b'a,b\n1,"never closed\n3,4\n', 1),
        (b"a,b\r\n1,2\r\n\r\n3,4\r\n", 2),
        (b'a,b\r\n1,"x\ny"\r\n3,4\r\n', 2),
        (b"a,b\r1,2\r3,4\r", 2),
        (b"a,b\n1,2\r\n3,4\n", 2),
        (b"\xef\xbb\xbfa,b\n1,2\n", 1),
        (b"a,b\n1,\x00\n", 1),
        (b'"a\nx",b\n1,2\n', 1),
    ],
)
def test_a_record_ends_at_a_line_end_outside_quotes(tmp_path: Path, content: bytes, records: int) -> None:
    assert _scan(tmp_path, content).records == records


def test_cutting_the_bytes_anywhere_does_not_change_the_count() -> None:
    content = b'a,b\r\n1,"x ""\r\n"" y"\r\n5" z,2\r\n\r\n"",\r\n7,8'
    for cut in range(len(content) + 1):
        counter = RecordCounter(delimiter=",", quote='"')
        counter.feed(content[:cut])
        counter.feed(content[cut:])
        counter.close()
        assert (counter.records, counter.header) == (4, b"a,b\r"), cut


def test_an_empty_line_of_a_one_column_file_is_an_empty_cell(tmp_path: Path) -> None:
    assert _scan(tmp_path, b"a\n1\n\n2\n").records == 3


def test_clean_utf8_is_read_in_place(tmp_path: Path) -> None:
    found = _scan(tmp_path, "a,b\nä,2\n".encode())
    assert found.path == tmp_path / "x.csv"
    assert not (tmp_path / "aside.csv").exists()


def test_windows_1252_is_copied_as_utf8_and_undefined_bytes_are_counted(tmp_path: Path) -> None:
    found = _scan(tmp_path, b"a,b\n\xe9\x90t\xe9,\x80\n\x90,2\n", encoding="windows-1252")
    assert found.replaced == 2
    assert found.path.read_text(encoding="utf-8") == "a,b\né\ufffdté,€\n\ufffd,2\n"


def test_a_replacement_mark_of_the_source_itself_is_no_error(tmp_path: Path) -> None:
    found = _scan(tmp_path, "a,b\n\ufffd,2\n".encode() + b"\xff,3\n")
    assert (found.replaced, found.records) == (1, 2)


def test_utf16_is_copied_with_its_mark_taken_off(tmp_path: Path) -> None:
    found = _scan(tmp_path, "a;b\r\n1;ö\r\n".encode("utf-16"), encoding="utf-16", delimiter=";")
    assert (found.columns, found.records, found.replaced) == (("a", "b"), 1, 0)


def test_an_error_across_two_blocks_is_counted_once(tmp_path: Path) -> None:
    body = b"a\n" + b"x" * ((1 << 20) - 3) + b"\xe2" + b"\n" + b"y\n"
    assert _scan(tmp_path, body).replaced == 1


def test_gzip_is_read_and_a_cut_file_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(b"a,b\n1,2\n" * 500)
    assert _scan(tmp_path, packed, name="x.csv.gz").records == 999
    with pytest.raises(SourceError, match=r"`x\.csv\.gz` must be readable from end to end"):
        _scan(tmp_path, packed[:-12], name="x.csv.gz")


def test_a_file_without_a_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="must begin with a header row"):
        _scan(tmp_path, b"")


def test_the_longest_record_is_measured_across_lines(tmp_path: Path) -> None:
    assert _scan(tmp_path, b'a,b\n1,"' + b"z\n" * 50 + b'"\n').longest >= 100
