"""How well a model ranks those who will churn, in words."""

from __future__ import annotations

import math

from cemlab.core.results import Finding, Name, Part, Quote, Sentence
from cemlab.show.prediction_text.models import called

_POWER = 2.80
"""Standard errors from one half at which 95% intervals exclude it with a power of 80%: 1.96 + 0.84."""


def skill(
    auc: Finding,
    accuracy: Finding,
    *,
    horizon: str,
    model: str,
    left: Finding | None = None,
    detectable: Finding | None = None,
) -> Sentence:
    """Say how well churn was predicted on later data.

    Parameters
    ----------
    auc, accuracy : Finding
        Area under the curve and index of prediction accuracy, over all judged days.
    horizon : str
        How far ahead, in words.
    model : str
        The model, in words.
    left, detectable : Finding, optional
        How many churned, and the smallest area that so many could have shown (see `detectable_auc`).

    Returns
    -------
    Sentence
        What the two mean; where the interval of the first holds one half, that there is no evidence of skill,
        and which could not have been detected.
    """
    if auc.suppressed or not math.isfinite(auc.value):
        return Sentence("How well churn can be predicted cannot be told: too few customers left.")
    if not useful(auc):
        return _not_shown(auc, horizon=horizon, left=left, detectable=detectable)
    parts: list[Part] = [
        "On later data, ",
        Name(called(model)),
        " ranks a customer who churns within ",
        Name(horizon),
        " above one who stays ",
        auc,
        " of the time (between ",
        Quote(auc, "interval"),
        "; a coin flip would be half)",
    ]
    if math.isfinite(accuracy.value):
        parts += [". It removes ", accuracy, " of the squared error of giving everybody the same risk"]
        nothing = ": it could be nothing" if accuracy.ci_low <= 0 else ""
        parts += [" (between ", Quote(accuracy, "interval"), f"{nothing})"] if math.isfinite(accuracy.ci_low) else []
    return Sentence(*parts, ".")


def _not_shown(auc: Finding, *, horizon: str, left: Finding | None, detectable: Finding | None) -> Sentence:
    parts: list[Part] = [
        "We found no evidence that churn within ",
        Name(horizon),
        " can be predicted better than by chance, by any model: AUC ",
        auc,
    ]
    if math.isfinite(auc.ci_low):
        parts += [" (", Quote(auc, "level"), " CI between ", Quote(auc, "interval"), ")"]
    if left is not None and detectable is not None and math.isfinite(detectable.value):
        parts += [". With ", left, " churners an AUC below about ", detectable, " would go unseen"]
    return Sentence(*parts, ".")


def detectable_auc(auc: Finding) -> float:
    """Return the smallest area under the curve that would be shown to be above one half with a power of 80%.

    Parameters
    ----------
    auc : Finding
        With its standard error.

    Returns
    -------
    float
        0.5 + (1.96 + 0.84)·std_error, at most 1; NaN without an error.
    """
    return min(0.5 + _POWER * auc.std_error, 1.0)


def skill_in_short(
    auc: Finding, *, horizon: str, left: Finding | None = None, detectable: Finding | None = None
) -> Sentence:
    """Say in one sentence of the answer how well churn can be predicted.

    Parameters
    ----------
    auc : Finding
        Area under the curve, over all judged days.
    horizon : str
        How far ahead, in words.
    left, detectable : Finding, optional
        As in `skill`.

    Returns
    -------
    Sentence
        With its interval.
    """
    if auc.suppressed or not math.isfinite(auc.value):
        return Sentence("Whether churn can be predicted cannot be told: too few customers left.")
    if not useful(auc):
        return _not_shown(auc, horizon=horizon, left=left, detectable=detectable)
    return Sentence(
        "The model ranks a customer who churns within ",
        Name(horizon),
        " above one who stays ",
        auc,
        " of the time (between ",
        Quote(auc, "interval"),
        "; a coin flip would be half).",
    )


def challenger_ranks(rival: Finding, *, used: Finding) -> tuple[Sentence, ...]:
    """Say that the challenger ranks better than chance where there is no evidence of that for the model that is used.

    Parameters
    ----------
    rival, used : Finding
        Area under the curve of both; that of the challenger flagged among all models (`stats.prediction.any_skill`).

    Returns
    -------
    tuple of Sentence
        Empty where the model that is used does, or neither.
    """
    if useful(used) or not rival.flagged:
        return ()
    name = rival.scope.get("model", "the challenger")
    told = Sentence(
        "On the newest evaluation date ",
        Name(name),
        " does: it ranks a customer who churns above one who stays ",
        rival,
        " of the time (between ",
        Quote(rival, "interval"),
        "). The list below is not by it.",
    )
    return (told,)


def useful(auc: Finding) -> bool:
    """Return whether an area under the curve is significantly above one half.

    Parameters
    ----------
    auc : Finding
        With its interval, if any.

    Returns
    -------
    bool
        Without an interval, whether the value does.
    """
    return (auc.ci_low if math.isfinite(auc.ci_low) else auc.value) > 0.5
