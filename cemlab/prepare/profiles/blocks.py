"""Numbers of customers in blocks, for models that need rows, and what such a model says of each customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError
from cemlab.core.lab import Lab
from cemlab.prepare.profiles.people import CUSTOMER
from cemlab.prepare.profiles.tables import table

if TYPE_CHECKING:
    import ibis.expr.types as ir

BLOCK_ROWS = 1 << 17
Rule = Callable[[np.ndarray], pd.DataFrame]
"""Takes a block and returns one row per row of it: ``value`` (the class's name, or missing) and perhaps ``probability``."""


@dataclass(frozen=True, eq=False)
class CustomerNumbers:
    """Numbers of the profile in blocks (see `cemlab.core.rows.NumberRows`).

    Attributes
    ----------
    columns : tuple of str
        Names of the columns of each block.
    """

    columns: tuple[str, ...]
    _batches: Any

    def __iter__(self) -> Iterator[np.ndarray]:
        """Go through all customers in the order of their ids; a block holds no more than `BLOCK_ROWS`."""
        for batch in self._batches:
            if batch.num_rows:
                yield _block(batch, len(self.columns))


def numbers(
    lab: Lab, *, columns: Sequence[str], cut: str = "", window_days: int = 0, scope: str = ""
) -> CustomerNumbers:
    """Return numbers of the profile as blocks without ids, in the same order at each pass.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    columns : sequence of str
        Numbers of the profile, or statements (1 where they hold).
    cut, window_days : as in `table`
        Until when, and how far back.
    scope : str, default ""
        Under which the ledger accounts for the customers; empty for ``profiles``.

    Returns
    -------
    CustomerNumbers
        Re-iterable; NaN where a value is missing. No more than a block is in memory at a time.

    Raises
    ------
    SchemaError
        When a column is none that the lab can give.
    ParameterError
        When there is none, or one is text.
    InsufficientDataError
        When no customer was known.

    Examples
    --------
    >>> rows = numbers(lab, columns=["recency_days", "frequency", "monetary"])  # doctest: +SKIP
    """
    rows = _numeric(lab, columns, cut=cut, window_days=window_days, scope=scope)
    rows = rows.order_by(CUSTOMER).drop(CUSTOMER)
    return CustomerNumbers(tuple(columns), lab.batches(rows, rows=BLOCK_ROWS, held=True))


def assigned(
    lab: Lab, *, columns: Sequence[str], rule: Rule, cut: str = "", window_days: int = 0, scope: str = ""
) -> ir.Table:
    """Return the class of each customer, which a rule finds from numbers of the profile, block by block.

    Ids and classes are kept in memory, some 30 bytes a customer.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    columns : sequence of str
        As the model was fitted with.
    rule : callable
        Takes a block, float64 of shape (rows, columns), NaN where a value is missing; returns a frame of ``value`` and,
        if it likes, ``probability``.
    cut, window_days, scope : as in `numbers`
        The same as there.

    Returns
    -------
    ibis.Table
        One row per customer: ``customer_id``, ``value``, ``probability``.

    Raises
    ------
    SchemaError, ParameterError, InsufficientDataError
        As `numbers`, and when the rule returns another number of rows.

    Examples
    --------
    >>> who = assigned(lab, columns=["frequency"], rule=lambda x: pd.DataFrame({"value": x[:, 0] > 3}))  # doctest: +SKIP
    """
    import pyarrow as pa

    rows = _numeric(lab, columns, cut=cut, window_days=window_days, scope=scope)
    schema = pa.schema([(CUSTOMER, pa.string()), ("value", pa.string()), ("probability", pa.float64())])
    found = []
    for batch in lab.batches(rows, rows=BLOCK_ROWS, held=False):
        told = rule(_block(batch, len(columns)))
        if len(told) != batch.num_rows:
            raise ParameterError(
                f"A rule must return a row per customer: of {batch.num_rows:,} customers it returned {len(told):,}"
                " rows."
            )
        values = [
            None if missing else str(value) for value, missing in zip(told["value"], told["value"].isna(), strict=True)
        ]
        sure = told["probability"] if "probability" in told else pd.Series(np.nan, index=told.index)
        ids = batch.column(CUSTOMER).cast(pa.string())
        found.append(
            pa.record_batch(
                [ids, pa.array(values, pa.string()), pa.array(sure.to_numpy(float), from_pandas=True)], schema
            )
        )
    return ibis.memtable(pa.Table.from_batches(found, schema))


def _numeric(lab: Lab, columns: Sequence[str], *, cut: str, window_days: int, scope: str) -> ir.Table:
    """The columns as numbers, named by their place, with whose they are."""
    if not columns or len(set(columns)) < len(columns):
        raise ParameterError(
            f"Numbers need at least one column, each named once: {len(columns)} names, of which {len(set(columns))}"
            " differ."
        )
    rows = table(lab, cut=cut, columns=[CUSTOMER, *columns], window_days=window_days, scope=scope)
    text = [name for name in columns if not (rows[name].type().is_numeric() or rows[name].type().is_boolean())]
    if text:
        raise ParameterError(
            f"Rows of numbers cannot hold text: {len(text)} of {len(columns)} columns do,"
            f" {', '.join(f'`{name}`' for name in text)}. Take numbers and statements alone, or latent classes, which"
            " take levels."
        )
    return rows.select(CUSTOMER, **{f"_x{at}": rows[name].cast("float64") for at, name in enumerate(columns)})


def _block(batch: Any, columns: int) -> np.ndarray:
    x = np.empty((batch.num_rows, columns))
    for at in range(columns):
        x[:, at] = batch.column(f"_x{at}").to_numpy(zero_copy_only=False)
    return x
