"""Samples drawn from fitted classes, as counts of patterns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cemlab.stats.intervals import Floats
from cemlab.stats.segments.coded import Coded
from cemlab.stats.segments.latent_classes import LatentClasses

BATCH, FEW_PATTERNS = 20, 2_000
"""Most samples fitted together, and most patterns they may hold together: with many, each has others, and none is shared."""


def batch_of(model: LatentClasses) -> int:
    """Return how many samples are drawn and fitted together.

    Parameters
    ----------
    model : LatentClasses
        The fitted classes.

    Returns
    -------
    int
        At least one.
    """
    return max(1, min(BATCH, FEW_PATTERNS // len(model.data.n)))


def drawn(model: LatentClasses, *, samples: int, random: np.random.Generator) -> tuple[Coded, Floats]:
    """Return counts of samples drawn from the classes; whoever skipped items in the data skips the same ones.

    Parameters
    ----------
    model : LatentClasses
        The fitted classes.
    samples : int
        How many.
    random : numpy.random.Generator
        Where they are drawn.

    Returns
    -------
    Coded
        The patterns that any sample has, with the counts of the first.
    numpy.ndarray
        Counts of each sample, shape (samples, patterns).
    """
    data, fit = model.data, model.fit
    answered, group = np.unique(data.x @ data.item_of > 0, axis=0, return_inverse=True)
    totals = np.rint(np.bincount(group.ravel(), weights=data.n)).astype(np.int64)
    # Customers are split by class and then by their answer to each item; empty parts are dropped, so that there are
    # never more
    # parts than customers.
    members = random.multinomial(np.tile(totals, samples), fit.sizes)
    at, member = np.nonzero(members)
    n, (sample, asked) = members[at, member], np.divmod(at, len(totals))
    said = np.zeros((len(n), 0), dtype=np.int64)
    ends = np.cumsum(data.sizes)[:-1]
    for item, chances in enumerate(np.split(fit.probabilities, ends, axis=1)):
        # The first answer is none at all.
        skips = ~answered[asked, item][:, None]
        parts = random.multinomial(n, np.hstack([skips, np.where(skips, 0.0, chances[member])]))
        at, level = np.nonzero(parts)
        n, sample, asked, member = parts[at, level], sample[at], asked[at], member[at]
        said = np.column_stack([said[at], level])
    return _counted(data, said, sample=sample, n=n)


def _counted(data: Coded, said: np.ndarray, *, sample: np.ndarray, n: np.ndarray) -> tuple[Coded, Floats]:
    """Patterns of answers (from 1; 0 is none), and how often each sample has each."""
    code = np.zeros(len(said), dtype=np.int64)
    for size, level in zip(data.sizes, said.T, strict=True):
        # Numbered anew item by item: with many items a code of all would be too large a number.
        _, first, code = np.unique(code * (size + 1) + level, return_index=True, return_inverse=True)
    x = np.hstack([np.eye(size + 1)[level][:, 1:] for size, level in zip(data.sizes, said[first].T, strict=True)])
    shape = int(sample.max()) + 1, len(x)
    counts = np.bincount(sample * len(x) + code, weights=n, minlength=shape[0] * shape[1]).astype(float).reshape(shape)
    return replace(data, x=x, n=counts[0]), counts
