"""What makes a run the same run: its key, its name, and the versions that it ran with."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import json
import os
import platform
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cemlab
from cemlab.core.parameters import Value

_VERSIONED = ("papermill", "pandas", "ibis-framework", "duckdb")
_PLACES = ("lab_file", "data_dir")


def key(notebook: Path, *, parameters: Mapping[str, Value], fingerprint: str) -> str:
    """Return what identifies a run, whenever and wherever it is made.

    Parameters
    ----------
    notebook : pathlib.Path
        The study.
    parameters : mapping of str to value
        As run. Where the lab lies does not count: its fingerprint says what it holds.
    fingerprint : str
        Of the lab.

    Returns
    -------
    str
        SHA-256 in hex over the study, parameters, fingerprint and the package's code.
    """
    digest = hashlib.sha256()
    counted = {name: value for name, value in parameters.items() if name not in _PLACES}
    digest.update(json.dumps([notebook.stem, counted, fingerprint], sort_keys=True).encode())
    digest.update(notebook.read_bytes())
    package = Path(cemlab.__file__).parent
    for module in sorted(package.rglob("*.py")):
        digest.update(module.relative_to(package).as_posix().encode())
        digest.update(module.read_bytes())
    return digest.hexdigest()


def run_id(started: dt.datetime, *, as_of: str, key: str) -> str:
    """Return the name of a run: the day as of which it looks, when it started, and its key.

    Parameters
    ----------
    started : datetime.datetime
        In UTC.
    as_of : str
        ISO day, or empty when the lab carries no dates or the run did not come so far.
    key : str
        See `key`.

    Returns
    -------
    str
        Such as ``2024-12-17-20250103T101530Z-1f0c9a7e``.
    """
    return f"{as_of or 'undated'}-{started:%Y%m%dT%H%M%SZ}-{key[:8]}"


def versions() -> dict[str, str]:
    """Return the versions that a run depends on.

    Returns
    -------
    dict of str to str
        By name; ``unknown`` for a distribution that says none.
    """
    found = {"python": platform.python_version(), "cemlab": cemlab.__version__}
    for name in _VERSIONED:
        try:
            found[name.removesuffix("-framework")] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name.removesuffix("-framework")] = "unknown"
    return found


def company(lab_file: Path) -> dict[str, Any]:
    """Return whose customers a lab describes, as far as its file can be read.

    Parameters
    ----------
    lab_file : pathlib.Path
        The lab file.

    Returns
    -------
    dict
        ``company`` (empty when unreadable) and ``synthetic``.
    """
    try:
        lab = tomllib.loads(lab_file.read_text(encoding="utf-8")).get("lab", {})
        return {"company": str(lab.get("company", "")), "synthetic": lab.get("synthetic") is True}
    except (OSError, ValueError, AttributeError):
        return {"company": "", "synthetic": False}


def as_shown(path: str) -> str:
    """Return a path as a published page may show it: never from the root of a machine.

    Parameters
    ----------
    path : str
        As it was given.

    Returns
    -------
    str
        Unchanged when relative; otherwise seen from here when it lies within, else its last two parts.

    Examples
    --------
    >>> as_shown("examples/demo/lab.toml")
    'examples/demo/lab.toml'
    >>> as_shown("/somewhere/private/demo/lab.toml")
    'demo/lab.toml'
    """
    if not Path(path).is_absolute():
        return path
    from_here = Path(os.path.relpath(path))
    return Path(*Path(path).parts[1:][-2:]).as_posix() if ".." in from_here.parts else from_here.as_posix()
