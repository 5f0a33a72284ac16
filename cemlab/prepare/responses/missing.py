"""Answers to a question that gave no score, or one that could not be used."""

from __future__ import annotations

import pandas as pd

from cemlab.core.lab import Lab
from cemlab.prepare.responses.question import NO_SCORE, UNUSABLE, UNWEIGHTED, WEIGHT, Question


def without_score(
    lab: Lab, *, metric: str = "nps", start: str = "", end: str = "", survey: str = "", weights: str = UNWEIGHTED
) -> pd.DataFrame:
    """Return how many answers have no score, and how many one that could not be used.

    Not used are scores that are no code of the scale: intake quarantines such answers. Answers to other questions and
    surveys, and outside the window, are not meant.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.
    metric, start, end, survey, weights : as in `score_counts`
        The same question.

    Returns
    -------
    pandas.DataFrame
        Two rows, by ``reason``: ``no score given`` and ``its score could not be used``; ``n`` answers, and ``sum_w``,
        the sum of their weights (n where answers are not weighted).

    Raises
    ------
    SchemaError
        When the weights do not exist, or a window is asked of undated answers.
    ParameterError
        When a day cannot be read, or `start` is not before `end`.

    Examples
    --------
    >>> lost = without_score(lab, metric="nps")  # doctest: +SKIP
    """
    question = Question.asked(lab, metric=metric, start=start, end=end, survey=survey, weights=weights)
    answers = question.answers(lab)
    silent = answers.filter(
        [~condition if reason == NO_SCORE else condition for reason, condition in question.conditions(answers)]
    )
    rows = []
    for reason, each in ((NO_SCORE, silent), (UNUSABLE, question.unusable(lab))):
        weight = each[WEIGHT].sum() if question.weights != UNWEIGHTED else each.count()
        found = lab.frame(each.aggregate(n=each.count(), sum_w=weight.cast("float64").fill_null(0.0)))
        rows.append(found.assign(reason=reason))
    return pd.concat(rows, ignore_index=True)[["reason", "n", "sum_w"]]
