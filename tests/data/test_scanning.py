"""Text files are counted without the engine, and copied as a stream where it could not read them as they are."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cemlab.core.errors import SourceError
from cemlab.data.layout import BLANKS, Layout
from cemlab.data.scanning import Scan, refused_beside, scan


def _scan(folder: Path, content: bytes, *, name: str = "x.csv", **options: Any) -> Scan:
    (folder / name).write_bytes(content)
    layout = {
        "file": name,
        "format": "csv",
        "encoding": "utf-8",
        "delimiter": ",",
        "quote": '"',
        "header": (),
        "strip_headers": False,
        "sheet": "",
        "table": "",
    }
    return scan(folder / name, layout=Layout.model_validate(layout | options), aside=folder / "aside.utf8")


@pytest.mark.parametrize("content", ["a,b\nä,2\n".encode(), b"\xef\xbb\xbfa,b\r\n1,2\r\n", b'a,b\n"x\r\n",2'])
def test_clean_utf8_is_read_in_place(tmp_path: Path, content: bytes) -> None:
    found = _scan(tmp_path, content)
    assert (found.path, found.columns, found.records) == (tmp_path / "x.csv", ("a", "b"), 1)
    assert not (tmp_path / "aside.utf8").exists()


def test_line_ends_inside_cells_stay_as_they_are_in_a_copy(tmp_path: Path) -> None:
    found = _scan(tmp_path, b'a,b\r\n1,"x\r\ny\rz\n"\n3,4\n')
    assert found.path.read_bytes() == b'a,b\r\n"1","x\r\ny\rz\n"\r\n"3","4"\r\n'


def test_windows_1252_is_copied_as_utf8_and_undefined_bytes_are_counted(tmp_path: Path) -> None:
    found = _scan(tmp_path, b"a,b\n\xe9\x90t\xe9,\x80\n\x90,2\n", encoding="windows-1252")
    assert found.replaced == 2
    assert found.path.read_text(encoding="utf-8") == "a,b\né\ufffdté,€\n\ufffd,2\n"


def test_a_replacement_mark_of_the_source_itself_is_no_error(tmp_path: Path) -> None:
    found = _scan(tmp_path, "a,b\n\ufffd,2\n".encode() + b"\xff,3\n")
    assert (found.replaced, found.records) == (1, 2)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp500"])
def test_other_encodings_are_copied_with_their_mark_taken_off(tmp_path: Path, encoding: str) -> None:
    found = _scan(tmp_path, "a;b\r\n1;ö\r\n".encode(encoding), encoding=encoding, delimiter=";")
    assert (found.columns, found.records, found.replaced) == (("a", "b"), 1, 0)


def test_an_error_across_two_blocks_is_counted_once(tmp_path: Path) -> None:
    body = b"a\n" + b"x" * ((1 << 18) - 3) + b"\xe2" + b"\n" + b"y\n"
    assert _scan(tmp_path, body).replaced == 1


def test_runs_of_blanks_separate_cells(tmp_path: Path) -> None:
    found = _scan(tmp_path, b"  id   day  sum\r\n 1  1997   2.5\r\n 22 1998 13.0", delimiter=BLANKS)
    assert (found.columns, found.records) == (("id", "day", "sum"), 2)
    assert found.path.read_bytes() == b"id\tday\tsum\r\n1\t1997\t2.5\r\n22\t1998\t13.0"


def test_a_file_without_a_header_gets_the_declared_one(tmp_path: Path) -> None:
    found = _scan(tmp_path, b"1,2\n3,4\n", header=("a", "b"))
    assert (found.columns, found.records) == (("a", "b"), 2)
    assert _scan(tmp_path, b"", header=("a", "b")).records == 0


def test_headers_lose_their_blanks_only_when_told(tmp_path: Path) -> None:
    assert _scan(tmp_path, b"a , b\n1,2\n").columns == ("a ", " b")
    assert _scan(tmp_path, b"a , b\n1,2\n", strip_headers=True).columns == ("a", "b")


def test_an_empty_line_of_a_one_column_file_is_an_empty_cell(tmp_path: Path) -> None:
    assert _scan(tmp_path, b"a\n1\n\n2\n").records == 3


def test_refused_records_are_kept_beside_the_copy(tmp_path: Path) -> None:
    found = _scan(tmp_path, b'a,b\n1,"x"y\n2,z\n')
    assert (found.records, found.refused) == (2, 1)
    assert pq.read_table(refused_beside(found.path))["text"].to_pylist() == ['1,"x"y']


def test_gzip_is_read_and_a_cut_file_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(b"a,b\n1,2\n" * 500)
    assert _scan(tmp_path, packed, name="x.csv.gz").records == 999
    with pytest.raises(SourceError, match=r"`x\.csv\.gz` must be readable from end to end"):
        _scan(tmp_path, packed[:-12], name="x.csv.gz")


@pytest.mark.parametrize("content", [b"", b"\n\n", b'"a"x,b\n1,2\n', b"\xef\xbb\xbf"])
def test_a_file_without_a_header_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SourceError, match="must begin with a header row"):
        _scan(tmp_path, content)


def test_the_longest_record_is_measured_across_lines(tmp_path: Path) -> None:
    assert _scan(tmp_path, b'a,b\n1,"' + b"z\n" * 50 + b'"\n').longest >= 100
