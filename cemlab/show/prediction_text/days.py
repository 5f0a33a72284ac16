"""Sentences on the days on which a prediction cannot be judged."""

from __future__ import annotations

from collections.abc import Sequence

from cemlab.core.results import Finding, Name, Sentence


def not_judged(
    days: Sequence[str], *, live: Finding, stayed: Finding, missing: Finding, horizon: str
) -> tuple[Sentence, ...]:
    """Say which days are not judged, because those who stayed could not be seen.

    Parameters
    ----------
    days : sequence of str
        Those days, newest first.
    live, stayed : Finding
        Customers of the newest of them, and how many could be seen to stay.
    missing : Finding
        Share of its customers that the file lacks; 0 where it holds open spells too.
    horizon : str
        How far ahead, in words.

    Returns
    -------
    tuple of Sentence
        The newest day with its counts, and what the file lacks.
    """
    which = f"The day {days[0]} is" if len(days) == 1 else f"The {len(days)} days from {days[-1]} to {days[0]} are"
    counts = Sentence(
        Name(which),
        " not evaluated: of ",
        live,
        " customers who were here on ",
        Name(days[0]),
        ", ",
        stayed,
        " could be seen to stay for ",
        Name(horizon),
        ".",
    )
    if not missing.value:
        return (counts,)
    lacks = Sentence(
        "The file holds only customers who had left by its end. It lacks about ",
        missing,
        " of the customers of that day, all of whom stayed, so too many of those in the file leave.",
    )
    return counts, lacks
