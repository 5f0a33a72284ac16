"""Expectation–maximisation of latent classes on counts of patterns, many fits at once.

Why not a library: those that are kept (stepmix) take weights, but go through their starts one after the other,
count the rows and not the weights in their criteria, and hold one row per customer in the usual call. Here a
fit sees distinct patterns and their counts alone, so that ten million customers cost what their patterns cost;
random starts and resamples are a further axis of the same products. Steps are accelerated (SQUAREM): plain
steps crawl where classes lie close together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cemlab.stats.intervals import Floats
from cemlab.stats.segments.coded import Coded

SMALLEST = 1e-300
"""Stands for a probability of zero where its logarithm is taken."""

LOOSE, TIGHT = 1e-6, 1e-10
"""Gain of log-likelihood in one step at which a start, and the best of them, has arrived."""

ROUGH = 1e-3
"""The same for resamples, whose log-likelihood is compared to about 0.1."""

CYCLES, MOST_CYCLES = 300, 3_000
"""Most cycles (three steps each) of a start, and of the best of them."""

SHORT_CYCLES, ROUGH_CYCLES, FOLLOWED = 12, 100, 3
"""Of a resample: most cycles before starts are chosen among, most cycles after, and how many starts are chosen."""

WARM = 10
"""Cycles of plain steps before the first long one: long steps from a random start land on poor summits."""

SHORT = 0.01
"""Of a probability, how little a long step may leave."""

BLOCK = 1_000_000
"""Most numbers in one array of probabilities of classes; more fits are done in turns."""


@dataclass(frozen=True, eq=False)
class Classes:
    """Classes of one or of many fits; the leading axis, where there is one, is that of the fits.

    Attributes
    ----------
    sizes : numpy.ndarray
        Share of each class, shape (…, classes).
    probabilities : numpy.ndarray
        Probability of each level, shape (…, classes, L).
    log_likelihood : numpy.ndarray
        Log-likelihood of each fit, shape (…).
    arrived : numpy.ndarray
        True where the last step gained less than asked, shape (…).
    """

    sizes: Floats
    probabilities: Floats
    log_likelihood: Floats
    arrived: NDArray[np.bool_]

    def __getitem__(self, fits: slice | int | NDArray[Any]) -> Classes:
        """Return some of the fits."""
        return Classes(*(np.asarray(part[fits]) for part in vars(self).values()))

    def by_size(self) -> Classes:
        """Return one fit with its largest class first."""
        order = np.argsort(-self.sizes, kind="stable")
        return Classes(self.sizes[order], self.probabilities[order], self.log_likelihood, self.arrived)


def random_starts(data: Coded, *, classes: int, starts: int, random: np.random.Generator) -> Classes:
    """Return random classes to start from.

    Parameters
    ----------
    data : Coded
        The patterns.
    classes, starts : int
        How many of each.
    random : numpy.random.Generator
        Where they are drawn.

    Returns
    -------
    Classes
        Equal sizes, probabilities drawn evenly from all that sum to 1.
    """
    raw = random.exponential(size=(starts, classes, data.x.shape[1]))
    return Classes(
        np.full((starts, classes), 1 / classes),
        _normalised(raw, data.item_of),
        np.full(starts, -np.inf),
        np.zeros(starts, bool),
    )


def repeated(fit: Classes, times: int) -> Classes:
    """Return one fit as the start of many.

    Parameters
    ----------
    fit : Classes
        One fit.
    times : int
        How many.

    Returns
    -------
    Classes
        With a leading axis.
    """
    return Classes(*(np.repeat(np.asarray(part)[None], times, axis=0) for part in vars(fit).values()))


def joined(*fits: Classes) -> Classes:
    """Return fits one after the other.

    Parameters
    ----------
    *fits : Classes
        Each with a leading axis.

    Returns
    -------
    Classes
        In the order given.
    """
    return Classes(*(np.concatenate(parts) for parts in zip(*(vars(each).values() for each in fits), strict=True)))


def leading(fits: Classes, many: int) -> Classes:
    """Return the fits of the greatest log-likelihood, the best first.

    Parameters
    ----------
    fits : Classes
        With a leading axis.
    many : int
        How many.

    Returns
    -------
    Classes
        With a leading axis.
    """
    return fits[np.argsort(-fits.log_likelihood, kind="stable")[:many]]


def posterior(data: Coded, fit: Classes) -> Floats:
    """Return the probability of each class given the pattern.

    Parameters
    ----------
    data : Coded
        The patterns.
    fit : Classes
        One fit.

    Returns
    -------
    numpy.ndarray
        Shape (P, classes).
    """
    joint = _joint(_with_one(data), fit.sizes[None], fit.probabilities[None])[0]
    odds = np.exp(joint - joint.max(axis=0))
    return np.asarray((odds / odds.sum(axis=0)).T)


def log_density(data: Coded, fit: Classes) -> Floats:
    """Return the logarithm of the probability of each pattern.

    Parameters
    ----------
    data : Coded
        The patterns.
    fit : Classes
        One fit.

    Returns
    -------
    numpy.ndarray
        Shape (P,).
    """
    joint = _joint(_with_one(data), fit.sizes[None], fit.probabilities[None])[0]
    top = joint.max(axis=0)
    return np.asarray(top + np.log(np.exp(joint - top).sum(axis=0)))


def climb(
    data: Coded, first: Classes, *, n: Floats | None = None, gain: float = LOOSE, cycles: int = CYCLES
) -> Classes:
    """Return the classes that expectation–maximisation reaches from each start.

    Parameters
    ----------
    data : Coded
        The patterns.
    first : Classes
        Where each fit starts, with a leading axis.
    n : numpy.ndarray, optional
        Counts of each fit, shape (fits, P); those of the patterns without.
    gain : float, default LOOSE
        A fit has arrived when one step gains less log-likelihood than this.
    cycles : int, default CYCLES
        Most cycles of each fit.

    Returns
    -------
    Classes
        In the order of the starts.

    References
    ----------
    Dempster, A. P., Laird, N. M., & Rubin, D. B. (1977). Maximum likelihood from incomplete data via the EM
    algorithm. Journal of the Royal Statistical Society B, 39(1), 1–38. doi:10.1111/j.2517-6161.1977.tb01600.x

    Varadhan, R., & Roland, C. (2008). Simple and globally convergent methods for accelerating the convergence
    of any EM algorithm. Scandinavian Journal of Statistics, 35(2), 335–353.
    doi:10.1111/j.1467-9469.2007.00585.x
    """
    fits, classes = first.sizes.shape
    counts = np.broadcast_to(data.n if n is None else n, (fits, len(data.n)))
    at_once = max(1, BLOCK // (classes * len(data.n)))
    turns = [
        _climbed(data, first[part], n=counts[part], gain=gain, cycles=cycles)
        for part in (slice(low, low + at_once) for low in range(0, fits, at_once))
    ]
    return joined(*turns)


def refitted(
    data: Coded, fit: Classes, *, n: Floats, starts: int, random: np.random.Generator, own: bool = True
) -> Classes:
    """Return the best classes of each of many resamples.

    Each is sought from the classes of the data, where asked, and from random starts, of which the three that
    lead after some cycles go on.

    Parameters
    ----------
    data : Coded
        The patterns.
    fit : Classes
        The classes of the data.
    n : numpy.ndarray
        Counts of each resample, shape (resamples, P).
    starts : int
        Random starts of each; with none, some cycles from the classes of the data alone.
    random : numpy.random.Generator
        Where they are drawn.
    own : bool, default True
        Whether the classes of the data are a start too. For stability they must not be: they would be found
        again for that reason.

    Returns
    -------
    Classes
        One fit per resample.
    """
    many, classes = len(n), len(fit.sizes)
    if classes == 1 or not starts:
        return climb(data, repeated(fit, many), n=n, gain=ROUGH, cycles=SHORT_CYCLES)
    begun = random_starts(data, classes=classes, starts=many * starts, random=random)
    begun = climb(data, begun, n=np.repeat(n, starts, axis=0), cycles=SHORT_CYCLES)
    order = np.argsort(-begun.log_likelihood.reshape(many, starts), axis=1, kind="stable")[:, :FOLLOWED].T
    ahead = [begun[np.arange(many) * starts + chosen] for chosen in order]
    ahead = [repeated(fit, many), *ahead] if own else ahead
    ends = climb(data, joined(*ahead), n=np.tile(n, (len(ahead), 1)), gain=ROUGH, cycles=ROUGH_CYCLES)
    best = ends.log_likelihood.reshape(-1, many).argmax(axis=0)
    return ends[best * many + np.arange(many)]


def _climbed(data: Coded, first: Classes, *, n: Floats, gain: float, cycles: int) -> Classes:
    """Cycles of two plain steps and a long one, each fit until it has arrived."""
    x, items, result = _with_one(data), data.item_of, Classes(*(np.array(part) for part in vars(first).values()))
    going, now = np.arange(len(n)), first
    for cycle in range(cycles):
        counts = n[going]
        one, before = _step(x, counts, now, items=items)
        two, after = _step(x, counts, one, items=items)
        # Rounding alone moves a sum of many counts by this much.
        floor = np.maximum(gain, 4e-15 * np.abs(after))
        arrived = after - before < floor
        now = two if cycle < WARM else _further(x, now, one, two, n=counts, after=after, items=items)
        _keep(result, going[arrived], Classes(two.sizes, two.probabilities, after, arrived)[arrived])
        going, now = going[~arrived], now[~arrived]
        if not len(going):
            return result
    _keep(result, going, now)
    return result


def _keep(result: Classes, fits: NDArray[Any], found: Classes) -> None:
    for part, values in zip(vars(result).values(), vars(found).values(), strict=True):
        part[fits] = values


def _further(
    x: Floats, now: Classes, one: Classes, two: Classes, *, n: Floats, after: Floats, items: Floats
) -> Classes:
    """A long step where it is no worse than the two plain ones, else these."""
    long, reached = _step(x, n, _leap(now, one, two, items=items), items=items)
    kept = [
        np.where((reached >= after).reshape(-1, *[1] * (a.ndim - 1)), a, b)
        for a, b in zip(vars(long).values(), vars(two).values(), strict=True)
    ]
    return Classes(*kept)


def _with_one(data: Coded) -> Floats:
    """The indicators and a one, which stands for the size of the class: shape (P, L + 1)."""
    return np.column_stack([data.x, np.ones(len(data.n))])


def _joint(x: Floats, sizes: Floats, probabilities: Floats) -> Floats:
    """Logarithm of size times probability of the pattern, shape (fits, classes, P)."""
    factors = np.concatenate([probabilities, sizes[:, :, None]], axis=2)
    logs = np.log(np.maximum(factors, SMALLEST))
    return np.asarray((logs.reshape(-1, x.shape[1]) @ x.T).reshape(*sizes.shape, len(x)))


def _step(x: Floats, n: Floats, now: Classes, *, items: Floats) -> tuple[Classes, Floats]:
    """One step of expectation–maximisation, and the log-likelihood before it."""
    # Most of the time goes into these arrays, so they are filled in place.
    odds = _joint(x, now.sizes, now.probabilities)
    top = odds.max(axis=1, keepdims=True)
    odds -= top
    np.exp(odds, out=odds)
    total = odds.sum(axis=1, keepdims=True)
    reached = np.einsum("bp,bp->b", n, (top + np.log(total))[:, 0])
    odds *= n[:, None, :] / total
    expected = (odds.reshape(-1, len(x)) @ x).reshape(*now.sizes.shape, -1)
    members = expected[:, :, -1]
    # A class without anyone keeps its probabilities: nothing speaks of them.
    probabilities = _normalised(expected[:, :, :-1], items, otherwise=now.probabilities)
    sizes = members / members.sum(axis=1, keepdims=True)
    return Classes(sizes, probabilities, reached, np.zeros(len(n), bool)), reached


def _leap(now: Classes, one: Classes, two: Classes, *, items: Floats) -> Classes:
    """The extrapolation of two steps, brought back to what probabilities can be."""
    stepped = [
        (b - a, c - 2 * b + a)
        for a, b, c in zip(
            (now.sizes, now.probabilities), (one.sizes, one.probabilities), (two.sizes, two.probabilities), strict=True
        )
    ]
    lengths = [
        np.sqrt(sum((part[at] ** 2).reshape(len(now.sizes), -1).sum(axis=1) for part in stepped)) for at in (0, 1)
    ]
    far = np.maximum(1.0, lengths[0] / np.maximum(lengths[1], SMALLEST))
    far = np.minimum(far, 1e6)
    moved = [
        a + 2 * far.reshape(-1, *[1] * (a.ndim - 1)) * r + far.reshape(-1, *[1] * (a.ndim - 1)) ** 2 * v
        for a, (r, v) in zip((now.sizes, now.probabilities), stepped, strict=True)
    ]
    # A probability of zero would stay there for ever, so a long step stops short of it.
    sizes = np.maximum(moved[0], SHORT * two.sizes)
    probabilities = _normalised(np.maximum(moved[1], SHORT * two.probabilities), items, otherwise=two.probabilities)
    return Classes(sizes / sizes.sum(axis=1, keepdims=True), probabilities, now.log_likelihood, now.arrived)


def _normalised(raw: Floats, items: Floats, otherwise: Floats | None = None) -> Floats:
    """Probabilities that sum to 1 within each item; `otherwise` where an item has no weight."""
    totals = raw @ items @ items.T
    if otherwise is None:
        return np.asarray(raw / totals)
    return np.asarray(np.where(totals > SMALLEST, raw / np.maximum(totals, SMALLEST), otherwise))
