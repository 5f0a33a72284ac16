"""Fitted hazard models as scorecards, and test cells with the risks that they foretold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from cemlab.core.courses import Course, Periods, Proportional
from cemlab.core.errors import InsufficientDataError, ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.core.scorecards import Scorecard
from cemlab.stats.hazards.design import Design
from cemlab.stats.hazards.discrete import DiscreteModel
from cemlab.stats.hazards.fitted import CoxModel
from cemlab.stats.hazards.predicted import cumulated
from cemlab.stats.intervals import Floats
from cemlab.stats.prediction.counted import need_equal_weights

Clock = Literal["days", "months"]
LINKS = {"cloglog": "complementary log-log", "logit": "logit"}


@dataclass(frozen=True, eq=False)
class Judged:
    """What was foretold beside what happened.

    Attributes
    ----------
    cells : pandas.DataFrame
        The test cells that every model could score, with a column per model and horizon.
    risks : mapping of str to mapping of float to str
        Model → horizon → column.
    unscored : pandas.DataFrame
        ``model``, ``reason``, ``n`` customers: those that were left out.
    """

    cells: pd.DataFrame
    risks: Mapping[str, Mapping[float, str]]
    unscored: pd.DataFrame


def scorecard(
    fit: Estimates,
    *,
    horizons: Sequence[float],
    clock: Clock = "days",
    ends: Sequence[float] = (),
    bins: Mapping[str, Sequence[float]] | None = None,
    time_varying: Sequence[str] = (),
) -> Scorecard:
    """Return a fitted model as a scorecard.

    Cox: risk = 1 − exp(−H₀(h)·e^{x·β}), H₀ by the rule of the fit for ties, its interval from the errors of β
    and of H₀. Discrete time: 1 − Π(1 − hazard). One cause of several: Fine and Gray's model, whose baseline is
    that of the risk itself, so that points, reasons and risk tell of the same thing; the hazard of one cause
    alone would overstate its risk.

    Parameters
    ----------
    fit : Estimates
        From `fit_cox`, `fit_discrete` or `fit_fine_gray`, on cells counted from the cut; all terms in levels.
    horizons : sequence of float
        In the unit of the clock.
    clock : {"days", "months"}, default "days"
        Unit of the durations.
    ends : sequence of float, default ()
        Of a discrete-time fit on `person_periods` with these ends; empty where a period is one unit of the clock.
    bins : mapping of str to sequence of float, optional
        Cut points of the terms that are numbers.
    time_varying : sequence of str, default ()
        Those of the terms that come from history.

    Returns
    -------
    Scorecard
        Horizons rising.

    Raises
    ------
    ParameterError
        When the fit is no such model, or a term is a number.
    InsufficientDataError
        When a horizon lies beyond what the training time followed.

    References
    ----------
    Fine, J. P., & Gray, R. J. (1999). A proportional hazards model for the subdistribution of a competing
    risk. Journal of the American Statistical Association, 94(446), 496–509. doi:10.1080/01621459.1999.10474144

    Examples
    --------
    >>> from cemlab.stats.hazards import fit_cox
    >>> cells = pd.DataFrame({"plan": ["a", "a", "b", "b"], "duration": [1, 2, 1, 2], "n": [30, 70, 10, 90],
    ...                       "events": [30, 10, 10, 10]})
    >>> card = scorecard(fit_cox(cells, terms=["plan"]), horizons=[1, 2])
    >>> card.of(pd.DataFrame({"plan": ["a", "b"]}))[["risk_1", "risk_2", "reason_1"]].round(2).values.tolist()
    [[0.27, 0.4, 'plan: a'], [0.13, 0.2, '']]
    """
    asked = tuple(sorted({float(horizon) for horizon in horizons}))
    if not asked or asked[0] <= 0:
        raise ParameterError(
            f"Horizons must be above 0: {len(asked)} were given, the smallest {min(asked, default=0):g}."
        )
    model = fit.model
    if isinstance(model, CoxModel):
        name, course, shares, cause = *_of_cox(model, fit, asked), model.roles.cause
    elif isinstance(model, DiscreteModel):
        name, course, shares, cause = *_of_discrete(model, fit, _in_periods(asked, ends)), ""
    else:
        raise ParameterError(
            f"A scorecard is made of `fit_cox`, `fit_discrete` or `fit_fine_gray`: `{fit.measure}` is another thing."
        )
    design = model.design
    points = _points(design, model.beta[len(model.beta) - len(design.columns) :], shares)
    return Scorecard(
        model=name,
        terms=tuple(term.name for term in design.terms),
        time_varying=tuple(time_varying),
        bins={term: tuple(float(cut) for cut in cuts) for term, cuts in (bins or {}).items()},
        clock=clock,
        horizons=asked,
        points=points,
        course=course,
        cause=cause,
        notes=fit.notes,
    )


def judged(cells: pd.DataFrame, cards: Sequence[Scorecard]) -> Judged:
    """Return test cells with the risks that each model foretold.

    Each model scores the distinct patterns of levels; the cells take theirs from them. Cells that one model
    cannot score are left out for all, so that all are judged on the same customers.

    Parameters
    ----------
    cells : pandas.DataFrame
        Landmark cells of the test day, with every term of every model and ``n``.
    cards : sequence of Scorecard
        Of different names.

    Returns
    -------
    Judged
        Columns are named ``<model> <horizon>``.

    Raises
    ------
    ParameterError
        When two models have one name.
    SchemaError
        When a term is missing.
    InsufficientDataError
        When no customer can be scored by every model.
    """
    names = [card.model for card in cards]
    if len(set(names)) < len(names) or not names:
        raise ParameterError(f"Models to judge need names of their own: {len(names)} have {len(set(names))} names.")
    columns: dict[str, np.ndarray] = {}
    risks: dict[str, dict[float, str]] = {}
    kept, lost = np.ones(len(cells), dtype=bool), []
    for card in cards:
        found = scored(cells, card)
        risks[card.model] = {horizon: f"{card.model} {horizon:g}" for horizon in card.horizons}
        columns |= {column: found[f"risk_{horizon:g}"].to_numpy(float) for horizon, column in risks[card.model].items()}
        why = found["unscored"]
        kept &= (why == "").to_numpy()
        # several days in one frame may repeat an index
        without = (why != "").to_numpy()
        left = cells.loc[without, "n"].groupby(why[without].to_numpy()).sum()
        lost += [(card.model, reason, int(n)) for reason, n in left.items()]
    if not kept.any():
        raise InsufficientDataError(
            f"A judgement needs customers that every model can score: none of {int(cells['n'].sum()):,} can. "
            "Train on a time in which the same levels existed."
        )
    unscored = pd.DataFrame(lost, columns=["model", "reason", "n"])
    return Judged(cells.assign(**columns).loc[kept].reset_index(drop=True), risks, unscored)


def judged_spans(
    frames: Mapping[str, pd.DataFrame], cards: Mapping[str, Sequence[Scorecard]]
) -> dict[str, pd.DataFrame]:
    """Return the cells of several spans with the risks that the models of each day predict for them.

    Parameters
    ----------
    frames : mapping of str to pandas.DataFrame
        Day → landmark cells, such as those of the same span a year before.
    cards : mapping of str to sequence of Scorecard
        Day → its models.

    Returns
    -------
    dict of str to pandas.DataFrame
        As `judged`; without a day of whose customers none can be scored.
    """
    found = {}
    for day, cells in frames.items():
        try:
            found[day] = judged(cells, cards[day]).cells
        except InsufficientDataError:
            continue
    return found


def scored(frame: pd.DataFrame, card: Scorecard) -> pd.DataFrame:
    """Return the scores of a frame's rows, worked out once per distinct pattern.

    Parameters
    ----------
    frame : pandas.DataFrame
        A column per term.
    card : Scorecard
        The model.

    Returns
    -------
    pandas.DataFrame
        As `Scorecard.of`, one row per row of `frame`.

    Raises
    ------
    SchemaError
        When a term is missing.
    """
    missing = [name for name in card.terms if name not in frame]
    if missing:
        raise SchemaError(f"Cells need a column per term of the scorecard: {', '.join(missing)} missing.")
    terms = list(card.terms)
    row = frame.groupby(terms, observed=True, dropna=False, sort=False).ngroup().to_numpy()
    _, first = np.unique(row, return_index=True)
    return card.of(frame[terms].iloc[first], reasons=0).iloc[row].set_axis(frame.index)


def person_periods(cells: pd.DataFrame, *, terms: Sequence[str], ends: Sequence[float] = ()) -> pd.DataFrame:
    """Return landmark cells by period, as `fit_discrete` takes them.

    A spell that ended in period d is at risk in the periods 1 … d and ends in the last; one lost from sight is
    at risk in those that were over by then.

    Parameters
    ----------
    cells : pandas.DataFrame
        ``duration`` since the cut, the terms, ``n``, ``events``.
    terms : sequence of str
        The covariates; other columns are summed over.
    ends : sequence of float, default ()
        Where periods end, in the unit of the durations, rising; what comes after the last is not looked at.
        Empty where durations are whole periods.

    Returns
    -------
    pandas.DataFrame
        ``period``, the terms, ``n_at_risk``, ``events``.

    Raises
    ------
    SchemaError
        When a column is missing, durations are not whole, or sampling weights differ.

    Examples
    --------
    >>> cells = pd.DataFrame({"plan": ["a", "a"], "duration": [1, 2], "n": [5, 10], "events": [5, 0]})
    >>> person_periods(cells, terms=["plan"])[["period", "n_at_risk", "events"]].values.tolist()
    [[1, 15, 5], [2, 10, 0]]
    """
    missing = [name for name in ("duration", *terms, "n", "events") if name not in cells]
    if missing:
        raise SchemaError(f"Landmark cells need the columns {', '.join(missing)}: they are missing.")
    need_equal_weights(cells)
    if ends:
        cells = _in_ends(cells, np.asarray(ends, dtype=float))
    if (cells["duration"] % 1 != 0).any():
        raise SchemaError(
            f"Periods need whole durations: {int((cells['duration'] % 1 != 0).sum()):,} of {len(cells):,} cells have"
            " others."
        )
    keys = ["duration", *terms]
    short = cells.groupby(keys, observed=True, dropna=False)[["n", "events"]].sum().reset_index()
    last = short["duration"].astype(int).to_numpy()
    long = short.loc[np.repeat(short.index, last)]
    period = np.concatenate([np.arange(1, each + 1) for each in last]) if len(last) else last
    long = long.assign(period=period, n_at_risk=long["n"], events=long["events"].where(long["duration"] == period, 0))
    found = long.groupby(["period", *terms], observed=True, dropna=False)[["n_at_risk", "events"]].sum()
    return found.reset_index()


def _in_ends(cells: pd.DataFrame, ends: Floats) -> pd.DataFrame:
    """Durations as numbers of periods: begun by those who left, over for the others."""
    at = cells["duration"].to_numpy(float)
    begun = np.searchsorted(ends, at, side="left") + 1
    left = cells.assign(duration=np.minimum(begun, len(ends)), n=cells["events"]).assign(
        events=cells["events"].where(begun <= len(ends), 0)
    )
    stayed = cells.assign(duration=np.searchsorted(ends, at, side="right"), n=cells["n"] - cells["events"], events=0)
    both = pd.concat([left, stayed], ignore_index=True)
    return both.loc[(both["n"] > 0) & (both["duration"] > 0)]


def _in_periods(horizons: tuple[float, ...], ends: Sequence[float]) -> tuple[float, ...]:
    if not ends:
        return horizons
    place = {float(end): float(number) for number, end in enumerate(ends, start=1)}
    other = [horizon for horizon in horizons if horizon not in place]
    if other:
        raise ParameterError(f"Each horizon must be the end of a period: {len(other)} of {len(horizons)} are not.")
    return tuple(place[horizon] for horizon in horizons)


def _of_cox(model: CoxModel, fit: Estimates, horizons: tuple[float, ...]) -> tuple[str, Course, Floats]:
    of_risk = fit.measure == "log_subdistribution_ratio"
    if model.roles.strata or model.roles.offset or (model.roles.cause and not of_risk):
        raise ParameterError(
            "A scorecard has one baseline and the risk itself: strata, offsets and the hazard of one cause do not fit. "
            "Make the strata terms; for one cause of several use `fit_fine_gray`."
        )
    sizes = _sizes(model.design)
    _need_followed(horizons, float(model.last_seen[0]))
    hazard, noise, mean = cumulated(model, np.zeros(1, dtype=np.int64), np.array(horizons))
    course = Proportional(sizes, model.beta, model.covariance, model.centre, hazard[0], noise[0], mean[0])
    return "Fine and Gray" if of_risk else "Cox", course, model.centre


def _of_discrete(model: DiscreteModel, fit: Estimates, horizons: tuple[float, ...]) -> tuple[str, Course, Floats]:
    if model.cause:
        raise ParameterError("The hazard of one cause overstates its risk where others compete. Use `fit_fine_gray`.")
    odd = [horizon for horizon in horizons if horizon % 1]
    if odd:
        raise ParameterError(f"Horizons in periods must be whole: {len(odd)} of {len(horizons)} are not.")
    sizes = _sizes(model.design)
    _need_followed(horizons, float(fit.parts["baseline"]["period"].max()))
    period = np.arange(1.0, horizons[-1] + 1)
    if model.time.kind == "levels" and not set(period) <= set(model.time.points):
        raise InsufficientDataError(
            "Each period before the horizon must have been seen in training: some were not. Use a smooth time."
        )
    basis = np.hstack([np.ones((len(period), 1)), model.time.columns(period)])
    course = Periods(sizes, model.link, basis, model.beta, model.covariance, tuple(int(each) for each in horizons))
    return f"discrete time, {LINKS[model.link]}", course, model.centre


def _sizes(design: Design) -> tuple[int, ...]:
    numbers = [term.name for term in design.terms if not term.levels]
    if numbers:
        raise ParameterError(
            f"The terms of a scorecard are levels: {', '.join(numbers)} as a number is none. Cut it into bins."
        )
    return tuple(len(term.levels) for term in design.terms)


def _need_followed(horizons: tuple[float, ...], last: float) -> None:
    if horizons[-1] > last:
        raise InsufficientDataError(
            f"A horizon must lie within the training time: {horizons[-1]:g} was asked, {last:g} followed. "
            "Choose an earlier training day or a shorter horizon."
        )


def _points(design: Design, beta: Floats, shares: Floats) -> pd.DataFrame:
    parts, at = [], 0
    for term in design.terms:
        own = slice(at, at + len(term.levels) - 1)
        share = [1 - shares[own].sum(), *shares[own]]
        parts.append(
            pd.DataFrame({"term": term.name, "level": term.levels, "points": [0.0, *beta[own]], "share": share})
        )
        at = own.stop
    return pd.concat(parts, ignore_index=True)
