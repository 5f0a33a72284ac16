"""What customers may be grouped by: the items of each basis, and the methods that seek groups on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.lab import Lab
from cemlab.prepare.patterns import RATINGS, unit
from cemlab.prepare.profiles.parts import LEAVING_RISK
from cemlab.prepare.profiles.people import CUSTOMER
from cemlab.prepare.profiles.purchases import RFM_SCORES
from cemlab.prepare.profiles.tables import NEW_MONTHS, STAGE, columns, table

Basis = Literal["needs", "behaviour", "value", "stage", "mixed"]
Method = Literal["classes", "mixture", "k-means", "rules"]

USUAL = "usual"
"""Asks for the method that suits a basis."""

RULED: Mapping[str, Sequence[Method]] = {"value": ("rules", "classes", "mixture", "k-means"), "stage": ("rules",)}
"""Bases that a rule divides, with the methods that they allow, the usual one first."""

MODELLED: Sequence[Method] = ("classes", "mixture", "k-means")
"""The same of the other bases."""

STAGES: Mapping[str, str] = {
    "new": f"a customer, and not yet for {NEW_MONTHS} whole months",
    "established": f"a customer for {NEW_MONTHS} months or longer",
    "leaving": f"a customer whose churn risk is {LEAVING_RISK:.0%} or higher",
    "left": "no longer a customer",
}
"""Stages of a customer's life in their order, and the rule behind each."""

NUMERIC = ("mixture", "k-means")
AMOUNTS = ("recency_days", "frequency", "monetary")

MOST_ITEMS = 12
"""Items that are taken when nobody says which: more make patterns so many that each is nearly alone."""

CROWDED = 0.5
"""Share of customers with one and the same value from which on a mixture leaves a number out."""

_DID = ("contacts_365d", "complaints_90d", "responses", "frequency", "recency_days")
_MIXED = ("contacts_365d", "complaints_90d", "stage", "frequency_score", "monetary_score")


def method_of(basis: Basis, *, asked: str = USUAL, classes: int = 0) -> Method:
    """Return how groups are sought on a basis.

    Parameters
    ----------
    basis : {"needs", "behaviour", "value", "stage", "mixed"}
        What customers are grouped by.
    asked : str, default "usual"
        A method that was asked for, or the usual one: rules for value and stage, latent classes for all else.
    classes : int, default 0
        How many groups were asked for; 0 for as many as the data speak for.

    Returns
    -------
    {"classes", "mixture", "k-means", "rules"}
        The method.

    Raises
    ------
    ParameterError
        When the basis does not allow it, or so many groups are none.

    Examples
    --------
    >>> method_of("needs"), method_of("value"), method_of("value", asked="mixture")
    ('classes', 'rules', 'mixture')
    """
    allowed = RULED.get(basis, MODELLED)
    found = next((each for each in allowed if asked in (USUAL, each)), None)
    if found is None:
        raise ParameterError(
            f"A basis must allow the method: `{basis}` allows {', '.join(allowed)}, and {asked} was asked for. Choose"
            " another `method`, or another `basis`."
        )
    if classes == 1 or (classes and found == "rules"):
        why = "rules make their own number of groups" if found == "rules" else "one group is everybody"
        raise ParameterError(
            f"`classes` must be {'0' if found == 'rules' else '0 or at least 2'}: {classes} was asked for, and {why}. "
            "Leave it at 0 for as many as there are."
        )
    return found


def usual(lab: Lab, *, basis: Basis, method: Method = "classes", asked: Sequence[str] = ()) -> list[str]:
    """Return the items by which a lab's customers can be grouped on a basis.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    basis : {"needs", "behaviour", "value", "stage", "mixed"}
        Needs: those that the lab declares, else statements of its customers, else what was rated. Behaviour:
        contacts, channels, complaints, answers, purchases. Value: scores of recency, frequency and money.
        Stage: of a customer's life. Mixed: some of each.
    method : {"classes", "mixture", "k-means", "rules"}, default "classes"
        How groups are sought: mixtures and k-means take numbers, so that value is then amounts instead of
        scores; a mixture, none of which most customers share one value.
    asked : sequence of str, default ()
        Items that were asked for: taken as they are.

    Returns
    -------
    list of str
        At most `MOST_ITEMS`, none of them constant, as `cemlab.prepare.patterns.counts` takes them.

    Raises
    ------
    SchemaError
        When the lab has none.
    ParameterError
        When items are asked for where a rule divides.

    Examples
    --------
    >>> usual(lab, basis="needs")  # doctest: +SKIP
    ['need_price', 'need_help']
    """
    if asked and method == "rules":
        raise ParameterError(
            f"A rule has its own items: `items` names {len(asked)} others, and `{basis}` is divided by rules. Leave"
            " `items` empty, or choose another `method`."
        )
    if asked:
        return list(asked)
    if basis == "needs":
        found = list(lab.info.needs) or _stated(lab) or _rated(lab)
    elif unit(lab) == "answers":
        found = []
    else:
        known = columns(lab)
        # Shares add up to one, and those without contacts have none: numbers that methods for numbers cannot take.
        channels = [
            name for name in known if name.startswith("contacts_") and name.endswith("_share") and method not in NUMERIC
        ]
        value = AMOUNTS if method in NUMERIC else RFM_SCORES
        wanted = {"behaviour": (*_DID, *channels), "value": value, "stage": (STAGE,), "mixed": _MIXED}[basis]
        stated = (list(lab.info.needs) or _stated(lab)) if basis == "mixed" else []
        found = varying(lab, [*stated, *(name for name in wanted if name in known)])
        found = _spread_out(lab, found) if method == "mixture" else found
    if not found:
        wanting = "Map `spells`" if basis == "stage" else "Give `items`, declare `needs` in the lab file"
        raise SchemaError(
            f"Customers can be grouped by {basis} only by something that tells them apart: lab `{lab.info.name}` has no"
            f" such column. {wanting}, or choose another basis."
        )
    return found[:MOST_ITEMS]


def varying(lab: Lab, names: Sequence[str]) -> list[str]:
    """Return the columns of the profile that are not the same for everybody.

    Parameters
    ----------
    lab : Lab
        An opened lab.
    names : sequence of str
        Columns of the profile.

    Returns
    -------
    list of str
        In the order of `names`.
    """
    if not names:
        return []
    rows = table(lab, columns=[CUSTOMER, *names], scope="items")
    seen = lab.frame(rows.aggregate(**{f"_{at}": rows[name].nunique() for at, name in enumerate(names)})).iloc[0]
    return [name for at, name in enumerate(names) if seen[f"_{at}"] > 1]


def _spread_out(lab: Lab, names: Sequence[str]) -> list[str]:
    """Numbers of which no value is that of most customers: a component of a mixture would close in on it."""
    rows = table(lab, columns=[CUSTOMER, *names], scope="items")
    values = {f"_{at}": rows[name].cast("float64") for at, name in enumerate(names)}
    common = lab.frame(rows.aggregate(**{at: value.mode() for at, value in values.items()})).iloc[0]
    shares = lab.frame(
        rows.aggregate(**{at: (value == float(common[at])).mean() for at, value in values.items()})
    ).iloc[0]
    return [name for at, name in enumerate(names) if shares[f"_{at}"] <= CROWDED]


def _stated(lab: Lab) -> list[str]:
    """Statements that a lab holds of its customers."""
    if "customers" not in lab.tables:
        return []
    rows = lab.table("customers")
    return varying(lab, [name for name in rows.columns if rows[name].type().is_boolean()])


def _rated(lab: Lab) -> list[str]:
    """What was rated, the most often rated first."""
    if "ratings" not in lab.tables:
        return []
    rows = lab.table("ratings")
    rows = rows.filter(rows.score.notnull())
    counted = lab.frame(rows.group_by("item").aggregate(n=rows.count(), codes=rows.score.nunique()))
    counted = counted.query("codes > 1").sort_values(["n", "item"], ascending=[False, True], kind="stable")
    return [RATINGS + str(name) for name in counted["item"]]
