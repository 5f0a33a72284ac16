"""Which studies there are, where their notebooks lie, and which parameters they take.

A study is a notebook ``notebooks/<group>/<stem>.ipynb``. Its parameters are read from the source of
the cell tagged ``parameters`` without running it, so that a wrong parameter is refused before a
kernel starts.
"""

from __future__ import annotations

import ast
import importlib.resources
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cemlab.core.errors import ParameterError, near_miss
from cemlab.core.parameters import ANNOTATIONS, REGISTRY, Value
from cemlab.report import needs
from cemlab.report.needs import Needs

GROUPS: Mapping[str, str] = {
    "past": "What happened",
    "present": "What is happening",
    "potential": "What may happen",
    "people": "Who they are",
    "action": "What we do, and whether it worked",
}
"""The folders of studies, in the field's own order, with the question that each answers."""

FOLDER_VARIABLE = "CEMLAB_NOTEBOOKS"
"""Environment variable by which a run tells its kernel where the studies lie."""


@dataclass(frozen=True)
class Study:
    """A notebook that answers one question with parameters.

    Attributes
    ----------
    stem : str
        Its name: the file's name without the suffix.
    group : str
        One of `GROUPS`.
    path : pathlib.Path
        The notebook.
    title : str
        Its first heading: the question.
    parameters : dict of str to value
        Every parameter that it takes, with its default, in the notebook's order.
    needs : cemlab.report.needs.Needs
        What it asks of a lab.
    """

    stem: str
    group: str
    path: Path
    title: str
    parameters: dict[str, Value]
    needs: Needs = field(default_factory=Needs)


def find(stem: str, *, notebooks: str | Path | None = None) -> Study:
    """Return the study called `stem`.

    Parameters
    ----------
    stem : str
        The study's name, such as ``nps-retrospective``.
    notebooks : str or pathlib.Path, optional
        Folder of studies; without it, see `folder`.

    Returns
    -------
    Study
        With title and parameters read from the notebook.

    Raises
    ------
    ParameterError
        When there is no such study (with the near miss), two of that name, or its parameters
        cell cannot be read.
    """
    paths = _paths(folder(notebooks))
    if stem not in paths:
        known = ", ".join(paths) or "none"
        raise ParameterError(
            f"No study is called `{stem}`. {near_miss(stem, paths)}Studies found: {known}. "
            "Name another folder of studies with --notebooks."
        )
    return _read(paths[stem])


def all_studies(*, notebooks: str | Path | None = None) -> list[Study]:
    """Return every study, by group and then by name.

    Parameters
    ----------
    notebooks : str or pathlib.Path, optional
        Folder of studies; without it, see `folder`.

    Returns
    -------
    list of Study
        Empty when the folder holds none.

    Raises
    ------
    ParameterError
        When two studies share a name, or a parameters cell cannot be read.
    """
    return [_read(path) for path in _paths(folder(notebooks)).values()]


def folder(notebooks: str | Path | None = None) -> Path:
    """Return the folder that holds the studies.

    Searched in this order: `notebooks` itself; the folder that a run told its kernel; a folder
    ``notebooks`` here or in a parent; the studies that come with the package.

    Parameters
    ----------
    notebooks : str or pathlib.Path, optional
        A folder with at least one of the groups in it.

    Returns
    -------
    pathlib.Path
        An absolute path.

    Raises
    ------
    ParameterError
        When `notebooks` is given and holds no group.
    """
    if notebooks is not None:
        given = Path(notebooks)
        if not _holds_groups(given):
            raise ParameterError(
                f"The folder of studies must hold at least one of {', '.join(GROUPS)}: `{notebooks}` holds none. "
                "Put each notebook into the folder of its group."
            )
        return given.resolve()
    told = os.environ.get(FOLDER_VARIABLE)
    here = Path.cwd()
    candidates = [Path(told)] if told else []
    candidates += [parent / "notebooks" for parent in (here, *here.parents)]
    package = Path(str(importlib.resources.files("cemlab")))
    # A wheel carries the studies inside the package; in a checkout they lie beside it.
    candidates += [package / "notebooks", package.parent / "notebooks"]
    found = next((path for path in candidates if _holds_groups(path)), None)
    if found is None:
        raise ParameterError("No folder `notebooks` was found here or in a parent. Name one with --notebooks.")
    return found.resolve()


def parameters(path: Path) -> dict[str, Value]:
    """Return the parameters that a notebook declares, with their defaults.

    Parameters
    ----------
    path : pathlib.Path
        A notebook.

    Returns
    -------
    dict of str to value
        In the order of the cell; empty when no cell is tagged ``parameters``.

    Raises
    ------
    ParameterError
        When the cell holds anything but annotated literals, one per line.
    """
    return declared(_load(path), study=path.stem)


def declared(notebook: Mapping[str, Any], *, study: str) -> dict[str, Value]:
    """Return the parameters that an open notebook declares, with their defaults.

    Parameters
    ----------
    notebook : mapping
        The notebook's content.
    study : str
        Its name, for messages.

    Returns
    -------
    dict of str to value
        In the order of the cell; empty when no cell is tagged ``parameters``.

    Raises
    ------
    ParameterError
        When two cells are tagged, or the cell holds anything but annotated literals, one per line.
    """
    tagged = [cell for cell in notebook["cells"] if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) > 1:
        raise ParameterError(
            f"Study `{study}` must have one cell tagged `parameters`: {len(tagged)} have the tag. Keep one."
        )
    return _parse(text_of(tagged[0]), study) if tagged else {}


def text_of(cell: Mapping[str, Any]) -> str:
    """Return the source of a cell, which a file may keep as one text or as a list of lines.

    Parameters
    ----------
    cell : mapping
        A notebook's cell.

    Returns
    -------
    str
        The whole source.
    """
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def headings(notebook: Mapping[str, Any], *, level: int) -> list[str]:
    """Return, for each cell, the last heading of `level` at or before it.

    Parameters
    ----------
    notebook : mapping
        The notebook's content.
    level : int
        1 for the title, 2 for the questions.

    Returns
    -------
    list of str
        One per cell; empty text before the first such heading.
    """
    mark, current, found = "#" * level + " ", "", []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            lines = [line for line in text_of(cell).splitlines() if line.startswith(mark)]
            current = lines[-1].removeprefix(mark).strip() if lines else current
        found.append(current)
    return found


def title_of(notebook: Mapping[str, Any]) -> str:
    """Return the first heading of a notebook, empty when it has none.

    Parameters
    ----------
    notebook : mapping
        The notebook's content.

    Returns
    -------
    str
        Without the ``#``.
    """
    return next((title for title in headings(notebook, level=1) if title), "")


def _holds_groups(path: Path) -> bool:
    return any((path / group).is_dir() for group in GROUPS)


def _paths(root: Path) -> dict[str, Path]:
    paths: dict[str, Path] = {}
    for group in GROUPS:
        for path in sorted((root / group).glob("*.ipynb")):
            if path.stem in paths:
                raise ParameterError(
                    f"Studies must have different names: `{paths[path.stem].parent.name}/{path.name}` and "
                    f"`{group}/{path.name}` have the same. Rename one."
                )
            paths[path.stem] = path
    return paths


def _read(path: Path) -> Study:
    notebook = _load(path)
    return Study(
        stem=path.stem,
        group=path.parent.name,
        path=path,
        title=title_of(notebook) or path.stem,
        parameters=declared(notebook, study=path.stem),
        needs=needs.declared(notebook, study=path.stem),
    )


def _load(path: Path) -> dict[str, Any]:
    try:
        notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ParameterError(
            f"A study must be a notebook of format 4: `{path.parent.name}/{path.name}` is not. Open and save it again."
        ) from None
    return notebook


def _parse(source: str, study: str) -> dict[str, Value]:
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise _refuse(study, error.lineno or 1, "no Python") from None
    found: dict[str, Value] = {}
    for line in statements:
        name, value = _declaration(line, study)
        if name in found:
            raise _refuse(study, line.lineno, f"a second `{name}`")
        found[name] = value
    lines = [line.lineno for line in statements]
    if len(set(lines)) < len(lines):
        raise _refuse(study, lines[0], "several statements on one line")
    return found


def _declaration(line: ast.stmt, study: str) -> tuple[str, Value]:
    if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name) or line.value is None:
        raise _refuse(study, line.lineno, "no annotated assignment")
    if line.end_lineno != line.lineno:
        raise _refuse(study, line.lineno, "spread over several lines")
    name = line.target.id
    try:
        value = ast.literal_eval(line.value)
    except ValueError:
        raise _refuse(study, line.lineno, "no plain literal") from None
    annotation = ast.unparse(line.annotation)
    if name in REGISTRY and annotation != ANNOTATIONS[REGISTRY[name].kind]:
        expected = ANNOTATIONS[REGISTRY[name].kind]
        raise _refuse(study, line.lineno, f"annotated `{annotation}` where `{name}` is `{expected}` in every study")
    return name, value


def _refuse(study: str, line: int, found: str) -> ParameterError:
    return ParameterError(
        f"The parameters cell of study `{study}` must hold lines of the form `name: type = literal  # help, unit`: "
        f"line {line} is {found}."
    )
