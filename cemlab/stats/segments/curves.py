"""How long each segment stays: Kaplan–Meier curves corrected for classification error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cemlab.core.errors import CemlabError, InsufficientDataError, SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats, quantile
from cemlab.stats.jackknife import FEW_GROUPS, FEWEST, NO_REPLICATES, Errors, jackknife
from cemlab.stats.segments.bch import Classification
from cemlab.stats.segments.sums import quotient
from cemlab.stats.survival.bands import log_log_limits
from cemlab.stats.survival.curves import group_summary, inside
from cemlab.stats.survival.lives import Lives, Window, lives_of, window_of

MONOTONE = (
    "The correction gave curves that rise in places; they were made monotone (the closest falling curve). Points:"
    " {points:,}."
)


def curves(lives: pd.DataFrame, *, classification: Classification, level: float = 0.95, min_n: int = 10) -> Estimates:
    """Return the share of each segment still there after each time, corrected for classification error.

    S(t) = Π (1 − d/Y) with d and Y the BCH-weighted events and spells at risk. Where weights below 0 make it
    rise, the closest falling curve (isotonic regression). std_error: delete-a-group jackknife, the class model
    held fixed; log-log interval with t. Where nobody has left, from (α/2)^(1/Y), the exact limit of Y
    customers, to 1.

    Parameters
    ----------
    lives : pandas.DataFrame
        A life table by ``segment`` (as assigned) and, for intervals, ``replicate``: ``duration``, ``events``,
        ``censored``, optional ``entered`` and ``n_customers``.
    classification : Classification
        Of the class model; `exact` for groups made by rules or k-means, whose plain curves result.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment, and smallest risk set of a curve.

    Returns
    -------
    Estimates
        Measure ``survival``; one row per ``segment`` and ``duration``: ``estimate``, ``std_error``, ``ci_low``,
        ``ci_high``, ``at_risk`` and ``events`` (corrected), ``n`` spells assigned, ``n_customers``. Part
        ``groups``: one row per segment: ``start``, ``end``, ``n``, ``events``.

    Raises
    ------
    SchemaError
        When a column is missing, or a segment is not in the classification.
    InsufficientDataError
        When there is no spell, a segment has none, or no segment ever has `min_n` at risk.

    References
    ----------
    Bakk, Z., Tekle, F. B., & Vermunt, J. K. (2013). Estimating the association between latent class membership
    and external variables using bias-adjusted three-step approaches. Sociological Methodology, 43(1), 272–311.
    doi:10.1177/0081175012470644

    Examples
    --------
    >>> from cemlab.stats.segments.bch import exact
    >>> lives = pd.DataFrame({"segment": "a", "duration": [1, 2, 3], "events": [10, 9, 0], "censored": [0, 0, 81]})
    >>> curves(lives, classification=exact(["a"])).table["estimate"].round(4).tolist()
    [0.9, 0.81, 0.81]
    """
    assigned, split = _lives(lives, classification)
    window = window_of(assigned, min_n=min_n)
    used = inside(assigned, window)
    risk, events = (classification.corrected_sums(each, axis=1) for each in (assigned.at_risk, assigned.events))
    used &= np.logical_and.accumulate(risk >= 1, axis=0) | (assigned.times <= window.start)[:, None]
    raw = _survival(risk, events, used)
    falling = _falling(raw, risk, used)
    errors = _errors(split, assigned, classification, used)
    return _estimates(
        assigned,
        window,
        falling=falling,
        raw=raw,
        errors=errors,
        used=used,
        risk=risk,
        events=events,
        model=classification,
        replicated="replicate" in lives,
        level=level,
        min_n=min_n,
    )


def not_followed(lives: pd.DataFrame, *, classification: Classification, min_n: int = 10) -> str:
    """Return why no curves can be drawn; empty when they can.

    Parameters
    ----------
    lives, classification, min_n : as in `curves`
        See there.

    Returns
    -------
    str
        What `curves` would refuse with, for a page that goes on without them.

    Examples
    --------
    >>> from cemlab.stats.segments.bch import exact
    >>> lives = pd.DataFrame({"segment": "a", "duration": [1, 2], "events": [1, 0], "censored": [0, 4]})
    >>> not_followed(lives, classification=exact(["a"]), min_n=3)
    ''
    """
    try:
        window_of(_lives(lives, classification)[0], min_n=min_n)
    except CemlabError as error:
        return str(error)
    return ""


def left_after(found: Estimates, times: Sequence[float]) -> Estimates:
    """Return the share of each segment still there at chosen times.

    Parameters
    ----------
    found : Estimates
        Of `curves`.
    times : sequence of float
        In the unit of the durations.

    Returns
    -------
    Estimates
        Measure ``survival``; one row per ``segment`` and ``duration``: the step that holds there, ``at_risk``
        at that time, and ``followed``, False after the end of the segment's curve, where the rest is NaN.

    Examples
    --------
    >>> from cemlab.stats.segments.bch import exact
    >>> lives = pd.DataFrame({"segment": "a", "duration": [1, 2, 3], "events": [10, 9, 0], "censored": [0, 0, 81]})
    >>> left_after(curves(lives, classification=exact(["a"])), [0, 2.5, 9]).table["estimate"].round(4).tolist()
    [1.0, 0.81, nan]
    """
    told = ["estimate", "std_error", "ci_low", "ci_high"]
    rows = []
    for segment, steps in found.table.sort_values("duration").groupby("segment", sort=False):
        ends = steps["duration"].to_numpy(float)
        start = pd.Series({"estimate": 1.0, "std_error": 0.0, "ci_low": 1.0, "ci_high": 1.0})
        for time in times:
            followed = bool(time <= ends[-1])
            at = int(np.searchsorted(ends, time, side="right"))
            step = steps.iloc[at - 1][told] if at else start
            risk = float(steps["at_risk"].iloc[np.searchsorted(ends, time)]) if followed else np.nan
            same = {name: steps[name].iloc[0] for name in ("n", "n_customers", "suppressed", "too_small")}
            rows.append(
                {
                    "segment": segment,
                    "duration": float(time),
                    **(step if followed else step * np.nan),
                    "at_risk": risk,
                    "followed": followed,
                    **same,
                }
            )
    table = pd.DataFrame(rows).astype(dict.fromkeys((*told, "at_risk", "n", "n_customers"), float))
    return replace(found, _table=table)


def medians(found: Estimates) -> Estimates:
    """Return the time by which half of each segment has left.

    Parameters
    ----------
    found : Estimates
        Of `curves`.

    Returns
    -------
    Estimates
        Measure ``time_to_leave`` in months; one row per ``segment`` and ``share_left`` (0.5): ``estimate``, NaN
        where it is not reached.

    Examples
    --------
    >>> from cemlab.stats.segments.bch import exact
    >>> lives = pd.DataFrame({"segment": "a", "duration": [1, 2], "events": [60, 0], "censored": [0, 40]})
    >>> medians(curves(lives, classification=exact(["a"]))).table["estimate"].tolist()
    [1.0]
    """
    rows = []
    for segment, steps in found.table.sort_values("duration").groupby("segment", sort=False):
        reached = steps.loc[steps["estimate"] < 0.5, "duration"]
        same = {name: steps[name].iloc[0] for name in ("n", "n_customers", "suppressed", "too_small")}
        rows.append({"segment": segment, "share_left": 0.5, "estimate": float(reached.min()), **same})
    return replace(
        found, _table=pd.DataFrame(rows), by=("segment", "share_left"), measure="time_to_leave", unit="months"
    )


def _lives(lives: pd.DataFrame, model: Classification) -> tuple[Lives, Lives]:
    """Return life tables by assigned class, in the order of the classification, of all and by replicate group."""
    if "segment" not in lives:
        raise SchemaError("Curves of segments need the column segment in the life table.")
    rows = lives.loc[lives["segment"].notna()].assign(segment=lives["segment"].astype(str))
    strangers = int((~rows["segment"].isin(model.classes)).sum())
    absent = [name for name in model.classes if not rows["segment"].eq(name).any()]
    if strangers:
        raise SchemaError(
            f"The life table must hold the classification's {len(model.classes)} segments: {strangers:,} of"
            f" {len(rows):,} rows are of others. Take both from the same class model."
        )
    if absent:
        raise InsufficientDataError(
            f"Each of {len(model.classes)} segments needs customers who are followed: {len(absent)}"
            f" {'has' if len(absent) == 1 else 'have'} none. Map the spells of more customers, or choose another"
            " `basis`."
        )
    rows["segment"] = pd.Categorical(rows["segment"], categories=list(model.classes), ordered=True)
    # Here groups of customers are groups of the table: the class model is corrected in each.
    rows = rows.drop(columns="replicate", errors="ignore").assign(_group=rows.get("replicate", 0))
    split = lives_of(rows, by=["segment", "_group"])
    codes = split.groups["segment"].cat.codes.to_numpy()
    onto = np.equal.outer(codes, np.arange(len(model.classes))).astype(float)
    whole = Lives(
        pd.DataFrame({"segment": list(model.classes)}),
        split.times,
        split.entered @ onto,
        split.events @ onto,
        split.censored @ onto,
        (),
        np.zeros((0, len(split.times), len(model.classes))),
        split.customers @ onto,
    )
    return whole, split


def _survival(risk: Floats, events: Floats, used: np.ndarray) -> Floats:
    hazard = np.where(used & (risk > 0), quotient(events, risk), 0.0)
    return np.asarray(np.cumprod(1 - hazard, axis=0))


def _falling(raw: Floats, risk: Floats, used: np.ndarray) -> Floats:
    """Return the closest curves that never rise, within 0 … 1."""
    from scipy.optimize import isotonic_regression

    result = raw.clip(0, 1)
    for column in range(raw.shape[1]):
        rows = used[:, column]
        curve = result[rows, column]
        if (np.diff(raw[rows, column], prepend=1.0) > 0).any() and curve.size:
            weights = risk[rows, column].clip(min=1e-9)
            result[rows, column] = isotonic_regression(curve, weights=weights, increasing=False).x
    return np.asarray(result)


def _errors(split: Lives, assigned: Lives, model: Classification, used: np.ndarray) -> Errors:
    """Jackknife errors of the curves before they are made monotone."""
    codes, groups = pd.factorize(split.groups["_group"], sort=True)
    classes = split.groups["segment"].cat.codes.to_numpy()
    replicates = np.empty((len(groups), *used.shape))
    for group in range(len(groups)):
        mine = np.flatnonzero(codes == group)
        risk, events = assigned.at_risk.T.copy(), assigned.events.T.copy()
        risk[classes[mine]] -= split.at_risk.T[mine]
        events[classes[mine]] -= split.events.T[mine]
        name = pd.Index(groups[[group]])
        risk, events = (model.corrected_without(each[None], name)[0].T for each in (risk, events))
        replicates[group] = _survival(risk, events, used)
    found = jackknife(replicates, np.ones(replicates.shape, dtype=bool))
    own = _groups_of(codes, classes, used.shape[1])
    return Errors(found.std_error, np.where(own >= FEWEST, np.fmin(found.df, own - 1), np.nan))


def _groups_of(codes: np.ndarray, classes: np.ndarray, size: int) -> Floats:
    """How many replicate groups hold somebody of each class."""
    return np.array([len(np.unique(codes[classes == each])) for each in range(size)], dtype=float)


def _estimates(
    lives: Lives,
    window: Window,
    *,
    falling: Floats,
    raw: Floats,
    errors: Errors,
    used: np.ndarray,
    risk: Floats,
    events: Floats,
    model: Classification,
    replicated: bool,
    level: float,
    min_n: int,
) -> Estimates:
    happened = (lives.events.sum(axis=1) + lives.censored.sum(axis=1) > 0)[:, None]
    column, row = np.nonzero((used & happened).T)
    survival, spread = falling[row, column], errors.std_error[row, column]
    # Limits on the normal scale, widened to Student's t.
    wider = quantile(level, errors.df[row, column]) / quantile(level)
    low, high = log_log_limits(survival, quotient(spread, survival) * wider, level=level)
    # Nobody of so many left: that many could have stayed by chance.
    whole = (survival >= 1) & np.isfinite(errors.df[row, column])
    low = np.where(whole, ((1 - level) / 2) ** (1 / np.maximum(risk[row, column], 1.0)), low)
    high, spread = np.where(whole, 1.0, high), np.where(whole, np.nan, spread)
    table = pd.DataFrame(
        {
            "segment": np.asarray(model.classes)[column],
            "duration": lives.times[row],
            "estimate": survival,
            "std_error": spread,
            "ci_low": low,
            "ci_high": high,
            "at_risk": risk[row, column],
            "events": events[row, column],
            "n": lives.spells[column],
            "n_customers": lives.customers[column],
            "suppressed": window.hidden[column],
        }
    )
    changed = int((np.abs(falling - raw) > 1e-12)[row, column].sum())
    why = () if replicated and np.isfinite(errors.df).any() else (FEW_GROUPS if replicated else NO_REPLICATES,)
    return Estimates.build(
        table,
        by=["segment", "duration"],
        cells=["segment"],
        measure="survival",
        unit="share",
        better="up",
        level=level,
        min_n=min_n,
        method="Kaplan–Meier"
        + (" corrected for classification error (BCH)" if model.corrected else "")
        + ", jackknife, log-log interval",
        notes=(*model.notes, *window.notes, *why, *((MONOTONE.format(points=changed),) if changed else ())),
        parts={"groups": group_summary(lives, window)},
    )
