"""Which snapshots stay: those in use, those used within a day, and of each lab the last few."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import logging
import os
import re
import shutil
import time
import uuid
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from cemlab.core.errors import ParameterError

COMPLETE = "snapshot.json"
"""The file that makes a snapshot whole; who uses the snapshot holds a shared lock on it, and sets its time."""

_KEEP, _ALL = 3, "all"
_GRACE_SECONDS = 86_400.0
_NAME = re.compile(r"[0-9a-f]{64}\Z")
_LEFT_OVER = re.compile(r"(?:\.|spill-)([0-9a-f]{64})[.-]")


class Use:
    """That this process uses a snapshot: while it lives, no process removes the folder.

    Parameters
    ----------
    descriptor : int
        Of the open file `COMPLETE`, with a shared lock that the system frees when the process ends.
    """

    def __init__(self, descriptor: int) -> None:
        self._close = weakref.finalize(self, os.close, descriptor)


@dataclass(frozen=True)
class Stored:
    """A snapshot in the cache.

    Attributes
    ----------
    folder : Path
        Where it is.
    lab, company : str
        Whose tables it holds.
    used_at : datetime.datetime
        When a process last opened it, in UTC.
    size_bytes : int
        Of its files.
    in_use : bool
        True when a process uses it now.
    """

    folder: Path
    lab: str
    company: str
    used_at: dt.datetime
    size_bytes: int
    in_use: bool


@dataclass(frozen=True)
class Removed:
    """What was removed from the cache.

    Attributes
    ----------
    snapshots : int
        Old ones.
    left_overs : int
        Folders of processes that were killed.
    size_bytes : int
        Of both.
    """

    snapshots: int
    left_overs: int
    size_bytes: int

    def __str__(self) -> str:
        """Return the line for a log."""
        shown = [f"{self.snapshots} old snapshot{'s' * (self.snapshots != 1)}"]
        if self.left_overs:
            shown.append(f"{self.left_overs} folder{'s' * (self.left_overs != 1)} of killed processes")
        return f"removed {' and '.join(shown)}: {shown_size(self.size_bytes)}"


def kept() -> int | None:
    """Return how many snapshots of one lab stay.

    Returns
    -------
    int or None
        ``CEMLAB_KEEP`` if set; None for all.

    Raises
    ------
    ParameterError
        When it is no number from 1, and not ``all``.
    """
    asked = os.environ.get("CEMLAB_KEEP", "").strip() or str(_KEEP)
    if asked == _ALL:
        return None
    if not asked.isascii() or not asked.isdigit() or int(asked) < 1:
        raise ParameterError(
            f"CEMLAB_KEEP must be a number from 1, or `{_ALL}`: it holds {len(asked)} characters that are neither. Mend"
            " or unset it."
        )
    return int(asked)


def use(folder: Path) -> Use | None:
    """Use a snapshot: it stays for as long as what is returned lives.

    Parameters
    ----------
    folder : Path
        Of the snapshot.

    Returns
    -------
    Use or None
        None when there is no whole snapshot.
    """
    try:
        descriptor = os.open(folder / COMPLETE, os.O_RDONLY)
    except OSError:
        return None
    # where the file system knows no locks, nobody gets the one that a removal needs
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    if not _same(descriptor, folder / COMPLETE):
        os.close(descriptor)
        return None
    with contextlib.suppress(OSError):
        os.utime(descriptor)
    return Use(descriptor)


def stored(cache: Path) -> list[Stored]:
    """Return the snapshots of a cache.

    Parameters
    ----------
    cache : Path
        The folder of snapshots.

    Returns
    -------
    list of Stored
        The last used first.
    """
    found = []
    for folder in sorted(cache.iterdir()) if cache.is_dir() else []:
        if not _NAME.match(folder.name):
            continue
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            lab = json.loads((folder / COMPLETE).read_text(encoding="utf-8"))["lab"]
            used_at, size_bytes = _used_at(folder), _size(folder)
            with _alone(folder) as alone:
                found.append(Stored(folder, lab["name"], lab["company"], used_at, size_bytes, not alone))
    return sorted(found, key=lambda each: each.used_at, reverse=True)


def tidy(cache: Path, *, keep: int | None, at_once: bool = False) -> Removed:
    """Remove the old snapshots of a cache, and what killed processes left there.

    A snapshot stays when a process uses it, when it was used within a day, or when fewer than `keep` others of
    the same lab and company were used later.

    Parameters
    ----------
    cache : Path
        The folder of snapshots.
    keep : int or None
        How many of each lab stay at least; None for all.
    at_once : bool, default False
        True to remove also what was used within a day.

    Returns
    -------
    Removed
        Told to the log too, when it is not nothing.
    """
    latest = time.time() - (0 if at_once else _GRACE_SECONDS)
    later: dict[tuple[str, str], int] = {}
    sizes = []
    for each in stored(cache) if keep else []:
        lab = (each.lab, each.company)
        later[lab] = later.get(lab, 0) + 1
        if later[lab] > (keep or 0) and each.used_at.timestamp() <= latest and _removed(each):
            sizes.append(each.size_bytes)
    left_overs = list(_cleared(cache))
    removed = Removed(len(sizes), len(left_overs), sum(sizes) + sum(left_overs))
    if sizes or left_overs:
        logging.getLogger(__name__).info("%s", removed)
    return removed


def spill_folder(folder: Path) -> Path:
    """Return a folder for what an engine over a snapshot lays on the disk.

    Parameters
    ----------
    folder : Path
        Of the snapshot.

    Returns
    -------
    Path
        Beside it, not made yet; its name tells that nobody needs it when nobody uses the snapshot.
    """
    return folder.parent / f"spill-{folder.name}-{uuid.uuid4().hex}"


def shown_size(size_bytes: int) -> str:
    """Return a size for a person.

    Parameters
    ----------
    size_bytes : int
        Bytes.

    Returns
    -------
    str
        In the largest unit of which there is one.

    Examples
    --------
    >>> shown_size(1_310_000_000), shown_size(12)
    ('1.3 GB', '12 bytes')
    """
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size_bytes >= size:
            return f"{size_bytes / size:.1f} {unit}"
    return f"{size_bytes} bytes"


def _used_at(folder: Path) -> dt.datetime:
    return dt.datetime.fromtimestamp((folder / COMPLETE).stat().st_mtime, dt.UTC)


def _same(descriptor: int, path: Path) -> bool:
    """Whether a path still leads to an open file: another process may have moved it away meanwhile."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Keep every other process from a snapshot, and say whether that could be done."""
    try:
        # some file systems give this lock only to who may write
        descriptor = os.open(folder / COMPLETE, os.O_RDWR)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield _same(descriptor, folder / COMPLETE)
    finally:
        os.close(descriptor)


def _removed(each: Stored) -> bool:
    aside = each.folder.with_name(f".{each.folder.name}.old-{uuid.uuid4().hex}")
    with contextlib.suppress(OSError, Timeout), _building(each.folder):
        with _alone(each.folder) as alone:
            if not alone or _used_at(each.folder) > each.used_at:
                return False
            # by its name it is gone at once; if we die from here on, the next one clears the rest
            each.folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
        return True
    return False


def _cleared(cache: Path) -> Iterator[int]:
    """Remove folders of processes that were killed while they built, removed or computed; yield the sizes."""
    for folder in sorted(cache.iterdir()) if cache.is_dir() else []:
        owner = _LEFT_OVER.match(folder.name)
        if not owner or not folder.is_dir():
            continue
        snapshot = cache / owner[1]
        with contextlib.suppress(OSError, Timeout), _building(snapshot), _alone(snapshot) as alone:
            spilt_by_the_living = folder.name.startswith("spill-") and snapshot.exists() and not alone
            if folder.exists() and not spilt_by_the_living:
                size_bytes = _size(folder)
                shutil.rmtree(folder, ignore_errors=True)
                yield size_bytes


def _building(folder: Path) -> FileLock:
    """Return the lock of who makes or removes the folder of a snapshot, to be had at once or not at all."""
    return FileLock(f"{folder}.lock", timeout=0)


def _size(folder: Path) -> int:
    total = 0
    for inner, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                total += (Path(inner) / name).lstat().st_size
    return total
