"""The folders of a run: staged where nobody reads, published by one rename.

::

    <out>/.staging/<key>/work/          the kernel's working folder
    <out>/.staging/<key>/page/          what will be published
    <out>/.locks/<key>.lock             held while the run goes on; the system frees it when we die
    <out>/.restricted/<study>/<run-id>/ work/ after the run: executed.ipynb, kernel.log (0700, 0600)
    <out>/<study>/<run-id>/             page/ after the run
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from cemlab.core.errors import RunError

_KEY_LENGTH = 16


@dataclass(frozen=True)
class Staging:
    """The folders of a run that goes on.

    Attributes
    ----------
    root : pathlib.Path
        Holds the others; removed at the end whatever happens.
    work : pathlib.Path
        The kernel's working folder; becomes the restricted folder of the run.
    page : pathlib.Path
        Becomes the published folder of the run.
    """

    root: Path
    work: Path
    page: Path


@contextlib.contextmanager
def staging(out: Path, *, key: str) -> Iterator[Staging]:
    """Hold the lock and the staging folders of the run `key`.

    Parameters
    ----------
    out : pathlib.Path
        The folder of reports.
    key : str
        Identifies the run.

    Yields
    ------
    Staging
        Empty folders.

    Raises
    ------
    RunError
        With exit code 6 when the same run is already going on.
    """
    locks, name = out / ".locks", key[:_KEY_LENGTH]
    for private in (locks, out / ".staging", out / ".restricted"):
        private.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(locks / f"{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError(
            "A run must be the only one of its study, parameters and data: the same one is going on. Wait for it.",
            exit_code=6,
        ) from None
    root = out / ".staging" / name
    folders = Staging(root, root / "work", root / "page")
    try:
        _sweep(out, keep=name)
        shutil.rmtree(root, ignore_errors=True)
        folders.work.mkdir(parents=True)
        folders.page.mkdir()
        yield folders
    finally:
        shutil.rmtree(root, ignore_errors=True)
        lock.release()


def restrict(staged: Staging, *, out: Path, study: str, run_id: str) -> Path:
    """Move the working folder to where only the owner may read.

    Parameters
    ----------
    staged : Staging
        The run's folders.
    out : pathlib.Path
        The folder of reports.
    study, run_id : str
        Name the place.

    Returns
    -------
    pathlib.Path
        The restricted folder of the run.
    """
    for path in staged.work.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o700 if path.is_dir() else 0o600)
    staged.work.chmod(0o700)
    target = out / ".restricted" / study / run_id
    target.parent.mkdir(mode=0o700, exist_ok=True)
    return staged.work.rename(target)


def publish(staged: Staging, *, out: Path, study: str, run_id: str) -> Path:
    """Move the page to where readers find it, in one step.

    Parameters
    ----------
    staged : Staging
        The run's folders.
    out : pathlib.Path
        The folder of reports.
    study, run_id : str
        Name the place.

    Returns
    -------
    pathlib.Path
        The published folder of the run.
    """
    target = out / study / run_id
    target.parent.mkdir(exist_ok=True)
    return staged.page.rename(target)


def _sweep(out: Path, *, keep: str) -> None:
    """Remove what runs left behind that were killed: their lock is free."""
    for left in (out / ".staging").iterdir():
        if left.name == keep:
            continue
        lock = FileLock(out / ".locks" / f"{left.name}.lock")
        with contextlib.suppress(Timeout), lock.acquire(timeout=0):
            shutil.rmtree(left, ignore_errors=True)
