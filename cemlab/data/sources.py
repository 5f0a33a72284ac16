"""Where a lab's files are, and what identifies their content; loads nothing heavy (a runner asks first)."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cemlab.core.errors import SourceError, listed

SNAPSHOT_FORMAT = 7
"""Raised whenever intake would make something else of the same sources."""

_BLOCK = 1 << 20
_SETTLED_SECONDS = 2.0


def read_toml(lab_file: str | Path) -> dict[str, Any]:
    """Return what a lab file holds, unchecked.

    Parameters
    ----------
    lab_file : str or Path
        The ``lab.toml``.

    Returns
    -------
    dict
        Its tables and keys.

    Raises
    ------
    SourceError
        When the file is not there, or is no TOML.
    """
    path = Path(lab_file)
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError:
        raise SourceError(
            f"The lab file must be a readable file: `{lab_file}` is not. Name a lab.toml with --lab, or make a "
            "demo lab with `cemlab synth`."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"`{path.name}` must be TOML in UTF-8: {error}. Mend that line.") from None


def source_files(lab_file: str | Path, *, data_dir: str = "") -> dict[str, Path]:
    """Return the source files of a lab.

    Parameters
    ----------
    lab_file : str or Path
        The ``lab.toml``.
    data_dir : str, default ""
        Folder that the files are relative to; empty for the folder of the lab file.

    Returns
    -------
    dict of str to Path
        As written in the lab file, or as a pattern there matches → where it is; each file once, in order of its name.

    Raises
    ------
    SourceError
        When a file is not there: names all that are missing.
    """
    root = Path(data_dir) if data_dir else Path(lab_file).parent
    names = sorted({each for name in _named(read_toml(lab_file)) for each in matching(name, root)})
    missing = [name for name in names if not (root / name).is_file()]
    if missing:
        raise SourceError(
            f"Each source file of the lab must be there: {len(missing)} of {len(names)} are not "
            f"({listed(missing, widest=200)}). Put them beside the lab file, or name their folder "
            "with --data DIR."
        )
    return {name: root / name for name in names}


def matching(name: str, root: Path) -> tuple[str, ...]:
    """Return the files that a name in a lab file stands for.

    Parameters
    ----------
    name : str
        A file, or a pattern in which ``*`` stands for any letters of one folder or file.
    root : Path
        Folder that it is relative to.

    Returns
    -------
    tuple of str
        The name itself where it is no pattern or matches nothing; else the files, last name first: of two rows with
        one key the first is kept, which is then that of the latest day.
    """
    if "*" not in name:
        return (name,)
    pattern = glob.escape(name).replace("[*]", "*")
    found = sorted((Path(each).as_posix() for each in glob.glob(pattern, root_dir=root)), reverse=True)  # noqa: PTH207 - it may lead out of the folder
    return tuple(found) or (name,)


def fingerprint(lab_file: str | Path, *, data_dir: str = "") -> str:
    """Return what identifies a lab's content.

    Parameters
    ----------
    lab_file : str or Path
        The ``lab.toml``.
    data_dir : str, default ""
        Folder that the files are relative to; empty for the folder of the lab file.

    Returns
    -------
    str
        SHA-256 in hexadecimal over the declaration, the sources' bytes and the snapshot format;
        neither places nor times count.

    Raises
    ------
    SourceError
        When the lab file or a source cannot be read.
    """
    files = source_files(lab_file, data_dir=data_dir)
    memory = cache_dir(lab_file) / "hashes"
    digest = hashlib.sha256(f"cemlab snapshot {SNAPSHOT_FORMAT}\n".encode())
    digest.update(hashlib.sha256(Path(lab_file).read_bytes()).digest())
    for name, path in files.items():
        digest.update(f"{len(name)}:{name}:{_remembered_hash(path, name=name, memory=memory)}".encode())
    return digest.hexdigest()


def cache_dir(lab_file: str | Path) -> Path:
    """Return the folder that holds snapshots.

    Parameters
    ----------
    lab_file : str or Path
        The ``lab.toml``.

    Returns
    -------
    Path
        ``CEMLAB_CACHE`` if set; else ``data/.cache`` of the project (a folder with ``notebooks/``
        and ``pyproject.toml``) around the lab file or the working folder; else the user's cache.
    """
    override = os.environ.get("CEMLAB_CACHE", "")
    if override:
        return Path(override).expanduser().resolve()
    for start in (Path(lab_file).resolve().parent, Path.cwd()):
        for folder in (start, *start.parents):
            if (folder / "notebooks").is_dir() and (folder / "pyproject.toml").is_file():
                return folder / "data" / ".cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "cemlab"
    return Path(os.environ.get("XDG_CACHE_HOME", "") or Path.home() / ".cache") / "cemlab"


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner may enter, unless it is there already.

    Parameters
    ----------
    folder : Path
        The folder; its parents are made as needed.

    Returns
    -------
    Path
        The same.

    Raises
    ------
    SourceError
        When it cannot be made.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # a folder that was there before is the user's: its mode is left alone
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise SourceError(
            f"The cache must be a folder that can be written: {error.strerror}. Set CEMLAB_CACHE to another folder."
        ) from None
    return folder


def state(path: Path) -> list[int]:
    """Return what changes on disk when a file is written.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    list of int
        Device, inode, size, and the times of the last change of content and of the entry.
    """
    found = path.stat()
    return [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _named(lab: dict[str, Any]) -> Iterator[str]:
    """Every file that a lab file names, be it a source or a lookup; what is no such thing is complained of elsewhere."""
    tables = [table for value in lab.values() if isinstance(value, list) for table in value if isinstance(table, dict)]
    for table in tables:
        yield from _texts(table.get("file"))
        yield from _texts(table.get("files"))
        columns = table.get("columns")
        for column in columns.values() if isinstance(columns, dict) else ():
            for each in (column, *_tables(column, "else")):
                for lookup in _tables(each, "lookup"):
                    yield from _texts(lookup.get("file"))


def _tables(holder: object, key: str) -> list[dict[str, Any]]:
    found = holder.get(key) if isinstance(holder, dict) else None
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]


def _texts(value: object) -> Iterator[str]:
    yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))


def _remembered_hash(path: Path, *, name: str, memory: Path) -> str:
    """Hash a file, or recall its hash when nothing about the file has changed since."""
    note = memory / hashlib.sha256(str(path.resolve()).encode()).hexdigest()
    before = state(path)
    try:
        kept = json.loads(note.read_text(encoding="utf-8"))
        if kept["state"] == before:
            return str(kept["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # nothing remembered, or not by us: read the file
    found = _hash(path, name)
    # a file written within the clock's grain could change again without its times showing it
    if before == state(path) and time.time() - before[4] / 1e9 > _SETTLED_SECONDS:
        _remember(note, {"state": before, "sha256": found})
    return found


def _remember(note: Path, content: dict[str, Any]) -> None:
    private_folder(note.parent.parent)
    private_folder(note.parent)
    aside = note.with_suffix(f".{os.getpid()}")
    try:
        aside.write_text(json.dumps(content), encoding="utf-8")
        aside.replace(note)
    except OSError:
        return  # the memory only saves time


def _hash(path: Path, name: str) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise SourceError(f"Source `{name}` must be readable: {error.strerror}. Check its permissions.") from None
    return digest.hexdigest()
