"""What every test may ask for: where the shared data are, and a cache of its own."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from evidence import FULL, Pages, Recorder
from hypothesis import settings

if TYPE_CHECKING:
    from labs import MemoryLab

# A busy machine is no reason for a property to fail.
settings.register_profile("cemlab", deadline=None)
settings.load_profile("cemlab")

ROOT = Path(__file__).resolve().parents[1]
EVIDENCE = Pages()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect what simulations have measured, from all processes."""
    EVIDENCE.add(report)


def pytest_sessionfinish() -> None:
    """Write the pages of evidence, where they are asked for."""
    if os.environ.get(FULL) and "PYTEST_XDIST_WORKER" not in os.environ:
        EVIDENCE.write(ROOT / os.environ[FULL], dt.datetime.now(dt.UTC).date().isoformat())


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Recorder:
    """Through which a simulation hands over what it has measured: ``record(table, row, runs=…, seed=…)``."""
    return Recorder.of(request.module, request.node.user_properties)


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with real data and reference values beside the checkout; skips where there is none."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"no folder `{folder.name}` beside the checkout: real data and reference values are not here")
    return folder


@pytest.fixture(scope="session")
def shared_tmp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A temporary folder that all processes of this run of the tests share: what is made there is made under a lock."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A snapshot cache that no other test and no user shares."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("CEMLAB_CACHE", str(folder))
    return folder


@pytest.fixture
def memory_lab() -> type[MemoryLab]:
    """The class of a lab in memory: ``memory_lab({"responses": frame}, as_of=day)``."""
    from labs import MemoryLab

    return MemoryLab
