"""Old snapshots go, and never one that is in use, the last one of its lab, or one of today."""

from __future__ import annotations

import datetime as dt
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cemlab.core.errors import ParameterError
from cemlab.data import retention, snapshot
from cemlab.data.lab import open_lab
from cemlab.data.retention import COMPLETE, Removed, stored, tidy

MakeLab = Callable[..., Path]

DAY = 86_400


def _export(day: int) -> str:
    return f"id,customer,score,at\n1,a,9,2024-05-{day:02}\n"


def _used(folder: Path, *, days_ago: float) -> None:
    then = time.time() - days_ago * DAY
    os.utime(folder / COMPLETE, (then, then))


@pytest.fixture
def built(make_lab: MakeLab) -> Callable[..., Path]:
    """Build the snapshot of one night, let nobody use it, and say how long ago that was."""

    def build(day: int, *, days_ago: float, folder: str = "lab") -> Path:
        found = snapshot.ensure(make_lab(nps=_export(day), folder=folder)).folder
        _used(found, days_ago=days_ago)
        return found

    return build


def test_a_new_snapshot_leaves_the_three_last_used_and_those_of_a_day(
    built: Callable[..., Path], own_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    nights = [built(day, days_ago=10 - day) for day in range(1, 6)]
    # each night's own counts among the three; the first and second went when the fourth and fifth came
    assert [night.exists() for night in nights] == [False, False, True, True, True]
    assert [record.name for record in caplog.records] == ["cemlab.data.retention"] * 2
    assert caplog.records[0].getMessage().startswith("removed 1 old snapshot: ")
    hours = [built(day, days_ago=0.9 - day / 100) for day in range(6, 12)]
    assert all(hour.exists() for hour in hours), "used within a day"
    assert not any(night.exists() for night in nights)


def test_what_is_used_again_is_not_old(built: Callable[..., Path], make_lab: MakeLab) -> None:
    first, *_ = nights = [built(day, days_ago=10 - day) for day in range(1, 4)]
    snapshot.ensure(make_lab(nps=_export(1)))
    assert stored(first.parent)[0].folder == first
    built(4, days_ago=0)
    assert [night.exists() for night in nights] == [True, False, True]


def test_a_lab_in_use_stays_whole_until_nobody_reads_it(built: Callable[..., Path], make_lab: MakeLab) -> None:
    lab_file = make_lab(nps=_export(1))
    rows = open_lab(lab_file).table("responses")
    (first,) = (each.folder for each in stored(Path(os.environ["CEMLAB_CACHE"])))
    _used(first, days_ago=100)
    for day in range(2, 7):
        built(day, days_ago=90 - day)
    assert first.exists()
    assert len(rows.execute()) == 1, "a lazy table needs it even after its lab is gone"
    assert [each.in_use for each in stored(first.parent)].count(True) == 1


def test_another_process_keeps_its_snapshot_until_it_dies(built: Callable[..., Path], own_cache: Path) -> None:
    first = built(1, days_ago=100)
    program = (
        "import sys, pathlib; from cemlab.data import retention; "
        "held = retention.use(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(first)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == b"held\n"
        _used(first, days_ago=100)
        nights = [built(day, days_ago=50 - day) for day in range(2, 6)]
        assert [night.exists() for night in (first, *nights)] == [True, False, True, True, True]
        reader.kill()
    assert tidy(own_cache, keep=3).snapshots == 1
    assert not first.exists()


def test_each_lab_keeps_its_last_one(built: Callable[..., Path], make_lab: MakeLab) -> None:
    other = make_lab(nps=_export(1), folder="other")
    other.write_text(other.read_text().replace('name = "tiny"', 'name = "other"'), encoding="utf-8")
    lonely = snapshot.ensure(other).folder
    _used(lonely, days_ago=1000)
    for day in range(1, 7):
        built(day, days_ago=20 - day)
    assert lonely.exists()
    assert sorted(each.lab for each in stored(lonely.parent)) == ["other", "tiny", "tiny", "tiny"]


@pytest.mark.parametrize(("asked", "left"), [("1", 1), ("all", 5), ("", 3)])
def test_how_many_stay_is_for_the_user_to_say(
    built: Callable[..., Path], own_cache: Path, monkeypatch: pytest.MonkeyPatch, asked: str, left: int
) -> None:
    monkeypatch.setenv("CEMLAB_KEEP", asked)
    for day in range(1, 6):
        built(day, days_ago=20 - day)
    assert len(stored(own_cache)) == left


@pytest.mark.parametrize("asked", ["0", "-1", "3.5", "many", "²"])
def test_a_wrong_number_is_refused_before_anything_is_read(
    make_lab: MakeLab, own_cache: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setenv("CEMLAB_KEEP", asked)
    with pytest.raises(ParameterError, match="CEMLAB_KEEP must be a number from 1, or `all`"):
        snapshot.ensure(make_lab(nps=_export(1)))
    assert stored(own_cache) == []


def test_what_killed_processes_left_is_cleared_unless_its_owner_lives(
    built: Callable[..., Path], own_cache: Path, make_lab: MakeLab
) -> None:
    first = built(1, days_ago=100)
    lab = open_lab(make_lab(nps=_export(2)))
    second = own_cache / lab.fingerprint
    lost = ["0" * 64, first.name]
    orphans = [own_cache / f".{name}.{end}" for name in lost for end in ("old-1f", "999999")]
    orphans += [own_cache / f"spill-{name}-1f" for name in lost]
    living = own_cache / f"spill-{second.name}-1f"
    foreign = own_cache / ".something.else"
    for folder in (*orphans, living, foreign):
        folder.mkdir()
        (folder / "file").write_bytes(b"1234")
    assert tidy(own_cache, keep=3) == Removed(0, 6, 24)
    assert [folder.exists() for folder in (*orphans, living, foreign)] == [False] * 6 + [True] * 2
    assert str(Removed(0, 1, 24)) == "removed 0 old snapshots and 1 folder of killed processes: 24 bytes"


def test_who_comes_too_late_builds_anew(built: Callable[..., Path], make_lab: MakeLab) -> None:
    first = built(1, days_ago=100)
    descriptor = os.open(first / COMPLETE, os.O_RDONLY)
    try:
        first.rename(first.with_name("elsewhere"))
        assert not retention._same(descriptor, first / COMPLETE), "opened before it was moved away, locked after"
    finally:
        os.close(descriptor)
    assert retention.use(first) is None
    assert snapshot.ensure(make_lab(nps=_export(1))).folder == first


def test_two_that_tidy_and_two_that_read_at_once_lose_nothing(make_lab: MakeLab, own_cache: Path) -> None:
    lab_files = [str(make_lab(nps=_export(day), folder=f"lab{day}")) for day in range(1, 7)]

    def read(at: int) -> int:
        lab = open_lab(lab_files[at % 6])
        return len(lab.frame(lab.table("responses")))

    def clear(_: int) -> int:
        return tidy(own_cache, keep=1, at_once=True).snapshots

    with ThreadPoolExecutor(4) as threads:
        reading = [threads.submit(read, at) for at in range(30)]
        clearing = [threads.submit(clear, at) for at in range(30)]
        assert [each.result() for each in reading] == [1] * 30
        assert sum(each.result() for each in clearing) > 0
    assert not list(own_cache.glob(".*.old-*"))


def test_the_list_shows_the_last_used_first(built: Callable[..., Path], own_cache: Path) -> None:
    old, new = built(1, days_ago=2), built(2, days_ago=1.5)
    found = stored(own_cache)
    assert [each.folder for each in found] == [new, old]
    assert [(each.lab, each.company, each.in_use) for each in found] == [("tiny", "Tiny", False)] * 2
    assert dt.timedelta(days=1) < dt.datetime.now(dt.UTC) - found[0].used_at < dt.timedelta(days=2)
    assert found[0].size_bytes > 500
