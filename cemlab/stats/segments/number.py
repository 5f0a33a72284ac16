"""How many classes the patterns speak for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cemlab.core.errors import InsufficientDataError
from cemlab.core.results import Estimates
from cemlab.stats.intervals import Floats
from cemlab.stats.segments import em
from cemlab.stats.segments.coded import Coded, coded, need_one
from cemlab.stats.segments.identified import identified
from cemlab.stats.segments.latent_classes import LatentClasses, best_of, fit_of

CHANCE = 0.05
"""A further class is taken for real below this p-value."""

ENOUGH = 10
"""Resamples at least as far as the data after which a test need not go on: p is then known well enough to be large."""

STARTS = 10
"""Random starts of each resample, beside the classes of the data themselves."""

MOST_CELLS = 65_536
"""Most possible patterns of which resamples are drawn."""

BATCH, FEW_PATTERNS = 20, 2_000
"""Most resamples fitted together, and most patterns they may hold together: with many, each has others, and none is shared."""

BY_BIC = "The number of classes is that of the smallest BIC. The test asks, one class after the other, whether one more is more than chance."
TOO_MANY_CELLS = (
    f"There are more than {MOST_CELLS:,} possible patterns, so the bootstrap likelihood-ratio test was not made."
)


@dataclass(frozen=True)
class _Test:
    p_value: float = np.nan
    p_error: float = np.nan
    resamples: int = 0


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

    BIC = −2·log-likelihood + parameters·ln n; ICL = BIC + 2·entropy of the posterior. The test compares the gain from k − 1 to k
    classes with that in samples drawn from the k − 1 classes: p = (1 + resamples that gain as much)/(1 + resamples), or the share
    of them as soon as ten have. It stops at the first class that is not more than chance.

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
        Measure ``bic``; one row per ``classes``: ``estimate`` (BIC), ``log_likelihood``, ``npar``, ``aic``, ``icl``, ``entropy_r2``,
        ``smallest_share``, ``starts``, ``found``, ``p_value`` of one class fewer, its Monte-Carlo ``p_error``, ``resamples`` drawn,
        ``n``, ``best`` (True where BIC is smallest). It ends before the first number that is not identified or leaves a class empty.

    Raises
    ------
    SchemaError
        When a column is missing or a count is no number.
    ParameterError
        When `at_most` or `starts` is below 1.
    InsufficientDataError
        When an item is constant or nobody answered.

    References
    ----------
    Nylund, K. L., Asparouhov, T., & Muthén, B. O. (2007). Deciding on the number of classes in latent class analysis and growth mixture
    modeling: a Monte Carlo simulation study. Structural Equation Modeling, 14(4), 535–569. doi:10.1080/10705510701575396

    Besag, J., & Clifford, P. (1991). Sequential Monte Carlo p-values. Biometrika, 78(2), 301–304. doi:10.1093/biomet/78.2.301

    Examples
    --------
    >>> patterns = pd.DataFrame({"a": ["y", "n", "y"], "b": ["y", "n", "n"], "c": ["y", "n", "y"], "n": [40, 50, 10]})
    >>> number_of_classes(patterns, items=["a", "b", "c"], resamples=0).table["best"].tolist()
    [False, True]
    """
    data, models, rows = coded(patterns, items=items), list[LatentClasses](), list[dict[str, object]]()
    notes = [BY_BIC]
    going = resamples > 0 and _cells(data) <= MOST_CELLS
    if resamples > 0 and not going:
        notes.append(TOO_MANY_CELLS)
    for classes in range(1, need_one("at_most", at_most) + 1):
        if classes > 1 and not identified(data, classes=classes):
            notes.append(f"{classes} classes are not identified by these items.")
            break
        try:
            best, found = best_of(data, classes=classes, starts=starts, seed=seed)
        except InsufficientDataError:
            notes.append(f"{classes} classes leave one of them empty.")
            break
        models.append(LatentClasses(data, best))
        test = _tested(*models[-2:], resamples=resamples, seed=seed + classes) if going and classes > 1 else _Test()
        going = going and not test.p_value >= CHANCE
        rows.append({**fit_of(models[-1], starts=starts, found=found), **vars(test)})
    table = pd.DataFrame(rows).rename(columns={"bic": "estimate"})
    table["best"] = table["estimate"] == table["estimate"].min()
    return Estimates.build(
        table, by=["classes"], cells=[], measure="bic", unit="ratio", method="latent classes; BIC, bootstrap likelihood-ratio test",
        level=level, min_n=min_n, notes=notes,
    )  # fmt: skip


def _tested(fewer: LatentClasses, more: LatentClasses, *, resamples: int, seed: int) -> _Test:
    """Bootstrap likelihood-ratio test of one class more."""
    gain = float(more.fit.log_likelihood - fewer.fit.log_likelihood)
    random, reached = np.random.default_rng([seed, 1]), np.empty(0)
    batch = max(1, min(BATCH, FEW_PATTERNS // len(fewer.data.n)))
    while len(reached) < resamples:
        data, n = _drawn(fewer, resamples=min(batch, resamples - len(reached)), random=random)
        low, high = (_refitted(data, model, n=n, random=random) for model in (fewer, more))
        reached = np.append(reached, high - low)
        # Two optima of one sample are compared, both found to about this.
        as_far = np.cumsum(reached >= gain - em.LOOSE)
        if as_far[-1] >= ENOUGH:
            drawn = int(np.argmax(as_far >= ENOUGH)) + 1
            p = ENOUGH / drawn
            return _Test(p, float(np.sqrt(p * (1 - p) / drawn)), drawn)
    p = (1 + float(as_far[-1])) / (1 + resamples)
    return _Test(p, float(np.sqrt(p * (1 - p) / resamples)), resamples)


def _refitted(data: Coded, model: LatentClasses, *, n: Floats, random: np.random.Generator) -> Floats:
    """Log-likelihood of as many classes in each resample, from those of the data and from random starts."""
    return np.asarray(em.refitted(data, model.fit, n=n, starts=STARTS, random=random).log_likelihood)


def _drawn(model: LatentClasses, *, resamples: int, random: np.random.Generator) -> tuple[Coded, Floats]:
    """Counts of samples drawn from the classes; whoever skipped items in the data skips the same ones."""
    data, blocks, counts = model.data, list[Floats](), list[Floats]()
    answered, group = np.unique(data.x @ data.item_of, axis=0, return_inverse=True)
    for at, items in enumerate(answered):
        x = _all_patterns(data, items > 0)
        chance = np.exp(em.log_density(replace(data, x=x), model.fit))
        total = round(float(data.n[group.ravel() == at].sum()))
        blocks.append(x)
        counts.append(random.multinomial(total, chance / chance.sum(), size=resamples).astype(float))
    x, n = np.vstack(blocks), np.hstack(counts)
    seen = n.any(axis=0)
    return replace(data, x=x[seen], n=n[0, seen]), n[:, seen]


def _all_patterns(data: Coded, items: np.ndarray) -> Floats:
    """Indicators of all patterns of some items, the others missing."""
    sizes = data.sizes
    index = np.indices([size if asked else 1 for size, asked in zip(sizes, items, strict=True)]).reshape(len(sizes), -1)
    return np.hstack([np.eye(size)[at] * asked for size, at, asked in zip(sizes, index, items, strict=True)])


def _cells(data: Coded) -> float:
    """Possible patterns, of each set of answered items."""
    answered = np.unique(data.x @ data.item_of, axis=0)
    return float(np.where(answered > 0, np.array(data.sizes, dtype=float), 1.0).prod(axis=1).sum())
