"""The reference is made from docstrings: whatever a docstring refers to exists, and no link of a page is broken."""

from __future__ import annotations

import ast
import pydoc
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

_REFERENCE = re.compile(r"`~?(cemlab(?:\.\w+)+)")
_LINK = re.compile(r'href="(?!\$|[a-z]+:)([^"]*)"')
_ANCHOR = re.compile(r'id="([^"]+)"')


def _docstrings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""


def test_what_docstrings_refer_to_exists(modules: dict[str, ast.Module]) -> None:
    named = {
        (path, name)
        for path, tree in modules.items()
        for docstring in _docstrings(tree)
        for name in _REFERENCE.findall(docstring)
    }
    assert len(named) > 20
    assert sorted(f"{path}: {name}" for path, name in named if pydoc.locate(name) is None) == []


def test_docstrings_have_no_roles_of_another_markup(modules: dict[str, ast.Module]) -> None:
    roles = re.compile(r":(?:func|class|meth|mod|data|attr):`")
    assert [path for path, tree in modules.items() if any(map(roles.search, _docstrings(tree)))] == []


def broken_links(folder: Path) -> list[str]:
    """Links of a folder of pages that lead nowhere: to no page, or to no place on it."""
    pages = {page.resolve(): page.read_text(encoding="utf-8") for page in folder.rglob("*.html")}
    places = {page: set(_ANCHOR.findall(text)) for page, text in pages.items()}
    broken = []
    for page, text in pages.items():
        for link in set(_LINK.findall(text)):
            path, _, place = unescape(link).partition("#")
            there = (page.parent / path).resolve() if path else page
            if there not in places or (place and place not in places[there]):
                broken.append(f"{page.name}: {link}")
    return broken


def test_reference_is_made_without_a_broken_link(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pdoc", "--docformat", "numpy", "--output-directory", str(tmp_path)]
    made = subprocess.run([*command, "cemlab", "!cemlab.cli"], cwd=root, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    assert len(list(tmp_path.rglob("*.html"))) > 50
    assert broken_links(tmp_path) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a id="x"></a><a href="#x"></a><a href="b.html#y"></a><a href="#z"></a>', "utf-8")
    (tmp_path / "b.html").write_text("", "utf-8")
    assert sorted(broken_links(tmp_path)) == ["a.html: #z", "a.html: b.html#y"]
