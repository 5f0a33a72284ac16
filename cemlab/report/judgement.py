"""Whether a study can run on a lab with its parameters: one judgement, for `check`, for `run` and before any kernel starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cemlab import prepare
from cemlab.core.errors import CemlabError, EngineError, InsufficientDataError, ParameterError, near_miss
from cemlab.core.lab import Lab
from cemlab.core.parameters import Value
from cemlab.report.needs import Readiness, readiness
from cemlab.report.studies import Study
from cemlab.show import messages

Values = Mapping[str, Any]


def has_questions(study: Study) -> bool:
    """Return whether a study asks anything of a lab that can be judged before it runs.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    bool
        False for a study that needs no table and takes none of the parameters that are judged.
    """
    return bool(study.needs.columns) or any(asked <= _asks(study) for asked in _QUESTIONS)


def judge(study: Study, lab: Lab, values: Mapping[str, Value]) -> Readiness:
    """Return whether a study can run on a lab with these parameters, and what it leaves out.

    Only what a study asks about as a whole is judged, by counts in the engine. What a single section lacks is
    left out of the page with its reason.

    Parameters
    ----------
    study : Study
        As `cemlab.report.studies.find` returns it.
    lab : Lab
        Opened as of the day that the parameters name.
    values : mapping of str to value
        Every parameter of the study, checked (see `cemlab.core.parameters.check`).

    Returns
    -------
    Readiness
        With a sentence for each thing that must be there or must be given otherwise.

    Raises
    ------
    EngineError
        When the engine fails.
    """
    found = readiness(study.needs, lab)
    if found.missing:
        return found
    reasons = _reasons(_language, lab, values)
    for asked, question in _QUESTIONS.items():
        if not reasons and asked <= _asks(study):
            reasons += _reasons(question, lab, values)
    return Readiness(tuple(reasons), found.reduced)


def refused(study: Study, reasons: Readiness) -> ParameterError:
    """Return the error that says why a study cannot run.

    Parameters
    ----------
    study : Study
        The study.
    reasons : Readiness
        As `judge` returns it.

    Returns
    -------
    ParameterError
        Ready to be raised.
    """
    return ParameterError(f"Study `{study.stem}` cannot run on this lab so. {' '.join(reasons.missing)}")


def _asks(study: Study) -> set[str]:
    """Parameters that a study takes, and tables that it needs."""
    return {*study.parameters, *(f"[[{table}]]" for table in study.needs.columns)}


def _reasons(question: Callable[[Lab, Values], object], lab: Lab, values: Values) -> list[str]:
    try:
        question(lab, values)
    except EngineError:
        raise
    except CemlabError as error:
        return [str(error)]
    return []


def _language(lab: Lab, values: Values) -> None:
    del values
    messages.catalogue(lab.info.language)


def _answers(lab: Lab, values: Values) -> None:
    """Answers to the question, in the window and of the survey, each with a score and a weight."""
    metric = prepare.responses.metric_of(lab, asked=values["metric"])
    chosen = {name: values[name] for name in ("start", "end", "survey") if name in values}
    _need_survey(lab, values)
    prepare.responses.score_counts(lab, metric=metric, **chosen, **_given(values, "weights"))
    windows = prepare.responses.compared_windows(**_given(values, "start", "end", "compare_start", "compare_end"))
    if windows:
        shared = _given(values, "survey", "weights")
        prepare.responses.score_counts(lab, metric=metric, period=windows, **shared)


def _groups_of_answers(lab: Lab, values: Values) -> None:
    prepare.responses.group_columns(lab, segment_by=values["segment_by"])


def _lives(lab: Lab, values: Values) -> None:
    """Spells that are followed, as many as a page may tell of."""
    lives = prepare.spells.life_table(lab, clock=values.get("clock", "days"), cause=values.get("cause", ""))
    followed, least = int(lives["entered"].sum()), int(values.get("min_n", 1))
    if followed < least:
        raise InsufficientDataError(
            f"At least {least} spells must be followed (`min_n`): {followed} are. Map more of `spells`, or choose a"
            " later `as_of`."
        )


def _groups_of_spells(lab: Lab, values: Values) -> None:
    prepare.spells.compared_by(lab, segment_by=values["segment_by"])


def _covariates(lab: Lab, values: Values) -> None:
    # how long a customer has been here is no column: a prediction works it out
    own = {"tenure"} if "horizon_days" in values else set()
    prepare.spells.compared_by(lab, segment_by=[name for name in values["covariates"] if name not in own])


def _history(lab: Lab, values: Values) -> None:
    _need_survey(lab, values)
    prepare.cells.need_history(lab, values["time_varying"], survey=values.get("survey", ""))


def _grouping(lab: Lab, values: Values) -> None:
    prepare.items.grouping(lab, **_given(values, "basis", "method", "classes", "items", "min_n"))


def _given(values: Values, *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _need_survey(lab: Lab, values: Values) -> None:
    survey = values.get("survey", "")
    if not survey or "responses" not in lab.tables:
        return
    responses = lab.table("responses")
    told = "survey" in responses.columns
    known = sorted(lab.frame(responses.select("survey").distinct())["survey"].dropna()) if told else []
    if survey not in known:
        raise ParameterError(
            f"`survey` must be a survey of this lab, or empty for all: {survey!r} is none. {near_miss(survey, known)}"
            f"There are {len(known)}: {', '.join(known[:8]) or 'map `survey` of `responses`'}."
        )


_QUESTIONS: Mapping[frozenset[str], Callable[[Lab, Values], object]] = {
    frozenset({"metric"}): _answers,
    frozenset({"metric", "segment_by"}): _groups_of_answers,
    frozenset({"[[spells]]"}): _lives,
    frozenset({"[[spells]]", "segment_by"}): _groups_of_spells,
    frozenset({"[[spells]]", "covariates"}): _covariates,
    frozenset({"[[spells]]", "time_varying"}): _history,
    frozenset({"basis"}): _grouping,
}
"""What a study asks of a lab, by the parameters that it takes and the tables that it needs."""
