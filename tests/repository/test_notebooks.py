"""Studies are documents: the house style of notebooks, as far as a machine can check it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest

from cemlab import prepare, show, stats

ROOT = Path(__file__).resolve().parents[2]
STUDIES = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
GROUPS = {"past", "present", "potential", "people", "action"}
PARTS = {"Answer", "The answer", "Parameters", "Data used", "Provenance"}
STATEMENTS = 14
"""Of the syntax tree, in one cell: the formatter may spread a call over many lines."""

every_study = pytest.mark.parametrize("path", STUDIES, ids=[path.stem for path in STUDIES])


def _cells(path: Path, kind: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def _headings(path: Path, level: int) -> list[str]:
    prose = "\n".join(cell.source for cell in _cells(path, "markdown"))
    return re.findall(rf"^#{{{level}}} +(.+?) *$", prose, flags=re.MULTILINE)


def test_there_are_studies_each_in_its_group() -> None:
    assert STUDIES
    assert {path.parent.name for path in STUDIES} <= GROUPS
    stems = [path.stem for path in STUDIES]
    assert len(set(stems)) == len(stems)


@every_study
def test_git_holds_no_output_and_no_run(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not {"papermill", "language_info"} & set(notebook.metadata)
    for cell in notebook.cells:
        assert cell.id
        assert not {"papermill", "execution"} & set(cell.metadata)
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@every_study
def test_one_title_and_every_section_a_question(path: Path) -> None:
    assert len(_headings(path, 1)) == 1
    sections = _headings(path, 2)
    assert [title for title in sections if not title.endswith("?") and title not in PARTS] == []
    assert any(title.endswith("?") for title in sections)


@every_study
def test_length_and_share_of_prose(path: Path) -> None:
    code, prose = len(_cells(path, "code")), len(_cells(path, "markdown"))
    assert 20 <= code + prose <= 60
    assert 0.35 <= prose / (code + prose) <= 0.65


@every_study
def test_parameters_are_one_cell_of_annotated_literals(path: Path) -> None:
    tagged = [cell for cell in _cells(path, "code") if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    for line in tagged[0].source.splitlines():
        statement = ast.parse(line).body
        assert len(statement) == 1, line
        assert isinstance(statement[0], ast.AnnAssign), line
        assert statement[0].value is not None, line
        ast.literal_eval(statement[0].value)
        assert "  # " in line, f"a parameter needs its help: {line}"
        assert line.count("=") == 1, f"papermill's inspector cannot read this line: {line}"


@every_study
def test_code_cells_are_short_calls(path: Path) -> None:
    forbidden = (
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
        ast.Lambda,
        ast.While,
        ast.Try,
        ast.Assert,
    )
    for cell in _cells(path, "code"):
        if "parameters" in cell.metadata.get("tags", []):
            continue
        # A magic or a shell line is no Python, so that parsing refuses it.
        nodes = list(ast.walk(ast.parse(cell.source)))
        assert sum(isinstance(node, ast.stmt) for node in nodes) <= STATEMENTS, cell.source
        assert not any(isinstance(node, forbidden) for node in nodes), cell.source
        # A loop over groups is a page's own; one over rows belongs in the engine.
        rows = [node.attr for node in nodes if isinstance(node, ast.Attribute) and node.attr.startswith("iter")]
        assert rows == [], cell.source
        texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        assert not any(re.match(r"(/|~|[A-Za-z]:\\|https?:)", text) for text in texts), cell.source


@every_study
def test_no_number_is_typed_into_prose(path: Path) -> None:
    """A measured number in prose would be false for the next parameters; formulas and code may hold digits."""
    for cell in _cells(path, "markdown"):
        words = re.sub(r"\$.*?\$|`[^`]*`|\(https?:[^)]*\)|\[[^\]]*\]\([^)]*\)", "", cell.source, flags=re.DOTALL)
        assert not re.search(r"\d+(?:[.,]\d+)? ?(?:%|points\b|per cent\b)", words), cell.source


@every_study
def test_what_a_study_calls_of_the_package_exists(path: Path) -> None:
    rooms = {"prepare": prepare, "show": show, "stats": stats}
    code = "\n".join(cell.source for cell in _cells(path, "code"))
    named = set(re.findall(r"\b(prepare|show|stats)\.(\w+)\.(\w+)", code))
    assert named
    assert not [names for names in sorted(named) if not hasattr(getattr(rooms[names[0]], names[1], None), names[2])]
