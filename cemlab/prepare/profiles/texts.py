"""Columns of customers as text: what groups and patterns are made of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from cemlab.core.errors import ParameterError
from cemlab.prepare.levels import Bins, binned

if TYPE_CHECKING:
    import ibis.expr.types as ir


def texts(
    rows: ir.Table, named: Sequence[str], *, cuts: Bins, codes: Collection[str] = ()
) -> dict[str, ir.StringValue]:
    """Return columns as text, numbers by their cut points.

    Parameters
    ----------
    rows : ibis.Table
        That holds them.
    named : sequence of str
        Which columns.
    cuts : mapping of str to sequence of float
        Numeric column → cut points, each of which begins a level.
    codes : collection of str
        Numbers that are codes of a scale, and levels as they stand.

    Returns
    -------
    dict of str to ibis string
        Null where the value is missing or empty.

    Raises
    ------
    ParameterError
        When a number that may have a fraction has no cut points, or cut points are of no such column.
    """
    odd = [name for name in cuts if name in named and not rows[name].type().is_numeric()]
    odd += [name for name in cuts if name not in named]
    if odd:
        raise ParameterError(
            f"Cut points must be of numeric columns: {', '.join(f'`{name}`' for name in odd)} is none."
        )
    return {name: _text(rows[name], cuts.get(name, ()), code=name in codes) for name in named}


def _text(column: ir.Column, cuts: Sequence[float], *, code: bool) -> ir.StringValue:
    if cuts:
        return binned(column, sorted({float(cut) for cut in cuts}))
    if not column.type().is_floating():
        return column.cast("string").nullif("")
    if code:
        return (column % 1 == 0).ifelse(column.cast("int64").cast("string"), column.cast("string"))
    name = column.get_name()
    raise ParameterError(
        f"A number must be cut into levels: `{name}` has no cut points. Declare some, such as "
        f'`cuts = {{"{name}": [10, 20]}}`.'
    )
