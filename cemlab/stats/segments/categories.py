"""Shares of the levels of a category in each segment, corrected for classification error by maximum likelihood."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cemlab.core.errors import SchemaError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats
from cemlab.stats.segments.bch import Classification, exact
from cemlab.stats.segments.sums import Sums, quotient, segments_of, share_limits, sums_by_class

STEPS, SETTLED = 2000, 1e-9
INSIDE = 1e-12


def categories(
    counts: pd.DataFrame,
    *,
    outcome: str,
    classification: Classification | None = None,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the share of each level of a category in each segment.

    Maximum likelihood (Vermunt): P(assigned s, level l) = Σ_t P(t)·P(l | t)·P(s | t), with P(s | t) held fixed.
    Where the BCH solution lies inside 0 … 1 it is the maximum; else expectation–maximisation finds the one on
    the boundary.

    Parameters
    ----------
    counts : pandas.DataFrame
        One row per ``segment`` (as assigned), level of the category and, for intervals, ``replicate``, with
        ``n`` customers.
    outcome : str
        Column with the level; missing levels are left out.
    classification : Classification, optional
        Of the class model; none for groups made by rules or k-means.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published segment.

    Returns
    -------
    Estimates
        Measure ``<outcome>_share``; one row per ``segment`` and level: ``estimate``, ``std_error``, ``ci_low``,
        ``ci_high`` (jackknife), ``uncorrected``, ``n`` customers of the segment, ``n_eff``. Part
        ``association``: Cramér's V of segments and levels with its interval, less what chance alone would give.

    Raises
    ------
    SchemaError
        When a column or a class is missing.
    InsufficientDataError
        When nobody has a level.

    References
    ----------
    Vermunt, J. K. (2010). Latent class modeling with covariates: two improved three-step approaches. Political
    Analysis, 18(4), 450–469. doi:10.1093/pan/mpq025 Bergsma, W. (2013). A bias-correction for Cramér's V and
    Tschuprow's T. Journal of the Korean Statistical Society, 42(3), 323–328. doi:10.1016/j.jkss.2012.10.002

    Examples
    --------
    >>> counts = pd.DataFrame({"segment": ["a", "a", "b"], "plan": ["x", "y", "x"], "n": [30, 10, 40]})
    >>> categories(counts, outcome="plan").table["estimate"].tolist()
    [0.75, 0.25, 1.0, 0.0]
    """
    missing = [name for name in ("segment", outcome, "n") if name not in counts]
    if missing:
        raise SchemaError(f"Counts of a category need segment, its level and n: {', '.join(missing)} missing.")
    rows = counts.loc[counts[outcome].notna() & counts["segment"].notna()]
    model = classification or exact(segments_of(rows))
    levels, names = pd.factorize(rows[outcome], sort=True)
    n = rows["n"].to_numpy(float)
    values = np.where(np.equal.outer(levels, np.arange(len(names))), n[:, None], 0.0)
    sums = sums_by_class(rows, model, values=values, n=n, of=outcome)
    share = _given(likeliest(sums.full, model))
    # The error is that of the solution that may pass 0 … 1: on the boundary the likeliest shares hardly move.
    solved, errors = _given(sums.full), sums.errors(_given(sums.without))
    size = sums.assigned.sum(axis=1)
    most = np.broadcast_to(np.minimum(sums.n_eff, size)[:, None], solved.shape)
    limits = share_limits(solved, errors, n=most, level=level, corrected=model.corrected)
    limits = {
        "estimate": share,
        "std_error": errors.std_error,
        "ci_low": np.minimum(limits["ci_low"], share),
        "ci_high": np.maximum(limits["ci_high"], share),
    }
    table = pd.DataFrame(
        {
            "segment": np.repeat(model.classes, len(names)),
            outcome: np.tile(np.asarray(names), len(model.classes)),
            "n": np.repeat(size.round().astype(np.int64), len(names)),
            "n_eff": np.repeat(sums.n_eff, len(names)),
            "uncorrected": _given(sums.assigned).ravel(),
            **{name: each.ravel() for name, each in limits.items()},
        }
    )
    return Estimates.build(
        table,
        by=["segment", outcome],
        cells=["segment"],
        measure=f"{outcome}_share",
        unit="share",
        method=_method(model),
        level=level,
        min_n=min_n,
        notes=(*model.notes, *sums.notes),
        parts={"association": _association(sums, model, level=level)},
    )


def _method(model: Classification) -> str:
    plain, corrected = (
        "share, Wilson interval",
        "share by maximum likelihood given the classification error, t interval",
    )
    return corrected if model.corrected else plain


def _association(sums: Sums, model: Classification, *, level: float) -> pd.DataFrame:
    """Cramér's V of segments and levels, freed of what chance alone would give; limits from those of its square."""
    whole = sums.full.sum()
    size = min(float(sums.n_eff.sum()), float(whole))
    left = sums.without.sum(axis=(1, 2)) / whole * size
    strength = np.atleast_1d(_association_squared(likeliest(sums.full, model), np.asarray(size)))
    errors = sums.errors(_association_squared(likeliest(sums.without, model), left)[:, None])
    low, high = errors.limits(strength, level=level)
    root = {
        name: np.sqrt(each.clip(0, 1)) for name, each in (("estimate", strength), ("ci_low", low), ("ci_high", high))
    }
    spread = quotient(errors.std_error, 2 * root["estimate"])
    return pd.DataFrame(
        {"estimate": root["estimate"], "std_error": spread, "ci_low": root["ci_low"], "ci_high": root["ci_high"]}
    )


def likeliest(solved: Floats, model: Classification) -> Floats:
    """Return the likeliest counts by true class and level, from the BCH solutions of one table or of many.

    Parameters
    ----------
    solved : numpy.ndarray, shape (..., classes, levels)
        Counts by assigned class and level, corrected; below 0 where no table fits exactly.
    model : Classification
        Of the classes.

    Returns
    -------
    numpy.ndarray
        In the same shape, none below 0.
    """
    flat = solved.reshape(-1, *solved.shape[-2:]).copy()
    outside = (flat < -INSIDE).any(axis=(1, 2))
    if outside.any():
        flat[outside] = _boundary(flat[outside], model.errors)
    return np.asarray(flat.clip(min=0).reshape(solved.shape))


def _boundary(solved: Floats, errors: Floats) -> Floats:
    """Expectation–maximisation of joint counts (tables, true, levels) that assigned counts came from."""
    observed = np.einsum("gtl,ts->gsl", solved, errors).clip(min=0)
    total = observed.sum(axis=(1, 2), keepdims=True)
    joint = solved.clip(min=total * 1e-6)
    joint *= total / joint.sum(axis=(1, 2), keepdims=True)
    for _ in range(STEPS):
        fitted = np.einsum("gtl,ts->gsl", joint, errors)
        ratio = np.divide(observed, fitted, out=np.zeros_like(fitted), where=fitted > 0)
        step = joint * np.einsum("gsl,ts->gtl", ratio, errors)
        settled = float(np.abs(step - joint).max()) < SETTLED * float(total.max())
        joint = step
        if settled:
            break
    return np.asarray(joint)


def _given(joint: Floats) -> Floats:
    """Shares of the levels within each class."""
    return quotient(joint, joint.sum(axis=-1, keepdims=True))


def _association_squared(joint: Floats, size: Floats) -> Floats:
    """Bergsma's square of Cramér's V of tables (..., classes, levels), below 0 where chance gives more."""
    total = joint.sum(axis=(-2, -1), keepdims=True)
    expected = quotient(joint.sum(axis=-1, keepdims=True) * joint.sum(axis=-2, keepdims=True), total)
    terms = np.nan_to_num(quotient((joint - expected) ** 2, expected))
    chi = quotient(terms.sum(axis=(-2, -1)), total[..., 0, 0])
    freedom = np.array(joint.shape[-2:], dtype=float) - 1
    if not freedom.all():
        return np.full(chi.shape, np.nan)
    by_chance = quotient(freedom, np.asarray(size - 1)[..., None])
    degrees = (freedom * (1 - by_chance)).min(axis=-1)
    return quotient(chi - by_chance[..., 0] * freedom[1], degrees)
