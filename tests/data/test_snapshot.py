"""A snapshot is built once per content, whole or not at all, and for its owner only."""

from __future__ import annotations

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from cemlab.core.errors import CemlabError
from cemlab.data import snapshot
from cemlab.data.sources import fingerprint

MakeLab = Callable[..., Path]


ROWS = "id,customer,score,at\n" + "".join(f"{n},c{n},{n % 11},2024-05-01\n" for n in range(2000))


def test_a_warm_open_builds_nothing(make_lab: MakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab_file = make_lab(nps=ROWS)
    cold = snapshot.ensure(lab_file)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(snapshot, "_build", refuse)
    assert snapshot.ensure(lab_file) == cold


def test_only_the_owner_may_look(make_lab: MakeLab, own_cache: Path) -> None:
    folder = snapshot.ensure(make_lab(nps=ROWS)).folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert folder.parent == own_cache.resolve()


def test_a_cache_that_the_user_made_keeps_its_mode(make_lab: MakeLab, own_cache: Path) -> None:
    own_cache.chmod(0o755)
    snapshot.ensure(make_lab(nps=ROWS))
    assert stat.S_IMODE(own_cache.stat().st_mode) == 0o755


def test_threads_and_processes_build_one_snapshot_together(make_lab: MakeLab, own_cache: Path) -> None:
    lab_file = str(make_lab(nps=ROWS))
    with ThreadPoolExecutor(4) as threads:
        folders = {found.folder for found in threads.map(snapshot.ensure, [lab_file] * 4)}
    with get_context("spawn").Pool(2) as processes:
        folders |= {found.folder for found in processes.map(snapshot.ensure, [lab_file] * 4)}
    assert len(folders) == 1
    assert len(list(own_cache.glob("*/snapshot.json"))) == 1


def test_processes_that_start_cold_at_once_build_one_snapshot(make_lab: MakeLab, own_cache: Path) -> None:
    lab_file = str(make_lab(nps=ROWS))
    with get_context("spawn").Pool(3) as processes:
        found = processes.map(snapshot.ensure, [lab_file] * 6, chunksize=1)
    assert len({each.folder for each in found}) == 1
    assert not list(own_cache.glob(".*.*"))


def test_a_build_that_fails_leaves_nothing(make_lab: MakeLab, own_cache: Path, responses: str) -> None:
    with pytest.raises(CemlabError):
        snapshot.ensure(make_lab(responses.replace('"score"', '"nothing"'), nps=ROWS))
    assert not list(own_cache.glob("*/snapshot.json"))
    assert not list(own_cache.glob(".*.*"))


def test_what_a_killed_process_left_is_cleared(make_lab: MakeLab, own_cache: Path) -> None:
    lab_file = make_lab(nps=ROWS)
    left_over = own_cache / f".{fingerprint(lab_file)}.999999"
    (left_over / "quarantine").mkdir(parents=True)
    snapshot.ensure(lab_file)
    assert not left_over.exists()


def test_a_source_that_changes_while_it_is_read_is_refused(make_lab: MakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab_file = make_lab(nps=ROWS)
    fill = snapshot._fill

    def fill_and_change(*args: object) -> object:
        done = fill(*args)  # type: ignore[arg-type]
        (lab_file.parent / "nps.csv").write_text(ROWS + "x", encoding="utf-8")
        return done

    monkeypatch.setattr(snapshot, "_fill", fill_and_change)
    with pytest.raises(CemlabError, match="was changed meanwhile"):
        snapshot.ensure(lab_file)
