"""A first lab.toml from a look at the exports: what is sure, what is a guess, and what only the user knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cemlab.core.errors import ParameterError, SourceError, one_line
from cemlab.data.drafting.choice import choose
from cemlab.data.drafting.exports import Export, Guess, Plan
from cemlab.data.drafting.questions import questions
from cemlab.data.drafting.samples import Sample, take
from cemlab.data.drafting.vocabulary import snake
from cemlab.data.drafting.writing import comparable, file_name, lab_text

__all__ = ["Draft", "draft", "write"]

_LONGEST = 300


@dataclass(frozen=True)
class Draft:
    """A first lab file.

    Attributes
    ----------
    text : str
        TOML with comments.
    questions : tuple of str
        What only the user can answer.
    unused : tuple of str
        Files that feed no table.
    sure, doubtful : int
        Columns that are mapped without and with a doubt.
    """

    text: str
    questions: tuple[str, ...]
    unused: tuple[str, ...]
    sure: int
    doubtful: int


def write(files: Iterable[str | Path], out: str | Path, *, company: str = "") -> Draft:
    """Look at exports and write a first lab file.

    Parameters
    ----------
    files : iterable of str or Path
        The exports; files of one layout are read as one.
    out : str or Path
        The lab file; never overwritten.
    company : str, default ""
        Whose customers these are; taken from the folder's name when empty.

    Returns
    -------
    Draft
        What was written.

    Raises
    ------
    ParameterError
        When `out` is there already, or no file was given.
    SourceError
        When an export cannot be read, or `out` cannot be written.
    """
    path = Path(out)
    if path.exists():
        raise ParameterError(
            f"A draft must not overwrite anything: `{path.name}` is there already. Name another file with --out, or "
            "remove it first."
        )
    found = draft(files, folder=path.parent, company=company)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(found.text)
    except OSError as error:
        raise SourceError(
            f"The draft must be written to a folder that is there: {error.strerror}. Name another file with --out."
        ) from None
    return found


def draft(files: Iterable[str | Path], *, folder: Path, company: str = "") -> Draft:
    """Look at exports and return a first lab file.

    Parameters
    ----------
    files : iterable of str or Path
        The exports.
    folder : Path
        Where the lab file will lie.
    company : str, default ""
        Whose customers these are.

    Returns
    -------
    Draft
        Its text and the questions that it leaves.

    Raises
    ------
    ParameterError
        When no file was given.
    SourceError
        When one cannot be read.
    """
    exports = _exports([Path(each) for each in files])
    names = {export: file_name(export, folder=folder) for export in exports}
    plans = choose(names)
    used = {plan.file for plan in plans} | {each for plan in plans for each in plan.borrowed}
    looked = {step["file"] for plan in plans for guess in plan.guesses for step in _steps(guess)}
    unused = tuple(name for export, name in names.items() if export not in used and name not in looked)
    asked = tuple(one_line(question, most=_LONGEST) for question in questions(plans))
    lab = _lab(plans, name=company or folder.resolve().name, company=company)
    text = lab_text(lab, plans, folder=folder, notes=_notes(asked, unused))
    guesses = [guess for plan in plans for guess in plan.guesses]
    doubtful = sum(bool(guess.doubt) for guess in guesses)
    return Draft(text, asked, unused, len(guesses) - doubtful, doubtful)


def _steps(guess: Guess) -> list[dict[str, Any]]:
    """The files in which a guess looks its value up, one after another."""
    found = guess.value.get("lookup", [])
    return found if isinstance(found, list) else [found]


def _exports(paths: Sequence[Path]) -> list[Export]:
    if not paths:
        raise ParameterError("A draft must have something to look at: no file was given. Name the exports.")
    layouts: dict[tuple[object, ...], list[Sample]] = {}
    for path in dict.fromkeys(paths):
        sample = take(path)
        layouts.setdefault(sample.layout, []).append(sample)
    return [Export(group) for group in layouts.values()]


def _lab(plans: Sequence[Plan], *, name: str, company: str) -> dict[str, tuple[Any, str]]:
    """The keys of ``[lab]``, each with what is doubtful about it."""
    lab: dict[str, tuple[Any, str]] = {
        "name": (snake(name).replace("_", "-"), "a short name"),
        "company": (company or name, "" if company else "as a report's head shows it"),
        "time_zone": ("UTC", "the zone in which your days begin, such as Europe/Paris"),
    }
    snapshot = next((plan.file.written for plan in plans if plan.counts_back), None)
    if snapshot:
        lab["data_until"] = (snapshot.isoformat(), "the day of the snapshot; here it is the file's own")
    elif any(plan.table == "spells" for plan in plans):
        lab["data_until"] = (
            "",
            "the last day for which starts and ends are complete; empty: the last on which one started",
        )
    if any(plan.table == "transactions" for plan in plans):
        lab["currency"] = ("", "such as EUR")
    lab["segments"] = (comparable(plans), "columns by which studies compare customers")
    return lab


def _notes(asked: Sequence[str], unused: Sequence[str]) -> list[str]:
    notes = [
        "Drafted by `cemlab init` from the first rows of the exports. `sure` follows from names and values;",
        "`check:` is a guess. `cemlab check` says what becomes of every row.",
        "",
        "Questions that only you can answer:",
        *(f"  {number}. {question}" for number, question in enumerate(asked, start=1)),
    ]
    if unused:
        notes += ["", "Not used, because nothing in them says which customer; a column may look a value up in them:"]
        notes += [f"  {name}" for name in unused]
    return notes
