"""Divisions of numbers sought anew in resamples of their customers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cemlab.stats.intervals import Floats
from cemlab.stats.segments.groups import Groups
from cemlab.stats.segments.mixtures import SHORT, begin_of, best_of, climbed, followed, proper

BRIEF_STEPS, STEPS = 10, 100
"""Steps of a mixture in a resample before the best quarter of its starts goes on, and most steps after that."""

RESAMPLED_ROWS = 10_000
"""Customers drawn in a resample; fewer make a segment look less stable, never more."""


def resampled_groups(groups: Groups, *, resamples: int, seed: int) -> Iterator[Floats]:
    """Go through resamples: customers by segment, and by segment found again.

    Each is divided anew from as many random starts as the fit had, never from the segments found: these would
    be found again for that reason alone. Customers drawn twice count once, as in Hennig's clusterboot: copies
    would hold segments together.

    Parameters
    ----------
    groups : Groups
        The fitted division.
    resamples, seed : int
        How many resamples, and the seed of their customers and starts.

    Yields
    ------
    numpy.ndarray
        Shape (segments, segments).
    """
    random, size = np.random.default_rng(seed), min(len(groups.sample), RESAMPLED_ROWS)
    own, classes = groups.place(groups.sample), len(groups.order)
    for at in range(resamples):
        drawn = np.unique(random.integers(len(groups.sample), size=size))
        x = groups.sample[drawn]
        library = _sought(groups.library, x, starts=groups.starts, seed=seed + at)
        if library is None:
            yield np.zeros((classes, classes))
            continue
        again = library.predict(x)
        yield np.bincount(own[drawn] * classes + again, minlength=classes**2).reshape(classes, classes).astype(float)


def _sought(library: Any, x: Floats, *, starts: int, seed: int) -> Any:
    """The same kind of division of other rows, from random starts; None where no start of a mixture arrives."""
    from sklearn.base import clone

    if hasattr(library, "inertia_"):
        return clone(library).set_params(init="k-means++", n_init=starts, random_state=seed).fit(x)
    return _mixed(library, x, starts=starts, seed=seed)


def _mixed(library: Any, x: Floats, *, starts: int, seed: int) -> Any:
    """A mixture of other rows: brief climbs from all starts, the best quarter followed."""
    from sklearn.base import clone

    # Who belongs together is settled long before the likelihood is.
    plain = clone(library).set_params(tol=SHORT, means_init=None, weights_init=None, precisions_init=None)
    begun = [
        climbed(
            x, clone(plain).set_params(max_iter=BRIEF_STEPS, init_params=begin_of(at), random_state=seed * starts + at)
        )
        for at in range(starts)
    ]
    ahead = best_of([run for run in begun if run is not None])[: max(1, starts // 4)]
    ends = [climbed(x, followed(run, tol=SHORT, steps=STEPS)) for run in ahead]
    ends = best_of([run for run in ends if run is not None])
    return next((run for run in ends if proper(x, run)), None)
