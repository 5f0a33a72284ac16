"""What a study writes of single customers: files that only their owner may read, and never the page."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

from cemlab.core.errors import CemlabError, EngineError, ParameterError

FOLDER_VARIABLE = "CEMLAB_RESTRICTED"
"""Folder of the run that goes on; a runner sets it."""

RUN_VARIABLE = "CEMLAB_RUN"
"""Name of the run that goes on, without its as-of day; a runner sets it."""

DRAFT = "draft"
ASSIGNMENTS = "assignments-"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


def folder(study: str) -> tuple[Path, str]:
    """Return where the files of single customers go, and how a page says so.

    Parameters
    ----------
    study : str
        The study's stem.

    Returns
    -------
    pathlib.Path
        The run's restricted folder; without a runner (in JupyterLab) ``reports/.restricted/<study>/draft`` of
        the folder that holds ``notebooks``, made with mode 0700.
    str
        Under the folder of reports, without where on the machine; empty for the restricted folder of a run.
    """
    given = os.environ.get(FOLDER_VARIABLE, "")
    if given:
        return Path(given), ""
    here = Path.cwd()
    root = next((each for each in (here, *here.parents) if (each / "notebooks").is_dir()), here)
    place = Path("reports", ".restricted", study, DRAFT)
    (root / "reports").mkdir(exist_ok=True)
    for part in (place.parent.parent, place.parent, place):
        (root / part).mkdir(mode=0o700, exist_ok=True)
    return root / place, place.as_posix()


def run_name(as_of: str) -> str:
    """Return the name of the run that goes on.

    Parameters
    ----------
    as_of : str
        ISO day, or empty.

    Returns
    -------
    str
        As in ``run.json``; ``draft`` without a runner.
    """
    rest = os.environ.get(RUN_VARIABLE, "")
    return f"{as_of or 'undated'}-{rest}" if rest else DRAFT


def write(table: Any, name: str, *, study: str) -> dict[str, Any]:
    """Write a table of single customers to a Parquet file, straight from the engine.

    Written aside and renamed, mode 0600: a reader sees the whole file or none.

    Parameters
    ----------
    table : ibis.Table
        One row per customer; read as it is written, never held as a frame.
    name : str
        Small letters, digits and hyphens.
    study : str
        The study's stem.

    Returns
    -------
    dict
        ``name``, ``file``, ``rows``, ``place``.

    Raises
    ------
    ParameterError
        When the name is none, or the table cannot be written by an engine.
    EngineError
        When the engine cannot write it.
    """
    import pyarrow.parquet as pq

    if not _NAME.match(name):
        raise ParameterError(
            f"A restricted table's name must be small letters, digits and hyphens: {name!r} was given. Choose another."
        )
    if not hasattr(table, "to_pyarrow_batches"):
        raise ParameterError(
            f"A restricted table must be a table of the engine: `{type(table).__name__}` was given. Pass it before it "
            "becomes a frame."
        )
    target, place = folder(study)
    file = target / f"{name}.parquet"
    with tempfile.TemporaryDirectory(dir=target, prefix=".") as aside:
        part = Path(aside) / file.name
        try:
            table.to_parquet(part)
        except (CemlabError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - the engine's own words may quote customers' values
            raise EngineError(
                f"The engine must be able to write each restricted table: it stopped at `{name}` with "
                f"{type(error).__name__}. Check the columns of the table, and the room left in memory and on the disk."
            ) from None
        part.chmod(0o600)
        rows = int(pq.read_metadata(part).num_rows)
        part.replace(file)
    return {"name": name, "file": file.name, "rows": rows, "place": place}


def withdraw(work: Path) -> None:
    """Remove the assignments of a run that failed: they must not come back as data.

    Parameters
    ----------
    work : pathlib.Path
        The run's working folder.
    """
    for file in work.glob(f"{ASSIGNMENTS}*.parquet"):
        file.unlink()
