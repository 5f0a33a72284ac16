"""Which question of the metric family a study is about."""

from __future__ import annotations

from cemlab.core.errors import InsufficientDataError
from cemlab.core.lab import Lab

FAMILY = ("nps", "csat", "ces")
"""The questions of the metric family; the first that is named here wins where two have equally many answers."""


def metric_of(lab: Lab, *, asked: str = "") -> str:
    """Return the question that a study is about.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.
    asked : str, default ""
        The question that was asked for; empty for ``nps`` where it has scored answers, else the question with
        most of them.

    Returns
    -------
    str
        One of `FAMILY`, whose scale the lab knows.

    Raises
    ------
    SchemaError
        When the scale of the question is not declared.
    InsufficientDataError
        When nobody answered it.

    Examples
    --------
    >>> metric_of(lab)  # doctest: +SKIP
    'csat'
    """
    responses = lab.table("responses")
    scored = responses.filter(responses.score.notnull())
    counted = lab.frame(scored.group_by("metric").aggregate(n=scored.count()))
    answered = {name: int(n) for name, n in zip(counted["metric"], counted["n"], strict=True) if name in FAMILY}
    if asked:
        lab.info.metric(asked)
        return _answered(asked, answered)
    known = [scale.name for scale in lab.info.metrics if scale.name in answered]
    if "nps" in known:
        return "nps"
    if not known and answered:
        # says how to declare the scale
        lab.info.metric(_most(answered))
    return _answered(_most({name: answered[name] for name in known}) if known else "nps", answered)


def _most(answered: dict[str, int]) -> str:
    return max(answered, key=lambda name: (answered[name], -FAMILY.index(name)))


def _answered(metric: str, answered: dict[str, int]) -> str:
    if metric in answered:
        return metric
    others = ", ".join(f"`{name}` {answered[name]:,}" for name in FAMILY if name in answered)
    instead = f'Ask for another with `metric`, or map its score with `metric = {{ constant = "{metric}" }}`.'
    raise InsufficientDataError(
        f"At least one answer to the question `{metric}` must have a score: none has. Scored answers are there to: "
        f"{others or 'no question'}. {instead}"
    )
