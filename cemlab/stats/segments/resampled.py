"""Divisions of numbers sought anew in resamples of their customers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from cemlab.stats.intervals import Floats
from cemlab.stats.segments.groups import Groups
from cemlab.stats.segments.mixtures import SHORT, climbed, proper

STEPS = 100
"""Most steps of a mixture in a resample."""

RESAMPLED_ROWS = 10_000
"""Customers drawn in a resample; fewer make a segment look less stable, never more."""


def resampled_groups(groups: Groups, *, resamples: int, starts: int, seed: int) -> Iterator[Floats]:
    """Go through resamples: customers by segment, and by segment found again.

    Customers drawn twice count once, as in Hennig's clusterboot: copies would hold segments together.

    Parameters
    ----------
    groups : Groups
        The fitted division.
    resamples, starts, seed : int
        How many resamples, starts of each, and the seed of both.

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
        again = _sought(groups.library, x, starts=starts, seed=seed + at).predict(x)
        yield np.bincount(own[drawn] * classes + again, minlength=classes**2).reshape(classes, classes).astype(float)


def _sought(library: Any, x: Floats, *, starts: int, seed: int) -> Any:
    """The same division of other rows, from that of all and from random starts."""
    from sklearn.base import clone

    if hasattr(library, "inertia_"):
        first = clone(library).set_params(init=library.cluster_centers_, n_init=1).fit(x)
        return min(
            first,
            clone(library).set_params(n_init=starts, random_state=seed).fit(x),
            key=lambda run: float(run.inertia_),
        )
    # Who belongs together is settled long before the likelihood is.
    brief = clone(library).set_params(tol=SHORT, max_iter=STEPS)
    first = clone(brief).set_params(
        means_init=library.means_, weights_init=library.weights_, precisions_init=library.precisions_
    )
    runs = [first, *(clone(brief).set_params(random_state=seed * starts + at) for at in range(starts))]
    return max(
        (run for run in map(partial(climbed, x), runs) if run is not None and proper(x, run)),
        key=lambda run: float(run.lower_bound_),
        default=library,
    )
