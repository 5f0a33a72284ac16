"""Sentences on what acting on a prediction would bring, and who is at risk today."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cemlab.core.results import Finding, Name, Quote, Sentence
from cemlab.show import hazard_tables
from cemlab.show.text.outcomes import is_missing, of_known_groups


def found_by_contacting(share: Finding, found: Finding) -> Sentence:
    """Say which share of leavers the customers at highest risk hold.

    Parameters
    ----------
    share : Finding
        Share of customers contacted.
    found : Finding
        Share of leavers among them.

    Returns
    -------
    Sentence
        Both shares.
    """
    if found.suppressed or not math.isfinite(found.value):
        return Sentence("How many churned customers a list would have held cannot be told: too few left.")
    return Sentence(
        "The ",
        share,
        " of customers at highest risk held ",
        found,
        " of those who left (between ",
        Quote(found, "interval"),
        ").",
    )


def worth(best: Finding, *, everybody: Finding, threshold: Finding, contacted: Finding, currency: str) -> Sentence:
    """Say what contacting those above the best threshold would bring.

    Parameters
    ----------
    best, everybody : Finding
        Money per customer at the best threshold, and of contacting all.
    threshold, contacted : Finding
        That threshold, and the share of customers above it.
    currency : str
        Of the money.

    Returns
    -------
    Sentence
        Under the assumptions that are named beside it.
    """
    if not math.isfinite(best.value) or best.value <= 0:
        return Sentence(
            "Under these assumptions it is best to contact nobody: no group earns back the cost of contacting it."
        )
    money = Name(f" {currency}") if currency else Name("")
    return Sentence(
        "Contacting those above a risk of ",
        threshold,
        " (",
        contacted,
        " of customers) would bring ",
        best,
        money,
        " per customer (between ",
        Quote(best, "interval"),
        "); contacting everybody ",
        everybody,
        money,
        ".",
    )


def assumptions(cost: Finding, kept: Finding, margin: Finding, *, currency: str, known: bool) -> Sentence:
    """Name the assumptions under which acting is worth what is said.

    Parameters
    ----------
    cost, kept, margin : Finding
        Cost of a contact, share of contacted leavers who stay, and yearly margin of a customer.
    currency : str
        Of the money.
    known : bool
        True when the margin was read from transactions.

    Returns
    -------
    Sentence
        What to replace by own numbers.
    """
    source = "as transactions show on average" if known else "as assumed"
    money = Name(f" {currency}") if currency else Name("")
    return Sentence(
        "Assumed: a contact costs ",
        cost,
        money,
        "; ",
        kept,
        " of contacted customers who would leave stay for a year more; a customer earns ",
        margin,
        money,
        f" in a year, {source}. Nothing here shows that a contact changes anything: only a randomised trial would.",
    )


def today(scored: Finding, high: Finding, *, share: Finding, above: Finding, horizon: str) -> Sentence:
    """Say how many of today's customers are at high risk.

    Parameters
    ----------
    scored, high : Finding
        Customers with a score, and those above a threshold.
    share : Finding
        Of all, those above it.
    above : Finding
        The threshold.
    horizon : str
        How far ahead, in words.

    Returns
    -------
    Sentence
        Counts only; nobody is named.
    """
    return Sentence(
        "Of today's ",
        scored,
        " customers, ",
        high,
        " (",
        share,
        ") have a risk above ",
        above,
        " of leaving within ",
        Name(horizon),
        ".",
    )


def at_stake(stakes: Sequence[Finding], *, largest: Sequence[Finding], horizon: str, currency: str) -> list[Sentence]:
    """Say which margin is at stake: what is expected to be lost, what may be, and how much of it hangs on few customers.

    Parameters
    ----------
    stakes : sequence of Finding
        By ``what``: "expected", "lost" and perhaps "lost, accounts together", from
        ``stats.prediction.margin_at_stake``.
    largest : sequence of Finding
        Share of the largest and of the ten largest in what is expected.
    horizon : str
        How far ahead, in words.
    currency : str
        ISO code.

    Returns
    -------
    list of Sentence
        Empty where the margin is withheld.
    """
    if any(each.suppressed for each in stakes):
        return []
    expected, lost, *together = stakes
    told = [
        Sentence(
            "Customers with a yearly margin of ",
            Name(currency),
            " ",
            expected,
            " are expected to leave within ",
            Name(horizon),
            " (between ",
            Quote(expected, "interval"),
            ", the model's error).",
        ),
        Sentence("The actual loss depends on who leaves: between ", Quote(lost, "interval"), " (prediction interval)."),
    ]
    told += [
        Sentence("If customers of one account leave together, it is between ", Quote(each, "interval"), ".")
        for each in together
    ]
    if largest:
        first, ten = largest
        told.append(
            Sentence(
                "The largest customer or account holds ",
                first,
                " of the expected loss, the ten largest hold ",
                ten,
                ".",
            )
        )
    return told


def in_short(share: Finding, found: Finding) -> Sentence:
    """Say in one sentence of the answer which share of leavers the top of the list holds.

    Parameters
    ----------
    share : Finding
        Share of customers contacted.
    found : Finding
        Share of leavers among them.

    Returns
    -------
    Sentence
        With its interval.
    """
    if found.suppressed or not math.isfinite(found.value):
        return found_by_contacting(share, found)
    return Sentence(
        "The riskiest ", share, " held ", found, " of those who left (between ", Quote(found, "interval"), ")."
    )


def today_in_short(scored: Finding, high: Finding, *, above: Finding) -> Sentence:
    """Say in one sentence of the answer how many of today's customers are at high risk.

    Parameters
    ----------
    scored, high : Finding
        Customers with a score, and those above a threshold.
    above : Finding
        The threshold.

    Returns
    -------
    Sentence
        Counts only.
    """
    return Sentence("Of today's ", scored, " customers, ", high, " have a risk above ", above, ".")


def highest(points: Sequence[Finding], *, references: Mapping[str, str], brief: bool = False) -> Sentence | None:
    """Say which group holds the high risks, all other columns of the model alike.

    Parameters
    ----------
    points : sequence of Finding
        Ratio of each ``term`` and ``level``, flagged where it stands out after adjustment.
    references : mapping of str to str
        Term → the level that the others are compared with.
    brief : bool, default False
        The group's name alone, for the answer.

    Returns
    -------
    Sentence or None
        Of the column with the ratio that is furthest from one; None when none is significant. Never of those
        whose level is missing.
    """
    told = [each for each in of_known_groups(points) if each.flagged and not each.suppressed and each.value > 0]
    told = [each for each in told if not is_missing(references.get(each.scope["term"], ""))]
    if not told:
        return None
    term = max(told, key=lambda each: abs(math.log(each.value))).scope["term"]
    own = [each for each in told if each.scope["term"] == term]
    most = max(own, key=lambda each: each.value)
    name = hazard_tables.named(term)
    if brief:
        group = most.scope["level"] if most.value > 1 else references[term]
        return Sentence("Highest risk, other things being equal: ", Name(f"“{name}”: {group}"), ".")
    if most.value > 1:
        return Sentence(
            Name(f"“{name}: {most.scope['level']}” has the highest risk: "),
            most,
            Name(f" times the rate of {references[term]} (between "),
            Quote(most, "interval"),
            ").",
        )
    least = min(own, key=lambda each: each.value)
    return Sentence(
        Name(f"“{name}: {references[term]}” has the highest risk: {least.scope['level']} leaves at "),
        least,
        " times its rate (between ",
        Quote(least, "interval"),
        ").",
    )


def no_list() -> Sentence:
    """Say that a list of customers by risk is not worth acting on.

    Returns
    -------
    Sentence
        For a prediction that is no better than chance.
    """
    return Sentence("We found no evidence that a list of today's customers by this risk is better than a random one.")
