"""Groups of customers for the delete-a-group jackknife, the same in every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis

from cemlab.core.errors import ParameterError

if TYPE_CHECKING:
    import ibis.expr.types as ir

REPLICATE = "replicate"
GROUPS = 256
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
