"""Latent classes of patterns: who answers alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats, quantile
from cemlab.stats.segments import em
from cemlab.stats.segments.coded import Coded, coded, need_one
from cemlab.stats.segments.groups import FOUND_ONCE
from cemlab.stats.segments.identified import need_identified
from cemlab.stats.threads import one_thread

SAME = 0.01
"""Two starts found the same classes when their log-likelihoods differ by less."""

FINISHED = 3
"""Of the starts, how many are followed to the end: slow ones may overtake."""

MISSING = "Missing answers are skipped: they are taken to be missing at random, given what was answered."
SPARSE = "There are more parameters than distinct patterns; several are held by the bounds of zero and one alone."
NOT_ARRIVED = "The best start had not arrived after the most steps allowed."


@dataclass(frozen=True, eq=False)
class LatentClasses:
    """A fitted model: what resampling and assignment start from.

    Attributes
    ----------
    data : Coded
        The patterns.
    fit : em.Classes
        Its classes, the largest first.
    starts : int
        Random starts of the fit, and so of each resample.
    """

    data: Coded
    fit: em.Classes
    starts: int = 20

    @property
    def labels(self) -> list[str]:
        """Names of the classes: ``"1"`` is the largest."""
        return [str(at + 1) for at in range(len(self.fit.sizes))]


def latent_classes(
    patterns: pd.DataFrame,
    *,
    items: Sequence[str],
    classes: int,
    starts: int = 20,
    seed: int = 0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return the latent classes of patterns by maximum likelihood.

    P(pattern) = Σ_k size_k · Π_j P(level of item j | k), items independent within a class; a missing item has
    no factor. Standard errors come from the outer product of the scores, intervals of sizes from the logistic
    scale.

    Parameters
    ----------
    patterns : pandas.DataFrame
        One row per pattern (`prepare.patterns.counts`): the items as text, missing as NA or empty, and ``n`` customers.
    items : sequence of str
        The items, at least two.
    classes : int
        Number of classes.
    starts : int, default 20
        Random starts; the best is kept and how often it was found is told.
    seed : int, default 0
        Of the starts.
    level : float, default 0.95
        Confidence level, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published class.

    Returns
    -------
    Estimates
        Measure ``class_share``; one row per ``segment`` ("1" is the largest): ``estimate``, ``std_error``,
        ``ci_low``, ``ci_high``, ``n`` (expected customers), ``assigned`` (customers whose most probable class
        it is), ``certainty`` (their mean probability). Parts: ``sizes`` (segment, share, std_error);
        ``probabilities`` (segment, item, level, estimate, std_error); ``posterior`` (items, ``n``, one column
        per segment, ``value``, ``probability``); ``fit`` (classes, log_likelihood, npar, df, aic, bic, icl,
        entropy_r2, g_squared, chi_squared, n, patterns, starts, found, smallest_share, at_bounds).

    Raises
    ------
    SchemaError
        When a column is missing or a count is no number.
    ParameterError
        When classes or starts are below 1, or the classes are not identified by so few items.
    InsufficientDataError
        When an item is constant, nobody answered, there are fewer customers than classes, or a class is empty.

    References
    ----------
    Goodman, L. A. (1974). Exploratory latent structure analysis using both identifiable and unidentifiable
    models. Biometrika, 61(2), 215–231. doi:10.1093/biomet/61.2.215

    Biernacki, C., Celeux, G., & Govaert, G. (2000). Assessing a mixture model for clustering with the
    integrated completed likelihood. IEEE Transactions on Pattern Analysis and Machine Intelligence, 22(7),
    719–725. doi:10.1109/34.865189

    Examples
    --------
    >>> patterns = pd.DataFrame({"a": ["y", "n", "y"], "b": ["y", "n", "n"], "c": ["y", "n", "y"], "n": [40, 50, 10]})
    >>> latent_classes(patterns, items=["a", "b", "c"], classes=2).table[["segment", "n"]].round(3).values.tolist()
    [['1', 50.0], ['2', 50.0]]
    """
    data = coded(patterns, items=items)
    best, found = best_of(data, classes=classes, starts=starts, seed=seed)
    model = LatentClasses(data, best, starts)
    errors, spread = _standard_errors(data, best)
    posterior = em.posterior(data, best)
    fit = fit_of(model, starts=starts, found=found)
    certain = posterior.argmax(axis=1)
    table = _sizes(model, errors, level=level).assign(
        assigned=np.bincount(certain, weights=data.n, minlength=classes),
        certainty=_mean_by(certain, posterior.max(axis=1), n=data.n, classes=classes),
    )
    return Estimates.build(
        table,
        by=["segment"],
        measure="class_share",
        unit="share",
        level=level,
        min_n=min_n,
        method=f"latent classes by maximum likelihood, best of {starts:,} starts",
        notes=_notes(model, fit),
        model=model,
        parts={
            "sizes": table[["segment", "estimate", "std_error"]].rename(columns={"estimate": "share"}),
            "probabilities": _probabilities(model, spread),
            "posterior": _posterior(model, posterior),
            "fit": pd.DataFrame([fit]),
        },
    )


def best_of(data: Coded, *, classes: int, starts: int, seed: int) -> tuple[em.Classes, int]:
    """Return the best of many starts, the largest class first, and how many starts found it.

    Parameters
    ----------
    data : Coded
        The patterns.
    classes, starts, seed : int
        As in `latent_classes`.

    Returns
    -------
    Classes
        One fit.
    int
        Starts whose log-likelihood came within 0.01 of it.

    Raises
    ------
    ParameterError
        When classes or starts are below 1, or the classes are not identified.
    InsufficientDataError
        When there are fewer customers than classes, or a class is empty.
    """
    _check(data, classes=classes, starts=starts)
    if classes == 1:
        starts = 1  # its likelihood has one summit, reached in one step
    random = np.random.default_rng(seed)
    with one_thread():
        reached = em.climb(data, em.random_starts(data, classes=classes, starts=starts, random=random))
        summits = em.climb(data, em.leading(reached, FINISHED), gain=em.TIGHT, cycles=em.MOST_CYCLES)
    best = em.leading(summits, 1)[0].by_size()
    found = int((reached.log_likelihood > best.log_likelihood - SAME).sum())
    empty = best.sizes * data.n.sum() < 1
    if empty.any():
        raise InsufficientDataError(
            f"Every class must hold at least one customer: class {int(np.flatnonzero(empty)[0]) + 1} of {classes} is"
            f" empty among {data.n.sum():,.0f}. Ask for fewer classes."
        )
    return best, found


def fit_of(model: LatentClasses, *, starts: int, found: int) -> dict[str, Any]:
    """Return how well the classes fit.

    Parameters
    ----------
    model : LatentClasses
        The fitted classes.
    starts, found : int
        Starts, and how many of them found these classes.

    Returns
    -------
    dict
        The row of the part ``fit``.
    """
    data, best = model.data, model.fit
    classes, total = len(best.sizes), float(data.n.sum())
    npar, reached = data.parameters(classes), float(best.log_likelihood)
    chances = em.posterior(data, best)
    # The posterior's entropy: 0 where every pattern has its class for certain.
    entropy = float(-(data.n[:, None] * chances * np.log(np.maximum(chances, em.SMALLEST))).sum())
    bic = -2 * reached + npar * np.log(total)
    g_squared, chi_squared = _distances(model)
    return {
        "classes": classes,
        "log_likelihood": reached,
        "npar": npar,
        "df": min(data.cells - 1, total) - npar,
        "aic": 2 * npar - 2 * reached,
        "bic": bic,
        "icl": bic + 2 * entropy,
        "entropy_r2": 1 - entropy / (total * np.log(classes)) if classes > 1 else np.nan,
        "g_squared": g_squared,
        "chi_squared": chi_squared,
        "n": total,
        "patterns": len(data.n),
        "starts": starts,
        "found": found,
        "smallest_share": float(best.sizes.min()),
        "at_bounds": int(((best.probabilities < 1e-6) | (best.probabilities > 1 - 1e-6)).sum()),
        "arrived": bool(best.arrived),
    }


def _check(data: Coded, *, classes: int, starts: int) -> None:
    for name, value in (("classes", classes), ("starts", starts)):
        need_one(name, value)
    if data.n.sum() < classes or len(data.n) < classes:
        raise InsufficientDataError(
            f"There must be at least as many customers and patterns as classes: {data.n.sum():,.0f} customers with "
            f"{len(data.n):,} patterns for {classes} classes. Ask for fewer classes."
        )
    need_identified(data, classes=classes)


def _distances(model: LatentClasses) -> tuple[float, float]:
    """G² and χ² of patterns against the model, each among those who answered the same items."""
    data = model.data
    answered = data.x @ data.item_of
    _, group = np.unique(answered, axis=0, return_inverse=True)
    totals = np.bincount(group.ravel(), weights=data.n)
    expected = totals[group.ravel()] * np.exp(em.log_density(data, model.fit))
    ratio = data.n * np.log(data.n / expected)
    # Patterns that nobody has add what was expected of them.
    unseen = max(float(totals.sum() - expected.sum()), 0.0)
    return float(2 * ratio.sum()), float(((data.n - expected) ** 2 / expected).sum() + unseen)


def _standard_errors(data: Coded, fit: em.Classes) -> tuple[Floats, Floats]:
    """Standard errors of sizes and of probabilities, from the outer product of the scores on the logistic scale."""
    chances, classes = em.posterior(data, fit), len(fit.sizes)
    observed = data.x @ data.item_of @ data.item_of.T
    scores = [chances[:, 1:] - fit.sizes[1:]]
    kept = np.concatenate([np.arange(size) > 0 for size in data.sizes])
    scores += [chances[:, [k]] * (data.x - observed * fit.probabilities[k])[:, kept] for k in range(classes)]
    score = np.hstack(scores)
    covariance = np.linalg.pinv(score.T @ (data.n[:, None] * score), rcond=1e-10, hermitian=True)
    by_size = (np.diag(fit.sizes) - np.outer(fit.sizes, fit.sizes))[:, 1:]
    head, width = classes - 1, int(kept.sum())
    sizes = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", by_size, covariance[:head, :head], by_size), 0))
    same = data.item_of @ data.item_of.T
    errors = np.empty_like(fit.probabilities)
    for k in range(classes):
        p, part = fit.probabilities[k], slice(head + k * width, head + (k + 1) * width)
        by_level = (np.diag(p) - same * np.outer(p, p))[:, kept]
        errors[k] = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", by_level, covariance[part, part], by_level), 0))
    return sizes, errors


def _sizes(model: LatentClasses, errors: Floats, *, level: float) -> pd.DataFrame:
    share, n = model.fit.sizes, float(model.data.n.sum())
    if len(share) == 1:
        low = high = share
    else:
        odds, half = np.log(share / (1 - share)), quantile(level) * errors / (share * (1 - share))
        low, high = 1 / (1 + np.exp(half - odds)), 1 / (1 + np.exp(-half - odds))
    return pd.DataFrame(
        {
            "segment": model.labels,
            "estimate": share,
            "std_error": errors,
            "ci_low": low,
            "ci_high": high,
            "n": share * n,
            "n_customers": share * n,
            "n_eff": n,
        }
    )


def _mean_by(group: np.ndarray, values: Floats, *, n: Floats, classes: int) -> Floats:
    weight = np.bincount(group, weights=n, minlength=classes)
    total = np.bincount(group, weights=n * values, minlength=classes)
    return np.where(weight > 0, total / np.maximum(weight, 1e-300), np.nan)


def _probabilities(model: LatentClasses, errors: Floats) -> pd.DataFrame:
    data = model.data
    rows = [
        (label, item, found)
        for label in model.labels
        for item, levels in zip(data.items, data.levels, strict=True)
        for found in levels
    ]
    frame = pd.DataFrame(rows, columns=["segment", "item", "level"])
    return frame.assign(estimate=model.fit.probabilities.ravel(), std_error=errors.ravel())


def _posterior(model: LatentClasses, chances: Floats) -> pd.DataFrame:
    frame = model.data.table.assign(**dict(zip(model.labels, chances.T, strict=True)))
    return frame.assign(value=np.array(model.labels)[chances.argmax(axis=1)], probability=chances.max(axis=1))


def _notes(model: LatentClasses, fit: dict[str, Any]) -> list[str]:
    data, notes = model.data, []
    if data.table[list(data.items)].isna().any(axis=None):
        notes.append(MISSING)
    if data.silent:
        notes.append(f"{data.silent:,.0f} customers answered none of the items and belong to no class.")
    if fit["npar"] >= fit["patterns"]:
        notes.append(SPARSE)
    if fit["at_bounds"]:
        notes.append(f"{fit['at_bounds']} probabilities lie at zero or one.")
    if not fit["arrived"]:
        notes.append(NOT_ARRIVED)
    if fit["starts"] > 1 and fit["found"] <= 1 and fit["classes"] > 1:
        notes.append(FOUND_ONCE)
    return notes
