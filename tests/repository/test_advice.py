"""Errors and their advice name only what exists: a parameter, an argument, a column, a key of a lab file, a function."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from cemlab.core import schemas
from cemlab.core.parameters import REGISTRY

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "cemlab").rglob("*.py"))
_NAMED = re.compile(r"`(?:-p )?([A-Za-z_][\w.-]*)`")
_KEYS = re.compile(r"[A-Za-z_]\w*")
WORDS = {"_30d", "cemlab", "cut", "last_nps_group", "n", "none", "optional", "sum_w2", "tenure", "unknown"}
"""Endings, levels and columns of frames, fields of objects, and the command itself."""
FROM_A_STUDY = ("stats", "prepare")
"""Rooms whose errors reach the reader of a failed run, who has the study's parameters and nothing else."""
ONLY_IN_CODE = {"none", "shape"}
"""Values of a parameter, and arguments that only the caller of a function can set; each stands beside another way out."""


def _said(error: ast.expr) -> Iterator[str]:
    """Return the text of a message; what is put into it stands as braces."""
    parts = [node for node in ast.walk(error) if isinstance(node, ast.JoinedStr)]
    inside = {id(value) for node in parts for value in node.values}
    for node in parts:
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    for each in ast.walk(error):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in inside:
            yield each.value


def _arguments(tree: ast.AST) -> set[str]:
    functions = [node.args for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {each.arg for given in functions for each in (*given.args, *given.kwonlyargs)}


@cache
def _known() -> frozenset[str]:
    columns = {column.name for table in schemas.TABLES.values() for column in table.columns}
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in MODULES]
    defined = {
        node.name for tree in trees for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }
    keys = set(_KEYS.findall(" ".join(re.findall(r"`[^`]+`|^\s*\w+ ?=", _lab_format(), flags=re.MULTILINE))))
    return frozenset({*REGISTRY, *schemas.TABLES, *columns, *defined, *keys, *WORDS})


def _lab_format() -> str:
    return (ROOT / "docs" / "lab-format.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "cemlab")))
def test_what_an_error_names_exists(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = _known() | _arguments(tree)
    raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc is not None]
    names = {name for error in raised for said in _said(error) for name in _NAMED.findall(said)}
    assert not {name for name in names if not {name, name.rsplit(".", 1)[-1]} & known}


def test_advice_of_an_error_can_be_followed_from_a_study() -> None:
    """Whatever a message of a failed run says to lower, to lengthen or to use is a parameter of some study."""
    verb = re.compile(r"\b(?:[Ll]ower|[Ll]engthen|[Rr]aise|[Ss]horten|use|Use|or for a simpler) `(\w+)`")
    advised = set[str]()
    for path in MODULES:
        if path.relative_to(ROOT / "cemlab").parts[0] in FROM_A_STUDY:
            errors = [
                node.exc
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.Raise)
            ]
            advised |= {name for error in errors if error for said in _said(error) for name in verb.findall(said)}
    assert advised
    functions = {
        node.name
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert advised - set(REGISTRY) - functions <= ONLY_IN_CODE
