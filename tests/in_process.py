"""Studies in this process: judged as the command line judges them, then cell by cell, without a kernel and without drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat

import cemlab
from cemlab.core import parameters as registry
from cemlab.core.errors import CemlabError, InsufficientDataError, ParameterError
from cemlab.report import judgement, studies
from cemlab.report.records import MIME

NOTHING_DRAWN = "<svg></svg>"


@dataclass
class Played:
    """What came of a study.

    Attributes
    ----------
    refused : tuple of str
        Why it was refused before any cell ran; empty when it ran.
    records : list of dict
        What its cells put on the page.
    left : dict
        What its cells left behind.
    """

    refused: tuple[str, ...] = ()
    records: list[dict[str, Any]] = field(default_factory=list)
    left: dict[str, Any] = field(default_factory=dict)

    @property
    def left_out(self) -> dict[str, str]:
        """Questions that the page does not answer, each with the reason."""
        return {record["question"]: record["because"] for record in self.records if record["kind"] == "left_out"}

    @property
    def answered(self) -> bool:
        """Whether the page has a head and an answer, without which none is made."""
        return {"head", "answer"} <= {record["kind"] for record in self.records}


def play(stem: str, lab_file: Path, **given: object) -> Played:
    """Judge a study, and where it is not refused execute its cells."""
    study = studies.find(stem)
    values = registry.check({"lab_file": str(lab_file), **given}, declared=study.parameters, study=stem)
    refused = judged(study, values)
    return Played(refused=refused) if refused else _executed(study, {"lab_file": str(lab_file), **given})


def judged(study: studies.Study, values: Mapping[str, registry.Value]) -> tuple[str, ...]:
    """Return why a run would be refused, as `cemlab run` finds it out."""
    try:
        lab = cemlab.open_lab(
            str(values["lab_file"]), as_of=str(values["as_of"]), data_dir=str(values.get("data_dir", ""))
        )
    except (ParameterError, InsufficientDataError) as error:
        return (str(error),)
    except CemlabError as error:
        return (f"source: {error}",)
    return judgement.judge(study, lab, values).missing


def _executed(study: studies.Study, given: Mapping[str, object]) -> Played:
    played = Played(left={"__name__": "__main__"})

    def _keep(data: dict[str, Any], *, raw: bool) -> None:
        played.records.append(data[MIME])

    with (
        patch("cemlab.report.notebook.display", _keep),
        patch("cemlab.show.figure._svg", lambda *_, **__: NOTHING_DRAWN),
    ):
        for cell in nbformat.read(study.path, as_version=4).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, f"<{study.stem} {cell.id}>", "exec"), played.left)  # noqa: S102 - our own notebook
            if "parameters" in cell.metadata.get("tags", []):
                played.left |= given
    return played
