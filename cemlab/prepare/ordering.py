"""What is last: the latest by time, and of rows at one time the one whose key sorts last.

Without the key the engine may take any of several rows of one time, and another one at the next call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from cemlab.core import schemas

if TYPE_CHECKING:
    import ibis.expr.types as ir


def order_columns(rows: ir.Table, name: str) -> list[str]:
    """Return the columns that put the rows of a table in order of time, each in a place of its own.

    Parameters
    ----------
    rows : ibis.Table
        Of the canonical table, perhaps with some of its columns dropped.
    name : str
        The canonical table.

    Returns
    -------
    list of str
        When a row became known, where rows carry that, then the table's declared key.

    Examples
    --------
    >>> rows = ibis.table({"responded_at": "timestamp", "response_id": "string", "metric": "string"}, name="responses")
    >>> order_columns(rows, "responses")
    ['responded_at', 'response_id', 'metric']
    """
    declared = schemas.TABLES[name]
    wanted = [*([declared.known_at] if declared.known_at else []), *declared.key]
    return [column for column in dict.fromkeys(wanted) if column in rows.columns]


def last_value(rows: ir.Table, value: ir.Column, *, of: str, where: ir.BooleanValue | None = None) -> ir.Scalar:
    """Return the value of the last row, for an aggregation.

    Parameters
    ----------
    rows : ibis.Table
        Of a canonical table.
    value : ibis column
        What is wanted of the last row that has it.
    of : str
        The canonical table.
    where : ibis boolean, optional
        Which rows count.

    Returns
    -------
    ibis scalar
        Missing where no row has a value.

    Examples
    --------
    >>> rows = ibis.memtable({"started_on": ["2024-01-01", "2024-01-01"], "spell_id": ["2", "1"], "plan": ["a", "b"]})
    >>> last_value(rows, rows.plan, of="spells").to_pyarrow().as_py()
    'a'
    """
    order = ibis.struct({column: rows[column] for column in order_columns(rows, of)})
    return value.argmax(order, where=where)
