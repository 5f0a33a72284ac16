"""Columns that an export lacks and another one has: found through a shared key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cemlab.core.schemas import TABLES
from cemlab.data.drafting.exports import Export, Guess, Plan, doubt_of, source_map
from cemlab.data.drafting.vocabulary import Match, affirmative

_WANTED = {"responses": ("customer_id",)}
_ELSEWHERE = "from another file"
_SOME = 1e-9


def borrow(plan: Plan, names: Mapping[Export, str]) -> None:
    """Fill what a plan lacks by looking it up in the other exports.

    Parameters
    ----------
    plan : Plan
        Gets the columns.
    names : mapping of Export to str
        All exports that were given → the file as the lab file names it.
    """
    lacking = (*TABLES[plan.table].required, *_WANTED.get(plan.table, ()))
    others = {export: name for export, name in names.items() if export is not plan.file}
    for column in dict.fromkeys(lacking):
        if not plan.mapped(column) and not plan.options.get("items"):
            _borrow(plan, others, column=column)
    if (
        plan.table == "spells"
        and (plan.mapped("tenure_months") or plan.mapped("tenure_days"))
        and not plan.mapped("ended_on")
    ):
        _borrow_end(plan, others)


def same_person(plans: Sequence[Plan], names: Mapping[Export, str]) -> None:
    """Where a table names customers by a key of the customers' own file, look up the person behind it.

    Parameters
    ----------
    plans : sequence of Plan
        All of a draft.
    names : mapping of Export to str
        Every export → the file as the lab file names it.
    """
    home = next((plan for plan in plans if plan.table == "customers"), None)
    person = (
        next((guess.value.get("from") for guess in home.guesses if guess.column == "customer_id"), None)
        if home
        else None
    )
    if home is None or person is None:
        return
    keys = {each.header for each in home.file.profiles if each.unique} - {person}
    for plan in plans:
        for at, guess in enumerate(plan.guesses):
            if plan is not home and guess.column == "customer_id" and _ends_in(guess) in keys:
                step = {"file": names[home.file], "key": _ends_in(guess), "value": person}
                before = [guess.value["lookup"]] if "lookup" in guess.value else []
                value = {"from": guess.value["from"], "lookup": [*before, step]}
                plan.guesses[at] = Guess("customer_id", value, "the person behind it, from another file")


def _ends_in(guess: Guess) -> str | None:
    """The column whose values a guess takes in the end."""
    lookup = guess.value.get("lookup")
    found = lookup["value"] if lookup else guess.value.get("from")
    return str(found) if found else None


def shared_key(export: Export, other: Export) -> str | None:
    """Return a header of both exports that tells the other's rows apart, and under which both write the same values.

    Parameters
    ----------
    export : Export
        Wants values.
    other : Export
        Has them.

    Returns
    -------
    str or None
        None when there is none.
    """
    own = {each.header for each in export.profiles if each.present}
    met = {
        each.header: _met(export, other, each.header) for each in other.profiles if each.unique and each.header in own
    }
    best = max(met, key=lambda header: met[header], default=None)
    # of an export that was not looked at whole, the rest may hold the others
    return best if best is not None and met[best] >= (0.5 if other.whole else _SOME) else None


def _met(export: Export, other: Export, header: str) -> float:
    """The share of an export's values that the other one has."""
    own, there = export.cells(header) - {""}, other.cells(header)
    return len(own & there) / len(own) if own else 0.0


def through(key: str, name: str, header: str) -> dict[str, Any]:
    """Return how a column of another file is looked up.

    Parameters
    ----------
    key : str
        Header that both share.
    name : str
        The other file, as the lab file names it.
    header : str
        Its column.

    Returns
    -------
    dict
        ``from`` and ``lookup``.
    """
    return {"from": key, "lookup": {"file": name, "key": key, "value": header}}


def _borrow(plan: Plan, others: Mapping[Export, str], *, column: str) -> None:
    for other, name in others.items():
        found = other.customer() if column == "customer_id" else other.best(column)
        key = shared_key(plan.file, other)
        if found and key and found.profile.header != key:
            value = source_map(found.profile) | through(key, name, found.profile.header)
            plan.guesses.append(Guess(column, value, doubt_of(found.profile) or _ELSEWHERE))
            return


def _borrow_end(plan: Plan, others: Mapping[Export, str]) -> None:
    """When another file says who left, they left on the day of the snapshot."""
    started = next((guess for guess in plan.guesses if guess.column == "started_on"), None)
    day = started.value.get("constant", "") if started else ""
    for other, name in others.items():
        found, key = other.best("churned"), shared_key(plan.file, other)
        if day and found and key:
            value = through(key, name, found.profile.header) | {"values": _days(found, day)}
            plan.guesses.append(
                Guess("ended_on", value, "the day of the snapshot, for those whom another file calls gone")
            )
            reason = other.best("end_reason", apart=[found.profile.header])
            if reason and not plan.mapped("end_reason"):
                plan.guesses.append(Guess("end_reason", through(key, name, reason.profile.header), _ELSEWHERE))
            return


def _days(found: Match, day: str) -> dict[str, str]:
    gone = affirmative(found.profile)
    return {code: day if code in gone else "" for code in found.profile.codes}
