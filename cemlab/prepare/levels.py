"""Levels of what is known of a customer or a spell: columns of ``spells``, of ``customers``, or what a study assigned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from cemlab.core import schemas
from cemlab.core.errors import ParameterError, SchemaError, near_miss
from cemlab.core.lab import Lab
from cemlab.core.names import OWN_NAMES, is_identifier, need_free
from cemlab.core.scorecards import level_names
from cemlab.prepare.ordering import last_value

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

Bins = Mapping[str, Sequence[float]]
"""Name of a number → cut points; each begins a level."""

UNKNOWN = "unknown"
"""The level of a spell whose value is missing."""

FEWEST_LEVELS, MOST_LEVELS, MOST_COLUMNS = 2, 12, 4
"""Where neither a run nor the lab names columns to compare by: how many levels they have, and how many there are."""


@dataclass(frozen=True)
class Source:
    """Where a level is read.

    Attributes
    ----------
    name : str
        As it was asked for.
    table : {"spells", "customers", "assignments"}
        The canonical table.
    numeric : bool
        True when the column holds numbers.
    undated : bool
        True when nothing says when the value became known: it may be of later than it speaks of.
    """

    name: str
    table: str
    numeric: bool
    undated: bool


def sources(lab: Lab, names: Sequence[str], *, own: Collection[str] = OWN_NAMES) -> list[Source]:
    """Return where each name is found: in ``spells``, else ``customers``, else ``assignments``.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    names : sequence of str
        Columns, or names of assignments.
    own : collection of str, default OWN_NAMES
        Names that the frame itself uses.

    Returns
    -------
    list of Source
        In the order of `names`.

    Raises
    ------
    ParameterError
        When a name is given twice or is one of the frame's own.
    SchemaError
        When a name is found nowhere.
    """
    if len(set(names)) < len(names):
        raise ParameterError(f"Each group must be named once: {len(names)} names, of which {len(set(names))} differ.")
    need_free(names, what="A group or covariate", own=own)
    known = {name: Source(name, "customers", numeric, undated=True) for name, numeric in _attributes(lab, "customers")}
    known |= {name: Source(name, "spells", numeric, undated=False) for name, numeric in _attributes(lab, "spells")}
    if not set(names) <= set(known):
        known = {
            name: Source(name, "assignments", numeric=False, undated=False) for name in assigned_names(lab)
        } | known
    for name in names:
        if name not in known:
            raise SchemaError(
                f"A group must be a column of `spells` or `customers`, or the name of an assignment: `{name}` is none. "
                f"{near_miss(name, known)}There are: {', '.join(known) or 'none'}."
            )
    return [known[name] for name in names]


def attributes(lab: Lab, *, reserved: Collection[str] = OWN_NAMES, numbers: bool = False) -> dict[str, list[str]]:
    """Return the columns of ``spells`` and of ``customers`` by which spells can be grouped.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    reserved : collection of str, default OWN_NAMES
        Names that frames use.
    numbers : bool, default False
        True for columns of numbers too.

    Returns
    -------
    dict of str to list of str
        Table → its columns; one that both tables have stands with ``spells``.
    """
    own = [name for name, numeric in _attributes(lab, "spells") if name not in reserved and numeric <= numbers]
    taken = {*reserved, *own}
    theirs = [name for name, numeric in _attributes(lab, "customers") if name not in taken and numeric <= numbers]
    return {"spells": own, "customers": theirs}


def with_few_levels(lab: Lab, columns: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the first columns that sort rows into a few groups.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    columns : mapping of str to sequence of str
        Table → columns to choose from.

    Returns
    -------
    list of str
        At most `MOST_COLUMNS`, each with `FEWEST_LEVELS` to `MOST_LEVELS` values, missing ones aside.
    """
    found = []
    for name, wanted in columns.items():
        # the rough count spares an exact one of ids and of customers' words
        few = [each for each, many in _distinct(lab, name, wanted, rough=True).items() if many <= 2 * MOST_LEVELS]
        exact = _distinct(lab, name, few)
        found += [each for each, many in exact.items() if FEWEST_LEVELS <= many <= MOST_LEVELS]
    return found[:MOST_COLUMNS]


def _distinct(lab: Lab, name: str, columns: Sequence[str], *, rough: bool = False) -> dict[str, int]:
    if not columns:
        return {}
    rows = lab.table(name)
    counted = {
        f"_{at}": rows[each].approx_nunique() if rough else rows[each].nunique() for at, each in enumerate(columns)
    }
    row = lab.frame(rows.aggregate(**counted)).iloc[0]
    return {each: int(row[f"_{at}"]) for at, each in enumerate(columns)}


def joined(
    lab: Lab,
    rows: ir.Table,
    found: Sequence[Source],
    *,
    before: ir.DateValue | dt.date | None = None,
    strict: bool = False,
) -> ir.Table:
    """Return rows with the value of each source beside them, missing where there is none.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    rows : ibis.Table
        Spells, with ``customer_id``.
    found : sequence of Source
        As `sources` returns them.
    before : ibis date or datetime.date, optional
        A day, or a column of `rows`: the latest assignment that was written before it counts.
    strict : bool, default False
        True to take no attribute of a customer either who became known only on that day or later.

    Returns
    -------
    ibis.Table
        With a column of each name.
    """
    theirs = [source.name for source in found if source.table == "customers"]
    if theirs:
        customers = lab.table("customers")
        day = before if before is None or isinstance(before, dt.date) else rows[before.get_name()]
        dated = strict and day is not None and "known_on" in customers.columns
        known = {"_known": customers.known_on} if dated else {}
        attributes = customers.select(_joined="customer_id", **known, **{name: customers[name] for name in theirs})
        rows = rows.drop(*(name for name in theirs if name in rows.columns))
        rows = rows.left_join(attributes, rows.customer_id == attributes._joined).drop("_joined")
        if dated:
            early = (rows._known < day).fill_null(True)
            rows = rows.mutate(**{name: early.ifelse(rows[name], None) for name in theirs}).drop("_known")
    for source in found:
        if source.table == "assignments":
            rows = _with_assigned(lab, rows, source.name, before=before)
    return rows


def need_no_identifiers(lab: Lab, names: Sequence[str]) -> None:
    """Raise where a column tells single customers apart: a page on its levels would name them.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    names : sequence of str
        Columns that a run names as groups or covariates; what is no text is passed over.

    Raises
    ------
    ParameterError
        When levels hold hardly more than one row each (see `cemlab.core.names.is_identifier`).

    Examples
    --------
    >>> need_no_identifiers(lab, ["plan"])  # doctest: +SKIP
    """
    for table in [each for each in ("responses", "spells", "customers") if each in lab.tables]:
        rows = lab.table(table)
        texts = [name for name in names if name in rows.columns and rows[name].type().is_string()]
        if not texts:
            continue
        counted = {f"levels_{at}": rows[name].nunique() for at, name in enumerate(texts)}
        known = {f"rows_{at}": rows[name].count() for at, name in enumerate(texts)}
        found = lab.frame(rows.aggregate(**counted, **known)).iloc[0]
        for at, name in enumerate(texts):
            levels, many = int(found[f"levels_{at}"]), int(found[f"rows_{at}"])
            if is_identifier(levels, many):
                raise ParameterError(
                    f"A group or covariate must not tell single customers apart: `{name}` has {levels:,} levels in"
                    f" {many:,} rows of `{table}`. Leave it out, or group it in the lab file."
                )


def level(column: Any) -> ir.StringValue:
    """Return a column as levels: text, `UNKNOWN` where it is missing or empty.

    Parameters
    ----------
    column : ibis column
        Of any type.

    Returns
    -------
    ibis string
        Never null.
    """
    return column.cast("string").nullif("").fill_null(UNKNOWN)


def binned(column: Any, cuts: Sequence[float]) -> ir.StringValue:
    """Return a number as text: the bin [low, high) that it falls into.

    Parameters
    ----------
    column : ibis number
        Values.
    cuts : sequence of float
        Where it is cut, ascending; each begins a bin.

    Returns
    -------
    ibis string
        Such as "below 8" and "8 and over"; null where the value is missing.
    """
    names = level_names(cuts)
    steps = [(column >= cut, name) for cut, name in zip(reversed(cuts), reversed(names[1:]), strict=True)]
    return ibis.cases(*steps, (column.notnull(), names[0]))


def as_levels(values: pd.Series) -> pd.Series:
    """Return the values of a counted frame as levels, as `level` does in the engine.

    Parameters
    ----------
    values : pandas.Series
        As the engine gave them.

    Returns
    -------
    pandas.Series of str
        Never missing.

    Examples
    --------
    >>> import pandas as pd
    >>> as_levels(pd.Series(["a", "", None])).tolist()
    ['a', 'unknown', 'unknown']
    """
    return values.astype("string").replace("", UNKNOWN).fillna(UNKNOWN).astype(object)


def _attributes(lab: Lab, name: str) -> list[tuple[str, bool]]:
    """Columns of a table that can be groups, and whether they are numeric."""
    if name not in lab.tables:
        return []
    declared, table = schemas.TABLES[name], lab.table(name)
    days = {column.day for column in declared.columns}
    own = {column.name for column in declared.columns if column.name != "account_id"}
    return [
        (column, table[column].type().is_numeric())
        for column in table.columns
        if column not in own and column not in days and not column.startswith("_") and not _dated(table[column])
    ]


def _dated(column: ir.Column) -> bool:
    return bool(column.type().is_temporal())


def assigned_names(lab: Lab) -> list[str]:
    """Return what studies have assigned to customers.

    Parameters
    ----------
    lab : Lab
        The opened lab.

    Returns
    -------
    list of str
        Names of assignments, sorted; none where the lab maps none.
    """
    if "assignments" not in lab.tables:
        return []
    return sorted(lab.frame(lab.table("assignments").select("name").distinct())["name"].tolist())


def _with_assigned(lab: Lab, rows: ir.Table, name: str, *, before: ir.DateValue | dt.date | None) -> ir.Table:
    """Add what each customer was assigned last, of what was written before a day."""
    assigned = lab.table("assignments")
    chosen = assigned.filter(assigned.name == name)
    rows = rows.drop(*({name} & set(rows.columns)))
    if before is None or isinstance(before, dt.date):
        chosen = chosen if before is None else chosen.filter(chosen.known_on < before)
        latest = chosen.group_by("customer_id").aggregate(**{name: last_value(chosen, chosen.value, of="assignments")})
        latest = latest.rename(_joined="customer_id")
        return rows.left_join(latest, rows.customer_id == latest._joined).drop("_joined")
    days = chosen.group_by(["customer_id", "known_on"]).aggregate(
        **{name: last_value(chosen, chosen.value, of="assignments")}
    )
    days = days.rename(_joined="customer_id", _written="known_on")
    found = rows.asof_join(
        days, on=rows[before.get_name()] > days._written, predicates=[rows.customer_id == days._joined]
    )
    return found.drop("_joined", "_written")
