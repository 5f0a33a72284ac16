"""How high a score is, what it rests on, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence

from cemlab.core.metrics import too_narrow
from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show import numbers
from cemlab.show.text.losses import Lost, no_score

_IN_WORDS = {"top box": " of answers are in the top boxes.", "low effort": " of answers tell of low effort."}


def level(finding: Finding, *, subject: str) -> Sentence:
    """Say how high something is, and between which limits.

    Parameters
    ----------
    finding : Finding
        A level with its interval.
    subject : str
        What it is the level of, such as ``The NPS of Botanic``.

    Returns
    -------
    Sentence
        "… is 53 points: the sample puts it between 52 and 55 points."
    """
    if finding.suppressed:
        return Sentence(Name(subject), " is withheld: fewer customers answered than may be shown.")
    return Sentence(Name(subject), " is ", finding, ": the sample puts it between ", Quote(finding, "interval"), ".")


def other_scale(answers: Finding, *, metric: str, highest: float) -> tuple[Sentence, ...]:
    """Say that answers to the NPS question look like those to another question, before anything is said of the score.

    Parameters
    ----------
    answers : Finding
        How many count.
    metric : str
        The question.
    highest : float
        The highest score that was given.

    Returns
    -------
    tuple of Sentence
        One, or none.
    """
    if not too_narrow(metric, answers=answers.value, highest=highest):
        return ()
    return (
        Sentence(
            "None of ",
            answers,
            " answers is above ",
            Name(f"{highest:g}"),
            ", although this question is asked from ",
            Name("0 to 10"),
            ": if they were given on another scale, the score below means nothing. `cemlab check` says what to"
            " declare.",
        ),
    )


def answers_behind(answers: Finding, unscored: Finding, lost: Lost | None = None) -> Sentence:
    """Say how many answers count and how many were left out because of their score, or for want of one.

    Parameters
    ----------
    answers, unscored : Finding
        Counts of rows.
    lost : Lost, optional
        Answers with an unusable score.

    Returns
    -------
    Sentence
        Names both counts.
    """
    if lost is not None and lost.unusable.value:
        silent = ("; ", unscored, " more gave no score") if unscored.value else ()
        return Sentence(
            "The score rests on ",
            answers,
            " answers; ",
            lost.unusable,
            " of ",
            lost.given,
            " could not be used because of their score",
            *silent,
            ".",
        )
    if unscored.value == 0:
        return Sentence("The score rests on ", answers, " answers; none had to be left out for want of a score.")
    return Sentence("The score rests on ", answers, " answers; ", unscored, " more gave no score and do not count.")


def measured(finding: Finding, worth: Finding | None = None, lost: Lost | None = None) -> Sentence:
    """Say between which limits a score lies, with its standard error.

    Parameters
    ----------
    finding : Finding
        A level with its interval.
    worth : Finding, optional
        As many answers drawn at random would be as precise; left out where they are those that there are.
    lost : Lost, optional
        Answers with an unusable score; where they are too many, no score is said.

    Returns
    -------
    Sentence
        Says so when there is no interval.
    """
    if lost is not None and lost.withheld:
        return no_score(lost)
    if finding.suppressed:
        return Sentence("Fewer customers answered than may be shown, so neither score nor interval is.")
    if not finding.ci_low <= finding.ci_high:
        return Sentence(
            "The score is ", finding, ", without an interval: too few sampling clusters hold these answers."
        )
    said: list[Part] = [
        "Between ",
        Quote(finding, "interval"),
        " with ",
        Quote(finding, "level"),
        " confidence, from ",
        Quote(finding, "n"),
        " answers; the standard error is ",
        Quote(finding, "std_error"),
    ]
    if worth is not None and worth.value <= finding.n - 1:
        said += [". By how they were drawn, they are worth ", worth, " answers drawn at random"]
    return Sentence(*said, ".")


def shape(shares: Sequence[Finding]) -> Sentence:
    """Say what the score is made of.

    Parameters
    ----------
    shares : sequence of Finding
        Share of each ``group`` of answers, best first.

    Returns
    -------
    Sentence
        "62 % are promoters, 29 % passives and 9 % detractors."
    """
    if any(share.suppressed for share in shares):
        return Sentence("The shares are withheld: fewer customers answered than may be shown.")
    if len(shares) < 3:
        return Sentence(shares[0], _IN_WORDS.get(shares[0].scope["group"], " of answers count."))
    parts: list[Part] = []
    for at, share in enumerate(shares):
        before = "" if not at else " and " if at == len(shares) - 1 else ", "
        parts += [before, share, " are " if not at else " ", numbers.group_words(share.scope["group"])]
    return Sentence(*parts, ".")


def heaping(index: Finding) -> Sentence:
    """Say whether answers heap on the middle of the scale.

    Parameters
    ----------
    index : Finding
        How often the code was given for each time that its neighbours were, with its interval.

    Returns
    -------
    Sentence
        Says so when it cannot be told.
    """
    if index.suppressed or not index.ci_low > 0:
        return Sentence("Whether answers heap on the middle of the scale cannot be told from so few.")
    said = (
        "The middle of the scale was given ",
        index,
        " times as often as its neighbours (between ",
        Quote(index, "interval"),
        ")",
    )
    return Sentence(*said, ": answers heap there." if index.ci_low > 1 else ", so no heaping shows.")


def certainty(finding: Finding) -> tuple[Sentence, ...]:
    """Say what the interval means.

    Parameters
    ----------
    finding : Finding
        A level with its interval.

    Returns
    -------
    tuple of Sentence
        In plain words, for the fold below the answer.
    """
    if finding.suppressed:
        return (Sentence("With so few customers no interval may be shown."),)
    return (
        Sentence(
            "The interval, between ",
            Quote(finding, "interval"),
            ", is computed so that in ",
            Quote(finding, "level"),
            " of surveys like this one it holds the score that all customers of this kind would give.",
        ),
        Sentence(
            "It covers chance in who happened to answer. It does not cover customers who differ because they stayed"
            " silent."
        ),
    )
