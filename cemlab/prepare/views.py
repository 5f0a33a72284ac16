"""A lab seen with one of its tables changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cemlab.core.lab import Lab

if TYPE_CHECKING:
    import pandas as pd


class LabView:
    """A lab as it is (see `cemlab.core.lab.Lab`); what inherits from it changes a table.

    Parameters
    ----------
    lab : Lab
        The opened lab. Engine and ledger stay its own.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.info, self.as_of, self.fingerprint, self.ledger = lab.info, lab.as_of, lab.fingerprint, lab.ledger
        self.tables, self.undated = lab.tables, lab.undated

    def table(self, name: str, *, personal: Iterable[str] = ()) -> Any:
        """Return a table of the lab.

        Parameters
        ----------
        name : str
            Canonical name.
        personal : iterable of str
            Personal columns that are wanted.

        Returns
        -------
        ibis.Table
            As the lab gives it.
        """
        return self._lab.table(name, personal=personal)

    def quarantined(self, name: str) -> Any:
        """Return the quarantined rows of a table, as the lab does.

        Parameters
        ----------
        name : str
            Canonical name.

        Returns
        -------
        ibis.Table
            As the lab gives it.
        """
        return self._lab.quarantined(name)

    def frame(self, expression: Any) -> pd.DataFrame:
        """Return the result of an expression, as the lab does.

        Parameters
        ----------
        expression : ibis.Table or ibis.Value
            Made from this lab's tables.

        Returns
        -------
        pandas.DataFrame
            Its rows.
        """
        return self._lab.frame(expression)

    def most_rows(self, table: str, column: str) -> int | None:
        """Return how many rows at most share one value of a column, as the lab does.

        Parameters
        ----------
        table : str
            Canonical name.
        column : str
            Its column.

        Returns
        -------
        int or None
            None where it is not known.
        """
        return self._lab.most_rows(table, column)

    def held(self, expression: Any) -> Any:
        """Work an expression out once, as the lab does.

        Parameters
        ----------
        expression : ibis.Table
            Made from this lab's tables.

        Returns
        -------
        ibis.Table
            The same rows, lazy again.
        """
        return self._lab.held(expression)

    def batches(self, expression: Any, *, rows: int, held: bool) -> Iterable[Any]:
        """Return the result of an expression in blocks, as the lab does.

        Parameters
        ----------
        expression : ibis.Table
            Made from this lab's tables.
        rows : int
            How many rows a block holds at most.
        held : bool
            True to work the expression out once.

        Returns
        -------
        iterable of pyarrow.RecordBatch
            The same blocks at each pass.
        """
        return self._lab.batches(expression, rows=rows, held=held)
