"""A column that takes its value from the first of several origins that has one."""

from __future__ import annotations

from collections.abc import Iterable

from cemlab.data.conversion import Converted
from cemlab.data.quoting import identifier


def first_of(column: str, alternatives: Iterable[Converted]) -> Converted:
    """Return the SQL of a column from that of its alternatives.

    Parameters
    ----------
    column : str
        Its canonical or free name.
    alternatives : iterable of Converted
        In order. One has a value where its text, and a number of days that goes with it, are there.

    Returns
    -------
    Converted
        Faults of an alternative count only where it is the one that is taken.
    """
    several = list(alternatives)
    if len(several) == 1:
        return several[0]
    there = [" AND ".join(f"{name} IS NOT NULL" for name in _needed(each)) for each in several]
    codes = {name: code for each in several for name, code in each.codes.items()}
    texts = {name: text for each in several for name, text in each.texts.items()}
    # what was read is shown beside a row that is quarantined
    texts[f"text_{column}"] = _case(there, [identifier(next(iter(each.texts))) for each in several])
    faults = []
    for place, each in enumerate(several):
        earlier = "".join(f" AND NOT ({condition})" for condition in there[:place])
        faults += [(f"{there[place]}{earlier} AND ({fault})", words) for fault, words in each.faults]
    instant = bool(several[0].naive)
    return Converted(
        codes,
        texts,
        _case(there, [each.value for each in several]),
        tuple(faults),
        f"coalesce({_case(there, [each.naive for each in several])}, false)" if instant else "",
        f"coalesce({_case(there, [each.doubtful for each in several])}, false)" if instant else "",
        _case(there, [each.day for each in several]) if instant else "",
        f"coalesce({_case(there, [each.labelled for each in several])}, false)" if several[0].labelled else "",
    )


def _needed(alternative: Converted) -> list[str]:
    return [identifier(name) for name in alternative.texts if name.startswith(("text_", "offset_"))]


def _case(there: list[str], values: list[str]) -> str:
    cases = " ".join(f"WHEN {condition} THEN {value}" for condition, value in zip(there, values, strict=True))
    return f"CASE {cases} END"
