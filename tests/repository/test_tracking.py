"""What is in git, and what must not be."""

from __future__ import annotations

import re
from pathlib import Path

BINARY = {".gz", ".parquet", ".png", ".xlsx", ".duckdb"}


def _text(root: Path, path: Path) -> str:
    return "" if path.suffix in BINARY else (root / path).read_bytes().decode("utf-8", errors="replace")


def test_every_file_of_package_and_notebooks_is_tracked(root: Path, tracked: list[Path]) -> None:
    present = {
        path.relative_to(root)
        for folder in ("cemlab", "notebooks", "examples")
        for path in (root / folder).rglob("*")
        if path.is_file() and not {"__pycache__", ".ipynb_checkpoints", ".cache"} & set(path.parts)
    }
    assert sorted(present - set(tracked)) == []


def test_no_tracked_file_names_a_folder_of_one_machine(root: Path, tracked: list[Path]) -> None:
    folders = "work|farm|root|home|Users"
    absolute = re.compile(rf"(?:^|[^\w.$)}}\]/-])/(?:{folders})/\w")
    found = {str(path) for path in tracked if absolute.search(_text(root, path))}
    assert found == set()


def test_no_tracked_file_names_a_package_index(root: Path, tracked: list[Path]) -> None:
    hosts = [".".join(parts) for parts in (("pypi", "org"), ("files", "pythonhosted", "org"), ("test", "pypi", "org"))]
    options = ["--" + "index-url", "--" + "extra-index-url", "--" + "find-links"]
    found = {str(path) for path in tracked if any(word in _text(root, path) for word in hosts + options)}
    assert found == set()


def test_scripts_of_ci_are_executable(root: Path, tracked: list[Path]) -> None:
    scripts = [path for path in tracked if path.parts[0] == ".ci"]
    assert scripts
    assert [path for path in scripts if not (root / path).stat().st_mode & 0o100] == []
