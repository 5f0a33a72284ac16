"""One demo company and one execution of the study by bare papermill, shared by the tests of notebooks."""

from __future__ import annotations

from pathlib import Path

import golden
import pytest


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lab file of the golden notebook's company."""
    return golden.demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def executed(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study as bare papermill leaves it, with the golden notebook's parameters."""
    out = tmp_path_factory.mktemp("executed") / golden.STUDY.name
    finished = golden.execute(demo, out)
    assert finished.returncode == 0, finished.stderr[-2000:]
    return out
