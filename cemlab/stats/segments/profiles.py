"""What segments say, do and are worth: sizes, means, shares and scores, corrected for classification error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from cemlab.core.results import Estimates
from cemlab.core.results.estimates import Unit
from cemlab.core.suppression import hidden_cells
from cemlab.stats.intervals import Floats
from cemlab.stats.segments.bch import Classification, exact
from cemlab.stats.segments.sums import Sums, checked, mean_of, quotient, segments_of, share_limits, sums_of

EVERYONE = "customers"
"""The outcome that every customer has, 1 for each."""

BOUNDS: Mapping[str, tuple[float, float]] = {"share": (0.0, 1.0), "points": (-100.0, 100.0)}
CUT = "A corrected figure can pass the ends of its scale; it is cut there."
ONE_SEGMENT = "There is only one segment, so there is no rest to compare it with."
DESCRIPTIVE = "The items that built the segments are described, not tested: they differ by construction."


def profiles(
    moments: pd.DataFrame,
    *,
    units: Mapping[str, Unit],
    classification: Classification | None = None,
    level: float = 0.95,
    min_n: int = 10,
) -> dict[str, Estimates]:
    """Return the mean of each outcome in each segment.

    With a class model, BCH: sums by true class = (inverse of P(assigned | true))ᵀ · sums by assigned class, and the mean is
    the quotient of two such sums. NPS is the mean of −100, 0 and 100; a share is the mean of 0 and 1. std_error:
    delete-a-group jackknife, the class model held fixed.

    Parameters
    ----------
    moments : pandas.DataFrame
        One row per ``segment`` (as assigned), ``outcome`` and, for intervals, ``replicate``: ``n`` customers with a value, its
        ``sum`` and the sum of its squares ``sum_sq``.
    units : mapping of str to str
        Unit of each outcome that is asked for.
    classification : Classification, optional
        Of the class model; none for groups made by rules or k-means, whose figures are plain.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    dict of str to Estimates
        By outcome, measure as the outcome; one row per ``segment``: ``estimate``, ``std_error``, ``ci_low``, ``ci_high``,
        ``uncorrected`` (of the customers as assigned), ``n`` (assigned, with a value), ``n_eff``. Intervals are t, cut to the scale; of plain
        shares Wilson.

    Raises
    ------
    SchemaError
        When a column, an outcome or a class is missing.
    InsufficientDataError
        When nobody has a value.

    References
    ----------
    Vermunt, J. K. (2010). Latent class modeling with covariates: two improved three-step approaches. Political Analysis,
    18(4), 450–469. doi:10.1093/pan/mpq025

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
    return {
        name: _profile(moments, name, unit=unit, model=model, level=level, min_n=min_n) for name, unit in units.items()
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
        Measure ``class_share``; one row per ``segment``, columns as `profiles`, and ``customers``, the corrected number.

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
        table, by=["segment"], measure="class_share", unit="share", method=_method(model, _share_interval(model, "share of customers")),
        level=level, min_n=min_n, notes=(*model.notes, *sums.notes),
    )  # fmt: skip


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
        Measure ``standardised_difference``; one row per ``outcome`` and ``segment``: ``estimate``, ``std_error``, ``ci_low``,
        ``ci_high``, ``p_value``, ``mean_segment``, ``mean_rest`` (units of the outcome), ``n``, ``n_rest``. Part ``explained``: per
        outcome eta squared, the share of its variation that lies between segments, with its interval.

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
    notes = (*model.notes, *_common_notes(sums.values()), *((DESCRIPTIVE,) if built_on else ()))
    if len(model.classes) < 2:
        table, notes = table.iloc[:0], (*notes, ONE_SEGMENT)
    return Estimates.build(
        table, by=["outcome", "segment"], measure="standardised_difference", unit="ratio",
        method=_method(model, "segment minus rest in standard deviations, t interval"), level=level, min_n=min_n,
        notes=notes, parts={"explained": explained},
    )  # fmt: skip


def standardised(sums: Floats) -> Floats:
    """Return the distance of each class from the rest in standard deviations of all.

    (mean − mean of the rest)/sd.

    Parameters
    ----------
    sums : numpy.ndarray, shape (..., classes, 3)
        n, sum and sum of squares by class.

    Returns
    -------
    numpy.ndarray, shape (..., classes)
        NaN without a rest or without variation.
    """
    return quotient(mean_of(sums) - mean_of(_rest(sums)), np.sqrt(_spread(sums))[..., None])


def _profile(
    moments: pd.DataFrame, outcome: str, *, unit: Unit, model: Classification, level: float, min_n: int
) -> Estimates:
    sums = sums_of(moments, outcome, model)
    mean, errors = mean_of(sums.full), sums.errors(mean_of(sums.without))
    table = _rows(model, sums).assign(uncorrected=mean_of(sums.assigned))
    low, high = BOUNDS.get(unit, (-np.inf, np.inf))
    if unit == "share":
        table = table.assign(
            **share_limits(
                mean, errors, n=np.minimum(sums.n_eff, sums.assigned[:, 0]), level=level, corrected=model.corrected
            )
        )
    else:
        below, above = errors.limits(mean, level=level)
        table = table.assign(
            estimate=mean.clip(low, high), std_error=errors.std_error, ci_low=below.clip(low, high), ci_high=above.clip(low, high)
        )  # fmt: skip
    cut = bool(((mean < low) | (mean > high)).any())
    return Estimates.build(
        table, by=["segment"], measure=outcome, unit=unit,
        method=_method(model, _share_interval(model, "mean") if unit == "share" else "mean, t interval"), level=level, min_n=min_n,
        notes=(*model.notes, *sums.notes, *((CUT,) if cut else ())),
    )  # fmt: skip


def _differences(sums: Sums, outcome: str, *, model: Classification, level: float, min_n: int) -> pd.DataFrame:
    distance = standardised(sums.full)
    errors = sums.errors(standardised(sums.without))
    low, high = errors.limits(distance, level=level)
    table = _rows(model, sums)
    hidden = hidden_cells(table, by=["segment"], n="n", min_n=min_n)
    return table.assign(
        outcome=outcome, estimate=distance, std_error=errors.std_error, ci_low=low, ci_high=high,
        p_value=errors.p_values(distance), mean_segment=mean_of(sums.full), mean_rest=mean_of(_rest(sums.full)),
        n_rest=table["n"].sum() - table["n"], suppressed=hidden,
    )  # fmt: skip


def _explained(sums: Sums, outcome: str, *, level: float) -> pd.DataFrame:
    """Eta squared: the share of an outcome's variation that lies between segments."""
    eta = np.atleast_1d(_eta_squared(sums.full))
    errors = sums.errors(_eta_squared(sums.without)[:, None])
    low, high = errors.limits(eta, level=level)
    return pd.DataFrame(
        {"outcome": outcome, "estimate": eta, "std_error": errors.std_error, "ci_low": low.clip(0, 1), "ci_high": high.clip(0, 1)}
    )  # fmt: skip


def _rest(sums: Floats) -> Floats:
    return np.asarray(sums.sum(axis=-2, keepdims=True) - sums)


def _spread(sums: Floats) -> Floats:
    """Variance of one customer, over all classes."""
    whole = sums.sum(axis=-2)
    return np.asarray((quotient(whole[..., 2], whole[..., 0]) - mean_of(whole) ** 2).clip(min=0))


def _eta_squared(sums: Floats) -> Floats:
    n, whole = sums[..., 0], mean_of(sums.sum(axis=-2))
    # A class without a value adds nothing: its mean is unknown and its n is 0.
    between = np.where(n > 0, n * (mean_of(sums) - whole[..., None]) ** 2, 0.0).sum(axis=-1)
    return quotient(quotient(between, n.sum(axis=-1)), _spread(sums))


def _rows(model: Classification, sums: Sums) -> pd.DataFrame:
    return pd.DataFrame(
        {"segment": list(model.classes), "n": sums.assigned[:, 0].round().astype(np.int64), "n_eff": sums.n_eff}
    )


def _method(model: Classification, what: str) -> str:
    return f"{what}; corrected for classification error (BCH)" if model.corrected else what


def _share_interval(model: Classification, what: str) -> str:
    return f"{what}, {'t' if model.corrected else 'Wilson'} interval"


def _common_notes(sums: Iterable[Sums]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(note for each in sums for note in each.notes))
