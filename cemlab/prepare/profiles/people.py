"""Who is a customer on a day, and which rows were known before it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from cemlab.core import schemas
from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.lab import Lab, LedgerLine, Outcome
from cemlab.core.parameters import REGISTRY

if TYPE_CHECKING:
    import ibis.expr.types as ir

CUSTOMER = "customer_id"
LATER = "known only on or after the cut"
_TOLD_BY = ("spells", "transactions", "responses", "events", "cases", "invitations")
"""Tables that tell of customers where the lab has no table of them."""


@dataclass(frozen=True)
class Known:
    """What counts as known: everything of before a day.

    Attributes
    ----------
    day : datetime.date or None
        Nothing known on it or later counts; None where the lab has no days.
    cut : bool
        True when `day` was asked for, rather than the lab's own.
    """

    day: dt.date | None
    cut: bool

    @classmethod
    def asked(cls, lab: Lab, cut: str = "") -> Known:
        """Return what is known before a day.

        Parameters
        ----------
        lab : Lab
            An opened lab.
        cut : str, default ""
            ISO day not after the lab's as-of day; empty for that day.

        Returns
        -------
        Known
            Ready to choose rows.

        Raises
        ------
        ParameterError
            When `cut` is no day, lies after the as-of day, or the lab has no days.
        """
        if not cut:
            return cls(lab.as_of, False)
        day = dt.date.fromisoformat(str(REGISTRY["as_of"].coerce(cut)))
        if lab.as_of is None:
            raise ParameterError("`cut` needs a lab with days: none of its tables says when a row became known.")
        if day > lab.as_of:
            raise ParameterError(f"`cut` must not lie after the as-of day, {lab.as_of}: {day} was given.")
        return cls(day, True)

    def rows(self, lab: Lab, name: str) -> ir.Table:
        """Return the rows of a table that were known before the day.

        Parameters
        ----------
        lab : Lab
            The opened lab.
        name : str
            Canonical table with a date of its own.

        Returns
        -------
        ibis.Table
            All rows where the table carries no days.
        """
        rows = lab.table(name)
        on = known_on(name)
        return rows.filter(rows[on] < self.day) if self.cut and on in rows.columns else rows

    def customers(self, lab: Lab) -> ir.Table:
        """Return the customers known before the day.

        Parameters
        ----------
        lab : Lab
            The opened lab.

        Returns
        -------
        ibis.Table
            ``customers``, or the column ``customer_id`` of all other tables, each once.

        Raises
        ------
        SchemaError
            When no table tells of customers.
        """
        if "customers" in lab.tables:
            return self.rows(lab, "customers")
        told = [name for name in _TOLD_BY if name in lab.tables and CUSTOMER in lab.table(name).columns]
        if not told:
            raise SchemaError(
                f"A profile needs customers: none of the {len(lab.tables)} tables of lab `{lab.info.name}` says whose a"
                " row is. Map `customer_id`, or `customers`; patterns of answers need neither."
            )
        rows = [self.rows(lab, name).select(CUSTOMER) for name in told]
        found = ibis.union(*rows) if len(rows) > 1 else rows[0]
        return found.filter(found[CUSTOMER].notnull()).distinct()

    def record(self, lab: Lab, *, scope: str) -> int:
        """Account for the customers in the ledger.

        Parameters
        ----------
        lab : Lab
            The opened lab.
        scope : str
            The study's question.

        Returns
        -------
        int
            Customers that were known before the day.

        Raises
        ------
        InsufficientDataError
            When there is none.
        """
        known, everyone = self.customers(lab), Known(lab.as_of, False).customers(lab)
        used = int(lab.frame(known.aggregate(n=known.count()))["n"].iloc[0])
        rows_in = int(lab.frame(everyone.aggregate(n=everyone.count()))["n"].iloc[0]) if self.cut else used
        named = f"{scope} until {self.day}" if self.cut else scope

        def _line(outcome: Outcome, count: int, reason: str = "") -> LedgerLine:
            return LedgerLine("study", "customers", outcome, reason, count, scope=named)

        lab.ledger.record([_line("in", rows_in), _line("used", used), _line("excluded", rows_in - used, LATER)])
        if not used:
            raise InsufficientDataError(
                f"At least one customer must be known before {self.day}: of {rows_in:,} none is. Choose a later day."
            )
        return used


def known_on(name: str) -> str:
    """Return the column with the day on which a row of a table became known.

    Parameters
    ----------
    name : str
        Canonical table.

    Returns
    -------
    str
        Such as ``responded_on``; "" for a table without one.
    """
    table = schemas.TABLES[name]
    column = table.column(table.known_at or "")
    return (column.day or column.name) if column else ""
