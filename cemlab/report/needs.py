"""What a study needs of a lab, as its notebook declares it, and what a lab lacks of that.

A notebook's metadata hold, under ``cemlab``::

    {"needs": {"responses": ["metric", "score"]},
     "metrics": ["nps"],
     "optional": {"responses.responded_at": "the course over time"}}

Without a table or column of `needs`, or without answers to one of `metrics`, the study cannot run;
without one of `optional` it runs and leaves out what is named there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cemlab.core.errors import ParameterError, SchemaError, near_miss
from cemlab.core.lab import Lab
from cemlab.core.schemas import TABLES


@dataclass(frozen=True)
class Needs:
    """What a study asks of a lab.

    Attributes
    ----------
    columns : dict of str to tuple of str
        Canonical table → columns without which the study cannot run.
    metrics : tuple of str
        Questions that must have been asked.
    optional : dict of str to str
        ``table`` or ``table.column`` → what the study leaves out without it.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    optional: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Readiness:
    """What a lab lacks for a study.

    Attributes
    ----------
    missing : tuple of str
        Sentences: what must be there, and how to map it.
    reduced : tuple of str
        Sentences: what the study leaves out, and how to map what it lacks.
    """

    missing: tuple[str, ...] = ()
    reduced: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """True when the study can run."""
        return not self.missing


def declared(notebook: Mapping[str, Any], *, study: str) -> Needs:
    """Return what an open notebook declares.

    Parameters
    ----------
    notebook : mapping
        The notebook's content.
    study : str
        Its name, for messages.

    Returns
    -------
    Needs
        Empty when it declares none.

    Raises
    ------
    ParameterError
        When the declaration names a table or column that is not canonical.
    """
    raw = notebook.get("metadata", {}).get("cemlab", {})
    try:
        found = Needs(
            {table: tuple(columns) for table, columns in raw.get("needs", {}).items()},
            tuple(raw.get("metrics", ())),
            dict(raw.get("optional", {})),
        )
    except (AttributeError, TypeError):
        raise ParameterError(
            f"The metadata `cemlab` of study `{study}` must hold `needs` (table: columns), `metrics` (a list) and "
            "`optional` (table.column: what it adds): they hold something else. Mend them in the notebook."
        ) from None
    names = [f"{table}.{column}" for table, columns in found.columns.items() for column in columns]
    for name in (*found.columns, *names, *found.optional):
        _check(name, study=study)
    return found


def readiness(needs: Needs, lab: Lab) -> Readiness:
    """Return what a lab lacks for a study.

    Parameters
    ----------
    needs : Needs
        Of the study.
    lab : Lab
        An opened lab.

    Returns
    -------
    Readiness
        Empty when the study finds all that it can use.
    """
    missing = [_lacks(name) for name in _absent(needs, lab)]
    if not missing:
        missing = [_unasked(metric) for metric in needs.metrics if metric not in _asked(lab)]
    reduced = [
        f"left out without `{name}`: {adds}. {_lacks(name)}"
        for name, adds in needs.optional.items()
        if not _has(lab, name)
    ]
    return Readiness(tuple(missing), tuple(reduced))


def _check(name: str, *, study: str) -> None:
    table, _, column = name.partition(".")
    known = [each.name for each in TABLES[table].columns] if table in TABLES else []
    if table not in TABLES or (column and column not in known):
        raise ParameterError(
            f"The metadata `cemlab` of study `{study}` must name canonical tables and columns: `{name}` is none. "
            f"{near_miss(column or table, known or TABLES)}Mend it in the notebook."
        )


def _absent(needs: Needs, lab: Lab) -> Iterator[str]:
    for table, columns in needs.columns.items():
        if table not in lab.tables:
            yield table
        else:
            yield from (f"{table}.{column}" for column in columns if not _has(lab, f"{table}.{column}"))


def _has(lab: Lab, name: str) -> bool:
    table, _, column = name.partition(".")
    if table not in lab.tables:
        return False
    try:
        return not column or column in lab.table(table, personal=[column]).columns
    except SchemaError:
        return False


def _asked(lab: Lab) -> set[str]:
    """The questions that were answered in this lab."""
    responses = lab.table("responses")
    return set(lab.frame(responses.select("metric").distinct())["metric"])


def _lacks(name: str) -> str:
    table, _, column = name.partition(".")
    found = TABLES[table].column(column) if column else None
    if found is None:
        required = ", ".join(f"`{each}`" for each in TABLES[table].required)
        return f"Add `[[{table}]]`, one row per {TABLES[table].row.split(' ', 1)[1]}, with {required}."
    return f"Map `{column}` ({found.help}) under `[{table}.columns]`."


def _unasked(metric: str) -> str:
    return f'No answer is to the question `{metric}`. Map its score with `metric = {{ constant = "{metric}" }}`.'
