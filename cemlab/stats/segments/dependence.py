"""Items that go together within classes: pairs that nearly repeat each other make classes by themselves."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from cemlab.core.errors import CemlabError
from cemlab.stats.intervals import Floats
from cemlab.stats.segments import em
from cemlab.stats.segments.coded import Coded
from cemlab.stats.segments.latent_classes import LatentClasses, best_of
from cemlab.stats.segments.samples import batch_of, drawn
from cemlab.stats.segments.trait import Trait, fitted_trait
from cemlab.stats.threads import one_thread

SAMPLES, FEW, MANY_PATTERNS = 199, 99, 1_000
"""Samples from the classes that say how large residuals are by chance; fewer where there are more patterns than that."""

LEAST_SPREAD = 0.05
"""Least standard deviation of a cube root: in a saturated model residuals are rounding errors."""

MOST_TIED, WIDEST = 3, 27
"""Most pairs of a simpler model that are taken together, and most levels of what they make."""

REPEATS = 0.7
"""Cramér's V from which on a third item may be taken together with two others."""

FEWER_STARTS = 5
"""Random starts of each simpler model."""


@dataclass(frozen=True)
class Pair:
    """What is left between two items within the classes.

    Attributes
    ----------
    first, second : str
        The items.
    chi_squared : float
        Σ(observed − expected)²/expected of their two-way table.
    p_value, adjusted : float
        Of a residual as large by chance, of this pair and of any pair.
    far : float
        Standard deviations beyond the mean of samples, of the cube root.
    """

    first: str
    second: str
    chi_squared: float
    p_value: float
    adjusted: float
    far: float


@dataclass(frozen=True)
class Simpler:
    """A simpler model of the same answers, in which some items may be taken together.

    Attributes
    ----------
    classes : int
        How many classes; 0 for one scale.
    together : tuple of tuple of str
        Items taken together.
    pair : tuple of str
        The first two of them, which had the largest residual; empty where none are.
    bic, against : float
        BIC of this model, and of the classes in question on the same answers.
    parameters : int
        Free parameters.
    """

    classes: int
    together: tuple[tuple[str, ...], ...]
    pair: tuple[str, ...]
    bic: float
    against: float
    parameters: int


def pair_residuals(model: LatentClasses, *, samples: int = 0, seed: int = 0) -> list[Pair]:
    """Return what is left between each two items within the classes, the most improbable first.

    χ² = Σ(O − E)²/E over the two-way table of those who answered both, E = Σ_k m_k·P_k(level of one)·P_k(level
    of the other), m_k their expected number in class k. It has no chi-square law, since the classes were fitted
    to the same answers: it is compared with samples drawn from the classes and fitted anew. All pairs are
    judged together: of cube roots, standardised by the samples, the largest of all pairs of each sample counts
    (single-step maxT).

    Parameters
    ----------
    model : LatentClasses
        The fitted classes.
    samples : int, default 0
        Samples drawn from them; 0 for 199, or 99 where there are more than 1,000 patterns.
    seed : int, default 0
        Of the samples.

    Returns
    -------
    list of Pair
        One per pair of items.

    References
    ----------
    Oberski, D. L., van Kollenburg, G. H., & Vermunt, J. K. (2013). A Monte Carlo evaluation of three methods to
    detect local dependence in binary data latent class models. Advances in Data Analysis and Classification,
    7(3), 267–279. doi:10.1007/s11634-013-0146-2

    Westfall, P. H., & Young, S. S. (1993). Resampling-based multiple testing: examples and methods for p-value
    adjustment. Wiley.
    """
    samples = samples or (SAMPLES if len(model.data.n) <= MANY_PATTERNS else FEW)
    found = np.cbrt(residual_table(model.data, model.fit, n=model.data.n))
    chance = np.cbrt(np.array(list(_by_chance(model, samples=samples, seed=seed))))
    middle, spread = chance.mean(axis=0), np.maximum(chance.std(axis=0, ddof=1), LEAST_SPREAD)
    far, by_chance = (found - middle) / spread, (chance - middle) / spread
    alone = (1 + (by_chance >= far).sum(axis=0)) / (1 + samples)
    among = (1 + (by_chance.max(axis=1)[:, None] >= far).sum(axis=0)) / (1 + samples)
    named = itertools.combinations(model.data.items, 2)
    rows = zip(named, found**3, alone, among, far, strict=True)
    pairs = [Pair(first, second, *map(float, told)) for (first, second), *told in rows]
    return sorted(pairs, key=lambda each: -each.far)


def residual_table(data: Coded, fit: em.Classes, *, n: Floats) -> Floats:
    """Return χ² of the two-way table of each pair of items.

    Parameters
    ----------
    data : Coded
        The patterns.
    fit : Classes
        One fit.
    n : numpy.ndarray
        Customers with each pattern.

    Returns
    -------
    numpy.ndarray
        One per pair, in the order of `itertools.combinations` of the items.
    """
    answered, chances = data.x @ data.item_of, em.posterior(data, fit)
    observed = data.x.T @ (n[:, None] * data.x)
    # Members of each class among those who answered both items of a pair.
    members = np.array([answered.T @ ((n * chances[:, k])[:, None] * answered) for k in range(chances.shape[1])])
    spread = data.item_of @ members @ data.item_of.T
    expected = np.einsum("kab,ka,kb->ab", spread, fit.probabilities, fit.probabilities)
    parts = (observed - expected) ** 2 / np.maximum(expected, 1e-9)
    by_pair = data.item_of.T @ parts @ data.item_of
    return np.asarray(by_pair[np.triu_indices(len(data.items), 1)])


def _by_chance(model: LatentClasses, *, samples: int, seed: int) -> Iterator[Floats]:
    """χ² of each pair in samples drawn from the classes."""
    random, batch = np.random.default_rng([seed, 7]), batch_of(model)
    for first in range(0, samples, batch):
        data, n = drawn(model, samples=min(batch, samples - first), random=random)
        with one_thread():
            again = em.refitted(data, model.fit, n=n, starts=0, random=random)
        for at, counts in enumerate(n):
            some = counts > 0
            yield residual_table(replace(data, x=data.x[some], n=counts[some]), again[at], n=counts[some])


def simpler(model: LatentClasses, *, seed: int = 0) -> list[Simpler]:
    """Return simpler models of the same answers: one scale, and fewer classes or one scale in which pairs of items are taken together.

    The two items with the largest residual are made one item, whose levels are pairs of levels, as long as BIC
    falls. Items that nearly repeat each other need further classes otherwise, and within these nothing is left
    between them.

    Parameters
    ----------
    model : LatentClasses
        The fitted classes, two or more.
    seed : int, default 0
        Of the starts.

    Returns
    -------
    list of Simpler
        One scale first; then, of those with items taken together, the one of the least BIC beside the classes
        in question, if any.
    """
    trait = fitted_trait(model.data)
    fits: list[_Fewer | _Scale] = [
        _Scale(model.data, trait),
        *(_Fewer(classes, seed) for classes in range(1, len(model.fit.sizes))),
    ]
    tied = [each for fit in fits if (each := _tied(model, fit, seed=seed))]
    plain = Simpler(0, (), (), trait.bic(float(model.data.n.sum())), _bic(model.data, model.fit), trait.parameters)
    best = min(tied, key=lambda each: each.bic - each.against, default=None)
    return [plain] if best is None else [plain, best]


@dataclass(frozen=True)
class _Fewer:
    """So many classes."""

    classes: int
    seed: int

    def __call__(self, data: Coded) -> tuple[em.Classes, int]:
        fit, _ = best_of(data, classes=self.classes, starts=FEWER_STARTS, seed=self.seed)
        return fit, data.parameters(self.classes)


@dataclass(frozen=True)
class _Scale:
    """One normal trait."""

    of: Coded
    known: Trait
    classes: int = 0

    def __call__(self, data: Coded) -> tuple[em.Classes, int]:
        trait = self.known if data is self.of else fitted_trait(data)
        return trait.steps, trait.parameters


def _tied(model: LatentClasses, fitted: _Fewer | _Scale, *, seed: int) -> Simpler | None:
    """The model with pairs taken together while BIC falls; None where no pair earns its parameters."""
    data, best, pairs, repeats = model.data, None, list[tuple[str, ...]](), _repeats(model.data)
    try:
        fit, npar = fitted(data)
        for at in range(MOST_TIED):
            # A scale bends towards two items that repeat each other, and then nothing is left between them: these are
            # taken as they stand.
            pair = _closest(data, fit if at or fitted.classes else _Fewer(1, seed)(data)[0], repeats)
            if pair is None:
                break
            same, both = masked(data, pair), together(data, pair)
            before = _bic(data, fit, npar) if (same.x == data.x).all() else _bic(same, *fitted(same))
            again, more = fitted(both)
            if _bic(both, again, more) >= before:
                break
            pairs.append(tuple(name for at in pair for name in data.items[at].split(JOINS)))
            data, fit, npar, best = both, again, more, again
    except CemlabError:
        pass  # Too few patterns or items for so many classes: the pairs tied so far stand.
    if best is None:
        return None
    joined = tuple(tuple(item.split(JOINS)) for item in data.items if JOINS in item)
    return Simpler(fitted.classes, joined, pairs[0], _bic(data, fit, npar), _against(model, joined, seed), npar)


JOINS = "\x1f"
"""Between the names of items that are taken together."""


def together(data: Coded, pair: tuple[int, int]) -> Coded:
    """Return patterns in which two items are one, whose levels are pairs of levels.

    Parameters
    ----------
    data : Coded
        The patterns.
    pair : tuple of int
        Positions of the items. Who lacks either is taken to lack both.

    Returns
    -------
    Coded
        The others in their order, and the new item last; pairs of levels that nobody has are none.
    """
    blocks = np.split(data.x, np.cumsum(data.sizes)[:-1], axis=1)
    one, other = (blocks[at] for at in pair)
    both = (one[:, :, None] * other[:, None, :]).reshape(len(data.n), -1)
    names = [f"{a}{JOINS}{b}" for a in data.levels[pair[0]] for b in data.levels[pair[1]]]
    some = data.n @ both > 0
    rest = [at for at in range(len(blocks)) if at not in pair]
    return replace(
        data,
        x=np.hstack([*(blocks[at] for at in rest), both[:, some]]),
        items=(*(data.items[at] for at in rest), JOINS.join(data.items[at] for at in pair)),
        levels=(*(data.levels[at] for at in rest), tuple(itertools.compress(names, some))),
    )


def masked(data: Coded, pair: tuple[int, ...]) -> Coded:
    """Return patterns in which whoever lacks one of some items lacks all of them.

    Parameters
    ----------
    data : Coded
        The patterns.
    pair : tuple of int
        Positions of the items.

    Returns
    -------
    Coded
        The same patterns in the same order.
    """
    answered = data.x @ data.item_of
    lacking = np.logical_not(answered[:, list(pair)].all(axis=1))
    theirs = data.item_of[:, list(pair)].any(axis=1)
    return replace(data, x=np.where(np.outer(lacking, theirs), 0.0, data.x))


def _may_join(one: str, other: str, repeats: set[frozenset[str]]) -> bool:
    """Whether two items may be taken together: any two, or more of which each repeats the others."""
    names = [*one.split(JOINS), *other.split(JOINS)]
    return len(names) == 2 or all(frozenset(pair) in repeats for pair in itertools.combinations(names, 2))


def _closest(data: Coded, fit: em.Classes, repeats: set[frozenset[str]]) -> tuple[int, int] | None:
    """The pair with the largest residual beyond its degrees of freedom; None without one that may be taken together."""
    pairs = list(itertools.combinations(range(len(data.items)), 2))
    sizes = np.array([[data.sizes[a], data.sizes[b]] for a, b in pairs], dtype=float).reshape(-1, 2)
    free = (sizes - 1).prod(axis=1)
    beyond = (residual_table(data, fit, n=data.n) - free) / np.sqrt(2 * free)
    beyond[sizes.prod(axis=1) > WIDEST] = -np.inf
    # Three items that go together are what a class is, unless each repeats the others.
    beyond[[not _may_join(data.items[a], data.items[b], repeats) for a, b in pairs]] = -np.inf
    if len(pairs) < 2 or not np.isfinite(beyond).any():
        return None
    return pairs[int(beyond.argmax())]


def _repeats(data: Coded) -> set[frozenset[str]]:
    """Pairs of items that repeat each other, whatever the classes: Cramér's V."""
    alone = em.Classes(np.ones(1), _shares(data)[None], np.array(-np.inf), np.array(True))
    answered = data.x @ data.item_of
    both = (answered.T @ (data.n[:, None] * answered))[np.triu_indices(len(data.items), 1)]
    least = np.array([min(a, b) - 1 for a, b in itertools.combinations(data.sizes, 2)], dtype=float)
    strength = np.sqrt(residual_table(data, alone, n=data.n) / np.maximum(both * least, 1e-9))
    return {
        frozenset(pair) for pair, v in zip(itertools.combinations(data.items, 2), strength, strict=True) if v >= REPEATS
    }


def _shares(data: Coded) -> Floats:
    counts = data.n @ data.x
    return np.asarray(counts / (counts @ data.item_of @ data.item_of.T))


def _bic(data: Coded, fit: em.Classes, parameters: int = 0) -> float:
    npar = parameters or data.parameters(len(fit.sizes))
    return float(-2 * fit.log_likelihood + npar * np.log(data.n.sum()))


def _against(model: LatentClasses, joined: tuple[tuple[str, ...], ...], seed: int) -> float:
    """BIC of the classes in question on the answers that a model with items taken together is fitted to."""
    data = model.data
    for names in joined:
        data = masked(data, tuple(model.data.items.index(name) for name in names))
    if (data.x == model.data.x).all():
        return _bic(data, model.fit)
    return _bic(data, best_of(data, classes=len(model.fit.sizes), starts=FEWER_STARTS, seed=seed)[0])
