"""Sums over sampling clusters for several ratios of one question at once: moved cuts, heaping, and what weights do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import pandas as pd

from cemlab.core.errors import InsufficientDataError
from cemlab.core.lab import Lab
from cemlab.prepare.responses.design import NO_STRATUM, STRATUM, answer_weight, clustered
from cemlab.prepare.responses.groups import grouped
from cemlab.prepare.responses.question import UNWEIGHTED, WEIGHT, Question

Ratio = tuple[Mapping[Any, float], Mapping[Any, float] | None]
"""What an answer of each code adds to the numerator and to the denominator (None: one); codes not named add nothing."""


def ratio_sums(
    lab: Lab,
    *,
    ratios: Mapping[str, Ratio],
    metric: str = "nps",
    start: str = "",
    end: str = "",
    survey: str = "",
    weights: str = UNWEIGHTED,
) -> pd.DataFrame:
    """Return the design sums of several ratios Σwx/Σwy of one question, in one pass over the answers.

    Per cluster a = Σwx and b = Σwy, x and y what the code of an answer adds. Clusters and strata as in `design_sums`.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.
    ratios : mapping of str to (mapping, mapping or None)
        Name → what each code adds to the numerator and to the denominator.
    metric, start, end, survey, weights : as in `score_counts`
        The same question.

    Returns
    -------
    pandas.DataFrame
        One row per ``rule`` (a ratio's name) and stratum, in the order of `ratios`: the columns of
        `design_sums` without groups.

    Raises
    ------
    SchemaError, ParameterError, InsufficientDataError
        As `design_sums`.

    Examples
    --------
    >>> sums = ratio_sums(lab, ratios={"tens": ({10: 1.0}, None)})  # doctest: +SKIP
    """
    question = Question.asked(lab, metric=metric, start=start, end=end, survey=survey, weights=weights)
    answers, _ = grouped(lab, question, by=())
    weight = answer_weight(lab, answers, weighted=question.weights != UNWEIGHTED)
    values = {}
    for at, (above, below) in enumerate(ratios.values()):
        values[f"a{at}"] = weight * _added(answers.score, above)
        values[f"b{at}"] = weight if below is None else weight * _added(answers.score, below)
    pairs = [(f"{x}{at}", f"{y}{at}") for at in range(len(ratios)) for x, y in ("aa", "ab", "bb")]
    sums = _summed(lab, answers, values, pairs)
    pieces = []
    for at, rule in enumerate(ratios):
        own = {f"sum_{name}{at}": f"sum_{name}" for name in "ab"}
        own |= {f"sum_{x}{at}{y}{at}": f"sum_{x}{y}" for x, y in ("aa", "ab", "bb")}
        kept = sums[[STRATUM, "n", "n_clusters", "stratum_clusters", f"largest_b{at}", *own]]
        pieces.append(kept.rename(columns={**own, f"largest_b{at}": "largest"}).assign(rule=rule))
    return pd.concat(pieces, ignore_index=True)


def weighting_sums(
    lab: Lab, *, metric: str = "nps", start: str = "", end: str = "", survey: str = "", weights: str = "auto"
) -> pd.DataFrame:
    """Return the design sums of the unweighted score of weighted answers, and their products with the weighted ones.

    Per cluster a = Σwz and b = Σw of the weighted score, a' = Σz and b' = Σ1 of the unweighted one; z what an answer is
    worth. Clusters and strata as in `design_sums`.

    Parameters
    ----------
    lab : Lab
        An opened lab that has the table ``responses``.
    metric, start, end, survey, weights : as in `score_counts`
        The same question.

    Returns
    -------
    pandas.DataFrame
        One row per stratum: the columns of `design_sums` for the unweighted score; ``cross_aa``, ``cross_ab``,
        ``cross_ba``, ``cross_bb`` (a or b of the weighted score times that of the unweighted one, over
        clusters); ``sum_w`` and ``largest_w``, the sum and the largest of the answers' weights.

    Raises
    ------
    SchemaError, ParameterError, InsufficientDataError
        As `design_sums`.

    Examples
    --------
    >>> both = weighting_sums(lab, weights="lab")  # doctest: +SKIP
    """
    question = Question.asked(lab, metric=metric, start=start, end=end, survey=survey, weights=weights)
    answers, _ = grouped(lab, question, by=())
    weighted = question.weights != UNWEIGHTED
    weight = answer_weight(lab, answers, weighted=weighted)
    worth = _added(answers.score, lab.info.metric(metric).worth)
    values = {"a": worth, "b": ibis.literal(1.0), "wa": weight * worth, "wb": weight}
    pairs = [("a", "a"), ("a", "b"), ("b", "b"), ("wa", "a"), ("wa", "b"), ("wb", "a"), ("wb", "b")]
    sums = _summed(lab, answers, values, pairs)
    largest = lab.frame(answers.aggregate(w=answers[WEIGHT].max()))["w"].iloc[0] if weighted else 1.0
    sums["largest_w"] = float(largest)
    crossed = {f"sum_w{x}{y}": f"cross_{x}{y}" for x in "ab" for y in "ab"}
    sums = sums.rename(columns={**crossed, "sum_wb": "sum_w", "largest_b": "largest"})
    return sums.drop(columns=["sum_wa", *(f"largest_{name}" for name in ("a", "wa", "wb"))])


def _summed(lab: Lab, answers: Any, values: Mapping[str, Any], pairs: list[tuple[str, str]]) -> pd.DataFrame:
    """Per stratum: answers, clusters, and the sums of values and of products over clusters; all as wide columns."""
    cells, _ = clustered(lab, answers, keys=[], values=values)
    sums = {f"sum_{name}": cells[name].sum() for name in values}
    sums |= {f"sum_{x}{y}": (cells[x] * cells[y]).sum() for x, y in pairs}
    sums |= {f"largest_{name}": cells[name].max() for name in values}
    strata = [STRATUM] if STRATUM in cells.columns else []
    found = lab.frame(
        (cells.group_by(strata) if strata else cells).aggregate(n=cells.n.sum(), n_clusters=cells.count(), **sums)
    )
    if not found["n"].sum() > 0:
        raise InsufficientDataError(
            "At least one answer with a score must remain: none does. Check survey, start and end."
        )
    found = found if strata else found.assign(**{STRATUM: NO_STRATUM})
    return found.assign(stratum_clusters=found["n_clusters"]).sort_values(STRATUM, ignore_index=True)


def _added(score: Any, codes: Mapping[Any, float]) -> Any:
    """What the code of an answer adds, as an expression."""
    cases = [(score == float(code), float(value)) for code, value in codes.items() if value]
    return ibis.cases(*cases, else_=0.0) if cases else score * 0
