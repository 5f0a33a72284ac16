"""Answers with an unusable score: how many were lost, and what that does to the answer of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cemlab.core.metrics import WITHHOLD_ABOVE
from cemlab.core.results import Finding, Sentence


@dataclass(frozen=True)
class Lost:
    """Answers to a question that could not be used because of their score.

    Attributes
    ----------
    unusable : Finding
        How many.
    given : Finding
        All answers with a score, usable or not.
    share : Finding
        The one of the other.
    lead_above : float
        Share above which the answer of a page opens with them.
    """

    unusable: Finding
    given: Finding
    share: Finding
    lead_above: float

    @property
    def leads(self) -> bool:
        """True when the answer must open with them."""
        return self.share.value > min(self.lead_above, WITHHOLD_ABOVE)

    @property
    def withheld(self) -> bool:
        """True when they are so many that no score may stand for all."""
        return self.share.value > WITHHOLD_ABOVE


def after_losses(said: Sequence[Sentence], lost: Lost) -> list[Sentence]:
    """Return the sentences of an answer behind what must be known of lost answers first.

    Parameters
    ----------
    said : sequence of Sentence
        The answer.
    lost : Lost
        Answers with an unusable score.

    Returns
    -------
    list of Sentence
        The same where few are lost; only what was lost, and what to do, where no score may stand.
    """
    if not lost.leads:
        return list(said)
    counted = (
        lost.share,
        " of answers (",
        lost.unusable,
        " of ",
        lost.given,
        ") could not be used because of their score",
    )
    if not lost.withheld:
        return [Sentence(*counted, "; the result rests on the rest."), *said]
    return [Sentence(*counted, ", so no score is reported. `cemlab check` says what to declare in the lab file.")]


def no_score(lost: Lost) -> Sentence:
    """Say in the section on the score that none is reported.

    Parameters
    ----------
    lost : Lost
        Answers with an unusable score.

    Returns
    -------
    Sentence
        And what the page shows instead.
    """
    return Sentence(
        "No score is reported: ",
        lost.unusable,
        " answers have one that could not be used. What follows describes the other answers only.",
    )
