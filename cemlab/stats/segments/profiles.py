"""What segments say, do and are worth: sizes, means, shares and scores, corrected for classification error."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from cemlab.core.results import Estimates
from cemlab.core.results.estimates import Unit
from cemlab.core.suppression import hidden_cells
from cemlab.stats.intervals import Floats
from cemlab.stats.jackknife import FEWEST, Errors
from cemlab.stats.segments.bch import Classification, exact
from cemlab.stats.segments.gaps import SAFE, eta_squared, gaps, rest_of
from cemlab.stats.segments.sums import (
    Sums,
    checked,
    mean_of,
    points_limits,
    quotient,
    segments_of,
    share_limits,
    sums_of,
)

EVERYONE = "customers"
"""The outcome that every customer has, 1 for each."""

BOUNDS: Mapping[str, tuple[float, float]] = {"share": (0.0, 1.0), "points": (-100.0, 100.0)}
CUT = "A corrected figure can pass the ends of its scale; it is cut there."
ALIKE = (
    "Where all customers of a segment have the same value there is no interval: how much others of its kind vary is not"
    " known."
)
ROUNDING = 1e-9
"""Below this part of a mean an error is rounding."""
ONE_SEGMENT = "There is only one segment, so there is no rest to compare it with."
DESCRIPTIVE = "The items that built the segments are described, not tested: they differ by construction."


def profiles(
    moments: pd.DataFrame,
    *,
    units: Mapping[str, Unit],
    nonnegative: Collection[str] = (),
    classification: Classification | None = None,
    level: float = 0.95,
    min_n: int = 10,
) -> dict[str, Estimates]:
    """Return the mean of each outcome in each segment.

    With a class model, BCH: sums by true class = (inverse of P(assigned | true))ᵀ · sums by assigned class, and
    the mean is the quotient of two such sums. NPS is the mean of −100, 0 and 100; a share is the mean of 0 and
    1. std_error: delete-a-group jackknife, the class model held fixed.

    Parameters
    ----------
    moments : pandas.DataFrame
        One row per ``segment`` (as assigned), ``outcome`` and, for intervals, ``replicate``: ``n`` customers
        with a value, its ``sum`` and the sum of its squares ``sum_sq``.
    units : mapping of str to str
        Unit of each outcome that is asked for.
    nonnegative : collection of str, default ()
        Outcomes that cannot be below 0, such as counts: what the correction takes below is cut.
    classification : Classification, optional
        Of the class model; none for groups made by rules or k-means, whose figures are plain.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    dict of str to Estimates
        By outcome, measure as the outcome; one row per ``segment``: ``estimate``, ``std_error``, ``ci_low``,
        ``ci_high``, ``uncorrected`` (of the customers as assigned), ``n`` (assigned, with a value), ``n_eff``.
        Intervals are t, cut to the scale; of plain shares Wilson, of plain net scores adjusted Wald.

    Raises
    ------
    SchemaError
        When a column, an outcome or a class is missing.
    InsufficientDataError
        When nobody has a value.

    References
    ----------
    Vermunt, J. K. (2010). Latent class modeling with covariates: two improved three-step approaches. Political
    Analysis, 18(4), 450–469. doi:10.1093/pan/mpq025

    Examples
    --------
    >>> moments = pd.DataFrame(
    ...     {"segment": ["a", "b"], "outcome": "margin", "n": [50, 40], "sum": [500.0, 800.0], "sum_sq": [6000.0, 17000.0]}
    ... )
    >>> profiles(moments, units={"margin": "currency"})["margin"].table["estimate"].tolist()
    [10.0, 20.0]
    """
    checked(moments, units)
    model = classification or exact(segments_of(moments))
    whole = -np.inf, np.inf
    scales = {name: (0.0, np.inf) if name in nonnegative else BOUNDS.get(unit, whole) for name, unit in units.items()}
    return {
        name: _profile(
            sums_of(moments, name, model), name, unit=unit, scale=scales[name], model=model, level=level, min_n=min_n
        )
        for name, unit in units.items()
    }


def sizes(
    moments: pd.DataFrame,
    *,
    outcome: str = EVERYONE,
    classification: Classification | None = None,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the share of customers in each segment.

    Corrected n of the segment over that of all; std_error by jackknife.

    Parameters
    ----------
    moments : pandas.DataFrame
        As for `profiles`.
    outcome : str, default "customers"
        An outcome that every customer has.
    classification : Classification, optional
        Of the class model.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    Estimates
        Measure ``class_share``; one row per ``segment``, columns as `profiles`, and ``customers``, the
        corrected number.

    Raises
    ------
    SchemaError
        When a column, the outcome or a class is missing.
    InsufficientDataError
        When there is no customer.

    Examples
    --------
    >>> moments = pd.DataFrame(
    ...     {"segment": ["a", "b"], "outcome": "customers", "n": [60, 40], "sum": [60, 40], "sum_sq": [60, 40]}
    ... )
    >>> sizes(moments).table["estimate"].tolist()
    [0.6, 0.4]
    """
    checked(moments, [outcome])
    model = classification or exact(segments_of(moments))
    sums = sums_of(moments, outcome, model)
    share, without = (
        quotient(each[..., 0], each[..., 0].sum(axis=-1, keepdims=True)) for each in (sums.full, sums.without)
    )
    errors = sums.errors(without)
    raw = sums.assigned[:, 0] / sums.assigned[:, 0].sum()
    table = _rows(model, sums).assign(uncorrected=raw, customers=sums.full[:, 0])
    whole = np.full(len(share), sums.assigned[:, 0].sum())
    table = table.assign(**share_limits(share, errors, n=whole, level=level, corrected=model.corrected))
    return Estimates.build(
        table,
        by=["segment"],
        measure="class_share",
        unit="share",
        method=_method(model, f"share of customers, {'t' if model.corrected else 'Wilson'} interval"),
        level=level,
        min_n=min_n,
        notes=(*model.notes, *sums.notes),
    )


def differences(
    moments: pd.DataFrame,
    *,
    outcomes: Sequence[str] | None = None,
    built_on: Sequence[str] = (),
    classification: Classification | None = None,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how far each segment lies from all others in each outcome, in standard deviations.

    (mean(segment) − mean(rest))/sd, sd of all customers; both means corrected as in `profiles`. All outcomes are in one
    unit, so that they can be judged as one family (`multiplicity.adjust`).

    Parameters
    ----------
    moments : pandas.DataFrame
        As for `profiles`.
    outcomes : sequence of str, optional
        Default: all but ``customers``, which all have alike.
    built_on : sequence of str, default ()
        Outcomes that built the segments: described without p_value.
    classification : Classification, optional
        Of the class model.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    Estimates
        Measure ``standardised_difference``; one row per ``outcome`` and ``segment``: ``estimate``,
        ``std_error``, ``ci_low``, ``ci_high``, ``p_value``, ``mean_segment``, ``mean_rest`` (units of the
        outcome), ``n``, ``n_rest``. Part ``explained``: per outcome eta squared, the share of its variation
        that lies between segments, with its interval.

    Raises
    ------
    SchemaError
        When a column, an outcome or a class is missing.
    InsufficientDataError
        When nobody has a value.

    References
    ----------
    Cohen, J. (1988). Statistical power analysis for the behavioral sciences (2nd ed.). Lawrence Erlbaum.
    doi:10.4324/9780203771587

    Examples
    --------
    >>> moments = pd.DataFrame(
    ...     {"segment": ["a", "b"], "outcome": "margin", "n": [50, 50], "sum": [0.0, 50.0], "sum_sq": [50.0, 100.0]}
    ... )
    >>> differences(moments).table["estimate"].round(4).tolist()
    [-0.8944, 0.8944]
    """
    asked = (
        [name for name in dict.fromkeys(moments["outcome"]) if name != EVERYONE] if outcomes is None else list(outcomes)
    )
    checked(moments, asked)
    model = classification or exact(segments_of(moments))
    sums = {name: sums_of(moments, name, model) for name in asked}
    rows = [_differences(each, name, model=model, level=level, min_n=min_n) for name, each in sums.items()]
    table = pd.concat(rows, ignore_index=True)
    table.loc[table["outcome"].isin(list(built_on)), "p_value"] = np.nan
    explained = pd.concat([_explained(each, name, level=level) for name, each in sums.items()], ignore_index=True)
    notes = (*model.notes, *_common_notes(sums.values()), SAFE, *((DESCRIPTIVE,) if built_on else ()))
    if len(model.classes) < 2:
        table, notes = table.iloc[:0], (*notes, ONE_SEGMENT)
    return Estimates.build(
        table,
        by=["outcome", "segment"],
        measure="standardised_difference",
        unit="ratio",
        method=_method(
            model, "segment minus rest in standard deviations, t interval, of plain shares from Clopper–Pearson limits"
        ),
        level=level,
        min_n=min_n,
        notes=notes,
        parts={"explained": explained},
    )


def _profile(
    sums: Sums, outcome: str, *, unit: Unit, scale: tuple[float, float], model: Classification, level: float, min_n: int
) -> Estimates:
    mean, (low, high) = mean_of(sums.full), scale
    what, limits = _mean_limits(sums, unit=unit, level=level)
    ends = {name: limits[name].clip(low, high) for name in ("estimate", "ci_low", "ci_high")}
    alike = np.isfinite(mean) & np.isnan(limits["std_error"]) & (sums.held.sum(axis=0) >= FEWEST) & sums.replicated
    cut = bool(((mean < low) | (mean > high)).any())
    return Estimates.build(
        _rows(model, sums).assign(uncorrected=mean_of(sums.assigned), std_error=limits["std_error"], **ends),
        by=["segment"],
        measure=outcome,
        unit=unit,
        method=_method(model, what),
        level=level,
        min_n=min_n,
        notes=(*model.notes, *sums.notes, *((CUT,) if cut else ()), *((ALIKE,) if alike.any() else ())),
    )


def _mean_limits(sums: Sums, *, unit: Unit, level: float) -> tuple[str, Mapping[str, Floats]]:
    """How means get their intervals, and these."""
    mean = mean_of(sums.full)
    if unit == "share":
        most, errors = np.minimum(sums.n_eff, sums.assigned[:, 0]), sums.errors(mean_of(sums.without))
        limits = share_limits(mean, errors, n=most, level=level, corrected=sums.corrected)
        return f"mean, {'t' if sums.corrected else 'Wilson'} interval", limits
    if unit == "points" and sums.are_net_scores:
        return "mean, adjusted Wald interval", points_limits(sums, level=level)
    errors = sums.errors_by_class(mean_of(sums.without))
    varies = errors.std_error > ROUNDING * np.abs(mean)
    errors = Errors(np.where(varies, errors.std_error, np.nan), errors.df)
    low, high = errors.limits(mean, level=level)
    return "mean, t interval", {"estimate": mean, "std_error": errors.std_error, "ci_low": low, "ci_high": high}


def _differences(sums: Sums, outcome: str, *, model: Classification, level: float, min_n: int) -> pd.DataFrame:
    table = _rows(model, sums)
    return table.join(gaps(sums, level=level)).assign(
        outcome=outcome,
        mean_segment=mean_of(sums.full),
        mean_rest=mean_of(rest_of(sums.full)),
        n_rest=table["n"].sum() - table["n"],
        suppressed=hidden_cells(table, by=["segment"], n="n", min_n=min_n),
    )


def _explained(sums: Sums, outcome: str, *, level: float) -> pd.DataFrame:
    """Eta squared: the share of an outcome's variation that lies between segments."""
    eta = np.atleast_1d(eta_squared(sums.full))
    errors = sums.errors(eta_squared(sums.without)[:, None])
    low, high = errors.limits(eta, level=level)
    return pd.DataFrame(
        {
            "outcome": outcome,
            "estimate": eta,
            "std_error": errors.std_error,
            "ci_low": low.clip(0, 1),
            "ci_high": high.clip(0, 1),
        }
    )


def _rows(model: Classification, sums: Sums) -> pd.DataFrame:
    return pd.DataFrame(
        {"segment": list(model.classes), "n": sums.assigned[:, 0].round().astype(np.int64), "n_eff": sums.n_eff}
    )


def _method(model: Classification, what: str) -> str:
    return f"{what}; corrected for classification error (BCH)" if model.corrected else what


def _common_notes(sums: Iterable[Sums]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(note for each in sums for note in each.notes))
