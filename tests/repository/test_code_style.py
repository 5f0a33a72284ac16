"""House rules of code that no linter knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

POSITIONAL = 3

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Public functions of a module and public methods of its public classes, by dotted name."""
    for node in body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield prefix + node.name, node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _public(node.body, f"{prefix}{node.name}.")


def _positional(function: Function) -> list[str]:
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def test_public_functions_take_no_kwargs_but_the_slots_of_a_message(modules: dict[str, ast.Module]) -> None:
    # the catalogue knows which slots a message has, so that a wrong one is refused by name
    found = [
        f"{path}: {name}"
        for path, tree in modules.items()
        for name, node in _public(tree.body)
        if node.args.kwarg and not _are_slots(node.args.kwarg)
    ]
    assert found == []


def _are_slots(given: ast.arg) -> bool:
    return given.arg == "slots" and isinstance(given.annotation, ast.Name) and given.annotation.id == "Slot"


def test_public_functions_take_at_most_three_positional_parameters(modules: dict[str, ast.Module]) -> None:
    found = [
        f"{path}: {name}({', '.join(_positional(node))})"
        for path, tree in modules.items()
        for name, node in _public(tree.body)
        if len(_positional(node)) > POSITIONAL
    ]
    assert found == []


def test_modules_are_named_after_a_subject(modules: dict[str, ast.Module]) -> None:
    vague = {"utils", "util", "helpers", "misc", "common"}
    assert [path for path in modules if vague & set(Path(path).with_suffix("").parts)] == []


def test_no_line_opts_out_of_the_formatter(root: Path, modules: dict[str, ast.Module]) -> None:
    opted = re.compile(r"#\s*fmt:\s*(skip|off)")
    assert [path for path in modules if opted.search((root / path).read_text(encoding="utf-8"))] == []


def test_tests_mirror_the_package(root: Path, modules: dict[str, ast.Module]) -> None:
    rooms = {Path(path).parts[1] for path in modules if len(Path(path).parts) > 2}
    without = [room for room in sorted(rooms) if not list((root / "tests" / room).glob("test_*.py"))]
    assert without == []
