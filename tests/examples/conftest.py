"""The example labs, opened on the real exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cemlab.core.lab import Lab
from cemlab.data import intake
from cemlab.data.intake import Accounting
from cemlab.data.lab import open_lab

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

Open = Callable[[str], tuple[Lab, Accounting]]


@pytest.fixture(scope="module")
def module_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Snapshots that the tests of a module share, so that each export is taken in once."""
    return tmp_path_factory.mktemp("snapshots")


@pytest.fixture
def example(shared_dir: Path, module_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open an example by its name: the lab, and the accounting of its rows."""
    monkeypatch.setenv("CEMLAB_CACHE", str(module_cache))

    def opened(name: str) -> tuple[Lab, Accounting]:
        lab_file, data = EXAMPLES / name / "lab.toml", str(shared_dir / "data" / name)
        return open_lab(lab_file, data_dir=data), intake.check(lab_file, data_dir=data)

    return opened
