"""Sentences on which model is used, what beats it, and what it lives on."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show import hazard_tables

_MOST = 3
_MODELS = {"discrete time": "the discrete-time model", "Cox": "Cox's model", "Fine and Gray": "Fine and Gray's model"}
"""What models are called within a sentence, where that is not their name."""


def called(model: str) -> str:
    """Return a model as it is called within a sentence.

    Parameters
    ----------
    model : str
        Its name.

    Returns
    -------
    str
        With its article, where it has one.

    Examples
    --------
    >>> called("discrete time"), called("tenure and deposit_type")
    ('the discrete-time model', 'tenure and deposit type')
    """
    return _MODELS.get(model, model.replace("_", " "))


def chosen(behind: Sequence[Finding], *, model: str, best: str, kept: str = "") -> Sentence:
    """Say which model is used, and whether more complexity is worth it.

    Parameters
    ----------
    behind : sequence of Finding
        Per ``model`` how far its skill lies behind that of the best.
    model : str
        The one that is used, in words.
    best : str
        The one with the highest skill.
    kept : str, default ""
        The simplest that is not significantly worse; empty where it is the one that is used.

    Returns
    -------
    Sentence
        Where the two differ, by how much the best is better, with its interval.
    """
    own = next((each for each in behind if each.scope.get("model") == model), None)
    if kept not in ("", model):
        return Sentence(
            "Of the models ",
            Name(called(model)),
            " is used: the simpler ",
            Name(called(kept)),
            " is not significantly worse on the squared error, but we found no "
            "evidence that it ranks customers better than chance.",
        )
    if model == best or own is None or not math.isfinite(own.ci_low):
        return Sentence(
            "Of the models ",
            Name(called(model)),
            " is used: it predicted best, and every simpler model is significantly worse.",
        )
    return Sentence(
        "Of the models ",
        Name(called(model)),
        " is used: ",
        Name(called(best)),
        " removes more of the squared error, but the difference of ",
        Quote(own, "magnitude"),
        " is not statistically significant (between ",
        Quote(own, "interval"),
        ").",
    )


def challenged(won: Finding, *, model: str) -> Sentence:
    """Say whether the challenger does better than the model that is used.

    Parameters
    ----------
    won : Finding
        What the challenger removes of the squared error beyond the model; adjusted.
    model : str
        The model that is used, in words.

    Returns
    -------
    Sentence
        With the interval of the paired difference.
    """
    name = won.scope.get("model", "the challenger")
    if won.flagged and won.value > 0:
        return Sentence(
            "On the newest evaluation date ",
            Name(name),
            " outperforms ",
            Name(called(model)),
            ": it removes ",
            won,
            " more of the squared error (between ",
            Quote(won, "interval"),
            "). It gives no reasons, so the list below is not by it.",
        )
    if not math.isfinite(won.ci_low):
        return Sentence(
            "Whether ",
            Name(name),
            " outperforms ",
            Name(called(model)),
            " cannot be told on the newest evaluation date.",
        )
    return Sentence(
        "On the newest evaluation date ",
        Name(name),
        " does not significantly outperform ",
        Name(called(model)),
        " (difference between ",
        Quote(won, "interval"),
        " of the squared error).",
    )


def carried(losses: Sequence[Finding]) -> Sentence:
    """Say without which covariates the prediction would be worse.

    Parameters
    ----------
    losses : sequence of Finding
        Loss of prediction accuracy without each ``term``, flagged where it is more than chance.

    Returns
    -------
    Sentence
        The largest first, at most three.
    """
    told = sorted((each for each in losses if each.flagged and each.value > 0), key=lambda each: -each.value)
    if not told:
        return Sentence("No single column is essential: without any one of them the model is not significantly worse.")
    parts: list[Part] = []
    for place, each in enumerate(told[:_MOST]):
        parts += [
            "; " if place else "",
            "without “",
            Name(hazard_tables.named(each.scope["term"])),
            "” ",
            each,
            " of the squared error is no longer removed (between ",
            Quote(each, "interval"),
            ")",
        ]
    told_of = "One column is essential: " if len(told) == 1 else "Some columns are essential: "
    return Sentence(told_of, *(part for part in parts if part != ""), ".")
