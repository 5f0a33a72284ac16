"""The wheel carries all that a study needs, and nothing of the workshop."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def names(root: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a freshly built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=root, capture_output=True, text=True, check=True)
    (wheel,) = folder.glob("cemlab-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_carries_every_file_of_the_package(root: Path, names: set[str]) -> None:
    package = {
        path.relative_to(root).as_posix()
        for path in (root / "cemlab").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sorted(package - names) == []
    assert "cemlab/py.typed" in names


def test_wheel_carries_the_studies(root: Path, names: set[str]) -> None:
    studies = {f"cemlab/{path.relative_to(root).as_posix()}" for path in (root / "notebooks").glob("*/*.ipynb")}
    assert studies
    assert sorted(studies - names) == []


def test_wheel_carries_nothing_else(names: set[str]) -> None:
    assert {name.split("/")[0].split("-")[0] for name in names} == {"cemlab"}
    assert [name for name in names if "__pycache__" in name or ".ipynb_checkpoints" in name] == []
