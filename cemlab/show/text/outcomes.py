"""What is said of comparisons that are not flagged: one way for every study, by their outcome."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from cemlab.core.results import Finding, Name, Outcome, Part, Quote, Sentence
from cemlab.show import numbers
from cemlab.show.text.power import detectable

_MOST_NAMED = 3
"""Comparisons that a sentence names before it says that there are more."""

_OUTCOME_WORDS: Mapping[str, str] = {
    "large": "significant, larger than the floor",
    "significant": "significant, size not shown",
    "small": "significant, too small to matter",
    "not significant": "not significant",
    "not testable": "not tested",
    "not estimable": "not estimated",
    "withheld": "withheld",
}

Named = Callable[[Finding], tuple[Part, ...]]
"""How a study names what a finding compares."""


def outcome_words(outcome: str, *, floor: float = math.nan) -> str:
    """Return the outcome of a comparison as a table prints it.

    Parameters
    ----------
    outcome : str
        As `core.results.outcome_of` gives it.
    floor : float, optional
        Materiality floor; with one of 0, significant says all that there is to say.

    Returns
    -------
    str
        A few words.

    Examples
    --------
    >>> outcome_words("small"), outcome_words("large", floor=0)
    ('significant, too small to matter', 'significant')
    """
    return "significant" if outcome == "large" and floor == 0 else _OUTCOME_WORDS[outcome]


def with_outcome(found: Sequence[Finding], *outcomes: Outcome) -> list[Finding]:
    """Return the comparisons that have one of these outcomes, the largest first.

    Parameters
    ----------
    found : sequence of Finding
        Adjusted in the run's family.
    *outcomes : str
        As `core.results.outcome_of` gives them.

    Returns
    -------
    list of Finding
        By size, where there is an estimate.
    """
    chosen = [each for each in found if each.outcome in outcomes]
    return sorted(chosen, key=lambda each: -abs(each.value) if each.value == each.value else 0.0)


_MISSING = frozenset({"unknown", "not known", "missing"})
"""What the level of a missing value is called, by us and by most exports."""


def is_missing(level: str) -> bool:
    """Return whether a level stands for a missing value.

    Parameters
    ----------
    level : str
        As data have it.

    Returns
    -------
    bool
        True for ``unknown`` in any case.

    Examples
    --------
    >>> is_missing("Unknown "), is_missing("North")
    (True, False)
    """
    return level.strip().casefold() in _MISSING


def of_known_groups(found: Sequence[Finding]) -> list[Finding]:
    """Return the comparisons of groups whose level is known: who is missing is no group to speak of in a headline.

    Parameters
    ----------
    found : sequence of Finding
        With the group in the scope.

    Returns
    -------
    list of Finding
        In the same order.
    """
    return [each for each in found if not any(is_missing(level) for level in each.scope.values())]


def only_missing(subjects: Sequence[str], *, shown: str) -> Sentence:
    """Say that nothing is shown except of those whose value is missing.

    Parameters
    ----------
    subjects : sequence of str
        Columns of which the missing level is flagged.
    shown : str
        What is shown of nothing else, such as ``No group is shown to differ from the rest``.

    Returns
    -------
    Sentence
        For the answer of a page.
    """
    return Sentence(f"{shown}, apart from those whose ", Name(numbers.listed(subjects)), " is not known.")


def not_flagged(
    compared: Mapping[str, Sequence[Finding]],
    *,
    rest: str,
    named: Named,
    what: Sequence[Part] = (),
    each: str = "group by ",
) -> tuple[Sentence, ...]:
    """Say of groups that are not flagged what was found, tested or not.

    Parameters
    ----------
    compared : mapping of str to sequence of Finding
        What the groups are → one comparison per group, adjusted in the run's family.
    rest : str
        What each is compared with, such as ``the rest``.
    named : callable
        Finding → the words that name its group.
    what : sequence of str or Name, default ()
        In what they are compared, such as “in cancellations”.
    each : str, default "group by "
        What stands before the name of a grouping; empty where the name is that of one comparison, such as a month.

    Returns
    -------
    tuple of Sentence
        Significant but not shown to be larger than the floor; significant but too small to matter; not
        significant, with the smallest detectable difference; not testable and not estimable, with the reason;
        withheld. Only those that there are.
    """
    every = [one for found in compared.values() for one in found]
    said = [
        _listing("Significant, but not shown to be larger than ", with_outcome(every, "significant"), named),
        _listing("Significant, but too small to matter (less than ", with_outcome(every, "small"), named, closing=")"),
        _quiet(compared, rest=rest, what=what, each=each),
        *_untested(every, named),
        _withheld(compared, each=each),
    ]
    return tuple(sentence for sentence in said if sentence)


def _listing(words: str, found: Sequence[Finding], named: Named, *, closing: str = "") -> Sentence | None:
    """Name comparisons with their intervals."""
    if not found:
        return None
    parts: list[Part] = [words, Quote(found[0], "floor"), f"{closing}: "]
    for place, each in enumerate(found[:_MOST_NAMED]):
        parts += ["; " if place else "", *named(each), ", by ", each, " (between ", Quote(each, "interval"), ")"]
    more = "; further ones are in the table." if len(found) > _MOST_NAMED else "."
    return Sentence(*(part for part in parts if part != ""), more)


def _quiet(compared: Mapping[str, Sequence[Finding]], *, rest: str, what: Sequence[Part], each: str) -> Sentence | None:
    """Say which groupings hold no significant difference, of the groups that were tested."""
    tested = {subject: with_outcome(found, "not significant") for subject, found in compared.items()}
    subjects = [subject for subject, found in tested.items() if found and not with_outcome(compared[subject], "large")]
    if not subjects:
        return None
    named = [one for subject in subjects for one in with_outcome(compared[subject], "significant", "small")]
    silent = [one for subject in subjects for one in with_outcome(compared[subject], "not testable", "not estimable")]
    word = f"No {'other ' if named else ''}{'tested ' if silent else ''}{each}"
    quiet = [one for subject in subjects for one in tested[subject]]
    return Sentence(
        word, Name(numbers.listed(subjects)), f" differs significantly from {rest}", *what, *detectable(quiet), "."
    )


def none_significant(
    found: Sequence[Finding], *, subject: str, verb: str, named: Named, what: Sequence[Part] = ()
) -> Sentence:
    """Say of comparisons without a floor, none of which is flagged, that none is significant, as far as they were tested.

    Parameters
    ----------
    found : sequence of Finding
        Adjusted in the run's family with a floor of 0.
    subject : str
        What each is of, such as ``covariate in the model``.
    verb : str
        What follows, such as ``is significantly associated with churn``.
    named : callable
        Finding → the words that name it.
    what : sequence of str or Name, default ()
        In what they are compared.

    Returns
    -------
    Sentence
        Speaks only of what was tested, and names what was not.
    """
    untested = with_outcome(found, "not testable", "not estimable")
    published = [each for each in found if not each.suppressed]
    if not published:
        return Sentence(f"No {subject} may be shown: too few customers.")
    if len(untested) == len(published):
        return Sentence(f"No {subject} could be tested: ", *_with_reasons(untested, named), ".")
    more: list[Part] = ["; could not be tested: ", *_with_reasons(untested, named)] if untested else []
    return Sentence(f"No {'tested ' if untested else ''}{subject} {verb}", *what, *more, ".")


def _untested(found: Sequence[Finding], named: Named) -> list[Sentence]:
    return [
        Sentence(words, *_with_reasons(chosen, named), ".")
        for words, outcome in (("Could not be tested: ", "not testable"), ("Could not be estimated: ", "not estimable"))
        if (chosen := [each for each in found if each.outcome == outcome])
    ]


def _with_reasons(found: Sequence[Finding], named: Named) -> list[Part]:
    """Comparisons by reason: one that many share is told once."""
    reasons: dict[str, list[Finding]] = {}
    for each in found:
        reasons.setdefault(each.reason, []).append(each)
    parts: list[Part] = []
    for reason, those in reasons.items():
        parts += ["; "] if parts else []
        for place, each in enumerate(those[:_MOST_NAMED]):
            parts += [*([", "] if place else []), *named(each)]
        parts += [" and others"] if len(those) > _MOST_NAMED else []
        parts += [" (", Name(reason), ")"] if reason else []
    return parts


def _withheld(compared: Mapping[str, Sequence[Finding]], *, each: str) -> Sentence | None:
    subjects = [subject for subject, found in compared.items() if with_outcome(found, "withheld")]
    if not subjects:
        return None
    word = each.replace("group", "groups") if each else "some "
    return Sentence(
        f"Withheld for too few customers: {word}", Name(numbers.listed(subjects)), f"{'' if each else 's'}."
    )


def in_short(
    compared: Mapping[str, Sequence[Finding]], *, rest: str, named: Named, what: Sequence[Part] = ()
) -> Sentence:
    """Say in one sentence what was found where no group is flagged, for the answer of a page.

    Parameters
    ----------
    compared : mapping of str to sequence of Finding
        As for `not_flagged`, none of them flagged.
    rest : str
        What each is compared with.
    named : callable
        Finding → the words that name its group.
    what : sequence of str or Name, default ()
        In what they are compared.

    Returns
    -------
    Sentence
        The strongest outcome that there is, and which groups could not be tested.
    """
    every = [each for found in compared.values() for each in found if not each.suppressed]
    if len(every) < 2:
        return Sentence("There are no groups large enough to compare.")
    untested = with_outcome(every, "not testable", "not estimable")
    if len(untested) == len(every):
        return Sentence("Could not be tested: ", *_with_reasons(untested, named), ".")
    parts: list[Part] = []
    strongest: tuple[tuple[Outcome, str], ...] = (
        ("significant", "differs significantly, but is not shown to differ by more than "),
        ("small", "differs significantly, but too little to matter: by less than "),
    )
    for outcome, words in strongest:
        if not parts and (found := with_outcome(every, outcome)):
            several = " and further groups" if len(found) > 1 else ""
            verb = words.replace("differs", "differ").replace("is not", "are not") if several else words
            parts = [*named(found[0]), f"{several} {verb}", Quote(found[0], "floor")]
    if not parts:
        subjects = [subject for subject, found in compared.items() if with_outcome(found, "not significant")]
        word = "No tested group by " if untested else "No group by "
        parts = [word, Name(numbers.listed(subjects)), f" differs significantly from {rest}", *what]
    if untested:
        parts += ["; could not be tested: ", *_with_reasons(untested, named)]
    return Sentence(*parts, ".")


def alone(change: Finding, *, subject: Sequence[Part], quoted: bool = True) -> Sentence:
    """Say of one comparison that is not flagged what was found.

    Parameters
    ----------
    change : Finding
        Adjusted in the run's family, not flagged.
    subject : sequence of str or Name
        What changed, such as “The change against 2023”; it begins the sentence.
    quoted : bool, default True
        False to leave the interval out.

    Returns
    -------
    Sentence
        By its outcome.
    """
    outcome, why = change.outcome, change.reason
    because: list[Part] = [" (", Name(why), ")"] if why else []
    between: list[Part] = [" (between ", Quote(change, "interval"), ")"] if quoted else []
    words: dict[Outcome, list[Part]] = {
        "withheld": [" is withheld: too few customers answered."],
        "not estimable": [" cannot be estimated", *because, "."],
        "not testable": [" could not be tested", *because, "."],
        "not significant": [" is not statistically significant", *between, *detectable([change]), "."],
        "small": [
            " is statistically significant, but too small to matter",
            *between,
            ": it is less than ",
            Quote(change, "floor"),
            ".",
        ],
        "significant": [
            " is statistically significant",
            *between,
            ", but not shown to be larger than ",
            Quote(change, "floor"),
            ".",
        ],
        "large": [" is shown to be larger than ", Quote(change, "floor"), *between, "."],
    }
    return Sentence(*subject, *words[outcome])
