"""How many classes the patterns speak for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError
from cemlab.core.results import Estimates
from cemlab.stats.segments import em
from cemlab.stats.segments.coded import coded, need_one
from cemlab.stats.segments.identified import identified
from cemlab.stats.segments.latent_classes import LatentClasses, best_of, fit_of
from cemlab.stats.segments.samples import batch_of, drawn
from cemlab.stats.threads import one_thread

CHANCE = 0.05
"""A further class is taken for real below this p-value."""

ENOUGH = 10
"""Resamples at least as far as the data after which a test need not go on: p is then known well enough to be large."""

FAR, HALF, SURE = 5.0, 0.5, 39
"""Gain of log-likelihood per further parameter that is beyond the reach of chance, which gains 0.5 to 1. Samples are then fitted from the
classes of the data alone, and 39 are enough when none of them gains half as much as the data."""

STARTS = 20
"""Random starts of each other sample, beside the classes of the data."""

UNIDENTIFIED = "classes are not identified by these items."
"""Why no more of them were tried."""

BY_BIC = (
    "The number of classes is that of the smallest BIC. The test asks, one class after the other, whether one more is"
    " more than chance."
)


@dataclass(frozen=True)
class _Test:
    p_value: float = np.nan
    p_error: float = np.nan
    resamples: int = 0

    @classmethod
    def of(cls, p_value: float, *, drawn: int) -> _Test:
        return cls(p_value, float(np.sqrt(p_value * (1 - p_value) / drawn)), drawn)


def number_of_classes(
    patterns: pd.DataFrame,
    *,
    items: Sequence[str],
    at_most: int = 8,
    starts: int = 20,
    resamples: int = 99,
    seed: int = 0,
    level: float = 0.95,
    min_n: int = 10,
) -> Estimates:
    """Return how well one, two, … classes fit, and whether each further one is more than chance.

    BIC = −2·log-likelihood + parameters·ln n; ICL = BIC + 2·entropy of the posterior. The test compares the
    gain from k − 1 to k classes with that in samples drawn from the k − 1 classes: p = (1 + samples that gain
    as much)/(1 + samples). It stops as soon as ten have, and p is then their share. A gain beyond the reach of
    chance, of more than 5 per parameter, is compared with 39 samples; when none has gained half as much, p is
    1/40, which is too large rather than too small. No further class is tested after the first that is not more
    than chance.

    Parameters
    ----------
    patterns : pandas.DataFrame
        One row per pattern (`prepare.patterns.counts`).
    items : sequence of str
        The items.
    at_most : int, default 8
        Largest number of classes.
    starts : int, default 20
        Random starts of each number of classes.
    resamples : int, default 99
        Most samples of each test; 0 for no test.
    seed : int, default 0
        Of starts and samples.
    level : float, default 0.95
        Confidence level of the estimates, in (0, 1).
    min_n : int, default 10
        Smallest number of customers in a published table.

    Returns
    -------
    Estimates
        Measure ``bic``; one row per ``classes``: ``estimate`` (BIC), ``log_likelihood``, ``npar``, ``aic``,
        ``icl``, ``entropy_r2``, ``smallest_share``, ``starts``, ``found``, ``p_value`` of one class fewer, its
        Monte-Carlo ``p_error``, ``resamples`` drawn, ``n``, ``best`` (True where BIC is smallest). It ends
        before the first number that is not identified or leaves a class empty.

    Raises
    ------
    SchemaError
        When a column is missing or a count is no number.
    ParameterError
        When `at_most` or `starts` is below 1.
    InsufficientDataError
        When an item is constant, or fewer than `min_n` answered.

    References
    ----------
    Nylund, K. L., Asparouhov, T., & Muthén, B. O. (2007). Deciding on the number of classes in latent class
    analysis and growth mixture modeling: a Monte Carlo simulation study. Structural Equation Modeling, 14(4),
    535–569. doi:10.1080/10705510701575396

    Besag, J., & Clifford, P. (1991). Sequential Monte Carlo p-values. Biometrika, 78(2), 301–304.
    doi:10.1093/biomet/78.2.301

    Examples
    --------
    >>> patterns = pd.DataFrame({"a": ["y", "n", "y"], "b": ["y", "n", "n"], "c": ["y", "n", "y"], "n": [40, 50, 10]})
    >>> number_of_classes(patterns, items=["a", "b", "c"], resamples=0).table["best"].tolist()
    [False, True]
    """
    data, models, rows = coded(patterns, items=items), list[LatentClasses](), list[dict[str, object]]()
    if data.n.sum() < min_n:
        raise InsufficientDataError(
            f"At least {min_n:,} customers must have an answer: {data.n.sum():,.0f} have. Group more of them, or lower"
            " `min_n`."
        )
    notes = [BY_BIC]
    going = resamples > 0
    for classes in range(1, need_one("at_most", at_most) + 1):
        if classes > 1 and not identified(data, classes=classes):
            notes.append(f"{classes} {UNIDENTIFIED}")
            break
        try:
            best, found = best_of(data, classes=classes, starts=starts, seed=seed)
        except InsufficientDataError:
            notes.append(f"{classes} classes leave one of them empty.")
            break
        models.append(LatentClasses(data, best, starts))
        test = _tested(*models[-2:], resamples=resamples, seed=seed + classes) if going and classes > 1 else _Test()
        going = going and not test.p_value >= CHANCE
        rows.append({**fit_of(models[-1], starts=starts, found=found), **vars(test)})
    table = pd.DataFrame(rows).rename(columns={"bic": "estimate"})
    table["best"] = table["estimate"] == table["estimate"].min()
    return Estimates.build(
        table,
        by=["classes"],
        cells=[],
        measure="bic",
        unit="ratio",
        method="latent classes; BIC, bootstrap likelihood-ratio test",
        level=level,
        min_n=min_n,
        notes=notes,
    )


def _tested(fewer: LatentClasses, more: LatentClasses, *, resamples: int, seed: int) -> _Test:
    """Bootstrap likelihood-ratio test of one class more."""
    gain = float(more.fit.log_likelihood - fewer.fit.log_likelihood)
    further = fewer.data.parameters(len(more.fit.sizes)) - fewer.data.parameters(len(fewer.fit.sizes))
    if gain > FAR * further:
        sure = min(SURE, resamples)
        if max(_gains(fewer, more, samples=sure, starts=0, seed=seed)) < HALF * gain:
            return _Test.of(1 / (1 + sure), drawn=sure)
    as_far = 0
    for at, reached in enumerate(_gains(fewer, more, samples=resamples, starts=STARTS, seed=seed), start=1):
        # Two optima of one sample are compared, both found to about this.
        as_far += reached >= gain - em.LOOSE
        if as_far == ENOUGH:
            return _Test.of(ENOUGH / at, drawn=at)
    return _Test.of((1 + as_far) / (1 + resamples), drawn=resamples)


def _gains(fewer: LatentClasses, more: LatentClasses, *, samples: int, starts: int, seed: int) -> Iterator[float]:
    """Log-likelihood that one class more gains in each sample drawn from the fewer."""
    random = np.random.default_rng([seed, starts])
    batch = batch_of(fewer)
    for first in range(0, samples, batch):
        data, n = drawn(fewer, samples=min(batch, samples - first), random=random)
        with one_thread():
            low, high = (
                em.refitted(data, model.fit, n=n, starts=starts, random=random).log_likelihood
                for model in (fewer, more)
            )
        yield from high - low
