"""What a notebook emits: records of data under one MIME type, never markup.

Each record is a plain JSON object with a ``kind``. The renderer turns records into a page; text in
a record is text, whatever it looks like.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from cemlab.core.lab import LabInfo, LedgerLine
from cemlab.core.parameters import REGISTRY
from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show.figure import Figure
from cemlab.show.table import csv

if TYPE_CHECKING:
    import nbformat

MIME = "application/vnd.cemlab.v1+json"
Record = dict[str, Any]


def of_finding(finding: Finding) -> Record:
    """Return a finding as JSON.

    Parameters
    ----------
    finding : Finding
        Any.

    Returns
    -------
    dict
        What is not a number is null.
    """
    plain = {**asdict(finding), "scope": dict(finding.scope)}
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in plain.items()
    }


def to_finding(record: Mapping[str, Any]) -> Finding:
    """Return the finding that `of_finding` wrote.

    Parameters
    ----------
    record : mapping
        Its JSON.

    Returns
    -------
    Finding
        With NaN for null.
    """
    numeric = {field.name for field in fields(Finding) if field.type == "float"}
    values: Record = {name: math.nan if value is None and name in numeric else value for name, value in record.items()}
    return Finding(**values)


def of_choices(given: Mapping[str, Any], chosen: Mapping[str, Any], *, usual: LabInfo) -> list[str]:
    """Return what a page says of the parameters that were left open.

    Parameters
    ----------
    given : mapping
        The checked parameters of the run.
    chosen : mapping
        What the study took for some of them.
    usual : LabInfo
        Segments that the lab itself names need no sentence.

    Returns
    -------
    list of str
        A sentence for each parameter that was empty, with the rule by which it was filled.
    """
    said = []
    for name, value in chosen.items():
        words = ", ".join(value) if isinstance(value, list) else str(value)
        named = name == "segment_by" and tuple(value) == usual.segments
        if not given.get(name) and words and not named:
            rule = REGISTRY[name].help.partition("; empty for ")[2]
            said.append(f"`{name}` was left open, so this page takes {words} ({rule}).")
    return said


def of_sentence(sentence: Sentence) -> list[Record]:
    """Return a sentence as JSON.

    Parameters
    ----------
    sentence : Sentence
        Any.

    Returns
    -------
    list of dict
        One per part: words, a name, or a finding with its aspect.
    """
    return [_part(part) for part in sentence.parts]


def _part(part: Part) -> Record:
    if isinstance(part, str):
        return {"words": part}
    if isinstance(part, Name):
        return {"name": part.text}
    quote = part if isinstance(part, Quote) else Quote(part)
    return {"finding": of_finding(quote.finding), "aspect": quote.aspect}


def of_table(table: Any) -> Record:
    """Return a display table as JSON, with its CSV.

    Parameters
    ----------
    table : Table
        Any.

    Returns
    -------
    dict
        A cell is its text and what to sort it by, null when that is no number.
    """
    return {
        "caption": table.caption,
        "columns": [asdict(column) for column in table.columns],
        "rows": [[[cell.text, _finite(cell.sort)] for cell in row] for row in table.rows],
        "csv": csv(table.data),
    }


def of_figure(figure: Figure) -> Record:
    """Return a figure as JSON.

    Parameters
    ----------
    figure : Figure
        Any.

    Returns
    -------
    dict
        Three drawings, the words for those who cannot see them, the data.
    """
    return {
        "title": figure.title,
        "alt": figure.alt,
        "wide": figure.wide,
        "narrow": figure.narrow,
        "paper": figure.paper,
        "basis": figure.basis,
        "table": of_table(figure.table),
    }


def of_info(info: LabInfo) -> Record:
    """Return what a lab says of itself as JSON.

    Parameters
    ----------
    info : LabInfo
        Any.

    Returns
    -------
    dict
        Field by field.
    """
    return asdict(info)


def to_info(record: Mapping[str, Any]) -> LabInfo:
    """Return what `of_info` wrote, as far as a page's looks go.

    Parameters
    ----------
    record : mapping
        Its JSON.

    Returns
    -------
    LabInfo
        Without its questions.
    """
    names = ("name", "company", "time_zone", "currency", "locale", "language", "labels", "synthetic")
    return LabInfo(**{name: record[name] for name in names if name in record})


def of_ledger(lines: Iterable[LedgerLine]) -> list[Record]:
    """Return ledger lines as JSON.

    Parameters
    ----------
    lines : iterable of LedgerLine
        Of any stage.

    Returns
    -------
    list of dict
        One per line.
    """
    return [asdict(line) for line in lines]


def _finite(value: float | str) -> float | str | None:
    if not isinstance(value, float):
        return value
    # an engine adds up in any order, so that two runs may differ in the last digits of a sum
    return float(f"{value:.12g}") if math.isfinite(value) else None


def read(executed: nbformat.NotebookNode) -> list[Record]:
    """Return every record that an executed notebook holds, in order.

    Parameters
    ----------
    executed : nbformat.NotebookNode
        With outputs.

    Returns
    -------
    list of dict
        Each with its ``kind``.
    """
    return [
        output["data"][MIME]
        for cell in executed.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if MIME in output.get("data", {})
    ]
