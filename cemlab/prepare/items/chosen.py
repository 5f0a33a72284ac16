"""What customers of a lab are grouped by: the basis that was asked for, or the first that tells them apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cemlab.core.errors import CemlabError, EngineError, InsufficientDataError, ParameterError
from cemlab.core.lab import Lab
from cemlab.core.parameters import REGISTRY
from cemlab.prepare.items.bases import USUAL, Basis, Method, method_of, usual
from cemlab.prepare.items.cuts import cut_points
from cemlab.prepare.patterns import RATINGS, counts, unit

BASES: Sequence[Basis] = ("needs", "behaviour", "value", "stage", "mixed")
"""The bases in the order in which they are tried where none is asked for."""

LEAST_ITEMS = 3
"""Items from which on latent classes are identified: two items of any number of levels never settle two classes."""


@dataclass(frozen=True)
class Grouping:
    """What customers are grouped by, and how.

    Attributes
    ----------
    basis : {"needs", "behaviour", "value", "stage", "mixed"}
        The basis.
    method : {"classes", "mixture", "k-means", "rules"}
        How groups are sought.
    items : list of str
        As `cemlab.prepare.patterns.counts` takes them.
    cuts : dict of str to list of float
        Where numbers among them are cut into levels.
    """

    basis: Basis
    method: Method
    items: list[str]
    cuts: dict[str, list[float]] = field(default_factory=dict)


def grouping(
    lab: Lab,
    *,
    basis: str = "",
    method: str = USUAL,
    classes: int = 0,
    items: Sequence[str] = (),
    min_n: int = 2,
) -> Grouping:
    """Return what customers of a lab are grouped by.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    basis : str, default ""
        One of `BASES`; empty for the first of them that tells these customers apart, or ``needs`` where items
        are asked for.
    method : str, default "usual"
        As in `cemlab.prepare.items.method_of`.
    classes : int, default 0
        How many groups were asked for; 0 for as many as the data speak for.
    items : sequence of str, default ()
        Items that were asked for; empty for those of the basis.
    min_n : int, default 2
        Smallest number of customers in a published group; two such groups must be possible.

    Returns
    -------
    Grouping
        Basis, method, items and cut points.

    Raises
    ------
    ParameterError
        When the method, the number of groups or an item that was asked for cannot be.
    SchemaError
        When an item does not exist, or the lab has none for the basis.
    InsufficientDataError
        When latent classes have fewer than `LEAST_ITEMS` items, customers are too few, or no basis tells them apart.

    Examples
    --------
    >>> grouping(lab, basis="value")  # doctest: +SKIP
    """
    asked: dict[str, Any] = {"method": method, "classes": classes, "min_n": min_n}
    if basis or items:
        return _on(lab, next((each for each in BASES if each == basis), "needs"), items=items, **asked)
    why = {}
    for each in BASES:
        try:
            return _on(lab, each, items=(), **asked)
        except EngineError:
            raise
        except CemlabError as error:
            why[each] = str(error).partition(". ")[0].rstrip(".")
    raise InsufficientDataError(
        f"Customers are grouped by something that tells them apart: none of {len(why)} bases does "
        f"({'; '.join(f'{each}: {because}' for each, because in why.items())}). Name at least {LEAST_ITEMS} columns in "
        "`items`, declare `needs` in the lab file, or map `transactions`, `events` or `spells`."
    )


def _on(lab: Lab, basis: Basis, *, method: str, classes: int, items: Sequence[str], min_n: int) -> Grouping:
    if any("," in name and not name.startswith(RATINGS) for name in items):
        replace(REGISTRY["items"], free=False).coerce(list(items))
    how = method_of(basis, asked=method, classes=classes)
    used = usual(lab, basis=basis, method=how, asked=items)
    cuts = cut_points(lab, used)
    if how == "classes" and len(used) < LEAST_ITEMS:
        raise InsufficientDataError(
            f"Latent classes need at least {LEAST_ITEMS} items that tell customers apart: {basis} has {len(used)}. Name"
            " more in `items`, or choose another `basis` or `method`."
        )
    found = Grouping(basis, how, used, cuts)
    _need_patterns(lab, found, classes=classes, min_n=min_n)
    return found


def _need_patterns(lab: Lab, found: Grouping, *, classes: int, min_n: int) -> None:
    """Refuse items that nobody has, too few customers, and more classes than the patterns of the items have room for."""
    patterns = counts(lab, items=found.items, cuts=found.cuts, scope="items")
    levels = {name: int(patterns[name].nunique()) for name in found.items}
    flat = [name for name, many in levels.items() if many < 2]
    whose = "answers" if unit(lab) == "answers" else "customers"
    if flat:
        raise ParameterError(
            f"An item must tell {whose} apart: {', '.join(f'`{name}`' for name in flat)} is the same for everybody, or"
            " missing. Leave it out of `items`."
        )
    grouped = int(patterns.dropna(subset=found.items, how="all")["n"].sum())
    if grouped < 2 * min_n:
        raise InsufficientDataError(
            f"Two groups of {min_n} {whose} (`min_n`) need at least {2 * min_n}: {grouped:,} have a value of an item."
            " Group more of them."
        )
    parameters = classes - 1 + classes * sum(many - 1 for many in levels.values())
    free = math.prod(levels.values()) - 1
    if found.method == "classes" and classes and parameters > free:
        raise ParameterError(
            f"`classes` must be fewer, or items more: {classes} classes of {len(levels)} items have {parameters}"
            f" parameters, and there are {free:,} free patterns. Leave it at 0 for as many as the data speak for."
        )
