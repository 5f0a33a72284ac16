"""A fingerprint is the content's, and asking for it loads nothing heavy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cemlab.core.errors import SourceError
from cemlab.data import sources

MakeLab = Callable[..., Path]


ROWS = "id,customer,score,at\n1,a,9,2024-05-01\n"


def test_content_counts_and_neither_time_nor_place_does(make_lab: MakeLab, tmp_path: Path, responses: str) -> None:
    lab_file = make_lab(nps=ROWS)
    first = sources.fingerprint(lab_file)
    os.utime(lab_file.parent / "nps.csv", (1, 1))
    assert sources.fingerprint(lab_file) == first
    assert sources.fingerprint(make_lab(nps=ROWS, folder="elsewhere")) == first
    (lab_file.parent / "nps.csv").write_text(ROWS.replace("9", "8"), encoding="utf-8")
    changed = sources.fingerprint(lab_file)
    assert changed != first
    make_lab(responses + "# a remark\n", nps=ROWS)
    assert sources.fingerprint(lab_file) not in (first, changed)


def test_a_change_is_seen_although_size_and_time_are_put_back(
    make_lab: MakeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_SETTLED_SECONDS", -1.0)
    lab_file = make_lab(nps=ROWS)
    path = lab_file.parent / "nps.csv"
    first, times = sources.fingerprint(lab_file), path.stat()
    path.write_text(ROWS.replace("9", "8"), encoding="utf-8")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert sources.fingerprint(lab_file) != first


def test_an_unchanged_file_is_not_read_again(make_lab: MakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_SETTLED_SECONDS", -1.0)
    lab_file = make_lab(nps=ROWS)
    first = sources.fingerprint(lab_file)

    def refuse(path: Path, name: str) -> str:
        raise AssertionError(f"{name} was read again")

    monkeypatch.setattr(sources, "_hash", refuse)
    assert sources.fingerprint(lab_file) == first


def test_the_data_folder_may_be_another(make_lab: MakeLab, tmp_path: Path) -> None:
    lab_file = make_lab()
    with pytest.raises(SourceError, match=r"1 of 1 are not \(`nps\.csv`\).*--data"):
        sources.fingerprint(lab_file)
    (tmp_path / "nps.csv").write_text(ROWS, encoding="utf-8")
    assert len(sources.fingerprint(lab_file, data_dir=str(tmp_path))) == 64


def test_messages_name_files_as_the_lab_file_does(make_lab: MakeLab, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        sources.fingerprint(make_lab())
    assert str(tmp_path) not in str(caught.value)


def test_nothing_heavy_is_loaded(make_lab: MakeLab) -> None:
    lab_file = make_lab(nps=ROWS)
    code = (
        "import sys; from cemlab.data.sources import fingerprint; fingerprint(sys.argv[1]); "
        "print([m for m in ('pandas', 'numpy', 'ibis', 'duckdb', 'pyarrow', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, lab_file], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_cache_is_in_the_project_or_where_the_user_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own_cache: Path
) -> None:
    assert sources.cache_dir("lab.toml") == own_cache.resolve()
    monkeypatch.delenv("CEMLAB_CACHE")
    project = tmp_path / "project"
    (project / "notebooks").mkdir(parents=True)
    (project / "pyproject.toml").touch()
    assert sources.cache_dir(project / "examples" / "lab.toml") == project / "data" / ".cache"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "mine"))
    if sys.platform != "darwin":
        assert sources.cache_dir(tmp_path / "lab.toml") == tmp_path / "mine" / "cemlab"
