"""Is a predicted 20 % really 20 %: in the large, by slope, by group of prediction, for every segment."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError, ParameterError
from cemlab.core.results import Estimates
from cemlab.stats.causes import Cause
from cemlab.stats.intervals import Floats
from cemlab.stats.prediction.jackknife import METHOD, Replicated, notes_of
from cemlab.stats.prediction.outcomes import CENSORED, LEFT, Judging, Outcomes, Statistic, outcomes_of
from cemlab.stats.prediction.ranking import Ranking
from cemlab.stats.prediction.slope import intercept, log_hazard, slope
from cemlab.stats.prediction.tabled import Risks, by_group, by_horizon, replicates, sorted_risks, within_reach
from cemlab.stats.prediction.weights import censoring_curve, known_by
from cemlab.stats.survival import cumulative_incidence
from cemlab.stats.survival.clustered import CLUSTERED, REPLICATE

TIED = "Many predictions are alike: {found} groups could be told apart instead of {asked}."


def calibration(
    judged: pd.DataFrame,
    *,
    risks: Risks,
    cause: Cause = "",
    by: Sequence[str] = (),
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how many left for each one who was predicted to, and whether predictions are too extreme or too tame.

    In the large: O/E = F(t)/mean prediction, F Kaplan–Meier (Aalen–Johansen for one cause). Intercept: the
    shift of log(−log(1 − p)) that makes the mean prediction equal F. Slope: the coefficient of log(−log(1 − p))
    in a Cox model of what happened up to t (Fine and Gray's for one cause), Breslow's rule; below 1 the
    predictions are too extreme.

    Parameters
    ----------
    judged : pandas.DataFrame
        Cells of the judged time: ``duration``, ``n``, ``events`` or ``cause``, the predictions, and
        ``replicate`` for intervals.
    risks : mapping of float to str
        Column of the prediction for each horizon, from 0 to 1.
    cause : str or float, default ""
        The cause that is judged, others being known not to have left for it; empty for every ending.
    by : sequence of str, default ()
        Each combination is judged by itself.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest published group, and smallest number at risk at a horizon.

    Returns
    -------
    Estimates
        Measure ``calibration`` as a ratio; one row per group and ``horizon``: ``estimate`` (O/E),
        ``std_error``, ``ci_low``, ``ci_high`` (on the scale of the logarithm), ``p_value`` of O/E = 1
        (`multiplicity.adjust` takes it), ``predicted`` and ``observed`` shares, ``n`` spells, ``events`` up to
        the horizon. Parts in the same form: ``intercept``, ``slope``.

    Raises
    ------
    SchemaError
        When a column is missing or a value impossible.
    InsufficientDataError
        When at no horizon somebody left and enough are followed.

    References
    ----------
    Van Calster, B., Nieboer, D., Vergouwe, Y., De Cock, B., Pencina, M. J., & Steyerberg, E. W. (2016). A
    calibration hierarchy for risk models was defined. Journal of Clinical Epidemiology, 74, 167–176.
    doi:10.1016/j.jclinepi.2015.12.005. Crowson, C. S., Atkinson, E. J., & Therneau, T. M. (2016). Assessing
    calibration of prognostic risk scores. Statistical Methods in Medical Research, 25(4), 1692–1706.
    doi:10.1177/0962280213497434

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [1, 2], "n": [30, 70], "events": [30, 0], "p": [0.3, 0.2]})
    >>> calibration(cells, risks={2: "p"}).table[["observed", "predicted", "estimate"]].round(4).values.tolist()
    [[0.3, 0.23, 1.3043]]
    """
    risks = sorted_risks(risks)
    horizons, whole = list(risks), outcomes_of(judged, columns=list(risks.values()), cause=cause, by=by, min_n=min_n)
    notes = within_reach(whole, horizons)
    found = replicates(whole, lambda group: calibrations(group, risks))
    size = len(horizons)
    rows = partial(by_horizon, whole, found, horizons)
    table = rows(first=0, laid=partial(Replicated.log_limits, level=level))
    plain = partial(Replicated.limits, level=level)
    for place, name in ((1, "predicted"), (2, "observed")):
        table[name] = rows(first=place * size, laid=plain)["estimate"]
    parts = {"intercept": rows(first=3 * size, laid=plain), "slope": rows(first=4 * size, laid=plain)}
    parts["replicates"] = _replicates(whole, found, horizons)
    return Estimates.build(
        table,
        by=[*by, "horizon"],
        cells=by,
        measure="calibration",
        unit="ratio",
        level=level,
        min_n=min_n,
        parts=parts,
        method=f"observed over expected share who left, {METHOD}",
        notes=(*whole.notes, *notes, *notes_of(table, whole.groups)),
    )


def _replicates(whole: Judging, found: Sequence[Replicated], horizons: Sequence[float]) -> pd.DataFrame:
    """Logarithm of each ratio without each group of customers, so that ratios of the same customers can be compared."""
    rows = []
    for group, numbers in zip(whole.groups, found, strict=True):
        logs = np.log(np.where(numbers.without > 0, numbers.without, np.nan))
        held = group.groups[: logs.shape[1]]
        for at, horizon in enumerate(horizons):
            row = {"horizon": horizon, "replicate": held, "estimate": logs[at], **whole.keys(group)}
            rows.append(pd.DataFrame(row, index=range(len(held))))
    return pd.concat(rows, ignore_index=True)


def calibrations(judged: Outcomes, risks: Risks) -> Statistic:
    """Return the statistic of calibration.

    Parameters
    ----------
    judged : Outcomes
        The spells.
    risks : mapping of float to str
        Column of each of H horizons, sorted.

    Returns
    -------
    callable
        From counts, shape (m, B), to shape (5·H, B): observed over expected, mean prediction, share who left,
        intercept and slope; NaN where a horizon cannot be judged.
    """
    logs = {name: log_hazard(judged.risks[name]) for name in risks.values()}
    rankings = {name: Ranking.of(judged.risks[name]) for name in risks.values()}

    def _all(n: Floats) -> Floats:
        curve, count = censoring_curve(judged, n), n.sum(axis=0)
        out = np.full((5, len(risks), n.shape[1]), np.nan)
        for row, (horizon, name) in enumerate(risks.items()):
            if not judged.reaches(horizon):
                continue
            seen = known_by(judged, n, horizon, curve=curve)[0].sum(axis=0) / count
            mean = judged.risks[name] @ n / count
            ratio = np.divide(seen, mean, out=np.full_like(seen, np.nan), where=mean > 0)
            shift = intercept(log_hazard(rankings[name].values), rankings[name].sums(n), seen)
            out[:, row] = ratio, mean, seen, shift, slope(judged, n, logs[name], horizon=horizon, curve=curve)
        return out.reshape(-1, n.shape[1])

    return _all


def observed_expected(
    judged: pd.DataFrame,
    *,
    expected: str,
    cause: Cause = "",
    by: Sequence[str] = (),
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the events seen over those expected within the time that each spell was followed.

    O/E = Σ events/Σ n·H(T), H(T) the cumulative hazard predicted up to the spell's own end; its logarithm is
    the intercept of a Poisson model with offset log H(T).

    Parameters
    ----------
    judged : pandas.DataFrame
        Cells of the judged time: ``duration``, ``n``, ``events`` or ``cause``, and ``replicate`` for intervals.
    expected : str
        Column of H(T), at least 0; for one cause that cause's own hazard, not −log(1 − its risk), which speaks
        of all who were there.
    cause, by, level, min_n : as in `calibration`
        What is judged, for whom, how surely.

    Returns
    -------
    Estimates
        Measure ``observed_expected`` as a ratio; one row per group: ``estimate``, ``std_error``, ``ci_low``,
        ``ci_high``, ``p_value`` of O/E = 1, ``expected`` events, ``events``, ``n`` spells.

    Raises
    ------
    SchemaError
        When a column is missing or a value impossible.
    InsufficientDataError
        When no event is expected.

    References
    ----------
    Crowson, C. S., Atkinson, E. J., & Therneau, T. M. (2016). Assessing calibration of prognostic risk scores.
    Statistical Methods in Medical Research, 25(4), 1692–1706. doi:10.1177/0962280213497434

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [1, 2], "n": [30, 70], "events": [30, 0], "h": [0.2, 0.4]})
    >>> observed_expected(cells, expected="h").table["estimate"].round(4).tolist()
    [0.8824]
    """
    whole = outcomes_of(judged, columns=[expected], cause=cause, by=by, min_n=min_n, sizes=True)

    def _counts(group: Outcomes) -> Statistic:
        hazard, left = group.risks[expected], (group.kind == LEFT).astype(float)
        return lambda n: np.stack([_over(left @ n, hazard @ n), left @ n, hazard @ n])

    found = replicates(whole, _counts)
    if not sum(numbers.value[2] for numbers in found) > 0:
        raise InsufficientDataError(f"Some events must be expected: `{expected}` sums to 0. Judge a longer time.")
    table = by_group(whole, found, first=0, laid=partial(Replicated.log_limits, level=level))
    table = table.assign(events=[each.value[1] for each in found], expected=[each.value[2] for each in found])
    return Estimates.build(
        table,
        by=by,
        measure="observed_expected",
        unit="ratio",
        level=level,
        min_n=min_n,
        method=f"events over predicted cumulative hazard, {METHOD}",
        notes=(*whole.notes, *notes_of(table, whole.groups)),
    )


def _over(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def calibration_curve(
    judged: pd.DataFrame,
    *,
    risk: str,
    horizon: float,
    groups: int = 10,
    cause: Cause = "",
    by: Sequence[str] = (),
    clustered: bool = False,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the share who left up to a horizon among those with like predictions.

    Customers are cut into groups at the quantiles of the prediction (of each combination of `by`; type 7,
    closed to the right). Kaplan–Meier (Aalen–Johansen for one cause) in each, Greenwood-type or clustered
    variance, interval F^exp(±z·se/(F·log F)).

    Parameters
    ----------
    judged : pandas.DataFrame
        Cells of the judged time: ``duration``, ``n``, ``events`` or ``cause``, and the prediction.
    risk : str
        Column of the prediction, from 0 to 1.
    horizon : float
        Up to when, in the unit of the durations.
    groups : int, default 10
        How many groups at most; fewer where predictions tie.
    cause, by : as in `calibration`
        What is judged, and for whom.
    clustered : bool, default False
        True where customers have several spells: errors then are by group of customers (``replicate``).
    level, min_n : as in `calibration`
        How surely.

    Returns
    -------
    Estimates
        Measure ``calibration_curve`` as a share; one row per `by` and ``risk_group`` (from 1, rising):
        ``estimate`` (observed), ``std_error``, ``ci_low``, ``ci_high``, ``predicted`` (mean), ``n`` spells.

    Raises
    ------
    SchemaError
        When a column is missing or a value impossible.
    InsufficientDataError
        When nobody left up to the horizon, or too few are followed that far.

    Examples
    --------
    >>> cells = pd.DataFrame({"duration": [1, 2, 1, 2], "n": [10, 90, 30, 70], "events": [10, 0, 30, 0], "p": [0.1, 0.1, 0.2, 0.2]})
    >>> calibration_curve(cells, risk="p", horizon=2, groups=2).table[["predicted", "estimate"]].round(4).values.tolist()
    [[0.1, 0.1], [0.2, 0.3]]
    """
    if groups < 2 or not horizon > 0:
        raise ParameterError(f"A curve needs two groups and a horizon above 0: {groups} and {horizon} were given.")
    whole = outcomes_of(judged, columns=[risk], cause=cause, by=by, min_n=min_n)
    notes = list(within_reach(whole, [horizon]))
    parts = [
        _grouped(whole, group, risk=risk, groups=groups, clustered=clustered)
        for group in whole.groups
        if group.reaches(horizon)
    ]
    if (found := min(part["risk_group"].nunique() for part in parts)) < groups:
        notes.append(TIED.format(found=found, asked=groups))
    rows = pd.concat(parts, ignore_index=True)
    keys = [*by, "risk_group"]
    seen = _incidence(rows, keys, horizon=horizon, level=level, min_n=min_n)
    means = (
        rows.assign(predicted=rows["p"] * rows["n"])
        .groupby(keys, as_index=False, dropna=False)[["predicted", "n"]]
        .sum()
    )
    means["predicted"] /= means["n"]
    table = means.merge(seen, on=keys, how="left")
    return Estimates.build(
        table,
        by=keys,
        measure="calibration_curve",
        unit="share",
        level=level,
        min_n=min_n,
        notes=(*whole.notes, *notes),
        method=(
            f"share who left by group of prediction, {CLUSTERED if clustered else 'Greenwood-type variance'}, log-log"
            " interval"
        ),
    )


def _grouped(whole: Judging, judged: Outcomes, *, risk: str, groups: int, clustered: bool) -> pd.DataFrame:
    """Rows with their group of prediction."""
    values = judged.risks[risk]
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(judged.n[order])
    place = np.linspace(0, upto[-1] - 1, groups + 1)[1:-1]
    below, above = (values[order][np.searchsorted(upto, np.floor(place) + step, side="right")] for step in (0, 1))
    cuts = np.unique(below + (place - np.floor(place)) * (above - below))
    group = np.searchsorted(cuts, values, side="left")
    rows = pd.DataFrame(
        {
            **whole.keys(judged),
            "risk_group": np.unique(group, return_inverse=True)[1] + 1,
            "p": values,
            "duration": judged.duration,
            "kind": judged.kind,
            "n": judged.n,
        }
    )
    if not clustered:
        return rows
    held = judged.held
    split = rows.iloc[held["row"]].reset_index(drop=True)
    return split.assign(n=held["n"].to_numpy(), **{REPLICATE: held["group"].to_numpy()})


def _incidence(rows: pd.DataFrame, keys: list[str], *, horizon: float, level: float, min_n: int) -> pd.DataFrame:
    """Share who left by the horizon; nothing later than it is looked at."""
    late = rows["duration"] > horizon
    kind = rows["kind"].where(~late, CENSORED)
    lives = rows[[*keys, *({REPLICATE} & set(rows.columns))]].assign(
        duration=rows["duration"].clip(upper=horizon),
        events=rows["n"].where(kind != CENSORED, 0),
        censored=rows["n"].where(kind == CENSORED, 0),
        cause=kind.map({LEFT: "left"}).fillna("other").where(kind != CENSORED),
    )
    table = cumulative_incidence(lives, by=keys, times=[horizon], level=level, min_n=min_n).table
    return table.loc[table["cause"] == "left", [*keys, "estimate", "std_error", "ci_low", "ci_high"]]
