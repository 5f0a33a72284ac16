"""Who belongs together: clusters of spells, and groups of them for the jackknife, the same in every engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from cemlab.core.errors import ParameterError
from cemlab.core.lab import Lab

if TYPE_CHECKING:
    import ibis.expr.types as ir

REPLICATE = "replicate"
GROUPS = 256
OWN = -1
"""In place of a number of groups: each customer or account is a group of its own."""

MOST_OWN = 1_000
"""Customers or accounts up to which each is a group of its own: hashed groups are uneven."""

_DIGITS = "0123456789abcdef"


def replicate(customers: Any, groups: int) -> ir.IntegerValue:
    """Return the jackknife group of each customer.

    The first two hexadecimal digits of the MD5 of the id as text, modulo `groups`.

    Parameters
    ----------
    customers : ibis string
        Ids of customers, or of whatever rows cluster by.
    groups : int
        How many groups, 2 to 256.

    Returns
    -------
    ibis integer
        From 0 to `groups` − 1.

    Raises
    ------
    ParameterError
        When there cannot be so many groups.

    References
    ----------
    Kott, P. S. (2001). The delete-a-group jackknife. Journal of Official Statistics, 17(4), 521–526.

    Examples
    --------
    >>> groups = replicate(rows.customer_id, 100)  # doctest: +SKIP
    """
    if not 2 <= groups <= GROUPS:
        raise ParameterError(f"Replicate groups must be 2 to {GROUPS}: {groups} were asked for.")
    digest = customers.cast("string").hexdigest("md5")
    first, second = (ibis.literal(_DIGITS).find(digest.substr(at, 1)) for at in (0, 1))
    return ((16 * first + second) % groups).cast("int64")


@dataclass(frozen=True)
class Clusters:
    """Whose spells belong together: those of one customer, or of one account where the lab declares accounts.

    Attributes
    ----------
    unit : {"customer", "account"}
        What the spells cluster by.
    count : int
        How many of them there are.
    spells : int
        Spells of all of them.
    largest : int
        Spells of the largest.
    """

    unit: str
    count: int
    spells: int
    largest: int

    @property
    def repeated(self) -> bool:
        """Whether one of them has more than one spell."""
        return self.largest > 1

    @property
    def largest_share(self) -> float:
        """Share of the spells that the largest has."""
        return self.largest / self.spells if self.spells else 0.0

    @property
    def replicates(self) -> int:
        """Groups for the jackknife: none where nobody has two spells, each its own up to 1,000, else hashed ones."""
        if not self.repeated:
            return 0
        return OWN if self.count <= MOST_OWN else GROUPS


def accounts(lab: Lab) -> list[str]:
    """Return the column of accounts, whose customers are no more independent than answers of one customer.

    Parameters
    ----------
    lab : Lab
        The opened lab.

    Returns
    -------
    list of str
        ``account_id``, or nothing where the lab knows no accounts.
    """
    return ["account_id"] if "customers" in lab.tables and "account_id" in lab.table("customers").columns else []


def clusters(lab: Lab) -> Clusters:
    """Return whose spells belong together, and whether anybody has more than one.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``spells``.

    Returns
    -------
    Clusters
        By account where ``customers`` has ``account_id`` (a customer without one stands alone), else by customer.

    Examples
    --------
    >>> together = clusters(lab)  # doctest: +SKIP
    """
    spells = lab.table("spells")
    if not accounts(lab) and lab.most_rows("spells", "customer_id") == 1:
        count = int(lab.frame(spells.aggregate(n=spells.count()))["n"].iloc[0])
        return Clusters("customer", count, count, min(count, 1))
    rows = _with_cluster(lab, spells.select("customer_id"))
    sizes = rows.group_by("_cluster").aggregate(n=rows.count())
    found = lab.frame(
        sizes.aggregate(count=sizes.count(), spells=sizes.n.sum().fill_null(0), largest=sizes.n.max().fill_null(0))
    ).iloc[0]
    unit = "account" if accounts(lab) else "customer"
    return Clusters(unit, int(found["count"]), int(found["spells"]), int(found["largest"]))


def with_replicates(lab: Lab, rows: ir.Table, replicates: int) -> ir.Table:
    """Return spells with the jackknife group of their customer, or of their account where the lab declares accounts.

    Parameters
    ----------
    lab : Lab
        The opened lab.
    rows : ibis.Table
        Spells, with ``customer_id``.
    replicates : int
        Hashed groups, 2 to 256; `OWN`: each its own.

    Returns
    -------
    ibis.Table
        With the column `REPLICATE`, from 0.

    Raises
    ------
    ParameterError
        When there cannot be so many groups.
    """
    rows = _with_cluster(lab, rows)
    if replicates == OWN:
        group = ibis.dense_rank().over(ibis.window(order_by=rows._cluster)).cast("int64")
    else:
        group = replicate(rows._cluster, replicates)
    return rows.mutate(**{REPLICATE: group}).drop("_cluster")


def _with_cluster(lab: Lab, rows: ir.Table) -> ir.Table:
    """Add the id of the account of each row, else of its customer."""
    if not accounts(lab):
        return rows.mutate(_cluster=rows.customer_id)
    known = lab.table("customers").select(_joined="customer_id", _account="account_id")
    both = rows.left_join(known, rows.customer_id == known._joined)
    return both.mutate(_cluster=both._account.nullif("").fill_null(both.customer_id)).drop("_joined", "_account")
