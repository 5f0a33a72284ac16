"""Simulations hand over what they measured, and pages of evidence hold it in a fixed order."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from evidence import FULL, Pages, Recorder, is_defect, runs


def reported(
    name: str, line: int, *, passed: bool = True, table: str = "Means", covered: float = 0.95
) -> SimpleNamespace:
    """What pytest reports on a test that has recorded one row."""
    module = ModuleType("any")
    module.__file__, module.__doc__ = "test_any_kind_coverage.py", "Do they cover?\n\nMore."
    properties: list[tuple[str, object]] = []
    Recorder.of(module, properties)(table, {"case": name, "covered": covered}, runs=4_000, seed=3)
    location = ("test_any_kind_coverage.py", line, name)
    return SimpleNamespace(when="call", location=location, nodeid=name, user_properties=properties, passed=passed)


def test_rows_stand_in_the_order_of_the_tests_whatever_ran_first() -> None:
    tests = [reported("b[200]", 9), reported("a[1000]", 5), reported("a[200]", 5, passed=False, covered=0.9)]
    pages = []
    for order in (tests, tests[::-1]):
        found = Pages()
        for each in order:
            found.add(each)
        pages.append(found.written("2026-01-31"))
    assert pages[0] == pages[1]
    lines = pages[0]["any-kind"].splitlines()
    assert lines[:5] == ["# Evidence: any-kind", "", "Do they cover?", "", "Written by `make evidence` on 2026-01-31."]
    assert lines[8:] == [
        "| case | covered | runs | seed | within its range |",
        "| --- | --- | --- | --- | --- |",
        "| a[200] | 0.9 | 4,000 | 3 | **no** |",
        "| a[1000] | 0.95 | 4,000 | 3 | yes |",
        "| b[200] | 0.95 | 4,000 | 3 | yes |",
    ]


def test_a_list_names_every_page_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "older.md").write_text("# Evidence: older\n\nDid they?\n", encoding="utf-8")
    found = Pages()
    found.add(reported("a", 1))
    found.write(tmp_path, "2026-01-31")
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "- [any-kind](any-kind.md): Do they cover?\n- [older](older.md): Did they?\n" in text


def test_counts_are_full_only_where_pages_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FULL, raising=False)
    assert runs(300) == 300
    monkeypatch.setenv(FULL, "docs/evidence")
    assert (runs(300), runs(300, full=900)) == (4_000, 900)


def test_a_share_is_a_defect_when_chance_does_not_explain_it() -> None:
    assert [is_defect(share, 4_000) for share in (0.90, 0.92, 0.95, 0.975, 0.99)] == [True, False, False, False, True]
