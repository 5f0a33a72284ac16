"""Words for a segment, from what sets it apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.segments.sums import quotient

YES = ("yes", "true", "1", "y", "high", "top box")
"""Levels that need no word of their own."""

NO = ("no", "false", "0", "n")
"""Levels that are told by "no"."""

LOWER, UPPER = "below ", " and over"
"""How the lowest level of a number begins that is cut into levels, and how the highest ends."""

ORDINARY = "ordinary"
"""The name of a segment that nothing sets apart."""


def contrasts(
    probabilities: pd.DataFrame,
    *,
    sizes: pd.DataFrame,
    words: Mapping[str, str] | None = None,
    countable: Collection[str] = (),
) -> pd.DataFrame:
    """Return how far each segment's answers lie from those of all others.

    (p(segment) − p(rest))/√(p̄(1 − p̄)), p the share at a level and p̄ that of all; of two levels the
    affirmative one alone.

    Parameters
    ----------
    probabilities : pandas.DataFrame
        One row per ``segment``, ``item`` and ``level``: ``estimate``, its share within the segment.
    sizes : pandas.DataFrame
        One row per ``segment``: its ``share``.
    words : mapping of str to str, optional
        A word for an item; default: its name without the beginning that all share.
    countable : collection of str, default ()
        Items of which there are many or few, such as contacts; those of other numbers are high or low.

    Returns
    -------
    pandas.DataFrame
        One row per ``segment``, ``item`` and ``level``: ``word``, ``estimate`` (standardised), ``share``,
        ``share_rest``, ``explained`` (the share of the level's variation that lies between segments).

    Raises
    ------
    SchemaError
        When a column is missing.

    References
    ----------
    Cohen, J. (1988). Statistical power analysis for the behavioral sciences (2nd ed.). Lawrence Erlbaum.
    doi:10.4324/9780203771587

    Examples
    --------
    >>> shares = pd.DataFrame({"segment": ["1", "1", "2", "2"], "item": "price", "level": ["no", "yes"] * 2,
    ...                        "estimate": [0.2, 0.8, 0.8, 0.2]})
    >>> contrasts(shares, sizes=pd.DataFrame({"segment": ["1", "2"], "share": [0.5, 0.5]}))[["word", "estimate"]].round(2).values.tolist()
    [['price', 1.2], ['price', -1.2]]
    """
    missing = [name for name in ("segment", "item", "level", "estimate") if name not in probabilities]
    missing += [name for name in ("segment", "share") if name not in sizes]
    if missing:
        raise SchemaError(
            f"Contrasts need segment, item, level, estimate, and sizes share: {', '.join(missing)} missing."
        )
    rows = probabilities[["segment", "item", "level", "estimate"]].merge(sizes[["segment", "share"]], on="segment")
    rows = rows.rename(columns={"estimate": "p", "share": "size"})
    rows["mass"] = rows["p"] * rows["size"]
    grouped = rows.groupby(["item", "level"], sort=False)
    total, mass = grouped["size"].transform("sum"), grouped["mass"].transform("sum")
    rest = quotient((mass - rows["mass"]).to_numpy(float), (total - rows["size"]).to_numpy(float))
    mean = quotient(mass.to_numpy(float), total.to_numpy(float))
    distance = quotient(rows["p"].to_numpy(float) - rest, np.sqrt((mean * (1 - mean)).clip(min=0)))
    squares = rows["size"] * (rows["p"] - mean) ** 2
    between = squares.groupby([rows["item"], rows["level"]], sort=False).transform("sum") / total
    explained = quotient(between.to_numpy(float), mean * (1 - mean))
    rows = rows.assign(estimate=distance, share=rows["p"], share_rest=rest, explained=explained)
    shown = rows.loc[_affirmative(rows)]
    return shown.assign(word=_words(shown, words or {}, countable))[
        ["segment", "item", "level", "word", "estimate", "share", "share_rest", "explained"]
    ].reset_index(drop=True)


def names(
    contrasts: pd.DataFrame, *, given: Sequence[str] = (), at_most: int = 3, least: float = 0.3
) -> dict[str, str]:
    """Return a name for each segment, no two alike.

    The words of the largest positive differences; without any, "no" before those of the largest negative ones.

    Parameters
    ----------
    contrasts : pandas.DataFrame
        One row per ``segment`` and ``word`` with ``estimate``, a standardised difference from the rest;
        segments in the order in which they are named.
    given : sequence of str, default ()
        Names that a person gave, each as ``segment=name``.
    at_most : int, default 3
        Most words of a name.
    least : float, default 0.3
        Smallest difference that is worth a word.

    Returns
    -------
    dict of str to str
        Name by segment.

    Raises
    ------
    ParameterError
        When a given name is not of that form, names no segment, or is given twice.

    Examples
    --------
    >>> rows = pd.DataFrame({"segment": ["1", "1", "2", "2"], "word": ["price", "help"] * 2, "estimate": [1.1, -0.4, -1.1, 0.4]})
    >>> names(rows), names(rows, given=["1=Savers"])
    ({'1': 'Price', '2': 'Help'}, {'1': 'Savers', '2': 'Help'})
    """
    segments = list(dict.fromkeys(contrasts["segment"].astype(str)))
    taken = _given(given, segments)
    ranked = {name: _ranked(contrasts.loc[contrasts["segment"].astype(str).eq(name)], least=least) for name in segments}
    lengths = dict.fromkeys(segments, 1)
    while True:
        proposed = {name: taken.get(name) or _named(ranked[name][: lengths[name]]) for name in segments}
        counts = Counter(proposed.values())
        longer = [
            name
            for name in segments
            if name not in taken and counts[proposed[name]] > 1 and lengths[name] < min(at_most, len(ranked[name]))
        ]
        if not longer:
            return _numbered(proposed, taken)
        for name in longer:
            lengths[name] += 1


def renamed(estimates: Estimates, names: Mapping[str, str]) -> Estimates:
    """Return estimates whose segments bear other names, in their parts as well.

    Parameters
    ----------
    estimates : Estimates
        With the column ``segment``.
    names : mapping of str to str
        New name by segment; others stay.

    Returns
    -------
    Estimates
        A part with one column per segment has these columns renamed; the fitted model keeps its own names.
    """

    def _named(frame: pd.DataFrame) -> pd.DataFrame:
        told = {name: frame[name].replace(dict(names)) for name in ("segment", "value") if name in frame}
        return frame.assign(**told).rename(columns=dict(names))

    parts = {name: _named(part) for name, part in estimates.parts.items()}
    return replace(estimates, _table=_named(estimates.table), parts=MappingProxyType(parts))


def _affirmative(rows: pd.DataFrame) -> np.ndarray:
    """Return which rows to show: every level of an item with more than two, of two the affirmative one."""
    levels = rows.groupby("item", sort=False)["level"].agg(lambda values: sorted(set(values.astype(str))))
    kept = {}
    for item, found in levels.items():
        said = [level for level in found if level.lower() in YES or level.endswith(UPPER)]
        kept[item] = set(found) if len(found) > 2 else {(said or found)[-1]}
    return np.array(
        [str(level) in kept[item] for item, level in zip(rows["item"], rows["level"], strict=True)], dtype=bool
    )


def _words(rows: pd.DataFrame, words: Mapping[str, str], countable: Collection[str]) -> list[str]:
    items = list(dict.fromkeys(rows["item"].astype(str)))
    # need_price and need_help are told apart by price and help.
    tokens = {item: item.split("_") for item in items}
    start = 0
    while all(len(each) > start + 1 for each in tokens.values()) and len(
        {each[start] for each in tokens.values()}
    ) < min(2, len(items)):
        start += 1
    plain = {item: words.get(item) or " ".join(each[start:]) for item, each in tokens.items()}
    of_level = rows.groupby("level")["item"].nunique()
    several = rows.groupby("item")["level"].transform("nunique").gt(1)
    return [
        _word(
            plain[str(item)],
            str(level),
            many=many,
            alone=of_level[level] == 1 and item not in words,
            ends=("few", "many") if item in countable else ("low", "high"),
        )
        for item, level, many in zip(rows["item"], rows["level"], several, strict=True)
    ]


def _word(plain: str, level: str, *, many: bool, alone: bool, ends: tuple[str, str]) -> str:
    # On a scale of several numbers, 1 and 0 are places, not answers.
    if level.lower() in YES and not (many and level.isdigit()):
        return plain
    if level.lower() in NO and not (many and level.isdigit()):
        return f"no {plain}"
    if level.endswith(UPPER):
        return f"{ends[1]} {plain}"
    if level.startswith(LOWER) and many:
        return f"{ends[0]} {plain}"
    # A level that no other item has, such as "fibre", speaks for itself; a number does not.
    if not alone or any(sign.isdigit() for sign in level):
        return f"{plain} {level}"
    return f"no {level[3:]}" if level.startswith("No ") else level


def _denied(word: str) -> str:
    for high, low in (("high ", "low "), ("many ", "few ")):
        if word.startswith(high):
            return low + word.removeprefix(high)
    return f"no {word}"


def _ranked(rows: pd.DataFrame, *, least: float) -> list[str]:
    """Words in the order in which they enter a name."""
    positive = rows.loc[rows["estimate"] >= least].sort_values("estimate", ascending=False, kind="stable")
    negative = rows.loc[rows["estimate"] <= -least].sort_values("estimate", kind="stable")
    if "item" in rows:
        # Of an item with several levels, what a segment is not follows from what it is.
        negative = negative.loc[negative["item"].map(rows["item"].value_counts()) == 1]
    # "No" of "no help" would be a riddle: what it is not follows from what it is.
    plain = [word for word in negative["word"].astype(str) if not word.lower().startswith("no ")]
    return [*positive["word"].astype(str), *(_denied(word) for word in plain)]


def _named(words: Sequence[str]) -> str:
    text = ", ".join(words) if words else ORDINARY
    return text[:1].upper() + text[1:]


def _given(given: Sequence[str], segments: Sequence[str]) -> dict[str, str]:
    pairs = [entry.partition("=") for entry in given]
    wrong = [
        entry
        for entry, (segment, _, name) in zip(given, pairs, strict=True)
        if segment.strip() not in segments or not name.strip()
    ]
    if wrong:
        raise ParameterError(
            f"A given name must read segment=name, such as 1=Savers, with a segment among {', '.join(segments)}: "
            f"{len(wrong)} of {len(given)} do not ({', '.join(wrong)})."
        )
    result = {segment.strip(): name.strip() for segment, _, name in pairs}
    if len(result) < len(given) or len(set(result.values())) < len(result):
        raise ParameterError(f"Each segment must have one name of its own: {len(given)} were given, with repeats.")
    return result


def _numbered(proposed: Mapping[str, str], taken: Mapping[str, str]) -> dict[str, str]:
    """Tell apart by a number those that no word tells apart; given names stay as they are."""
    seen: Counter[str] = Counter(taken.values())
    result = {}
    for segment, name in proposed.items():
        if segment in taken:
            result[segment] = name
            continue
        seen[name] += 1
        result[segment] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return result
