"""Tables whose last column counts customers rather than answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cemlab.core.lab import LabInfo
from cemlab.core.results import Estimates
from cemlab.show import tables
from cemlab.show.tables import Column, Table


def of_customers(
    found: Estimates, *, caption: str, info: LabInfo, label: str = "Estimate", extra: Mapping[str, str] | None = None
) -> Table:
    """Return estimates as a table whose last column counts customers.

    Parameters
    ----------
    found : Estimates
        In the order in which the rows are to stand.
    caption : str
        What one row is.
    info : LabInfo
        For the locale.
    label : str, default "Estimate"
        Heading of the estimate, without unit.
    extra : mapping of str to str, optional
        As ``show.tables.of_estimates``.

    Returns
    -------
    Table
        As ``show.tables.of_estimates``; ratios with two decimals at least.
    """
    finer = 1 if found.unit == "ratio" else 0
    made = tables.of_estimates(found, caption=caption, info=info, label=label, extra=extra, finer=finer)
    return replace(made, columns=(*made.columns[:-1], Column("Customers", numeric=True)))
