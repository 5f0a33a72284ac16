"""Do hazard ratios stay what they are over time: the score test, and the effect in slices of time."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from cemlab.core.errors import ParameterError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.hazards.cells import Prepared, checked, prepared
from cemlab.stats.hazards.fitted import CoxModel
from cemlab.stats.hazards.predicted import model_of
from cemlab.stats.hazards.residuals import clustered_scores
from cemlab.stats.hazards.risksets import information, score
from cemlab.stats.intervals import Floats, quantile
from cemlab.stats.jackknife import FEWEST
from cemlab.stats.multiplicity import benjamini_hochberg
from cemlab.stats.survival.clustered import CLUSTERED
from cemlab.stats.survival.comparison import chi_square_p

Transform = Literal["km", "identity", "log", "rank"]
LARGE = "With many spells a small p-value says little: judge by how much the effect changes over time."


def proportional_hazards(
    fit: Estimates,
    cells: pd.DataFrame,
    *,
    cluster: str = "",
    transform: Transform = "km",
    slices: int = 6,
    level: float = 0.95,
) -> Estimates:
    """Return the test that each hazard ratio is the same at all times.

    Score test of γ = 0 in log hazard = x·(β + γ·g(t)): U_γᵀ (I_γγ − I_γβ I_ββ⁻¹ I_βγ)⁻¹ U_γ, per term (with the
    other γ at 0) and for all; as R's cox.zph of survival 3. Why not a library: the usual one has the older
    approximation, which differs much.

    Parameters
    ----------
    fit : Estimates
        From `fit_cox`, without ridge.
    cells : pandas.DataFrame
        The cells it was fitted on.
    cluster : str, default ""
        Column of what belongs together: the information in the middle then is Σ W_g W_gᵀ, W_g = U_γg − I_γβ
        I_ββ⁻¹ U_βg what each of its values adds to the score; no test below 10.
    transform : {"km", "identity", "log", "rank"}, default "km"
        g: 1 − the Kaplan–Meier curve just before t; t; log t; the rank of t among all ends.
    slices : int, default 6
        Into how many slices of time, of equally many events, the effect is split; 0 for none.
    level : float, default 0.95
        Confidence level, in (0, 1).

    Returns
    -------
    Estimates
        Measure ``proportional_hazards``; one row per ``term`` and one ``(all)``: ``estimate`` (χ²), ``df``,
        ``p_value``, ``q_value`` (over the terms), ``n``, ``events``, ``change`` (by how much the log hazard
        ratio moves from the first event time to the last, one-step estimate; of the level that moves most).
        Parts: ``levels`` (the test of each column), ``effect`` (``term``, ``level``, ``start``, ``stop``,
        ``estimate``, ``std_error``, ``ci_low``, ``ci_high``, ``events``: the log hazard ratio in each slice,
        one Newton step from the fit).

    Raises
    ------
    SchemaError
        When the cells are not those of the fit.
    ParameterError
        When an option is unknown.

    References
    ----------
    Grambsch, P. M., & Therneau, T. M. (1994). Proportional hazards tests and diagnostics based on
    weighted residuals. Biometrika, 81(3), 515–526. doi:10.1093/biomet/81.3.515
    """
    if transform not in {"km", "identity", "log", "rank"}:
        raise ParameterError(f'`transform` must be "km", "identity", "log" or "rank": {transform!r} was given.')
    model = model_of(fit)
    data = same_data(model, cells, cluster=cluster)
    time = _scale(model, checked(cells, model.roles), transform=transform)
    time = time - np.average(time, weights=model.sums.events)
    u, blocks = _pieces(model, data, time)
    own = _own(model, data, time, blocks) if cluster else None
    owner = [name for name, _ in model.design.columns]
    sets = [(name, [at for at, each in enumerate(owner) if each == name]) for name in dict.fromkeys(owner)]
    if len(sets) > 1:
        sets.append(("(all)", list(range(len(owner)))))
    reach = float(np.ptp(time))
    rows = [{"term": name, **_tested(u, blocks, columns, reach, own=own)} for name, columns in sets]
    terms = np.array([row["p_value"] for row in rows if row["term"] != "(all)"], dtype=float)
    rows = [{**row, "q_value": q} for row, q in zip(rows, [*benjamini_hochberg(terms), np.nan], strict=False)]
    single = [
        {"term": name, "level": level_, **_tested(u, blocks, [at], reach, own=own)}
        for at, (name, level_) in enumerate(model.design.columns)
    ]
    size = {"n": data.spells, "events": data.events}
    parts = {"levels": pd.DataFrame(single)}
    if slices:
        parts["effect"] = _effect(model, data, slices=slices, level=level)
    return Estimates.build(
        pd.DataFrame(rows).assign(**size),
        by=["term"],
        cells=[],
        measure="proportional_hazards",
        unit="ratio",
        level=level,
        method=f"score test of proportional hazards, time as {transform}{f', {CLUSTERED}' if cluster else ''}",
        min_n=fit.min_n,
        notes=(LARGE,),
        parts=parts,
    )


def same_data(model: CoxModel, cells: pd.DataFrame, *, cluster: str = "") -> Prepared:
    """Return the cells of a fit as rows on its grid.

    Parameters
    ----------
    model : CoxModel
        The fit.
    cells : pandas.DataFrame
        Its cells.
    cluster : str, default ""
        Column of what belongs together.

    Returns
    -------
    Prepared
        The rows.

    Raises
    ------
    SchemaError
        When their events are not those of the fit.
    """
    roles = replace(model.roles, cluster=cluster or model.roles.cluster)
    data = prepared(checked(cells, roles), model.design, roles, centre=model.centre, grid=model.grid)
    if data.events != model.sums.events.sum():
        raise SchemaError(
            f"The cells must be those of the fit: {int(data.events):,} events here, {int(model.sums.events.sum()):,}"
            " there."
        )
    return data


def _pieces(model: CoxModel, data: Prepared, time: Floats) -> tuple[Floats, tuple[Floats, Floats, Floats]]:
    weights = (np.ones_like(time), time, time**2)
    blocks = [information(data.short, model.sums, beta=model.beta, at=weight) for weight in weights]
    return score(model.sums, at=time), (blocks[0], blocks[1], blocks[2])


def _own(model: CoxModel, data: Prepared, time: Floats, blocks: tuple[Floats, Floats, Floats]) -> Floats:
    """What each cluster adds to the score of γ, β being estimated; shape (clusters, columns)."""
    plain, crossed, _ = blocks
    later, first = (clustered_scores(data, model.sums, model.beta, at=at) for at in (time, None))
    return np.asarray(later - first @ np.linalg.solve(plain, crossed))


def _tested(
    u: Floats, blocks: tuple[Floats, Floats, Floats], columns: list[int], reach: float, *, own: Floats | None
) -> dict[str, float]:
    plain, crossed, squared = blocks
    mixed = crossed[:, columns]
    spread = squared[np.ix_(columns, columns)] - mixed.T @ np.linalg.solve(plain, mixed)
    slope = np.linalg.pinv(spread, hermitian=True) @ u[columns]
    statistic = float(u[columns] @ slope)
    if own is not None:
        robust = np.linalg.pinv(own[:, columns].T @ own[:, columns], hermitian=True)
        statistic = float(u[columns] @ robust @ u[columns]) if len(own) >= FEWEST else np.nan
    return {
        "estimate": statistic,
        "df": len(columns),
        "p_value": chi_square_p(statistic, len(columns)),
        "change": float(slope[np.argmax(np.abs(slope))] * reach),
    }


def _scale(model: CoxModel, cells: pd.DataFrame, *, transform: Transform) -> Floats:
    """g at each event time."""
    times = model.grid.times
    if transform == "identity":
        return times
    if transform == "log":
        if (times <= 0).any():
            raise ParameterError(
                "The logarithm of time needs times above 0: somebody left at time 0. Use another transform."
            )
        return np.asarray(np.log(times))
    unique, events = np.unique(times), np.zeros(len(np.unique(times)))
    np.add.at(events, np.searchsorted(unique, times), model.sums.events)
    count = cells["n"].to_numpy(float)
    start, stop = cells["start"].to_numpy(float), cells["duration"].to_numpy(float)
    if transform == "rank":
        # The middle rank of the spells that end then, among all spells.
        after, before = (count.sum() - _from(stop, count, edge) for edge in (np.nextafter(unique, np.inf), unique))
        return np.asarray(((after + before + 1) / 2)[np.searchsorted(unique, times)])
    late = start > 0
    at_risk = _from(stop, count, unique) - _from(start[late], count[late], unique)
    before = np.concatenate([[1.0], np.cumprod(1 - events / at_risk)[:-1]])
    return np.asarray((1 - before)[np.searchsorted(unique, times)])


def _from(values: Floats, count: Floats, times: Floats) -> Floats:
    """How many have a value at each time or later."""
    order = np.argsort(values)
    later = np.concatenate([np.cumsum(count[order][::-1])[::-1], [0.0]])
    return np.asarray(later[np.searchsorted(values[order], times, side="left")])


def _effect(model: CoxModel, data: Prepared, *, slices: int, level: float) -> pd.DataFrame:
    """The log hazard ratios in slices of time of equally many events."""
    times = model.grid.times
    order = np.argsort(times, kind="stable")
    before = np.cumsum(model.sums.events[order]) - model.sums.events[order]
    slot = np.empty(len(times), dtype=np.int64)
    slot[order] = np.minimum(slices * before // model.sums.events.sum(), slices - 1).astype(np.int64)
    # Equal times of different strata stay in one slice.
    slot = pd.Series(slot).groupby(times).transform("min").to_numpy()
    frames, edge = [], 0.0
    for code in np.unique(slot):
        inside = (slot == code).astype(float)
        matrix = information(data.short, model.sums, beta=model.beta, at=inside)
        told = np.diag(matrix) > 1e-9 * max(float(np.diag(matrix).max()), 1e-300)
        inverse = np.full_like(matrix, np.nan)
        inverse[np.ix_(told, told)] = np.linalg.pinv(matrix[np.ix_(told, told)], hermitian=True)
        estimate = (
            model.beta + inverse @ np.where(told, score(model.sums, at=inside), 0.0)
            if told.all()
            else _part(model, inverse, told, inside)
        )
        error, df = np.sqrt(np.diag(inverse)), np.inf
        if data.clusters:
            own, df = (
                clustered_scores(data, model.sums, model.beta, at=inside) @ np.nan_to_num(inverse),
                data.clusters - 1.0,
            )
            error = error * 0 + (np.sqrt((own**2).sum(axis=0)) if data.clusters >= FEWEST else np.nan)
        half = quantile(level, df) * error
        stop = float(times[slot == code].max())
        frames.append(
            pd.DataFrame(model.design.columns, columns=["term", "level"]).assign(
                start=edge,
                stop=stop,
                estimate=estimate,
                std_error=error,
                ci_low=estimate - half,
                ci_high=estimate + half,
                events=float(model.sums.events @ inside),
            )
        )
        edge = stop
    return pd.concat(frames, ignore_index=True)


def _part(model: CoxModel, inverse: Floats, told: np.ndarray, inside: Floats) -> Floats:
    """One Newton step of the columns that this slice tells of; the others are unknown there."""
    result = np.full(len(told), np.nan)
    result[told] = model.beta[told] + inverse[np.ix_(told, told)] @ score(model.sums, at=inside)[told]
    return result
