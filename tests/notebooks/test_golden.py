"""Each study finds, number for number, what it found when its golden findings were read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import golden
import pytest

REL, ABS = 1e-6, 1e-9
"""Machines differ in the last digits of an iterative fit."""


@pytest.fixture(scope="module")
def kept(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    """The golden findings of one study."""
    read: dict[str, dict[str, Any]] = json.loads((golden.GOLDEN / f"{request.param}.json").read_text(encoding="utf-8"))
    return read


def differences(kept: dict[str, dict[str, Any]], found: dict[str, dict[str, Any]]) -> list[str]:
    """Names of findings of which anything but rounding differs."""
    return [name for name in kept.keys() | found.keys() if not _same(kept.get(name, {}), found.get(name, {}))]


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(
        value is True or other[name] == pytest.approx(value, rel=REL, abs=ABS) for name, value in one.items()
    )


@pytest.mark.parametrize(("kept", "stem"), [(stem, stem) for stem in golden.PARAMETERS], indirect=["kept"])
def test_study_finds_what_its_golden_findings_say(kept: dict[str, dict[str, Any]], stem: str, demo: Path) -> None:
    assert len(kept) > 20
    assert differences(kept, golden.findings(stem, demo)) == [], "python tests/golden.py writes them anew"


def test_a_number_that_moved_a_flag_that_fell_and_a_missing_finding_are_told_apart() -> None:
    kept = {"a": {"value": 1.0, "flagged": True}, "b": {"value": 2.0}, "c": {"value": 3.0}, "d": {"value": 4.0}}
    found = {"a": {"value": 1.0}, "b": {"value": 2.0 + 1e-12}, "c": {"value": 3.1}}
    assert sorted(differences(kept, found)) == ["a", "c", "d"]
