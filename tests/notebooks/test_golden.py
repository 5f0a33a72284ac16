"""The study says, word for word and number for number, what it said when its golden copy was read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import golden
import nbformat
import pytest

from cemlab.report.records import MIME


def _records(notebook: nbformat.NotebookNode) -> list[dict[str, Any]]:
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output.data[MIME] for output in outputs if MIME in output.get("data", {})]


@pytest.fixture(scope="module")
def kept() -> nbformat.NotebookNode:
    read: nbformat.NotebookNode = nbformat.read(golden.GOLDEN, as_version=4)
    return read


def test_golden_copy_is_executed_and_says_something(kept: nbformat.NotebookNode) -> None:
    code = [cell for cell in kept.cells if cell.cell_type == "code" and cell.source]
    assert [cell.source for cell in code if not cell.execution_count] == []
    kinds = {record["kind"] for record in _records(kept)}
    assert kinds >= {"begin", "head", "say", "figure", "table", "how", "check", "ledger", "answer"}


def test_golden_copy_is_of_the_study_as_it_stands(kept: nbformat.NotebookNode) -> None:
    study = nbformat.read(golden.STUDY, as_version=4)
    ours = [cell.source for cell in kept.cells if cell.id != "injected"]
    assert ours == [cell.source for cell in study.cells], "python tests/golden.py writes it anew"


def test_golden_copy_holds_nothing_that_differs_between_machines(kept: nbformat.NotebookNode) -> None:
    assert golden.sanitized(kept) == kept
    assert "/tmp" not in nbformat.writes(kept)
    assert set(kept.metadata) == {"kernelspec"}


def test_study_comes_out_as_its_golden_copy(kept: nbformat.NotebookNode, executed: Path) -> None:
    again = golden.sanitized(nbformat.read(executed, as_version=4))
    for one, other in zip(kept.cells, again.cells, strict=True):
        assert other.source == one.source
        assert other.get("outputs") == one.get("outputs"), f"{one.source}\npython tests/golden.py writes it anew"
    assert again == kept
