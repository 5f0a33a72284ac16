"""How a notebook begins: its parameters are checked, wherever it runs."""

from __future__ import annotations

import ast
import logging
import os
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from cemlab.core import parameters as registry
from cemlab.core.errors import ParameterError
from cemlab.report import restricted, studies
from cemlab.show import messages

_INJECTED = "# Parameters"
_PATHS = ("lab_file", "data_dir")
PRINT_VARIABLE = "CEMLAB_PRINT"
"""Set where figures are drawn for a journal too."""


def checked(study: str, namespace: MutableMapping[str, Any]) -> dict[str, registry.Value]:
    """Return the checked parameters of a study, and put them back into its namespace.

    Parameters
    ----------
    study : str
        The notebook's stem.
    namespace : mutable mapping
        The notebook's ``globals()``.

    Returns
    -------
    dict of str to value
        In the study's order, each in its registered type, paths made absolute.

    Raises
    ------
    ParameterError
        When a parameter was given that the study does not declare, or a value is wrong.
    """
    path = studies.find(study).path
    messages.add(path)
    declared = studies.parameters(path)
    given = {name: namespace[name] for name in declared if name in namespace}
    given.update({name: namespace.get(name) for name in _injected(namespace)})
    values = registry.check(given, declared=declared, study=study)
    for name in _PATHS:
        if values.get(name):
            values[name] = str(_resolved(str(values[name]), name=name))
    namespace.update(values)
    return values


def log_to_the_run() -> None:
    """Let the kernel of a run print what the package logs: it ends up in the run's ``kernel.log``."""
    logger = logging.getLogger("cemlab")
    if os.environ.get(restricted.RUN_VARIABLE) and not logger.handlers:
        logger.addHandler(logging.StreamHandler(sys.__stderr__))
        logger.setLevel(logging.INFO)


def wants_print() -> bool:
    """Return whether figures are drawn for a journal too: ``cemlab run --print`` asks for it.

    Returns
    -------
    bool
        False unless somebody asked.
    """
    return bool(os.environ.get(PRINT_VARIABLE))


def _injected(namespace: MutableMapping[str, Any]) -> set[str]:
    """Names assigned by a cell that papermill put in; the notebook's own cells do not count."""
    names: set[str] = set()
    for source in namespace.get("In", []):
        if str(source).startswith(_INJECTED):
            targets = [node.targets for node in ast.parse(str(source)).body if isinstance(node, ast.Assign)]
            names |= {target.id for group in targets for target in group if isinstance(target, ast.Name)}
    return names


def _resolved(path: str, *, name: str) -> Path:
    """Return `path` as it stands, or as it stands from a parent of the working folder."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / path).exists():
            return (folder / path).resolve()
    raise ParameterError(
        f"`{name}` must name something that exists: {path!r} is neither here nor in a parent folder. "
        f"Give the path of a lab.toml, or make the demo lab with `cemlab synth`."
    )
