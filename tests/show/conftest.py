"""Estimates made by hand, for what is drawn and written of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import pytest

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates

Maker = Callable[..., Estimates]


@pytest.fixture
def info() -> LabInfo:
    """A company that exists."""
    return LabInfo("acme", "Acme", "UTC")


@pytest.fixture
def made_up() -> LabInfo:
    """A company that does not."""
    return LabInfo("demo", "Demo", "UTC", synthetic=True)


@pytest.fixture
def estimates() -> Maker:
    """``estimates(frame, by=["region"])``: NPS in points at 95 %, cells from 10 customers."""

    def make(frame: pd.DataFrame, *, by: Sequence[str], level: float = 0.95, min_n: int = 10) -> Estimates:
        return Estimates.build(frame, by=by, measure="nps", unit="points", method="by hand", level=level, min_n=min_n)

    return make


@pytest.fixture
def regions(estimates: Maker) -> Estimates:
    """Three regions: one too small to show, and with it its complement hidden."""
    frame = pd.DataFrame(
        {
            "region": ["North", "South", "East", "West"],
            "estimate": [41.26, -3.4, 12.0, 20.0],
            "ci_low": [38.0, -9.9, -20.0, 10.0],
            "ci_high": [44.4, 2.9, 44.0, 30.0],
            "n": [1250, 480, 4, 60],
            "mde": [4.2, 6.01, 30.0, 9.0],
            "flagged": [True, False, False, False],
        }
    )
    return estimates(frame, by=["region"])


@pytest.fixture
def overall(estimates: Maker) -> Estimates:
    """All customers."""
    frame = pd.DataFrame({"estimate": [30.0], "ci_low": [28.0], "ci_high": [32.0], "n": [1794]})
    return estimates(frame, by=[])
